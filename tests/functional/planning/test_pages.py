"""An engineer's pages: cycles, what is handed in, decisions, the way through, the pack."""

import csv
import hashlib
import io
import json
import re
import zipfile
from datetime import timedelta
from fractions import Fraction

import pytest
from fastapi.testclient import TestClient

from app.identity.model import Role
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Declared, Judged, Verdict
from app.recognition.planning import evidence
from tests.simulator.studying import ADA, BARE, BOARD, OTHER, REFLECT, SOCIETY, Studying

pytestmark = pytest.mark.slow


def page(browser: TestClient, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def cycle(study: Studying, registry: str = BOARD) -> str:
    return f"/account/cpd/cycles/{study.registrants[registry]}"


def hand_in(study: Studying, *records: str, registry: str = BOARD) -> str:
    answer = study.ada.post(f"{cycle(study, registry)}/submit", data={"records": list(records)})
    assert answer.status_code == 200, answer.text
    return answer.text


def submission(study: Studying, title: str, registry: str = BOARD) -> str:
    """The address of a submission by its title."""
    found = re.search(
        rf'href="({re.escape(cycle(study, registry))}/submissions/[^"]+)"[^>]*>{title}<',
        page(study.ada, cycle(study, registry)),
    )
    assert found, title
    return found[1]


def test_the_overview_shows_every_registry_and_what_it_asks(study: Studying) -> None:
    shown = page(study.ada, "/account/cpd")
    for registry in (BOARD, OTHER, REFLECT, BARE):
        assert f"The registry {registry}" in shown
    assert "/ 30 PDH" in shown
    assert "counts no hours" in shown
    assert "no rules in force" in shown
    assert "days left, until" in shown


def test_a_record_handed_in_counts_and_says_by_which_line(study: Studying) -> None:
    record = study.kept()
    assert "Counted" in hand_in(study, record)
    shown = page(study.ada, cycle(study))
    assert f"Record {study.count}" in shown
    assert "6 PDH" in shown
    detail = page(study.ada, submission(study, f"Record {study.count}"))
    for said in ("board-rules", "formal", "<bdi>course</bdi>", "The signature is valid."):
        assert said in detail
    again = hand_in(study, record)
    assert "the registry had it already" in again


def test_all_new_records_are_handed_in_at_once(study: Studying) -> None:
    study.kept(contact_minutes=30)
    study.kept(contact_minutes=90)
    answer = study.ada.post(f"{cycle(study, OTHER)}/submit", data={"everything": "yes"})
    assert answer.status_code == 200
    for number in (study.count - 1, study.count):
        assert f"Record {number}" in answer.text
    assert "None." in page(study.ada, cycle(study, OTHER))


def test_nothing_chosen_is_nothing_handed_in(study: Studying) -> None:
    answer = study.ada.post(f"{cycle(study)}/submit", data={})
    assert answer.status_code == 422
    assert "Choose a record" in answer.text


def test_a_record_of_somebody_elses_account_is_not_handed_in(study: Studying) -> None:
    answer = study.ada.post(f"{cycle(study)}/submit", data={"records": "0190-none"})
    assert answer.status_code == 404


def test_nobody_else_sees_or_uses_a_cycle(study: Studying) -> None:
    record = study.kept()
    hand_in(study, record)
    place = submission(study, f"Record {study.count}")
    for path in (cycle(study), f"{cycle(study)}/path", f"{cycle(study)}/pack.zip", place):
        assert study.eve.get(path).status_code == 404
    for path in (f"{cycle(study)}/submit", f"{place}/appeal", f"{place}/appeal/withdraw"):
        assert study.eve.post(path, data={"text": "x", "everything": "1"}).status_code == 404
    assert f"Record {study.count}" not in page(study.eve, "/account/cpd")


def test_decisions_are_said_in_the_engineers_own_language(study: Studying) -> None:
    record = study.kept(completed_on="2019-01-01")
    hand_in(study, record)
    place = submission(study, f"Record {study.count}")
    assert "A person must decide" in page(study.ada, place) or "Not counted" in page(
        study.ada, place
    )
    study.language(ADA, "fr")
    try:
        shown = page(study.ada, place)
        assert 'lang="fr"' in shown
        assert "Not counted" not in shown
        study.language(ADA, "ar")
        assert 'lang="ar" dir="rtl"' in page(study.ada, place)
    finally:
        study.language(ADA, "en")


def test_an_appeal_is_filed_once_and_can_be_taken_back(study: Studying) -> None:
    made = {"title": f"Course {study.count}", "completed": str(study.today), "kind": "course"}
    entry = study.ada.post("/account/cpd/entries", data={**made, "contact": "2"})
    place = entry.headers["location"]
    given = study.ada.post(f"{place}/give", data={"registrant": study.registrants[BOARD]})
    assert given.status_code == 303, given.text
    address = submission(study, made["title"])
    assert "Self-declared" in page(study.ada, address)
    empty = study.ada.post(f"{address}/appeal", data={"text": " "})
    assert empty.status_code == 422
    filed = study.ada.post(f"{address}/appeal", data={"text": "I was <there>."})
    assert filed.status_code == 303, filed.text
    shown = page(study.ada, address)
    assert "I was &lt;there&gt;." in shown
    assert "not yet answered" in shown
    assert study.ada.post(f"{address}/appeal", data={"text": "again"}).status_code == 409
    assert study.ada.post(f"{address}/appeal/withdraw").status_code == 303
    assert "withdrawn" in page(study.ada, address)
    assert study.ada.post(f"{address}/appeal/withdraw").status_code == 404


def test_an_entry_with_its_file_reaches_the_registry_and_stays_there(study: Studying) -> None:
    form = {
        "title": "Reading on soil", "completed": str(study.today), "kind": "private_study",
        "workload": "3", "link": "https://example.org/soil", "details": "Chapter 4",
    }  # fmt: skip
    place = study.ada.post("/account/cpd/entries", data=form).headers["location"]
    data = b"%PDF-1.7 notes"
    upload = {"file": ("notes.pdf", data, "text/html")}
    assert study.ada.post(f"{place}/evidence", files=upload).status_code == 303
    wrong = study.ada.post(f"{place}/evidence", files={"file": ("a.exe", b"MZ\x00")})
    assert wrong.status_code == 422
    assert "Give a PDF" in wrong.text
    file = re.search(rf'href="({place}/evidence/[^"]+)"', page(study.ada, place))
    assert file
    got = study.ada.get(file[1])
    assert (got.content, got.headers["content-type"]) == (data, "application/pdf")
    assert got.headers["content-disposition"].startswith("attachment")
    assert study.eve.get(file[1]).status_code == 404
    study.ada.post(f"{place}/give", data={"registrant": study.registrants[BOARD]})
    assert "not changed any more" in page(study.ada, place)
    assert study.ada.post(place, data=form).status_code == 409
    address = submission(study, "Reading on soil")
    digest = hashlib.sha256(data).hexdigest()
    assert digest in page(study.ada, address)
    assert study.ada.post(f"{place}/remove").status_code == 303
    reviewer = study.house.sign_in("reviewer@example.org", board=Role.REVIEWER)
    copy = f"/organisations/{BOARD}/submissions/{address.rpartition('/')[2]}/evidence/{digest}"
    assert reviewer.get(copy).content == data
    assert study.ada.get(copy).status_code == 404
    elsewhere = copy.replace(f"/{BOARD}/", f"/{OTHER}/")
    assert reviewer.get(elsewhere).status_code == 404


def test_an_entry_cannot_be_handed_over_as_somebody_else(study: Studying) -> None:
    form = {"title": "Mine", "completed": str(study.today), "kind": "course", "contact": "1"}
    place = study.eve.post("/account/cpd/entries", data=form).headers["location"]
    answer = study.eve.post(f"{place}/give", data={"registrant": study.registrants[BOARD]})
    assert answer.status_code == 404


def test_what_is_wrong_in_an_entry_is_said_at_its_field(study: Studying) -> None:
    answer = study.ada.post("/account/cpd/entries", data={"title": "<b>", "kind": "holiday"})
    assert answer.status_code == 422
    assert 'id="kind-wrong"' in answer.text
    assert 'value="&lt;b&gt;"' in answer.text


def test_the_shortest_way_proposes_courses_that_can_be_chosen(study: Studying) -> None:
    start = study.today + timedelta(days=30)
    study.publish("long", 12)
    study.publish("short", 3, runs=[{"id": "a", "start": str(start)}])
    shown = page(study.ada, f"{cycle(study, OTHER)}/path")
    assert "With activities of just the right length" in shown
    assert "Bridges long" in shown
    assert ", ethics</h3>" in shown
    course = study.courses["short"]
    chosen = study.ada.post(
        "/account/cpd/choices",
        data={"course": course, "day": str(start), "then": study.registrants[OTHER]},
    )
    assert chosen.headers["location"] == f"{cycle(study, OTHER)}/path#chosen"
    assert "Bridges short" in page(study.ada, "/account/cpd")
    assert study.ada.post("/account/cpd/choices", data={"course": "none"}).status_code == 404
    assert study.ada.post(
        "/account/cpd/choices", data={"course": course, "day": "soon"}
    ).status_code == 422  # fmt: skip


def test_a_calendar_shows_deadlines_and_ends_when_told(study: Studying) -> None:
    made = study.ada.post("/account/cpd/calendar")
    found = re.search(r"/calendar/[A-Za-z0-9_-]{43}\.ics", made.text)
    assert found
    feed = study.house.http.get(found[0])
    assert feed.status_code == 200
    assert feed.headers["content-type"].startswith("text/calendar")
    assert feed.headers["cache-control"] == "no-store"
    text = feed.text.replace("\r\n ", "")
    assert "SUMMARY:The registry board: the CPD cycle ends" in text
    assert found[0] not in page(study.ada, "/account/cpd")
    assert study.ada.post("/account/cpd/calendar/end").status_code == 303
    assert study.house.http.get(found[0]).status_code == 404


def test_notes_are_kept_changed_and_marked_for_the_pack(study: Studying) -> None:
    form = {"stage": "reflect", "text": "I <learnt> much", "registry": BOARD, "in_pack": "yes"}
    assert study.ada.post("/account/cpd/notes", data=form).status_code == 303
    shown = page(study.ada, "/account/cpd/notes")
    assert "I &lt;learnt&gt; much" in shown
    assert "I &lt;learnt&gt; much" not in page(study.eve, "/account/cpd/notes")
    note = re.search(r"/account/cpd/notes/([0-9a-f-]{36})#form", shown)
    assert note
    place = f"/account/cpd/notes/{note[1]}"
    assert study.eve.get(place).status_code == 404
    assert study.eve.post(f"{place}/remove").status_code == 404
    assert study.ada.post(place, data={**form, "text": ""}).status_code == 422
    assert study.ada.post(place, data={**form, "text": "Rather little"}).status_code == 303
    assert "Rather little" in page(study.ada, "/account/cpd/notes")


def test_the_audit_pack_holds_everything_and_its_digests(study: Studying) -> None:
    record = study.kept()
    hand_in(study, record)
    note = {"stage": "plan", "text": "Plan for the pack", "in_pack": "yes"}
    study.ada.post("/account/cpd/notes", data=note)
    form = {
        "title": "=cmd()", "completed": str(study.today), "kind": "course", "contact": "1",
    }  # fmt: skip
    place = study.ada.post("/account/cpd/entries", data=form).headers["location"]
    study.ada.post(f"{place}/evidence", files={"file": ("../x.txt", b"proof")})
    study.ada.post(f"{place}/give", data={"registrant": study.registrants[BOARD]})
    answer = study.ada.get(f"{cycle(study)}/pack.zip", params={"notes": "yes"})
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        files = {name: pack.read(name) for name in pack.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["sha256"] == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items()
    }
    rows = list(csv.DictReader(io.StringIO(files["activities.csv"].decode("utf-8-sig"))))
    declared = next(row for row in rows if row["self_declared"] == "yes" and "cmd" in row["title"])
    assert declared["title"] == "'=cmd()"
    assert any(row["credited"] == "6" and row["rule"] == "course" for row in rows)
    index = files["index.html"].decode()
    assert "Self-declared" in index
    assert "<script" not in index
    for name in re.findall(r'href="([^"]+)"', index):
        assert name in {*files, "manifest.json"}
    assert any(name.startswith("evidence/") and b"proof" in data for name, data in files.items())
    assert "Plan for the pack" in files["notes.json"].decode()
    assert {name.partition("/")[0] for name in files} >= {
        "records", "reports", "decisions", "policies", "evidence",
    }  # fmt: skip
    without = study.ada.get(f"{cycle(study)}/pack.zip").content
    with zipfile.ZipFile(io.BytesIO(without)) as pack:
        assert "notes.json" not in pack.namelist()


def test_one_record_shows_what_it_counted_for_in_each_registry(study: Studying) -> None:
    record = study.kept()
    hand_in(study, record)
    hand_in(study, record, registry=OTHER)
    shown = page(study.ada, "/account/cpd/compare")
    row = next(part for part in shown.split("<tr>") if f"Record {study.count}<" in part)
    assert "6 PDH" in row
    assert "2 PDH" in row


def test_reminders_are_wanted_or_not(study: Studying) -> None:
    study.ada.post("/account/cpd/reminders", data={"before": "yes"})
    assert 'id="before" name="before" type="checkbox" value="yes" checked' in page(
        study.ada, "/account/cpd"
    )
    study.ada.post("/account/cpd/reminders", data={})
    assert 'value="yes" checked' not in page(study.ada, "/account/cpd")


def test_others_are_shown_on_average_once_they_are_ten(study: Studying) -> None:
    assert "Others there" not in page(study.ada, cycle(study, OTHER))
    at = study.house.now
    for number in range(10):
        other = study.register(OTHER, study.person(f"peer-{number}@example.org"), f"peer-{number}")
        form = Declared(
            f"Course {number}", study.today, "course", measures={"contact_minutes": Fraction(3600)}
        )
        with study.house.node.database.write() as session:
            made = ledger.declare(session, OTHER, other, form, who="client:test", at=at)
            found = ledger.review(
                session, OTHER, made.id, Verdict(Judged.EVALUATE, holder_confirmed=True),
                note="Seen.", who="person:one", at=at,
            )  # fmt: skip
            ledger.confirm(session, OTHER, found.id, agree=True, who="person:two", at=at)
    study.house.now += timedelta(days=1)
    try:
        shown = page(study.ada, cycle(study, OTHER))
    finally:
        study.house.now = at
    assert "about 20 PDH on average, over 10 engineers or more" in shown


def test_people_are_asked_to_look_at_what_rules_alone_rejected(study: Studying) -> None:
    record = study.kept()
    revoked = study.house.http.post(
        f"/api/v1/records/{record}/revoke",
        json={"reason": "error"},
        headers=study.house.token(SOCIETY),
    )
    assert revoked.status_code == 200, revoked.text
    assert "Not counted" in hand_in(study, record)
    address = submission(study, f"Record {study.count}")
    shown = page(study.ada, address)
    assert "The issuer has revoked the record." in shown
    form = {"text": "It was reissued.", "kind": "human_look"}
    assert study.ada.post(f"{address}/appeal", data=form).status_code == 303
    assert "You asked people to look at it" in page(study.ada, address)


def test_a_registry_keeps_what_it_was_given_when_the_account_ends(study: Studying) -> None:
    leaver = study.house.sign_in("leaver@example.org")
    person_id = study.person("leaver@example.org")
    registrant = study.register(BOARD, person_id, "leaver-1")
    form = {"title": "Kept there", "completed": str(study.today), "kind": "course", "contact": "1"}
    place = leaver.post("/account/cpd/entries", data=form).headers["location"]
    leaver.post(f"{place}/evidence", files={"file": ("proof.txt", b"proof of it")})
    assert leaver.post(f"{place}/give", data={"registrant": registrant}).status_code == 303
    assert leaver.post("/account/data/end", data={"sure": "yes"}).status_code == 303
    with study.house.node.database.read() as session:
        (kept,) = ledger.of_registrant(session, registrant)
        (file,) = evidence.given(session, BOARD, kept.id)
    assert kept.title == "Kept there"
    assert file.digest == hashlib.sha256(b"proof of it").hexdigest()
    reviewer = study.house.sign_in("reviewer@example.org", board=Role.REVIEWER)
    copy = f"/organisations/{BOARD}/submissions/{kept.id}/evidence/{file.digest}"
    assert reviewer.get(copy).content == b"proof of it"
    link = f'href="{copy}"'
    assert link in page(reviewer, f"/organisations/{BOARD}/submissions/{kept.id}")
