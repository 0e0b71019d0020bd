"""From the bytes of a JSON document, or of JSON Lines, to its items one after the other.

A document is walked twice. The first walk checks that it is whole and remembers where each item
begins; the second gives the items. So nothing is taken from a cut document, each item comes with
its line, and no more than one item is held at a time, however many there are.

JSON is RFC 8259, in UTF-8, or what the server or the configuration says; what Python's pandas
writes as NaN counts as null, and that is told. JSON Lines has one value in a line.
"""

import json
import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import NoneType
from typing import Any

from connectors.contract import Fetched, SourceMisconfigured, SourceUnavailable, storable

Warnings = list[tuple[str, str]]

_SPACE = re.compile(r"[ \t\r\n\x1e]*")  # RFC 7464 puts 0x1E before each text
_WEB_PAGE = re.compile(r"(?i)\s*<(?:!doctype|html|head|body|\?xml)\b")
_LINES = ("ndjson", "jsonl", "json-seq", "jsonlines")
_FIRST_OF_MANY = re.compile(r"[ \x1e]*\{[^\n]*\}[ \t\r]*\n[\s\x1e]*\{")
_NUMBERED = re.compile(r"""\{\s*"\d+"\s*:\s*\{""")
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Broken:
    """A line of JSON Lines that is no JSON."""

    text: str
    reason: str


@dataclass(slots=True)
class Document:
    """A whole document: ``rest`` is everything but its list of items."""

    text: str
    rest: Any = None
    starts: "array[int]" = field(default_factory=lambda: array("Q"))
    lines: bool = False
    """Whether it is JSON Lines."""

    def items(self) -> Iterator[tuple[int, Any]]:
        """Each item with the line that it begins in."""
        decoder, line, place = _decoder(lambda _: None), 1, 0
        for start in self.starts:
            line += self.text.count("\n", place, start)
            place = start
            yield line, self._item(decoder, start)

    def item(self, place: int) -> Any:
        """The item at this place of the list."""
        return self._item(_decoder(lambda _: None), self.starts[place])

    def _item(self, decoder: json.JSONDecoder, start: int) -> Any:
        if self.lines:
            end = self.text.find("\n", start)
            one = self.text[start : end if end >= 0 else len(self.text)].strip()
            try:
                value, used = decoder.raw_decode(one)
                if one[used:].strip():
                    raise ValueError(f"something follows the value: {one[used:][:40]!r}")
            except (ValueError, RecursionError) as error:
                return Broken(one[:10_000], str(error))
            return storable(value) if "\\u" in one else value
        value, end = decoder.raw_decode(self.text, start)
        return storable(value) if self.text.find("\\u", start, end) >= 0 else value


class Shape(StrEnum):
    """What holds the items."""

    LIST = "list"
    MEMBERS = "members"  # the values of an object's members
    ONE = "one"  # the document is the one item


@dataclass(frozen=True, slots=True)
class How:
    """How to read a document: ``names`` lead to what holds the items."""

    names: tuple[str, ...] = ()
    shape: Shape = Shape.LIST
    encoding: str | None = None
    lines: bool | None = None
    """Whether it is JSON Lines; ``None`` when that is to be seen from it."""


def read(fetched: Fetched, how: How, *, warnings: Warnings) -> Document:
    """Take a document apart.

    Raises ``SourceUnavailable`` for a cut document, ``SourceMisconfigured`` for one that is no JSON
    or has no list there.
    """
    where = fetched.url
    text = _decoded(fetched, how.encoding)
    if not text.strip():
        raise SourceUnavailable(f"{where}: the answer is empty")
    if _WEB_PAGE.match(text[:2000]):
        raise SourceMisconfigured(f"{where}: a web page or XML came where JSON was expected")
    try:
        if how.lines or (how.lines is None and _says_lines(fetched)):
            return _by_lines(text, where)
        return _walked(text, how, where=where, warnings=warnings)
    except json.JSONDecodeError as error:
        raise _trouble(where, text, error) from error
    except RecursionError as error:
        raise SourceMisconfigured(f"{where}: the JSON is nested too deeply") from error


def _says_lines(fetched: Fetched) -> bool:
    told = fetched.headers.get("content-type", "").lower()
    name = fetched.url.partition("?")[0].lower()
    return any(one in told for one in _LINES) or name.endswith((".jsonl", ".ndjson"))


def _walked(text: str, how: How, *, where: str, warnings: Warnings) -> Document:
    nans: list[str] = []
    if how.lines is None and _FIRST_OF_MANY.match(text) and _is_whole(text.split("\n", 1)[0]):
        return _by_lines(text, where)
    document, end = _Walk(text, _decoder(nans.append), where, how.shape).document(how.names)
    following = text[_after_space(text, end) :][:200]
    if following:
        told = f"something stands after the end of the JSON: {following[:60]!r}"
        warnings.append(("W-JSON-TRAILING", told))
    if nans:
        told = f"NaN or Infinity stands {len(nans)} times in it, which is not JSON; read as null"
        warnings.append(("W-JSON-NAN", told))
    return document


def _by_lines(text: str, where: str) -> Document:
    """JSON Lines; a broken line in the middle is an item, a broken last one is a cut."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x1e", " ")
    document = Document(text, rest={}, lines=True)
    place = 0
    while place < len(text):
        end = text.find("\n", place)
        end = len(text) if end < 0 else end
        if text[place:end].strip():
            document.starts.append(place)
        place = end + 1
    if not text.endswith("\n"):
        last = document.item(len(document.starts) - 1)
        if isinstance(last, Broken):
            raise SourceUnavailable(f"{where}: the file is cut in its last line: {last.reason}")
    return document


class _Walk:
    """The first walk over a document."""

    def __init__(self, text: str, decoder: json.JSONDecoder, where: str, shape: Shape) -> None:
        self._text = text
        self._decoder = decoder
        self._where = where
        self._shape = shape
        self._found = Document(text)
        self._place = 0

    def document(self, names: Sequence[str]) -> tuple[Document, int]:
        self._found.rest, end = self._value(_after_space(self._text, 0), tuple(names), ())
        return self._found, end

    def _value(
        self, place: int, names: tuple[str, ...] | None, been: tuple[str, ...]
    ) -> tuple[Any, int]:
        """One value and its end; ``names`` is what still leads to the items, ``None`` beside it."""
        sign = self._text[place : place + 1]
        if names is None:
            return self._decoder.raw_decode(self._text, place)
        if not names and self._shape is Shape.ONE:
            self._found.starts.append(place)
            return {}, self._decoder.raw_decode(self._text, place)[1]
        if not names and sign == "[":
            return self._list(place)
        if sign == "{":
            if names:
                return self._object(place, names, been)
            if self._shape is Shape.MEMBERS or self._is_numbered(place):
                return self._members(place)
        value, _ = self._decoder.raw_decode(self._text, place)
        here = f"`{'.'.join(been)}`" if been else "the document"
        raise SourceMisconfigured(
            f"{self._where}: {here} is no list of items, but {_kind(value)}; say with "
            f"`items` where the list is{_lists(value)}"
        )

    def _is_numbered(self, place: int) -> bool:
        """Whether it is a list from which PHP took items away: {"0": ..., "2": ...}."""
        return _NUMBERED.match(self._text, place) is not None

    def _object(
        self, place: int, names: tuple[str, ...], been: tuple[str, ...]
    ) -> tuple[dict[str, Any], int]:
        rest: dict[str, Any] = {}
        here, found = names[0], False
        for key, start in self._keys(place):
            leads = key == here
            found |= leads
            following = names[1:] if leads else None
            rest[key], self._place = self._value(start, following, (*been, key))
        if not found:
            path = ".".join((*been, *names))
            raise SourceMisconfigured(
                f"{self._where}: nothing is at `{path}`, where `items` says the list is; there is "
                f"{_kind(rest)}{_lists(rest)}"
            )
        return storable(rest), self._place

    def _members(self, place: int) -> tuple[dict[str, Any], int]:
        """An object whose members are the items."""
        self._place = place + 1
        for _, start in self._keys(place):
            self._found.starts.append(start)
            _, self._place = self._decoder.raw_decode(self._text, start)
        return {}, self._place

    def _keys(self, place: int) -> Iterator[tuple[str, int]]:
        """Each key of an object with the place of its value; the caller says where that ends."""
        self._place = _after_space(self._text, place + 1)
        if self._text[self._place : self._place + 1] == "}":
            self._place += 1
            return
        while True:
            self._expect('"')
            key, end = self._decoder.raw_decode(self._text, self._place)
            self._place = _after_space(self._text, end)
            self._expect(":")
            yield key, _after_space(self._text, self._place + 1)
            if self._ends("}"):
                return

    def _list(self, place: int) -> tuple[list[Any], int]:
        self._place = _after_space(self._text, place + 1)
        if self._text[self._place : self._place + 1] == "]":
            return [], self._place + 1
        while True:
            self._found.starts.append(self._place)
            _, self._place = self._decoder.raw_decode(self._text, self._place)
            if self._ends("]"):
                return [], self._place

    def _ends(self, closing: str) -> bool:
        """Go past a comma to what follows, or past the end."""
        self._place = _after_space(self._text, self._place)
        if self._text[self._place : self._place + 1] == closing:
            self._place += 1
            return True
        self._expect(",")
        self._place = _after_space(self._text, self._place + 1)
        return False

    def _expect(self, sign: str) -> None:
        if self._text[self._place : self._place + 1] != sign:
            raise json.JSONDecodeError(f"Expecting {sign!r}", self._text, self._place)


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return f"an object of {', '.join(map(repr, list(value)[:20])) or 'nothing'}"
    return {list: "a list", str: "a text", bool: "true or false", NoneType: "null"}.get(
        type(value), "a number"
    )


def _lists(value: Any) -> str:
    """Where lists are after all, to be offered."""
    members = value.items() if isinstance(value, dict) else ()
    there = [f"`{name}`" for name, one in members if isinstance(one, list)]
    there += [
        f"`{name}.{inner}`"
        for name, one in members
        if isinstance(one, dict)
        for inner, deep in one.items()
        if isinstance(deep, list)
    ]
    return f" (lists: {', '.join(there[:20])})" if there else ""


def _is_whole(line: str) -> bool:
    try:
        json.loads(line.strip(" \t\r\x1e"))
    except (ValueError, RecursionError):
        return False
    return True


def _decoder(on_constant: Any) -> json.JSONDecoder:
    return json.JSONDecoder(parse_constant=on_constant)


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _decoded(fetched: Fetched, encoding: str | None) -> str:
    body, where = fetched.body, fetched.url
    named = _named(fetched.headers)
    for name in dict.fromkeys((encoding or json.detect_encoding(body), named)):
        if name is None:
            continue
        try:
            return body.decode(name).removeprefix("\ufeff")
        except LookupError as error:
            if name == encoding:
                raise SourceMisconfigured(f"{where}: no encoding is called {name!r}") from error
        except UnicodeDecodeError as error:
            trouble = error
    if trouble.end >= len(body):
        raise SourceUnavailable(f"{where}: the answer is cut within a character") from trouble
    raise SourceMisconfigured(
        f"{where}: not {trouble.encoding} at byte {trouble.start}; say its `encoding`"
    )


def _named(headers: Mapping[str, str]) -> str | None:
    found = _CHARSET.search(headers.get("content-type", ""))
    return found[1].lower() if found else None


def _trouble(
    where: str, text: str, error: json.JSONDecodeError
) -> SourceUnavailable | SourceMisconfigured:
    """A document that stops is cut; one that goes on after the fault is broken."""
    told = f"{where}: line {error.lineno}, column {error.colno}: {error.msg}"
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
        return SourceUnavailable(f"{told}; the JSON is cut")
    return SourceMisconfigured(f"{told}; the answer is not JSON there")
