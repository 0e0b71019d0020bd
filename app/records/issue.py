"""How a completion becomes a record: the issuance cycle.

1. The completion is held against the rules (``rules.check``); nothing is made of a bad one.
2. ``prepare`` builds the credential, holds it against the profile and fixes its exact bytes. Its
   ``Prepared`` can be made nowhere else, can be redeemed once, and is all that ``sign`` accepts.
3. The intent is stored, with its place in a status list, in a transaction of its own.
4. ``sign`` signs the one document twice: an embedded proof, and a token.
5. What came out is verified, both forms, as a stranger would: ``app.verification``, the bundle.
6. The record is stored in its intent's place. Its status list, published before, says "valid".

One completion and a thousand go the same way: ``judge`` does 1, ``batch`` 2 and 3, ``finishing``
4 to 6, all with what is here. A crash before 3 leaves nothing. One after it leaves an intent, which
``service.recover``, or the same request made again, finishes with the same id and the same bits; an
intent that cannot be finished is reported with its reason. A record that is out is never signed
again.
"""

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.platform.problems import DomainError
from app.proof import jose
from app.proof.data_integrity import PreparedProof, prepare_proof
from app.proof.did import without_fragment
from app.proof.errors import ProofError
from app.proof.parse import JSON, Object, dump, load_object
from app.proof.times import write_time
from app.records import build
from app.records.build import Draft
from app.records.model import Intent
from app.trust.securing import signing_keys
from app.trust.signer import Signer
from app.verification.bundle import Bundle
from app.verification.course import quick
from app.verification.memory import Memory
from app.verification.model import COMPLETION, NotAccepted
from app.verification.options import Options
from app.verification.profile import check
from app.verification.reading import nested
from app.verification.verify import verify

_MAKER = object()
_COURSES = Memory()
"""Courses that were held against the profile already: the records of one say the same of it."""
_STRICT = Options(profiles=frozenset({COMPLETION}))


class Unfit(DomainError):
    """The completion keeps the rules, and yet does not give a record of the profile."""

    code = "record-unfit"
    status = 422


class Damaged(DomainError):
    """A stored intent cannot be signed any more; somebody must look at it."""

    code = "record-intent-damaged"
    status = 500


class OutputRefused(DomainError):
    """What was signed does not verify. It stays here, as an intent that somebody must look at."""

    code = "record-output-refused"
    status = 500


class AlreadyRedeemed(RuntimeError):
    """A ``Prepared`` was to be signed a second time."""


class Prepared:
    """A credential ready to be signed, once. Made by ``prepare`` and ``resume`` alone."""

    __slots__ = ("_lock", "_proof", "_redeemed", "_token", "intent")

    def __init__(
        self, maker: object, *, intent: Intent, proof: PreparedProof, token: bytes
    ) -> None:
        if maker is not _MAKER:
            raise TypeError("only prepare() and resume() make a Prepared")
        self.intent = intent
        self._proof = proof
        self._token = token
        self._redeemed = False
        self._lock = threading.Lock()

    def redeem(self) -> tuple[PreparedProof, bytes]:
        """What is to be signed: the proof, and the token's signing input."""
        with self._lock:
            if self._redeemed:
                raise AlreadyRedeemed(f"the record {self.intent.id} was handed out to be signed")
            self._redeemed = True
        return self._proof, self._token


@dataclass(frozen=True, slots=True)
class Signed:
    """Both forms of one record."""

    json: bytes
    jwt: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What is stored of an intent beside what the draft already says."""

    idempotency_key: str
    facts_hash: str
    activity_key: str | None
    pending_activity: str | None = None
    roster_id: str | None = None


def new_salts(count: int) -> list[str]:
    """Fresh salts of 128 bits."""
    return [secrets.token_urlsafe(16) for _ in range(count)]


def prepare(draft: Draft, decided: Decided) -> Prepared:
    """Step 2. Raises ``Unfit`` or ``NoKey``."""
    document = build.document(draft)
    problems = [] if quick(document, memory=_COURSES) else check(document)
    if problems:
        told = "; ".join(f"{problem.pointer} {problem.message}" for problem in problems[:5])
        raise Unfit(f"The record would not be one of the profile: {told}.")
    proof_key_id, jwt_key_id = signing_keys(draft.issuer)
    intent = Intent(
        id=draft.record_id,
        society_id=draft.society_id,
        issuer_id=draft.issuer.id,
        holder_id=draft.holder_id,
        course_id=draft.completion.course_id,
        idempotency_key=decided.idempotency_key,
        facts_hash=decided.facts_hash,
        activity_key=decided.activity_key,
        slot=draft.slot,
        document=dump(document),
        proof_key_id=proof_key_id,
        jwt_key_id=jwt_key_id,
        prepared_at=draft.at,
        supersedes=draft.completion.supersedes,
        pending_activity=decided.pending_activity,
        course_run=draft.completion.course_run,
        roster_id=decided.roster_id,
    )
    try:
        return _prepared(intent, document)
    except ProofError as error:
        raise Unfit(f"The record could not be signed in full: {error.message}") from error


def resume(intent: Intent, *, list_url: str) -> Prepared:
    """Step 2 again, for an intent that was stored: the same bytes, the same keys.

    Whoever can write into the database can write there what he would like to have signed. So the
    stored credential is held against the profile once more, and against what its row says of it.
    Raises ``Damaged``.
    """
    try:
        document = load_object(intent.document)
        problems = check(document)
        if dump(document) != intent.document:
            raise Damaged(f"The stored intent {intent.id} is not written as it was.")
        if problems:
            raise Damaged(f"The stored intent {intent.id} is no record: {problems[0].message}.")
        wrong = [name for name, said, stored in _said(document, intent, list_url) if said != stored]
        if wrong:
            told = ", ".join(wrong)
            raise Damaged(f"The stored intent {intent.id} is not the one of its row: {told}.")
        return _prepared(intent, document)
    except ProofError as error:
        raise Damaged(f"The stored intent {intent.id} is damaged: {error}") from error


def _said(document: Object, intent: Intent, list_url: str) -> Iterator[tuple[str, JSON, JSON]]:
    """What a stored credential says, and what its row says, by name."""
    status = nested(document, "credentialStatus")
    yield "id", document["id"], f"urn:uuid:{intent.id}"
    yield "issuer", nested(document, "issuer")["id"], intent.issuer_id
    yield "holder", nested(document, "credentialSubject")["id"], intent.holder_id
    yield "status list", status["statusListCredential"], list_url
    yield "status index", status["statusListIndex"], str(intent.slot.index)
    yield "time", document["validFrom"], write_time(intent.prepared_at)
    yield "proof", "proof" in document, False
    for key_id in (intent.proof_key_id, intent.jwt_key_id):
        yield "key", without_fragment(key_id), intent.issuer_id


def _prepared(intent: Intent, document: Object) -> Prepared:
    proof = prepare_proof(
        document, verification_method=intent.proof_key_id, created=intent.prepared_at
    )
    token = jose.signing_input(document, kid=intent.jwt_key_id, written=intent.document)
    return Prepared(_MAKER, intent=intent, proof=proof, token=token)


def sign(prepared: Prepared, signer: Signer) -> Signed:
    """Step 4. Raises ``SignerError``."""
    proof, token = prepared.redeem()
    intent = prepared.intent
    secured = proof.attach(signer.sign(intent.proof_key_id, proof.hash_data))
    # The document stands as it was written when it was decided on, its proof behind it.
    proofs = dump({"proof": secured["proof"]})
    return Signed(
        json=intent.document[:-1] + b"," + proofs[1:],
        jwt=jose.assemble(token, signer.sign(intent.jwt_key_id, token)),
    )


def verify_output(signed: Signed, *, record_id: str, bundle: Bundle, at: datetime) -> None:
    """Step 5. Raises ``OutputRefused``."""
    for form, record in (("JSON", signed.json), ("JWT", signed.jwt.encode())):
        try:
            accepted = verify(record, bundle=bundle, at=at, options=_STRICT).accept()
        except (NotAccepted, ProofError) as error:
            raise OutputRefused(f"The {form} form of {record_id} fails: {error}") from error
        if accepted.id != f"urn:uuid:{record_id}":
            raise OutputRefused(f"The {form} form of {record_id} is another record.")
