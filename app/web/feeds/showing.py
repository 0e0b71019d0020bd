"""A normalised course, field by field, as a page shows it beside what the source gave.

Pure. Whatever a feed brought has been cleaned by the catalogue; it is text here, never markup.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.catalogue import texts

MOST_ENTRIES = 20
LONGEST = 1_500
_TEXTS = ("title", "summary", "description", "outcomes", "prerequisites")


@dataclass(frozen=True, slots=True)
class Entry:
    """One text; ``tag`` is its language where that is known."""

    text: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One field of a course."""

    field: str
    entries: tuple[Entry, ...]


def course_fields(course: Mapping[str, Any]) -> list[Shown]:
    """The fields that hold something, in the order of the catalogue."""
    made = (Shown(name, tuple(_entries(name, value))) for name, value in course.items())
    return [one for one in made if one.entries]


def _entries(name: str, value: Any) -> Iterator[Entry]:
    if name in _TEXTS and isinstance(value, Mapping):
        for tag, text in list(value.items())[:MOST_ENTRIES]:
            plain = texts.plain(text) if name == "description" else text
            yield Entry(_short(plain), "" if tag == "und" else tag)
        return
    listed = value if isinstance(value, list | tuple) else [value]
    for one in listed[:MOST_ENTRIES]:
        yield Entry(_short(_said(one)))
    if len(listed) > MOST_ENTRIES:
        yield Entry(f"+ {len(listed) - MOST_ENTRIES}")


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        held = ((key, one) for key, one in value.items() if one not in (None, "", (), []))
        return " · ".join(f"{key}: {_said(one)}" for key, one in held)
    if isinstance(value, list | tuple):
        return ", ".join(_said(one) for one in value)
    return str(value)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
