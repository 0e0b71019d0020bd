"""From the bytes of a CSV, XLSX or legacy XLS file, or a list of links, to rows of text.

What the file is, is told by its first bytes, never by its name. A cut file is refused, so that it
can never look like a shorter catalogue. Workbooks are measured before they are opened: a small
archive may stand for a sheet of a billion cells. Which row is the header is not decided here.
"""

import csv
import io
import json
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from connectors import encodings
from connectors.contract import SourceMisconfigured, SourceUnavailable
from connectors.table import link_lists

MAX_UNPACKED = 200 * 1024 * 1024
MAX_CELLS = 5_000_000
MAX_SECONDS = 120
MAX_BROKEN = 100
"""Rows with broken quotes; each is read anew."""
MAX_COLUMNS = 16_384
MAX_SHEETS = 20
DELIMITERS = ",;\t|"

_READER = Path(__file__).with_name("workbook.py")
_LOOKED_AT = 20  # rows, when the delimiter is guessed
_CELL = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_WEB_PAGE = re.compile(rb"(?i)\s*<(?:!doctype\s+html|html|head|body)\b")

_BROKEN_ZIP = (BadZipFile, EOFError, OSError, RuntimeError, ValueError, KeyError, IndexError,
               OverflowError, struct.error, zlib.error)  # fmt: skip
"""What zipfile raises on damaged archives; each was met in trials."""

Warnings = list[tuple[str, str]]
Score = Callable[[Sequence[str]], int]


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``number`` is what a person sees beside it (a line or a sheet's row, from 1)."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class How:
    """How to read a file, where it is not to be guessed."""

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


def read(body: bytes, *, where: str, how: How, score: Score, warnings: Warnings) -> list[Row]:
    """All rows that hold anything. ``score`` says how much a row looks like a header.

    Raises ``SourceUnavailable`` for a cut file, ``SourceMisconfigured`` for one that is no table.
    """
    if not body.strip():
        raise SourceUnavailable(f"{where}: the file is empty")
    if _WEB_PAGE.match(body.removeprefix(b"\xef\xbb\xbf")):
        raise SourceMisconfigured(f"{where}: a web page came where a table was expected")
    if body.startswith(b"PK\x03\x04"):
        _measure(body, where)
        rows = _best_sheet(body, where, how.sheet, score, warnings)
    elif body.startswith(b"\xd0\xcf\x11\xe0"):
        rows = _best_sheet(body, where, how.sheet, score, warnings)
    else:
        text = _decoded(body, where, how.encoding, warnings)
        is_links = how.delimiter is None and link_lists.is_one(text)
        rows = _links(text, where) if is_links else _csv(text, where, how, score, warnings)
    filled = [row for row in rows if any(row.cells)]
    if any(len(row.cells) > MAX_COLUMNS for row in filled):
        raise SourceMisconfigured(f"{where}: there are over {MAX_COLUMNS} columns")
    if not filled:
        raise SourceUnavailable(f"{where}: the file is empty")
    return filled


def _links(text: str, where: str) -> list[Row]:
    if link_lists.is_cut(text):
        raise SourceUnavailable(f"{where}: the file is cut: its last link is not whole")
    return [Row(number, cells) for number, cells in link_lists.rows(text)]


def _csv(text: str, where: str, how: How, score: Score, warnings: Warnings) -> list[Row]:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    delimiter = how.delimiter or max(DELIMITERS, key=lambda sign: _looks(text, sign, score))
    rows: list[Row] = []
    stream = io.StringIO(text)
    reader, before, start, place = csv.reader(stream, delimiter=delimiter, strict=True), 0, 1, 0
    broken: list[int] = []
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if not _is_stray_quote(error):
                raise _unreadable(where, start, error) from error
            broken.append(start)
            if len(broken) > MAX_BROKEN:
                told = (
                    f"{where}: over {MAX_BROKEN} rows have broken quotes, the first is {broken[0]}"
                )
                raise SourceMisconfigured(told) from error
            stream.seek(place)
            cells = _mended(
                stream.readline().rstrip("\n"), delimiter, len(rows[-1].cells) if rows else 0
            )
            reader, before = csv.reader(stream, delimiter=delimiter, strict=True), start
        rows.append(Row(start, tuple(cell.strip() for cell in cells)))
        start, place = before + reader.line_num + 1, stream.tell()
    if broken:
        listed = ", ".join(map(str, broken[:20]))
        told = f"a quote stands alone in row {listed}; read as a letter: write it twice"
        warnings.append(("W-QUOTE-BROKEN", told))
    _refuse_cut_last_row(text, rows, where)
    return rows


def _is_stray_quote(error: csv.Error) -> bool:
    """Whether a cell goes on after its closing quote, so that the quote was none."""
    return "expected after" in str(error)


def _unreadable(where: str, row: int, error: csv.Error) -> SourceUnavailable | SourceMisconfigured:
    if "unexpected end" in str(error):
        return SourceUnavailable(
            f"{where}: the quoted cell that begins in row {row} is not closed: the file is cut, or "
            "the quote is to be written twice"
        )
    return SourceMisconfigured(
        f"{where}: row {row} cannot be read ({error}); look for a quote that is not closed"
    )


def _mended(line: str, delimiter: str, width: int) -> list[str]:
    """The cells of a line whose quotes are broken: as the table's width says."""
    plain = next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
    lenient = next(csv.reader([line], delimiter=delimiter), [])
    if len(lenient) == width != len(plain):
        return lenient
    return [_unquoted(cell.strip()) for cell in plain]


def _unquoted(cell: str) -> str:
    quoted = len(cell) > 1 and cell[0] == cell[-1] == '"'
    return cell[1:-1].replace('""', '"') if quoted else cell


def _looks(text: str, delimiter: str, score: Score) -> tuple[int, int]:
    """How much like a table the beginning is: best header, then widest row."""
    head = io.StringIO("\n".join(text.split("\n", 200)[:200]))
    best = widest = 0
    try:
        for _, cells in zip(range(_LOOKED_AT), csv.reader(head, delimiter=delimiter), strict=False):
            best, widest = max(best, score(cells)), max(widest, len(cells))
    except csv.Error:
        return best, 0
    return best, widest


def _refuse_cut_last_row(text: str, rows: Sequence[Row], where: str) -> None:
    """A last row that alone is short, with no end of line, was cut on its way."""
    widths = [len(row.cells) for row in rows if any(row.cells)]
    if len(widths) < 3 or text.endswith("\n"):
        return
    *others, last = widths
    if len(set(others)) == 1 and last < others[0]:
        raise SourceUnavailable(
            f"{where}: the file is cut: its last row has {last} of {others[0]} columns"
        )


def _decoded(body: bytes, where: str, encoding: str | None, warnings: Warnings) -> str:
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"),
                       (b"\xfe\xff", "utf-16")):  # fmt: skip
        if body.startswith(mark):
            return _strictly(body, name, where)
    if encoding is not None:
        return _strictly(body, encoding, where)
    wide = encodings.utf_16(body)
    if wide is not None:
        return _strictly(body, wide, where)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        text, guess = encodings.guessed(body)
        warnings.append(
            ("W-ENCODING-GUESSED", f"not UTF-8; read as {guess}: say it with `encoding`")
        )
        return text


def _strictly(body: bytes, encoding: str, where: str) -> str:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceUnavailable(f"{where}: cut, or not {encoding}: {error}") from error
    except LookupError as error:
        raise SourceMisconfigured(f"{where}: no encoding is called {encoding!r}") from error


def _measure(body: bytes, where: str) -> None:
    """Refuse archives that are cut, that are not XLSX, or that unfold into too much."""
    try:
        with ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()
            if "xl/workbook.xml" not in names or {"xl/workbook.bin", "content.xml"} & set(names):
                raise SourceMisconfigured(f"{where}: not XLSX; save the table as XLSX or CSV")
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                raise SourceMisconfigured(f"{where}: the workbook is too large")
            for name in names:
                content = archive.read(name)  # checks the CRC of each
                if name.startswith("xl/worksheets/") and _cells(content) > MAX_CELLS:
                    raise SourceMisconfigured(
                        f"{where}: {name} spans over {MAX_CELLS} cells; delete what is far outside"
                    )
    except _BROKEN_ZIP as error:
        raise SourceUnavailable(f"{where}: the workbook is cut or broken: {error}") from error


def _cells(sheet: bytes) -> int:
    columns = rows = 0
    for found in _CELL.finditer(sheet):
        column = 0
        for letter in found[1]:
            column = column * 26 + letter - 64
        columns, rows = max(columns, column), max(rows, int(found[2]))
    return columns * rows


def _best_sheet(
    body: bytes, where: str, wanted: str | None, score: Score, warnings: Warnings
) -> list[Row]:
    """The rows of the sheet that is named, else of the first that has a header."""
    rows, name, others = _sheet(body, where, wanted)
    if wanted is not None or not others:
        return rows
    if not _has_header(rows, score):
        for other in others[:MAX_SHEETS]:
            found, _, _ = _sheet(body, where, other)
            if _has_header(found, score):
                rows, others, name = found, [name, *(one for one in others if one != other)], other
                break
    left = ", ".join(map(repr, others[:20]))
    told = f"the sheet {name!r} was read, and not {left}; say it with `sheet`"
    warnings.append(("W-SHEETS-LEFT", told))
    return rows


def _has_header(rows: Sequence[Row], score: Score) -> bool:
    filled = [row for row in rows[:200] if any(row.cells)][:_LOOKED_AT]
    return any(score(row.cells) > 0 for row in filled)


def _sheet(body: bytes, where: str, wanted: str | None) -> tuple[list[Row], str, list[str]]:
    """A sheet's rows, its name and the others, read by a child process (``workbook``)."""
    command = [sys.executable, "-I", str(_READER), wanted or ""]
    try:
        done = subprocess.run(  # noqa: S603  our own script; the one argument is a sheet's name
            command, input=body, capture_output=True, timeout=MAX_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SourceMisconfigured(f"{where}: the workbook takes too long to read") from error
    if done.returncode != 0:
        raise SourceUnavailable(f"{where}: the workbook is cut, broken or made to do harm")
    answer = json.loads(done.stdout)
    if "rows" not in answer:
        there = ", ".join(answer["sheets"])
        raise SourceMisconfigured(f"{where}: no sheet is called {wanted!r}; there are {there}")
    rows = [Row(number, tuple(cells)) for number, cells in enumerate(answer["rows"], start=1)]
    return rows, answer["name"], [one for one in answer["sheets"] if one != answer["name"]]
