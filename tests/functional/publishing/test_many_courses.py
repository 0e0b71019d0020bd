"""Many courses in one request: a result for each, and no item spoils another."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app.platform import idempotency
from app.publishing import batch
from app.publishing.items import MOST_ITEMS
from tests.simulator.members import House
from tests.simulator.publishing import (
    NDJSON,
    Publisher,
    as_lines,
    counted,
    course,
    item,
    lines,
)
from tests.simulator.site import served

pytestmark = pytest.mark.slow


def outcomes(results: list[dict[str, Any]]) -> list[str]:
    return [one["outcome"] for one in results]


def state(made: House) -> dict[str, int]:
    with made.node.database.read() as session:
        return counted(session)


def test_every_item_is_answered_in_its_place(cse: Publisher) -> None:
    old = cse.put("old", course("old")).headers["etag"]
    cse.put("stale", course("stale"))
    cse.put("gone", course("gone"))
    items: list[Any] = [
        item(1),
        {"remote_id": "old", "course": course("old", level="x"), "if_match": old},
        {"remote_id": "stale", "course": course("stale", level="x"), "if_match": '"1.old"'},
        {"remote_id": "gone", "delete": True},
        {"remote_id": "unheard of", "delete": True},
        {"remote_id": "no title", "course": {}},
        {"remote_id": "odd", "course": {"title": {"en": "A"}, "colour": "red"}},
        {"remote_id": "both", "course": course(), "delete": True},
        {"course": course()},
        {"remote_id": "\n", "course": course()},
        {"remote_id": "C-1", "course": course("again")},
        [],
        item(2),
    ]
    body = as_lines(items) + b'{"remote_id":"cut"\n\n' + b'{"remote_id":"a","remote_id":"b"}\n'
    answer = cse.batch(body, stream=True)
    results = lines(answer)
    assert [one["index"] for one in results] == list(range(15))
    assert outcomes(results) == [
        "new", "changed", "rejected", "withdrawn", *["rejected"] * 8, "new", *["rejected"] * 2,
    ]  # fmt: skip
    assert [one["error"]["code"] for one in results if "error" in one] == [
        "precondition-failed", "not-found", "course-rejected", "invalid", "invalid", "invalid",
        "invalid", "duplicate-in-batch", "invalid", "json-malformed", "json-duplicate-name",
    ]  # fmt: skip
    assert results[5]["issues"][0]["code"] == "E-TITLE-MISSING"
    assert results[6]["error"]["errors"][0]["pointer"] == "/colour"
    assert cse.get("old").headers["etag"] == results[1]["etag"]
    assert cse.get("C-1").json()["course"]["title"] == {"en": "Bridges, part 1"}
    assert {one["sandbox"] for one in results} == {False}


def test_an_array_is_answered_as_a_whole(cse: Publisher) -> None:
    body = b' [ {"remote_id":"a","course":{"title":{"en":"A"}}} ,\n {"remote_id":"b", "course":'
    body += b'{"title":{"en":"B"},"title":{"en":"C"}}},{"remote_id":"n","course":NaN}, 7] \n'
    answer = cse.ask(
        "POST", "/courses:batch", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200
    told = answer.json()
    assert outcomes(told["results"]) == ["new", "rejected", "rejected", "rejected"]
    assert [one["error"]["code"] for one in told["results"][1:]] == [
        "json-duplicate-name", "json-number", "invalid",
    ]  # fmt: skip
    assert told["counts"] == {
        "new": 1, "changed": 0, "unchanged": 0, "withdrawn": 0, "rejected": 3, "failed": 0,
    }  # fmt: skip


UNREADABLE: list[tuple[str, bytes, int]] = [
    ("application/json", b"", 400), ("application/json", b"{}", 400),
    ("application/json", b"[", 400), ("application/json", b'[{"remote_id":"a"}', 400),
    ("application/json", b"[1 2]", 400), ("application/json", b"[1,]", 400),
    ("application/json", b"[1] 2", 400), ("application/json", b"[]", 422),
    ("application/json", b"[" * 200_000, 400), ("application/json", b"[\xff]", 400),
    ("application/json", b'["' + b"a" * 3_000_000, 400),
    ("application/x-ndjson", b"", 422), ("application/x-ndjson", b" \r\n\n", 422),
    ("application/x-ndjson", b"{}\n" * (MOST_ITEMS + 1), 422),
    ("application/json", b"[" + b"0," * MOST_ITEMS + b"0]", 422),
    ("text/csv", b"a", 415), ("", b"a", 415),
]  # fmt: skip


def test_a_body_that_is_no_batch_is_refused_as_a_whole(made: House, cse: Publisher) -> None:
    before = state(made)
    for kind, body, status in UNREADABLE:
        answer = cse.ask(
            "POST", "/courses:batch", content=body,
            headers={"Content-Type": kind, "Idempotency-Key": "one key for all of them"},
        )  # fmt: skip
        assert answer.status_code == status, (kind, body[:30], answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    packed = cse.ask(
        "POST", "/courses:batch", content=gzip.compress(as_lines([item(1)])),
        headers={"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"},
    )  # fmt: skip
    assert packed.status_code == 415
    assert state(made) == before


def test_an_item_that_is_too_large_or_too_deep_spoils_no_other(cse: Publisher) -> None:
    large = b'{"remote_id":"large","course":{"title":{"en":"' + b"a" * 300_000 + b'"}}}\n'
    deep = b'{"remote_id":"deep","course":' + b"[" * 5000 + b"]" * 5000 + b"}\n"
    number = b'{"remote_id":"n","course":' + b"9" * 100_000 + b"}\n"
    body = large + as_lines([item(1)]) + deep + number + as_lines([item(2)])
    results = lines(cse.batch(body, stream=True))
    assert outcomes(results) == ["rejected", "new", "rejected", "rejected", "new"]
    array = b"[" + b",".join(body.splitlines()) + b"]"
    answer = cse.ask(
        "POST", "/courses:batch", content=array, headers={"Content-Type": "application/json"}
    )
    assert outcomes(answer.json()["results"])[1::3] == ["unchanged", "unchanged"]


def test_validating_a_batch_stores_nothing(made: House, cse: Publisher) -> None:
    cse.put("C-1", course(1))
    cse.put("C-2", course(2))
    before = state(made)
    items = [
        item(1), item(2, level="x"), item(3), {"remote_id": "C-9", "course": {}},
        {"remote_id": "C-2", "delete": True}, item(4, credits=[{"value": "x"}]),
    ]  # fmt: skip
    results = cse.batch(items, query="?validate=true", key="k").json()["results"]
    assert outcomes(results) == ["unchanged", "changed", "new", "rejected", "rejected", "new"]
    assert results[3]["issues"][0]["code"] == "E-TITLE-MISSING"
    assert results[5]["issues"][0]["code"] == "W-CREDIT-VALUE"
    assert state(made) == before


def test_a_batch_sent_again_has_one_effect_and_one_answer(made: House, cse: Publisher) -> None:
    items = [item(n) for n in range(120)]
    first = cse.batch(items, key="k-1", stream=True)
    before = state(made)
    again = cse.batch(items, key="k-1", stream=True)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert again.headers["content-type"] == first.headers["content-type"]
    other = cse.batch([item(1, level="x")], key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    bad = cse.batch(items, key="k" * 256)
    assert (bad.status_code, bad.json()["code"]) == (400, "idempotency-key-malformed")
    assert state(made) == before
    assert before["audit"] >= 2
    new_key = cse.batch(items, key="k-2").json()
    assert new_key["counts"]["unchanged"] == 120
    assert state(made) == before


def test_many_writers_on_one_course_lose_no_update(cse: Publisher) -> None:
    """Each adds its own run to what it has read; who comes late reads again."""
    cse.put("C-1", course())

    def add(number: int) -> int:
        for turn in range(200):
            read = cse.get("C-1")
            runs = read.json()["course"].get("runs", [])
            document = course(runs=[*runs, {"id": str(number), "start": "2027-01-01"}])
            answer = cse.put("C-1", document, If_Match=read.headers["etag"])
            if answer.status_code == 200:
                return turn
            assert answer.status_code == 412
        raise AssertionError("never came in")

    with ThreadPoolExecutor(4) as pool:
        turns = list(pool.map(add, range(8)))
    runs = cse.get("C-1").json()["course"]["runs"]
    assert sorted(run["id"] for run in runs) == [str(n) for n in range(8)]
    assert cse.get("C-1").json()["version"] == 9
    assert len(turns) == 8


@pytest.mark.slow
def test_batches_at_once_over_the_same_courses_all_come_through(
    made: House, cse: Publisher
) -> None:
    def push(number: int) -> list[str]:
        order = range(120) if number % 2 else reversed(range(120))
        answer = cse.batch([item(n, level=str(number)) for n in order], stream=True)
        return outcomes(lines(answer))

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(push, range(4)))
    assert {outcome for one in told for outcome in one} <= {"new", "changed"}
    assert sum(one.count("new") for one in told) == 120
    assert {one["version"] for one in cse.listed()} == {4}


def test_a_fault_of_the_node_fails_the_rest_and_frees_the_key(
    made: House, cse: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = batch.Batch._together
    calls: list[int] = []

    def breaks(self: batch.Batch, reads: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise idempotency.ClaimLost("The work was taken over.")
        return good(self, reads)

    monkeypatch.setattr(batch.Batch, "_together", breaks)
    items = [item(n) for n in range(250)]
    results = lines(cse.batch(items, key="k", stream=True))
    assert outcomes(results) == ["new"] * 100 + ["failed"] * 150
    assert results[-1]["error"]["code"] == "idempotency-claim-lost"
    monkeypatch.undo()
    again = cse.batch(items, key="k").json()["counts"]
    assert (again["unchanged"], again["new"], again["failed"]) == (100, 150, 0)


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_courses_in_one_batch(made: House, cse: Publisher) -> None:
    items = [item(n) for n in range(MOST_ITEMS)]
    items[5000] = {"remote_id": "C-5000", "course": {"title": {}}}
    results = lines(cse.batch(items, stream=True, key="ten thousand"))
    assert outcomes(results) == ["new"] * 5000 + ["rejected"] + ["new"] * 4999
    assert len(cse.listed()) == MOST_ITEMS - 1
    before = state(made)
    again = cse.batch(items, stream=True, key="ten thousand")
    assert lines(again) == results
    assert json.loads(again.content.splitlines()[-1])["index"] == MOST_ITEMS - 1
    assert state(made) == before


@pytest.mark.slow
def test_who_hangs_up_in_the_middle_may_ask_again(made: House, cse: Publisher) -> None:
    items = [item(n) for n in range(400)]
    path = f"/api/v1/societies/{cse.society}/courses:batch"
    headers = {
        **cse.headers, "Content-Type": NDJSON, "Accept": NDJSON, "Idempotency-Key": "hung up",
    }  # fmt: skip
    with served(made.app) as url, httpx.Client(base_url=url, trust_env=False, timeout=60) as http:
        with http.stream("POST", path, content=as_lines(items), headers=headers) as answer:
            assert next(answer.iter_lines())
        for _ in range(2000):
            again = http.post(path, content=as_lines(items), headers=headers)
            if again.status_code != 409:
                break
        assert again.status_code == 200
    results = [json.loads(line) for line in again.content.splitlines()]
    assert set(outcomes(results)) <= {"new", "unchanged"}
    assert [one["remote_id"] for one in results] == [one["remote_id"] for one in items]
    assert {one["version"] for one in cse.listed()} == {1}
    assert len(cse.listed()) == 400
