"""What narrows a search beside its facets, each with the address of the search without it.

Pure: dates, credit and a place.
"""

from dataclasses import dataclass, replace

from app.search import Query
from app.search.counting import Asked
from app.search.index import CreditRange, Dates
from app.web.finding.addresses import address, place, whole


@dataclass(frozen=True, slots=True)
class Chip:
    """One limit in use."""

    name: str
    """The parameter."""
    value: str
    without: str


def limits(query: Query, *, asked: Asked) -> list[Chip]:
    """The limits in use, in the order of the page."""

    def without(name: str, value: object, other: Query) -> Chip:
        return Chip(name, str(value), address(whole(other), asked=asked))

    found = []
    if dates := query.dates:
        if dates.first:
            rest = Dates(None, dates.last) if dates.last else None
            found.append(without("from", dates.first, replace(query, dates=rest)))
        if dates.last:
            rest = Dates(dates.first) if dates.first else None
            found.append(without("until", dates.last, replace(query, dates=rest)))
    if worth := query.credits:
        if worth.least is not None:
            other = CreditRange(worth.framework, None, worth.most)
            found.append(without("credit_min", worth.least, replace(query, credits=other)))
        if worth.most is not None:
            other = CreditRange(worth.framework, worth.least)
            found.append(without("credit_max", worth.most, replace(query, credits=other)))
    if near := query.near:
        here = place(near.latitude, near.longitude)
        found.append(without("near", here, replace(query, near=None)))
    return found


def unlimited(query: Query, *, asked: Asked) -> str:
    """The address of the same text with nothing that narrows it."""
    return address(
        whole(replace(query, filters={}, dates=None, credits=None, near=None)), asked=asked
    )
