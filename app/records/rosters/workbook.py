"""Reads the first sheet of an Excel file in a process of its own, under limits.

A damaged workbook makes the reading library panic or ask for all memory there is; here that ends a
child that holds nothing else. ``rosters.reading`` runs this file as a script: the workbook comes on
standard input, each row leaves as one line of JSON, its number first, and a last line says that it
was the last. Standard library and python-calamine only.
"""

import io
import json
import sys
import zipfile
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineWorkbook

if sys.platform != "win32":
    import resource

MAX_MEMORY = 3 * 1024**3
MAX_SECONDS = 120
MAX_UNPACKED = 1024**3
MAX_COLUMNS = 200
MAX_CELL = 32_767
"""What Excel itself lets a cell hold; many cells may name one text, however long it is."""
END = "the-end-of-the-sheet"


def main() -> int:
    """Answer on standard output; without the last line there is no answer."""
    if sys.platform != "win32":  # elsewhere the parent's patience is the only limit
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = io.BytesIO(sys.stdin.buffer.read())
    if zipfile.is_zipfile(data):
        with zipfile.ZipFile(data) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                return 1
    data.seek(0)
    sheet = CalamineWorkbook.from_filelike(data).get_sheet_by_index(0)
    left = [""] * (sheet.start[1] if sheet.start else 0)  # empty columns are left out
    write = sys.stdout.write
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = left + [_text(cell) for cell in row[:MAX_COLUMNS]]
        if any(cells):
            write(json.dumps([number, cells], ensure_ascii=True) + "\n")
    write(json.dumps([0, END]) + "\n")
    return 0


def _text(value: object) -> str:
    """A cell as text; numbers and dates as in ISO standards, not as the sheet shows them."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time(0):
        return value.date().isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(int(value.total_seconds()) // 60)
    return str(value)[:MAX_CELL].replace("\x00", "").strip()


if __name__ == "__main__":
    sys.exit(main())
