"""Another organisation issues in a society's stead: with its grant, and not a moment longer."""

import json
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response

from app.identity import audit, grants
from tests.simulator.node import COMPLETION, Node

GRANTS = "/api/v1/societies/cse/grants"


@pytest.fixture
def house(cse: Node) -> Node:
    """The node has a second organisation, which would like to issue for the first."""
    cse.add_society("house")
    return cse


def give(node: Node, **changes: Any) -> Response:
    grant = {"grantee": "house", "action": "records:issue", **changes}
    return node.http.post(GRANTS, json=grant, headers=node.token("cse"))


def issue(node: Node, key: str = "k") -> int:
    return node.complete("cse", COMPLETION, key=key, as_="house").status_code


def test_without_a_grant_nothing_is_issued_for_another(house: Node) -> None:
    assert issue(house) == 403


@pytest.mark.slow
def test_with_a_grant_records_are_the_societys_own(house: Node) -> None:
    assert give(house).status_code == 201
    answer = house.complete("cse", COMPLETION, key="k", as_="house")
    assert answer.status_code == 201
    assert answer.json()["society"] == "cse"
    assert len(house.forms(answer.json()["id"], "cse")) == 2


def test_before_and_after_its_time_a_grant_is_none(house: Node) -> None:
    begin, end = house.now + timedelta(hours=1), house.now + timedelta(hours=2)
    give(house, valid_from=begin.isoformat(), valid_until=end.isoformat())
    assert issue(house) == 403
    house.now = begin
    assert issue(house) == 201
    house.now = end
    assert issue(house) == 403


def test_an_ended_grant_ends_at_once_and_leaves_what_was_done(house: Node) -> None:
    grant = give(house).json()
    assert issue(house) == 201
    ended = house.http.delete(f"{GRANTS}/{grant['id']}", headers=house.token("cse"))
    assert (ended.status_code, ended.json()["holds"]) == (200, False)
    again = house.http.delete(f"{GRANTS}/{grant['id']}", headers=house.token("cse"))
    assert again.json()["ended_at"] == ended.json()["ended_at"]
    assert issue(house) == 403
    (record,) = house.http.get("/api/v1/societies/cse/records", headers=house.token("cse")).json()[
        "records"
    ]
    assert record["status"] == "valid"
    with house.database.read() as session:
        trail = [entry.action for entry in audit.trail(session, "organisation:cse")]
    assert trail[-2:] == ["grant.add", "grant.end"]


def test_a_grant_for_one_action_allows_no_other(house: Node) -> None:
    give(house, action="records:read")
    assert issue(house) == 403
    assert house.http.get("/api/v1/societies/cse/records", headers=house.token("house")).json() == {
        "records": [],
        "next_cursor": None,
    }


@pytest.mark.slow
def test_a_grant_does_not_widen_a_token(house: Node) -> None:
    give(house)
    answer = house.http.post(
        "/api/v1/societies/cse/completions",
        json=COMPLETION,
        headers={**house.token("house", scope="records:read"), "Idempotency-Key": "k"},
    )
    assert answer.status_code == 403


@pytest.mark.slow
def test_a_grant_covers_batches_and_rosters(house: Node) -> None:
    token = house.token("house")
    for path in ("completions:batch", "rosters"):
        assert (
            house.http.post(
                f"/api/v1/societies/cse/{path}", json=[COMPLETION], headers=token
            ).status_code
            == 403
        )
    give(house)
    batch = house.http.post(
        "/api/v1/societies/cse/completions:batch",
        json=[COMPLETION],
        headers={**token, "Idempotency-Key": "k"},
    )
    assert batch.json()["counts"]["created"] == 1
    roster = house.http.post("/api/v1/societies/cse/rosters", json=[COMPLETION], headers=token)
    assert roster.status_code == 202


def test_only_the_society_itself_gives_and_ends_its_grants(house: Node) -> None:
    grant = give(house).json()
    token = house.token("house")
    assert house.http.get(GRANTS, headers=token).status_code == 403
    own = {"grantee": "house", "action": "records:revoke"}
    assert house.http.post(GRANTS, json=own, headers=token).status_code == 403
    assert house.http.delete(f"{GRANTS}/{grant['id']}", headers=token).status_code == 403


@pytest.mark.slow
def test_giving_the_same_grant_again_gives_the_same_one(house: Node) -> None:
    one, two = give(house), give(house)
    assert (one.status_code, two.status_code) == (201, 200)
    assert one.json()["id"] == two.json()["id"]
    listed = house.http.get(GRANTS, headers=house.token("cse")).json()["grants"]
    assert [grant["id"] for grant in listed] == [one.json()["id"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"grantee": "nobody"}, "/grantee"),
        ({"grantee": "cse"}, "/grantee"),
        ({"action": "catalogue:write"}, "/action"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "/valid_until"),
    ],
)
def test_what_cannot_be_granted_is_refused_by_field(
    house: Node, changes: dict[str, Any], pointer: str
) -> None:
    answer = give(house, **changes)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


@pytest.mark.slow
def test_a_grant_that_there_is_not_cannot_be_ended(house: Node) -> None:
    answer = house.http.delete(f"{GRANTS}/x", headers=house.token("cse"))
    assert answer.status_code == 404
    with house.database.read() as session:
        assert grants.list_grants(session, "cse") == []


@pytest.mark.parametrize("grantee", ["\0", "a\ud800", "no body"])
def test_a_grantee_that_cannot_be_is_refused(house: Node, grantee: str) -> None:
    body = json.dumps({"grantee": grantee, "action": "records:issue"})
    answer = house.http.post(
        GRANTS, content=body, headers={**house.token("cse"), "Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "grantee-unknown"


def test_a_grant_may_hold_from_and_to_the_ends_of_time(house: Node) -> None:
    ends = {"valid_from": "0001-01-01T00:00:00+14:00", "valid_until": "9999-12-31T23:59:59-14:00"}
    answer = give(house, **ends)
    assert (answer.status_code, answer.json()["holds"]) == (201, True)
    assert issue(house) == 201


@pytest.mark.parametrize(
    "asked",
    [
        "records?holder=%00", "records?course_run=%00", "records?cursor=AAAA", "rosters/%00",
        "records?issued_from=0001-01-01&issued_until=9999-12-31",
    ],
)  # fmt: skip
def test_what_no_database_takes_is_no_fault_of_the_node(cse: Node, asked: str) -> None:
    answer = cse.http.get(f"/api/v1/societies/cse/{asked}", headers=cse.token("cse"))
    assert answer.status_code in {200, 404, 422}
