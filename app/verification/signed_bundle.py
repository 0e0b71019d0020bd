"""A trust bundle under its publisher's signature: what goes on a stick, and how it is opened.

A JWS in JSON general serialization (RFC 7515, section 7.2.1): ``payload`` is the bundle's bytes,
``signatures`` one or several, each with a protected header of exactly ``alg``, ``typ`` and ``kid``.
A reader takes the signatures it can judge and passes over the others, so that more authorities may
sign the same file later.

1. The file is a JWS of this form.
2. One of its signatures is by a key that the reader accepts; without such keys, by one that the
   bundle gives its own publisher, and then the bundle is not *pinned*: anybody could have made it.
3. The payload is a bundle that names its publisher, and the key is one of the publisher's there,
   under the id that the signature names, and is not called compromised.
4. It is no older than the reader demands: who can hand over an old bundle could hide a revocation.

Who keeps only the keys of yesterday can read what a publisher signs today, since a publisher signs
with the keys it retired too (``app.trust.publishing``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.proof.encoding import base64url_decode, base64url_encode
from app.proof.errors import ProofError
from app.proof.keys import Algorithm, PublicKey
from app.proof.parse import BUNDLE, Limits, Object, dump, load_object
from app.verification.bundle import Bundle, KeyEntry, dump_bundle, load_bundle
from app.verification.reading import objects, text

TYPE = "opencpd-trust-bundle+json"
MOST_SIGNATURES = 16
ANY_ID = ""
"""The id of a key that a reader knows by its value alone, as from a letter or a web page."""
_FILE = Limits(size=BUNDLE.size // 3 * 4 + 64 * 1024)  # base64url makes four characters of three
_HEADER = Limits(size=2048, depth=2)
_NAMES = {Algorithm.ES256: "ES256", Algorithm.ES384: "ES384", Algorithm.ED25519: "EdDSA"}


@dataclass(frozen=True, slots=True)
class OpenedBundle:
    """A bundle whose signature is good, and by which key."""

    bundle: Bundle
    publisher: str
    key: PublicKey
    pinned: bool
    """Whether the key was known beforehand. If not, the bundle vouches for nobody but itself."""


@dataclass(frozen=True, slots=True)
class _Signature:
    algorithm: str
    key_id: str
    signing_input: bytes
    signature: bytes

    def check(self, key: PublicKey) -> None:
        """Raise ``ProofError`` unless ``key`` made this; the algorithm is the key's."""
        if self.algorithm != _NAMES[key.algorithm]:
            raise ProofError("key-algorithm", f"The key signs {key.algorithm} only.")
        key.verify(self.signature, data=self.signing_input)


class UnsignedBundle:
    """A bundle about to be signed: ``signing_input`` for each key, then ``attach``."""

    def __init__(self, bundle: Bundle) -> None:
        if bundle.publisher is None:
            raise ProofError("bundle-publisher", "A bundle needs a publisher to be signed.")
        self._payload = base64url_encode(dump_bundle(bundle))

    def signing_input(self, key: PublicKey) -> bytes:
        """What ``key`` is to sign."""
        return f"{_protected(key)}.{self._payload}".encode("ascii")

    def attach(self, signatures: Sequence[tuple[PublicKey, bytes]]) -> bytes:
        """The file, with each key's signature over its own ``signing_input``."""
        made: list[Object] = [
            {"protected": _protected(key), "signature": base64url_encode(signature)}
            for key, signature in signatures
        ]
        return dump({"payload": self._payload, "signatures": [*made]})


def open_bundle(
    data: bytes, *, publisher_keys: Sequence[PublicKey] | None, least_version: int | None
) -> OpenedBundle:
    """Read a signed bundle, or raise ``ProofError``.

    ``publisher_keys`` are keys that the reader knows from elsewhere, under their id or ``ANY_ID``.
    ``least_version`` is the oldest version that is still good enough.
    """
    payload, signatures = _take_apart(data)
    if publisher_keys is not None:
        signature, key = _signed_by(publisher_keys, signatures)
        bundle = load_bundle(payload)
        named = _listed(bundle, signature.key_id)
        if named.key.multibase != key.multibase:
            raise ProofError(
                "bundle-signer", f"The bundle gives {signature.key_id} another key than its signer."
            )
    else:
        bundle = load_bundle(payload)
        entries = bundle.issuers[_publisher(bundle)].keys
        fit = [entry.key for entry in entries if entry.retired_at is None]
        signature, key = _signed_by(fit, signatures)
        named = _listed(bundle, signature.key_id)
    if named.compromised_since is not None:
        raise ProofError(
            "bundle-signer", f"The bundle is signed by {named.key.id}, which it calls compromised."
        )
    if least_version is not None and bundle.version < least_version:
        raise ProofError(
            "bundle-older",
            f"The bundle is version {bundle.version}; version {least_version} or later is needed.",
        )
    return OpenedBundle(bundle, _publisher(bundle), named.key, publisher_keys is not None)


def is_signed(data: bytes) -> bool:
    """Whether a file has the form of a signed bundle; nothing is verified by that."""
    try:
        members = load_object(data, limits=_FILE)
    except ProofError:
        return False
    return "payload" in members and "signatures" in members


def _protected(key: PublicKey) -> str:
    header: Object = {"alg": _NAMES[key.algorithm], "typ": TYPE, "kid": key.id}
    return base64url_encode(dump(header))


def _take_apart(data: bytes) -> tuple[bytes, list[_Signature]]:
    members = load_object(data, limits=_FILE)
    if "signatures" not in members and "issuers" in members:
        raise ProofError("bundle-unsigned", "The bundle is not signed: anybody could have made it.")
    if members.keys() != {"payload", "signatures"}:
        raise ProofError("bundle-format", "The file is no signed trust bundle.")
    payload, entries = text(members, "payload"), objects(members, "signatures")
    if not 0 < len(entries) <= MOST_SIGNATURES:
        raise ProofError(
            "bundle-signature", f"A bundle has from 1 to {MOST_SIGNATURES} signatures."
        )
    return base64url_decode(payload), list(_readable(payload, entries))


def _readable(payload: str, entries: list[Object]) -> Iterator[_Signature]:
    """The signatures whose header says nothing but what is understood here."""
    for entry in entries:
        if entry.keys() != {"protected", "signature"}:
            raise ProofError(
                "bundle-signature", "A signature has other members than protected and signature."
            )
        protected = text(entry, "protected")
        signature = base64url_decode(text(entry, "signature"))
        header = load_object(base64url_decode(protected), limits=_HEADER)
        if header.keys() == {"alg", "typ", "kid"} and header["typ"] == TYPE:
            yield _Signature(
                algorithm=text(header, "alg"),
                key_id=text(header, "kid"),
                signing_input=f"{protected}.{payload}".encode(),
                signature=signature,
            )


def _signed_by(
    accepted: Sequence[PublicKey], signatures: list[_Signature]
) -> tuple[_Signature, PublicKey]:
    """The first signature that one of the accepted keys made."""
    reason = "none of its signatures is by a key that is accepted"
    for signature in signatures:
        for key in accepted:
            if key.id not in {ANY_ID, signature.key_id}:
                continue
            try:
                signature.check(key)
            except ProofError as error:
                reason = f"the signature of {signature.key_id} is not good: {error.message}"
            else:
                return signature, key
    raise ProofError("bundle-signer", f"The bundle cannot be believed: {reason}.")


def _publisher(bundle: Bundle) -> str:
    if bundle.publisher is None:
        raise ProofError("bundle-publisher", "The bundle does not name its publisher.")
    return bundle.publisher


def _listed(bundle: Bundle, key_id: str) -> KeyEntry:
    """The publisher's key of that id, as the bundle gives it."""
    publisher = bundle.issuers[_publisher(bundle)]
    for entry in publisher.keys:
        if entry.key.id == key_id:
            return entry
    raise ProofError(
        "bundle-signer",
        f"The bundle is signed by {key_id}, no key of its publisher.",
    )
