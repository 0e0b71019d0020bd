"""The nearest courses first: an order that no engine is asked for, since courses have many places.

An engine finds what lies within a circle (``nearby``). Here the smallest circle that holds the page
asked for is read whole and put in order by exact distances, those to a course's nearest place.
"""

from collections.abc import Iterator
from dataclasses import replace

from app.search.index import (
    MAX_NEAREST,
    MAX_PER_PAGE,
    Document,
    Hit,
    Near,
    Query,
    Results,
    SearchIndex,
)
from app.search.nearby import LEAST_KM, distance_km

_GROWTH = 2.5
_SURE = 0.8
"""Up to which part of a circle's radius every course in it is known to have been found."""


def distance(document: Document, near: Near) -> float | None:
    """How many kilometres the nearest place of a course is away; ``None`` when it has none."""
    here = (near.latitude, near.longitude)
    return min((distance_km(here, place) for place in document["places"]), default=None)


def search(index: SearchIndex, query: Query) -> Results:
    """Answer ``query``, which names a place, the nearest first; to ``MAX_NEAREST`` hits."""
    if query.near is None:
        return index.search(query)
    whole = index.search(replace(query, page=1, per_page=1))
    wanted = min(query.page * query.per_page, whole.total, MAX_NEAREST)
    hits = _within(index, replace(query, facets=(), walk=0), wanted, loose=whole.loose)
    start = (query.page - 1) * query.per_page
    page = tuple(hit for _, hit in hits[start : start + query.per_page])
    return replace(whole, hits=page, page=query.page, per_page=query.per_page)


def _within(
    index: SearchIndex, query: Query, wanted: int, *, loose: bool
) -> list[tuple[float, Hit]]:
    """At least the ``wanted`` nearest, in order, of the smallest circle that surely has them.

    A circle in which only some of the words are found says nothing when elsewhere there are all.
    """
    found: list[tuple[float, Hit]] = []
    near = query.near or Near(0, 0, 0)
    for km in _radii(near.km):
        narrowed = replace(query, near=replace(near, km=km))
        if km < near.km:
            few = index.search(replace(narrowed, page=1, per_page=1))
            if few.total < wanted or few.loose is not loose:
                continue
        found = [(distance(hit.document, near) or 0, hit) for hit in _all(index, narrowed)]
        found.sort(key=lambda pair: (pair[0], pair[1].id))
        if sum(far <= _SURE * km for far, _ in found) >= wanted:
            break
    return found


def _radii(most: float) -> Iterator[float]:
    km = float(LEAST_KM)
    while km < most:
        yield km
        km *= _GROWTH
    yield most


def _all(index: SearchIndex, query: Query) -> Iterator[Hit]:
    for page in range(1, MAX_NEAREST // MAX_PER_PAGE + 1):
        hits = index.search(replace(query, page=page, per_page=MAX_PER_PAGE)).hits
        yield from hits
        if len(hits) < MAX_PER_PAGE:
            return
