"""What is new in a search since its owner was last told.

New is what joined the catalogue after that, in the order of joining. A course is in the index some
time after it joined, so nobody is told up to this very moment: only up to where the index is known
to have followed (``settled``). What joined later is told next time, and nothing falls between.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED
from app.platform import outbox
from app.search.index import MAX_PER_PAGE, Hit, SearchIndex, Sort
from app.search.query import parse
from app.search.saved.model import SavedSearch

MOST_TOLD = 10
"""How many courses of one search a mail names; it counts the others."""
MOST_READ = 1000
"""How many hits are looked through for one search."""
FOLLOWS_WITHIN = timedelta(hours=1)
"""Longer than any transaction takes from the moment it dates its courses by until it ends."""


@dataclass(frozen=True, slots=True)
class News:
    """What is new in one search."""

    search: SavedSearch
    hits: tuple[Hit, ...]
    """The newest first; at most ``MOST_TOLD``."""
    total: int
    counted: bool = True
    """Whether ``total`` is all of them; else there are more."""


def settled(session: Session, *, at: datetime) -> datetime:
    """Up to when what joined the catalogue is in the index."""
    oldest = outbox.backlog(session, COURSE_CHANGED).oldest
    until = at - FOLLOWS_WITHIN
    return until if oldest is None else min(until, oldest - timedelta(microseconds=1))


def look(index: SearchIndex, search: SavedSearch, *, until: datetime, locale: str) -> News:
    """What is new in a search that is understood. Raises ``SearchUnavailable``.

    A search that finds only courses with some of its words finds nothing new: its owner waits for
    all of them.
    """
    asked = replace(
        parse(search.parameters, locale=locale),
        sort=Sort.NEWEST,
        per_page=MAX_PER_PAGE,
        facets=(),
    )
    new: list[Hit] = []
    for page in range(1, MOST_READ // MAX_PER_PAGE + 1):
        results = index.search(replace(asked, page=page))
        hits = () if results.loose else results.hits
        new += [hit for hit in hits if search.told_until < _added(hit) <= until]
        if len(hits) < MAX_PER_PAGE or _added(hits[-1]) <= search.told_until:
            return News(search, tuple(new[:MOST_TOLD]), len(new))
    return News(search, tuple(new[:MOST_TOLD]), len(new), counted=False)


def _added(hit: Hit) -> datetime:
    return datetime.fromisoformat(hit.document["added"])
