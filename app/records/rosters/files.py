"""From the pieces of an uploaded file to its rows: text cells of a table, or JSON objects.

What a file is, is told by its first bytes, never by its name. Rows stream: no more of a file is in
memory than a row needs, but for a workbook, which a child process reads. A file that was cut on its
way is refused, so that it can never look like a shorter roster.
"""

import codecs
import contextlib
import csv
import io
import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from app.platform.problems import Invalid, Unavailable
from app.records.rosters.columns import score
from app.records.rosters.model import Format
from app.records.rosters.workbook import END

Pieces = Callable[[], Iterator[bytes]]
"""Gives the file from its beginning, each time anew."""
NumberedCells = tuple[int, Sequence[str]]

DELIMITERS = ",;\t|"
MAX_ROW = 256 * 1024
"""Characters of one row, of whatever kind."""
MAX_LINES = 2_000_000
"""Lines of a CSV file, empty ones too: many times what the rows of a roster need."""
_READER = Path(__file__).with_name("workbook.py")
_PATIENCE = 180.0
_CHILDREN = threading.BoundedSemaphore(2)
"""A small workbook may need all the memory that a child may take; so few are read at once."""
_TURN = 5.0
_LOOKED_AT = 20
_HEAD = 100_000
_SENTINEL = "the-end-of-the-file"
_WEB_PAGE = re.compile(rb"(?i)\s*<(?:!doctype\s+html|html|head|body|\?xml)\b")
_SPACE = re.compile(r"\s*")


class Unreadable(Invalid):
    """The file cannot be read as a roster; the message says what mends it."""

    code = "roster-unreadable"


def sniff(head: bytes) -> Format:
    """What a file is. Raises ``Unreadable``."""
    text = head.removeprefix(codecs.BOM_UTF8)
    if not text.strip():
        raise Unreadable("The file is empty.")
    if _WEB_PAGE.match(text):
        raise Unreadable("A web page came where a file of rows was expected.")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return Format.XLSX
    if text.lstrip()[:1] in {b"[", b"{"}:
        return Format.JSON
    if head.startswith(b"%PDF"):
        raise Unreadable("A PDF cannot be read; save the table as XLSX or CSV.")
    return Format.CSV


def table_rows(pieces: Pieces, kind: Format) -> Iterator[NumberedCells]:
    """The rows of a table that hold anything, with the numbers that a person sees beside them."""
    rows = _workbook(pieces) if kind is Format.XLSX else _csv(pieces)
    return ((number, cells) for number, cells in rows if any(cells))


def json_objects(pieces: Pieces) -> Iterator[tuple[int, Any]]:
    """The values of a JSON array, or of one JSON value after another (NDJSON), from 1."""
    text = _text(pieces, "utf-8-sig")
    decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
    buffer, number, in_array, separated = "", 0, None, True
    while True:
        buffer = buffer[_skip(buffer) :]
        while not buffer and (more := _more(text)):
            buffer = more[_skip(more) :]
        if not buffer:
            if in_array:
                raise Unreadable("The file is cut: its JSON array is not closed.")
            return
        if in_array is None:
            in_array = buffer[0] == "["
            buffer = buffer[in_array:]
            continue
        if in_array and buffer[0] in "],":
            if buffer[0] == "]":
                _refuse_rest(chain([buffer[1:]], iter(partial(_more, text), "")))
                return
            buffer, separated = buffer[1:], True
            continue
        if in_array and not separated:
            raise Unreadable(f"A comma is missing after number {number} of the JSON array.")
        value, buffer = _value(decoder, buffer, text, number + 1)
        number, separated = number + 1, False
        yield number, value


def _value(
    decoder: json.JSONDecoder, buffer: str, text: io.TextIOBase, number: int
) -> tuple[Any, str]:
    """The next value of a JSON text, and what follows it; reads on as far as it must."""
    while True:
        try:
            value, end = decoder.raw_decode(buffer)
        except (ValueError, RecursionError) as error:
            more = _more(text) if len(buffer) < MAX_ROW else ""
            if not more:
                raise Unreadable(f"Number {number} is cut, or is not JSON: {error}.") from error
            buffer += more
        else:
            return value, buffer[end:]


def _csv(pieces: Pieces) -> Iterator[NumberedCells]:
    encoding = _encoding(pieces)
    text = _text(pieces, encoding)
    head = _more(text)
    delimiter = max(DELIMITERS, key=lambda sign: _looks(head, sign))
    taken = _Taken()
    # A last row of our own comes back unharmed only if no quoted cell is still open before it.
    lines = chain(taken.noting(_lines(head, text)), ["\n", f"{_SENTINEL}\n"])
    reader = csv.reader(lines, delimiter=delimiter)
    start, width = 1, 0
    held: NumberedCells | None = None  # the row before, until it is known not to be the last
    try:
        for cells in reader:
            row = (start, tuple(cell.replace("\x00", "").strip() for cell in cells))
            start, taken.of_row = reader.line_num + 1, 0
            if not any(row[1]):
                continue
            if held is not None:
                if row[1] == (_SENTINEL,) and len(held[1]) < width and not taken.whole:
                    raise Unreadable("The file is cut: its last row lacks cells and its line end.")
                yield held
                width = max(width, len(held[1]))
            held = row
    except csv.Error as error:
        raise Unreadable(
            f"Row {start} cannot be read ({error}); look for a quote that is not closed."
        ) from error
    except UnicodeError as error:
        raise Unreadable(f"The file is cut, or not the text it begins as: {error}.") from error
    if held is None or held[1] != (_SENTINEL,):
        raise Unreadable("The file is cut: a quoted cell is not closed before its end.")


@dataclass(slots=True)
class _Taken:
    """What was taken of a CSV file's lines; refuses what no row of a roster can need."""

    whole: bool = True
    """Whether the line taken last has its end."""
    of_row: int = 0
    """Characters since the row before."""

    def noting(self, lines: Iterable[str]) -> Iterator[str]:
        for number, line in enumerate(lines, start=1):
            if line:  # after the last line end there is nothing, and that is no line
                self.whole = line.endswith("\n")
            self.of_row += len(line)
            if self.of_row > MAX_ROW:
                raise Unreadable(f"The row that ends in line {number} is too long to be one.")
            if number > MAX_LINES:
                raise Unreadable(f"The file has more than {MAX_LINES} lines; divide it.")
            yield line


def _lines(head: str, text: io.TextIOBase) -> Iterator[str]:
    """The lines of a text of which the head was read already; nothing but a line feed ends one.

    One that is longer than a row may be comes in parts.
    """
    *whole, open_line = head.split("\n")
    yield from (f"{line}\n" for line in whole)
    yield open_line + text.readline(MAX_ROW)
    yield from iter(partial(text.readline, MAX_ROW), "")


def _looks(head: str, delimiter: str) -> tuple[int, int]:
    """How much like a roster the beginning is: best header, then widest row."""
    best = widest = 0
    try:
        rows = csv.reader(io.StringIO(head), delimiter=delimiter)
        for _, cells in zip(range(_LOOKED_AT), rows, strict=False):
            best, widest = max(best, score(cells)), max(widest, len(cells))
    except csv.Error:
        return best, 0
    return best, widest


def _encoding(pieces: Pieces) -> str:
    """By the mark at the beginning, else UTF-8 if all of it is, else the likelier of two others."""
    head = _head(pieces)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\x00" in head[:64]:
        return "utf-16-be" if head[0] == 0 else "utf-16-le"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in pieces():
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "gb18030" if _looks_chinese(head) else "cp1252"
    return "utf-8"


def _head(pieces: Pieces) -> bytes:
    """The beginning of a file, however it was cut into pieces."""
    head = bytearray()
    for piece in pieces():
        head += piece
        if len(head) >= _HEAD:
            break
    return bytes(head)


def _looks_chinese(head: bytes) -> bool:
    """In GB text bytes above 127 come in pairs; in one-byte encodings half the runs are odd."""
    runs = re.findall(rb"[\x81-\xfe]+", head)
    return len(runs) > 0 and sum(len(run) % 2 == 0 for run in runs) >= 0.9 * len(runs)


class _Stream(io.RawIOBase):
    """Pieces of a file as a stream of bytes."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)


def _text(pieces: Pieces, encoding: str) -> io.TextIOWrapper:
    """The file as text; every kind of line end is one."""
    return io.TextIOWrapper(io.BufferedReader(_Stream(pieces())), encoding=encoding)


def _more(text: io.TextIOBase) -> str:
    try:
        return text.read(64 * 1024)
    except UnicodeError as error:
        raise Unreadable(f"The file is cut, or not the text it begins as: {error}.") from error


def _skip(text: str) -> int:
    match = _SPACE.match(text)
    return match.end() if match else 0


def _refuse_rest(rest: Iterable[str]) -> None:
    if any(_skip(part) < len(part) for part in rest):
        raise Unreadable("Something follows after the end of the JSON array.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def _constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _workbook(pieces: Pieces) -> Iterator[NumberedCells]:
    """The rows of a workbook's first sheet, read by a child process under limits."""
    if not _CHILDREN.acquire(timeout=_TURN):
        raise Unavailable("Too many workbooks are being read at once; try again in a while.")
    try:
        yield from _read_by_child(pieces)
    finally:
        _CHILDREN.release()


def _read_by_child(pieces: Pieces) -> Iterator[NumberedCells]:
    command = [sys.executable, "-I", str(_READER)]
    child = subprocess.Popen(  # noqa: S603 - our own script, without arguments
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    patience = threading.Timer(_PATIENCE, child.kill)
    patience.start()
    try:
        yield from _told_by(child, pieces)
    finally:
        patience.cancel()
        child.kill()
        for pipe in (child.stdin, child.stdout):
            with contextlib.suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()
        child.wait()


def _told_by(child: "subprocess.Popen[bytes]", pieces: Pieces) -> Iterator[NumberedCells]:
    if child.stdin is None or child.stdout is None:
        raise ValueError("the child was started without pipes")
    with contextlib.suppress(BrokenPipeError):  # it ended before it had read all: told below
        for piece in pieces():
            child.stdin.write(piece)
        child.stdin.close()
    for line in child.stdout:
        number, cells = json.loads(line)
        if cells == END:
            return
        yield number, cells
    raise Unreadable("The workbook is cut, broken, or holds more than can be read.")
