"""Use cases: what a person sees of the statements about him or her, in every registry."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.platform.problems import NotFound
from app.recognition.compliance import asking, store
from app.recognition.compliance.model import Forms, NewRequest, Request, Statement
from app.recognition.register import service as register
from app.recognition.register.service import Registrant


def registrants(session: Session, person_id: str) -> Sequence[Registrant]:
    """Whom the person is, in the registries that have confirmed it."""
    return register.of_person(session, person_id)


def statements(session: Session, person_id: str) -> Sequence[Statement]:
    """The statements about the person, the newest first."""
    return store.statements_of(session, [one.id for one in registrants(session, person_id)])


def requests(session: Session, person_id: str) -> Sequence[Request]:
    """What the person has asked for, the newest first."""
    return store.requests_of(session, [one.id for one in registrants(session, person_id)])


def forms(session: Session, person_id: str, statement_id: str) -> tuple[Statement, Forms]:
    """A statement about the person, in both forms. Raises ``NotFound``, also for others'."""
    one = store.find_statement(session, statement_id)
    found = store.forms(session, statement_id)
    mine = {registrant.id for registrant in registrants(session, person_id)}
    if one is None or found is None or one.registrant_id not in mine:
        raise NotFound("There is no such statement.")
    return one, found


def ask(
    session: Session, person_id: str, registrant_id: str, new: NewRequest, *, at: datetime
) -> Request:
    """Ask a registry for a statement about oneself. Raises as ``asking.ask``, and ``NotFound``."""
    for one in registrants(session, person_id):
        if one.id == registrant_id:
            return asking.ask(session, one, new, at=at, who=f"person:{person_id}")
    raise NotFound("You are in no such register.")
