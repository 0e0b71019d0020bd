"""What hits would count for: the port between search and whoever reckons it.

Search knows nothing of registries and their rules. Above it, somebody who does is handed in
(``Reckoner``); here is only what is asked (``counts_for=`` and ``sort=counts_for``), what comes
back beside a hit, and how hits are put in order by it.

An index cannot order by what a registry's rules say of each course today. So ``sort=counts_for``
orders the first ``WINDOW`` hits of the best match among themselves, and every answer says of how
many that was: a course that lies deeper is found by a narrower search, not by turning pages. It
orders by the registries in the order given, and by adopted rules alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Protocol

from app.platform.problems import FieldProblem, Invalid
from app.search import nearest
from app.search.index import Hit, Query, Results, SearchIndex, Sort

WINDOW = 200
MOST_REGISTRIES = 5
COUNTS_FOR = "counts_for"
_AT_ONCE = 100
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Asked:
    """For which registries one wants to know, and whether the hits are put in order by it."""

    registries: tuple[str, ...] = ()
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class CountsFor:
    """What one hit would count for in one registry. A reckoning, never a promise."""

    registry: str
    authority: str
    """``adopted`` by the registry, or ``illustrative``: as others read its published rules."""
    outcome: str | None
    """``None`` where the registry has no rules in force."""
    worth: tuple[int, Fraction]
    """What hits are ordered by, the largest first."""
    shown: Any = None
    """Whatever the reckoner wants shown; search passes it on as it is."""


class Reckoner(Protocol):
    """Whoever knows registries and their rules."""

    def of(
        self, course_ids: Sequence[str], registries: Sequence[str]
    ) -> Mapping[str, tuple[CountsFor, ...]]:
        """By course, one answer for each registry in that order; unknown courses are absent.

        Raises ``Invalid``, naming ``counts_for``, when one of the registries is not known.
        """


@dataclass(frozen=True, slots=True)
class Found:
    """An answer of the index, with what its hits would count for."""

    results: Results
    counts: Mapping[str, tuple[CountsFor, ...]]
    ordered: int | None = None
    """How many hits were put in order; ``None`` when the index ordered them."""


def split(params: Mapping[str, Any]) -> tuple[dict[str, Any], Asked]:
    """The index's own parameters, and what is asked of the reckoner. Raises ``Invalid``."""
    rest = dict(params)
    given = rest.pop(COUNTS_FOR, ())
    values = [given] if isinstance(given, str) else list(given)
    registries = tuple(dict.fromkeys(value.strip() for value in values if value.strip()))
    sort = rest.get("sort", "")
    ordered = (sort if isinstance(sort, str) else "".join(sort)).strip() == COUNTS_FOR
    if ordered:
        rest["sort"] = Sort.RELEVANCE.value
    if problem := _wrong(registries, ordered=ordered):
        raise Invalid("The search cannot be understood.", fields=[problem])
    return rest, Asked(registries, ordered)


def _wrong(registries: Sequence[str], *, ordered: bool) -> FieldProblem | None:
    if len(registries) > MOST_REGISTRIES:
        detail = f"Ask about at most {MOST_REGISTRIES} registries at once."
        return FieldProblem(COUNTS_FOR, "too-many", detail)
    if not all(_ID.fullmatch(one) for one in registries):
        return FieldProblem(COUNTS_FOR, "not-a-choice", "Use the id of a registry, such as ebk.")
    if ordered and not registries:
        detail = "To order by what courses count for, name a registry in counts_for."
        return FieldProblem("sort", "registry-missing", detail)
    return None


def find(index: SearchIndex, query: Query, asked: Asked, reckoner: Reckoner | None) -> Found:
    """Search, and say what the hits would count for. Raises ``Invalid``."""
    if not asked.registries:
        return Found(_search(index, query), {})
    if reckoner is None:
        problem = FieldProblem(COUNTS_FOR, "not-a-choice", "No registry can be asked about here.")
        raise Invalid("The search cannot be understood.", fields=[problem])
    if asked.ordered:
        return _in_order(index, query, asked, reckoner)
    results = _search(index, query)
    return Found(results, reckoner.of([hit.id for hit in results.hits], asked.registries))


def _search(index: SearchIndex, query: Query) -> Results:
    return nearest.search(index, query) if query.sort is Sort.NEAREST else index.search(query)


def _in_order(index: SearchIndex, query: Query, asked: Asked, reckoner: Reckoner) -> Found:
    results = index.search(replace(query, page=1, per_page=_AT_ONCE))
    hits = list(results.hits)
    for page in range(2, -(-min(WINDOW, results.total) // _AT_ONCE) + 1):
        hits += index.search(replace(query, page=page, per_page=_AT_ONCE, facets=())).hits
    counts = reckoner.of([hit.id for hit in hits], asked.registries)
    hits.sort(key=lambda hit: _order(hit, counts), reverse=True)
    start = (query.page - 1) * query.per_page
    shown = replace(
        results,
        hits=tuple(hits[start : start + query.per_page]),
        page=query.page,
        per_page=query.per_page,
    )
    return Found(shown, counts, len(hits))


def _order(
    hit: Hit, counts: Mapping[str, tuple[CountsFor, ...]]
) -> tuple[tuple[int, Fraction], ...]:
    return tuple(one.worth for one in counts.get(hit.id, ()) if one.authority == "adopted")
