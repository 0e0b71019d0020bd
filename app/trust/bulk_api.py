"""Verify thousands of records in one request: a line in, a line out.

NDJSON. A line is a record as a JSON object, a token as a JSON string, or an object with ``record``
(either of those) and an ``id`` of the caller's own, which comes back. The answer has one line for
each, in their order, with the caller's ``id``, the line's number, the outcome, and the first check
in the way. A line that cannot be read is answered like any other and ends nothing.

The request is taken in whole before the first answer, on disk when it is large: a caller who does
not read while he sends must not be kept waiting for himself. Memory stays flat either way.
"""

import json
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, BinaryIO, cast

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from app.identity.access import Guard
from app.identity.model import Actor
from app.platform import clock
from app.proof.errors import ProofError
from app.proof.parse import Limits, load
from app.trust import receipts
from app.trust.model import Issuer
from app.trust.signer import Signer
from app.verification.bundle import Bundle
from app.verification.model import NotAccepted, Report
from app.verification.options import Options
from app.verification.verify import verify_many

NDJSON = "application/x-ndjson"
MOST_BYTES = 256 * 1024 * 1024
MOST_RECORDS = 10_000
_IN_MEMORY = 1024 * 1024
_LINE = Limits(size=256 * 1024, depth=40)
_BODY = {
    "required": True,
    "content": {
        NDJSON: {
            "schema": {
                "type": "string",
                "description": "On each line a record, or an object with `record` and `id`.",
            }
        }
    },
}


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the request, and what is known of its answer."""

    told: dict[str, Any]
    record: bytes | None
    """Nothing, when the line is not to be verified: then ``told`` says why."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every line of one request is verified with."""

    bundle: Bundle
    at: datetime
    options: Options
    receipt: Callable[[Report], str] | None

    def answers(self, lines: Iterable[tuple[int, bytes]]) -> Iterator[bytes]:
        """The lines of the answer, in their order. Some lines are read ahead of each."""
        waiting: deque[_Line] = deque()

        def records() -> Iterator[bytes]:
            for number, line in lines:
                waiting.append(held := _read(number, line))
                if held.record is not None:
                    yield held.record

        for report in verify_many(records(), bundle=self.bundle, at=self.at, options=self.options):
            while waiting[0].record is None:
                yield _written(waiting.popleft().told)
            told = waiting.popleft().told | _told(report)
            if self.receipt is not None:
                told["receipt"] = self.receipt(report)
            yield _written(told)
        yield from (_written(held.told) for held in waiting)


async def _taken_in(request: Request) -> AsyncIterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spooled:
        async for piece in request.stream():
            spooled.write(piece)
        spooled.seek(0)
        yield cast(BinaryIO, spooled)


def build_router(
    *,
    bundle: Callable[[datetime], Bundle],
    node: Callable[[], Issuer],
    signer: Signer,
    guard: Guard,
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    """One route, for clients with the scope ``verify:bulk``: it may keep a core busy for long."""
    router = APIRouter(prefix="/api/v1", tags=["trust"])

    @router.post(
        "/verifications",
        max_body_size=MOST_BYTES,
        openapi_extra={"requestBody": _BODY},
        response_class=StreamingResponse,
        responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}},
    )
    def verify_records(
        _actor: Annotated[Actor, Depends(guard.scope("verify:bulk"))],  # before the upload
        records: Annotated[BinaryIO, Depends(_taken_in)],
        *,
        receipt: Annotated[bool, Query(description="Sign a receipt for each record.")] = False,
    ) -> StreamingResponse:
        """Verify up to 10,000 records; every line is answered by a line."""
        at = now()
        known, options = bundle(at), Options()
        verifier = node() if receipt else None

        def signed(report: Report) -> str:
            return receipts.sign(
                report,
                node=cast(Issuer, verifier),
                signer=signer,
                bundle=known,
                made_at=at,
                options=options,
            )

        desk = _Desk(known, at, options, signed if verifier else None)
        return StreamingResponse(
            desk.answers(_lines(records)),
            media_type=NDJSON,
            headers={"Cache-Control": "private, no-store"},
        )

    return router


def _lines(records: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each line that is not empty with its number, and one more than are verified.

    Of a line never more is read than a record can be, and a byte, so that it is seen to be longer.
    """
    longest = _LINE.size + 2
    number = given = 0
    while given <= MOST_RECORDS and (line := records.readline(longest)):
        number += 1
        rest = line
        while not rest.endswith(b"\n") and (rest := records.readline(longest)):
            line = line[:longest]
        if line.strip():
            given += 1
            yield number, line if given <= MOST_RECORDS else b""


def _read(number: int, line: bytes) -> _Line:
    """One line of the request; one that is empty is one too many."""
    told: dict[str, Any] = {"line": number}
    if not line:
        said = f"A request verifies {MOST_RECORDS} records; send the rest in another."
        return _Line(told | {"error": "too-many-records", "detail": said}, None)
    try:
        given, record = _record_in(line)
    except ProofError as error:
        told |= {"verified": False, "outcome": "fail", "check": "record.readable"}
        return _Line(told | {"error": error.code, "detail": error.message}, None)
    return _Line(told | given, record)


def _record_in(line: bytes) -> tuple[dict[str, Any], bytes]:
    """The caller's id, if he gave one, and the record. Raises ``ProofError``."""
    stripped = line.strip()
    if stripped[:1] not in {b"{", b'"'}:
        return {}, stripped  # a bare token, or nothing readable: the first check says so
    value = load(stripped, limits=_LINE)
    if isinstance(value, str):
        return {}, value.encode()
    if not isinstance(value, dict) or "record" not in value:
        return {}, stripped
    if not value.keys() <= {"record", "id"}:
        odd = ", ".join(sorted(value.keys() - {"record", "id"}))
        raise ProofError("line-members", f"Beside `record` a line may have `id`, and not {odd}.")
    given = {"id": value["id"]} if "id" in value else {}
    record = value["record"]
    if isinstance(record, str):
        return given, record.encode()
    return given, json.dumps(record, ensure_ascii=False).encode()


def _told(report: Report) -> dict[str, Any]:
    try:
        record = report.accept()
    except NotAccepted as refused:
        return {
            "verified": False,
            "outcome": report.outcome.value,
            "check": refused.check.code,
            "error": refused.check.evidence.get("error"),
            "detail": refused.check.detail,
            "record": report.record.id if report.record else None,
        }
    return {
        "verified": True,
        "outcome": report.outcome.value,
        "record": record.id,
        "issuer": record.issuer_id,
        "holder": record.holder_id,
        "title": record.title,
    }


def _written(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"
