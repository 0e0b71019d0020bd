"""The tab of a person's saved searches: keep one, open it, be told of it, give it up.

A search comes here as the address of the page has it. Who is not signed in is led to the door, and
from there back to the search that was to be kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Form, Path
from fastapi.responses import RedirectResponse
from starlette.requests import Request
from starlette.responses import Response

from app.catalogue import service as catalogue
from app.identity.model import Visitor
from app.platform.problems import DomainError, FieldProblem, Invalid
from app.search.parameters import Parameters, lasting, written
from app.search.saved import rules, service
from app.search.saved.model import Digest, NewSearch, SavedSearch
from app.web.account.tabs import TABS
from app.web.languages.choosing import choose, find, wanted_languages
from app.web.languages.messages import translations_of
from app.web.room import MAX_FORM_BYTES, Room
from app.web.searches.addresses import SAVED, feed_address
from app.web.searches.said import in_words
from app.web.wording import best

LONGEST_QUERY = 6000
"""How long a search may be, written as in an address."""
Field = Annotated[str, Form(max_length=1000)]
Written = Annotated[str, Form(max_length=LONGEST_QUERY)]
SearchId = Annotated[str, Path(max_length=64)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A saved search as the page shows it."""

    search: SavedSearch
    said: str
    address: str
    rss: str
    json: str


def build_router(room: Room) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    person = Depends(room.guard.person)
    _keeping(router, person, room)
    _changing(router, person, room)
    return router


def _keeping(router: APIRouter, person: Any, room: Room) -> None:
    @router.api_route(SAVED, methods=["GET", "HEAD"])
    def searches(request: Request, visitor: Annotated[Visitor, person]) -> Response:
        return _page(request, room, visitor)

    @router.api_route(f"{SAVED}/new", methods=["GET", "HEAD"])
    def new(request: Request, visitor: Annotated[Visitor, person]) -> Response:
        asked = {name: request.query_params.getlist(name) for name in request.query_params}
        kept = rules.parameters(asked)
        said = _Words(request, room).said(kept)
        given = {"name": said[: rules.LONGEST_NAME], "digest": Digest.NONE.value}
        return _form(request, room, kept, given)

    @router.post(SAVED, max_body_size=MAX_FORM_BYTES)
    def save(
        *,
        request: Request,
        visitor: Annotated[Visitor, person],
        name: Field = "",
        digest: Field = "",
        query: Written = "",
    ) -> Response:
        kept = rules.parameters(_read(query))
        made = NewSearch(name, kept, digest, choose(request).language.code)
        try:
            with room.database.write() as session:
                service.save(session, visitor.person_id, made, at=room.now())
        except DomainError as error:
            return _form(request, room, kept, {"name": name, "digest": digest}, trouble=error)
        return RedirectResponse(SAVED, 303)


def _changing(router: APIRouter, person: Any, room: Room) -> None:
    @router.post(SAVED + "/{search_id}", max_body_size=MAX_FORM_BYTES)
    def change(
        *,
        request: Request,
        search_id: SearchId,
        visitor: Annotated[Visitor, person],
        name: Field = "",
        digest: Field = "",
    ) -> Response:
        try:
            with room.database.write() as session:
                service.change(
                    session, visitor.person_id, search_id, name=name, digest=digest, at=room.now()
                )
        except Invalid as error:
            return _page(request, room, visitor, trouble=error)
        return RedirectResponse(SAVED, 303)

    @router.post(SAVED + "/{search_id}/remove", max_body_size=MAX_FORM_BYTES)
    def remove(search_id: SearchId, visitor: Annotated[Visitor, person]) -> Response:
        with room.database.write() as session:
            service.remove(session, visitor.person_id, search_id, at=room.now())
        return RedirectResponse(SAVED, 303)


def _read(query: str) -> Parameters:
    """The parameters that a form brought back. Raises ``Invalid``."""
    try:
        return parse_qs(query, max_num_fields=1000, errors="strict")
    except ValueError as error:
        mend = "Go back to the search and save it from there."
        raise Invalid(
            "The search cannot be understood.", fields=[FieldProblem("/query", "unreadable", mend)]
        ) from error


class _Words:
    """Searches in the words of who reads the page."""

    def __init__(self, request: Request, room: Room) -> None:
        self._language = choose(request).language
        self._label = room.site.environment_of(self._language).filters["label"]
        self._translations = translations_of(self._language)
        wanted = wanted_languages(request)
        with room.database.read() as session:
            societies = catalogue.list_societies(session)
        self._names = {one.id: name.text for one in societies if (name := best(one.names, wanted))}

    def said(self, kept: Parameters) -> str:
        """Of a search whose parameters may not be understood any more, too."""
        said = in_words(
            kept,
            label=self._label,
            names=self._names,
            translations=self._translations,
        )
        return said or self._translations.gettext("All courses")

    def shown(self, one: SavedSearch) -> Shown:
        query = written(one.parameters)
        language = (find(one.language) or self._language).code
        return Shown(
            one,
            self.said(one.parameters),
            f"/?{query}" if query else "/",
            feed_address(one.parameters, "rss", hl=language),
            feed_address(one.parameters, "json", hl=language),
        )


def _form(
    request: Request,
    room: Room,
    kept: Parameters,
    given: Mapping[str, str],
    *,
    trouble: DomainError | None = None,
) -> Response:
    """The page on which a search is given its name."""
    query = written(lasting(kept))
    if len(query) > LONGEST_QUERY:
        mend = f"Use fewer filters: a search of up to {LONGEST_QUERY} characters can be saved."
        raise Invalid("This search is too long to be saved.", fields=[
            FieldProblem("/query", "too-long", mend)
        ])  # fmt: skip
    values = _values(trouble) | {
        "query": query,
        "address": f"/?{query}" if query else "/",
        "said": _Words(request, room).said(kept),
        "given": given,
    }
    status = trouble.status if trouble else 200
    return room.page(request, "account_search_new.html", values, status=status)


def _page(
    request: Request, room: Room, visitor: Visitor, *, trouble: DomainError | None = None
) -> Response:
    words = _Words(request, room)
    with room.database.read() as session:
        held = service.of_person(session, visitor.person_id)
    values = _values(trouble) | {"searches": [words.shown(one) for one in held]}
    status = trouble.status if trouble else 200
    return room.page(request, "account_searches.html", values, status=status)


def _values(trouble: DomainError | None) -> dict[str, Any]:
    fields = trouble.fields if trouble else ()
    return {
        "account_tabs": TABS,
        "current": "searches",
        "digests": list(Digest),
        "longest_name": rules.LONGEST_NAME,
        "most": rules.MOST,
        "trouble": trouble,
        "wrong": {each.pointer.strip("/"): each.detail for each in fields},
    }
