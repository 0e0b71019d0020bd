"""What a query's hits must fulfil beside its text, as the words and numbers of ``searchable``.

Pure. Both engines take it from here, so that they agree about every filter.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from app.search.index import Query
from app.search.nearby import filling
from app.search.searchable import MOST_CREDIT, day, worth

SQUARES = "squares"
SPANS = ("starts", "worth", "walk")
LAST_IN_WALK = 2**53 - 1


def words(query: Query, *, without: str = "") -> dict[str, Sequence[str]]:
    """By field, the words of which a hit must have one; without the filter ``without``."""
    found: dict[str, Sequence[str]] = {
        name: values for name, values in query.filters.items() if values and name != without
    }
    if query.near:
        found[SQUARES] = filling(query.near)
    return found


def spans(query: Query) -> Mapping[str, tuple[int, int]]:
    """By field, from what to what one of its numbers must be; both count."""
    found = {}
    if dates := query.dates:
        found["starts"] = day(dates.first or "0001-01-01"), day(dates.last or "9999-12-31")
    if (wanted := query.credits) and not (wanted.least is None and wanted.most is None):
        least, most = wanted.least or Decimal(0), wanted.most
        most = MOST_CREDIT if most is None else most
        found["worth"] = worth(wanted.framework, least), worth(wanted.framework, most)
    if query.walk is not None:
        found["walk"] = query.walk, LAST_IN_WALK
    return found
