"""Use cases: a statement issued in the registry's name, and withdrawn.

1. The answer is what the ledger says (``judging``); nobody types it in.
2. The subject is an opaque id of this statement alone. The number in this registry, and the one in
   the registry that it is for, enter as salted hashes; no name, no activity, no hours.
3. What was signed is verified as a stranger would before it is kept.
4. The same statement again, while it stands, is the one that was made.
"""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.ids import new_id
from app.platform.problems import Conflict, DomainError, FieldProblem, Invalid, NotFound
from app.proof.encoding import base64url_encode
from app.recognition.compliance import asking, judging, lists, store
from app.recognition.compliance.lists import Desk
from app.recognition.compliance.model import (
    Forms,
    NewRequest,
    RequestState,
    Statement,
    StatusList,
)
from app.recognition.ledger import service as ledger
from app.recognition.register import service as register
from app.recognition.register.holders import NUMBER_TYPE
from app.recognition.register.service import Registrant
from app.records.build import identity_hash
from app.trust import service as trust
from app.verification import compliance
from app.verification.compliance import Place
from app.verification.model import HomeCompliance, Identity, NotAccepted
from app.verification.verify import verify

_SALT_BYTES = 16
LONGEST_WHY = 500


class StatementRefused(DomainError):
    """What was signed does not verify, so it is not kept."""

    code = "compliance-refused"
    status = 500


class WithdrawnBefore(Conflict):
    """The statement was withdrawn before."""

    code = "compliance-withdrawn"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Everything a statement is made of but its place."""

    registrant: Registrant
    said: HomeCompliance
    number: str | None


def issue(
    session: Session,
    desk: Desk,
    registry_id: str,
    registrant_id: str,
    new: NewRequest,
    *,
    at: datetime,
    who: str,
) -> Statement:
    """Sign a statement about a registrant.

    Raises ``NotFound``, ``Invalid``, what ``judging.judge`` raises, and what the signer raises.
    """
    register.hold(session, registry_id)
    registrant = register.get(session, registry_id, registrant_id)
    today = ledger.today_of(session, registry_id, at)
    day, purposes, audience, number = asking.checked(new, today=today)
    found = judging.judge(session, registrant, day=day, today=today)
    said = HomeCompliance(
        met=found.met,
        first=found.first,
        last=found.last,
        judged_on=today,
        policy_id=found.policy_id,
        policy_version=found.policy_version,
        policy_hash=found.policy_hash,
        purposes=purposes,
        audience=audience,
    )
    for one in store.statements_of(session, [registrant.id], standing=True):
        if _same(one.said, said) and number is None:
            return one
    return _signed(session, desk, _Wanted(registrant, said, number), at=at, who=who)


def answer(
    session: Session, desk: Desk, registry_id: str, request_id: str, *, at: datetime, who: str
) -> Statement:
    """Issue what was asked for. Raises as ``issue``, and ``Answered``."""
    asked = asking.open_request(session, registry_id, request_id)
    new = NewRequest(
        day=asked.day.isoformat(),
        purposes=asked.purposes,
        audience=asked.audience or "",
        number=asked.number or "",
    )
    made = issue(session, desk, registry_id, asked.registrant_id, new, at=at, who=who)
    store.answer_request(
        session, asked.id, RequestState.ISSUED, at=at, who=who, statement_id=made.id
    )
    return made


def withdraw(
    session: Session,
    desk: Desk,
    registry_id: str,
    statement_id: str,
    *,
    why: str,
    at: datetime,
    who: str,
    found: dict[str, Any] | None = None,
) -> Statement:
    """Take a statement back; the list that says so is signed in the same transaction.

    Raises ``NotFound``, ``Invalid``, ``WithdrawnBefore``, and what the signer raises.
    """
    one = get(session, registry_id, statement_id, lock=True)
    said = " ".join(why.split())
    if not said or len(said) > LONGEST_WHY or not said.isprintable():
        mend = f"Say why, in up to {LONGEST_WHY} characters."
        raise Invalid(mend, fields=[FieldProblem("/reason", "reason", mend)])
    if one.withdrawn_at is not None:
        raise WithdrawnBefore("The statement was withdrawn before.")
    store.withdraw(session, one.id, why=said, found=found, at=at, who=who)
    lists.publish(session, desk, registry_id, one.list_no, at=at)
    audit.record(
        session,
        who=who,
        action="compliance.withdraw",
        subject=f"compliance-statement:{one.id}",
        at=at,
        before={"met": one.said.met, "policy_version": one.said.policy_version},
        after={"reason": said, **({} if found is None else {"found": found})},
        organisation_id=registry_id,
    )
    return get(session, registry_id, statement_id)


def get(session: Session, registry_id: str, statement_id: str, *, lock: bool = False) -> Statement:
    """Raises ``NotFound``, also for another registry's."""
    found = store.find_statement(session, statement_id, lock=lock)
    if found is None or found.registry_id != registry_id:
        raise NotFound("There is no such statement.")
    return found


def forms(session: Session, registry_id: str, statement_id: str) -> Forms:
    """Both signed forms of a statement. Raises ``NotFound``."""
    get(session, registry_id, statement_id)
    found = store.forms(session, statement_id)
    if found is None:
        raise NotFound("There is no such statement.")
    return found


def _same(one: HomeCompliance, other: HomeCompliance) -> bool:
    """Whether both say the same, whenever they were judged."""
    return (one.met, one.first, one.last, one.policy_hash, one.purposes, one.audience) == (
        other.met,
        other.first,
        other.last,
        other.policy_hash,
        other.purposes,
        other.audience,
    )


def _signed(session: Session, desk: Desk, wanted: _Wanted, *, at: datetime, who: str) -> Statement:
    registrant, statement_id = wanted.registrant, new_id()
    issuer = desk.statements.issuer(session, registrant.registry_id, at=at)
    held, index = lists.reserve(session, desk, registrant.registry_id, at=at)
    document = compliance.document(
        wanted.said,
        statement_id=f"urn:uuid:{statement_id}",
        subject_id=f"urn:uuid:{new_id()}",
        issuer=(issuer.id, issuer.name),
        numbers=tuple(_hidden(wanted)),
        place=Place(held.url, index),
        at=at,
    )
    secured = desk.statements.secure(
        session, document, organisation_id=registrant.registry_id, at=at
    )
    made_forms = Forms(secured.json, secured.jwt)
    _check(session, made_forms, held, issuer_id=issuer.id, at=at)
    made = Statement(
        id=statement_id,
        registry_id=registrant.registry_id,
        registrant_id=registrant.id,
        said=wanted.said,
        list_no=held.number,
        list_index=index,
        issued_at=at,
        issued_by=who,
        checked_at=at,
    )
    store.insert_statement(session, made, made_forms)
    audit.record(
        session,
        who=who,
        action="compliance.issue",
        subject=f"compliance-statement:{made.id}",
        at=at,
        after={
            "registrant": registrant.id,
            "met": wanted.said.met,
            "policy": wanted.said.policy_id,
            "version": wanted.said.policy_version,
            "sha256": hashlib.sha256(secured.json).hexdigest(),
        },
        organisation_id=registrant.registry_id,
    )
    return made


def _hidden(wanted: _Wanted) -> Iterator[Identity]:
    """The registrant's numbers, here and in the registry that the statement is for."""
    registrant = wanted.registrant
    yield _hash(f"{NUMBER_TYPE}.{registrant.registry_id}", registrant.number)
    if wanted.number is not None and wanted.said.audience is not None:
        name = wanted.said.audience.rpartition(":")[2]
        yield _hash(f"{NUMBER_TYPE}.{name}", wanted.number)


def _hash(kind: str, value: str) -> Identity:
    salt = base64url_encode(secrets.token_bytes(_SALT_BYTES))
    return Identity(kind, identity_hash(value, salt=salt), salt)


def _check(
    session: Session, made: Forms, held: StatusList, *, issuer_id: str, at: datetime
) -> None:
    """Rule 3."""
    known = trust.bundle(session, at=at, issuer_ids=[issuer_id], status_urls=[held.url])
    for form in (made.json, made.jwt.encode()):
        try:
            record = verify(form, bundle=known, at=at).accept()
        except NotAccepted as error:
            raise StatementRefused(f"What was signed does not verify: {error}") from error
        if record.compliance is None:
            raise StatementRefused("What was signed is no statement of compliance.")
