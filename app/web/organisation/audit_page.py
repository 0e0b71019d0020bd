"""The history of an organisation, and of the whole node for who runs it: searched, given out.

People are named to those who see the history of an organisation where they are its members still;
everybody else is a number, as in the trail itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import OrganisationId
from app.identity.audit import reading
from app.identity.audit.naming import names_of
from app.identity.model import Actor
from app.platform.problems import DomainError
from app.web.organisation.tabs import shown
from app.web.room import PRIVATE, Room

SCOPE = "admin:audit"
ON_A_PAGE = 50

_Text = Annotated[str, Query(max_length=200)]
_Ending = Annotated[Literal["csv", "ndjson"], Path()]


@dataclass(frozen=True, slots=True)
class Asked:
    """The form as it was sent."""

    action: str = ""
    who: str = ""
    subject: str = ""
    first: str = ""
    last: str = ""

    def query(self, **more: str) -> str:
        """The form as a query, for links that keep it."""
        given = {
            "action": self.action, "who": self.who, "subject": self.subject, "first": self.first,
            "last": self.last, **more,
        }  # fmt: skip
        return urlencode({name: value for name, value in given.items() if value})

    def filter(self) -> tuple[reading.Filter, tuple[str, ...]]:
        """What is searched for, and which fields say nothing that can be searched for."""
        since, until = _day(self.first), _day(self.last, days=1)
        wrong = tuple(
            name
            for name, text, found in (("first", self.first, since), ("last", self.last, until))
            if text and found is None
        )
        return reading.Filter(self.action, self.who, self.subject, since, until), wrong


def _asked(
    action: _Text = "", who: _Text = "", subject: _Text = "", first: _Text = "", last: _Text = ""
) -> Asked:
    return Asked(action.strip(), who.strip(), subject.strip(), first.strip(), last.strip())


_Form = Annotated[Asked, Depends(_asked)]
_Cursor = Annotated[str, Query(max_length=100)]


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    member = Depends(room.guard.member(SCOPE))
    operator = Depends(room.guard.operator)
    whole = reading.EVERYTHING

    @router.api_route("/organisations/{organisation_id}/audit", methods=["GET", "HEAD"])
    def history(
        request: Request, actor: Annotated[Actor, member], asked: _Form, cursor: _Cursor = ""
    ) -> Response:
        with room.database.read() as session:
            values = _values(session, actor.organisation_id, asked, cursor)
            values |= shown(session, actor, "audit")
            values["address"] = f"/organisations/{actor.organisation_id}/audit"
        return _page(request, room, "organisation_audit.html", values)

    @router.get("/organisations/{organisation_id}/audit/export.{ending}")
    def history_file(
        organisation_id: OrganisationId,
        actor: Annotated[Actor, member],
        asked: _Form,
        ending: _Ending,
    ) -> Response:
        return _file(room, actor.organisation_id, asked, ending, name=organisation_id)

    @router.api_route("/node/audit", methods=["GET", "HEAD"], dependencies=[operator])
    def everything(request: Request, asked: _Form, cursor: _Cursor = "") -> Response:
        with room.database.read() as session:
            values = _values(session, whole, asked, cursor)
        return _page(request, room, "node_audit.html", values | {"address": "/node/audit"})

    @router.get("/node/audit/export.{ending}", dependencies=[operator])
    def everything_file(asked: _Form, ending: _Ending) -> Response:
        return _file(room, whole, asked, ending, name="node")

    return router


def _values(
    session: Session, organisation_id: str | None, asked: Asked, cursor: str
) -> dict[str, Any]:
    wanted, wrong = asked.filter()
    trouble = None
    try:
        found = reading.search(
            session, organisation_id, wanted, cursor=cursor or None, limit=ON_A_PAGE
        )
    except DomainError as error:  # a cursor that somebody made up
        trouble = error
        found = reading.search(session, organisation_id, wanted, limit=ON_A_PAGE)
    return {
        "asked": asked,
        "wrong": wrong,
        "trouble": trouble,
        "entries": found.items,
        "names": _names(session, organisation_id, found.items),
        "short": reading.short,
        "older": asked.query(cursor=found.next_cursor) if found.next_cursor else "",
        "newest": asked.query() if cursor else None,
        "query": asked.query(),
    }


def _names(
    session: Session, organisation_id: str | None, entries: Sequence[reading.Noted]
) -> Mapping[str, str]:
    """Who acted, by a name that people know, where there is one to be told."""
    if organisation_id is None:
        return {}
    return names_of(session, organisation_id, {entry.who for entry in entries})


def _page(request: Request, room: Room, template: str, values: Mapping[str, Any]) -> Response:
    status = 422 if values["wrong"] or values["trouble"] else 200
    return room.page(request, template, values, status=status)


def _file(
    room: Room, organisation_id: str | None, asked: Asked, ending: str, *, name: str
) -> Response:
    media_type, write = reading.FORMS[ending]
    wanted, _ = asked.filter()
    day = room.now().date().isoformat()
    return StreamingResponse(
        write(reading.sealed(room.database, organisation_id, wanted)),
        media_type=media_type,
        headers={
            **PRIVATE,
            "Content-Disposition": f'attachment; filename="audit-{name}-{day}.{ending}"',
        },
    )


def _day(text: str, *, days: int = 0) -> datetime | None:
    """Where a day begins in UTC, or so many days later."""
    try:
        return datetime.combine(date.fromisoformat(text), time(0), UTC) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
