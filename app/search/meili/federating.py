"""One search over all parts of an index: the body that asks it, and the sums of what comes back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from app.search.index import FacetCount
from app.search.meili.asking import unmarked

Counts = dict[str, tuple[FacetCount, ...]]


def body(
    uids: Sequence[str],
    queries: Sequence[Mapping[str, Any]],
    *,
    chosen: str,
    facets: Sequence[str],
    limit: int,
    offset: int = 0,
    sort: Sequence[str] = (),
) -> dict[str, Any]:
    """The body of ``POST /multi-search``: each query put to each index, one list of hits.

    All queries to one index count a document once, and no document is in two indexes.
    """
    extra: dict[str, Any] = {}
    if chosen:
        extra["filter"] = chosen
    if sort:
        extra["sort"] = list(sort)
    return {
        "federation": {
            "limit": limit,
            "offset": offset,
            "facetsByIndex": {uid: list(facets) for uid in uids},
        },
        "queries": [{**query, **extra, "indexUid": uid} for uid in uids for query in queries],
    }


def counts(answer: Mapping[str, Any], *, most: int) -> Counts:
    """How often each value of each facet occurs, the most frequent ``most`` first."""
    sums: dict[str, Counter[str]] = {}
    for of_one in answer["facetsByIndex"].values():
        for name, values in of_one["distribution"].items():
            told = {unmarked(name, value): count for value, count in values.items()}
            sums.setdefault(name, Counter()).update(told)
    return {
        name: tuple(
            FacetCount(value, count)
            for value, count in sorted(values.items(), key=lambda item: (-item[1], item[0]))[:most]
        )
        for name, values in sums.items()
    }
