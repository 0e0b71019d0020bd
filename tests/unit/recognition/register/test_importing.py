"""Many at once from a file: every row told, nothing lost, and no file breaks it."""

import io
import json
from functools import partial
from itertools import count

import openpyxl
import pytest

from app.platform.db import Database
from app.recognition.register import importing, service, sheets
from app.recognition.register.model import Imported
from tests.conftest import NOW
from tests.simulator.registries import WHO, add_registrant, add_registry

_numbers = count(1)


@pytest.fixture
def registry(module_database: Database) -> str:
    made = f"imports-{next(_numbers)}"
    with module_database.write() as session:
        add_registry(session, made)
    return made


def take(database: Database, registry: str, data: bytes | str, **how: bool) -> Imported:
    raw = data.encode() if isinstance(data, str) else data
    return importing.import_registrants(database, registry, raw, at=NOW, who=WHO, **how)


def known(database: Database, registry: str) -> dict[str, str]:
    with database.read() as session:
        found = service.page(session, registry, text="", cursor=None, limit=5000).items
    return {one.number: one.name for one in found}


def counts(done: Imported) -> tuple[int, int, int, int, int]:
    return done.rows, done.added, done.changed, done.unchanged, done.faulty


def test_rows_are_added_changed_or_found_unchanged(
    module_database: Database, registry: str
) -> None:
    with module_database.write() as session:
        add_registrant(session, registry, "1", name="Ada Obi")
        add_registrant(session, registry, "2", name="Eve")
    header = "Registration number,Name,Language,Since\n"
    file = f"{header}1,Ada Obi,,\n2,Eve Ng,en,2020-01-01\n3,Li Wei,zh-Hans,\n"
    assert counts(take(module_database, registry, file)) == (3, 1, 1, 1, 0)
    assert known(module_database, registry) == {"1": "Ada Obi", "2": "Eve Ng", "3": "Li Wei"}
    assert counts(take(module_database, registry, file)) == (3, 0, 0, 3, 0)


def test_a_faulty_row_is_told_by_row_and_column_and_stops_no_other(
    module_database: Database, registry: str
) -> None:
    file = (
        "number,name,language,registered_on,ended_on\n"
        "1,Ada,,,\n"
        ",Nobody,,,\n"
        "3,,,,\n"
        "4,Eve,no language!,,\n"
        "5,Li,,31.12.2020,\n"
        "1,Ada again,,,\n"
        '6,"=HYPERLINK(""http://evil.example"")",,,\n'
        "7,Bo,,2021-01-01,2020-01-01\n"
        "8,Zoe,,,,,too wide\n"
        "9,Zed,,,\n"
    )
    done = take(module_database, registry, file)
    assert counts(done) == (10, 2, 0, 0, 8)
    told = [(one.row, one.column, one.code) for one in done.faults]
    assert told == [
        (3, "number", "number-missing"),
        (4, "name", "name-missing"),
        (5, "language", "language"),
        (6, "registered_on", "date-form"),
        (7, "number", "number-twice"),
        (8, "name", "formula"),
        (9, "ended_on", "time-order"),
        (10, "", "row-wide"),
    ]
    assert all(one.mend for one in done.faults)
    assert known(module_database, registry) == {"1": "Ada", "9": "Zed"}


def test_a_trial_run_tells_the_same_and_writes_nothing(
    module_database: Database, registry: str
) -> None:
    file = "number,name\n1,Ada\n,Eve\n"
    trial = take(module_database, registry, file, dry_run=True)
    assert known(module_database, registry) == {}
    assert trial == take(module_database, registry, file)


def test_workbooks_json_and_ndjson_are_read_too(module_database: Database, registry: str) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["A register"])
    sheet.append(["姓名", "注册号"])
    sheet.append(["李伟", 4711])
    sheet.append(["=1+1", "4712"])
    held = io.BytesIO()
    book.save(held)
    done = take(module_database, registry, held.getvalue())
    assert (done.added, [(one.row, one.column) for one in done.faults]) == (1, [(4, "name")])
    rows = [{"number": "2", "name": "Ada", "language": None}, {"number": 3, "name": "Eve"}]
    assert take(module_database, registry, json.dumps(rows)).added == 2
    lines = "\n".join(json.dumps({"number": str(n), "name": "Bo"}) for n in (5, 6))
    assert take(module_database, registry, lines).added == 2
    wrong = [{"number": "7", "name": ["x"]}, {"number": "8", "name": "A", "e-mail": "x"}, "row", 1]
    done = take(module_database, registry, json.dumps(wrong))
    assert [one.code for one in done.faults] == [
        "cell-form", "column-unknown", "row-form", "row-form",
    ]  # fmt: skip
    assert set(known(module_database, registry)) == {"4711", "2", "3", "5", "6"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   \n",
        b"<html><body>Sign in</body></html>",
        b"%PDF-1.7",
        b"number,name,e-mail\n1,Ada,ada@example.org\n",
        b"name\nAda\n",
        b"number,name,number\n1,Ada,2\n",
        b'number,name\n1,"Ada\n',
        b'[{"number": "1"',
        b"PK\x03\x04 not a workbook",
        b"number,name\n" + b"1" * 300_000 + b",Ada\n",
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_leaves_nothing(
    module_database: Database, registry: str, data: bytes
) -> None:
    with pytest.raises(sheets.FileUnreadable) as refused:
        take(module_database, registry, data)
    assert refused.value.detail
    assert known(module_database, registry) == {}


def test_of_a_file_that_is_cut_late_nothing_is_taken(
    module_database: Database, registry: str
) -> None:
    rows = "".join(f"{number},Name {number}\n" for number in range(1200))
    with pytest.raises(sheets.FileUnreadable):
        take(module_database, registry, f'number,name\n{rows}1200,"Na')
    assert known(module_database, registry) == {}


def test_a_number_that_was_somebody_elses_is_not_taken(
    module_database: Database, registry: str
) -> None:
    with module_database.write() as session:
        ada = add_registrant(session, registry, "old")
        service.change(session, ada, service.NewRegistrant("new", ada.name), at=NOW, who=WHO)
    done = take(module_database, registry, "number,name\nold,Eve\n")
    assert [one.code for one in done.faults] == ["number-taken"]


def test_thousands_of_rows_are_taken_and_of_thousands_of_faults_some_are_told(
    module_database: Database, registry: str
) -> None:
    rows = "".join(f"{number},Name {number}\n" for number in range(1200))
    bad = "".join(f"{number},\n" for number in range(2000, 3300))
    done = take(module_database, registry, f"number,name\n{rows}{bad}")
    assert counts(done) == (2500, 1200, 0, 0, 1300)
    assert (len(done.faults), done.more_faults) == (1000, 300)
    assert len(known(module_database, registry)) == 1200


def test_more_rows_than_are_taken_at_once_are_refused(
    module_database: Database, registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    with pytest.raises(sheets.FileUnreadable):
        take(module_database, registry, "number,name\n1,A\n2,B\n3,C\n")


def test_lists_are_imported_and_what_is_listed_already_is_unchanged(
    module_database: Database, registry: str
) -> None:
    issuers = (
        b"issuer,tag,from,to,note\n"
        b"did:web:cse.example,listed,2026-01-01,,A member\n"
        b"cse.example,listed,,,\n"
        b"did:web:ebk.example,listed,tomorrow,,\n"
    )
    take_issuers = partial(
        importing.import_issuers, module_database, registry, issuers, at=NOW, who=WHO
    )
    trial, done, again = take_issuers(dry_run=True), take_issuers(), take_issuers()
    assert counts(trial) == counts(done) == (3, 1, 0, 0, 2)
    assert counts(again) == (3, 0, 0, 1, 2)
    assert [(one.row, one.column) for one in done.faults] == [(3, "issuer_id"), (4, "valid_from")]
    approvals = b'[{"body": "PEC", "number": "17", "title": "Bridges"}, {"body": "PEC"}]'
    done = importing.import_approvals(module_database, registry, approvals, at=NOW, who=WHO)
    assert counts(done) == (2, 1, 0, 0, 1)
    assert [(one.row, one.column) for one in done.faults] == [(2, "number")]
