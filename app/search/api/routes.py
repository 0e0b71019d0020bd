"""Search for programs: ``/search``, ``/suggest`` and ``/facets/{name}`` under ``/api/v1``.

What hits would count for is reckoned by whoever is handed in (``counting``), in its own words; what
values of facets are called, too (``naming``).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request
from fastapi import Query as Parameter
from pydantic import BaseModel
from starlette.datastructures import URL
from starlette.responses import Response

from app.identity.access import Guard
from app.platform.paging import decode_cursor, encode_cursor
from app.platform.problems import FieldProblem, Invalid, NotFound
from app.search import facet_values
from app.search.api.answering import answer, response
from app.search.api.schemas import (
    START,
    FacetAsked,
    FacetValuesOut,
    NamedOut,
    Narrowed,
    SearchAsked,
    SearchOut,
    SuggestionOut,
    SuggestOut,
)
from app.search.counting import COUNTS_FOR, Asked, Found, Reckoner, find, split
from app.search.helping import Help, help_with
from app.search.index import FACETS, Hit, Query, SearchIndex, Sort
from app.search.naming import Codes, Names
from app.search.query import parse
from app.search.searchable import walk
from app.search.suggesting import suggest

_OWN = ("cursor", "facets", "text", "limit")
"""Parameters of the routes that are none of the query's."""

Language = Annotated[str, Header(alias="accept-language")]


def build_router(
    *,
    index: SearchIndex,
    guard: Guard,
    reckoner: Reckoner | None = None,
    names: Callable[[], Names] = Codes,
) -> APIRouter:
    """The routes over ``index``; ``reckoner`` says what hits would count for.

    ``names`` gives whoever knows the names of one moment.
    """
    router = APIRouter(prefix="/api/v1", tags=["search"], dependencies=[Depends(guard.public)])

    @router.get("/search", response_model=SearchOut)
    def search(
        request: Request,
        asked: Annotated[SearchAsked, Parameter()],
        accept_language: Language = "en",
    ) -> Response:
        """Find courses; texts in the first language of ``Accept-Language`` where there are any."""
        rest, wanted = split(_given(asked))
        query = parse(rest, locale=_locale(accept_language))
        if asked.cursor:
            return response(_walked(index, query, asked, request.url))
        query = replace(query, facets=_facets(asked.facets))
        found = find(index, query, wanted, reckoner)
        help_ = help_with(index, query, found.results)
        return response(answer(found, wanted, request.url, query=query, help_=help_))

    @router.get("/suggest")
    def suggestions(
        asked: Annotated[Narrowed, Parameter()], accept_language: Language = "en"
    ) -> SuggestOut:
        """What somebody who has begun to type ``q`` may mean, within the filters."""
        query = parse(_given(asked), locale=_locale(accept_language))
        found = suggest(index, query, names())
        return SuggestOut(suggestions=[SuggestionOut.of(each) for each in found])

    @router.get("/facets/{name}")
    def facet(
        name: Annotated[str, Path(description=f"One of {', '.join(FACETS)}.")],
        asked: Annotated[FacetAsked, Parameter()],
        accept_language: Language = "en",
    ) -> FacetValuesOut:
        """Search among the values of one facet, with how many of the found courses have each."""
        if name not in FACETS:
            raise NotFound(f"There is no facet {name[:50]}; known: {', '.join(FACETS)}.")
        query = parse(_given(asked), locale=_locale(accept_language))
        found = facet_values.values(index, query, name, text=asked.text, names=names())
        shown = [
            NamedOut(value=one.value, name=one.name, count=one.count)
            for one in found[: asked.limit]
        ]
        return FacetValuesOut(facet=name, values=shown, total=len(found))

    return router


def _given(asked: BaseModel) -> dict[str, Any]:
    """The parameters as the query language takes them."""
    return {
        name: [str(item) for item in value] if isinstance(value, list) else str(value)
        for name, value in asked.model_dump(by_alias=True).items()
        if name not in _OWN
    }


def _locale(accept_language: str) -> str:
    found = re.match(r"\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)", accept_language)
    return found[1] if found else "en"


def _facets(asked: Sequence[str]) -> tuple[str, ...]:
    if asked == ["none"]:
        return ()
    if unknown := [name for name in asked if name not in FACETS]:
        mend = f"Use some of: {', '.join(FACETS)}; or none alone."
        problem = FieldProblem("facets", "not-a-choice", f"{unknown[0][:50]} is no facet. {mend}")
        raise Invalid("The search cannot be understood.", fields=[problem])
    return tuple(dict.fromkeys(asked)) or FACETS


def _walked(index: SearchIndex, query: Query, asked: SearchAsked, url: URL) -> dict[str, Any]:
    """One page of a reading to the end; two courses may share a place in the walk."""
    if query.page > 1 or query.sort is not Sort.RELEVANCE or asked.counts_for or asked.facets:
        mend = f"With a cursor, leave out page, sort, facets and {COUNTS_FOR}."
        problem = FieldProblem("cursor", "not-together", mend)
        raise Invalid("The search cannot be understood.", fields=[problem])
    place, last = (0, "") if asked.cursor == START else _place(asked.cursor)
    found = index.search(replace(query, walk=place, facets=(), per_page=query.per_page + 2))
    ahead = sorted(
        (walk(hit.id), hit.id, hit) for hit in found.hits if (walk(hit.id), hit.id) > (place, last)
    )
    hits = tuple(hit for _, _, hit in ahead[: query.per_page])
    more = len(ahead) > len(hits)
    page = replace(found, hits=hits, page=1, per_page=query.per_page)
    following = _following(hits, url) if more else None
    links = {"self": f"{url.path}?{url.query}", "previous": None, "next": following}
    return answer(Found(page, {}), Asked(), url, query=query, help_=Help()) | {"links": links}


def _place(cursor: str) -> tuple[int, str]:
    place, _, last = decode_cursor(cursor).partition(".")
    if re.fullmatch("[0-9]{1,16}", place, re.ASCII) and last:
        return int(place), last
    problem = FieldProblem("cursor", "cursor-invalid", f"Begin again with cursor={START}.")
    raise Invalid("The cursor is not one that this node gave out.", fields=[problem])


def _following(hits: Sequence[Hit], url: URL) -> str:
    cursor = encode_cursor(f"{walk(hits[-1].id)}.{hits[-1].id}")
    there = url.include_query_params(cursor=cursor)
    return f"{there.path}?{there.query}"
