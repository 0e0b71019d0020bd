"""What libraries written by others sign, our verifier reads as it reads our own."""

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwcrypto import jwk, jws

from app.proof import keys
from app.verification import Bundle, IssuerEntry, KeyEntry, Outcome, StatusListEntry, verify
from tests.conftest import skip_or_fail
from tests.foreign import run
from tests.simulator.issuer import ISSUED, NOW, SimulatedIssuer

pytestmark = pytest.mark.foreign
GOOD, REVOKED = 4711, 13
LIBRARIES = ("digitalbazaar", "jose", "did-jwt", "pyjwt", "jwcrypto")


class Others:
    """One issuer whose records are signed by one foreign library each."""

    def __init__(self) -> None:
        issuer = SimulatedIssuer(base_url="https://others.example", society="elsewhere")
        self.id = issuer.id
        listed = issuer.status_document()
        given = {"record": issuer.record(index=GOOD), "list": listed, "revoked": [REVOKED]}
        good = run.issued_by_others(self.id, given)
        withdrawn = run.issued_by_others(self.id, given | {"record": issuer.record(index=REVOKED)})
        self.bundles = {GOOD: self._bundle(good), REVOKED: self._bundle(withdrawn)}
        self.records = {GOOD: good["records"], REVOKED: withdrawn["records"]}
        for index in (GOOD, REVOKED):
            self._add_python(index, issuer.record(index=index))

    def _bundle(self, answer: dict[str, Any]) -> Bundle:
        proof = keys.from_multibase(
            answer["keys"]["proof"], key_id=f"{self.id}#proof", controller=self.id
        )
        token = keys.from_jwk(
            answer["keys"]["token"], key_id=f"{self.id}#token", controller=self.id
        )
        body = json.dumps(answer["list"]).encode()
        url = answer["list"]["id"]
        entry = IssuerEntry(self.id, "Others", tuple(KeyEntry(k, ISSUED) for k in (proof, token)))
        return Bundle(
            version=1,
            issued_at=NOW,
            issuers={self.id: entry},
            status_lists={url: StatusListEntry(url, body, NOW)},
        )

    def _add_python(self, index: int, document: dict[str, Any]) -> None:
        """Sign with PyJWT and jwcrypto; their key joins the bundle."""
        private = ec.generate_private_key(ec.SECP256R1())
        public = keys.from_cryptography(
            private.public_key(), key_id=f"{self.id}#python", controller=self.id
        )
        bundle = self.bundles[index]
        entry = bundle.issuers[self.id]
        known = IssuerEntry(self.id, entry.name, (*entry.keys, KeyEntry(public, ISSUED)))
        self.bundles[index] = Bundle(
            version=1, issued_at=NOW, issuers={self.id: known}, status_lists=bundle.status_lists
        )
        header = {"alg": "ES256", "typ": "vc+jwt", "cty": "vc", "kid": public.id}
        claims = {
            "iss": self.id,
            "sub": document["credentialSubject"]["id"],
            "jti": document["id"],
            "nbf": int(ISSUED.timestamp()),
            **document,
        }
        signed = jws.JWS(json.dumps(claims))
        signed.add_signature(jwk.JWK.from_pyca(private), alg="ES256", protected=json.dumps(header))
        self.records[index] |= {
            "pyjwt": jwt.encode(claims, private, algorithm="ES256", headers=header),
            "jwcrypto": signed.serialize(compact=True),
        }

    def verdict(self, record: bytes, index: int) -> bool:
        """Whether our verifier accepts it."""
        return verify(record, bundle=self.bundles[index], at=NOW).outcome is Outcome.PASS


@pytest.fixture(scope="module")
def others() -> Others:
    if reason := run.install():
        skip_or_fail(reason)
    return Others()


def given(record: Any) -> bytes:
    return record.encode() if isinstance(record, str) else json.dumps(record).encode()


def changed(record: Any) -> bytes:
    """The record with one of its values changed after it was signed."""
    if not isinstance(record, str):
        return json.dumps(record).replace('"750"', '"950"').encode()
    head, payload, signature = record.split(".")
    flipped = payload[:200] + ("A" if payload[200] != "A" else "B") + payload[201:]
    return f"{head}.{flipped}.{signature}".encode()


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_good_record_of_another_library_is_accepted(others: Others, library: str) -> None:
    record = given(others.records[GOOD][library])
    report = verify(record, bundle=others.bundles[GOOD], at=NOW)
    assert report.accept().issuer_name == "Others"
    # A single proof that does not stand in a list is good, and not what Open Badges asks for.
    assert report.profile == ("generic" if library == "digitalbazaar" else "completion")


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_withdrawn_record_of_another_library_is_refused(others: Others, library: str) -> None:
    record = given(others.records[REVOKED][library])
    report = verify(record, bundle=others.bundles[REVOKED], at=NOW)
    assert report.check("proof.signature").outcome is Outcome.PASS
    assert report.check("status.revocation").outcome is Outcome.FAIL


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_changed_record_of_another_library_is_refused(others: Others, library: str) -> None:
    record = changed(others.records[GOOD][library])
    assert verify(record, bundle=others.bundles[GOOD], at=NOW).outcome is not Outcome.PASS
