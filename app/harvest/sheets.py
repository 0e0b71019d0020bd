"""A table of courses that somebody uploaded, read as the connector ``table`` reads one.

So an uploaded sheet and a harvested one mean the same. Each row comes with the number that a person
sees beside it, and each field of a course with the column that it came from.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.platform.problems import Invalid
from connectors import columns
from connectors.contract import (
    Rejected,
    RejectRecord,
    SourceMisconfigured,
    SourceUnavailable,
)
from connectors.rows import Cells, own_id
from connectors.table import Table

_NAME = "The file"
_NOWHERE = "https://upload.invalid/"
"""Stands for the address that a harvested table has; never fetched (RFC 6761 §6.4)."""


class SheetUnreadable(Invalid):
    """The file is no table of courses; the message says what mends it."""

    code = "sheet-unreadable"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet: the letter that a spreadsheet shows over it, and its header."""

    letter: str
    header: str


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row. ``draft`` is a course as connectors give it; without one, ``problem`` says why."""

    number: int
    remote_id: str
    has_id: bool
    """Whether the row says its id; else it was made of the title, and changes with it."""
    draft: Mapping[str, Any] | None
    code: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of courses taken apart."""

    rows: tuple[SheetRow, ...]
    columns: Mapping[str, Column]
    """By our field."""
    unused: tuple[Column, ...]
    """Columns whose headers say nothing that is known here."""
    warnings: tuple[tuple[str, str], ...]

    def column_of(self, path: str) -> Column | None:
        """The column that an issue's path (``credits[0].unit``) speaks of."""
        headers = {field: column.header for field, column in self.columns.items()}
        field = columns.field_of(path, headers)
        return None if field is None else self.columns[field]


def read_sheet(data: bytes, *, most_rows: int) -> Sheet:
    """Read CSV, XLSX or XLS. Raises ``SheetUnreadable``."""
    table = Table(Table.Config.model_validate({"url": _NOWHERE}))
    try:
        found = table.take_apart(data, _NAME)
    except (SourceUnavailable, SourceMisconfigured) as error:
        told = str(error).removeprefix(f"{_NAME}: ")
        raise SheetUnreadable(f"The file cannot be read as a table of courses: {told}.") from error
    if len(found.items) > most_rows:
        raise SheetUnreadable(
            f"The file has {len(found.items)} rows, and {most_rows} are taken at once; divide it."
        )
    fields = columns.assign(found.headers, {})
    by_header = {
        header: Column(letter(place), header) for place, header in enumerate(found.headers)
    }
    used = set(fields.values())
    return Sheet(
        rows=tuple(_row(table, number, item, fields) for number, item in found.items),
        columns={field: by_header[header] for field, header in fields.items()},
        unused=tuple(one for header, one in by_header.items() if header not in used),
        warnings=tuple(one for one in found.warnings if one[0] != "W-DUP-ID"),
    )


def letter(place: int) -> str:
    """The letter of a column, from 0: A, B, ..., Z, AA."""
    letters, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _row(table: Table, number: int, item: Any, fields: Mapping[str, str]) -> SheetRow:
    has_id = own_id(Cells(item.raw, fields, {})) is not None
    if isinstance(item, Rejected):
        return SheetRow(number, item.source_id, has_id, None, item.code, item.message)
    try:
        draft = asdict(table.normalise(item.raw))
    except RejectRecord as error:
        return SheetRow(number, item.source_id, has_id, None, error.code, str(error))
    return SheetRow(number, item.source_id, has_id, draft)
