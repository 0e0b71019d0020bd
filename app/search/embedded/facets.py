"""Counts of facets in one commit of the index: exact, and remembered.

Counting is what a search costs most. Three things make it cheap:

1. Sets are counted instead of values where a facet has few different ones (``fields``), and taken
   apart here. A facet that turns out to have many is counted value by value from then on.
2. What was counted is kept for as long as the commit stands. A page further on asks for the same
   counts, and a reader who chooses a value asks for the counts of that facet as they were before.
3. What is counted under the same filters is counted in one go.

Where a list is cut, any of several values of equal count may be the last; the counts are right.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import tantivy

from app.search import conditions
from app.search.embedded import asking
from app.search.embedded.fields import PARTS, SEPARATOR, sets
from app.search.index import FacetCount, Query

MOST_VALUES = 20_000
"""How many values of one facet are given at most; the engine makes no more than 65,000 in all."""

MOST_SETS = 2_000
"""With more different sets than these, taking them apart costs more than it saves."""

MOST_KEPT = 200_000
"""How many counts are remembered: some 40 MB at the very most."""

_ALL = 1_000_000_000
"""No segment leaves out a value before the counts of all segments are added up."""

Counts = tuple[FacetCount, ...]


class FacetCounts:
    """Counts facets in what ``searcher`` sees."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        self._searcher = searcher
        self._varied: set[str] = set()
        self._kept: OrderedDict[Hashable, tuple[int, Counts]] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def of(self, matching: tantivy.Query, query: Query, *, key: Hashable) -> dict[str, Counts]:
        """The facets that ``query`` asks for, among what ``matching`` finds.

        The counts of a filter in use are taken without that filter. ``key`` stands for
        ``matching``: equal keys find the same.
        """
        used = [name for name in query.facets if query.filters.get(name)]
        rest = [name for name in query.facets if name not in used]
        counts: dict[str, Counts] = {}
        for without, names in [*((name, [name]) for name in used), ("", rest)]:
            narrowed = key, _narrowed(query, without=without)
            known = {name: self._recall((narrowed, name), query.most_values) for name in names}
            missing = [name for name in names if known[name] is None]
            if missing:
                wanted = asking.all_of([matching, *asking.filters(query, without=without)])
                found = self._count(wanted, missing, min(query.most_values, MOST_VALUES))
                for name, values in found.items():
                    self._remember((narrowed, name), query.most_values, values)
                known |= found
            counts |= {name: values for name, values in known.items() if values is not None}
        return {name: counts[name] for name in query.facets}

    def _count(self, wanted: tantivy.Query, names: Sequence[str], most: int) -> dict[str, Counts]:
        parts = [part for name in names for part in PARTS[name]]
        request = {
            **{sets(part): _terms(sets(part), MOST_SETS) for part in parts},
            **{part: _terms(part, 2 * most, 4 * most) for part in parts},
        }
        first = [part if part in self._varied else sets(part) for part in parts]
        answer = self._searcher.aggregate(wanted, {column: request[column] for column in first})
        late = [part for part in parts if _is_cut(answer.get(sets(part)))]
        if late:
            self._varied.update(late)
            answer |= self._searcher.aggregate(wanted, {part: request[part] for part in late})
        counted = {
            part: self._values(wanted, part, answer[part], most)
            if part in answer
            else _values_of_sets(answer[sets(part)]["buckets"])
            for part in parts
        }
        return {name: _first(most, (counted[part] for part in PARTS[name])) for name in names}

    def _values(
        self, wanted: tantivy.Query, part: str, found: Mapping[str, Any], most: int
    ) -> dict[str, int]:
        """The counts of a part with many values, the first ``most`` of them for certain.

        ``found`` has the most frequent values of each segment, how many of the others there may
        be, and no count that is too high. When none of the others can have more than the last of
        the first, those found are counted exactly; else all are.
        """
        counts = _counts(found)
        left_out = found["doc_count_error_upper_bound"]
        if not (left_out or _is_cut(found)):
            return counts
        first = sorted(counts.values(), reverse=True)[:most]
        if len(first) < most or first[-1] < min(counts.values()) + left_out:
            return self._again(wanted, part, _terms(part, most, _ALL))
        if left_out:
            exactly = _terms(part, len(counts), _ALL, include=list(counts))
            counts = self._again(wanted, part, exactly)
        return counts

    def _again(
        self, wanted: tantivy.Query, part: str, request: Mapping[str, object]
    ) -> dict[str, int]:
        return _counts(self._searcher.aggregate(wanted, {part: request})[part])

    def _recall(self, key: Hashable, most: int) -> Counts | None:
        with self._lock:
            asked, values = self._kept.get(key, (0, ()))
            if asked < most and (not asked or len(values) >= asked):
                return None
            self._kept.move_to_end(key)
            return values[:most]

    def _remember(self, key: Hashable, most: int, values: Counts) -> None:
        with self._lock:
            if key in self._kept:
                self._held -= _weight(self._kept.pop(key))
            self._kept[key] = most, values
            self._held += _weight(self._kept[key])
            while self._held > MOST_KEPT and len(self._kept) > 1:
                self._held -= _weight(self._kept.popitem(last=False)[1])


def _weight(kept: tuple[int, Counts]) -> int:
    return 10 + len(kept[1])


def _narrowed(query: Query, *, without: str) -> Hashable:
    """What stands for the filters of ``query`` but ``without``."""
    words = conditions.words(query, without=without)
    return (
        frozenset((name, frozenset(values)) for name, values in words.items()),
        frozenset(conditions.spans(query).items()),
    )


def _terms(
    column: str, size: int, segment_size: int = MOST_SETS, **more: object
) -> dict[str, dict[str, object]]:
    return {"terms": {"field": column, "size": size, "segment_size": segment_size, **more}}


def _is_cut(found: Mapping[str, Any] | None) -> bool:
    """Whether there are more values than were given."""
    return bool(found and found["sum_other_doc_count"])


def _counts(found: Mapping[str, Any]) -> dict[str, int]:
    return {bucket["key"]: bucket["doc_count"] for bucket in found["buckets"]}


def _values_of_sets(buckets: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for bucket in buckets:
        count = bucket["doc_count"]
        for value in bucket["key"].split(SEPARATOR):
            counts[value] = counts.get(value, 0) + count
    counts.pop("", None)  # documents without any
    return counts


def _first(most: int, parts: Iterable[Mapping[str, int]]) -> Counts:
    counts = [(-count, value) for part in parts for value, count in part.items()]
    counts.sort()
    return tuple(FacetCount(value, -count) for count, value in counts[:most])
