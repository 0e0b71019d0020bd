"""Use case: a list of a registry's decisions, in the form and the file that was asked for.

Rows come from the database piece by piece while they are written, so a list of any length takes
little memory. That somebody took one, and which, is in the history of the registry.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.identity import audit
from app.identity import service as identity
from app.identity.model import Actor
from app.platform.db import Database
from app.platform.problems import FieldProblem, Invalid
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Submission
from app.recognition.office import people
from app.recognition.office.returns.forms import LAYOUTS, Layout, Line, activity, row
from app.recognition.office.returns.model import Cell, Ending, Form, List, Wanted
from app.recognition.policies.model import Span
from app.recognition.register import service as register
from app.trust import service as trust


def prepare(
    database: Database, actor: Actor, wanted: Wanted, ending: Ending, *, at: datetime
) -> List:
    """The list, noted in the history and ready to be written. Raises ``NotFound``, ``Invalid``."""
    registry_id = actor.organisation_id
    layout = LAYOUTS[wanted.form]
    if wanted.form is Form.NCEES and wanted.registrant_id is None:
        mend = "Name the registrant whose record it is."
        raise Invalid(mend, fields=[FieldProblem("registrant", "registrant-missing", mend)])
    with database.write() as session:
        facts, same_as = _above(session, registry_id, wanted, at=at)
        audit.record(
            session,
            who=actor.who,
            action="list.export",
            subject=f"organisation:{registry_id}",
            at=at,
            after={
                "form": wanted.form.value,
                "ending": ending.value,
                "first": _day(wanted.completed.first),
                "last": _day(wanted.completed.last),
                "registrant": wanted.registrant_id,
                "activity_of": wanted.activity_of,
            },
        )
    rows = _rows(database, registry_id, wanted, layout, same_as)
    return List(layout.title, facts, tuple(layout.columns), rows, layout.unverified)


def _above(
    session: Session, registry_id: str, wanted: Wanted, *, at: datetime
) -> tuple[Mapping[str, str], str | None]:
    """What stands above the list, and the activity that it is of."""
    facts = {
        "Registry": identity.get_organisation(session, registry_id).name,
        "Made": at.date().isoformat(),
    }
    if wanted.completed != Span():
        first, last = _day(wanted.completed.first), _day(wanted.completed.last)
        facts["Completed"] = f"{first or '…'} to {last or '…'}"
    if wanted.registrant_id is not None:
        one = register.get(session, registry_id, wanted.registrant_id)
        facts |= {"Registrant": one.name, "Number": one.number}
    if wanted.activity_of is None:
        return facts, None
    submission = ledger.get(session, registry_id, wanted.activity_of)
    same_as = activity(submission)
    if same_as is None:
        mend = "This record names no activity that others could have in common."
        raise Invalid(mend, fields=[FieldProblem("activity_of", "activity-unknown", mend)])
    facts |= {"Activity": submission.title, "Day": _day(submission.completed) or ""}
    return facts, same_as


def _rows(
    database: Database, registry_id: str, wanted: Wanted, layout: Layout, same_as: str | None
) -> Iterator[list[Cell]]:
    names: dict[str, str] = {}
    found = people.submissions(
        database, registry_id, completed=wanted.completed, registrant_id=wanted.registrant_id
    )
    for submission, registrant in people.with_registrants(database, registry_id, found):
        if same_as is not None and activity(submission) != same_as:
            continue
        line = Line(submission, registrant, _issuer(database, submission, names))
        if layout.takes(line):
            yield list(row(layout, line))


def _issuer(database: Database, submission: Submission, names: dict[str, str]) -> str:
    """The issuer's name as this node knows it, else its id; asked once for each issuer."""
    issuer_id = submission.issuer_id
    if issuer_id is None:
        return ""
    if issuer_id not in names:
        with database.read() as session:
            names[issuer_id] = trust.issuer_names(session, [issuer_id]).get(issuer_id, issuer_id)
    return names[issuer_id]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
