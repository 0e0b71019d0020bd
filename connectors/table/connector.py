"""A society's table of courses: CSV, XLSX or legacy XLS at an address, one course in a row.

A list of links in Markdown is read as a table too (``connectors.table.link_lists``).

The header row and the meaning of the columns are guessed from common words, and can be told. The
file is read whole or not at all, so a complete run lists everything the society publishes. Each
row becomes an item or a rejection that names the row; none is dropped.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, ClassVar, TypeGuard

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl

from connectors import columns, rows
from connectors.contract import (
    CourseDraft,
    Deletions,
    Fetch,
    Page,
    Rejected,
    SourceMisconfigured,
    Upsert,
)
from connectors.rows import NO_TITLE, Cells, own_id, title_id
from connectors.table import spreadsheet
from connectors.table.spreadsheet import Row

PAGE_ROWS = 200
MOST_TOLD = 20
"""Repeated ids that the run is told of; each row is told of itself."""
GROUP = "@rows"
HEADER_WITHIN = 50


def _known_fields(told: Mapping[str, str]) -> Mapping[str, str]:
    unknown = [field for field in told if not columns.known(field)]
    if unknown:
        raise ValueError(
            f"{', '.join(unknown)}: no such field; there are {', '.join(columns.SYNONYMS)}"
        )
    return told


_ByField = Annotated[dict[str, str], AfterValidator(_known_fields)]


@dataclass(frozen=True, slots=True)
class TakenApart:
    """A table's headers, and its rows with the numbers that a person sees beside them."""

    headers: tuple[str, ...]
    items: tuple[tuple[int, Upsert | Rejected], ...]
    warnings: tuple[tuple[str, str], ...]


class Table:
    """Reads one table of courses: CSV, XLSX or XLS at an address."""

    contract: ClassVar[int] = 1
    conditional: ClassVar[bool] = True
    deletions: ClassVar[Deletions] = Deletions.SNAPSHOT
    file_field: ClassVar[str] = "url"

    class Config(BaseModel):
        """Where the table is, and whatever of it is not to be guessed."""

        model_config = ConfigDict(extra="forbid", frozen=True)

        url: HttpUrl = Field(description="The file's address")
        columns: _ByField = Field(
            default_factory=dict,
            description="Our field -> their header, as {'title': 'Kurs', 'title@zh': '课程'}",
        )
        constants: _ByField = Field(
            default_factory=dict,
            description="Our field -> a value for rows that have none, as {'currency': 'KES'}",
        )
        header_row: int | None = Field(
            default=None,
            ge=0,
            description="The header's row, from 1; 0: none, columns are 1, 2, ...",
        )
        sheet: str | None = Field(default=None, description="The sheet's name; else the first")
        encoding: str | None = Field(default=None, description="Of a CSV file, such as gb18030")
        delimiter: str | None = Field(default=None, min_length=1, max_length=1)
        group: bool = Field(
            default=False, description="Rows with the same id are dates of one course"
        )

    def __init__(self, config: Config) -> None:
        self._config = config

    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        """Read the whole file; a table has no place to go on from, so ``since`` changes nothing."""
        fetched = fetch(str(self._config.url))
        warnings: list[tuple[str, str]] = []
        charset = _charset(fetched.headers)
        headers, below = self._read(fetched.body, fetched.url, charset, warnings)
        items = (item for _, item in self._items(headers, below, warnings))
        expected = None if self._config.group else len(below)
        chunk = tuple(islice(items, PAGE_ROWS))
        told = 0
        while True:
            following = tuple(islice(items, PAGE_ROWS))
            yield Page(
                items=chunk,
                cursor=None,
                complete=not following,
                expected=expected,
                warnings=tuple(warnings[told:]),
            )
            if not following:
                return
            chunk, told = following, len(warnings)

    def take_apart(self, body: bytes, where: str, *, charset: str | None = None) -> TakenApart:
        """The rows of a file that is there already. Raises what ``pages`` raises."""
        warnings: list[tuple[str, str]] = []
        headers, below = self._read(body, where, charset, warnings)
        items = tuple(self._items(headers, below, warnings))
        return TakenApart(headers, items, tuple(warnings))

    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        """Map one row, kept as header -> cell, or the rows of one course."""
        grouped = raw.get(GROUP) if self._config.group else None
        several = [one for one in grouped if isinstance(one, dict)] if _is_list(grouped) else [raw]
        cells = (
            Cells(one, columns.assign(one, self._config.columns), self._config.constants)
            for one in several or [{}]
        )
        return rows.course(*cells)

    def place(self, raw: Mapping[str, Any], path: str) -> str | None:
        """The header of the column that a course's field (``credits[0].unit``) comes from."""
        grouped = raw.get(GROUP) if self._config.group else None
        row = grouped[0] if _is_list(grouped) and grouped else raw
        return columns.header_of(path, columns.assign(row, self._config.columns))

    def _read(
        self, body: bytes, where: str, charset: str | None, warnings: list[tuple[str, str]]
    ) -> tuple[tuple[str, ...], Sequence[Row]]:
        how = spreadsheet.How(
            encoding=self._config.encoding or charset,
            delimiter=self._config.delimiter,
            sheet=self._config.sheet,
        )
        read = spreadsheet.read(body, where=where, how=how, score=self._score, warnings=warnings)
        return self._split(read, where)

    def _score(self, cells: Sequence[str]) -> int:
        """How many of our fields a header row would fill; none without a title."""
        found = columns.assign(filter(None, cells), self._config.columns)
        has_title = any(field.partition("@")[0] == "title" for field in found)
        return len(found) if has_title else 0

    def _split(self, read: Sequence[Row], where: str) -> tuple[tuple[str, ...], Sequence[Row]]:
        """The headers, each made unique, and the rows below them."""
        told = self._config.header_row
        if told == 0:
            widest = max(len(row.cells) for row in read)
            best = Row(0, tuple(str(number) for number in range(1, widest + 1)))
            below = read
        else:
            looked_at = [row for row in read if told in (None, row.number)][:HEADER_WITHIN]
            best = max(looked_at, key=lambda row: self._score(row.cells), default=Row(0, ()))
            below = [row for row in read if row.number > best.number]
        if self._score(best.cells) == 0:
            seen = ", ".join(cell for cell in best.cells if cell)
            raise SourceMisconfigured(
                f"{where}: no header row with a title column was found; the row looked at says "
                f"{seen[:300]!r}. Name the column with columns: {{'title': '...'}}; a table "
                "without headers is read with header_row: 0 and columns: {'title': '1'}, by number"
            )
        return _unique(best.cells), below

    def _items(
        self, headers: Sequence[str], below: Sequence[Row], warnings: list[tuple[str, str]]
    ) -> Iterator[tuple[int, Upsert | Rejected]]:
        fields = columns.assign(headers, self._config.columns)
        seen: dict[str, int] = {}
        groups: dict[str, list[Upsert]] = {}
        repeated = 0
        for row in below:
            raw = _raw(headers, row.cells)
            cells = Cells(raw, fields, self._config.constants)
            titles = cells.texts("title", "und")
            item_id = own_id(cells) or (title_id(titles) if titles else f"row:{row.number}")
            if self._config.group and titles:
                groups.setdefault(item_id, []).append(Upsert(item_id, raw, row.number))
            elif item_id in seen:
                twice = _twice(item_id, raw, row.number, seen[item_id])
                repeated += 1
                if repeated <= MOST_TOLD:
                    warnings.append(("W-DUP-ID", twice.message))
                yield row.number, twice
            elif not titles:
                seen[item_id] = row.number
                message = f"row {row.number}: {NO_TITLE.format(cells.header('title') or 'title')}"
                rejected = Rejected(item_id, raw, "E-TITLE-MISSING", message, row.number)
                yield row.number, rejected
            else:
                seen[item_id] = row.number
                yield row.number, Upsert(item_id, raw, row.number)
        for item_id, members in groups.items():
            line = members[0].line
            yield line or 0, Upsert(item_id, {GROUP: [one.raw for one in members]}, line)


def _twice(item_id: str, raw: Mapping[str, Any], number: int, before: int) -> Rejected:
    message = (
        f"row {number} has the id of row {before} ({item_id}); give each course its own in a "
        "column `id`, or say `group` if they are dates of one course"
    )
    return Rejected(f"{item_id}#row:{number}", raw, "W-DUP-ID", message, number)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _charset(headers: Mapping[str, str]) -> str | None:
    """What the server says, unless it is its default for everything."""
    found = re.search(r"charset=[\"']?([\w.:-]+)", headers.get("content-type", ""), re.IGNORECASE)
    charset = found[1].lower() if found else None
    return None if charset in (None, "utf-8", "iso-8859-1", "us-ascii") else charset


def _unique(cells: Sequence[str]) -> tuple[str, ...]:
    headers: dict[str, None] = {}
    for number, cell in enumerate(cells, start=1):
        header = " ".join(cell.split()) or f"column {number}"
        while header in headers:
            header = f"{header} (column {number})"
        headers[header] = None
    return tuple(headers)


def _raw(headers: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """Header -> cell. Cells beyond the last header are kept under their column's number."""
    raw = dict.fromkeys(headers, "")
    for index, cell in enumerate(cells):
        if index < len(headers):
            raw[headers[index]] = cell
        elif cell:
            raw[f"column {index + 1}"] = cell
    return raw
