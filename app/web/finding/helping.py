"""Ways out of a search that found nothing, and of a word that is spelled as nothing is. Pure."""

from dataclasses import dataclass, replace

from app.search import FACETS, Query
from app.search.counting import Asked
from app.search.helping import Help
from app.web.finding.addresses import address, whole


@dataclass(frozen=True, slots=True)
class WayOut:
    """The search without one of its conditions, named by its parameter."""

    name: str
    total: int
    address: str


@dataclass(frozen=True, slots=True)
class Offered:
    """``spelled`` is the text as it was probably meant, and leads to ``spelled_address``."""

    spelled: str | None
    spelled_address: str
    ways: tuple[WayOut, ...]


def offered(query: Query, found: Help, *, asked: Asked) -> Offered:
    """What helps, with the addresses it leads to."""
    ways = (
        WayOut(one.parameter, one.total, address(_without(query, one.parameter), asked=asked))
        for one in found.without
    )
    meant = replace(query, text=found.spelled or query.text)
    return Offered(found.spelled, address(meant, asked=asked), tuple(ways))


def _without(query: Query, name: str) -> Query:
    if name in FACETS:
        rest = {each: values for each, values in query.filters.items() if each != name}
        return whole(replace(query, filters=rest))
    others = {
        "q": replace(query, text=""),
        "from": replace(query, dates=None),
        "near": replace(query, near=None),
        "credit_min": replace(query, credits=None),
    }
    return whole(others.get(name, query))
