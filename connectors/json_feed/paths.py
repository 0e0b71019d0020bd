"""Paths into JSON, as a mapping writes them: data, never code, and bounded in what they find.

    name                     a member; of a list, that member of each of its items
    a.b  "a.b".c             members of members; quotes around names that hold . [ ] | or "
    list[]  list[0]          every item of a list, or one of them
    list[type=main].text     the items whose member `type` is `main`
    by_id.*                  every member's value
    .                        the value itself
    title|name               the first of these that finds anything

What is absent, null, an empty text or an empty list is not found; nothing here raises on data.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

from pydantic import AfterValidator

MOST_FOUND = 1000
"""Values that one path may find in one item; nested lists multiply."""
MAX_STEPS = 20

_TOKEN = re.compile(
    r"""(?P<dot>\.)
      | \[(?P<index>\d{0,6})\]
      | \[(?P<key>[^\[\]="|]{1,100})=
        (?:"(?P<quoted_is>[^"]{0,200})"|(?P<bare_is>[^\[\]"|]{0,200}))\]
      | "(?P<quoted>[^"]{1,200})"
      | (?P<name>[^.\[\]|"]{1,200})""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``kind`` is name, each, every, index or where."""

    kind: str
    key: str = ""
    wanted: str = ""
    index: int = 0


@dataclass(frozen=True, slots=True)
class Path:
    """A path that was understood; ``text`` is how it was written."""

    text: str
    ways: tuple[tuple[Step, ...], ...]

    def all(self, value: Any) -> list[Any]:
        """Everything found by the first way that finds anything; lists are opened."""
        for way in self.ways:
            if found := list(islice(_opened(_walk(way, value)), MOST_FOUND)):
                return found
        return []

    def first(self, value: Any) -> Any:
        """The first thing found, or ``None``."""
        return next(iter(self.all(value)), None)

    def leading(self) -> tuple[str, ...]:
        """The names that the one way begins with."""
        names = []
        for step in self.ways[0]:
            if step.kind != "name":
                break
            names.append(step.key)
        return tuple(names)


def parse(text: str) -> Path:
    """Understand a path. Raises ``ValueError`` saying what is wrong with it."""
    ways = tuple(_way(part, text) for part in _alternatives(text))
    return Path(text, ways)


def _checked(text: str) -> str:
    parse(text)
    return text


PathText = Annotated[str, AfterValidator(_checked)]
"""A path in a configuration."""


def is_nothing(value: Any) -> bool:
    """Whether a value says nothing: null, no text, nothing in it."""
    return value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip())


def _alternatives(text: str) -> list[str]:
    parts, quoted, current = [], False, ""
    for character in text:
        quoted ^= character == '"'
        if character == "|" and not quoted:
            parts.append(current)
            current = ""
        else:
            current += character
    return [part.strip() for part in (*parts, current)]


def _way(part: str, text: str) -> tuple[Step, ...]:
    if part == ".":
        return ()
    steps: list[Step] = []
    place, expects_name = 0, True
    while place < len(part):
        token = _TOKEN.match(part, place)
        if token is None or (expects_name and token["dot"]):
            raise ValueError(f"the path {text!r} cannot be read from {part[place:]!r} on")
        named = token["name"] is not None or token["quoted"] is not None
        if named and not expects_name:
            raise ValueError(f"the path {text!r} lacks a dot before {part[place:]!r}")
        expects_name = token["dot"] is not None
        if not expects_name:
            steps.append(_step(token))
        place = token.end()
    if expects_name:
        raise ValueError(f"the path {text!r} ends where a name was expected")
    if len(steps) > MAX_STEPS:
        raise ValueError(f"the path {text!r} has over {MAX_STEPS} steps")
    return tuple(steps)


def _step(token: re.Match[str]) -> Step:
    if token["index"] is not None:
        return Step("index", index=int(token["index"])) if token["index"] else Step("each")
    if token["key"] is not None:
        wanted = token["quoted_is"] if token["quoted_is"] is not None else token["bare_is"]
        return Step("where", key=token["key"].strip(), wanted=wanted)
    if token["name"] is not None and token["name"].strip() == "*":
        return Step("every")
    return Step("name", key=token["quoted"] or token["name"].strip())


def _walk(way: Iterable[Step], value: Any) -> Iterable[Any]:
    values: Iterable[Any] = (value,)
    for step in way:
        values = _taken(step, values)
    return values


def _taken(step: Step, values: Iterable[Any]) -> Iterator[Any]:
    if step.kind == "index":
        for value in values:
            if isinstance(value, list) and step.index < len(value):
                yield value[step.index]
        return
    for value in values:
        for one in value if isinstance(value, list) else (value,):
            if step.kind == "each":
                yield one
            elif isinstance(one, Mapping):
                yield from _inside(step, one)


def _inside(step: Step, value: Mapping[str, Any]) -> Iterator[Any]:
    if step.kind == "every":
        yield from value.values()
    elif step.kind == "where":
        if step.wanted in map(plain, _opened((value.get(step.key),))):
            yield value
    elif step.key in value:
        yield value[step.key]


def _opened(values: Iterable[Any]) -> Iterator[Any]:
    """The values that say anything; the items of those that are lists."""
    for value in values:
        if isinstance(value, list):
            yield from (one for one in value if not is_nothing(one))
        elif not is_nothing(value):
            yield value


def plain(value: Any) -> str:
    """A scalar as text, as JSON writes it; an object or a list has none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip() if isinstance(value, (str, int, float)) else ""
