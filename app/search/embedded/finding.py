"""One page of hits: the first stage that finds enough, and the hits it puts first."""

from dataclasses import dataclass, replace

import tantivy

from app.search.analyse import QueryTerms
from app.search.embedded import asking
from app.search.embedded.credits import most_credit_first
from app.search.embedded.snapshot import Snapshot
from app.search.index import Query, Sort


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage found. ``matching`` is its query without the filters."""

    number: int
    matching: tantivy.Query
    total: int
    page: list[tantivy.DocAddress]
    loose: bool
    """Whether any word was enough for it."""


def first_stage(found: Snapshot, terms: QueryTerms, query: Query) -> Stage:
    """The first stage that finds enough; the last one when none does."""
    chosen = asking.filters(query)
    searcher = found.searcher
    stage = Stage(0, tantivy.Query.all_query(), 0, [], loose=False)
    for number, (matching, loose, enough) in enumerate(asking.stages(terms, found.vocabulary)):
        if query.walk and _total(searcher, matching, replace(query, walk=None)) < enough:
            continue  # the walk is over what an earlier page's stage found, to its end
        wanted = asking.all_of([matching, *chosen])
        total, page = _page(searcher, wanted, query, browsing=terms.empty)
        stage = Stage(number, matching, total, page, loose=loose and bool(total))
        if total >= enough or query.walk:
            break
    if query.sort is Sort.CREDITS and query.credits and stage.total:
        wanted = asking.all_of([stage.matching, *chosen])
        return replace(stage, page=most_credit_first(searcher, wanted, query))
    return stage


def _page(
    searcher: tantivy.Searcher, wanted: tantivy.Query, query: Query, *, browsing: bool
) -> tuple[int, list[tantivy.DocAddress]]:
    order = asking.order(query, browsing=browsing)
    result = searcher.search(
        wanted,
        query.per_page,
        offset=(query.page - 1) * query.per_page,
        order_by_field=order[0] if order else None,
        order=order[1] if order else tantivy.Order.Desc,
    )
    return _count(result), [address for _, address in result.hits]


def _total(searcher: tantivy.Searcher, matching: tantivy.Query, query: Query) -> int:
    wanted = asking.all_of([matching, *asking.filters(query)])
    return _count(searcher.search(wanted, 1))


def _count(result: tantivy.SearchResult) -> int:
    total: int = result.count  # type: ignore[attr-defined]  # the stubs leave it out
    return total
