"""The ledger over HTTP: submit records, read what was decided and why, look at a cycle.

Below one registry, for its own programs; to every other one its submissions do not exist. Reviews
and appeals are in ``review_api``, runs in ``rerun_api``.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from app.identity.access import Guard, OrganisationId
from app.identity.model import Actor
from app.platform import clock
from app.platform.db import Database
from app.platform.idempotency import KeyHeader, claim, fingerprint, free, keep
from app.platform.problems import Invalid, NotFound
from app.platform.routing import together
from app.recognition.deciding.model import Outcome
from app.recognition.deciding.words import say
from app.recognition.ledger import rerun_api, review_api, service
from app.recognition.ledger.coming import MOST_BYTES, ItemMalformed, Reader, taken_in
from app.recognition.ledger.door import (
    DECIDE,
    MAX_BYTES,
    PATH,
    PRIVATE,
    READ,
    TAG,
    Cursor,
    Door,
    Limit,
    created,
)
from app.recognition.ledger.model import Origin
from app.recognition.ledger.service import Filter
from app.recognition.ledger.submitting import Desk, submit_many
from app.recognition.ledger.taking import DeclaredIn
from app.recognition.ledger.wire import (
    CycleOut,
    DecisionOut,
    DecisionPage,
    SubmissionOut,
    SubmissionPage,
    SubmissionWholeOut,
    SubmittedManyOut,
    SubmittedOut,
    error_of,
    whole,
)
from app.recognition.register import service as register

NDJSON = "application/x-ndjson"
MOST_AT_ONCE = 1000
"""How many records one JSON document brings; more come in NDJSON."""
Id = Annotated[str, Path(max_length=64)]
_ITEM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "registrant": {"type": "string", "description": "The registrant's id."},
        "number": {"type": "string", "description": "Or the number in the register."},
        "record": {
            "anyOf": [{"type": "object"}, {"type": "string"}],
            "description": "The record as JSON, or as a token.",
        },
        "link": {"type": "string", "description": "Or a link of this node to a record."},
    },
    "additionalProperties": False,
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"anyOf": [_ITEM, {"type": "array", "items": _ITEM, "minItems": 1}]}
            },
            NDJSON: {"schema": {"type": "string", "description": "One such object on each line."}},
        },
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What became of each, in JSON; of NDJSON a line for each.",
        "content": {NDJSON: {"schema": {"type": "string"}}},
    }
}


def build_router(
    *,
    database: Database,
    guard: Guard,
    desk: Desk,
    public_url: str,
    appeal_days: int,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """All routes of the ledger."""
    door = Door(database, guard, now)
    return together(
        _submitting(door, desk, public_url),
        _declaring(door),
        _reading(door),
        _reading_one(door),
        _telling(door),
        review_api.build_router(door, appeal_days=appeal_days),
        rerun_api.build_router(door),
    )


def _submitting(door: Door, desk: Desk, public_url: str) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.post(
        "/submissions",
        max_body_size=MOST_BYTES,
        response_model=SubmittedManyOut,
        openapi_extra=_BODY,
        responses=_ANSWERS,
    )
    def submit_records(
        *,
        organisation_id: OrganisationId,
        request: Request,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
        body: Annotated[BinaryIO, Depends(taken_in)],
        content_type: Annotated[str, Header()] = "application/json",
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Submit records for registrants; each is verified and decided at once.

        Up to 1,000 in a JSON document, up to 10,000 on lines of NDJSON, which are answered by lines
        as they are decided. What is wrong with one record stops no other. The same record again is
        the same submission.
        """
        door.own(actor, DECIDE, organisation_id)
        at = door.now()
        reader = Reader(door.database, organisation_id, public_url, at)
        give = partial(
            submit_many,
            door.database,
            desk,
            organisation_id,
            origin=Origin.MEMBER if actor.person_id else Origin.API,
            who=actor.who,
            at=at,
        )
        if content_type.partition(";")[0].strip().lower() == NDJSON:
            answers = _lines(give(reader.lines(body)))
            return StreamingResponse(answers, media_type=NDJSON, headers=PRIVATE)
        items = reader.whole(body)
        if len(items) > MOST_AT_ONCE:
            raise ItemMalformed(f"Send up to {MOST_AT_ONCE} in an array, and more as NDJSON.")
        body.seek(0)
        asked = fingerprint(request.method, request.url.path, body.read())
        return _once(door, actor, asked, idempotency_key, lambda: _told(give(items)))

    return router


def _once(
    door: Door, actor: Actor, asked: str, key: str | None, work: Callable[[], Response]
) -> Response:
    """Work of several transactions, each of which does no harm when it is done again."""
    if key is None:
        return work()
    claimed = claim(door.database, key, who=actor.who, request=asked, at=door.now())
    if isinstance(claimed, Response):
        return claimed
    done = False
    try:
        answer = work()
        with door.database.write() as session:
            keep(session, claimed, answer, at=door.now())
        done = True
        return answer
    finally:
        if not done:
            free(door.database, claimed)


def _one(answer: service.Submitted) -> SubmittedOut:
    return SubmittedOut(
        index=answer.index,
        created=answer.created,
        submission=SubmissionOut.of(answer.submission) if answer.submission else None,
        error=error_of(answer.error) if answer.error else None,
    )


def _told(answers: Iterator[service.Submitted]) -> Response:
    told = SubmittedManyOut(results=list(map(_one, answers)))
    return Response(told.model_dump_json(), headers=PRIVATE, media_type="application/json")


def _lines(answers: Iterator[service.Submitted]) -> Iterator[bytes]:
    for one in answers:
        yield _one(one).model_dump_json(exclude_none=True).encode() + b"\n"


def _declaring(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.post(
        "/declarations",
        status_code=201,
        max_body_size=4 * MAX_BYTES,
        response_model=SubmissionOut,
    )
    def declare_activity(
        *,
        organisation_id: OrganisationId,
        request: Request,
        given: DeclaredIn,
        actor: Annotated[Actor, Depends(door.guard.scope(DECIDE))],
        idempotency_key: KeyHeader = None,
    ) -> Response:
        """Enter an activity that nobody signed, for a registrant; people review it."""
        door.own(actor, DECIDE, organisation_id)

        def work(session: Session) -> Response:
            made = service.declare(
                session,
                organisation_id,
                given.registrant,
                given.declared(),
                who=actor.who,
                at=door.now(),
            )
            return created(SubmissionOut.of(made))

        return door.create(request, actor, given, work, key=idempotency_key)

    return router


def _filter(
    *,
    outcome: Outcome | None = None,
    registrant: Annotated[str | None, Query(max_length=64)] = None,
    origin: Origin | None = None,
    self_declared: bool | None = None,
    record: Annotated[str | None, Query(max_length=500, description="The record's id.")] = None,
    completed_from: date | None = None,
    completed_until: date | None = None,
    text: Annotated[str | None, Query(max_length=200, description="In the title.")] = None,
) -> Filter:
    return Filter(
        outcome, registrant, origin, self_declared, record, completed_from, completed_until, text
    )


def _reading(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.get("/submissions")
    def list_submissions(
        *,
        organisation_id: OrganisationId,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        wanted: Annotated[Filter, Depends(_filter)],
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> SubmissionPage:
        """What was submitted, the newest first, narrowed by what is asked for."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            found = service.page(
                session, organisation_id, wanted=wanted, cursor=cursor, limit=limit
            )
        return SubmissionPage(
            submissions=list(map(SubmissionOut.of, found.items)), next_cursor=found.next_cursor
        )

    return router


def _reading_one(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.get("/submissions/{submission_id}")
    def read_submission(
        *,
        organisation_id: OrganisationId,
        submission_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        language: Annotated[str, Query(max_length=35, description="Of the words.")] = "en",
    ) -> SubmissionWholeOut:
        """A submission with its verification, its facts, all decisions, and the trace in words."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            one = service.get(session, organisation_id, submission_id)
            report = service.report_of(session, organisation_id, submission_id)
            history = list(map(DecisionOut.of, service.history(session, submission_id)))
        said = [say(step, language) for step in one.decision.decision.trace]
        return whole(one, history=history, report=report, said=said)

    @router.get(
        "/submissions/{submission_id}/record",
        response_class=Response,
        responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}},
    )
    def read_submitted_record(
        organisation_id: OrganisationId,
        submission_id: Id,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
    ) -> Response:
        """The record itself, as it was received."""
        door.own(actor, READ, organisation_id)
        with door.database.read() as session:
            record = service.record_of(session, organisation_id, submission_id)
        if record is None:
            raise NotFound("An entry by hand has no record.")
        return Response(record, headers=PRIVATE, media_type="application/octet-stream")

    return router


def _telling(door: Door) -> APIRouter:
    router = APIRouter(prefix=PATH, tags=[TAG])

    @router.get("/decisions")
    def list_decisions(
        *,
        organisation_id: OrganisationId,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> DecisionPage:
        """Decisions in the order in which they were made, those that others replaced too."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            found = service.decision_page(session, organisation_id, cursor=cursor, limit=limit)
        return DecisionPage(
            decisions=list(map(DecisionOut.of, found.items)), next_cursor=found.next_cursor
        )

    @router.get("/registrants/{registrant_id}/cycle")
    def read_cycle(
        *,
        organisation_id: OrganisationId,
        registrant_id: Id,
        response: Response,
        actor: Annotated[Actor, Depends(door.guard.scope(READ))],
        on: Annotated[date | None, Query(description="A day of the cycle; today's else.")] = None,
    ) -> CycleOut:
        """A registrant's cycle: totals after caps, what is short, what is lost, days left."""
        door.own(actor, READ, organisation_id)
        response.headers.update(PRIVATE)
        with door.database.read() as session:
            registrant = register.get(session, organisation_id, registrant_id)
            today = service.today_of(session, organisation_id, door.now())
            day = _in_reach(on or today)
            return CycleOut.of(service.cycle_on(session, registrant, day=day, today=today))

    return router


def _in_reach(day: date) -> date:
    if not 1900 <= day.year <= 2200:
        raise Invalid("Name a day from 1900 to 2200.")
    return day
