"""A registry's members at work in their pages, without JavaScript."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.conftest import own_database
from tests.simulator.members import house
from tests.simulator.registry_office import PAGES, REGISTRY, Office, rules

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """One registry for all tests of this module; each makes the registrants it speaks of."""
    folder: Path = tmp_path_factory.mktemp("office")
    with own_database(request, folder) as url, house(folder, url) as made:
        opened = Office(made)
        opened.open()
        yield opened


def page(browser: TestClient, path: str, status: int = 200) -> str:
    answer = browser.get(f"{PAGES}{path}")
    assert answer.status_code == status, answer.text[:2000]
    return unescape(answer.text)


def test_a_record_is_handed_in_decided_and_explained(office: Office) -> None:
    office.registrant("A-1")
    submission = office.submitted(office.record("A-1"), number="A-1")
    shown = page(office.reader, f"/submissions/{submission}")
    for said in ("The record counts.", "The signature is valid.", "Line course", "pec-rules",
                 "version 1", "formal-year", "6 points"[:1]):  # fmt: skip
        assert said in shown
    assert shown.count('class="what"') > 20  # the numbered checks, and every gate
    assert "The record is about this registrant." in shown


def test_the_inbox_is_filtered_and_read_to_its_end(office: Office) -> None:
    office.registrant("B-1")
    records = [office.record("B-1", contact_minutes=60) for _ in range(3)]
    lines = b"\n".join(records)
    told = office.hand_in(lines, number="B-1").text
    assert "Records: 3. New: 3." in told
    again = office.hand_in(lines, number="B-1").text
    assert "Records: 3. New: 0." in again
    assert "3 records" in page(office.reader, "/inbox?registrant=B-1")
    assert "3 records" in page(office.reader, "/inbox?registrant=B-1&outcome=accept&reason=OK")
    assert "0 records" in page(office.reader, "/inbox?registrant=B-1&outcome=reject")
    assert "0 records" in page(office.reader, "/inbox?registrant=nobody")
    assert "3 records" in page(office.reader, f"/inbox?registrant=B-1&issuer={office.issuer}")
    assert "0 records" in page(office.reader, "/inbox?registrant=B-1&issuer=did:web:other.example")
    assert page(office.reader, "/inbox?first=yesterday&outcome=none&origin=x&text=%25")


def test_what_is_no_record_is_told_and_stops_no_other(office: Office) -> None:
    office.registrant("C-1")
    good = office.record("C-1").decode()
    told = unescape(office.hand_in(f'[{good}, {{"a": 1}}, "x.y.z", 7]', number="C-1").text)
    assert "Records: 4. New: 1." in told
    assert told.count("Record 2:") == told.count("Record 4:") == 1
    nobody = unescape(office.hand_in(good, number="C-9").text)
    assert "Nobody in the register has the number C-9." in nobody
    unbound = unescape(office.hand_in(good).text)
    assert "name the number" in unbound
    empty = office.hand_in(b"", number="C-1")
    assert empty.status_code == 422


def test_a_holders_link_of_this_node_can_be_pasted(office: Office) -> None:
    office.registrant("D-1")
    record = office.record("D-1")
    record_id = re.search(rb'"urn:uuid:([0-9a-f-]{36})"', record)
    assert record_id
    made = office.house.http.post(
        f"/api/v1/records/{record_id[1].decode()}/holder-link", headers=office.house.token("cse")
    ).json()
    told = office.hand_in(made["url"], number="D-1").text
    assert "Records: 1. New: 1." in told
    elsewhere = office.hand_in("https://elsewhere.example/holder/" + "a" * 43, number="D-1")
    assert elsewhere.status_code == 422
    assert "Only links of this node" in unescape(elsewhere.text)


def test_one_person_proposes_and_another_confirms(office: Office) -> None:
    office.registrant("E-1")
    record = office.record("E-1", kind="conference")
    submission = office.submitted(record, number="E-1")
    address = f"{PAGES}/submissions/{submission}"
    assert "Propose a decision" in page(office.reviewer, f"/submissions/{submission}")
    assert "Propose a decision" not in page(office.reader, f"/submissions/{submission}")

    bad = office.reviewer.post(f"{address}/propose", data={"judged": "accept", "amount": "x"})
    assert bad.status_code == 422
    form = {"judged": "accept", "amount": "3/2", "category": "formal", "note": "It was a course."}
    assert office.reviewer.post(f"{address}/propose", data=form).status_code == 303

    waiting = page(office.owner, "/reviews")
    assert "It was a course." in waiting
    review = re.search(
        rf"{address}/reviews/([0-9a-f-]+)", page(office.owner, f"/submissions/{submission}")
    )
    assert review
    own = office.reviewer.post(f"{address}/reviews/{review[1]}", data={"agree": "yes"})
    assert own.status_code == 403
    done = office.owner.post(f"{address}/reviews/{review[1]}", data={"agree": "yes"})
    assert done.status_code == 303
    shown = page(office.reader, f"/submissions/{submission}?done=confirmed")
    assert "It is confirmed and decided." in shown
    assert "3/2 (1.5)" in shown
    assert shown.count("badge pass") >= 1


def test_missing_facts_are_supplemented_and_the_rules_decide_again(office: Office) -> None:
    office.registrant("F-1")
    stranger = {"identifiers": [{"type": "ext:MembershipNumber", "value": "9"}]}
    other = office.record("F-1", holder=stranger)
    submission = office.submitted(other, number="F-1")
    assert "HOLDER_UNBOUND" in page(office.reader, f"/submissions/{submission}")
    address = f"{PAGES}/submissions/{submission}"
    form = {"judged": "evaluate", "note": "Compared with the passport.", "holder_confirmed": "yes"}
    assert office.reviewer.post(f"{address}/propose", data=form).status_code == 303
    shown = page(office.owner, f"/submissions/{submission}")
    review = re.search(rf"{address}/reviews/([0-9a-f-]+)", shown)
    assert review
    office.owner.post(f"{address}/reviews/{review[1]}", data={"agree": "yes"})
    assert "The record counts." in page(office.reader, f"/submissions/{submission}")


def test_one_proposal_may_be_made_for_many(office: Office) -> None:
    office.registrant("G-1")
    ids = [
        office.submitted(office.record("G-1", kind="conference"), number="G-1") for _ in range(2)
    ]
    form = {"ids": ids, "judged": "reject", "note": "Not of this registry."}
    told = office.reviewer.post(f"{PAGES}/inbox/propose", data=form)
    assert "Proposed for 2 records" in unescape(told.text)
    again = office.reviewer.post(f"{PAGES}/inbox/propose", data=form)
    assert "Proposed for 0 records" in unescape(again.text)
    none = office.reviewer.post(f"{PAGES}/inbox/propose", data={"judged": "accept"})
    assert none.status_code == 422


def test_a_letter_speaks_two_languages_and_says_why(office: Office) -> None:
    office.registrant("H-1", language="ur")
    submission = office.submitted(office.record("H-1"), number="H-1")
    shown = page(office.reader, f"/submissions/{submission}/letter")
    assert 'lang="ur" dir="rtl"' in shown
    assert 'lang="en" dir="ltr"' in shown
    assert "The record counts." in shown
    assert "دستخط" in shown
    other = page(office.reader, f"/submissions/{submission}/letter?language=zh-Hans&language=fr")
    letter = other.partition("<main")[2]  # above stands the menu of languages
    assert 'lang="zh-Hans"' in letter
    assert 'lang="ur"' not in letter
    page(office.reader, f"/submissions/{submission}/letter?language=tlh", 422)
    page(office.reader, f"/submissions/{submission}/letter?decision=none", 404)


def test_the_record_comes_back_byte_for_byte(office: Office) -> None:
    office.registrant("I-1")
    record = office.record("I-1")
    submission = office.submitted(record, number="I-1")
    found = office.reader.get(f"{PAGES}/submissions/{submission}/record")
    assert found.content == record
    assert "attachment" in found.headers["content-disposition"]
    facts = office.reader.get(f"{PAGES}/submissions/{submission}/facts.json").json()
    assert facts["decision"]["outcome"] == "accept"
    assert facts["facts"]["measures"]["contact_minutes"] == "360"


def test_a_registrant_shows_the_cycle_and_can_be_changed(office: Office) -> None:
    made = office.owner.post(
        f"{PAGES}/registrants",
        data={"number": "J-1", "name": "Li Wei", "registered_on": "2021-02-03"},
    )
    path = made.headers["location"].removeprefix(PAGES)
    office.submitted(office.record("J-1"), number="J-1")
    shown = page(office.reader, path)
    assert "Limit formal-year" in shown
    assert "are missing for the requirement ethics" in shown
    seen = re.search(r'name="seen" value="([^"]*)"', office.owner.get(f"{PAGES}{path}").text)
    assert seen
    changed = {"number": "J-1", "name": "Li Wei 李伟", "seen": unescape(seen[1])}
    assert office.owner.post(f"{PAGES}{path}/change", data=changed).status_code == 303
    assert office.owner.post(f"{PAGES}{path}/change", data=changed).status_code == 412
    assert "李伟" in page(office.reader, "/registrants?text=李伟")
    bad = office.owner.post(f"{PAGES}/registrants", data={"number": "", "name": ""})
    assert bad.status_code == 422
    assert "aria-invalid" in bad.text


def test_a_file_of_registrants_is_read_row_by_row(office: Office) -> None:
    data = b"number,name,language\nK-1,Ann,en\nK-2,,en\nK-1,Ann,en\n"
    told = office.owner.post(f"{PAGES}/registrants/import", files={"file": ("a.csv", data)})
    assert told.status_code == 200
    assert "Added: 1." in told.text
    assert "Row 3" in told.text
    empty = office.owner.post(f"{PAGES}/registrants/import", files={"file": ("a.csv", b"")})
    assert empty.status_code == 422


def test_issuers_and_approvals_are_listed_and_ended(office: Office) -> None:
    new = {"issuer_id": "did:web:other.example", "tag": "tried", "valid_from": "2026-01-01"}
    assert office.owner.post(f"{PAGES}/issuers", data=new).status_code == 303
    assert office.owner.post(f"{PAGES}/issuers", data={"tag": "x y"}).status_code == 422
    listed = page(office.owner, "/issuers?text=other.example")
    listing = re.search(rf"{PAGES}/issuers/([0-9a-f-]+)/end", listed)
    assert listing
    path = f"{PAGES}/issuers/{listing[1]}/end"
    assert office.owner.post(path, data={"reason": "Left."}).status_code == 422
    assert office.owner.post(path, data={"on": "2026-06-30", "reason": "Left."}).status_code == 303
    assert "Left." in page(office.reader, "/issuers?text=other.example")
    approval = {"body": "PEC", "number": "77", "title": "Bridges"}
    assert office.owner.post(f"{PAGES}/approvals", data=approval).status_code == 303
    assert "Bridges" in page(office.reader, "/approvals")


def test_a_policy_is_written_tried_and_adopted_by_a_second_person(office: Office) -> None:
    office.registrant("L-1")
    office.submitted(office.record("L-1"), number="L-1")
    wrong = rules(version=2).replace("unit: point", "unit: [")
    told = office.owner.post(f"{PAGES}/policies/new", data={"text": wrong, "action": "save"})
    assert told.status_code == 422
    assert re.search(r"Line \d+", told.text)
    text = rules(version=2, credit="1/2")
    checked = office.owner.post(f"{PAGES}/policies/new", data={"text": text, "action": "check"})
    assert "What it changes against version 1" in unescape(checked.text)
    made = office.owner.post(f"{PAGES}/policies/new", data={"text": text, "action": "save"})
    path = made.headers["location"].removeprefix(PAGES)

    dry = page(office.reader, f"{path}/dry-run?since=2025-01-01")
    assert "decisions would be another one" in dry or "decision would be another one" in dry
    assert "All that counts would change by" in dry
    vectors = {"vectors": [], "policies": []}
    broken = office.owner.post(f"{PAGES}{path}/vectors", files={"file": ("v.json", b"{")})
    assert broken.status_code == 422
    del vectors
    act = {"action": "adopt", "sure": "yes"}
    assert office.owner.post(f"{PAGES}{path}/act", data={"action": "adopt"}).status_code == 422
    assert office.owner.post(f"{PAGES}{path}/act", data=act).status_code == 403
    assert office.reviewer.post(f"{PAGES}{path}/act", data=act).status_code == 403
    office.house.sign_in("second@pec.example")
    second = office.house.sign_in("second@pec.example")
    assert second.post(f"{PAGES}{path}/act", data=act).status_code == 303
    shown = page(office.reader, path)
    assert "in force" in page(office.reader, "/policies")
    assert "Adopted under the registry's signature" in shown


def test_an_audit_sample_is_announced_drawn_and_taken_along(office: Office) -> None:
    office.registrant("M-1")
    bad = office.owner.post(f"{PAGES}/samples", data={"percent": "50"})
    assert bad.status_code == 422
    made = office.owner.post(
        f"{PAGES}/samples", data={"percent": "5", "public_source": "The lottery of 1 December"}
    )
    path = made.headers["location"].removeprefix(PAGES)
    announced = page(office.reader, path)
    assert "Commitment" in announced
    assert "Seed:" not in announced
    assert office.owner.post(f"{PAGES}{path}/draw").status_code == 422
    drawn = office.owner.post(f"{PAGES}{path}/draw", data={"public_value": "4 8 15 16 23 42"})
    assert drawn.status_code == 303
    shown = page(office.reader, path)
    chosen = re.search(rf"{path}/evidence/([0-9a-f-]+)\.zip", shown)
    assert chosen
    assert office.owner.post(f"{PAGES}{path}/draw", data={"public_value": "x"}).status_code == 409
    taken = office.reader.get(f"{PAGES}{path}/evidence/{chosen[1]}.zip")
    assert taken.content.startswith(b"PK")
    other = office.registrant("M-2")
    assert office.reader.get(f"{PAGES}{path}/evidence/{other}.zip").status_code == 404


@pytest.mark.parametrize("form", ["decisions", "return-1", "return-2"])
def test_lists_are_taken_along_as_tables(office: Office, form: str) -> None:
    got = office.reader.get(f"{PAGES}/returns/list", params={"form": form, "ending": "csv"})
    assert got.status_code == 200
    assert got.headers["content-type"].startswith("text/csv")
    assert ("unverified" in got.text) == (form != "decisions")
    book = office.reader.get(f"{PAGES}/returns/list", params={"form": form, "ending": "xlsx"})
    assert book.content.startswith(b"PK")


def test_a_list_that_lacks_something_is_refused(office: Office) -> None:
    for wanted in ({"form": "ncees"}, {"form": "none"}, {"number": "nobody"}):
        got = office.reader.get(f"{PAGES}/returns/list", params=wanted)
        assert got.status_code == 422, wanted
    assert page(office.reader, "/returns?form=ncees&number=A-1")


def test_numbers_are_shown_without_people(office: Office) -> None:
    shown = page(office.reader, "/statistics?rows=kind&columns=outcome")
    assert "Counts from 1 to 9 are hidden" in shown
    page(office.reader, "/statistics?rows=kind&columns=kind")
    page(office.reader, "/statistics?rows=x&first=y")


def test_a_society_has_no_such_pages(office: Office) -> None:
    browser = office.house.sign_in("ada@cse.example", cse={"owner"})
    assert browser.get("/organisations/cse/inbox").status_code == 404
    assert browser.get(f"/organisations/{REGISTRY}/inbox").status_code == 404
    assert "/organisations/cse/inbox" not in browser.get("/organisations/cse").text
