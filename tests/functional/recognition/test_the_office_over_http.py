"""Samples, lists, numbers and letters as a registry's own programs get them."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from httpx import Response

from app.records.certificate.press import Press
from tests.conftest import own_database
from tests.simulator.members import house
from tests.simulator.registry_office import REGISTRY, Office

BASE = f"/api/v1/registries/{REGISTRY}"


@pytest.fixture(scope="module")
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """A registry with twelve registrants, one of whom has a dangerous name."""
    folder: Path = tmp_path_factory.mktemp("office")
    with own_database(request, folder) as url, house(folder, url) as made:
        opened = Office(made)
        opened.open()
        for number in range(12):
            opened.registrant(f"R-{number}", name=f"Registrant {number}")
            opened.hand_in(opened.record(f"R-{number}"), number=f"R-{number}")
        yield opened


def ask(office: Office, method: str, path: str, **more: Any) -> Response:
    headers = {**office.house.token(REGISTRY), "Accept": "application/json"}
    headers |= more.pop("headers", {})
    return office.house.http.request(method, f"{BASE}{path}", headers=headers, **more)


def submission(office: Office) -> str:
    found = ask(office, "GET", "/submissions").json()
    return str(found["submissions"][0]["id"])


def test_anybody_draws_the_sample_again_from_what_is_published(office: Office) -> None:
    wish = {"percent": "5", "public_source": "The lottery of 1 December"}
    key = {"Idempotency-Key": "sample-1"}
    made = ask(office, "POST", "/samples", json=wish, headers=key)
    assert made.status_code == 201
    again = ask(office, "POST", "/samples", json=wish, headers=key)
    assert again.json() == made.json()
    sample = made.json()
    assert sample["secret"] is None
    assert sample["chosen"] == []

    public = office.house.http.get(f"{BASE}/samples/published").json()["items"]
    before = next(one for one in public if one["id"] == sample["id"])
    assert before["commitment"]
    assert "chosen" not in before
    ids = ask(office, "GET", f"/samples/{sample['id']}/list").text.split()
    assert (
        hashlib.sha256("".join(f"{i}\n" for i in ids).encode()).hexdigest() == (before["list_hash"])
    )

    late = office.registrant("LATE-1")
    value = {"public_value": "4 8 15 16 23 42"}
    drawn = ask(office, "POST", f"/samples/{sample['id']}/draw", json=value).json()
    after = office.house.http.get(f"{BASE}/samples/published").json()["items"][0]
    assert hashlib.sha256(bytes.fromhex(after["secret"])).hexdigest() == before["commitment"]
    seed = hashlib.sha256(f"{after['secret']}:{value['public_value']}".encode()).hexdigest()
    assert seed == after["seed"]
    ranks = sorted((hashlib.sha256(f"{seed}:{i}".encode()).hexdigest(), i) for i in ids)
    assert drawn["chosen"] == [one for _, one in ranks[: before["size"]]]
    assert late not in ids
    assert ask(office, "POST", f"/samples/{sample['id']}/draw", json=value).status_code == 409


def test_the_evidence_of_a_sample_can_be_judged_elsewhere(office: Office) -> None:
    sample = ask(office, "POST", "/samples", json={"percent": "5"}).json()
    drawn = ask(office, "POST", f"/samples/{sample['id']}/draw", json={}).json()
    chosen = drawn["chosen"][0]
    taken = ask(office, "GET", f"/samples/{sample['id']}/evidence/{chosen}")
    assert taken.status_code == 200
    with zipfile.ZipFile(io.BytesIO(taken.content)) as packed:
        names = set(packed.namelist())
        decisions = (
            json.loads(packed.read("decisions/1.json")) if "decisions/1.json" in names else []
        )
        said = json.loads(packed.read("submissions.json"))
        if decisions:  # whoever joined without a record has none
            record = packed.read("records/1.json")
            assert hashlib.sha256(record).hexdigest() == said[0]["sha256"]
            rules = decisions[0]["decision"]["policy_hash"]
            assert {f"policies/{rules}.yaml", f"policies/{rules}.jws"} <= names
            assert json.loads(packed.read("reports/1.json"))["outcome"] == "pass"
    trail = office.house.http.get(
        f"/api/v1/organisations/{REGISTRY}/audit?action=sample.evidence",
        headers=office.house.token(REGISTRY),
    )
    assert chosen in trail.text


def test_a_cell_of_a_list_is_never_a_formula(office: Office) -> None:
    name = '=HYPERLINK("http://evil.example","x")'
    office.registrant("EVIL-1", name="Evil")
    record = office.record(
        "EVIL-1",
        contact_minutes=90,
        course={"title": {"en": name}, "url": "https://society.example/courses/evil"},
    )
    office.hand_in(record, number="EVIL-1")
    rows = list(csv.reader(io.StringIO(ask(office, "GET", "/lists/decisions.csv").text)))
    head = next(row for row in rows if row[:1] == ["registration_number"])
    lines = [dict(zip(head, row, strict=True)) for row in rows[rows.index(head) + 1 :]]
    evil = next(one for one in lines if one["registration_number"] == "EVIL-1")
    assert evil["activity"] == f"'{name}"
    assert (evil["credited"], evil["credited_numerator"], evil["credited_denominator"]) == (
        "1.5", "3", "2",
    )  # fmt: skip
    book = openpyxl.load_workbook(
        io.BytesIO(ask(office, "GET", "/lists/decisions.xlsx").content), read_only=True
    )
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    assert f"'{name}" in {cell.value for cell in cells}


def test_a_return_holds_the_participants_of_one_activity(office: Office) -> None:
    course = {"title": {"en": "Walls"}, "url": "https://society.example/courses/walls"}
    for number, role in (("W-1", "participant"), ("W-2", "participant"), ("W-3", "instructor")):
        office.registrant(number)
        told = office.hand_in(office.record(number, course=course, role=role), number=number)
        if number == "W-1":
            one = told.text.partition("/submissions/")[2].partition('"')[0]
    first = ask(office, "GET", f"/lists/return-1.csv?activity_of={one}").text
    second = ask(office, "GET", f"/lists/return-2.csv?activity_of={one}").text
    assert ("W-1" in first, "W-2" in first, "W-3" in first) == (True, True, False)
    assert ("W-1" in second, "W-3" in second) == (False, True)
    assert "unverified form" in first
    assert ask(office, "GET", "/lists/return-1.csv?activity_of=none").status_code == 404


def test_a_registrants_report_needs_a_registrant(office: Office) -> None:
    assert ask(office, "GET", "/lists/ncees.csv").status_code == 422
    found = ask(office, "GET", "/registrants?text=R-1").json()["items"][0]
    report = ask(office, "GET", f"/lists/ncees.csv?registrant={found['id']}").text
    assert found["number"] in report
    assert "unverified form" in report
    assert ask(office, "GET", "/lists/ncees.csv?registrant=none").status_code == 404
    assert ask(office, "GET", "/lists/none.csv").status_code == 422


def test_numbers_leave_small_counts_out(office: Office) -> None:
    told = ask(office, "GET", "/statistics?rows=kind&columns=outcome").json()
    shown = [one["count"] for line in told["totals"].values() for one in line["counts"]]
    shown += [one for row in told["cells"] or () for one in row]
    assert all(count is None or count == 0 or count >= 10 for count in shown)
    assert any(count for count in shown if count)
    assert ask(office, "GET", "/statistics?rows=kind&columns=kind").status_code == 422


def test_a_letter_is_told_in_two_languages(office: Office) -> None:
    one = submission(office)
    letter = ask(office, "GET", f"/submissions/{one}/letter").json()
    assert [part["language"] for part in letter["parts"]] == ["ur", "en"]
    assert letter["parts"][0]["direction"] == "rtl"
    assert letter["parts"][1]["told"] == "The record counts."
    chosen = ask(office, "GET", f"/submissions/{one}/letter?language=ru").json()
    assert [part["language"] for part in chosen["parts"]] == ["ru"]
    assert ask(office, "GET", f"/submissions/{one}/letter?language=tlh").status_code == 422
    assert ask(office, "GET", "/submissions/none/letter").status_code == 404


@pytest.mark.slow
@pytest.mark.skipif(not Press().ready, reason="needs the extra `pdf`")
@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "ar", "ur", "ru", "fr", "es", "en"])
def test_a_letter_is_printed_in_every_language(office: Office, language: str) -> None:
    one = submission(office)
    printed = ask(office, "GET", f"/submissions/{one}/letter.pdf?language={language}")
    assert printed.status_code == 200, printed.text
    assert printed.content.startswith(b"%PDF")


@pytest.mark.slow
@pytest.mark.skipif(not Press().ready, reason="needs the extra `pdf`")
def test_a_list_is_printed(office: Office) -> None:
    printed = ask(office, "GET", "/lists/return-1.pdf")
    assert printed.content.startswith(b"%PDF")


def test_another_registrys_program_gets_nothing(office: Office) -> None:
    token = office.house.token("cse")
    for path in ("/samples", "/statistics", "/lists/decisions.csv"):
        answer = office.house.http.get(f"{BASE}{path}", headers=token)
        assert answer.status_code == 403, path
