"""The search page: one box, facets, results. The address says everything, so it can be shared.

Asks the index and puts its answer in the shape of the page; finds nothing itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from app.catalogue import Society, service
from app.identity.access import Guard
from app.platform.db import Database
from app.search import FACETS, Query, Results, SearchIndex, SearchUnavailable, Sort
from app.search.index import MAX_DEPTH
from app.search.query import MAX_TEXT, OTHERS, parse
from app.web import labels
from app.web.rendering import Site
from app.web.wording import Text, accepted_languages, best

DETAILED_FIELD = 4
"""Fields are counted at every level of ISCED-F; the page lists the detailed ones."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet. ``name`` is set where it is not looked up by its code."""

    facet: str
    value: str
    count: int
    chosen: bool
    name: Text | None
    without: str
    """The address of the same search without this choice."""


@dataclass(frozen=True, slots=True)
class Group:
    """One facet with what can be chosen in it."""

    facet: str
    choices: tuple[Choice, ...]


def given(params: QueryParams) -> dict[str, list[str]]:
    """The parameters that are ours; links that people pass on pick up others on their way."""
    return {name: params.getlist(name) for name in (*OTHERS, *FACETS) if name in params}


def address(
    query: Query, *, filters: Mapping[str, tuple[str, ...]] | None = None, page: int = 1
) -> str:
    """The address of this search with other filters or another page; defaults are left out."""
    chosen = query.filters if filters is None else filters
    pairs = [("q", query.text)] if query.text else []
    pairs += [(name, value) for name in FACETS for value in chosen.get(name, ())]
    if query.sort is not Sort.RELEVANCE:
        pairs.append(("sort", str(query.sort)))
    if query.per_page != Query().per_page:
        pairs.append(("per_page", str(query.per_page)))
    if page > 1:
        pairs.append(("page", str(page)))
    return f"/?{urlencode(pairs)}" if pairs else "/"


def _without(query: Query, facet: str, value: str) -> str:
    kept = tuple(each for each in query.filters.get(facet, ()) if each != value)
    return address(query, filters={**query.filters, facet: kept})


def groups(query: Query, results: Results, *, names: Mapping[str, Text]) -> list[Group]:
    """The facets worth showing: those that offer a choice, and those in use."""
    shown = []
    for facet in labels.FACETS:
        chosen = query.filters.get(facet, ())
        counts = {
            each.value: each.count
            for each in results.facets.get(facet, ())
            if facet != "field" or len(each.value) == DETAILED_FIELD or each.value in chosen
        }
        values = [*counts, *(value for value in chosen if value not in counts)]
        if len(values) > 1 or chosen:
            made = (
                Choice(
                    facet, value, counts.get(value, 0), value in chosen,
                    names.get(value) if facet == "society" else None,
                    _without(query, facet, value),
                )
                for value in values
            )  # fmt: skip
            shown.append(Group(facet, tuple(made)))
    return shown


def pager(query: Query, total: int) -> list[tuple[int, str]]:
    """The pages to offer: the first, those around this one, the last; 0 stands for a gap."""
    last = min(-(-total // query.per_page), MAX_DEPTH // query.per_page)
    near = {1, last, *range(query.page - 1, query.page + 2)}
    pages: list[tuple[int, str]] = []
    for number in sorted(each for each in near if 1 <= each <= last):
        if pages and number > pages[-1][0] + 1:
            pages.append((0, ""))
        pages.append((number, address(query, page=number)))
    return pages if last > 1 else []


def names_of(societies: Iterable[Society], wanted: Sequence[str]) -> dict[str, Text]:
    """The name of each society in the reader's language."""
    return {each.id: name for each in societies if (name := best(each.names, wanted))}


def build_router(*, database: Database, index: SearchIndex, guard: Guard, site: Site) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(guard.public)])

    @router.api_route("/", methods=["GET", "HEAD"])
    def search(request: Request) -> Response:
        wanted = accepted_languages(request.headers.get("accept-language"))
        query = parse(given(request.query_params), locale=(*wanted, "en")[0])
        shown = {"query": query, "wanted": wanted, "address": address, "max_text": MAX_TEXT}
        try:
            results = index.search(query)
        except SearchUnavailable:
            return site.render(
                request,
                "search.html",
                status=503,
                headers={"Retry-After": "10"},
                values=shown | {"results": None, "fresh": False},
            )
        with database.read() as session:
            names = names_of(service.list_societies(session), wanted)
        shown |= {
            "results": results,
            "fresh": not query.text and not query.filters and query.page == 1,
            "groups": groups(query, results, names=names),
            "pager": pager(query, results.total),
        }
        return site.render(request, "search.html", values=shown)

    return router
