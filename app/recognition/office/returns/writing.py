"""A list as a file: CSV line by line, a workbook through a file on disk, a page to print.

No cell is a formula in any of them (``platform.cells``).
"""

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice

from openpyxl import Workbook

from app.platform.cells import harmless
from app.platform.problems import FieldProblem, Invalid
from app.recognition.office.press import OfficePress
from app.recognition.office.returns.model import Cell, Ending, List

MEDIA_TYPES = {
    Ending.CSV: "text/csv; charset=utf-8",
    Ending.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Ending.PDF: "application/pdf",
}
MOST_PRINTED = 2000
MOST_ROWS = 1_000_000
"""What a sheet holds (1,048,576), less what stands above."""
_PIECE = 64 * 1024
_LONGEST = 32_000


def as_csv(made: List) -> Iterator[bytes]:
    """RFC 4180 with a byte order mark, without which spreadsheets read no Chinese."""
    first = True
    for cells in _lines(made):
        text = io.StringIO()
        csv.writer(text).writerow([_text(cell) for cell in cells])
        yield text.getvalue().encode("utf-8-sig" if first else "utf-8")
        first = False


def as_xlsx(made: List) -> Iterator[bytes]:
    """A workbook of one sheet; the rows pass through a file on disk, not through memory."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("List")
    for cells in islice(_lines(made), MOST_ROWS):
        sheet.append([_typed(cell) for cell in cells])
    with tempfile.TemporaryFile() as held:
        book.save(held)
        held.seek(0)
        while piece := held.read(_PIECE):
            yield piece


def as_pdf(made: List, *, press: OfficePress, at: datetime) -> bytes:
    """Pages to print. Raises ``Invalid`` for a list that nobody prints, and what a press does."""
    rows = [[_plain(cell) for cell in row] for row in islice(made.rows, MOST_PRINTED + 1)]
    if len(rows) > MOST_PRINTED:
        mend = f"Narrow the days, or take it as CSV or XLSX: {MOST_PRINTED} rows can be printed."
        raise Invalid(
            "The list is too long to print.", fields=[FieldProblem("ending", "long", mend)]
        )
    return press.table(
        title=made.title,
        facts=list(made.facts.items()),
        note=made.unverified or "",
        columns=list(made.columns),
        rows=rows,
        at=at,
    )


def _lines(made: List) -> Iterator[Sequence[Cell]]:
    """What stands above, the columns' names, the rows."""
    yield [made.title]
    for name, value in made.facts.items():
        yield [name, value]
    if made.unverified:
        yield [made.unverified]
    yield []
    yield made.columns
    yield from made.rows


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _text(cell: Cell) -> str | int:
    return cell if isinstance(cell, int) else harmless(_plain(cell))


def _typed(cell: Cell) -> str | int | date:
    if isinstance(cell, (int, date)):
        return cell
    return harmless(_plain(cell)[:_LONGEST])
