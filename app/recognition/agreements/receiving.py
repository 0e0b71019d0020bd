"""Use case: an agreement taken in from the other side's node, as a file.

1. A file is taken in when this registry is a party, when every signature in it holds, and when one
   of them is the other party's: a file with a signature of ours that we never gave is refused.
2. Of one version there is one text. What differs under a known version is refused, and so is a
   version older than the newest known, and one that does not name the hash of the one before it.
3. A policy that comes along is one that the agreement names by its hash, or the file is refused.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity.model import Actor
from app.platform.problems import DomainError
from app.proof.errors import ProofError
from app.proof.parse import Object
from app.recognition.agreements import desk as desks
from app.recognition.agreements import signing, store
from app.recognition.agreements.carrying import AgreementFile, read_file
from app.recognition.agreements.desk import Desk, Which, hold
from app.recognition.agreements.exchanging import note, put_notice, settled
from app.recognition.agreements.model import Agreement, Standing
from app.recognition.policies.model import Policy
from app.recognition.policies.reading import PolicyInvalid, read_document
from app.trust.statements import Statement
from app.verification.bundle import Bundle


class AgreementRefused(DomainError):
    """A file that is not taken in; ``code`` says why."""

    code = "agreement-refused"
    status = 422

    def __init__(self, detail: str, *, code: str = "agreement-refused") -> None:
        super().__init__(detail)
        self.code = code


def receive(session: Session, desk: Desk, actor: Actor, data: bytes, *, at: datetime) -> Standing:
    """Take in the file that the other side gave. Raises ``AgreementRefused`` and ``Invalid``."""
    registry = hold(session, actor)
    file = read_file(data)
    agreement, known = file.agreement, desk.bundle(session, at)
    own = desk.statements.issuer(session, registry.id, at=at, who=actor.who)
    if agreement.party(own.id) is None:
        raise AgreementRefused(f"{registry.name} is no party to it.", code="agreement-stranger")
    signatures = _signatures(file, known, at=at)
    if agreement.other(own.id).id not in signatures:
        raise AgreementRefused("The other side has not signed it.", code="agreement-not-offered")
    every = desks.standings(session, desk, agreement.id, at=at, lock=True)
    kept = _placed(agreement, every)
    annexes = _annexes(file)
    if kept is None:
        store.insert_version(session, agreement, drafted_by=registry.id, at=at, who=actor.who)
    for party_id, token in signatures.items():
        before = None if kept is None else kept.signed_by(party_id)
        if before is None or not before.holds:
            put = store.put_signature if before is None else store.replace_signature
            put(session, agreement, party_id, token, at=at, who=actor.who)
    for notice in _notices(file, known, at=at):
        put_notice(session, agreement, notice, at=at, who=actor.who)
    store.put_annexes(session, annexes)
    note(session, "agreement.receive", registry.id, agreement, at=at, who=actor.who,
          signed_by=sorted(signatures))  # fmt: skip
    return settled(session, desk, Which(agreement.id, agreement.version), at=at)


def _signatures(file: AgreementFile, known: Bundle, *, at: datetime) -> Mapping[str, str]:
    """Rule 1: the tokens by the parties that signed."""
    found: dict[str, str] = {}
    for token in file.signatures:
        try:
            said: Statement = signing.read_signature(
                token, agreement=file.agreement, bundle=known, at=at
            )
        except ProofError as error:
            raise AgreementRefused(
                f"A signature on it does not hold: {error.message}", code=error.code
            ) from error
        found[said.issuer_id] = token
    return found


def _notices(file: AgreementFile, known: Bundle, *, at: datetime) -> list[signing.Notice]:
    try:
        return [
            signing.read_ending(token, agreement=file.agreement, bundle=known, at=at)
            for token in file.endings
        ]
    except ProofError as error:
        raise AgreementRefused(
            f"A notice in it does not hold: {error.message}", code=error.code
        ) from error


def _placed(agreement: Agreement, every: tuple[Standing, ...]) -> Standing | None:
    """Rule 2: the version that is known already, or nothing when it is the next one."""
    known = {one.agreement.version: one for one in every}
    kept = known.get(agreement.version)
    if kept is not None:
        if kept.agreement.hash != agreement.hash:
            raise AgreementRefused(
                f"Another text is known as version {agreement.version} of this agreement.",
                code="agreement-two-of-a-version",
            )
        return kept
    newest = every[-1].agreement if every else None
    if newest is not None and agreement.version < newest.version:
        raise AgreementRefused(
            f"Version {newest.version} of this agreement is known.", code="agreement-old"
        )
    expected = None if newest is None else newest.hash
    if agreement.version != (1 if newest is None else newest.version + 1) or (
        agreement.previous != expected
    ):
        raise AgreementRefused(
            "It does not follow the version that is known here; take in the earlier ones first.",
            code="agreement-chain",
        )
    return None


def _annexes(file: AgreementFile) -> Mapping[str, Object]:
    """Rule 3: the policies that came along."""
    bound = {one.recognises.annex.hash for one in file.agreement.parties if one.recognises}
    found: dict[str, Object] = {}
    for document in file.annexes:
        policy = _policy(document)
        if policy.hash not in bound:
            raise AgreementRefused(
                "A policy in the file is not one that the agreement names.", code="agreement-annex"
            )
        found[policy.hash] = document
    return found


def _policy(document: Object) -> Policy:
    try:
        return read_document(document)
    except PolicyInvalid as error:
        raise AgreementRefused(
            f"A policy in the file cannot be read: {error.faults[0]}", code="agreement-annex"
        ) from error
