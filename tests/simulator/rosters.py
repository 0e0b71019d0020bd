"""Rosters of any size, written as the societies' systems write them."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook

HEADERS = (
    "Register number", "Title", "title@zh", "title_language", "Course URL", "Completed on", "Kind",
    "Mode", "Assessed", "Result", "Contact minutes", "Fields", "Standards", "course run",
)  # fmt: skip


def row(number: int, **changes: str) -> list[str]:
    """One good row; ``changes`` by header, in lower case with underscores."""
    held = {
        "register_number": f"REG-{number:06d}",
        "title": "Seismic design of bridges",
        "title@zh": "桥梁抗震设计",
        "title_language": "en",
        "course_url": "https://society.example/courses/7",
        "completed_on": "2026-11-20",
        "kind": "course",
        "mode": "onsite",
        "assessed": "yes",
        "result": "passed",
        "contact_minutes": "360",
        "fields": "0732",
        "standards": "GB 50011-2010; EN 1998-2:2005",
        "course_run": "2026-11",
        **changes,
    }
    return [held[header.lower().replace(" ", "_")] for header in HEADERS]


def bad_row(number: int) -> list[str]:
    """A row that cannot become a record, each in one of several ways."""
    ways: Sequence[dict[str, str]] = (
        {"completed_on": "2099-01-01"},
        {"contact_minutes": "six hours"},
        {"mode": "by post"},
        {"register_number": ""},
    )
    return row(number, **ways[number % len(ways)])


def rows(count: int, *, every_bad: int | None = None) -> list[list[str]]:
    """So many rows; every so-many-th is bad."""
    return [
        bad_row(number) if every_bad and number % every_bad == 0 else row(number)
        for number in range(1, count + 1)
    ]


def as_csv(
    rows: Iterable[Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8"
) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(HEADERS)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(rows: Iterable[Sequence[str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Roster")
    sheet.append(list(HEADERS))
    for one in rows:
        sheet.append(list(one))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def completion(number: int, **changes: Any) -> dict[str, Any]:
    """One good completion, as the API takes it."""
    return {
        "holder": {"identifiers": [{"type": "ext:RegisterNumber", "value": f"REG-{number:06d}"}]},
        "completed_on": "2026-11-20",
        "kind": "course",
        "mode": "onsite",
        "assessed": True,
        "contact_minutes": 360,
        "course": {
            "title": {"en": "Seismic design of bridges"},
            "url": "https://society.example/courses/7",
        },
        **changes,
    }


def as_json(completions: Iterable[Any]) -> bytes:
    return json.dumps(list(completions)).encode()


def as_ndjson(completions: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in completions)
