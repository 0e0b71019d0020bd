"""``GET /api/v1/search``: the search of the page, for programs.

What hits would count for is reckoned by whoever is handed in (``counting``), in its own words.
"""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi import Query as Parameter
from starlette.datastructures import URL

from app.identity.access import Guard
from app.search.api.schemas import FacetOut, HitOut, Links, OrderedOut, SearchAsked, SearchOut
from app.search.counting import Asked, Found, Reckoner, find, split
from app.search.index import MAX_DEPTH, SearchIndex
from app.search.query import parse


def build_router(
    *, index: SearchIndex, guard: Guard, reckoner: Reckoner | None = None
) -> APIRouter:
    """The search route over ``index``; ``reckoner`` says what hits would count for."""
    router = APIRouter(prefix="/api/v1", tags=["search"])

    @router.get("/search", dependencies=[Depends(guard.public)])
    def search(
        request: Request,
        asked: Annotated[SearchAsked, Parameter()],
        accept_language: Annotated[str, Header()] = "en",
    ) -> SearchOut:
        """Find courses; texts in the first language of ``Accept-Language`` where there are any."""
        given = {
            name: [str(item) for item in value] if isinstance(value, list) else str(value)
            for name, value in asked.model_dump(by_alias=True).items()
        }
        rest, wanted = split(given)
        query = parse(rest, locale=_locale(accept_language))
        return _answer(find(index, query, wanted, reckoner), wanted, request.url)

    return router


def _locale(accept_language: str) -> str:
    found = re.match(r"\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)", accept_language)
    return found[1] if found else "en"


def _answer(found: Found, asked: Asked, url: URL) -> SearchOut:
    results = found.results

    def link(page: int) -> str:
        there = url.include_query_params(page=page)
        return f"{there.path}?{there.query}"

    total = results.total if found.ordered is None else found.ordered
    last = min(-(-total // results.per_page), MAX_DEPTH // results.per_page)
    page = results.page
    return SearchOut(
        hits=[
            HitOut.of(hit, found.counts.get(hit.id, ()) if asked.registries else None)
            for hit in results.hits
        ],
        total=results.total,
        page=page,
        per_page=results.per_page,
        facets={
            name: [FacetOut(value=each.value, count=each.count) for each in counts]
            for name, counts in results.facets.items()
        },
        links=Links(
            self=link(page),
            previous=link(page - 1) if 1 < page <= last + 1 else None,
            next=link(page + 1) if page < last else None,
        ),
        ordered=_ordered(found),
    )


def _ordered(found: Found) -> OrderedOut | None:
    if found.ordered is None:
        return None
    by = (one.registry for counts in found.counts.values() for one in counts
          if one.authority == "adopted")  # fmt: skip
    return OrderedOut(by=list(dict.fromkeys(by)), hits=found.ordered)
