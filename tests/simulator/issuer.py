"""A society that issues records with keys it keeps in memory, for tests and for nothing else.

It makes what a good issuer makes (records in both securings, status lists, DID documents, trust
bundles), and takes a changed document wherever a test wants to sign something wrong.
"""

import copy
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from app.proof import data_integrity, jose, keys, status_list
from app.proof.did import did_web
from app.proof.times import write_time
from app.verification.bundle import Bundle, IssuerEntry, KeyEntry, StatusListEntry

CONTEXTS = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ISSUED = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@dataclass
class SimulatedIssuer:
    """One society on a node at ``base_url``."""

    base_url: str = "https://node.example"
    society: str = "kse"
    name: str = "Kijani Society of Engineers"
    revoked: set[int] = field(default_factory=set)
    suspended: set[int] = field(default_factory=set)
    superseded: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.id = did_web(self.base_url, "societies", self.society)
        self._ed25519 = ed25519.Ed25519PrivateKey.generate()
        self._p256 = ec.generate_private_key(ec.SECP256R1())
        self.proof_key = self._public(self._ed25519.public_key(), "proof-1")
        self.token_key = self._public(self._p256.public_key(), "token-1")
        self.status_url = f"{self.base_url}/societies/{self.society}/status/1"

    @property
    def proof_public(self) -> ed25519.Ed25519PublicKey:
        return self._ed25519.public_key()

    @property
    def token_public(self) -> ec.EllipticCurvePublicKey:
        return self._p256.public_key()

    def _public(self, public: Any, name: str) -> keys.PublicKey:
        return keys.from_cryptography(public, key_id=f"{self.id}#{name}", controller=self.id)

    def sign(self, key_id: str, data: bytes) -> bytes:
        """What a signer does: the raw 64 bytes of a signature."""
        if key_id == self.proof_key.id:
            return self._ed25519.sign(data)
        r, s = decode_dss_signature(self._p256.sign(data, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def secure(
        self,
        document: dict[str, Any],
        *,
        created: datetime = ISSUED,
        cryptosuite: str = data_integrity.CRYPTOSUITE,
        purpose: str = "assertionMethod",
        **options: Any,
    ) -> dict[str, Any]:
        """Put a proof into a document; one with ``previousProof`` follows those that are there."""
        key = self.proof_key if cryptosuite.startswith("eddsa") else self.token_key
        prepared = data_integrity.prepare_proof(
            document,
            verification_method=key.id,
            created=created,
            purpose=purpose,
            cryptosuite=cryptosuite,
            options=options,
        )
        return prepared.attach(self.sign(key.id, prepared.hash_data))

    def secure_twice(self, document: dict[str, Any], *others: "SimulatedIssuer") -> dict[str, Any]:
        """A proof set: one's own proof and those of others, each over the document alone."""
        sets = [signer.secure(document)["proof"] for signer in (self, *others)]
        return document | {"proof": [proof for proofs in sets for proof in proofs]}

    def secure_json(self, document: dict[str, Any], *, created: datetime = ISSUED) -> bytes:
        return json.dumps(self.secure(document, created=created), ensure_ascii=False).encode()

    def secure_jwt(self, document: dict[str, Any]) -> str:
        to_sign = jose.signing_input(document, kid=self.token_key.id)
        return jose.assemble(to_sign, self.sign(self.token_key.id, to_sign))

    def sign_token(self, header: dict[str, Any], payload: dict[str, Any]) -> str:
        """Any token at all, signed with the P-256 key."""
        parts = [jose.base64url_encode(json.dumps(part).encode()) for part in (header, payload)]
        to_sign = ".".join(parts).encode()
        return jose.assemble(to_sign, self.sign(self.token_key.id, to_sign))

    def record(self, *, index: int = 4711, **changes: Any) -> dict[str, Any]:
        """A completion record without its proof, with every member that a record may have."""
        document = {
            "@context": CONTEXTS,
            "id": "urn:uuid:6f5b2c1e-9a0d-4c57-8d3e-0c1f2a3b4c5d",
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": "Seismic design of masonry walls",
            "issuer": {
                "id": self.id,
                "type": ["Profile"],
                "name": self.name,
                "url": self.base_url,
                "otherIdentifier": [
                    {
                        "type": "IdentifierEntry",
                        "identifier": "KE-0042",
                        "identifierType": "ext:RegisterNumber",
                    }
                ],
            },
            "validFrom": "2026-11-20T09:30:00Z",
            "awardedDate": "2026-11-18T00:00:00Z",
            "credentialSubject": self._subject(),
            "credentialStatus": {
                "id": f"{self.status_url}#{index}",
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": str(index),
                "statusListCredential": self.status_url,
            },
            "relatedResource": [
                {
                    "id": f"{self.base_url}/files/programme.pdf",
                    "digestMultibase": "uEiBZlVztZpfWHgPytpVW_rUwirFoRoRvWG1_GnreyScnNA",
                    "mediaType": "application/pdf",
                }
            ],
        }
        return copy.deepcopy(document | changes)

    def _subject(self) -> dict[str, Any]:
        course = f"{self.base_url}/courses/masonry"
        return {
            "id": "urn:uuid:0b1d6a52-3a52-4d7e-9a57-62b9a8a1f0c3",
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": "sha256$" + "5e" * 32,
                    "identityType": "ext:RegisterNumber",
                    "salt": "q3VtZ1h2bW5hc2Rmamtsb3A",
                }
            ],
            "activityStartDate": "2026-11-16T00:00:00Z",
            "activityEndDate": "2026-11-18T00:00:00Z",
            "creditsEarned": 12.5,
            "role": "participant",
            "term": "2026-II",
            "result": [
                {"type": ["Result"], "resultDescription": f"{course}#minutes", "value": "750"},
                {
                    "type": ["Result"],
                    "resultDescription": f"{course}#assessed",
                    "status": "Completed",
                },
            ],
            "achievement": self._achievement(course),
        }

    def _achievement(self, course: str) -> dict[str, Any]:
        return {
            "id": f"{course}?version=3",
            "type": ["Achievement"],
            "achievementType": "Course",
            "name": "Seismic design of masonry walls",
            "description": "Three days on walls that stay up.\nWith a site visit. \u5893\u7880",
            "criteria": {"id": f"{course}/criteria", "narrative": "Attend all three days."},
            "creditsAvailable": 12.5,
            "fieldOfStudy": "0732",
            "humanCode": "KSE-117",
            "inLanguage": "en",
            "specialization": "Earthquake engineering",
            "tag": ["masonry", "EN 1998-1"],
            "version": "3",
            "otherIdentifier": [
                {
                    "type": "IdentifierEntry",
                    "identifier": "masonry-3",
                    "identifierType": "ext:CourseId",
                }
            ],
            "resultDescription": [
                {
                    "id": f"{course}#minutes",
                    "type": ["ResultDescription"],
                    "name": "Contact time",
                    "resultType": "ext:ContactMinutes",
                    "valueMin": "0",
                    "valueMax": "900",
                },
                {
                    "id": f"{course}#assessed",
                    "type": ["ResultDescription"],
                    "name": "Assessment",
                    "resultType": "Status",
                    "requiredValue": "Completed",
                },
            ],
            "alignment": [
                {
                    "type": ["Alignment"],
                    "targetName": "Problem analysis",
                    "targetUrl": "https://competences.example/ec2",
                    "targetType": "ceasn:Competency",
                    "targetCode": "EC2",
                    "targetFramework": "Graduate attributes",
                    "targetDescription": "Define and analyse complex problems.",
                },
                {
                    "type": ["Alignment"],
                    "targetName": "Building and civil engineering",
                    "targetUrl": "https://fields.example/0732",
                    "targetType": "ext:ISCED-F",
                },
            ],
        }

    def status_document(self, purpose: str = "revocation", **changes: Any) -> dict[str, Any]:
        """The list for one purpose; those that the record does not name stand beside the first."""
        ones = {
            "revocation": self.revoked,
            "suspension": self.suspended,
            "refresh": self.superseded,
        }
        url = self.list_url(purpose)
        bits = status_list.bits(status_list.SMALLEST, ones=ones[purpose])
        document = {
            "@context": CONTEXTS[:1],
            "id": url,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": self.id,
            "validFrom": write_time(NOW - timedelta(hours=1)),
            "validUntil": write_time(NOW + timedelta(days=1)),
            "credentialSubject": {
                "id": f"{url}#list",
                "type": "BitstringStatusList",
                "statusPurpose": purpose,
                "encodedList": status_list.encode(bits),
            },
        }
        return document | changes

    def list_url(self, purpose: str) -> str:
        return self.status_url if purpose == "revocation" else f"{self.status_url}/{purpose}"

    def status_body(self, purpose: str = "revocation", **changes: Any) -> bytes:
        document = self.status_document(purpose, **changes)
        return self.secure_json(document, created=NOW - timedelta(hours=1))

    def entry(self, **history: datetime) -> IssuerEntry:
        """How a bundle knows the issuer; ``history`` is that of both keys."""
        since = history.pop("valid_from", datetime(2026, 1, 1, tzinfo=UTC))
        known = (KeyEntry(key, since, **history) for key in (self.proof_key, self.token_key))
        return IssuerEntry(self.id, f"{self.name} (in the bundle)", tuple(known))

    def bundle(self, *, status: bytes | None = None, **history: datetime) -> Bundle:
        """What a node gives out: the issuer and its three lists; ``status`` replaces the first."""
        entry = self.entry(**history)
        bodies = {"revocation": status or self.status_body()}
        bodies |= {purpose: self.status_body(purpose) for purpose in ("suspension", "refresh")}
        urls = {self.list_url(purpose): body for purpose, body in bodies.items()}
        lists = {url: StatusListEntry(url, body, NOW) for url, body in urls.items()}
        return Bundle(7, NOW, {entry.id: entry}, lists)

    def did_document(self) -> dict[str, Any]:
        return {
            "@context": [
                "https://www.w3.org/ns/did/v1",
                "https://w3id.org/security/multikey/v1",
                "https://w3id.org/security/suites/jws-2020/v1",
            ],
            "id": self.id,
            "verificationMethod": [
                {
                    "id": self.proof_key.id,
                    "type": "Multikey",
                    "controller": self.id,
                    "publicKeyMultibase": self.proof_key.multibase,
                },
                {
                    "id": self.token_key.id,
                    "type": "JsonWebKey2020",
                    "controller": self.id,
                    "publicKeyJwk": self.token_key.jwk,
                },
            ],
            "assertionMethod": [self.proof_key.id, self.token_key.id],
        }
