"""Reads one sheet of an Excel file in a process of its own, under limits.

A damaged workbook makes the reading library panic or ask for all memory there is; here that ends a
child that holds nothing else. ``connectors.table.spreadsheet`` runs this file as a script: the
workbook comes on standard input, a sheet's name as the one argument, and one JSON object leaves:
``rows`` with the sheet's ``name`` and the ``sheets`` that are shown, or these alone when there is
none of that name. Standard library and python-calamine only.
"""

import io
import json
import sys
from datetime import date, time, timedelta

from python_calamine import CalamineSheet, CalamineWorkbook, SheetVisibleEnum

if sys.platform != "win32":
    import resource

MAX_MEMORY = 2 * 1024**3
MAX_SECONDS = 30
MAX_CHARACTERS = 100_000_000
MAX_MERGED = 10_000


def main(wanted: str) -> int:
    """Answer on standard output; a status other than 0 means that there is no answer."""
    if sys.platform != "win32":  # elsewhere the parent's time limit is the only one
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    shown = [one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible]
    if wanted and wanted not in book.sheet_names:
        json.dump({"sheets": book.sheet_names}, sys.stdout)
        return 0
    name = wanted or next(iter(shown), book.sheet_names[0])
    sheet = book.get_sheet_by_name(name)
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    _spread(sheet, rows)
    if sum(len(cell) for row in rows for cell in row) > MAX_CHARACTERS:
        return 1
    json.dump({"rows": rows, "name": name, "sheets": shown}, sys.stdout)
    return 0


def _spread(sheet: CalamineSheet, rows: list[list[str]]) -> None:
    """Say in each row what a cell says that was merged over several rows of a column."""
    for (top, left), (bottom, right) in (sheet.merged_cell_ranges or [])[:MAX_MERGED]:
        if left == right and bottom > top and top < len(rows) and left < len(rows[top]):
            for row in rows[top + 1 : bottom + 1]:
                if left < len(row) and not row[left]:
                    row[left] = rows[top][left]


def _text(value: object) -> str:
    """A cell as text; numbers and dates as in ISO standards, not as the sheet shows them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"PT{int(value.total_seconds()) // 60}M"
    return str(value).replace("\x00", "").strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
