"""Errors over HTTP as problem details (RFC 9457), with a stable ``code`` in each.

A domain defines its own exceptions beside the code that raises them, derived from ``DomainError``;
it knows nothing of HTTP. ``install`` turns every exception an endpoint may raise into a problem
document, so no route builds an error answer of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from starlette.exceptions import HTTPException

from app.platform.headers import SAFE
from app.platform.requests import loggable

logger = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field, and what mends it."""

    pointer: str
    """JSON pointer (RFC 6901) of the field in the body, or the parameter's name."""
    code: str
    detail: str


class DomainError(Exception):
    """The parent of every expected failure. ``code`` is stable and may be relied upon."""

    code = "error"
    status = 400
    """How the failure looks over HTTP; a number, so that a domain need not import a framework."""

    def __init__(
        self,
        detail: str,
        *,
        fields: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = tuple(fields)
        self.headers = dict(headers or {})
        """Headers the answer must carry, such as ``WWW-Authenticate``."""


class NotFound(DomainError):
    code = "not-found"
    status = 404


class Conflict(DomainError):
    code = "conflict"
    status = 409


class Invalid(DomainError):
    code = "invalid"
    status = 422


class Unavailable(DomainError):
    """Something this node depends on does not answer; trying again later may help."""

    code = "unavailable"
    status = 503


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    fields: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """One problem document as a response."""
    body: dict[str, Any] = {
        "type": f"urn:opencpd:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if fields:
        body["errors"] = [asdict(field) for field in fields]
    return JSONResponse(body, status, dict(headers or {}), media_type=MEDIA_TYPE)


def too_large() -> JSONResponse:
    """The answer to a body that is larger than is taken at that address."""
    return problem(413, "too-large", "The body is larger than what is taken here.")


_POINTS_NOWHERE = "23503"
_IN_THE_WAY = {"40P01", "40001", "55P03"}
"""PostgreSQL's deadlock, failure to serialise, and lock that was not to be had."""


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _pointer(location: Sequence[int | str]) -> str:
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in location[1:]]
    return "/" + "/".join(parts) if location[:1] == ("body",) else ".".join(parts)


def install(app: FastAPI, *, headers: Mapping[str, str] = SAFE) -> None:
    """Answer every exception of ``app`` with a problem document.

    ``headers`` are those of an unexpected failure, whose answer passes no middleware of ours.
    """
    safe = dict(headers)

    @app.exception_handler(DomainError)
    def _domain(request: Request, error: DomainError) -> JSONResponse:
        unavailable = error.status == HTTPStatus.SERVICE_UNAVAILABLE
        headers = {"Retry-After": "5"} | error.headers if unavailable else error.headers
        return problem(error.status, error.code, error.detail, fields=error.fields, headers=headers)

    @app.exception_handler(RequestValidationError)
    def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
        fields = [FieldProblem(_pointer(e["loc"]), e["type"], e["msg"]) for e in error.errors()]
        return problem(422, "invalid", "The request does not fit its description.", fields=fields)

    @app.exception_handler(DataError)
    def _unstorable(request: Request, error: DataError) -> JSONResponse:
        # Such as a NUL, which PostgreSQL keeps in no text. Logged, since it may be our own fault.
        logger.warning("the database refuses a value", path=loggable(request.url.path))
        return problem(422, "invalid", "The request has a value that no database takes.")

    @app.exception_handler(OperationalError)
    def _busy(request: Request, error: OperationalError) -> JSONResponse:
        # Two changes stood in each other's way, and the database chose this one to be the loser.
        # Logged, since changes that take their locks in one order do not come to this.
        if _sqlstate(error) not in _IN_THE_WAY:
            return _unexpected(request, error)
        logger.warning("two changes were in each other's way", path=loggable(request.url.path))
        detail = "Something else was changed at the same moment; try again."
        return problem(503, "busy", detail, headers={"Retry-After": "1"})

    @app.exception_handler(IntegrityError)
    def _gone(request: Request, error: IntegrityError) -> JSONResponse:
        # What a new row points to went at this very moment, such as the account it belongs to.
        if _sqlstate(error) != _POINTS_NOWHERE and "FOREIGN KEY" not in str(error.orig):
            return _unexpected(request, error)
        logger.warning("a row would point nowhere", path=loggable(request.url.path), exc_info=error)
        return problem(409, "conflict", "What this belongs to is not there any more.")

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return too_large()  # its phrase, and so its code, is another in each Python
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        return problem(error.status_code, code, str(error.detail), headers=error.headers)

    @app.exception_handler(Exception)
    def _unexpected(request: Request, error: Exception) -> JSONResponse:
        # Called outside of our middleware, so what that would add is added here.
        known = getattr(request.state, "request_id", None)
        logger.error(
            "request failed", path=loggable(request.url.path), request_id=known, exc_info=error
        )
        headers = safe | ({"X-Request-ID": known} if known else {})
        return problem(
            500, "internal", "The node failed to answer; its log says why.", headers=headers
        )
