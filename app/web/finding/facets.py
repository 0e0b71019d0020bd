"""The filters to choose from: which facets are counted, and which of their values are shown.

Pure. Counting costs, so only what the page shows is asked for: the usual facets, those in use, and
the one that the reader unfolded. Of a long facet the page carries the most frequent values.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from app.catalogue import Society
from app.search import FACETS, Query, Results
from app.search.counting import Asked
from app.search.index import MAX_FACET_VALUES
from app.web import labels
from app.web.finding.addresses import address
from app.web.wording import Text, best

USUAL = (
    "society", "language", "delivery", "price", "field", "kind", "country", "credit", "level",
    "pace",
)  # fmt: skip
"""The facets that are counted for everybody; the others are unfolded by who wants them."""
SHOWN = 6
"""How many values of a facet stand on the page before it is unfolded."""
COUNTED = 40
"""How many are asked for: fields come at every level, and those not shown must not crowd out."""
DETAILED_FIELD = 4
"""Fields are counted at every level of ISCED-F; the page lists the detailed ones."""
_NOT_ASKED = Asked()


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet. ``name`` is set where it is not looked up by its code."""

    facet: str
    value: str
    count: int | None
    """``None`` where it was not counted: it is rarer than the values that were."""
    chosen: bool
    name: Text | None
    without: str
    """The address of the same search without this choice."""


@dataclass(frozen=True, slots=True)
class Group:
    """One facet with what can be chosen in it."""

    facet: str
    choices: tuple[Choice, ...]
    more: str | None = None
    """The address that shows the rest of its values, where there are more."""
    whole: bool = False
    """Whether these are all of its values."""
    partial: bool = False
    """Whether it was unfolded and has more values than are counted out."""


def counted(query: Query, *, unfold: str = "") -> Query:
    """``query``, asking for the counts that the page shows and no others."""
    wanted = tuple(
        facet
        for facet in labels.FACETS
        if facet in USUAL or facet == unfold or query.filters.get(facet)
    )
    return replace(
        query, facets=wanted, most_values=MAX_FACET_VALUES if unfold in FACETS else COUNTED
    )


def groups(
    query: Query,
    results: Results,
    *,
    names: Mapping[str, Text],
    asked: Asked = _NOT_ASKED,
    unfold: str = "",
) -> list[Group]:
    """The facets worth showing: those that offer a choice, those in use, and those to unfold."""
    shown = []
    for facet in labels.FACETS:
        more = address(query, asked=asked, unfold=facet)
        if facet not in results.facets:
            shown.append(Group(facet, (), more))
            continue
        group = _group(facet, query, results, names=names, asked=asked)
        if facet == unfold:
            full = len(results.facets[facet]) >= MAX_FACET_VALUES
            shown.append(replace(group, whole=True, partial=full))
        elif len(group.choices) > 1 or query.filters.get(facet):
            shown.append(_folded(group, more))
    return shown


def _group(
    facet: str, query: Query, results: Results, *, names: Mapping[str, Text], asked: Asked
) -> Group:
    chosen = query.filters.get(facet, ())
    counts = {
        each.value: each.count
        for each in results.facets.get(facet, ())
        if facet != "field" or len(each.value) == DETAILED_FIELD or each.value in chosen
    }
    few = len(results.facets.get(facet, ())) < query.most_values
    values = [*counts, *(value for value in chosen if value not in counts)]
    choice = partial(_choice, query, facet, names=names, asked=asked)
    return Group(facet, tuple(choice(v, counts.get(v, 0 if few else None)) for v in values))


def _choice(
    query: Query,
    facet: str,
    value: str,
    count: int | None,
    *,
    names: Mapping[str, Text],
    asked: Asked,
) -> Choice:
    chosen = query.filters.get(facet, ())
    kept = tuple(each for each in chosen if each != value)
    name = names.get(value) if facet == "society" else None
    without = address(query, filters={**query.filters, facet: kept}, asked=asked)
    return Choice(facet, value, count, value in chosen, name, without)


def _folded(group: Group, more: str) -> Group:
    """The most frequent values, and those in use wherever they stand."""
    first = group.choices[:SHOWN]
    rest = tuple(choice for choice in group.choices[SHOWN:] if choice.chosen)
    all_there = len(group.choices) == len(first) + len(rest)
    return replace(group, choices=first + rest, more=None if all_there else more, whole=all_there)


def names_of(societies: Iterable[Society], wanted: Sequence[str]) -> dict[str, Text]:
    """The name of each society in the reader's language."""
    return {each.id: name for each in societies if (name := best(each.names, wanted))}
