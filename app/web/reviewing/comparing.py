"""Two source records side by side: every field of either, and which of them differ. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from app.catalogue import document, texts
from app.catalogue.model import CourseData
from app.catalogue.reviewing.model import Record

MOST = 2000
"""Signs of a text that are shown; the page of the course has the whole."""
MOST_RAW = 20_000


@dataclass(frozen=True, slots=True)
class Line:
    """One field of both."""

    field: str
    left: Sequence[tuple[str, str]]
    """Language and text; no language where the field is no text."""
    right: Sequence[tuple[str, str]]

    @property
    def differs(self) -> bool:
        """Whether both say something, and not the same."""
        return bool(self.left and self.right and self.left != self.right)


def lines(left: Record, right: Record) -> list[Line]:
    """The fields that one of two records has."""
    one, other = document.to_json(left.data), document.to_json(right.data)
    return [
        Line(each.name, said(each.name, one), said(each.name, other))
        for each in fields(CourseData)
        if each.name in one or each.name in other
    ]


def said(field: str, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """One field in lines of text."""
    value = data.get(field)
    if value is None:
        return []
    if isinstance(value, Mapping):
        plain = texts.plain if field == "description" else str
        return [(tag, plain(text)[:MOST]) for tag, text in sorted(value.items())]
    if isinstance(value, list | tuple):
        return [("", _entry(one)[:MOST]) for one in value]
    return [("", str(value)[:MOST])]


def _entry(one: Any) -> str:
    if isinstance(one, Mapping):
        if text := one.get("text"):
            return str(text)
        return ", ".join(_parts(one))
    return ": ".join(map(str, one)) if isinstance(one, list | tuple) else str(one)


def _parts(one: Mapping[str, Any]) -> Iterator[str]:
    for name, value in one.items():
        if value in (None, "", [], ()) or name == "id":
            continue
        if isinstance(value, list | tuple):
            yield "; ".join(_entry(each) for each in value)
        else:
            yield str(value)


def raw(text: str | None) -> str | None:
    """What a source gave, indented where it is JSON and so short that it can be read."""
    if text is None or len(text) > MOST_RAW:
        return text and text[:MOST_RAW]
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)[:MOST_RAW]
    except (ValueError, RecursionError):
        return text
