"""A registry's program submits records, reads decisions, reviews, appeals and lets anew decide."""

import pytest

from tests.simulator.desk import RegistryDesk

pytestmark = pytest.mark.slow


def test_one_record_is_answered_with_its_decision(desk: RegistryDesk) -> None:
    ada = desk.registrant()
    made = desk.submit(ada, contact_minutes=90)
    decision = made["decision"]
    assert (made["outcome"], decision["credited"]) == (
        "accept",
        {"exact": "3/2", "decimal": "1.5"},
    )
    assert decision["policy_id"] == "rules"
    whole = desk.ask("GET", f"/submissions/{made['id']}").json()
    assert [one["said"] for one in whole["trace"]][-1]
    assert whole["report"]["outcome"] == "pass"
    assert whole["facts"]["measures"]["contact_minutes"] == "90"
    assert [one["id"] for one in whole["decisions"]] == [decision["id"]]
    kept = desk.ask("GET", f"/submissions/{made['id']}/record")
    assert kept.json()["id"] == made["record"]


def test_many_records_are_answered_line_by_line(desk: RegistryDesk) -> None:
    ada, eve = desk.registrant(), desk.registrant()
    records = [desk.record(ada, contact_minutes=60), desk.record(eve, contact_minutes=120)]
    answers = desk.lines(
        [
            {"registrant": ada["id"], "record": records[0]},
            {"number": eve["number"], "record": records[1]},
            {"number": "nobody", "record": records[1]},
            {"registrant": ada["id"], "record": records[0]},
            {"registrant": "x", "record": records[0]},
            {"registrant": ada["id"]},
            "nothing",
        ]
    )
    codes = [one.get("error", {}).get("code") for one in answers]
    assert codes == [
        None, None, "item-malformed", None, "not-found", "item-malformed", "item-malformed",
    ]  # fmt: skip
    assert [one["created"] for one in answers[:4]] == [True, True, False, False]
    assert answers[3]["submission"]["id"] == answers[0]["submission"]["id"]


def test_a_share_link_brings_its_record_and_one_for_looking_does_not(desk: RegistryDesk) -> None:
    ada = desk.registrant()
    record_id = desk.record(ada)["id"].removeprefix("urn:uuid:")
    token = desk.house.token("cse")
    link = desk.house.http.post(f"/api/v1/records/{record_id}/holder-link", headers=token).json()
    made = desk.ask("POST", "/submissions", json={"number": ada["number"], "link": link["url"]})
    assert made.json()["results"][0]["submission"]["outcome"] == "accept"
    bad = desk.ask("POST", "/submissions", json={"number": ada["number"], "link": "https://x/y"})
    assert bad.json()["results"][0]["error"]["code"] == "link-unusable"


def test_a_repeated_request_gets_the_same_answer(desk: RegistryDesk) -> None:
    ada = desk.registrant()
    body = {"registrant": ada["id"], "record": desk.record(ada)}
    headers = {"Idempotency-Key": f"again-{ada['id']}"}
    first = desk.ask("POST", "/submissions", json=body, headers=headers)
    again = desk.ask("POST", "/submissions", json=body, headers=headers)
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[1", b"\xff"])
def test_a_body_that_is_no_json_is_refused(desk: RegistryDesk, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = desk.ask("POST", "/submissions", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "item-malformed")


def test_an_entry_by_hand_waits_for_people_and_is_marked(desk: RegistryDesk) -> None:
    ada = desk.registrant()
    answer = desk.ask(
        "POST",
        "/declarations",
        json={
            "registrant": ada["id"],
            "title": "Reading",
            "completed": "2026-06-01",
            "kind": "course",
            "measures": {"contact_minutes": "60"},
            "evidence": [{"name": "Notes", "digest": "0" * 64}],
        },
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["self_declared"], made["outcome"]) == (True, "review")
    assert made["decision"]["reasons"] == ["SELF_DECLARED"]
    listed = desk.ask("GET", "/submissions", params={"self_declared": True, "outcome": "review"})
    assert made["id"] in [one["id"] for one in listed.json()["submissions"]]


def test_a_cycle_shows_totals_caps_and_what_is_short(desk: RegistryDesk) -> None:
    ada = desk.registrant()
    desk.submit(ada, contact_minutes=660, workload_minutes=660, completed_on="2026-06-01")
    found = desk.ask("GET", f"/registrants/{ada['id']}/cycle", params={"on": "2026-06-01"}).json()
    assert (found["first"], found["last"]) == ("2026-01-01", "2026-12-31")
    assert found["total"]["exact"] == "10"
    caps = {one["id"]: (one["used"]["exact"], one["left"]["exact"]) for one in found["caps"]}
    assert caps == {"formal-year": ("10", "0"), "all-cycle": ("10", "990")}
    assert found["compliant"] is False
    assert {one["code"] for one in found["shortfalls"]} == {"SHORT_TOTAL", "SHORT_MINIMUM"}


def test_a_dry_run_says_what_would_change_and_changes_nothing(desk: RegistryDesk) -> None:
    ada = desk.registrant()
    made = desk.submit(ada, contact_minutes=60)
    started = desk.ask("POST", "/reruns", json={"why": "To see.", "dry": True})
    assert started.status_code == 202, started.text
    run_id = started.json()["id"]
    desk.work()
    run = desk.ask("GET", f"/reruns/{run_id}").json()
    assert (run["state"], run["changed"]) == ("done", 0)
    assert run["looked"] >= 1
    assert desk.ask("GET", f"/reruns/{run_id}/changes").json()["changes"] == []
    over = desk.ask("POST", f"/reruns/{run_id}/cancel")
    assert (over.status_code, over.json()["code"]) == (409, "rerun-over")
    assert desk.ask("GET", f"/submissions/{made['id']}").json()["decision"] == made["decision"]


def test_decisions_are_read_in_the_order_in_which_they_were_made(desk: RegistryDesk) -> None:
    ada = desk.registrant()
    made = [desk.submit(ada)["decision"]["id"] for _ in range(3)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = desk.ask("GET", "/decisions", params=params).json()
        seen += [one["id"] for one in page["decisions"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [one for one in seen if one in made] == made
    assert len(seen) == len(set(seen))
