"""A list of JSON without a mapping: each item read like a row of a table.

The members' names are compared with the words that tables use for their columns. What is nested is
told by its name, and lists by semicolons: enough for flat lists, and a first look at any other.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from connectors import columns, rows
from connectors.contract import CourseDraft
from connectors.json_feed.paths import plain
from connectors.rows import Cells

_NAMES = ("name", "title", "label", "value", "url", "href")


def course(root: Any) -> CourseDraft:
    """Map one item, or the items of a group. Raises ``RejectRecord`` when it has no title."""
    items = [
        one for one in (root if isinstance(root, list) else [root]) if isinstance(one, Mapping)
    ]
    cells = [as_row(one) for one in items or [{}]]
    return rows.course(*(Cells(one, columns.assign(one, {}), {}) for one in cells))


def place(raw: Mapping[str, Any], path: str) -> str | None:
    """The member that a course's field comes from."""
    return columns.header_of(path, columns.assign(as_row(raw), {}))


def as_row(item: Mapping[str, Any]) -> dict[str, str]:
    """The item as member -> text."""
    return {name: "; ".join(dict.fromkeys(_texts(value))) for name, value in item.items()}


def _texts(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        told = one
        if isinstance(one, Mapping):
            told = next((one[name] for name in _NAMES if plain(one.get(name))), None)
        if shown := plain(told):
            yield shown
