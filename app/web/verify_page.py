"""Anybody gives a record and reads whether it holds. Nothing given here is stored or logged.

The checks are those of ``app.verification``, against what this node knows of issuers and statuses;
the page only says them.
"""

from collections.abc import AsyncGenerator, Callable
from datetime import datetime

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import Guard
from app.platform import clock
from app.platform.db import Database
from app.platform.headers import WITH_CAMERA
from app.platform.problems import DomainError, Invalid
from app.platform.threads import run_costly
from app.proof.errors import ProofError
from app.verification import Bundle, Outcome, Report
from app.verification.forms import find_record
from app.verification.verify import verify
from app.web import labels
from app.web.rendering import Site

MAX_RECORD_BYTES = 512 * 1024
_MAX_BODY_BYTES = MAX_RECORD_BYTES + 16 * 1024
"""Room for the form around the record."""


class TooLarge(DomainError):
    """More than a record can be."""

    code = "too-large"
    status = 413

    def __init__(self) -> None:
        super().__init__(f"A record is at most {MAX_RECORD_BYTES // 1024} KiB; this is larger.")


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _MAX_BODY_BYTES:
            raise TooLarge
        yield chunk


async def given_record(request: Request) -> bytes:
    """The record in the form: the file if there is one, else the pasted text."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Invalid("Send the record with the form of this page (multipart/form-data).")
    parser = MultiPartParser(
        request.headers, _bounded(request), max_files=1, max_fields=4, max_part_size=_MAX_BODY_BYTES
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise Invalid("The form was cut short or is broken; send it again.") from error
    upload, text = form.get("file"), form.get("record")
    record = await upload.read() if isinstance(upload, UploadFile) else b""
    await form.close()
    if not record and isinstance(text, str):
        record = text.strip().encode(errors="replace")
    if not record:
        raise Invalid("Nothing was given. Choose a file, or paste the record.")
    if len(record) > MAX_RECORD_BYTES:
        raise TooLarge
    try:
        return find_record(record)
    except ProofError as error:
        raise Invalid(error.message) from error


def verdict(report: Report) -> Outcome:
    """One word for a whole report; what shows no facts is never said to hold."""
    nothing_to_show = report.outcome is Outcome.PASS and report.record is None
    return Outcome.UNKNOWN if nothing_to_show else report.outcome


def reason(report: Report) -> str | None:
    """What the headline gives as the reason: the first check that failed, or its error."""
    for check in report.checks:
        if check.outcome is Outcome.FAIL:
            error = check.evidence.get("error", "")
            return error if error in labels.REASON else check.code
    return None


def build_router(
    *,
    database: Database,
    guard: Guard,
    site: Site,
    bundle: Callable[[Session, datetime], Bundle],
    now: Callable[[], datetime] = clock.now,
) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(guard.public)])

    def form(request: Request, trouble: DomainError | None = None) -> Response:
        return site.render(
            request,
            "verify.html",
            status=trouble.status if trouble else 200,
            headers={"Permissions-Policy": WITH_CAMERA},
            values={"trouble": trouble, "limit": MAX_RECORD_BYTES},
        )

    def answer(request: Request, record: bytes) -> Response:
        at = now()
        with database.read() as session:
            known = bundle(session, at)
        report = verify(record, bundle=known, at=at)
        return site.render(
            request,
            "verdict.html",
            headers={"Cache-Control": "no-store"},
            values={
                "report": report,
                "verdict": verdict(report).value,
                "failed": reason(report),
            },
        )

    @router.api_route("/verify", methods=["GET", "HEAD"])
    def ask(request: Request) -> Response:
        return form(request)

    @router.post("/verify")
    async def check(request: Request) -> Response:
        try:
            record = await given_record(request)
        except DomainError as error:
            return form(request, error)
        return await run_costly(lambda: answer(request, record))

    return router
