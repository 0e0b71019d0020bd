"""Publishing up to 10,000 courses in one request, with a result for each, as it is made.

The body is taken in whole before the first answer, on disk when it is large: who does not read
while he sends must not be kept waiting for himself. The work is done in threads of its own, few of
them, chunk by chunk, so that other requests find one free.
"""

import hashlib
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Annotated, BinaryIO, TypeVar, cast

from anyio import CancelScope, CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.identity.access import OrganisationId
from app.identity.model import Actor
from app.platform import idempotency
from app.platform.idempotency import Claim, KeyHeader
from app.platform.ids import new_id
from app.publishing import items, wire
from app.publishing.answers import BatchOut, ResultOut
from app.publishing.batch import Batch
from app.publishing.model import Outcome, Place
from app.publishing.room import JSON, Room, refuse_other_kinds, whole_schema

T = TypeVar("T")

NDJSON = "application/x-ndjson"
MOST_BYTES = 64 * 1024 * 1024
_IN_MEMORY = 1024 * 1024
_AT_ONCE = 2
_PRIVATE = {"Cache-Control": "private, no-store"}
_line: RunVar[CapacityLimiter] = RunVar("opencpd_publishing")


async def in_line(work: Callable[[], T]) -> T:
    """Do ``work`` in a thread, as soon as fewer than two others are at such work.

    They would wait for each other in the database anyway, each with a connection in its hands.
    """
    places = _line.get(None)
    if places is None:
        places = CapacityLimiter(_AT_ONCE)
        _line.set(places)
    return await to_thread.run_sync(work, limiter=places)


@dataclass(frozen=True, slots=True)
class Upload:
    """A body that was taken in whole."""

    file: BinaryIO
    spare: BinaryIO
    """As large as it needs to be, and gone with the other one."""
    sha256: str
    array: bool


async def _taken_in(request: Request) -> AsyncIterator[Upload]:
    refuse_other_kinds(request, (JSON, NDJSON))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    digest = hashlib.sha256()
    with (
        tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spooled,
        tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spare,
    ):
        async for piece in request.stream():
            spooled.write(piece)
            digest.update(piece)
        spooled.seek(0)
        files = cast(BinaryIO, spooled), cast(BinaryIO, spare)
        yield Upload(*files, digest.hexdigest(), array=kind == JSON)


_ITEM = {
    "type": "object",
    "description": "`course` or `delete`; `course` is as in PUT.",
    **{
        name: value
        for name, value in whole_schema(items.BatchItemIn).items()
        if name in {"properties", "required", "additionalProperties"}
    },
}
_EXAMPLE = [
    {"remote_id": "C-101", "course": dict(wire.EXAMPLE)},
    {"remote_id": "C-102", "delete": True},
]
_BODY = {
    "required": True,
    "content": {
        JSON: {
            "schema": {"type": "array", "maxItems": items.MOST_ITEMS, "items": _ITEM},
            "example": _EXAMPLE,
        },
        NDJSON: {"schema": {"type": "string", "description": "One such item on each line."}},
    },
}


def add_batch(router: APIRouter, room: Room) -> None:
    """The one route here."""

    @router.post(
        "/courses:batch",
        max_body_size=MOST_BYTES,
        response_model=BatchOut,
        openapi_extra={"requestBody": _BODY},
        responses={
            200: {"content": {NDJSON: {"schema": {"type": "string"}}}},
            415: {"description": "The body is of another kind, or compressed."},
        },
    )
    async def publish_batch(
        *,
        society_id: OrganisationId,
        actor: Annotated[Actor, Depends(room.guard.scope("catalogue:write", sandbox=True))],
        upload: Annotated[Upload, Depends(_taken_in)],
        idempotency_key: KeyHeader = None,
        accept: Annotated[str, Header()] = "",
        validate: Annotated[
            bool, Query(description="Store nothing; tell what would become of each item.")
        ] = False,
    ) -> Response:
        """Publish or withdraw up to 10,000 courses, each of up to 256 KiB.

        What becomes of one item changes nothing for the others. Of two items with one id the first
        one counts. With `Accept: application/x-ndjson` the results come as they are made. An item
        that `failed` met a fault of the node; send the batch again, what was done is `unchanged`.
        """
        desk = _Desk(room, actor, society_id, upload, idempotency_key, validate=validate)
        begun = await in_line(desk.begin)
        if isinstance(begun, Response):
            return begun
        if NDJSON in accept:
            return StreamingResponse(_lines(desk, begun), media_type=NDJSON, headers=_PRIVATE)
        async with aclosing(_lines(desk, begun, ndjson=False)) as pieces:
            body = b"".join([piece async for piece in pieces])
        return Response(body, media_type=JSON, headers=_PRIVATE)


@dataclass(frozen=True, slots=True)
class _Desk:
    """One request for a batch, from its claim to its end."""

    room: Room
    actor: Actor
    society_id: str
    upload: Upload
    key: str | None
    validate: bool

    def begin(self) -> Batch | Response:
        """The work, or the answer that this key got before. Raises what is wrong with the whole."""
        with self.room.database.read() as session:
            place = self.room.place(session, self.actor, self.society_id, "catalogue:write")
        found = items.split(self.upload.file, array=self.upload.array, spare=self.upload.spare)
        claimed = self._claimed(place)
        if isinstance(claimed, Response):
            return claimed
        return Batch(
            database=self.room.database,
            place=place,
            who=self.actor.who,
            now=self.room.now,
            quota=self.room.quota,
            items=found,
            batch_id=new_id(),
            validate=self.validate,
            claim=claimed,
        )

    def _claimed(self, place: Place) -> Claim | Response | None:
        if self.key is None or self.validate:
            return None
        request = idempotency.fingerprint(
            "courses:batch", place.society_id, str(place.sandbox), self.upload.sha256
        )
        return idempotency.claim(
            self.room.database, self.key, who=self.actor.who, request=request, at=self.room.now()
        )

    def end(self, batch: Batch, answer: bytes, media_type: str) -> None:
        """Keep the answer for who asks again; or free the key, when the node has failed."""
        if batch.claim is None:
            return
        if batch.failure is not None:
            idempotency.free(self.room.database, batch.claim)
            return
        response = Response(answer, media_type=media_type, headers=_PRIVATE)
        with self.room.database.write() as session:
            idempotency.keep(session, batch.claim, response, at=self.room.now())

    def give_up(self, batch: Batch) -> None:
        """Free the key: nobody listens any more, and what was done may be done again."""
        if batch.claim is not None:
            idempotency.free(self.room.database, batch.claim)


async def _lines(desk: _Desk, batch: Batch, *, ndjson: bool = True) -> AsyncGenerator[bytes, None]:
    """The answer in pieces, one for each chunk."""
    told: list[bytes] = []
    ended = False
    try:
        for start in batch.chunks():
            results = await in_line(partial(batch.work, start))
            told.append(_written(results) if ndjson else _listed(results, first=start == 0))
            if ndjson:
                yield told[-1]
        if not ndjson:
            told = [_head(batch), *told, b"]}"]
        media_type = NDJSON if ndjson else JSON
        await in_line(partial(desk.end, batch, b"".join(told), media_type))
        ended = True
        if not ndjson:
            yield b"".join(told)
    finally:
        if not ended:
            with CancelScope(shield=True):
                await in_line(partial(desk.give_up, batch))


def _written(results: list[ResultOut]) -> bytes:
    return b"".join(one.model_dump_json(exclude_none=True).encode() + b"\n" for one in results)


def _listed(results: list[ResultOut], *, first: bool) -> bytes:
    told = ",".join(one.model_dump_json(exclude_none=True) for one in results).encode()
    return told if first else b"," + told


def _head(batch: Batch) -> bytes:
    """The beginning of a ``BatchOut``, up to its results."""
    counts = {outcome: batch.counts[outcome] for outcome in Outcome}
    head = BatchOut(counts=counts, results=[], sandbox=batch.place.sandbox)
    return head.model_dump_json(exclude={"results"})[:-1].encode() + b',"results":['
