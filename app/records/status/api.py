"""Status lists over HTTP: to everybody, in both forms, fresh at each question.

A list says nothing about anybody and is public. A cache may keep it and asks at each use whether it
still holds (``no-cache``, RFC 9111 section 5.2.2.4), which costs an empty 304 answer; so a
revocation is seen on the next fetch. A node that cannot sign serves the last list it signed.
"""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from app.identity.access import Guard, OrganisationId
from app.platform.db import Database
from app.records.status.model import Published, Purpose
from app.records.status.publication import published_list

JWT = "application/vc+jwt"
VC = "application/vc"
_NUMBER = Path(ge=1, le=1_000_000)


def build_router(*, database: Database, guard: Guard) -> APIRouter:
    """The three lists of each number."""
    router = APIRouter(tags=["trust"], dependencies=[Depends(guard.public)])

    def answer(request: Request, society_id: str, number: int, purpose: Purpose) -> Response:
        with database.read() as session:
            one = published_list(session, society_id=society_id, number=number, purpose=purpose)
        return serve(request, one)

    def revocations(
        society_id: OrganisationId, number: Annotated[int, _NUMBER], request: Request
    ) -> Response:
        """Which records of a society were revoked: JSON, or `vc+jwt` when that is asked for."""
        return answer(request, society_id, number, Purpose.REVOCATION)

    def suspensions(
        society_id: OrganisationId, number: Annotated[int, _NUMBER], request: Request
    ) -> Response:
        """Which records of a society do not hold for now."""
        return answer(request, society_id, number, Purpose.SUSPENSION)

    def refreshes(
        society_id: OrganisationId, number: Annotated[int, _NUMBER], request: Request
    ) -> Response:
        """Which records of a society were replaced by corrected ones."""
        return answer(request, society_id, number, Purpose.REFRESH)

    base = "/societies/{society_id}/status/{number}"
    for path, name, endpoint in (
        (base, "status_list", revocations),
        (f"{base}/suspension", "status_list_suspension", suspensions),
        (f"{base}/refresh", "status_list_refresh", refreshes),
    ):
        router.add_api_route(
            path,
            endpoint,
            methods=["GET"],
            name=name,
            response_class=Response,
            responses={304: {"description": "It is still the one you have."}},
        )
        router.add_api_route(
            path, endpoint, methods=["HEAD"], response_class=Response, include_in_schema=False
        )
    return router


def serve(request: Request, one: Published) -> Response:
    """A list in the form that was asked for, or that it is still the same."""
    wanted = request.headers.get("accept", "")
    as_token = JWT in wanted
    # Clients that do not know the newer type read JSON by its old name.
    media_type = JWT if as_token else VC if VC in wanted else "application/json"
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "no-cache",
        "ETag": f'"{one.digest}.{"jwt" if as_token else "json"}"',
        "Vary": "Accept",
    }
    if one.dated:
        headers["Last-Modified"] = format_datetime(_second(one.published_at), usegmt=True)
    if _is_known(request, headers["ETag"], one):
        return Response(status_code=304, headers=headers)
    return Response(one.jwt if as_token else one.json, media_type=media_type, headers=headers)


def _is_known(request: Request, etag: str, one: Published) -> bool:
    """Whether the client holds this very list (RFC 9110, section 13.2.2).

    By its time alone only when no other list was published in the same second.
    """
    tags = request.headers.get("if-none-match")
    if tags is not None:
        given = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return etag in given or "*" in given
    since = request.headers.get("if-modified-since")
    if since is None or not one.dated:
        return False
    try:
        known = parsedate_to_datetime(since)
    except ValueError:
        return False
    return known.tzinfo is not None and _second(one.published_at) <= known


def _second(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(microsecond=0)
