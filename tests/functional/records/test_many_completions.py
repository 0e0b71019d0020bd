"""Many completions in one request: one answer for each, whatever becomes of the others."""

import json
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import func, select, update

from app.identity import audit
from app.proof.parse import dump
from app.records import batch, service
from app.records.batch import Verdict, complete_many
from app.records.judge import Request
from app.records.model import State
from app.records.tables import RecordRow
from app.records.wire import CompletionIn
from app.trust import service as trust
from app.verification.verify import verify
from tests.simulator import rosters
from tests.simulator.node import NODE, Node

pytestmark = pytest.mark.slow

BATCH = "/api/v1/societies/cse/completions:batch"
RECORDS = "/api/v1/societies/cse/records"


def send(node: Node, items: Any, *, headers: Mapping[str, str] | None = None) -> Response:
    body = items if isinstance(items, bytes) else rosters.as_json(items)
    sent = {**node.token("cse"), "Idempotency-Key": "b", **(headers or {})}
    return node.http.post(BATCH, content=body, headers=sent)


def request(number: int, *, key: str | None = None, **changes: Any) -> Request:
    facts = CompletionIn.model_validate_json(json.dumps(rosters.completion(number, **changes)))
    return Request(facts.completion(), key or f"k-{number}")


def issue(node: Node, requests: list[Request]) -> list[batch.Outcome]:
    return complete_many(
        node.database, node.signer, requests, society_id="cse", public_url=NODE, at=node.now
    )


def listed(node: Node, query: str = "") -> Any:
    answer = node.http.get(RECORDS + query, headers=node.token("cse"))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_each_completion_gets_its_record(cse: Node) -> None:
    told = send(cse, map(rosters.completion, range(5))).json()
    assert told["counts"] == {
        "created": 5, "existed": 0, "conflict": 0, "invalid": 0, "failed": 0
    }  # fmt: skip
    assert [one["index"] for one in told["results"]] == list(range(5))
    ids = {one["record"]["id"] for one in told["results"]}
    assert len(ids) == 5
    with cse.database.read() as session:
        bundle = trust.bundle(session, at=cse.now)
        for record_id in ids:
            trail = audit.trail(session, f"record:{record_id}")
            assert [entry.action for entry in trail] == ["record.issue"]
            record = service.get_record(session, record_id)
            for form in (record.json, record.jwt.encode()):
                assert verify(form, bundle=bundle, at=cse.now).accept()


def test_one_bad_item_never_stops_the_others(cse: Node) -> None:
    cse.complete("cse", rosters.completion(3), key="before")
    items = [
        rosters.completion(0),
        rosters.completion(1, completed_on="2099-01-01"),
        {"holder": "nobody"},
        rosters.completion(3, contact_minutes=90),
        rosters.completion(0),
        rosters.completion(3),
        rosters.completion(0, contact_minutes=45),
    ]
    told = send(cse, items).json()
    outcomes = [one["outcome"] for one in told["results"]]
    assert outcomes == [
        "created", "invalid", "invalid", "conflict", "existed", "existed", "conflict",
    ]  # fmt: skip
    assert told["results"][1]["error"]["errors"][0]["pointer"] == "/completed_on"
    assert told["results"][4]["record"]["id"] == told["results"][0]["record"]["id"]


@pytest.mark.slow
def test_the_same_batch_again_gives_the_same_records(cse: Node) -> None:
    first = send(cse, map(rosters.completion, range(4))).json()
    again = send(cse, map(rosters.completion, range(4))).json()
    assert again["counts"]["existed"] == 4
    ids = [[one["record"]["id"] for one in told["results"]] for told in (first, again)]
    assert ids[0] == ids[1]


@pytest.mark.slow
def test_lines_come_back_as_lines(cse: Node) -> None:
    body = rosters.as_ndjson([rosters.completion(0), {"x": 1}, rosters.completion(2)])
    answer = send(cse, body, headers={"Accept": "application/x-ndjson"})
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.content.splitlines()]
    assert [line["outcome"] for line in lines] == ["created", "invalid", "created"]


@pytest.mark.slow
def test_an_item_may_have_a_key_of_its_own(cse: Node) -> None:
    item = rosters.completion(0) | {"idempotency_key": "mine"}
    headers = {**cse.token("cse")}
    own = cse.http.post(BATCH, json=[item, rosters.completion(1)], headers=headers).json()
    assert [one["outcome"] for one in own["results"]] == ["created", "invalid"]
    assert own["results"][1]["error"]["errors"][0]["code"] == "idempotency-key"
    assert cse.complete("cse", rosters.completion(0), key="mine").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("body", [b"", b"[]", b"[1,", b"nothing", b"[{}]x", b'[{"a":NaN}]'])
def test_what_is_no_batch_is_refused_whole(cse: Node, body: bytes) -> None:
    answer = send(cse, body)
    assert answer.status_code == 422, answer.text
    assert listed(cse)["records"] == []


@pytest.mark.slow
def test_too_many_at_once_are_refused_before_any_is_issued(cse: Node) -> None:
    answer = send(cse, b"[" + b"{}," * 1000 + b"{}]")
    assert (answer.status_code, "1000" in answer.json()["detail"]) == (422, True)


def test_a_whole_batch_costs_a_handful_of_transactions(cse: Node) -> None:
    issue(cse, [request(0)])  # the status list begins
    begun = 0
    write = type(cse.database).write

    def counted(self: Any) -> Any:
        nonlocal begun
        begun += 1
        return write(self)

    type(cse.database).write = counted
    try:
        outcomes = issue(cse, [request(number) for number in range(1, 21)])
    finally:
        type(cse.database).write = write
    assert {one.verdict for one in outcomes} == {Verdict.CREATED}
    assert begun == 3  # places, intents, records


def test_batches_at_once_that_share_completions_make_each_record_once(cse: Node) -> None:
    def send_some(worker: int) -> list[batch.Outcome]:
        order = range(12) if worker % 2 else range(11, -1, -1)
        return issue(cse, [request(number, key=f"{worker}-{number}") for number in order])

    with ThreadPoolExecutor(4) as pool:
        found = [one for outcomes in pool.map(send_some, range(4)) for one in outcomes]
    verdicts = Counter(one.verdict for one in found)
    assert verdicts == {Verdict.CREATED: 12, Verdict.EXISTED: 36}
    assert len({one.record.id for one in found if one.record}) == 12
    assert len({one.record.holder_id for one in found if one.record}) == 12


def test_a_signature_that_fails_leaves_one_intent_and_all_other_records(cse: Node) -> None:
    issue(cse, [request(0)])
    cse.signer.break_at(4)
    outcomes = issue(cse, [request(number) for number in range(1, 5)])
    assert [one.verdict for one in outcomes] == ["created", "failed", "created", "created"]
    again = issue(cse, [request(2)])
    assert [one.verdict for one in again] == ["created"]


ALTERED: dict[str, dict[str, Any]] = {
    "another holder": {"holder_id": "urn:uuid:00000000-0000-4000-8000-000000000000"},
    "another place": {"list_index": 5},
    "another issuer": {"issuer_id": "did:web:node.example:societies:pec"},
    "another key": {"proof_key_id": "did:web:node.example:societies:pec#ed25519-1"},
}


def planted(node: Node, **values: Any) -> str:
    """An intent of which somebody who can write into the database changed something."""
    issue(node, [request(0)])
    node.signer.break_at(1)
    issue(node, [request(1)])
    with node.database.write() as session:
        (record_id,) = session.scalars(
            update(RecordRow)
            .where(RecordRow.state == State.INTENDED)
            .values(**values)
            .returning(RecordRow.id)
        )
    return str(record_id)


@pytest.mark.slow
@pytest.mark.parametrize("values", ALTERED.values(), ids=ALTERED)
def test_an_intent_that_is_not_the_one_of_its_row_is_never_signed(
    cse: Node, values: dict[str, Any]
) -> None:
    record_id = planted(cse, **values)
    signed = cse.signer.signatures
    recovered = service.recover(cse.database, cse.signer, at=cse.now, older_than=batch_age())
    ((failed, reason),) = recovered.failed
    assert failed == record_id
    assert "not the one of its row" in reason
    assert cse.signer.signatures == signed


def batch_age() -> Any:
    return service.IN_FLIGHT * 0


def test_an_intent_that_is_no_record_of_the_profile_is_never_signed(cse: Node) -> None:
    record_id = planted(cse, attempts=0)
    with cse.database.write() as session:
        held = session.scalar(select(RecordRow.document).where(RecordRow.id == record_id))
        document = json.loads(held or "{}") | {"evidence": [{"id": "https://x.example/"}]}
        session.execute(
            update(RecordRow)
            .where(RecordRow.id == record_id)
            .values(document=dump(document).decode())
        )
    signed = cse.signer.signatures
    recovered = service.recover(cse.database, cse.signer, at=cse.now, older_than=batch_age())
    assert "no record" in recovered.failed[0][1]
    assert cse.signer.signatures == signed


@pytest.mark.slow
def test_an_intent_written_in_another_way_is_never_signed(cse: Node) -> None:
    record_id = planted(cse, attempts=0)
    with cse.database.write() as session:
        session.execute(
            update(RecordRow)
            .where(RecordRow.id == record_id)
            .values(document=RecordRow.document + " ")
        )
    recovered = service.recover(cse.database, cse.signer, at=cse.now, older_than=batch_age())
    assert "not written as it was" in recovered.failed[0][1]


def test_a_correction_takes_its_records_place(cse: Node) -> None:
    old = cse.complete("cse", rosters.completion(1), key="one").json()
    corrected = rosters.completion(1, contact_minutes=90, supersedes=old["id"])
    answer = cse.complete("cse", corrected, key="two")
    assert answer.status_code == 201, answer.text
    new = answer.json()
    assert new["supersedes"] == old["id"]
    assert cse.complete("cse", corrected, key="two").json()["id"] == new["id"]
    assert cse.complete("cse", corrected, key="three").json()["id"] == new["id"]
    history = cse.http.get(f"/api/v1/records/{old['id']}/history", headers=cse.token("cse")).json()
    assert history["status" if "status" in history else "standing"] == "superseded"
    raw, _ = cse.forms(old["id"], "cse")
    assert cse.verify(raw).status_code == 400
    raw, _ = cse.forms(new["id"], "cse")
    assert cse.verify(raw).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"supersedes": "x"}, 422, "record-id-form"),
        ({"supersedes": "0193593e-5c00-7000-8000-000000000001"}, 422, "record-unknown"),
        ({"supersedes": "OTHER"}, 422, "record-of-another"),
        ({"supersedes": "REVOKED"}, 409, None),
        ({"supersedes": "SUPERSEDED"}, 409, None),
    ],
)
def test_what_cannot_be_corrected_is_refused_before_anything_is_signed(
    cse: Node, changes: dict[str, Any], status: int, code: str | None
) -> None:
    ids = {
        "OTHER": cse.complete("cse", rosters.completion(2), key="o").json()["id"],
        "REVOKED": cse.complete("cse", rosters.completion(1), key="r").json()["id"],
    }
    cse.http.post(
        f"/api/v1/records/{ids['REVOKED']}/revoke", json={"reason": "error"},
        headers=cse.token("cse"),
    ).raise_for_status()  # fmt: skip
    ids["SUPERSEDED"] = cse.complete("cse", rosters.completion(1), key="s").json()["id"]
    cse.complete(
        "cse",
        rosters.completion(1, contact_minutes=1, supersedes=ids["SUPERSEDED"]),
        key="t",
    ).raise_for_status()
    signed = cse.signer.signatures
    told = {"supersedes": ids.get(changes["supersedes"], changes["supersedes"])}
    answer = cse.complete("cse", rosters.completion(1, contact_minutes=45, **told), key="last")
    assert answer.status_code == status, answer.text
    if code:
        assert answer.json()["errors"][0]["code"] == code
    assert cse.signer.signatures == signed


def test_a_correction_that_a_revocation_overtakes_stays_in(cse: Node) -> None:
    old = cse.complete("cse", rosters.completion(1), key="one").json()
    cse.signer.break_at(1)
    corrected = rosters.completion(1, contact_minutes=90, supersedes=old["id"])
    assert cse.complete("cse", corrected, key="two").status_code == 503
    cse.http.post(
        f"/api/v1/records/{old['id']}/revoke", json={"reason": "error"}, headers=cse.token("cse")
    ).raise_for_status()
    recovered = service.recover(cse.database, cse.signer, at=cse.now, older_than=batch_age())
    assert len(recovered.failed) == 1
    with cse.database.read() as session:
        states = Counter(session.scalars(select(RecordRow.state)))
        assert states == {"issued": 1, "intended": 1}
        assert session.scalar(select(func.count(RecordRow.superseded_by))) == 0


@pytest.mark.slow
def test_records_are_listed_newest_first_and_narrowed(cse: Node) -> None:
    ids = [
        cse.complete("cse", rosters.completion(n, course_run=f"r{n % 2}"), key=f"k{n}").json()["id"]
        for n in range(5)
    ]
    cse.http.post(
        f"/api/v1/records/{ids[0]}/revoke", json={"reason": "error"}, headers=cse.token("cse")
    ).raise_for_status()
    first = listed(cse, "?limit=3")
    rest = listed(cse, f"?limit=3&cursor={first['next_cursor']}")
    assert [one["id"] for one in first["records"] + rest["records"]] == ids[::-1]
    assert rest["next_cursor"] is None
    holder = first["records"][0]["holder"]
    for query, count in (
        ("?status=revoked", 1),
        ("?status=valid", 4),
        ("?course_run=r0", 3),
        ("?course_run=r0&status=valid", 2),
        (f"?holder={holder}", 1),
        ("?issued_from=2026-11-23&issued_until=2026-11-23", 5),
        ("?issued_until=2026-11-22", 0),
        ("?roster=none", 0),
    ):
        assert len(listed(cse, query)["records"]) == count, query
    bad = cse.http.get(RECORDS + "?cursor=%25", headers=cse.token("cse"))
    assert bad.json()["errors"][0]["code"] == "cursor-invalid"
    cse.add_society("pec")
    assert cse.http.get(RECORDS, headers=cse.token("pec")).status_code == 404
