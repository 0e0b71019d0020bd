"""Many completions in one request, and the list of a society's records."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, StrictStr, ValidationError

from app.identity import grants
from app.identity.access import Forbidden, Guard, OrganisationId
from app.identity.model import Actor
from app.platform import clock
from app.platform.db import Database
from app.platform.problems import DomainError, FieldProblem, Invalid, NotFound
from app.records import judge, service
from app.records.batch import Outcome, Verdict, complete_many
from app.records.rosters.files import Unreadable, json_objects
from app.records.standing.model import Standing
from app.records.store import Filter
from app.records.wire import CompletionIn, RecordOut
from app.trust.signer import Signer

MOST_ITEMS = 1000
MOST_BYTES = 8 * 1024 * 1024
CHUNK = 200
NDJSON = "application/x-ndjson"
_PRIVATE = {"Cache-Control": "private, no-store"}


class BatchItemIn(CompletionIn):
    """A completion, with a key of its own when the request's key is not to be used."""

    idempotency_key: StrictStr | None = None


class ItemError(BaseModel):
    """Why an item has no record."""

    code: str
    detail: str
    errors: list[dict[str, str]]


class ItemOut(BaseModel):
    """What became of one item."""

    index: int
    outcome: Verdict
    record: RecordOut | None = None
    error: ItemError | None = None


class BatchOut(BaseModel):
    """What became of every item, in the order of the request."""

    counts: dict[Verdict, int]
    results: list[ItemOut]


class RecordPage(BaseModel):
    """One page of a society's records, newest first."""

    records: list[RecordOut]
    next_cursor: str | None


_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "array",
                "maxItems": MOST_ITEMS,
                "items": {"$ref": "#/components/schemas/CompletionIn"},
            }
        },
        NDJSON: {"schema": {"type": "string", "description": "One completion on each line."}},
    },
}


_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What became of each, in JSON or, when that is accepted, in NDJSON.",
        "content": {NDJSON: {"schema": {"type": "string"}}},
    }
}


async def _body(request: Request) -> bytes:
    return await request.body()


@dataclass(frozen=True, slots=True)
class _Room:
    """What the routes here share."""

    database: Database
    signer: Signer
    public_url: str
    now: Callable[[], datetime]

    def may(self, actor: Actor, action: str, society_id: str) -> bool:
        with self.database.read() as session:
            return grants.may(session, actor, action, society_id, at=self.now())


def build_router(
    *,
    database: Database,
    signer: Signer,
    guard: Guard,
    public_url: str,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """The routes for many completions and many records."""
    room = _Room(database, signer, public_url, now)
    router = APIRouter(prefix="/api/v1/societies/{society_id}", tags=["records"])
    _add_batch(router, room, guard)
    _add_list(router, room, guard)
    return router


def _add_batch(router: APIRouter, room: _Room, guard: Guard) -> None:
    @router.post(
        "/completions:batch",
        max_body_size=MOST_BYTES,
        response_model=BatchOut,
        openapi_extra={"requestBody": _BODY},
        responses=_ANSWERS,
    )
    def complete_batch(
        *,
        society_id: OrganisationId,
        actor: Annotated[Actor, Depends(guard.scope("records:issue"))],
        body: Annotated[bytes, Depends(_body)],
        idempotency_key: Annotated[str | None, Header(max_length=150)] = None,
        accept: Annotated[str, Header()] = "",
    ) -> Response:
        """Issue up to 1,000 records; what becomes of one item changes nothing for the others.

        An item's idempotency key is its own `idempotency_key`, or else the request's with the
        item's number. With `Accept: application/x-ndjson` the results come as they are made.
        """
        if not room.may(actor, "records:issue", society_id):
            raise Forbidden("A client issues for its own society, or with a society's grant.")
        items = _items(body, idempotency_key)
        results = _results(room, items, society_id=society_id, who=actor.who)
        if NDJSON in accept:
            lines = _lines(results, count=len(items))
            return StreamingResponse(lines, media_type=NDJSON, headers=_PRIVATE)
        told = list(results)
        counts = {verdict: sum(one.outcome is verdict for one in told) for verdict in Verdict}
        answer = BatchOut(counts=counts, results=told).model_dump_json(exclude_none=True)
        return Response(answer, media_type="application/json", headers=_PRIVATE)


def _add_list(router: APIRouter, room: _Room, guard: Guard) -> None:
    @router.get("/records")
    def list_records(
        *,
        society_id: OrganisationId,
        response: Response,
        actor: Annotated[Actor, Depends(guard.scope("records:read"))],
        wanted: Annotated[Filter, Depends(_filter)],
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> RecordPage:
        """A society's issued records, newest first, narrowed by what is asked for."""
        if not room.may(actor, "records:read", society_id):
            raise NotFound(f"There are no records of {society_id}.")
        with room.database.read() as session:
            page = service.list_records(
                session, society_id, wanted=wanted, cursor=cursor, limit=limit
            )
        response.headers.update(_PRIVATE)
        return RecordPage(
            records=[RecordOut.of(one, public_url=room.public_url) for one in page.items],
            next_cursor=page.next_cursor,
        )


def _results(
    room: _Room, items: Sequence[judge.Request | Invalid], *, society_id: str, who: str
) -> Iterator[ItemOut]:
    """What becomes of each item, a chunk at a time."""
    for start in range(0, len(items), CHUNK):
        chunk = items[start : start + CHUNK]
        outcomes = iter(
            complete_many(
                room.database,
                room.signer,
                [one for one in chunk if isinstance(one, judge.Request)],
                society_id=society_id,
                public_url=room.public_url,
                at=room.now(),
                who=who,
            )
        )
        for number, one in enumerate(chunk, start=start):
            refused = Outcome(Verdict.INVALID, error=one) if isinstance(one, Invalid) else None
            yield _told(number, refused or next(outcomes), public_url=room.public_url)


def _filter(
    *,
    status: Standing | None = None,
    holder: Annotated[str | None, Query(max_length=45)] = None,
    course_id: Annotated[str | None, Query(max_length=64)] = None,
    course_run: Annotated[str | None, Query(max_length=100)] = None,
    roster: Annotated[str | None, Query(max_length=36)] = None,
    issued_from: Annotated[date | None, Query(description="The first day, in UTC.")] = None,
    issued_until: Annotated[date | None, Query(description="The last day, in UTC.")] = None,
) -> Filter:
    return Filter(status, holder, course_id, course_run, roster, issued_from, issued_until)


def _items(body: bytes, key: str | None) -> Sequence[judge.Request | Invalid]:
    """Each item as a request, or what is wrong with it. Raises ``Invalid`` for the whole."""
    items: list[judge.Request | Invalid] = []
    try:
        for number, value in json_objects(lambda: iter([body])):
            if number > MOST_ITEMS:
                raise Invalid(f"Send up to {MOST_ITEMS} completions at once.")
            items.append(_item(number - 1, value, key))
    except Unreadable as error:
        raise Invalid(error.detail) from error
    if not items:
        raise Invalid("Send a JSON array of completions, or one on each line.")
    return items


def _item(index: int, value: Any, key: str | None) -> judge.Request | Invalid:
    try:
        item = BatchItemIn.model_validate(value)
    except ValidationError as error:
        fields = [
            FieldProblem("/" + "/".join(map(str, one["loc"])), one["type"], one["msg"])
            for one in error.errors(include_url=False, include_input=False)
        ]
        return Invalid("The completion does not fit its description.", fields=fields)
    own = item.idempotency_key or (f"{key}/{index}" if key else None)
    if own is None or len(own) > 200 or not (own.isascii() and own.isprintable()):
        mend = "Send an Idempotency-Key, or give the item one of up to 200 ASCII characters."
        return Invalid(
            "The item needs an idempotency key.",
            fields=[FieldProblem("/idempotency_key", "idempotency-key", mend)],
        )
    return judge.Request(item.completion(), own)


def _told(index: int, outcome: Outcome, *, public_url: str) -> ItemOut:
    record, error = outcome.record, outcome.error
    return ItemOut(
        index=index,
        outcome=outcome.verdict,
        record=None if record is None else RecordOut.of(record, public_url=public_url),
        error=None if error is None else _error(error),
    )


def _error(error: DomainError) -> ItemError:
    fields = [asdict(field) for field in error.fields]
    return ItemError(code=error.code, detail=error.detail, errors=fields)


def _lines(results: Iterator[ItemOut], *, count: int) -> Iterator[bytes]:
    """One result on each line; after an error of the node the rest is told to have failed."""
    told = 0
    try:
        for one in results:
            yield one.model_dump_json(exclude_none=True).encode() + b"\n"
            told += 1
    except DomainError as error:
        why = _error(error)
        for index in range(told, count):
            failed = ItemOut(index=index, outcome=Verdict.FAILED, error=why)
            yield json.dumps(failed.model_dump(mode="json", exclude_none=True)).encode() + b"\n"
