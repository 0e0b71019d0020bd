"""Files that came with a record, and whether they are those that it names."""

import base64
import hashlib
from typing import Any

import pytest

from app.proof.encoding import base58_encode, base64url_encode
from app.verification import Options, Outcome, Report, verify
from tests.simulator.issuer import CONTEXTS, NOW, SimulatedIssuer

ISSUER = SimulatedIssuer()
BUNDLE = ISSUER.bundle()
FILE = b"the programme of the course"
URL = "https://node.example/files/programme.pdf"
SHA_256, SHA_384 = hashlib.sha256(FILE).digest(), hashlib.sha384(FILE).digest()
SHA_512 = hashlib.sha512(FILE).digest()


def report(entries: Any, *, files: dict[str, bytes] | None = None) -> Report:
    document: dict[str, Any] = {
        "@context": CONTEXTS[:1],
        "type": ["VerifiableCredential"],
        "issuer": ISSUER.id,
        "validFrom": "2026-11-01T00:00:00Z",
        "credentialSubject": {"id": "urn:x:y"},
    }
    if entries is not None:
        document["relatedResource"] = entries
    data = ISSUER.secure_jwt(document).encode()
    return verify(data, bundle=BUNDLE, at=NOW, options=Options(resources=files or {}))


def found(entries: Any, **files: dict[str, bytes]) -> tuple[Outcome, str]:
    check = report(entries, **files).check("record.resources")
    return check.outcome, check.evidence.get("error", "")


DIGESTS = {
    "multihash 256 base64url": {"digestMultibase": "u" + base64url_encode(b"\x12\x20" + SHA_256)},
    "multihash 256 base58": {"digestMultibase": "z" + base58_encode(b"\x12\x20" + SHA_256)},
    "multihash 384": {"digestMultibase": "u" + base64url_encode(b"\x20\x30" + SHA_384)},
    "multihash 512": {"digestMultibase": "z" + base58_encode(b"\x13\x40" + SHA_512)},
    "integrity 256": {"digestSRI": "sha256-" + base64.b64encode(SHA_256).decode()},
    "integrity 384": {"digestSRI": "sha384-" + base64.b64encode(SHA_384).decode()},
    "integrity with options": {"digestSRI": f"sha512-{base64.b64encode(SHA_512).decode()}?x"},
}
DIGESTS["both"] = DIGESTS["multihash 384"] | DIGESTS["integrity 256"]


@pytest.mark.parametrize("kind", DIGESTS)
def test_a_file_is_compared_with_its_digest_in_every_spelling(kind: str) -> None:
    entries = [{"id": URL, **DIGESTS[kind]}]
    assert found(entries, files={URL: FILE}) == (Outcome.PASS, "")
    assert found(entries, files={URL: FILE + b" "}) == (Outcome.FAIL, "resource-changed")


def test_without_files_the_check_passes_and_lists_those_that_are_named() -> None:
    check = report([{"id": URL, **DIGESTS["multihash 384"]}]).check("record.resources")
    assert (check.outcome, check.evidence) == (Outcome.PASS, {"named": URL, "compared": "none"})
    assert found(None) == (Outcome.PASS, "")


def test_one_of_two_digests_that_differs_is_enough() -> None:
    mixed = DIGESTS["integrity 256"] | {
        "digestMultibase": "u" + base64url_encode(b"\x20\x30" + bytes(48))
    }
    assert found([{"id": URL, **mixed}], files={URL: FILE}) == (Outcome.FAIL, "resource-changed")


def test_a_file_that_the_record_does_not_name_is_not_one_of_its_own() -> None:
    entries = [{"id": URL, **DIGESTS["both"]}]
    for named in (entries, None):
        files = {"https://node.example/other": FILE}
        assert found(named, files=files) == (Outcome.FAIL, "resource-unnamed")


@pytest.mark.parametrize(
    ("digest", "expected"),
    [
        ({"digestMultibase": "uAAAA"}, (Outcome.UNKNOWN, "resource-digest")),
        ({"digestSRI": "md5-AAAA"}, (Outcome.UNKNOWN, "resource-digest")),
        ({"digestMultibase": "mAAAA"}, (Outcome.FAIL, "resource-digest")),
        ({"digestMultibase": "u" + base64url_encode(b"\x12\x20" + SHA_256[:-1])}, None),
        ({"digestMultibase": "u" + base64url_encode(b"\x12\x20" + SHA_256 + b"x")}, None),
        ({"digestMultibase": 5}, (Outcome.FAIL, "member-kind")),
        ({"digestSRI": "sha256-AAAA"}, (Outcome.FAIL, "resource-digest")),
        ({"digestSRI": "sha256-!"}, (Outcome.FAIL, "resource-digest")),
    ],
)
def test_a_digest_that_cannot_be_read_never_passes(
    digest: dict[str, Any], expected: tuple[Outcome, str] | None
) -> None:
    answer = found([{"id": URL, **digest}], files={URL: FILE})
    assert answer == (expected or (Outcome.FAIL, "resource-digest"))


@pytest.mark.parametrize("entries", [[{"id": URL}], [], [URL], [{"id": 5, "digestSRI": "x"}]])
def test_a_file_named_without_id_or_digest_makes_no_credential(entries: Any) -> None:
    assert report(entries).check("record.profile").outcome is Outcome.FAIL


def test_a_file_named_twice_makes_no_credential() -> None:
    entries = [{"id": URL, **DIGESTS["both"]}, {"id": URL, **DIGESTS["integrity 256"]}]
    assert report(entries).check("record.profile").outcome is Outcome.FAIL


@pytest.mark.parametrize("url", CONTEXTS)
def test_a_context_that_is_named_is_compared_with_the_published_one(url: str) -> None:
    wrong = {"digestSRI": "sha384-" + base64.b64encode(bytes(48)).decode()}
    assert found([{"id": url, **wrong}]) == (Outcome.FAIL, "resource-changed")
    wrong = {"digestMultibase": "u" + base64url_encode(b"\x12\x20" + bytes(32))}
    assert found([{"id": url, **wrong}]) == (Outcome.FAIL, "resource-changed")


def test_the_published_digests_of_a_context_pass() -> None:
    digest = bytes.fromhex("59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734")
    right = {"digestMultibase": "u" + base64url_encode(b"\x12\x20" + digest)}
    assert found([{"id": CONTEXTS[0], **right}]) == (Outcome.PASS, "")


def test_files_of_a_completion_record_are_compared_too() -> None:
    record = ISSUER.record()
    name = record["relatedResource"][0]["id"]
    record["relatedResource"][0]["digestMultibase"] = DIGESTS["multihash 256 base64url"][
        "digestMultibase"
    ]
    data = ISSUER.secure_json(record)
    for body, outcome in ((FILE, Outcome.PASS), (b"x", Outcome.FAIL)):
        options = Options(resources={name: body})
        assert verify(data, bundle=BUNDLE, at=NOW, options=options).outcome is outcome
