"""An empty roster to fill in: CSV, a workbook with explained headers and lists, or JSON."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app.records.rosters.columns import COLUMNS, Column, letter

_ROWS_WITH_LISTS = 100_000
_LONGEST_LIST = 255  # what Excel takes in a list that is written out

JSON_EXAMPLE: dict[str, Any] = {
    "holder": {"identifiers": [{"type": "ext:RegisterNumber", "value": "CN-4711"}]},
    "completed_on": "2026-11-20",
    "kind": "course",
    "mode": "onsite",
    "role": "participant",
    "assessed": True,
    "result": "passed",
    "contact_minutes": 360,
    "course": {
        "title": {"en": "Seismic design of bridges"},
        "url": "https://society.example/courses/7",
    },
    "course_run": "2026-11",
    "tags": ["technical"],
    "competences": ["EC1", "EC4"],
    "fields": ["0732"],
    "standards": ["EN 1998-2:2005"],
}


def as_csv(columns: Sequence[Column] = COLUMNS) -> bytes:
    """The headers, in UTF-8 with the mark that Excel looks for; no example that may be sent in."""
    text = io.StringIO()
    csv.writer(text).writerow([column.name for column in columns])
    return text.getvalue().encode("utf-8-sig")


def as_json() -> bytes:
    """One example in an array."""
    return json.dumps([JSON_EXAMPLE], indent=1, ensure_ascii=False).encode() + b"\n"


def as_xlsx(columns: Sequence[Column] = COLUMNS, *, name: str = "Roster") -> bytes:
    """A sheet to fill in, with notes on its headers and lists to choose from; one to explain it."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = name
    sheet.append([column.name for column in columns])
    for position, column in enumerate(columns):
        _explain(sheet, position, column)
    sheet.freeze_panes = "A2"
    explained = book.create_sheet("Explained")
    explained.append(["column", "what it means", "example", "choose from", "other headers"])
    for column in columns:
        also, choices = ", ".join(column.also), ", ".join(column.choices)
        explained.append([column.name, column.meaning, column.example, choices, also])
    for cell in explained[1]:
        cell.font = Font(bold=True)
    for letters, width in (("A", 20), ("B", 80), ("C", 30), ("D", 60), ("E", 40)):
        explained.column_dimensions[letters].width = width
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _explain(sheet: Worksheet, position: int, column: Column) -> None:
    name = letter(position)
    header = sheet[f"{name}1"]
    header.font = Font(bold=True)
    header.alignment = Alignment(wrap_text=True)
    header.comment = Comment(column.meaning, "OpenCPD", height=120, width=320)
    sheet.column_dimensions[name].width = max(14, len(column.name) + 2)
    cells = f"{name}2:{name}{_ROWS_WITH_LISTS}"
    sheet.column_dimensions[name].number_format = "@"  # else Excel makes numbers of 0732
    listed = '"' + ",".join(column.choices) + '"'
    if column.choices and not column.many and len(listed) <= _LONGEST_LIST:
        choose = DataValidation(type="list", formula1=listed, allow_blank=True)
        choose.error = f"Choose from the list; the sheet Explained tells what {column.name} means."
        sheet.add_data_validation(choose)
        choose.add(cells)
