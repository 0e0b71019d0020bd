"""From the JSON-LD blocks of a page to the courses in them: mended, joined, told apart.

What is done is what search engines do, not the JSON-LD algorithms: no context is ever fetched, and
names count as schema.org's. A reference (``{"@id": ...}``) is followed within the page, as deep
and as often as the bounds say, so a circle ends. Blocks that are almost JSON are mended, and told.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.contract import storable

MAX_DEPTH, MAX_FOLLOWED = 6, 200
"""How deep one course's description goes, and how many references of it are followed."""
MAX_VALUES = 100_000
MAX_MENDED = 256 * 1024
MAX_IN_BLOCK = 1_000
MAX_COURSES = 500

COURSES = frozenset(
    {"Course", "EducationalOccupationalProgram", "WorkBasedProgram", "LearningResource", "Syllabus"}
)
_EVENTS = frozenset({"CourseInstance", "EventSeries", "Festival", "Hackathon"})
_NO_COURSES = frozenset(
    {"DeliveryEvent", "OnDemandEvent", "BroadcastEvent", "PublicationEvent", "SaleEvent"}
)
_LEARNING = frozenset({"learningResourceType", "educationalUse", "educationalAlignment"})
"""What makes a work a learning resource, from before there was a type for it (LRMI 1)."""
_WORKS = frozenset({"CreativeWork", "MediaObject", "VideoObject", "Article", "HowTo", "Book"})

_HEADS = ("<!--", "//<![CDATA[", "// <![CDATA[", "/*<![CDATA[*/", "/* <![CDATA[ */", "<![CDATA[")
_TAILS = ("//-->", "-->", "//]]>", "// ]]>", "/*]]>*/", "/* ]]> */", "]]>", ";")
_GAP = re.compile(r"[\s;,]*+")
_STRING = r'"(?:[^"\\]++|\\.)*+(?:"|\Z)'
_COMMENT = re.compile(rf"({_STRING})|//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)", re.DOTALL)
_COMMA = re.compile(rf"({_STRING})|,(?=\s*+[}}\]])", re.DOTALL)


class BrokenBlock(ValueError):
    """A block that cannot be read even with what is mended; the message says why."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block's values. ``mended`` says what had to be mended to read it."""

    values: Sequence[Any]
    mended: str | None = None


def block(text: str) -> Block:
    """Read one block. Raises ``BrokenBlock``."""
    bare = text.strip().lstrip("\ufeff")
    try:
        return Block(_values(bare, strict=True))
    except ValueError as error:
        if len(bare) > MAX_MENDED:
            raise BrokenBlock(f"it is not JSON: {error}") from error
    try:
        return Block(_values(_mended(bare), strict=False), "it is almost JSON, and was mended")
    except ValueError as error:
        raise BrokenBlock(f"it is not JSON: {error}") from error


def _values(text: str, *, strict: bool) -> list[Any]:
    """The values in a text: one, or when ``strict`` is false several after one another."""
    decoder = json.JSONDecoder(strict=strict, parse_constant=lambda _: None)
    try:
        if strict:
            return [storable(decoder.decode(text))]
        values: list[Any] = []
        at = 0
        while at < len(text) and len(values) < MAX_IN_BLOCK:
            value, end = decoder.raw_decode(text, at)
            values.append(storable(value))
            gap = _GAP.match(text, end)
            at = gap.end() if gap else end
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not values or at < len(text):
        raise ValueError(f"it holds nothing, or more than {MAX_IN_BLOCK} values")
    return values


def _mended(text: str) -> str:
    """Without what scripts and editors put around and into JSON."""
    for mark in _HEADS:
        text = text.removeprefix(mark).lstrip()
    for mark in _TAILS:
        text = text.removesuffix(mark).rstrip()
    if re.match(r"[\[{]\s*&(?:quot|#34|#x22);", text):
        text = html.unescape(text)
    without = _COMMENT.sub(lambda found: found[1] or "", text)
    return _COMMA.sub(lambda found: found[1] or "", without).strip()


@dataclass(slots=True)
class Graph:
    """All nodes of a page. ``courses`` are those that are courses of their own."""

    by_id: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    courses: list[Mapping[str, Any]] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)
    """Which of the values each of the courses stands in."""
    language: str | None = None
    cut: bool = False
    """Whether there were more values than are looked at."""


def graph(values: Sequence[Any]) -> Graph:
    """Look at every node once, and find the courses that are no parts of others."""
    found = Graph()
    parts: set[str] = set()
    waiting: list[tuple[Any, int, bool, bool]] = [
        (value, place, False, False) for place, value in reversed(list(enumerate(values)))
    ]
    seen = 0
    while waiting:
        value, origin, inside, offered = waiting.pop()
        seen += 1
        if seen > MAX_VALUES:
            found.cut = True
            break
        if isinstance(value, list):
            waiting += [(one, origin, inside, offered) for one in reversed(value)]
        elif isinstance(value, dict):
            own = is_course(value)
            _note(found, value, inside=inside, parts=parts)
            if own and (offered or not inside):
                found.courses.append(value)
                found.origins.append(origin)
            for key, one in reversed(value.items()):
                if isinstance(one, (dict, list)):
                    within = (inside or own) and key != "@graph"
                    waiting.append((one, origin, within, key == "hasCourse"))
    kept = [
        (one, origin)
        for one, origin in zip(found.courses, found.origins, strict=True)
        if not (is_event(one) and isinstance(one.get("@id"), str) and one["@id"] in parts)
    ]
    found.courses, found.origins = [one for one, _ in kept], [origin for _, origin in kept]
    return found


def _note(found: Graph, node: Mapping[str, Any], *, inside: bool, parts: set[str]) -> None:
    """Remember a node by its id, and that a course refers to it."""
    identity = node.get("@id")
    if isinstance(identity, str):
        if inside and (len(node) == 1 or set(node) <= {"@id", "@type"}):
            parts.add(identity)
        elif len(node) > len(found.by_id.get(identity, ())):
            found.by_id[identity] = node
    context = node.get("@context")
    if isinstance(context, dict) and isinstance(context.get("@language"), str):
        found.language = found.language or context["@language"]


def types(node: Mapping[str, Any]) -> tuple[str, ...]:
    """A node's types without their vocabulary."""
    said = node.get("@type")
    listed = said if isinstance(said, list) else [said]
    return tuple(re.split(r"[/#:]", one)[-1] for one in listed if isinstance(one, str))


def is_event(node: Mapping[str, Any]) -> bool:
    """Whether it takes place: a run, or a course that is known by its runs only."""
    named = types(node)
    return bool(named) and all(
        one in _EVENTS or (one.endswith("Event") and one not in _NO_COURSES) for one in named
    )


def is_course(node: Mapping[str, Any]) -> bool:
    """Whether the node is of a type that this catalogue lists."""
    if set(node) <= {"@id", "@type", "@context"}:
        return False  # a reference
    named = types(node)
    if any(one in COURSES for one in named) or is_event(node):
        return True
    return is_learning(node)


def is_learning(node: Mapping[str, Any]) -> bool:
    """Whether a work of whatever type is described as a learning resource (LRMI)."""
    works = any(one in _WORKS for one in types(node))
    return bool(node.get("learningResourceType")) or (works and not _LEARNING.isdisjoint(node))


def joined(node: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The node with what it refers to in place of the references."""
    followed = 0

    def follow(value: Any, depth: int, path: frozenset[str]) -> Any:
        nonlocal followed
        if isinstance(value, list):
            return [follow(one, depth, path) for one in value]
        if not isinstance(value, dict):
            return value
        if depth == 0:
            return _leaf(value)
        identity = value.get("@id")
        if isinstance(identity, str):
            if identity in path:
                return {"@id": identity}
            if set(value) <= {"@id", "@type"} and identity in by_id and followed < MAX_FOLLOWED:
                followed += 1
                value = by_id[identity]
            path |= {identity}
        return {str(key): follow(one, depth - 1, path) for key, one in value.items()}

    made = follow(node, MAX_DEPTH, frozenset())
    return made if isinstance(made, dict) else {}


def _leaf(node: Mapping[str, Any]) -> dict[str, Any]:
    """A node that is not gone into: what it is and is called."""
    return {key: node[key] for key in ("@type", "@id", "name", "url") if _simple(node.get(key))}


def _simple(value: Any) -> bool:
    return isinstance(value, (str, int, float))


def grouped(courses: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Each course with its dates: events of one name on one page are runs of one course."""
    groups: dict[Any, list[Mapping[str, Any]]] = {}
    alone: Iterator[int] = iter(range(len(courses)))
    for node in sorted(courses, key=is_event):
        name = node.get("name")
        key = " ".join(name.casefold().split()) if isinstance(name, str) and name.strip() else None
        if key is None or (key in groups and not is_event(node)):
            same = key is not None and any(node == one for one in groups[key])
            if not same:
                groups[next(alone)] = [node]
        elif node not in groups.get(key, ()):
            groups.setdefault(key, []).append(node)
    order = {id(node): place for place, node in enumerate(courses)}
    return sorted(groups.values(), key=lambda group: order[id(group[0])])
