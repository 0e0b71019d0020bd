"""Search among the values of one facet, by the names people read."""

from dataclasses import dataclass, replace

from app.search.analyse import fold
from app.search.index import MOST_FACET_VALUES, Query, SearchIndex
from app.search.naming import Names


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, what it is called, and how many of the found courses have it."""

    value: str
    name: str
    count: int


def values(
    index: SearchIndex, query: Query, facet: str, *, text: str, names: Names
) -> tuple[FacetValue, ...]:
    """The values of ``facet`` whose name, or which themselves, contain ``text``.

    Those that begin with it come first, then those with most courses. As everywhere, a filter in
    use does not narrow its own counts. The ``MOST_FACET_VALUES`` most frequent are looked through.
    Raises ``SearchUnavailable``.
    """
    asked = replace(query, page=1, per_page=1, facets=(facet,), most_values=MOST_FACET_VALUES)
    wanted = fold(text.strip())
    found: list[tuple[bool, FacetValue]] = []
    for each in index.search(asked).facets[facet]:
        name = names.of(facet, each.value, locale=query.locale)
        forms = (fold(name), fold(each.value))
        if any(wanted in form for form in forms):
            begins = any(form.startswith(wanted) for form in forms)
            found.append((begins, FacetValue(each.value, name, each.count)))
    found.sort(key=lambda pair: (not pair[0], -pair[1].count, pair[1].name))
    return tuple(value for _, value in found)
