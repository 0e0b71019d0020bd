"""One cycle with one registry: what counted and why, and what to hand in."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.model import Visitor
from app.platform.problems import DomainError, FieldProblem, Invalid
from app.recognition.adoption.service import PolicyDoubtful
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Origin, Submission, Submitted
from app.recognition.ledger.service import NoPolicy
from app.recognition.planning import entries
from app.recognition.planning.outlook import Outlook, outlook
from app.recognition.register.service import Registrant
from app.records.keeping import service as keeping
from app.records.keeping.model import Kept
from app.web.cpd.frame import HOME, Study, mine, registry_name
from app.web.cpd.showing import card
from app.web.room import MAX_FORM_BYTES

CYCLE = HOME + "/cycles/{registrant_id}"
RegistrantId = Annotated[str, Path(max_length=36)]
Chosen = Annotated[list[Annotated[str, Form(max_length=64)]], Form(max_length=500)]
MOST_SHOWN = 500
_PAGE = 200


def build_router(study: Study) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    Person = Annotated[Visitor, Depends(study.room.guard.person)]  # noqa: N806 - a type

    @router.api_route(CYCLE, methods=["GET", "HEAD"])
    def cycle(request: Request, registrant_id: RegistrantId, visitor: Person) -> Response:
        return _page(request, study, visitor, registrant_id)

    @router.post(CYCLE + "/submit", max_body_size=MAX_FORM_BYTES)
    def submit(
        request: Request,
        registrant_id: RegistrantId,
        visitor: Person,
        records: Chosen = [],  # noqa: B006 - FastAPI copies it
        everything: Annotated[str, Form(max_length=8)] = "",
    ) -> Response:
        try:
            done = _submit(study, visitor, registrant_id, records, everything=bool(everything))
        except Invalid as error:
            return _page(request, study, visitor, registrant_id, trouble=error)
        return _page(request, study, visitor, registrant_id, done=done)

    return router


def _submit(
    study: Study,
    visitor: Visitor,
    registrant_id: str,
    record_ids: Sequence[str],
    *,
    everything: bool,
) -> Sequence[Submitted]:
    """Hand in kept records: those named, or all that the registry does not have."""
    with study.room.database.read() as session:
        registrant = mine(session, visitor, registrant_id)
        if everything:
            wanted = [one.record for one in new_records(session, visitor.person_id, registrant)]
        else:
            person_id = visitor.person_id
            wanted = [keeping.get_kept(session, person_id, one).record for one in record_ids]
    if not wanted:
        problem = FieldProblem("/records", "required", "Choose a record that is to be handed in.")
        raise Invalid("Nothing was handed in.", fields=[problem])
    return ledger.submit(
        study.room.database,
        study.desk,
        registrant.registry_id,
        registrant.id,
        [one.json for one in wanted],
        origin=Origin.ENGINEER,
        who=f"person:{visitor.person_id}",
        at=study.room.now(),
    )


def new_records(session: Session, person_id: str, registrant: Registrant) -> list[Kept]:
    """The records that a person keeps and the registry was not given yet."""
    there = {one.record_id for one in ledger.of_registrant(session, registrant.id)}
    return [one for one in _kept(session, person_id) if f"urn:uuid:{one.record.id}" not in there]


def _kept(session: Session, person_id: str) -> Iterator[Kept]:
    cursor: str | None = None
    while True:
        found = keeping.list_kept(session, person_id, cursor=cursor, limit=_PAGE)
        yield from found.items
        cursor = found.next_cursor
        if cursor is None:
            return


def _page(
    request: Request,
    study: Study,
    visitor: Visitor,
    registrant_id: str,
    *,
    trouble: DomainError | None = None,
    done: Sequence[Submitted] = (),
) -> Response:
    at = study.room.now()
    with study.room.database.read() as session:
        registrant = mine(session, visitor, registrant_id)
        say = study.saying(session, visitor)
        name = registry_name(session, registrant.registry_id)
        look: Outlook | None = None
        with suppress(NoPolicy, PolicyDoubtful):  # what was handed in is shown all the same
            look = outlook(session, registrant, at=at)
        submissions = ledger.of_registrant(session, registrant.id)
        given = {one.submission_id for one in entries.given(session, visitor.person_id)}
        values: dict[str, Any] = {
            "say": say,
            "registrant": registrant,
            "registry": name,
            "card": card(look, name, say) if look else None,
            "peers": study.peers.of(session, look) if look else None,
            "inside": _inside(look, submissions),
            "outside": _outside(look, submissions),
            "new": new_records(session, visitor.person_id, registrant)[:MOST_SHOWN],
            "mine": given,
            "done": done,
            "address": CYCLE.format(registrant_id=registrant.id),
        }
    return study.page(request, "cpd_cycle.html", values, trouble=trouble)


def _inside(look: Outlook | None, submissions: Sequence[Submission]) -> list[Submission]:
    shown = [one for one in submissions if look and look.view.span.holds(one.completed)]
    return sorted(shown, key=lambda one: (one.completed, one.number), reverse=True)[:MOST_SHOWN]


def _outside(look: Outlook | None, submissions: Sequence[Submission]) -> list[Submission]:
    shown = [one for one in submissions if not look or not look.view.span.holds(one.completed)]
    return sorted(shown, key=lambda one: (one.completed, one.number), reverse=True)[:MOST_SHOWN]
