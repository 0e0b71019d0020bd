"""The search page: one box, facets, results. The address says everything, so it can be shared.

Asks the index and puts its answer in the shape of the page; finds nothing itself. What hits would
count for is shown for the registries that the address names, else for those in which the reader,
when signed in, is registered. What of an address cannot be understood is said beside its field,
with the answer to the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from app.catalogue import service
from app.identity.access import Guard
from app.identity.people import registrations
from app.platform.db import Database
from app.platform.headers import WITH_PLACE
from app.platform.problems import FieldProblem, Invalid
from app.recognition.offering import bodies
from app.recognition.offering.model import Body, Grade
from app.search import Query, SearchIndex, SearchUnavailable, Sort
from app.search.counting import MOST_REGISTRIES, WINDOW, Asked, Found, find
from app.search.helping import help_with
from app.search.index import MAX_DEPTH, MAX_NEAREST
from app.search.query import MAX_TEXT, USUAL_KM
from app.web.counting.reckoning import Reckoning
from app.web.finding.addresses import address, given, parameters, understood, unfolded
from app.web.finding.chips import limits, unlimited
from app.web.finding.facets import counted, groups, names_of
from app.web.finding.helping import offered
from app.web.languages.choosing import wanted_languages
from app.web.packing import packed
from app.web.rendering import Site
from app.web.room import PRIVATE
from app.web.searches.addresses import kept_addresses
from app.web.wording import Text

RADII = (5, 10, 25, 50, 100, 250, 500, 1000)
"""How many kilometres around a place the page offers."""
FIELDS = ("q", "from", "until", "credit_min", "credit_max", "near", "within")
"""The parameters that have a field to type in."""
MAX_SHOWN = 1_000
"""How many characters of what was typed are given back where it was too much."""
RETRY_AFTER = 10
"""After how many seconds to ask again when search does not answer."""
_NOT_ASKED = Asked()


def deepest(query: Query) -> int:
    """How many hits pages can show."""
    return MAX_NEAREST if query.sort is Sort.NEAREST else MAX_DEPTH


def pager(query: Query, total: int, *, asked: Asked = _NOT_ASKED) -> list[tuple[int, str]]:
    """The pages to offer: the first, those around this one, the last; 0 stands for a gap."""
    last = min(-(-total // query.per_page), deepest(query) // query.per_page)
    near = {1, last, *range(query.page - 1, query.page + 2)}
    pages: list[tuple[int, str]] = []
    for number in sorted(each for each in near if 1 <= each <= last):
        if pages and number > pages[-1][0] + 1:
            pages.append((0, ""))
        pages.append((number, address(query, page=number, asked=asked)))
    return pages if last > 1 else []


def sorts(query: Query) -> list[Sort]:
    """The orders to offer: some need a framework of credit, or a place."""
    offered = {
        Sort.CREDITS: len(query.filters.get("credit", ())) == 1,
        Sort.NEAREST: query.near is not None,
    }
    return [sort for sort in Sort if offered.get(sort, True)]


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
        params, unfold = given(request.query_params), unfolded(request.query_params)
        query, asked, wrong = understood(params, locale=(*wanted, "en")[0])
        shown = {"wanted": wanted, "max_text": MAX_TEXT, "window": WINDOW, "radii": RADII}
        shown["typed"] = {name: params.get(name, [""])[0][:MAX_SHOWN] for name in FIELDS}
        whom, status, headers = registries(request, asked), 200, {"Permissions-Policy": WITH_PLACE}
        try:
            try:
                found = find(index, counted(query, unfold=unfold), whom.shown, reckoner)
            except Invalid as error:  # of the registries asked about
                wrong += error.fields
                whom = registries(request, asked := Asked())
                found = find(index, counted(query, unfold=unfold), whom.shown, reckoner)
            helped = help_with(index, query, found.results)
        except SearchUnavailable:
            status, headers = 503, headers | {"Retry-After": str(RETRY_AFTER)}
            shown |= {"results": None, "fresh": False}
        else:
            status = 422 if wrong else 200
            with database.read() as session:
                names = names_of(service.list_societies(session), wanted)
            shown |= _answer(query, found, whom, names, unfold=unfold)
            shown["help"] = offered(query, helped, asked=asked)
        shown |= {"query": query, "address": partial(address, asked=asked), "unfold": unfold}
        said = parameters(query, asked=asked)
        shown |= {"parameters": said, "kept": kept_addresses(said, wanted)}
        shown |= {"wrong": wrong, "wrong_of": _by_field(wrong)}
        private = guard.cookie in request.cookies
        headers |= PRIVATE if private else {}
        page = site.render(request, "search.html", status=status, headers=headers, values=shown)
        return page if private else packed(request, page)

    return router


def _by_field(wrong: Sequence[FieldProblem]) -> dict[str, FieldProblem]:
    return {problem.pointer: problem for problem in wrong}


def _answer(
    query: Query, found: Found, whom: Registries, names: Mapping[str, Text], *, unfold: str
) -> dict[str, Any]:
    """What the page shows of an answer."""
    results = found.results
    total = results.total if found.ordered is None else found.ordered
    narrow = (query.text, query.filters, query.dates, query.credits, query.near)
    asked = whom.asked
    return {
        "results": results,
        "fresh": not any(narrow) and query.page == 1 and not asked.registries,
        "groups": groups(query, results, names=names, asked=asked, unfold=unfold),
        "limits": limits(query, asked=asked),
        "unlimited": unlimited(query, asked=asked),
        "sorts": sorts(query),
        "pager": pager(query, total, asked=asked),
        "deepest": deepest(query) if total > deepest(query) else None,
        "usual_km": USUAL_KM,
        "counts": found.counts,
        "ordered": found.ordered,
        "registries": whom,
    }
