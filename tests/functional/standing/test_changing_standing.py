"""What a society says of its record later is what everybody hears on the next look."""

import json
from typing import Any

import pytest

from app.identity import audit
from app.records.status import Purpose
from tests.simulator.node import COMPLETION, Node
from tests.simulator.standing import change, index_of, issue, ones

pytestmark = pytest.mark.slow


def checks(answer: Any) -> dict[str, str]:
    """The checks that did not pass, and how."""
    return {one["check"]: one["outcome"] for one in answer.json().get("errors", [])}


def verdicts(node: Node, record_id: str) -> list[tuple[int, dict[str, str]]]:
    """What the public endpoint says of both forms."""
    answers = [node.verify(form) for form in node.forms(record_id, "cse")]
    return [(answer.status_code, checks(answer)) for answer in answers]


def test_a_suspended_record_does_not_hold_until_it_is_reinstated(node: Node) -> None:
    record_id = issue(node)["id"]
    place = index_of(json.loads(node.forms(record_id, "cse")[0]))
    suspended = change(node, record_id, "suspend", "under_review", reference="2026/117")
    assert suspended.status_code == 200, suspended.text
    assert suspended.json()["status"] == "suspended"
    assert ones(node, Purpose.SUSPENSION) == {place}
    assert ones(node, Purpose.REVOCATION) == set()
    assert verdicts(node, record_id) == [(400, {"status.suspension": "fail"})] * 2
    assert change(node, record_id, "reinstate", "cleared").json()["status"] == "valid"
    assert ones(node, Purpose.SUSPENSION) == set()
    assert verdicts(node, record_id) == [(200, {})] * 2


def test_a_suspended_record_may_be_revoked_and_never_holds_again(node: Node) -> None:
    record_id = issue(node)["id"]
    place = index_of(json.loads(node.forms(record_id, "cse")[0]))
    change(node, record_id, "suspend", "under_review")
    revoked = change(node, record_id, "revoke", "fraud").json()
    assert (revoked["status"], revoked["revocation_reason"]) == ("revoked", "fraud")
    # Whoever holds one old list and one new one must not take it for valid: both bits are set.
    assert ones(node, Purpose.REVOCATION) == ones(node, Purpose.SUSPENSION) == {place}
    refused = change(node, record_id, "reinstate", "cleared")
    assert (refused.status_code, refused.json()["code"]) == (409, "standing-refused")
    assert "final" in refused.json()["detail"]
    assert ("status.revocation", "fail") in verdicts(node, record_id)[0][1].items()


def test_a_corrected_record_is_superseded_by_its_successor(node: Node) -> None:
    old = issue(node)["id"]
    place = index_of(json.loads(node.forms(old, "cse")[0]))
    new = issue(node, "k-2", contact_minutes=300, supersedes=old)["id"]
    assert ones(node, Purpose.REVOCATION) == ones(node, Purpose.REFRESH) == {place}
    assert verdicts(node, new) == [(200, {})] * 2
    assert [code for code, _ in verdicts(node, old)] == [400, 400]
    (said,) = [
        one
        for one in node.verify(node.forms(old, "cse")[0]).json()["errors"]
        if one["check"] == "status.revocation"
    ]
    assert "superseded" in said["detail"]
    told = history(node, old)
    assert (told["status"], told["successor"]) == ("superseded", new)
    assert (history(node, new)["predecessor"], history(node, new)["status"]) == (old, "valid")
    assert change(node, old, "revoke", "error").json()["status"] == "superseded"
    assert change(node, old, "suspend", "under_review").status_code == 409


def history(node: Node, record_id: str) -> dict[str, Any]:
    answer = node.http.get(f"/api/v1/records/{record_id}/history", headers=node.token("cse"))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    return dict(answer.json())


def test_history_says_who_when_what_and_why(node: Node) -> None:
    record_id = issue(node)["id"]
    change(node, record_id, "suspend", "under_review", reference="2026/117")
    change(node, record_id, "suspend", "under_review", reference="2026/118")
    change(node, record_id, "reinstate", "cleared")
    change(node, record_id, "revoke", "error")
    told = history(node, record_id)
    steps = [(one["action"], one["before"], one["after"]) for one in told["changes"]]
    assert steps == [
        ("suspend", "valid", "suspended"),
        ("reinstate", "suspended", "valid"),
        ("revoke", "valid", "revoked"),
    ]
    assert [one["reference"] for one in told["changes"]] == ["2026/117", None, None]
    assert all(one["who"].startswith("client:") for one in told["changes"])
    times = [told["issued_at"], *(one["at"] for one in told["changes"])]
    assert times == sorted(set(times))
    with node.database.read() as session:
        trail = audit.trail(session, f"record:{record_id}")
    assert [(one.action, one.before, one.after) for one in trail[1:]] == [
        (
            "record.suspend",
            {"status": "valid"},
            {"status": "suspended", "reason": "under_review"},
        ),
        ("record.reinstate", {"status": "suspended"}, {"status": "valid", "reason": "cleared"}),
        ("record.revoke", {"status": "valid"}, {"status": "revoked", "reason": "error"}),
    ]


def test_a_record_that_was_never_changed_has_an_empty_history(node: Node) -> None:
    told = history(node, issue(node)["id"])
    assert (told["changes"], told["status"]) == ([], "valid")
    assert (told["predecessor"], told["successor"]) == (None, None)


def test_a_bad_order_is_refused_naming_the_field(node: Node) -> None:
    path, token = f"/api/v1/records/{issue(node)['id']}", node.token("cse")
    orders: list[tuple[str, dict[str, str], str]] = [
        ("revoke", {"reason": "superseded"}, "/reason"),
        ("revoke", {"reason": "he is ill"}, "/reason"),
        ("suspend", {"reason": "fraud"}, "/reason"),
        ("reinstate", {"reason": "cleared", "reference": "Ms Li called"}, "/reference"),
        ("revoke", {"reason": "error", "note": "Ms Li called"}, "/note"),
        ("revoke", {}, "/reason"),
    ]
    for action, body, pointer in orders:
        answer = node.http.post(f"{path}/{action}", json=body, headers=token)
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
        assert all(error["detail"] for error in answer.json()["errors"])


def test_to_others_a_record_has_no_standing_and_no_history(node: Node) -> None:
    node.add_society("pec")
    record_id = issue(node)["id"]
    for action, reason in (
        ("revoke", "error"),
        ("suspend", "under_review"),
        ("reinstate", "cleared"),
    ):
        path = f"/api/v1/records/{record_id}/{action}"
        for token, code in (
            (node.token("pec"), 404),
            (node.token("cse", scope="records:read"), 403),
            ({}, 401),
        ):
            answer = node.http.post(path, json={"reason": reason}, headers=token)
            assert answer.status_code == code
    path = f"/api/v1/records/{record_id}/history"
    assert node.http.get(path, headers=node.token("pec")).status_code == 404
    assert node.http.get(path).status_code == 401
    for unknown in ("none", "%00", "0190e2a0-0000-7000-8000-000000000000"):
        path = f"/api/v1/records/{unknown}/history"
        assert node.http.get(path, headers=node.token("cse")).status_code == 404
    assert verdicts(node, record_id)[0][0] == 200


def test_the_list_that_everybody_may_read_tells_no_reason_and_no_name(node: Node) -> None:
    record_id = issue(node, holder=COMPLETION["holder"])["id"]
    change(node, record_id, "revoke", "fraud", reference="2026/117")
    for ending in ("", "/suspension", "/refresh"):
        served = node.http.get(f"/societies/cse/status/1{ending}").content
        for secret in (b"fraud", b"2026/117", record_id.encode(), b"4711"):
            assert secret not in served
