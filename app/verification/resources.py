"""Are the files that came with a record those that it names? Compared by digest.

W3C VC Data Model 2.0, section 5.3 (``relatedResource``): a ``digestMultibase`` is a multihash
(Multiformats: SHA-256 or SHA-384) in base64url or base58, a ``digestSRI`` that of W3C Subresource
Integrity. A built-in context that a record names is compared too, with the digest of the published
document that ours stands for.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping

from app.proof.encoding import base58_decode, base64url_decode
from app.proof.errors import ProofError
from app.proof.parse import Object
from app.proof.vocabulary import CREDENTIALS_V2, OPEN_BADGES_V3
from app.verification import reading
from app.verification.options import Unknown
from app.verification.sheet import Finding

_NAMES = ("sha256", "sha384", "sha512")
_MULTIHASH = {b"\x12\x20": "sha256", b"\x20\x30": "sha384", b"\x13\x40": "sha512"}
_SHA_384 = {
    "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734": (
        "97f1eb8e5042356c805fdd61afa2c557663785e0794dcafa21e138fd38def18c"
        "b360133c221aa31d6896a6bf3e65b614"
    ),
    "ef2fa9c7846dce233cc166b43639027278be4ee44f00bb1d45c75de2dd0cd761": (
        "c859f6c00a1e0013ee79c1e5cc7566b6dfa6c28971c46ce1ab3221cdfba2b6c6"
        "d86e630e567d03c0c780bc2f9ad517a4"
    ),
    "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84": (
        "c58d73edcd2c17e701985f918cc8c684485f2c5399ffbddcacb3de5744f09000"
        "0f244e5f87292c353298accfb0d894e3"
    ),
}
"""The SHA-384 of published contexts, by the SHA-256 under which the vocabulary knows them."""

Digest = tuple[str, bytes]


def check_resources(document: Object, *, given: Mapping[str, bytes]) -> Finding:
    """Raise ``ProofError`` when a file differs from the one named, or is not named at all."""
    entries = reading.objects(document, "relatedResource")
    named = [reading.text(entry, "id") for entry in entries]
    for name in given:
        if name not in named:
            raise ProofError("resource-unnamed", f"The record does not name the file {name}.")
    if not named:
        return Finding("The record names no files.")
    if len(set(named)) != len(named):
        raise ProofError("resource-twice", "The record names the same file twice.")
    unreadable = None
    for name, entry in zip(named, entries, strict=True):
        if name not in given and name not in _PUBLISHED:
            continue
        try:
            _check(name, digests(entry), given)
        except Unknown as error:
            unreadable = error
    if unreadable is not None:
        raise unreadable
    compared = [name for name in named if name in given]
    evidence = (("named", " ".join(named)), ("compared", " ".join(compared) or "none"))
    if not compared:
        return Finding("No file was given to compare with those that the record names.", evidence)
    return Finding("The files given are those that the record names.", evidence)


def digests(entry: Object) -> list[Digest]:
    """The digests of one ``relatedResource``, by algorithm; one at least must be there."""
    found: list[Digest] = []
    if "digestMultibase" in entry:
        found.append(_multihash(reading.text(entry, "digestMultibase")))
    if "digestSRI" in entry:
        found += map(_integrity, reading.text(entry, "digestSRI").split(" "))
    if not found:
        raise ProofError("resource-digest", "A file is named without its digest.")
    return found


def _check(name: str, wanted: list[Digest], given: Mapping[str, bytes]) -> None:
    for algorithm, digest in wanted:
        if name in given:
            if not algorithm:
                raise Unknown("resource-digest", f"The digest of {name} is of an unknown kind.")
            if hashlib.new(algorithm, given[name]).digest() != digest:
                raise ProofError("resource-changed", f"The file {name} is not the one named.")
        published = _PUBLISHED.get(name, {}).get(algorithm)
        if published and digest.hex() not in published:
            raise ProofError("resource-changed", f"The context {name} is not the published one.")


def _multihash(text: str) -> Digest:
    decode: Callable[[str], bytes] | None = {"u": base64url_decode, "z": base58_decode}.get(
        text[:1]
    )
    if decode is None:
        raise ProofError("resource-digest", "A digest is neither in base64url nor in base58.")
    data = decode(text[1:])
    algorithm = _MULTIHASH.get(data[:2], "")
    if algorithm and len(data) != 2 + data[1]:
        raise ProofError("resource-digest", "A digest does not have the length of its kind.")
    return algorithm, data[2:]


def _integrity(text: str) -> Digest:
    algorithm, _, value = text.partition("?")[0].partition("-")
    if algorithm not in _NAMES:
        return "", b""
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofError("resource-digest", "A digestSRI is not written in base64.") from error
    if len(digest) != hashlib.new(algorithm).digest_size:
        raise ProofError("resource-digest", "A digest does not have the length of its kind.")
    return algorithm, digest


_PUBLISHED: dict[str, dict[str, frozenset[str]]] = {
    vocabulary.url: {
        "sha256": frozenset(vocabulary.stands_for),
        "sha384": frozenset(
            _SHA_384[known] for known in vocabulary.stands_for if known in _SHA_384
        ),
    }
    for vocabulary in (CREDENTIALS_V2, OPEN_BADGES_V3)
}
"""The digests of the published documents that the built-in contexts stand for."""
