"""Use cases: a statement is asked for, by the registrant or for an audit, and may be refused."""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.ids import new_id
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.proof.did import did_web_url
from app.proof.errors import ProofError
from app.recognition.compliance import store
from app.recognition.compliance.model import NewRequest, Request, RequestState
from app.recognition.ledger import service as ledger
from app.recognition.register.service import Registrant

MOST_OPEN = 20
"""Requests of one registrant that wait for an answer."""
MOST_PURPOSES, LONGEST_PURPOSE, LONGEST_NUMBER, LONGEST_ANSWER = 10, 100, 100, 500


class TooManyRequests(Conflict):
    """The registrant waits for more answers than anybody needs."""

    code = "too-many-requests"


class Answered(Conflict):
    """The request was answered before."""

    code = "request-answered"


def ask(
    session: Session, registrant: Registrant, new: NewRequest, *, at: datetime, who: str
) -> Request:
    """Ask for a statement about the registrant. Raises ``Invalid`` and ``TooManyRequests``."""
    known = store.requests_of(session, [registrant.id])
    if sum(one.state is RequestState.OPEN for one in known) >= MOST_OPEN:
        raise TooManyRequests(f"{MOST_OPEN} requests wait already.")
    today = ledger.today_of(session, registrant.registry_id, at)
    day, purposes, audience, number = checked(new, today=today)
    made = Request(
        id=new_id(),
        registry_id=registrant.registry_id,
        registrant_id=registrant.id,
        state=RequestState.OPEN,
        day=day,
        purposes=purposes,
        audience=audience,
        number=number,
        asked_at=at,
        asked_by=who,
    )
    store.insert_request(session, made)
    _note(session, "compliance.ask", made, at=at, who=who)
    return made


def refuse(
    session: Session, registry_id: str, request_id: str, *, why: str, at: datetime, who: str
) -> Request:
    """Say no to a request, and why. Raises ``NotFound``, ``Answered`` and ``Invalid``."""
    one = open_request(session, registry_id, request_id)
    said = " ".join(why.split())
    if not said or len(said) > LONGEST_ANSWER or not said.isprintable():
        mend = f"Say why, in up to {LONGEST_ANSWER} characters."
        raise Invalid(mend, fields=[FieldProblem("/reason", "reason", mend)])
    store.answer_request(session, one.id, RequestState.REFUSED, at=at, who=who, answer=said)
    _note(session, "compliance.refuse", one, at=at, who=who)
    return get(session, registry_id, request_id)


def open_request(session: Session, registry_id: str, request_id: str) -> Request:
    """A request of the registry that waits, locked. Raises ``NotFound`` and ``Answered``."""
    found = store.find_request(session, request_id, lock=True)
    if found is None or found.registry_id != registry_id:
        raise NotFound("There is no such request.")
    if found.state is not RequestState.OPEN:
        raise Answered("The request was answered before.")
    return found


def get(session: Session, registry_id: str, request_id: str) -> Request:
    """Raises ``NotFound``, also for another registry's."""
    found = store.find_request(session, request_id)
    if found is None or found.registry_id != registry_id:
        raise NotFound("There is no such request.")
    return found


def checked(
    new: NewRequest, *, today: date
) -> tuple[date, tuple[str, ...], str | None, str | None]:
    """Day, purposes, audience and number in their one form. Raises ``Invalid``."""
    problems: list[FieldProblem] = []
    day = _day(new.day, today, problems)
    purposes = _purposes(new.purposes, problems)
    audience = new.audience.strip() or None
    if audience is not None:
        try:
            did_web_url(audience)
        except ProofError:
            mend = "Give the registry's id, such as did:web:..."
            problems.append(FieldProblem("/audience", "audience", mend))
        if len(audience) > 300:
            problems.append(FieldProblem("/audience", "audience", "That is too long for an id."))
    number = " ".join(unicodedata.normalize("NFC", new.number).split()) or None
    if number is not None and audience is None:
        mend = "Say in which registry this is your number."
        problems.append(FieldProblem("/audience", "audience-missing", mend))
    if number is not None and (len(number) > LONGEST_NUMBER or not number.isprintable()):
        mend = f"Give the number in up to {LONGEST_NUMBER} characters."
        problems.append(FieldProblem("/number", "number-form", mend))
    if problems:
        raise Invalid("The request cannot be taken as given.", fields=problems)
    return day, purposes, audience, number


def _day(text: str, today: date, problems: list[FieldProblem]) -> date:
    if not text.strip():
        return today
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        problems.append(FieldProblem("/day", "date-form", "Write the day as 2026-12-31."))
        return today
    if not date(1900, 1, 1) <= day <= today:
        mend = "Give a day of the cycle that is past, or today."
        problems.append(FieldProblem("/day", "time-order", mend))
    return day


def _purposes(given: Sequence[str], problems: list[FieldProblem]) -> tuple[str, ...]:
    made = tuple(dict.fromkeys(" ".join(one.split()) for one in given if one.strip()))
    bad = [one for one in made if len(one) > LONGEST_PURPOSE or not one.isprintable()]
    if bad or len(made) > MOST_PURPOSES:
        mend = f"Name up to {MOST_PURPOSES} purposes of up to {LONGEST_PURPOSE} characters."
        problems.append(FieldProblem("/purposes", "purposes", mend))
    return made


def _note(session: Session, action: str, one: Request, *, at: datetime, who: str) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"compliance-request:{one.id}",
        at=at,
        after={"registrant": one.registrant_id, "day": one.day.isoformat()},
        organisation_id=one.registry_id,
    )
