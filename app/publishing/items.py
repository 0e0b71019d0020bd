"""Taking a bulk body apart: where each item stands in it, and what it says.

A body is a JSON array, or one JSON object on each line (NDJSON). It is taken apart without being
understood, so that an item that cannot be read spoils no other: each is read by itself, strictly,
when its turn has come. Memory stays flat: what is kept is where the items are.
"""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError

from app.platform.problems import DomainError, FieldProblem, Invalid
from app.publishing import documents, wire
from app.publishing.model import Document
from app.publishing.rules import sound_id

MOST_ITEMS = 10_000
_PIECE = 64 * 1024
_BLANK = b" \t\r\n"
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*")
_WIDEST_ITEM = 4 * documents.MOST_BYTES
"""Characters of one item of an array before the search for its end is given up."""


class TooManyItems(Invalid):
    """The batch is longer than one may be."""

    code = "too-many-items"


class BatchUnreadable(DomainError):
    """The body is not an array whose items can be told apart."""

    code = "json-malformed"


class DuplicateItem(Invalid):
    """Two items of one batch have the same id; the first one counts."""

    code = "duplicate-in-batch"


@dataclass(frozen=True, slots=True)
class Items:
    """The items of one body: a file, and for each item where it begins and how long it is."""

    file: BinaryIO
    places: tuple[tuple[int, int], ...]

    def read(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """The items from ``start`` to before ``end``, each with its place."""
        for index, (offset, length) in enumerate(self.places[start:end], start=start):
            self.file.seek(offset)
            yield index, self.file.read(min(length, documents.MOST_BYTES + 1))


class BatchItemIn(BaseModel):
    """One item of a batch: a course, or the wish to withdraw one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    remote_id: StrictStr = Field(examples=["C-101"], description="Your own id of the course.")
    course: Annotated[dict[str, Any], Field(description="As in PUT.")] | None = None
    delete: Literal[True] | None = Field(None, description="Withdraw it, in place of `course`.")
    if_match: StrictStr | None = Field(
        None, max_length=1000, description="The `etag` of the version that is to be changed."
    )


@dataclass(frozen=True, slots=True)
class Item:
    """What one item asks for: ``document`` is ``None`` when the course is to be withdrawn."""

    remote_id: str
    document: Document | None
    if_match: str | None


def split(body: BinaryIO, *, array: bool, spare: BinaryIO) -> Items:
    """Tell the items apart; those of an array are copied to ``spare``, one behind the other.

    Raises ``TooManyItems``, ``BatchUnreadable``, ``Invalid`` for none.
    """
    items = _in_array(body, spare) if array else _in_lines(body)
    if not items.places:
        raise Invalid("Send at least one item.")
    return items


def understood(untrusted: bytes) -> Item:
    """One item. Raises a ``DomainError`` that says what is wrong with it."""
    value = documents.read(untrusted)
    try:
        item = BatchItemIn.model_validate(value)
    except ValidationError as error:
        fields = wire.field_problems(error)
        raise Invalid("The item does not fit its description.", fields=fields) from error
    if not sound_id(item.remote_id):
        mend = "Use 1 to 500 printable characters, without blanks around them."
        raise Invalid(
            "The item's id cannot be used.",
            fields=[FieldProblem("/remote_id", "id-unusable", mend)],
        )
    if (item.course is None) == (item.delete is None):
        raise Invalid(
            "The item asks for nothing, or for two things.",
            fields=[FieldProblem("/course", "course-or-delete", "Give `course` or `delete`.")],
        )
    document = None if item.course is None else wire.course(item.course)
    return Item(item.remote_id, document, item.if_match)


def id_of(untrusted: bytes) -> str | None:
    """The id of an item that was refused, if it can be made out."""
    try:
        value = documents.read(untrusted)
    except documents.Unreadable:
        return None
    told = value.get("remote_id") if isinstance(value, dict) else None
    return told if isinstance(told, str) and sound_id(told) else None


def _in_lines(body: BinaryIO) -> Items:
    places: list[tuple[int, int]] = []
    offset = begin = 0
    empty = True
    for piece in iter(lambda: body.read(_PIECE), b""):
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            empty = empty and not piece[start:end].strip(_BLANK)
            if not empty:
                _add(places, begin, offset + end - begin)
            start, begin, empty = end + 1, offset + end + 1, True
        empty = empty and not piece[start:].strip(_BLANK)
        offset += len(piece)
    if not empty:
        _add(places, begin, offset - begin)
    return Items(body, tuple(places))


def _in_array(body: BinaryIO, copy: BinaryIO) -> Items:
    text = io.TextIOWrapper(body, encoding="utf-8", newline="")
    places: list[tuple[int, int]] = []
    try:
        for item in _array_items(text):
            data = item.encode()
            _add(places, copy.tell(), len(data))
            copy.write(data)
    except UnicodeError as error:
        raise BatchUnreadable("The body is not valid UTF-8 throughout.") from error
    finally:
        text.detach()
    return Items(copy, tuple(places))


# Numbers are not made of their digits: that of a million digits would take minutes.
_ENDS = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def _array_items(text: io.TextIOBase) -> Iterator[str]:
    """The source text of each item. Raises ``BatchUnreadable`` where the array breaks off."""
    held = _skipped("", text)
    if not held.startswith("["):
        raise BatchUnreadable("Send a JSON array of items; or NDJSON, and say so in Content-Type.")
    held, number = _skipped(held[1:], text), 0
    if held.startswith("]"):
        _refuse_rest(held[1:], text)
        return
    while True:
        item, held = _item(held, text, number)
        yield item
        number += 1
        held = _skipped(held, text)
        if held.startswith("]"):
            _refuse_rest(held[1:], text)
            return
        if not held.startswith(","):
            raise BatchUnreadable(f"After item {number - 1} a comma or the array's end is missing.")
        held = _skipped(held[1:], text)


def _item(held: str, text: io.TextIOBase, number: int) -> tuple[str, str]:
    """The next item, and what follows it; reads on as far as it must."""
    size = _PIECE
    while True:
        end: int | None = None
        reason = "it is not closed"
        try:
            _, end = _ENDS.raw_decode(held)
        except RecursionError:  # refused when its turn has come
            end = _end_by_brackets(held)
        except ValueError as error:
            reason = str(error)
        if end is not None:
            return held[:end], held[end:]
        if len(held) > _WIDEST_ITEM:
            raise BatchUnreadable(f"Item {number} has no end within {_WIDEST_ITEM} characters.")
        more = text.read(size)
        if not more:
            raise BatchUnreadable(f"Item {number} is cut, or is not JSON: {reason}.")
        held += more
        size *= 2  # an item is tried again each time, so the pieces grow


def _end_by_brackets(held: str) -> int | None:
    """Where an item that is too deep to be parsed ends; ``None`` when that is not in sight."""
    depth = 0
    for found in _BRACKETS.finditer(held):
        sign = found[0][0]
        depth += (sign in "[{") - (sign in "]}")
        if depth == 0:
            return found.end()
    return None


def _skipped(held: str, text: io.TextIOBase) -> str:
    """``held`` from its first sign that is no blank; reads on when there is none."""
    while True:
        found = _SPACE.match(held)
        held = held[found.end() :] if found else held
        if held:
            return held
        held = text.read(_PIECE)
        if not held:
            return ""


def _refuse_rest(held: str, text: io.TextIOBase) -> None:
    if _skipped(held, text):
        raise BatchUnreadable("Something follows the end of the array.")


def _add(places: list[tuple[int, int]], offset: int, length: int) -> None:
    if len(places) >= MOST_ITEMS:
        raise TooManyItems(f"A batch has up to {MOST_ITEMS} items; send the rest in another.")
    places.append((offset, length))
