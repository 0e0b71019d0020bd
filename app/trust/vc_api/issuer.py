"""An issuer for conformance suites: it signs what it is given, as nobody in particular.

One key of each kind, made and kept by the node's signer; the issuer ids are the ``did:key`` of
those keys. Credentials are checked before they are signed, and verified before they leave. Status
lists live in this process and are gone when it stops: nothing here is meant to last.
"""

import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime

from app.platform.problems import NotFound
from app.proof import data_integrity, jose, status_list
from app.proof.did_key import did_key, resolve
from app.proof.errors import ProofError
from app.proof.keys import Algorithm
from app.proof.parse import JSON, Object, dump
from app.proof.rdfc import canonicalise
from app.proof.times import write_time
from app.proof.vocabulary import CREDENTIALS_V2
from app.trust.signer import Signer
from app.trust.vc_api.contexts import contexts_for, with_proof_terms
from app.trust.vc_api.resources import check_digests
from app.verification import generic
from app.verification.bundle import StatusListEntry

SUITES = {
    "eddsa-rdfc-2022": Algorithm.ED25519,
    "eddsa-jcs-2022": Algorithm.ED25519,
    "ecdsa-rdfc-2019": Algorithm.ES256,
    "ecdsa-jcs-2019": Algorithm.ES256,
    jose.TYPE: Algorithm.ES256,
}
"""How a credential can be secured here, and with which kind of key."""
PURPOSES = ("revocation", "suspension")
_SIGNER_ID = "urn:opencpd:vc-api:"
_ENTRY = "BitstringStatusListEntry"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The ``options`` of a request to issue."""

    suite: str = data_integrity.CRYPTOSUITE
    purpose: str | None = None
    """Add a status entry for this purpose."""
    proof_options: Object | None = None


@dataclass(slots=True)
class _List:
    """The bits of one status list, for one key and one purpose."""

    url: str
    purpose: str
    algorithm: Algorithm
    ones: set[int] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)


class ConformanceIssuer:
    """Signs for the suites. Safe to share between threads."""

    def __init__(self, signer: Signer, *, public_url: str) -> None:
        self._signer = signer
        self._public_url = public_url
        self._lock = threading.Lock()
        self._lists: dict[str, _List] = {}
        self._places: dict[tuple[str, str], tuple[_List, int]] = {}
        for algorithm in set(SUITES.values()):
            self.did(algorithm)  # a node that cannot sign says so at its start

    def did(self, algorithm: Algorithm) -> str:
        """The issuer id that goes with a kind of key; the key is made on first use."""
        return did_key(self._signer.create(_SIGNER_ID + algorithm, algorithm=algorithm))

    def issue(self, untrusted: Object, *, wanted: Wanted, at: datetime) -> Object:
        """Secure a credential. Raises ``ProofError`` for one that is none."""
        algorithm = SUITES[wanted.suite]
        credential = with_proof_terms(self._named(untrusted, self.did(algorithm)))
        if wanted.suite == jose.TYPE:
            credential = {"validFrom": write_time(at), **credential}
        if wanted.purpose is not None:
            credential = self._with_status(credential, wanted.purpose, algorithm)
        contexts = contexts_for(credential)
        generic.check_credential(credential, contexts=contexts)
        check_digests(credential)
        unsecured = {name: value for name, value in credential.items() if name != "proof"}
        canonicalise(unsecured, contexts=contexts)  # every member must be defined
        return self._secure(credential, wanted, algorithm, at=at)

    def set_status(self, credential_id: str, purpose: str, *, on: bool) -> None:
        """Set or clear the bit of a credential that was issued with a status entry."""
        with self._lock:
            found = self._places.get((credential_id, purpose))
            if found is None:
                raise NotFound(f"No credential {credential_id} was issued here with {purpose}.")
            held, index = found
            if on:
                held.ones.add(index)
            else:
                held.ones.discard(index)

    def status_credential(self, name: str, *, at: datetime) -> Object:
        """A status list as it stands, signed. Raises ``NotFound``."""
        with self._lock:
            held = self._lists.get(name)
            if held is None:
                raise NotFound(f"There is no status list {name} here.")
            bits = status_list.bits(status_list.SMALLEST, ones=held.ones)
        document: Object = {
            "@context": [CREDENTIALS_V2.url],
            "id": held.url,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": self.did(held.algorithm),
            "validFrom": write_time(at),
            "credentialSubject": {
                "id": f"{held.url}#list",
                "type": "BitstringStatusList",
                "statusPurpose": held.purpose,
                "encodedList": status_list.encode(bits),
            },
        }
        suite = "eddsa-rdfc-2022" if held.algorithm is Algorithm.ED25519 else "ecdsa-rdfc-2019"
        return self._secure(document, Wanted(suite), held.algorithm, at=at)

    def status_lists(self, *, at: datetime) -> dict[str, StatusListEntry]:
        """Every list, as a verifier that has just fetched them would hold them."""
        signed = [(held.url, self.status_credential(name, at=at)) for name, held in self._known()]
        return {url: StatusListEntry(url, dump(document), at) for url, document in signed}

    def _known(self) -> list[tuple[str, _List]]:
        with self._lock:
            return list(self._lists.items())

    def _named(self, untrusted: Object, did: str) -> Object:
        """The credential with its issuer: this one, or the one it names, which must be this."""
        if "issuer" not in untrusted:
            return {**untrusted, "issuer": did}
        issuer = untrusted["issuer"]
        named = issuer.get("id") if isinstance(issuer, dict) else issuer
        if named != did:
            raise ProofError("issuer-foreign", f"The issuer must be {did}, whose key signs here.")
        return untrusted

    def _with_status(self, credential: Object, purpose: str, algorithm: Algorithm) -> Object:
        """Add an entry with a random free index to what the credential has (section 2.1)."""
        credential = {"id": f"urn:uuid:{_uuid()}", **credential}
        credential_id = credential["id"]
        if not isinstance(credential_id, str):
            raise ProofError("data-model", "'id' must be one URL.")
        name = f"{algorithm}-{purpose}".lower()
        with self._lock:
            url = f"{self._public_url}/credentials/status/{name}"
            held = self._lists.setdefault(name, _List(url, purpose, algorithm))
            index = _free(held.taken)
            held.taken.add(index)
            self._places[credential_id, purpose] = (held, index)
        entry: Object = {
            "id": f"{url}#{index}",
            "type": _ENTRY,
            "statusPurpose": purpose,
            "statusListIndex": str(index),
            "statusListCredential": url,
        }
        present = credential.get("credentialStatus", [])
        others = present if isinstance(present, list) else [present]
        return {**credential, "credentialStatus": [*others, entry] if others else entry}

    def _secure(
        self, credential: Object, wanted: Wanted, algorithm: Algorithm, *, at: datetime
    ) -> Object:
        signer_id, key = _SIGNER_ID + algorithm, resolve(self.did(algorithm))
        if wanted.suite == jose.TYPE:
            signing_input = jose.signing_input(credential, kid=key.id)
            token = jose.assemble(signing_input, self._signer.sign(signer_id, signing_input))
            return {
                "@context": CREDENTIALS_V2.url,
                "id": f"data:application/{jose.TYPE},{token}",
                "type": "EnvelopedVerifiableCredential",
            }
        chained = wanted.proof_options is not None and "previousProof" in wanted.proof_options
        present: JSON = [] if chained else credential.get("proof", [])
        document = (
            credential
            if chained
            else {name: value for name, value in credential.items() if name != "proof"}
        )
        contexts = contexts_for(document)
        prepared = data_integrity.prepare_proof(
            document,
            verification_method=key.id,
            created=at,
            cryptosuite=wanted.suite,
            options=wanted.proof_options,
            contexts=contexts,
        )
        secured = prepared.attach(self._signer.sign(signer_id, prepared.hash_data))
        proofs = secured["proof"]
        earlier = present if isinstance(present, list) else [present]
        return {**secured, "proof": [*earlier, *(proofs if isinstance(proofs, list) else [proofs])]}


def _free(taken: set[int]) -> int:
    if len(taken) * 2 >= status_list.SMALLEST:
        raise ProofError("status-full", "The status list of this run is half full: start anew.")
    while (index := secrets.randbelow(status_list.SMALLEST)) in taken:
        pass
    return index


def _uuid() -> str:
    digits = secrets.token_hex(16)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
