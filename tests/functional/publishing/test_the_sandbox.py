"""A client of the sandbox meets the same answers, and nothing it does reaches anybody."""

from typing import Any

import pytest
from sqlalchemy import select

from app.identity.audit.tables import AuditRow
from app.search import indexer
from app.search.index import Query
from migrations import metadata
from tests.simulator.members import House
from tests.simulator.publishing import Publisher, course, item

pytestmark = pytest.mark.slow

OWN = {"pushed_course", "audit", "audit_waiting", "repeated_request", "client"}


def elsewhere(made: House) -> dict[str, list[Any]]:
    """Everything in the database but what a sandbox may write."""
    with made.node.database.read() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table)).all()))
            for table in metadata().sorted_tables
            if table.name not in OWN
        }


def everything(one: Publisher) -> list[tuple[int, Any]]:
    """The answers to a society's whole day."""
    answers = [
        one.put("C-1", course()),
        one.put("C-1", course()),
        one.put("C-1", course(level="x"), If_Match='"old"'),
        one.put("C-2", {}),
        one.patch("C-1", {"level": "y"}),
        one.ask("PUT", "/courses/C-1/runs/a", json={"start": "2027-01-01"}),
        one.ask("PUT", "/courses/C-1/offers", json=[{"amount": "0"}]),
        one.get("C-1"),
        one.batch([item(2), item(3), {"remote_id": "C-1", "delete": True}, {}]),
        one.get("C-1"),
        one.ask("GET", "/courses?limit=2"),
        one.delete("C-2"),
        one.put("C-2", course(2)),
        one.ask("PUT", "/courses/C-9?validate=true", json=course(9)),
    ]
    return [(each.status_code, shape(each.json() if each.content else None)) for each in answers]


def shape(value: Any) -> Any:
    """An answer without what differs from day to day."""
    varying = {"course_id", "created_at", "changed_at", "sandbox", "next_cursor"}
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items() if name not in varying}
    return [shape(one) for one in value] if isinstance(value, list) else value


def test_the_answers_are_the_same_and_nothing_leaves_the_sandbox(
    made: House, cse: Publisher
) -> None:
    trying = Publisher(made, cse.society, sandbox=True)
    before = elsewhere(made)
    tried = everything(trying)
    assert elsewhere(made) == before
    assert trying.get("C-2").json()["sandbox"] is True
    assert cse.get("C-2").status_code == 404
    assert cse.listed() == []
    in_earnest = everything(cse)
    assert tried == in_earnest
    assert cse.get("C-2").json()["sandbox"] is False
    indexer.drain(made.node.database, made.node.index, at=made.now)
    hits = made.node.index.search(Query(text="Bridges")).hits
    real = {one["course_id"] for one in cse.listed()}
    assert {hit.id for hit in hits} & {one["course_id"] for one in trying.listed()} == set()
    assert {hit.id for hit in hits} & real


def test_emptying_a_sandbox_leaves_what_is_in_earnest(made: House, cse: Publisher) -> None:
    trying = Publisher(made, cse.society, sandbox=True)
    cse.put("C-1", course())
    trying.batch([item(n) for n in range(5)])
    for asking in (trying, cse):
        trying.put("C-8", course(8))
        assert asking.ask("DELETE", "/sandbox").status_code == 204
        assert trying.listed() == []
    assert [one["remote_id"] for one in cse.listed()] == ["C-1"]
    with made.node.database.read() as session:
        rows = session.scalars(
            select(AuditRow).where(AuditRow.organisation_id == cse.society).order_by(AuditRow.id)
        ).all()
    told = [(row.action, (row.after or {}).get("sandbox", False)) for row in rows]
    assert ("courses.publish", True) in told
    assert ("sandbox.empty", False) in told


def test_a_client_of_the_sandbox_can_do_nothing_else(made: House, cse: Publisher) -> None:
    trying = Publisher(made, cse.society, sandbox=True)
    before = elsewhere(made)
    answers = [
        trying.ask("POST", "/completions", json={}, headers={"Idempotency-Key": "k"}),
        trying.ask("GET", "/records"),
        trying.ask("POST", "/rosters", content=b"title\n", headers={"Content-Type": "text/csv"}),
        made.http.get("/api/v1/records/none", headers=trying.headers),
    ]
    assert [one.status_code for one in answers] == [403] * 4
    assert elsewhere(made) == before
