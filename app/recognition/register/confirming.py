"""Use cases: a registry answers people who state to be registered in it.

The engineer says in which registry he or she is, under what number (``people.registrations``). The
registry looks the number up, compares, and confirms, which links the registrant with the account;
or it refuses and says why. A registrant is linked to one account: of two people who state the same
number, the second can be confirmed only after the first link was undone.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.people import registrations
from app.identity.people.model import Answer, Stated
from app.platform.paging import Slice
from app.platform.problems import Conflict
from app.recognition.register import registrants
from app.recognition.register.entering import reason
from app.recognition.register.model import Registrant, Waiting


class NumberUnknown(Conflict):
    """Nobody in the register has the number that the person states."""

    code = "number-unknown"


class AlreadyAnswered(Conflict):
    """The registry has answered this before."""

    code = "registration-answered"


def waiting(
    session: Session, registry_id: str, *, cursor: str | None = None, limit: int
) -> Slice[Waiting]:
    """What waits for this registry's answer, with who has the number in the register."""
    found = registrations.unanswered(session, registry_id, cursor=cursor, limit=limit)
    items = [_waiting(session, registry_id, one) for one in found.items]
    return Slice(items, found.next_cursor)


def get_waiting(session: Session, registry_id: str, registration_id: str) -> Waiting:
    """One of them, answered or not. Raises ``NotFound``."""
    found = registrations.stated(session, registry_id, registration_id)
    return _waiting(session, registry_id, found)


def confirm(
    session: Session, registry_id: str, registration_id: str, *, at: datetime, who: str
) -> Registrant:
    """Say that the person is the registrant with that number, and link the two.

    Raises ``NotFound``, ``AlreadyAnswered``, ``NumberUnknown`` and ``AlreadyLinked``.
    """
    registrants.hold(session, registry_id)
    stated = _unanswered(session, registry_id, registration_id)
    registrant = registrants.find(session, registry_id, stated.registration.number)
    if registrant is None:
        raise NumberUnknown("Nobody in the register has this number; enter the registrant first.")
    linked = registrants.link_person(session, registrant, stated.person_id, at=at, who=who)
    registrations.answer(session, stated, Answer.CONFIRMED, at=at)
    _note(session, "registration.confirm", registry_id, stated, at=at, who=who)
    return linked


def refuse(
    session: Session, registry_id: str, registration_id: str, *, why: str, at: datetime, who: str
) -> None:
    """Say that the person is not, and why, for the person to read.

    Raises ``NotFound``, ``Invalid`` and ``AlreadyAnswered``.
    """
    registrants.hold(session, registry_id)
    stated = _unanswered(session, registry_id, registration_id)
    said = reason(why)
    registrations.answer(session, stated, Answer.REFUSED, note=said, at=at)
    _note(session, "registration.refuse", registry_id, stated, at=at, who=who, reason=said)


def _unanswered(session: Session, registry_id: str, registration_id: str) -> Stated:
    stated = registrations.stated(session, registry_id, registration_id)
    if stated.registration.answer is not None:
        raise AlreadyAnswered(f"It was answered before: {stated.registration.answer}.")
    return stated


def _waiting(session: Session, registry_id: str, stated: Stated) -> Waiting:
    one = stated.registration
    return Waiting(
        registration_id=one.id,
        person_id=stated.person_id,
        person_name=stated.person_name,
        number=one.number,
        since=one.since,
        until=one.until,
        registrant=registrants.find(session, registry_id, one.number),
    )


def _note(
    session: Session,
    action: str,
    registry_id: str,
    stated: Stated,
    *,
    at: datetime,
    who: str,
    **more: str,
) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"registration:{stated.registration.id}",
        at=at,
        after={"person": stated.person_id, **more},
        organisation_id=registry_id,
    )
