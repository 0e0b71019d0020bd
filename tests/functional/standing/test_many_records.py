"""Many records at once: each for itself, each list signed once, whatever happens on the way."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from app.platform.db import Database
from app.records import service, status
from app.records.standing import batch
from app.records.standing.model import Action, Order, Outcome, Reason, Result
from app.records.standing.tables import StandingRow
from app.records.status import Purpose
from app.records.tables import RecordRow
from app.trust.signer import SignerError
from tests.functional.standing.test_reserving_places import leave_room, reserve
from tests.simulator.node import Node
from tests.simulator.standing import issue, ones, stored

pytestmark = pytest.mark.slow

REVOKE = Order(Action.REVOKE, Reason.ERROR)
UNKNOWN = "0190e2a0-0000-7000-8000-000000000000"
FORMS = 2
"""A list is signed once for each of its two forms."""


class PowerCut(BaseException):
    """Nothing after this runs, as with ``kill -9``."""


def change_many(node: Node, ids: list[str], order: Order = REVOKE) -> tuple[Outcome, ...]:
    return batch.change_many(
        node.database, node.signer, [(one, order) for one in ids], at=node.now, who="test"
    )


def post(node: Node, body: Any, *, society: str = "cse", as_: str = "cse") -> Any:
    return node.http.post(
        f"/api/v1/societies/{society}/standing:batch", json=body, headers=node.token(as_)
    )


def revoked(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count(RecordRow.revoked_at))) or 0


def test_each_list_is_signed_once_however_many_of_its_records_are_revoked(node: Node) -> None:
    reserve(node, 1)
    leave_room(node, 20)
    ids = stored(node, 45)  # 20 in the first list, 25 in the second
    signed = node.signer.signatures
    outcomes = change_many(node, ids)
    assert node.signer.signatures - signed == 2 * FORMS
    assert [one.record_id for one in outcomes] == ids
    assert {one.result for one in outcomes} == {Result.CHANGED}
    assert len(ones(node, Purpose.REVOCATION)) == 20
    assert len(ones(node, Purpose.REVOCATION, number=2)) == 25
    assert change_many(node, ids)[0].result is Result.UNCHANGED
    assert node.signer.signatures - signed == 2 * FORMS


def test_each_record_gets_what_is_its_own(node: Node) -> None:
    node.add_society("pec")
    fine, gone, twice = stored(node, 3)
    (foreign,) = stored(node, 1, society_id="pec")
    change_many(node, [gone])
    answer = post(
        node,
        {
            "action": "suspend",
            "reason": "under_review",
            "ids": [fine, gone, UNKNOWN, foreign, "none\x00", twice, twice],
        },
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["found"], told["changed"], told["unchanged"], told["refused"]) == (7, 2, 0, 5)
    said = [(one["result"], one["status"], one["code"]) for one in told["outcomes"]]
    assert said == [
        ("changed", "suspended", None),
        ("refused", "revoked", "standing-refused"),
        ("refused", None, "not-found"),
        ("refused", None, "not-found"),
        ("refused", None, "not-found"),
        ("changed", "suspended", None),
        ("refused", None, "standing-refused"),
    ]
    assert ones(node, Purpose.SUSPENSION, society_id="pec") == set()


def test_lines_in_give_lines_out_and_each_has_its_own_order(node: Node) -> None:
    one, other, third = stored(node, 3)
    lines = [
        {"id": one, "action": "revoke", "reason": "fraud", "reference": "7/26"},
        {"id": other, "action": "suspend", "reason": "under_review"},
        {"id": third, "action": "revoke", "reason": "cleared"},
    ]
    answer = node.http.post(
        "/api/v1/societies/cse/standing:batch",
        content="\n".join(map(json.dumps, lines)) + "\n\n",
        headers={**node.token("cse"), "Content-Type": "application/x-ndjson"},
    )
    assert answer.headers["content-type"] == "application/x-ndjson"
    said = [json.loads(line) for line in answer.text.splitlines()]
    assert [(line["id"], line["status"]) for line in said[:2]] == [
        (one, "revoked"),
        (other, "suspended"),
    ]
    assert (said[2]["result"], said[2]["code"]) == ("refused", "reason-unfit")
    assert "duplicate" in said[2]["detail"]


BAD_BATCHES: list[tuple[Any, str]] = [
        ({"action": "revoke", "reason": "error"}, "/"),
        ({"action": "revoke", "reason": "error", "ids": [], "search": None}, "/ids"),
        ({"action": "supersede", "reason": "superseded", "ids": [UNKNOWN]}, "/action"),
        ({"action": "revoke", "reason": "error", "ids": ["x"] * 10_001}, "/ids"),
        ({"action": "revoke", "reason": "error", "ids": [UNKNOWN], "expected": 1}, "/"),
        ({"action": "revoke", "reason": "error", "search": {"course_id": "c"}}, "/"),
        ({"action": "revoke", "reason": "error", "search": {}, "dry_run": True}, "/search"),
        (
            {"action": "revoke", "reason": "error", "search": {"title": "x"}, "dry_run": True},
            "/search/title",
        ),
        (
            {"action": "suspend", "reason": "error", "search": {"roster": "r"}, "dry_run": True},
            "/reason",
        ),
        (
            {"action": "revoke", "reason": "error", "search": {"issued_from": 20260101}},
            "/search/issued_from",
        ),
        ({"action": "revoke", "reason": "error", "search": {"roster": ""}, "expected": 0},
         "/search/roster"),
        ([], "/"),
    ]  # fmt: skip


def test_a_bad_batch_is_refused_naming_the_field(node: Node) -> None:
    token = node.token("cse")
    for body, pointer in BAD_BATCHES:
        answer = node.http.post("/api/v1/societies/cse/standing:batch", json=body, headers=token)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"] == pointer, body


def test_bad_lines_are_refused(node: Node) -> None:
    token = node.token("cse")
    for body in (b"", b"\n\n", b"{}\n", b"nonsense", b'{"id": 7}', b"\xff\n"):
        answer = node.http.post(
            "/api/v1/societies/cse/standing:batch",
            content=body,
            headers={**token, "Content-Type": "application/x-ndjson; charset=utf-8"},
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"].startswith("/")


def test_only_the_society_itself_changes_its_records(node: Node) -> None:
    node.add_society("pec")
    ids = stored(node, 1)
    body = {"action": "revoke", "reason": "error", "ids": ids}
    assert post(node, body, as_="pec").status_code == 403
    assert post(node, body, society="pec", as_="pec").json()["refused"] == 1
    assert revoked(node.database) == 0


def test_what_a_search_finds_is_changed_when_it_is_as_many_as_were_counted(node: Node) -> None:
    old = stored(node, 3, course_run="2026-10", at=node.now - timedelta(days=40))
    stored(node, 2, course_run="2026-11")
    change_many(node, old[:1])
    body: dict[str, Any] = {
        "action": "revoke",
        "reason": "requirements_unmet",
        "search": {"course_run": "2026-10"},
    }
    counted = post(node, {**body, "dry_run": True}).json()
    assert (counted["found"], counted["changed"], counted["outcomes"]) == (2, 0, [])
    assert revoked(node.database) == 1
    wrong = post(node, {**body, "expected": 3})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "standing-count-changed")
    assert "2 records" in wrong.json()["detail"]
    assert revoked(node.database) == 1
    done = post(node, {**body, "expected": 2}).json()
    assert (done["found"], done["changed"]) == (2, 2)
    assert {one["id"] for one in done["outcomes"]} == set(old[1:])


def test_a_search_goes_by_everything_that_it_names(node: Node) -> None:
    (one,) = stored(node, 1, course_id="c-1", roster_id="r-1", at=node.now - timedelta(days=2))
    (other,) = stored(node, 1, course_id="c-1", roster_id="r-2")
    for search, found in (
        ({"course_id": "c-1"}, 2),
        ({"course_id": "c-1", "roster": "r-1"}, 1),
        ({"roster": "r-3"}, 0),
        ({"holder": f"urn:uuid:{other}"}, 1),
        ({"issued_until": "2026-11-22"}, 1),
        ({"issued_from": "2026-11-23", "issued_until": "9999-12-31"}, 1),
        ({"issued_from": "0001-01-01"}, 2),
    ):
        body = {"action": "suspend", "reason": "under_review", "search": search, "dry_run": True}
        assert post(node, body).json()["found"] == found, search
    change_many(node, [one], Order(Action.SUSPEND, Reason.UNDER_REVIEW))
    body = {"reason": "cleared", "search": {"course_id": "c-1"}, "dry_run": True}
    assert post(node, {**body, "action": "reinstate"}).json()["found"] == 1


def test_a_crash_between_records_and_lists_is_finished_by_the_same_call(node: Node) -> None:
    ids = stored(node, 5)
    node.signer.break_at(1, PowerCut())
    with pytest.raises(PowerCut):
        change_many(node, ids)
    assert revoked(node.database) == 5
    assert ones(node, Purpose.REVOCATION) == set()
    outcomes = change_many(node, ids)
    assert {one.result for one in outcomes} == {Result.UNCHANGED}
    assert len(ones(node, Purpose.REVOCATION)) == 5


def test_a_crash_between_records_and_lists_is_finished_by_the_worker(node: Node) -> None:
    node.signer.break_at(7)
    ids = stored(node, 5)
    with pytest.raises(SignerError):
        change_many(node, ids)
    # Whoever began it may still be at it, so the worker waits a little.
    assert status.publish_due(node.database, node.signer, at=node.now) == 0
    node.now += timedelta(minutes=2)
    assert status.publish_due(node.database, node.signer, at=node.now) == 1
    assert len(ones(node, Purpose.REVOCATION)) == 5
    assert status.publish_due(node.database, node.signer, at=node.now) == 0


@pytest.mark.slow
def test_a_crash_at_any_commit_loses_nothing_and_does_nothing_twice(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "CHUNK", 2)
    ids = stored(node, 5)
    for commit in range(1, 5):
        seen = 0

        def cut(_connection: object, last: int = commit) -> None:
            nonlocal seen
            seen += 1
            if seen == last:
                raise PowerCut

        event.listen(node.database._writing, "commit", cut)
        try:
            with pytest.raises(PowerCut):
                change_many(node, ids)
        finally:
            event.remove(node.database._writing, "commit", cut)
    change_many(node, ids)
    assert len(ones(node, Purpose.REVOCATION)) == 5
    with node.database.read() as session:
        assert status.differing(session) == []
        assert session.scalar(select(func.count(StandingRow.id))) == 5


def test_progress_is_told_and_transactions_are_bounded(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "CHUNK", 4)
    ids = stored(node, 10)
    told: list[int] = []
    batch.change_many(
        node.database,
        node.signer,
        [(one, REVOKE) for one in ids],
        at=node.now,
        who="test",
        progress=told.append,
    )
    assert told == [4, 8, 10]


def test_a_dry_run_by_ids_says_what_would_become_of_each(node: Node) -> None:
    ids = stored(node, 2)
    with node.database.read() as session:
        said = batch.preview(session, [(ids[0], REVOKE), (UNKNOWN, REVOKE), (ids[0], REVOKE)])
    assert [one.result for one in said] == [Result.CHANGED, Result.REFUSED, Result.REFUSED]
    assert revoked(node.database) == 0


def test_what_is_revoked_may_be_recorded_anew(node: Node) -> None:
    told = issue(node)
    change_many(node, [told["id"]])
    assert issue(node, "k-2", contact_minutes=300)["id"] != told["id"]


@pytest.mark.slow
def test_five_thousand_records_are_revoked_with_one_signing_of_their_list(node: Node) -> None:
    ids = stored(node, 5_000)
    signed = node.signer.signatures
    answer = post(node, {"action": "revoke", "reason": "key_compromised", "ids": ids})
    assert answer.json()["changed"] == 5_000
    assert node.signer.signatures - signed == FORMS
    assert len(ones(node, Purpose.REVOCATION)) == 5_000
    with node.database.read() as session:
        assert status.differing(session) == []
        assert session.scalar(select(func.count(StandingRow.id))) == 5_000
        assert service.get_record(session, ids[-1]).revoked_at is not None
