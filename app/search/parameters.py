"""A search as data that lasts: what it looks for, without the page of it that somebody looked at.

Pure. It is what a feed's address carries and what is kept of a saved search. Which page, how many
and in what order is no part of it: whoever asks again decides that anew.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from app.search.index import FACETS
from app.search.query import RANGES

LASTING = ("q", *FACETS, *RANGES)
"""The parameters that say what is looked for, in the order in which they are written."""

Parameters = Mapping[str, Sequence[str]]


def lasting(params: Mapping[str, str | Sequence[str]]) -> dict[str, list[str]]:
    """What of a search's parameters lasts: always in the same order, without blanks and doubles.

    Says nothing of whether they can be understood; ``query.parse`` does.
    """
    kept: dict[str, list[str]] = {}
    for name in LASTING:
        given = params.get(name, ())
        values = [given] if isinstance(given, str) else given
        found = list(dict.fromkeys(value.strip() for value in values if value.strip()))
        if found:
            kept[name] = found
    return kept


def written(params: Parameters) -> str:
    """Parameters as the query of an address, without the question mark; always in one order."""
    order = {name: place for place, name in enumerate(LASTING)}
    names = sorted(params, key=lambda name: order.get(name, len(order)))
    return urlencode([(name, value) for name in names for value in params[name]])
