"""From an uploaded file (CSV, XLSX, JSON, NDJSON) to rows of named cells, each with its faults.

What a file is and how its rows stream is ``records.rosters.files``'s knowledge: a workbook is read
by a child process under limits, a file that was cut is refused, a row is never too long. A column
that is not known is an error of the whole file, said once: left out in silence it would be lost.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import Any

from app.platform.problems import FieldProblem, Invalid
from app.recognition.register.model import Fault
from app.records.rosters.files import Unreadable, json_objects, sniff, table_rows
from app.records.rosters.model import Format

MOST_BYTES = 8 * 1024 * 1024
MOST_ROWS = 50_000
_HEADER_WITHIN = 20
_LONGEST_VALUE = 100


class FileUnreadable(Invalid):
    """The file, not a row of it, is at fault; the message says what mends it."""

    code = "file-unreadable"


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    meaning: str
    also: tuple[str, ...] = ()
    """Other headers it goes by."""
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by the names of the columns, those that are there and hold something."""

    number: int
    cells: Mapping[str, str]
    faults: tuple[Fault, ...] = ()
    """Of its form; whoever takes the row finds what else is wrong."""


def read(data: bytes, columns: Sequence[Column]) -> Iterator[Row]:
    """Every row of a file. Raises ``FileUnreadable``, also while it is read."""
    try:
        kind = sniff(data[:4096])
        pieces = partial(iter, [data])
        rows: Iterator[Row]
        if kind is Format.JSON:
            rows = (_object(number, value, columns) for number, value in json_objects(pieces))
        else:
            rows = _table(table_rows(pieces, kind), columns)
        for place, row in enumerate(rows):
            if place >= MOST_ROWS:
                raise FileUnreadable(f"The file has more than {MOST_ROWS} rows; divide it.")
            yield row
    except Unreadable as error:
        raise FileUnreadable(error.detail, fields=error.fields) from error


def fault(row: Row, column: str, code: str, mend: str) -> Fault:
    """A fault of one cell of a row."""
    return Fault(row.number, column, code, row.cells.get(column, "")[:_LONGEST_VALUE], mend)


def faults_of(row: Row, error: Invalid) -> tuple[Fault, ...]:
    """What a refusal says of the fields, said of the cells."""
    if not error.fields:
        return (fault(row, "", error.code, error.detail),)
    return tuple(
        fault(row, one.pointer.strip("/").partition("/")[0], one.code, one.detail)
        for one in error.fields
    )


def _table(rows: Iterator[tuple[int, Sequence[str]]], columns: Sequence[Column]) -> Iterator[Row]:
    names = {_words(header): one.name for one in columns for header in (one.name, *one.also)}
    looked_at = list(islice(rows, _HEADER_WITHIN))
    if not looked_at:
        raise FileUnreadable("The table is empty.")
    scores = [len({names.get(_words(cell)) for cell in row} - {None}) for _, row in looked_at]
    best = scores.index(max(scores))
    headers = looked_at[best][1]
    places = _places(headers, names, columns)
    for number, cells in chain(looked_at[best + 1 :], rows):
        held = {name: cells[place] for name, place in places.items() if place < len(cells)}
        row = Row(number, {name: cell for name, cell in held.items() if cell})
        if any(cells[len(headers) :]):
            mend = "The row has more cells than the header; look for a separator in a cell."
            row = Row(number, row.cells, (fault(row, "", "row-wide", mend),))
        yield row


def _places(
    headers: Sequence[str], names: Mapping[str, str], columns: Sequence[Column]
) -> Mapping[str, int]:
    places: dict[str, int] = {}
    problems = []
    for place, header in enumerate(headers):
        name = names.get(_words(header))
        if header and name is None:
            mend = f"Take it out, or name it one of {', '.join(one.name for one in columns)}."
            problems.append(FieldProblem(header[:100], "column-unknown", mend))
        elif name in places:
            problems.append(FieldProblem(header[:100], "column-twice", "Keep one of the two."))
        elif name is not None:
            places[name] = place
    problems += [
        FieldProblem(one.name, "column-missing", f"Add the column {one.name}: {one.meaning}")
        for one in columns
        if one.needed and one.name not in places
    ]
    if problems:
        raise FileUnreadable("The table's columns are not those that belong here.", fields=problems)
    return places


def _object(number: int, value: Any, columns: Sequence[Column]) -> Row:
    known = {one.name for one in columns}
    if not isinstance(value, dict):
        empty = Row(number, {})
        return Row(number, {}, (fault(empty, "", "row-form", "Write each as an object."),))
    cells, faults = {}, []
    for name, cell in value.items():
        told = "" if cell is None else str(cell)
        if name not in known:
            mend = f"Take it out, or name it one of {', '.join(sorted(known))}."
            faults.append(Fault(number, name[:100], "column-unknown", "", mend))
        elif isinstance(cell, bool | list | dict | float):
            faults.append(Fault(number, name, "cell-form", "", "Write it as a text."))
        elif told.strip():
            cells[name] = told.strip()
    return Row(number, cells, tuple(faults))


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text[:200].replace("_", " ").casefold()))
