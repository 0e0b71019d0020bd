"""The queue of courses that may be one: what waits, side by side, and what was decided."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.catalogue import service as catalogue
from app.catalogue.reviewing import pairs, store
from app.catalogue.reviewing import service as reviewing
from app.catalogue.reviewing.model import Kind, Record, Suggestion
from app.harvest import service as harvest
from app.identity import rules as access
from app.identity.model import Actor
from app.platform.paging import encode_cursor
from app.platform.problems import DomainError, NotFound
from app.web.reviewing import comparing
from app.web.reviewing.desk import Desk, desks
from app.web.room import MAX_FORM_BYTES, Room
from app.web.wording import Text, accepted_languages, best

ON_A_PAGE = 30
WRITE = "catalogue:write"
_DONE = {"merged", "linked", "never", "lifted"}
_Id = Annotated[str, Path(max_length=36)]
_Text = Annotated[str, Query(max_length=200)]
_Note = Annotated[str, Form(max_length=2000)]
_Field = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pair as a list shows it."""

    suggestion: Suggestion
    left: Text | None
    right: Text | None
    societies: Sequence[str]
    pushed: bool


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    for desk in desks(room):
        _add_lists(router, desk)
        _add_pair(router, desk)
    return router


def _add_lists(router: APIRouter, desk: Desk) -> None:
    place = desk.prefix + "/matches"

    @router.api_route(place, methods=["GET", "HEAD"])
    def list_matches(
        request: Request,
        actor: Annotated[Actor, Depends(desk.reader)],
        kind: _Text = "",
        cursor: _Text = "",
        done: _Text = "",
    ) -> Response:
        wanted = Kind(kind) if kind in {str(each) for each in Kind} else None
        with desk.room.database.read() as session:
            after, trouble = _after(cursor)
            found = pairs.queue(
                session,
                kind=wanted,
                society_id=desk.within(actor),
                after=after,
                limit=ON_A_PAGE + 1,
            )
            shown = found[:ON_A_PAGE]
            values = {
                **desk.frame(session, actor, "matches"),
                "waiting": _waiting(session, shown, request),
                "kind": str(wanted or ""),
                "done": done if done in _DONE else "",
                "trouble": trouble,
                "next": _cursor(shown[-1]) if len(found) > ON_A_PAGE else "",
            }
        return desk.page(request, "matches.html", values, status=422 if trouble else 200)

    @router.api_route(place + "/decisions", methods=["GET", "HEAD"])
    def list_decisions(
        request: Request,
        actor: Annotated[Actor, Depends(desk.reader)],
        before: Annotated[str | None, Query(max_length=36)] = None,
        done: _Text = "",
    ) -> Response:
        return _decisions(request, desk, actor, before=before, done=done)

    @router.post(place + "/decisions/{decision_id}/lift", max_body_size=MAX_FORM_BYTES)
    def lift_decision(
        request: Request, decision_id: _Id, actor: Annotated[Actor, Depends(desk.writer)]
    ) -> Response:
        try:
            with desk.room.database.write() as session:
                reviewing.lift(session, decision_id, desk.word(actor))
        except NotFound:
            raise
        except DomainError as trouble:
            return _decisions(request, desk, actor, trouble=trouble)
        return RedirectResponse(f"{desk.base(actor)}/matches/decisions?done=lifted", 303)


def _add_pair(router: APIRouter, desk: Desk) -> None:
    place = desk.prefix + "/matches/{suggestion_id}"

    @router.api_route(place, methods=["GET", "HEAD"])
    def show_match(
        request: Request, suggestion_id: _Id, actor: Annotated[Actor, Depends(desk.reader)]
    ) -> Response:
        return _pair(request, desk, actor, suggestion_id)

    @router.post(place + "/accept", max_body_size=MAX_FORM_BYTES)
    def accept_match(
        *,
        request: Request,
        suggestion_id: _Id,
        actor: Annotated[Actor, Depends(desk.writer)],
        keep: _Field = "",
        original: _Field = "",
        note: _Note = "",
    ) -> Response:
        try:
            with desk.room.database.write() as session:
                found = reviewing.get_suggestion(session, suggestion_id)
                reviewing.accept(
                    session, reviewing.found_of(found), desk.word(actor, note),
                    keep=keep or None, original=original or None,
                )  # fmt: skip
        except NotFound:
            raise
        except DomainError as trouble:
            return _pair(request, desk, actor, suggestion_id, trouble=trouble)
        done = "merged" if found.kind is Kind.SAME else "linked"
        return RedirectResponse(f"{desk.base(actor)}/matches?done={done}", 303)

    @router.post(place + "/never", max_body_size=MAX_FORM_BYTES)
    def refuse_match(
        request: Request,
        suggestion_id: _Id,
        actor: Annotated[Actor, Depends(desk.writer)],
        note: _Note = "",
    ) -> Response:
        try:
            with desk.room.database.write() as session:
                found = reviewing.get_suggestion(session, suggestion_id)
                reviewing.never(session, reviewing.found_of(found), desk.word(actor, note))
        except NotFound:
            raise
        except DomainError as trouble:
            return _pair(request, desk, actor, suggestion_id, trouble=trouble)
        return RedirectResponse(f"{desk.base(actor)}/matches?done=never", 303)


def _pair(
    request: Request, desk: Desk, actor: Actor, suggestion_id: str, *,
    trouble: DomainError | None = None,
) -> Response:  # fmt: skip
    with desk.room.database.read() as session:
        found = reviewing.get_suggestion(session, suggestion_id)
        pair = reviewing.get_pair(
            session, found.record_a, found.record_b, within=desk.within(actor)
        )
        sides = [
            _side(session, record, records, request)
            for record, records in ((pair.left, pair.lefts), (pair.right, pair.rights))
        ]
        values = {
            **desk.frame(session, actor, "matches"),
            "found": found,
            "sides": sides,
            "lines": comparing.lines(pair.left, pair.right),
            "older": min(sides, key=lambda one: one["first_seen"])["course_id"],
            "trouble": trouble,
            "may_write": desk.within(actor) is None
            or access.may(actor, WRITE, actor.organisation_id),
        }
    return desk.page(request, "match.html", values, status=trouble.status if trouble else 200)


def _side(
    session: Session, record: Record, records: Sequence[str], request: Request
) -> dict[str, Any]:
    course = catalogue.get_course(session, record.course_id)
    society = catalogue.get_society(session, record.society_id)
    wanted = accepted_languages(request.headers.get("accept-language"))
    return {
        "record": record,
        "course_id": course.id,
        "title": best(record.data.title, wanted),
        "society": best(society.names, wanted) or Text(society.id, ""),
        "records": len(records),
        "first_seen": course.created_at,
        "raw": comparing.raw(harvest.get_raw(session, record.source_id, record.remote_id)),
    }


def _decisions(
    request: Request, desk: Desk, actor: Actor, *, before: str | None = None, done: str = "",
    trouble: DomainError | None = None,
) -> Response:  # fmt: skip
    with desk.room.database.read() as session:
        found = store.decisions(
            session, before=before, limit=ON_A_PAGE + 1, society_id=desk.within(actor)
        )
        shown = found[:ON_A_PAGE]
        records = _records(session, [(one.record_a, one.record_b) for one in shown])
        wanted = accepted_languages(request.headers.get("accept-language"))
        values = {
            **desk.frame(session, actor, "matches"),
            "decisions": shown,
            "records": records,
            "titles": {key: best(one.data.title, wanted) for key, one in records.items()},
            "next": shown[-1].id if len(found) > ON_A_PAGE else "",
            "done": done if done in _DONE else "",
            "trouble": trouble,
            "may_write": desk.within(actor) is None
            or access.may(actor, WRITE, actor.organisation_id),
        }
    status = trouble.status if trouble else 200
    return desk.page(request, "match_decisions.html", values, status=status)


def _waiting(session: Session, found: Sequence[Suggestion], request: Request) -> list[Waiting]:
    records = _records(session, [(one.record_a, one.record_b) for one in found])
    wanted = accepted_languages(request.headers.get("accept-language"))
    names = {one.id: best(one.names, wanted) for one in catalogue.list_societies(session)}
    shown = []
    for one in found:
        left, right = records[one.record_a], records[one.record_b]
        societies = dict.fromkeys((left.society_id, right.society_id))
        said = [(name.text if (name := names.get(each)) else each) for each in societies]
        titles = [best(each.data.title, wanted) for each in (left, right)]
        shown.append(Waiting(one, titles[0], titles[1], said, left.pushed or right.pushed))
    return shown


def _records(session: Session, listed: Collection[tuple[str, str]]) -> dict[str, Record]:
    return store.records(session, {each for pair in listed for each in pair})


def _cursor(last: Suggestion) -> str:
    return encode_cursor(f"{last.score}.{last.id}")


def _after(cursor: str) -> tuple[tuple[int, str] | None, DomainError | None]:
    """Where the page before ended; a cursor that somebody made up is told of and left out."""
    if not cursor:
        return None, None
    try:
        return reviewing.place_of(cursor), None
    except DomainError as error:
        return None, error
