"""Reading rosters: whatever a file holds, rows with errors or one clear refusal come out."""

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from app.platform.problems import Unavailable
from app.records.rosters import files, reading, template
from app.records.rosters.columns import BY_NAME, COLUMNS, letter, named
from app.records.rosters.files import Unreadable
from app.records.rosters.model import Format, ReadRow
from tests.conftest import NOW
from tests.simulator import rosters

pytestmark = pytest.mark.slow


def pieces(data: bytes, size: int = 1000) -> files.Pieces:
    return lambda: (data[start : start + size] for start in range(0, len(data), size))


def read(data: bytes, size: int = 1000) -> list[ReadRow]:
    return list(reading.read(pieces(data, size), files.sniff(data[:4096]), at=NOW))


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Register Number", "register_number"), ("注册号", "register_number"),
        ("completion date", "completed_on"), ("TITLE", "title"), ("title@ZH-hans", "title@zh-Hans"),
        ("Title (ur-pk)", "title@ur-PK"), ("description [fr]", "description@fr"),
        ("completed_on*", "completed_on"), ("shoe size", None), ("mode@zh", None), ("", None),
    ],
)  # fmt: skip
def test_headers_are_known_by_their_words(header: str, column: str | None) -> None:
    assert named(header) == column


def test_no_two_columns_go_by_one_name() -> None:
    names = [name for column in COLUMNS for name in (column.name, *column.also)]
    assert len({" ".join(name.replace("_", " ").split()) for name in names}) == len(names)


def test_columns_have_the_letters_of_a_spreadsheet() -> None:
    assert [letter(n) for n in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_text_survives_any_encoding_cut_into_any_pieces(encoding: str, size: int) -> None:
    data = rosters.as_csv(rosters.rows(2), encoding=encoding)
    first, second = read(data, size)
    assert first.completion
    assert first.completion.course
    assert first.completion.course.title == {
        "en": "Seismic design of bridges",
        "zh": "桥梁抗震设计",
    }
    assert (first.number, second.number) == (2, 3)


def test_a_western_file_without_a_mark_is_read_too() -> None:
    data = rosters.as_csv([rosters.row(1, **{"title": "Béton armé", "title@zh": ""})],
                          encoding="cp1252")  # fmt: skip
    (row,) = read(data)
    assert row.completion
    assert row.completion.course
    assert row.completion.course.title == {"en": "Béton armé"}


def test_rows_have_the_numbers_that_people_see() -> None:
    lines = rosters.as_csv(rosters.rows(3)).split(b"\r\n")
    data = b"\r\n".join([b"Our roster,,,", b"", lines[0], lines[1], b"", b",,,", *lines[2:]])
    assert [row.number for row in read(data)] == [4, 7, 8]
    sheet = rosters.as_xlsx([*rosters.rows(1), [""] * 14, *rosters.rows(1)])
    assert [row.number for row in read(sheet)] == [2, 4]


def test_dates_and_numbers_of_a_workbook_are_read_as_they_are_meant() -> None:
    book = Workbook()
    sheet: Any = book.active
    sheet.append(["register number", "title", "completed on", "mode", "assessed", "full days",
                  "started on", "fields"])  # fmt: skip
    sheet.append([4711, "Bridges", date(2026, 11, 20), "Online live", True, 1.5,
                  datetime(2026, 11, 19), "0732"])  # noqa: DTZ001  # fmt: skip
    written = io.BytesIO()
    book.save(written)
    (row,) = read(written.getvalue())
    assert row.problems == ()
    assert row.completion
    assert row.completion.holder.identifiers[0].value == "4711"
    assert str(row.completion.completed_on) == "2026-11-20"
    assert str(row.completion.started_on) == "2026-11-19"
    assert (row.completion.mode, row.completion.assessed) == ("online-live", True)
    assert (row.completion.full_days, row.completion.fields) == (1.5, ("0732",))


CELLS: list[tuple[dict[str, str], tuple[str, str, str | None]]] = [
    ({"completed_on": "31.02.2026"}, ("Completed on", "date-form", "31.02.2026")),
    ({"completed_on": "2026-02-31"}, ("Completed on", "date-form", "2026-02-31")),
    ({"completed_on": ""}, ("Completed on", "missing", None)),
    ({"completed_on": "2026-11-24"}, ("Completed on", "date-future", "2026-11-24")),
    ({"contact_minutes": "6 h"}, ("Contact minutes", "number-form", "6 h")),
    ({"contact_minutes": "1.5"}, ("Contact minutes", "number-form", "1.5")),
    ({"contact_minutes": ""}, ("Contact minutes", "measure-missing", None)),
    ({"assessed": "perhaps"}, ("Assessed", "value-unknown", "perhaps")),
    ({"assessed": ""}, ("Assessed", "missing", None)),
    ({"mode": ""}, ("Mode", "missing", None)),
    ({"kind": "party"}, ("Kind", "value-unknown", "party")),
    ({"fields": "0732; 99"}, ("Fields", "field-form", "0732; 99")),
    ({"register_number": ""}, ("Register number", "holder-missing", None)),
    ({"title": "", "title@zh": ""}, ("Title", "title-missing", None)),
    ({"course_url": "www.x.example"}, ("Course URL", "url-form", "www.x.example")),
    ({"assessed": "no"}, ("Result", "result-unassessed", "passed")),
]  # fmt: skip


EXAMPLE = {
    "title": "Bridges", "completed_on": "2026-11-20", "mode": "onsite", "assessed": "no",
    "full_days": "1",
}  # fmt: skip


def of_columns(held: dict[str, str]) -> bytes:
    """A table of one row with these columns."""
    text = io.StringIO()
    csv.writer(text).writerows([held.keys(), held.values()])
    return text.getvalue().encode()


def test_a_number_may_say_in_which_registry_it_is() -> None:
    good = {**EXAMPLE, "Register number@PEC": "P-1", "register_number (ebk)": "E-1"}
    (row,) = read(of_columns(good))
    assert row.completion
    told = {one.type: one.value for one in row.completion.holder.identifiers}
    assert told == {"ext:RegisterNumber.pec": "P-1", "ext:RegisterNumber.ebk": "E-1"}
    (row,) = read(of_columns({**good, "Register number@PEC": "x" * 201}))
    (problem,) = row.problems
    assert (problem.field, problem.value) == ("Register number@PEC", None)


def test_a_short_last_row_with_its_line_end_is_no_cut_file() -> None:
    data = rosters.as_csv([rosters.row(1), rosters.row(2)])
    first, *rest = data.decode("utf-8-sig").splitlines()
    wide = "\n".join([first, rest[0] + ",,,", rest[1]]) + "\n"
    assert len(read(wide.encode())) == 2


@pytest.mark.parametrize(("changes", "expected"), CELLS)
def test_each_fault_is_told_with_its_column(
    changes: dict[str, str], expected: tuple[str, str, str | None]
) -> None:
    (row,) = read(rosters.as_csv([rosters.row(1, **changes)]))
    assert row.completion is None
    told = [(one.field, one.code, one.value) for one in row.problems]
    assert expected in told
    assert all(one.mend for one in row.problems)


def test_every_column_reaches_the_completion() -> None:
    held = {column.name: column.example for column in COLUMNS} | {
        "membership_number": "M-1", "account_id": "a", "description": "Two days",
        "started_on": "2026-11-19", "ended_on": "2026/11/20",
        "files": f"https://x.example/a.pdf sha256:{'AB' * 32}; https://x.example/b {'00' * 32}",
        "supersedes": "0193593e-5c00-7000-8000-000000000001",
    }  # fmt: skip
    held["holder_id"] = held["course_id"] = ""
    text = "\t".join(held) + "\n" + "\t".join(held.values()) + "\n"
    (row,) = read(text.encode())
    assert row.problems == ()
    told = row.completion
    assert told
    assert len(told.holder.identifiers) == 3
    assert [file.sha256 for file in told.files] == ["ab" * 32, "00" * 32]
    assert (told.approvals[0].body, told.approvals[0].number) == ("PEC", "CPD-2026-17")
    assert (told.credits[0].value, told.credits[0].unit) == (6.0, "CPDHours")
    assert told.supersedes == held["supersedes"]
    assert told.competences == ("EC1", "EC4")
    assert told.course_run == "2026-11"


@pytest.mark.parametrize(
    "changes",
    [
        {"credits": "6", "credit_unit": ""},
        {"credits": "", "credit_unit": "CEU"},
        {"approvals": "PEC 17"},
        {"files": "https://x.example/a.pdf"},
    ],
)
def test_what_says_only_half_is_an_error(changes: dict[str, str]) -> None:
    held = {name: BY_NAME[name].example for name in (
        "register_number", "title", "completed_on", "mode", "assessed", "contact_minutes",
    )} | changes  # fmt: skip
    text = "\t".join(held) + "\n" + "\t".join(held.values()) + "\n"
    (row,) = read(text.encode())
    assert row.problems


def test_the_workbook_to_fill_in_explains_and_lists() -> None:
    book = load_workbook(io.BytesIO(template.as_xlsx()))
    sheet: Any = book["Roster"]
    assert [cell.value for cell in sheet[1]] == [column.name for column in COLUMNS]
    assert all(cell.comment and cell.comment.text for cell in sheet[1])
    listed = {str(one.sqref).partition("2:")[0] for one in sheet.data_validations.dataValidation}
    assert listed == {
        letter(n) for n, one in enumerate(COLUMNS) if one.choices and not one.many
    }  # fmt: skip
    assert book["Explained"].max_row == len(COLUMNS) + 1


def outcomes(data: bytes) -> Iterator[str]:
    try:
        for row in read(data, 997):
            yield "good" if row.completion else "bad"
    except Unreadable:
        yield "refused"


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=300)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_rows_or_one_refusal(data: bytes) -> None:
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return  # a child process reads these; a damaged one is tried by hand
    list(outcomes(data))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=200)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4), st.booleans())
def test_a_damaged_roster_gives_no_more_good_rows_than_it_had(
    place: int, damage: bytes, is_json: bool
) -> None:
    whole = (
        rosters.as_json(map(rosters.completion, range(5)))
        if is_json
        else rosters.as_csv(rosters.rows(5))
    )
    place %= len(whole)
    damaged = whole[:place] + damage + whole[place + len(damage) :]
    assert sum(one == "good" for one in outcomes(damaged)) <= 5


def test_a_damaged_workbook_is_refused() -> None:
    whole = rosters.as_xlsx(rosters.rows(50))
    for place in (len(whole) // 3, len(whole) // 2, len(whole) - 30):
        damaged = whole[:place] + b"\xff" * 20 + whole[place + 20 :]
        found = list(outcomes(damaged))
        assert found[-1] == "refused" or len(found) <= 50
    assert list(outcomes(whole[: len(whole) // 2])) == ["refused"]


@pytest.mark.parametrize("kind", Format)
def test_memory_does_not_grow_with_the_roster(kind: Format) -> None:
    if kind is Format.XLSX:
        data = rosters.as_xlsx(rosters.rows(1000))
    elif kind is Format.JSON:
        data = rosters.as_json(map(rosters.completion, range(1000)))
    else:
        data = rosters.as_csv(rosters.rows(1000))
    tracemalloc.start()
    count = sum(1 for _ in reading.read(pieces(data, 65536), files.sniff(data[:64]), at=NOW))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1000
    assert peak < 2 * 1024 * 1024


def test_no_row_is_lost_behind_however_much_white_space() -> None:
    one, two = (rosters.as_ndjson([rosters.completion(number)]) for number in range(2))
    gap = b" \n" * 200_000
    for data in (one + gap + two, b"[" + one + gap + b"," + gap + two + gap + b"]" + gap):
        assert [row.number for row in read(data, 10_000)] == [1, 2]
    with pytest.raises(Unreadable, match="follows"):
        read(b"[" + one + b"]" + gap + two, 10_000)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (b"," * files.MAX_ROW, "The row that ends in line 2 is too long"),
        (b'"\n",' * (files.MAX_ROW // 4), "is too long"),
    ],
)
def test_a_row_that_no_roster_has_is_refused_before_it_fills_the_memory(
    row: bytes, told: str
) -> None:
    data = rosters.as_csv([]) + row * 3
    with pytest.raises(Unreadable, match=told):
        read(data, 100_000)


def test_lines_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_LINES", 1000)
    good = rosters.as_csv([*rosters.rows(2)])
    assert len(read(good + b"\n" * 900)) == 2
    with pytest.raises(Unreadable, match="more than 1000 lines"):
        read(good + b"\n" * 1000)


def with_text(book: bytes, text: bytes, *, instead: bytes) -> bytes:
    """The workbook with another text among those that its cells share."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            held = old.read(name)
            new.writestr(name, held.replace(instead, text), zipfile.ZIP_DEFLATED)
    return changed.getvalue()


def test_a_cell_holds_no_more_than_a_workbooks_cell_may() -> None:
    row = ["long"] * 50
    book = with_text(rosters.as_xlsx([row]), b"a" * 300_000, instead=b"long")
    assert len(book) < 30_000
    *_, (_, cells) = files.table_rows(pieces(book), Format.XLSX)
    assert {len(cell) for cell in cells} == {32_767}


def test_few_workbooks_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_TURN", 0.01)
    book = rosters.as_xlsx(rosters.rows(2))
    held = [files.table_rows(pieces(book), Format.XLSX) for _ in range(2)]
    assert all(next(rows) for rows in held)
    with pytest.raises(Unavailable, match="Too many workbooks"):
        read(book)
    held.clear()
    assert len(read(book)) == 2
