"""A search as an address and back: everything the page shows is said by its address.

Pure. What an address asks that makes no sense is named to the reader and left out; the rest of the
search goes on, so that nobody has to begin anew because of one field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.datastructures import QueryParams

from app.platform.problems import FieldProblem, Invalid
from app.search import FACETS, Query, Sort
from app.search.counting import COUNTS_FOR, Asked, split
from app.search.query import OTHERS, USUAL_KM, parse

UNFOLD = "unfold"
"""The list that is shown whole, not its most frequent values alone."""
_NOT_ASKED = Asked()
_CAUSES: Mapping[str, Sequence[str]] = {
    "framework-missing": ("credit_min", "credit_max"),
    "place-missing": ("within",),
}
"""What has to go where a problem names the field that should have been there beside it."""
_SORTS_THAT_NEED = {
    "framework-missing": Sort.CREDITS.value,
    "place-missing": Sort.NEAREST.value,
    "registry-missing": COUNTS_FOR,
}


def given(params: QueryParams) -> dict[str, list[str]]:
    """The parameters that are ours; links that people pass on pick up others on their way."""
    known = (*OTHERS, *FACETS, COUNTS_FOR)
    return {name: params.getlist(name) for name in known if name in params}


def unfolded(params: QueryParams) -> str:
    """What is shown whole, if the address names it: a facet, or the registries to ask about."""
    name = params.get(UNFOLD, "")
    return name if name in (*FACETS, COUNTS_FOR) else ""


def understood(
    params: Mapping[str, list[str]], *, locale: str
) -> tuple[Query, Asked, tuple[FieldProblem, ...]]:
    """The search that can be made of ``params``, and what of them cannot be understood."""
    kept: dict[str, Any] = dict(params)
    wrong: list[FieldProblem] = []
    while kept:
        try:
            rest, asked = split(kept)
            return parse(rest, locale=locale), asked, tuple(wrong)
        except Invalid as error:
            before = len(kept)
            for problem in error.fields:
                wrong.append(problem)
                _leave_out(problem, kept)
            if len(kept) == before:
                break
    return Query(locale=locale), Asked(), tuple(wrong)


def _leave_out(problem: FieldProblem, kept: dict[str, Any]) -> None:
    for name in _CAUSES.get(problem.code, (problem.pointer,)):
        kept.pop(name, None)
    if kept.get("sort") == [_SORTS_THAT_NEED.get(problem.code)]:
        del kept["sort"]


def whole(query: Query) -> Query:
    """``query`` without what it cannot have any more after one of its filters was taken away."""
    worth = query.credits
    if worth and query.filters.get("credit") != (worth.framework,):
        query = replace(query, credits=None)
    needs = {Sort.CREDITS.value: query.credits, Sort.NEAREST.value: query.near}
    if needs.get(query.sort.value, True) is None:
        query = replace(query, sort=Sort.RELEVANCE)
    return query


def address(
    query: Query,
    *,
    filters: Mapping[str, tuple[str, ...]] | None = None,
    page: int = 1,
    asked: Asked = _NOT_ASKED,
    unfold: str = "",
) -> str:
    """The address of this search with other filters or another page; defaults are left out."""
    if filters is not None:
        query = whole(replace(query, filters=filters))
    pairs = [("q", query.text)] if query.text else []
    pairs += [(name, value) for name in FACETS for value in query.filters.get(name, ())]
    pairs += _ranges(query)
    pairs += [(COUNTS_FOR, registry) for registry in asked.registries]
    if asked.ordered:
        pairs.append(("sort", COUNTS_FOR))
    elif query.sort is not Sort.RELEVANCE:
        pairs.append(("sort", str(query.sort)))
    if query.per_page != Query().per_page:
        pairs.append(("per_page", str(query.per_page)))
    if page > 1:
        pairs.append(("page", str(page)))
    if unfold:
        pairs.append((UNFOLD, unfold))
    return f"/?{urlencode(pairs)}" if pairs else "/"


def parameters(query: Query, *, asked: Asked = _NOT_ASKED) -> dict[str, list[str]]:
    """The parameters of this search, as its address has them."""
    return parse_qs(urlsplit(address(query, asked=asked)).query)


def _ranges(query: Query) -> list[tuple[str, str]]:
    """The parameters of dates, of credit and of a place."""
    said: list[tuple[str, object]] = []
    if dates := query.dates:
        said += [("from", dates.first), ("until", dates.last)]
    if worth := query.credits:
        said += [("credit_min", worth.least), ("credit_max", worth.most)]
    if near := query.near:
        said.append(("near", place(near.latitude, near.longitude)))
        said.append(("within", f"{near.km:g}" if near.km != USUAL_KM else None))
    return [(name, str(value)) for name, value in said if value is not None]


def place(latitude: float, longitude: float) -> str:
    """A place as ``near`` takes it."""
    return ",".join(f"{degrees:.8f}".rstrip("0").rstrip(".") for degrees in (latitude, longitude))
