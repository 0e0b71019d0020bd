"""The search page: one box, facets, results. The address says everything, so it can be shared.

Asks the index and puts its answer in the shape of the page; finds nothing itself. What hits would
count for is shown for the registries that the address names, else for those in which the reader,
when signed in, is registered.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from app.catalogue import Society, service
from app.identity.access import Guard
from app.identity.people import registrations
from app.platform.db import Database
from app.recognition.offering import bodies
from app.recognition.offering.model import Body, Grade
from app.search import FACETS, Query, Results, SearchIndex, SearchUnavailable, Sort
from app.search.counting import COUNTS_FOR, MOST_REGISTRIES, WINDOW, Asked, Found, find, split
from app.search.index import MAX_DEPTH
from app.search.query import MAX_TEXT, OTHERS, parse
from app.web import labels
from app.web.counting.reckoning import Reckoning
from app.web.languages.choosing import wanted_languages
from app.web.rendering import Site
from app.web.room import PRIVATE
from app.web.searches.addresses import kept_addresses
from app.web.wording import Text, best

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
    known = (*OTHERS, *FACETS, COUNTS_FOR)
    return {name: params.getlist(name) for name in known if name in params}


_NOT_ASKED = Asked()


def address(
    query: Query,
    *,
    filters: Mapping[str, tuple[str, ...]] | None = None,
    page: int = 1,
    asked: Asked = _NOT_ASKED,
) -> str:
    """The address of this search with other filters or another page; defaults are left out."""
    chosen = query.filters if filters is None else filters
    pairs = [("q", query.text)] if query.text else []
    pairs += [(name, value) for name in FACETS for value in chosen.get(name, ())]
    pairs += [(COUNTS_FOR, registry) for registry in asked.registries]
    if asked.ordered:
        pairs.append(("sort", COUNTS_FOR))
    elif query.sort is not Sort.RELEVANCE:
        pairs.append(("sort", str(query.sort)))
    if query.per_page != Query().per_page:
        pairs.append(("per_page", str(query.per_page)))
    if page > 1:
        pairs.append(("page", str(page)))
    return f"/?{urlencode(pairs)}" if pairs else "/"


def _without(query: Query, facet: str, value: str, asked: Asked) -> str:
    kept = tuple(each for each in query.filters.get(facet, ()) if each != value)
    return address(query, filters={**query.filters, facet: kept}, asked=asked)


def groups(
    query: Query, results: Results, *, names: Mapping[str, Text], asked: Asked = _NOT_ASKED
) -> list[Group]:
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
                    _without(query, facet, value, asked),
                )
                for value in values
            )  # fmt: skip
            shown.append(Group(facet, tuple(made)))
    return shown


def pager(query: Query, total: int, *, asked: Asked = _NOT_ASKED) -> list[tuple[int, str]]:
    """The pages to offer: the first, those around this one, the last; 0 stands for a gap."""
    last = min(-(-total // query.per_page), MAX_DEPTH // query.per_page)
    near = {1, last, *range(query.page - 1, query.page + 2)}
    pages: list[tuple[int, str]] = []
    for number in sorted(each for each in near if 1 <= each <= last):
        if pages and number > pages[-1][0] + 1:
            pages.append((0, ""))
        pages.append((number, address(query, page=number, asked=asked)))
    return pages if last > 1 else []


def names_of(societies: Iterable[Society], wanted: Sequence[str]) -> dict[str, Text]:
    """The name of each society in the reader's language."""
    return {each.id: name for each in societies if (name := best(each.names, wanted))}


@dataclass(frozen=True, slots=True)
class Registries:
    """For whom hits are reckoned, and whom else one may ask about."""

    asked: Asked
    """As the address says; it is what links go on with."""
    shown: Asked
    """What is reckoned: the same, or the reader's own registries where the address names none."""
    own: bool
    adopted: tuple[Body, ...]
    examples: tuple[Body, ...]

    @property
    def chosen(self) -> tuple[Body, ...]:
        known = {one.id: one for one in (*self.examples, *self.adopted)}
        return tuple(known[name] for name in self.shown.registries if name in known)

    def without(self, query: Query, registry_id: str) -> str:
        """The address of the same search without one of them."""
        kept = tuple(name for name in self.asked.registries if name != registry_id)
        return address(query, asked=Asked(kept, ordered=self.asked.ordered and bool(kept)))

    @property
    def can_order(self) -> bool:
        """Whether there are adopted rules among them, which alone hits are ordered by."""
        return any(one.grade is Grade.ADOPTED for one in self.chosen)


def build_router(
    *, database: Database, index: SearchIndex, guard: Guard, site: Site, reckoner: Reckoning
) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(guard.public)])

    def registries(request: Request, asked: Asked) -> Registries:
        visitor = guard.visitor(request)
        with database.read() as session:
            adopted = tuple(bodies.registries(session))
            own: list[str] = []
            if visitor and not asked.registries:
                held = registrations.of_person(session, visitor.person_id)
                own = list(dict.fromkeys(one.registry_id for one in held))[:MOST_REGISTRIES]
        shown = Asked(tuple(own)) if own else asked
        return Registries(asked, shown, bool(own), adopted, tuple(bodies.examples()))

    @router.api_route("/", methods=["GET", "HEAD"])
    def search(request: Request) -> Response:
        wanted = wanted_languages(request)
        rest, asked = split(given(request.query_params))
        query = parse(rest, locale=(*wanted, "en")[0])
        shown = {"query": query, "wanted": wanted, "max_text": MAX_TEXT, "window": WINDOW}
        shown["address"] = partial(address, asked=asked)
        shown["kept"] = kept_addresses(rest, wanted)
        whom = registries(request, asked)
        try:
            found = find(index, query, whom.shown, reckoner)
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
        shown |= _answer(query, found, whom, names)
        headers = PRIVATE if request.cookies.get(guard.cookie) else {}
        return site.render(request, "search.html", values=shown, headers=headers)

    return router


def _answer(
    query: Query, found: Found, whom: Registries, names: Mapping[str, Text]
) -> dict[str, Any]:
    """What the page shows of an answer."""
    results = found.results
    total = results.total if found.ordered is None else found.ordered
    plain = not query.text and not query.filters and query.page == 1
    return {
        "results": results,
        "fresh": plain and not whom.asked.registries,
        "groups": groups(query, results, names=names, asked=whom.asked),
        "pager": pager(query, total, asked=whom.asked),
        "counts": found.counts,
        "ordered": found.ordered,
        "registries": whom,
    }
