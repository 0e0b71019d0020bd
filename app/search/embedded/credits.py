"""Most credit first: an order of its own, since a course's credits have many frameworks.

The engine orders by a field with one number, and there would have to be one for each framework.
So the amounts that occur are counted first, and the page is taken from those it falls on.
"""

import tantivy

from app.search.embedded import asking
from app.search.embedded.fields import SCHEMA
from app.search.index import Query
from app.search.searchable import framework_span

_AMOUNTS = 65_000
"""How many different amounts are told apart; the engine refuses to count more."""


def most_credit_first(
    searcher: tantivy.Searcher, wanted: tantivy.Query, query: Query
) -> list[tantivy.DocAddress]:
    """The page of ``query`` among what ``wanted`` finds, most credit of its framework first."""
    if query.credits is None:
        return []
    counted = {"terms": {"field": "most", "size": _AMOUNTS, "segment_size": _AMOUNTS}}
    buckets = searcher.aggregate(wanted, {"most": counted})["most"]["buckets"]
    counts = {int(bucket["key"]): bucket["doc_count"] for bucket in buckets}
    least, most = framework_span(query.credits.framework)
    passed = (query.page - 1) * query.per_page
    found: list[tantivy.DocAddress] = []
    for amount in sorted((each for each in counts if least <= each <= most), reverse=True):
        if len(found) == query.per_page:
            break
        if passed >= counts[amount]:
            passed -= counts[amount]
            continue
        those = tantivy.Query.term_query(SCHEMA, "most", amount)
        result = searcher.search(
            asking.all_of([wanted, tantivy.Query.const_score_query(those, 0.0)]),
            query.per_page - len(found),
            offset=passed,
            order_by_field="walk",
            order=tantivy.Order.Asc,
        )
        found += [address for _, address in result.hits]
        passed = 0
    return found
