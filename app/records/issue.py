"""How a completion becomes a record: the issuance cycle.

1. The completion is held against the rules (``rules.check``); nothing is made of a bad one.
2. ``prepare`` builds the credential, holds it against the profile and fixes its exact bytes. Its
   ``Prepared`` can be made nowhere else, can be redeemed once, and is all that ``sign`` accepts.
3. The intent is stored, with its place in a status list, in a transaction of its own.
4. ``sign`` signs the one document twice: an embedded proof, and a token.
5. What came out is verified, both forms, as a stranger would: ``app.verification``, the bundle.
6. The record is stored in its intent's place. Its status list, published before, says "valid".

A crash before 3 leaves nothing. One after it leaves an intent, which ``service.recover``, or the
same request made again, finishes with the same id and the same bits; an intent that cannot be
finished is reported with its reason. A record that is out is never signed again.
"""

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime

from app.identity import audit
from app.platform.db import Database
from app.platform.problems import DomainError
from app.proof import jose
from app.proof.data_integrity import PreparedProof, prepare_proof
from app.proof.errors import ProofError
from app.proof.parse import Object, dump, load_object
from app.records import build, status, store
from app.records.build import Draft
from app.records.model import Intent, IssuedRecord
from app.records.signing import signing_keys
from app.trust import service as trust
from app.trust.signer import Signer
from app.verification.bundle import Bundle
from app.verification.model import COMPLETION, NotAccepted
from app.verification.profile import check
from app.verification.verify import Options, verify

_MAKER = object()
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
    activity_key: str


def new_salts(count: int) -> list[str]:
    """Fresh salts of 128 bits."""
    return [secrets.token_urlsafe(16) for _ in range(count)]


def prepare(draft: Draft, decided: Decided) -> Prepared:
    """Step 2. Raises ``Unfit`` or ``NoKey``."""
    document = build.document(draft)
    problems = check(document)
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
    )
    try:
        return _prepared(intent, document)
    except ProofError as error:
        raise Unfit(f"The record could not be signed in full: {error.message}") from error


def resume(intent: Intent) -> Prepared:
    """Step 2 again, for an intent that was stored: the same bytes, the same keys.

    Raises ``Damaged``.
    """
    try:
        return _prepared(intent, load_object(intent.document))
    except ProofError as error:
        raise Damaged(f"The stored intent {intent.id} is damaged: {error}") from error


def _prepared(intent: Intent, document: Object) -> Prepared:
    proof = prepare_proof(
        document, verification_method=intent.proof_key_id, created=intent.prepared_at
    )
    token = jose.signing_input(document, kid=intent.jwt_key_id)
    return Prepared(_MAKER, intent=intent, proof=proof, token=token)


def sign(prepared: Prepared, signer: Signer) -> Signed:
    """Step 4. Raises ``SignerError``."""
    proof, token = prepared.redeem()
    intent = prepared.intent
    secured = proof.attach(signer.sign(intent.proof_key_id, proof.hash_data))
    return Signed(
        json=dump(secured), jwt=jose.assemble(token, signer.sign(intent.jwt_key_id, token))
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


def finish(
    database: Database,
    signer: Signer,
    intent: Intent,
    *,
    at: datetime,
    who: str,
    prepared: Prepared | None = None,
) -> IssuedRecord:
    """Steps 4 to 6, for an intent that is stored. Raises what they raise; notes why.

    Without ``prepared`` the intent is taken up from where a crash left it.
    """
    try:
        signed = sign(prepared or resume(intent), signer)  # 4
        with database.read() as session:
            bundle = trust.bundle(
                session,
                at=at,
                issuer_ids=[intent.issuer_id],
                status_urls=status.listed_urls(
                    session, society_id=intent.society_id, number=intent.slot.list_no
                ),
            )
        verify_output(signed, record_id=intent.id, bundle=bundle, at=at)  # 5
    except DomainError as error:
        with database.write() as session:
            store.note_failure(session, intent.id, reason=f"{error.code}: {error.detail}")
        raise
    with database.write() as session:  # 6
        first = store.finish(session, intent.id, json=signed.json, jwt=signed.jwt, at=at)
        if first:
            audit.record(
                session,
                who=who,
                action="record.issue",
                subject=f"record:{intent.id}",
                at=at,
                before={"state": "intended"},
                after={"state": "issued", "issuer": intent.issuer_id},
            )
        found = store.find_record(session, intent.id)
    if found is None:
        raise OutputRefused(f"The record {intent.id} was stored and is not there.")
    return found[0]
