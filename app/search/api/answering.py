"""An answer of the index as the bytes of ``SearchOut``.

Made of plain values, written once: to build the models of ``schemas`` and have them checked cost
more than the search. A test holds what is made here against those models.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json
from starlette.datastructures import URL
from starlette.responses import Response

from app.search.api.schemas import CountsForOut
from app.search.counting import Asked, CountsFor, Found
from app.search.helping import Help
from app.search.index import MAX_DEPTH, MAX_NEAREST, Highlight, Hit, Query, Sort
from app.search.nearest import distance

NOT_SHOWN = frozenset({"description", "outcomes", "prerequisites"})
"""Texts of a course that no hit shows whole; the piece that matches is among its highlights."""


def response(answer: Mapping[str, Any]) -> Response:
    """``answer`` as JSON."""
    return Response(to_json(answer), media_type="application/json")


def answer(found: Found, asked: Asked, url: URL, *, query: Query, help_: Help) -> dict[str, Any]:
    """What ``SearchOut`` says."""
    results = found.results
    return {
        "hits": [
            _hit(hit, found.counts.get(hit.id, ()) if asked.registries else None, query)
            for hit in results.hits
        ],
        "total": results.total,
        "page": results.page,
        "per_page": results.per_page,
        "facets": {
            name: [{"value": each.value, "count": each.count} for each in counts]
            for name, counts in results.facets.items()
        },
        "links": _links(found, url, query),
        "loose": results.loose,
        "help": _help(help_),
        "ordered": _ordered(found),
    }


def _links(found: Found, url: URL, query: Query) -> dict[str, str | None]:
    page, per_page = found.results.page, found.results.per_page

    def link(number: int) -> str:
        there = url.include_query_params(page=number)
        return f"{there.path}?{there.query}"

    total = found.results.total if found.ordered is None else found.ordered
    deepest = MAX_NEAREST if query.sort is Sort.NEAREST else MAX_DEPTH
    last = min(-(-total // per_page), deepest // per_page)
    return {
        "self": link(page),
        "previous": link(page - 1) if 1 < page <= last + 1 else None,
        "next": link(page + 1) if page < last else None,
    }


def _hit(hit: Hit, counts: Sequence[CountsFor] | None, query: Query) -> dict[str, Any]:
    far = distance(hit.document, query.near) if query.near else None
    return {
        "id": hit.id,
        "course": {name: each for name, each in hit.document.items() if name not in NOT_SHOWN},
        "highlights": {name: _highlight(each) for name, each in hit.highlights.items()},
        "distance_km": None if far is None else round(far, 1),
        "counts_for": None
        if counts is None
        else [CountsForOut.of(one).model_dump() for one in counts],
    }


def _highlight(one: Highlight) -> dict[str, Any]:
    return {"text": one.text, "ranges": one.ranges, "language": one.language}


def _help(one: Help) -> dict[str, Any] | None:
    if not one.spelled and not one.without:
        return None
    without = [{"parameter": each.parameter, "total": each.total} for each in one.without]
    return {"spelled": one.spelled, "without": without}


def _ordered(found: Found) -> dict[str, Any] | None:
    if found.ordered is None:
        return None
    by = (one.registry for counts in found.counts.values() for one in counts
          if one.authority == "adopted")  # fmt: skip
    return {"by": list(dict.fromkeys(by)), "hits": found.ordered}
