"""Webhooks as an organisation's programs manage them; and what nobody may see or do."""

import base64
import json
import logging
import stat
from itertools import count
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import select

from app.identity import audit
from app.identity import service as identity
from app.identity.model import Kind
from app.platform import clock
from app.platform.idempotency import REPLAYED
from app.webhooks.api import SCOPE
from app.webhooks.rules import MOST_ENDPOINTS
from app.worker import Worker
from migrations import metadata
from tests.simulator import receiver as does
from tests.simulator.members import House
from tests.simulator.receiver import Receiver
from tests.simulator.webhooks import EVERYTHING, is_signed_by

pytestmark = pytest.mark.slow


class Programs:
    """Two societies and a registry of this test's own, each asking through its own client."""

    numbers = count(1)

    def __init__(self, house: House) -> None:
        self.house, number = house, next(self.numbers)
        self.cse, self.ebk, self.board = (f"{name}{number}" for name in ("cse", "ebk", "board"))
        house.now = clock.now()
        kinds = {self.cse: Kind.SOCIETY, self.ebk: Kind.SOCIETY, self.board: Kind.REGISTRY}
        with house.node.database.write() as session:
            for name, kind in kinds.items():
                identity.add_organisation(session, id=name, kind=kind, name=name, at=house.now)
                house.credentials[name] = identity.new_client(
                    session, organisation_id=name, name="LMS", scopes={SCOPE}, at=house.now
                )
        self.tokens = {name: house.token(name) for name in kinds}

    def ask(
        self,
        method: str,
        path: str = "",
        *,
        as_: str = "",
        of: str = "",
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> Response:
        url = f"/api/v1/organisations/{of or self.cse}/webhooks{path}"
        token = self.tokens[as_ or self.cse]
        return self.house.http.request(method, url, headers={**token, **(headers or {})}, **more)

    def add(self, url: str, *events: str, of: str = "") -> Any:
        wanted = {"url": url, "events": list(events or ("course.changed",))}
        answer = self.ask("POST", as_=of, of=of, json=wanted)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def work(self) -> None:
        worker = Worker(self.house.node, now=lambda: self.house.now)
        worker.run(once=True)


@pytest.fixture
def programs(webhooks_house: House) -> Programs:
    return Programs(webhooks_house)


def everything_in(house: House, *, of: str = "") -> str:
    """All that the database holds, or the tables whose names begin so, as text."""
    with house.node.database.read() as session:
        return "\n".join(
            repr(row)
            for table in metadata().sorted_tables
            if table.name.startswith(of)
            for row in session.execute(select(table)).all()
        )


def test_no_secret_is_in_the_database_the_audit_trail_or_the_logs(
    programs: Programs, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = programs.add(receiver.url("/hooks"), *EVERYTHING)
    programs.ask("POST", f"/{made['id']}:test")
    programs.work()
    assert is_signed_by(receiver.received[-1], made["secret"])
    rotated = programs.ask("POST", f"/{made['id']}:rotate").json()
    assert rotated["secret"] != made["secret"]
    told = everything_in(programs.house) + caplog.text
    for secret in (made["secret"], rotated["secret"]):
        assert secret.removeprefix("whsec_") not in told
        assert base64.b64decode(secret.removeprefix("whsec_")).hex() not in told
    key = programs.house.node.settings.data_dir / "keys" / "webhooks.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_bytes().hex() not in told
    with programs.house.node.database.read() as session:
        trail = audit.trail(session, f"webhook:{made['id']}")
    assert [entry.action for entry in trail] == ["webhook.add", "webhook.test", "webhook.rotate"]
    assert "/hooks" not in repr(trail)


def test_a_webhook_is_made_read_changed_and_deleted(programs: Programs) -> None:
    made = programs.add("https://lms.example/hooks?key=1", "course.changed", "run.finished")
    assert made["secret"].startswith("whsec_")
    answer = programs.ask("GET", f"/{made['id']}")
    read, tag = answer.json(), answer.headers["etag"]
    assert "secret" not in read
    assert read == {name: value for name, value in made.items() if name != "secret"}
    changed = programs.ask(
        "PATCH", f"/{made['id']}", json={"enabled": False}, headers={"If-Match": tag}
    )
    assert (changed.status_code, changed.json()["disabled_why"]) == (200, "member")
    stale = programs.ask(
        "PATCH", f"/{made['id']}", json={"description": "x"}, headers={"If-Match": tag}
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    refused = programs.ask("POST", f"/{made['id']}:test")
    assert (refused.status_code, refused.json()["code"]) == (409, "webhook-disabled")
    assert [one["id"] for one in programs.ask("GET").json()["items"]] == [made["id"]]
    assert programs.ask("DELETE", f"/{made['id']}").status_code == 204
    assert programs.ask("GET", f"/{made['id']}").status_code == 404
    assert programs.ask("GET").json() == {"items": []}


def test_a_request_that_is_sent_again_makes_one_webhook_and_its_answer_is_kept_without_secret(
    programs: Programs,
) -> None:
    wanted = {"url": "https://lms.example/", "events": ["course.changed"]}
    first, second = (
        programs.ask("POST", json=wanted, headers={"Idempotency-Key": "k1"}) for _ in range(2)
    )
    assert first.json() == second.json()
    assert (first.headers.get(REPLAYED), second.headers[REPLAYED]) == (None, "true")
    assert first.headers["cache-control"] == second.headers["cache-control"] == "no-store"
    assert len(programs.ask("GET").json()["items"]) == 1
    other = programs.ask(
        "POST", json={**wanted, "url": "https://x.example/"}, headers={"Idempotency-Key": "k1"}
    )
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_what_cannot_be_a_webhook_is_refused_naming_the_field(programs: Programs) -> None:
    good = {"url": "https://lms.example/", "events": ["course.changed"]}
    for change, pointer in (
        ({"url": "https://10.0.0.1/"}, "/url"),
        ({"url": "ftp://x.example/"}, "/url"),
        ({"url": 7}, "/url"),
        ({"events": []}, "/events"),
        ({"events": ["decision.made"]}, "/events"),  # a registry's alone
        ({"events": ["webhook.test"]}, "/events"),
        ({"description": "a\u202eb"}, "/description"),
        ({"secret": "mine"}, "/secret"),
    ):
        answer = programs.ask("POST", json={**good, **change})
        assert answer.status_code == 422, answer.text
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
    assert programs.ask("GET").json()["items"] == []


def test_a_registry_hears_of_courses_and_of_its_decisions(programs: Programs) -> None:
    wanted = {"url": "https://board.example/", "events": ["record.issued"]}
    answer = programs.ask("POST", as_=programs.board, of=programs.board, json=wanted)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["detail"] == "Choose from course.changed, decision.made."


def test_an_organisation_has_a_bounded_number_and_tests_are_not_a_weapon(
    programs: Programs, receiver: Receiver
) -> None:
    made = [programs.add(receiver.url(f"/{n}")) for n in range(MOST_ENDPOINTS)]
    one_more = programs.ask("POST", json={"url": receiver.url("/x"), "events": ["course.changed"]})
    assert (one_more.status_code, one_more.json()["code"]) == (409, "webhooks-too-many")
    asked = [programs.ask("POST", f"/{made[n]['id']}:test") for n in range(11)]
    assert [one.status_code for one in asked] == [202] * 10 + [429]
    assert "retry-after" in asked[-1].headers
    programs.work()
    assert len(receiver.received) == 10
    assert {one.type for one in receiver.received} == {"webhook.test"}


def test_deliveries_are_listed_narrowed_and_replayed(
    programs: Programs, receiver: Receiver
) -> None:
    made = programs.add(receiver.url("/a"))
    receiver.behave = does.status(500, b"<b>\x00 out of order")
    ids = [programs.ask("POST", f"/{made['id']}:test").json()["id"] for _ in range(3)]
    programs.work()
    page = programs.ask("GET", "/deliveries", params={"webhook": made["id"], "limit": 2}).json()
    assert [one["id"] for one in page["items"]] == [ids[2], ids[1]]
    last = programs.ask("GET", "/deliveries", params={"cursor": page["next_cursor"]}).json()
    assert (last["items"][0]["id"], last["next_cursor"]) == (ids[0], None)
    first = last["items"][0]
    assert (first["status"], first["answer"]) == (500, "<b>\ufffd out of order")
    assert programs.ask("GET", f"/deliveries/{ids[0]}").json() == first
    receiver.behave = does.status(200)
    assert programs.ask("POST", f"/deliveries/{ids[0]}:replay").status_code == 202
    programs.work()
    delivered = programs.ask("GET", "/deliveries", params={"state": "delivered"}).json()["items"]
    assert {one["id"] for one in delivered} == set(ids)
    since = {"since": "2026-01-01T00:00:00Z"}
    assert programs.ask("POST", f"/{made['id']}:replay", json=since).json() == {"replayed": 0}
    for cursor in ("x", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM", "LTE"):
        refused = programs.ask("GET", "/deliveries", params={"cursor": cursor})
        assert refused.status_code == 422, cursor


def test_what_is_anothers_is_as_if_it_were_not_there(
    programs: Programs, receiver: Receiver
) -> None:
    made = programs.add(receiver.url())
    delivery = programs.ask("POST", f"/{made['id']}:test").json()
    own = {"as_": programs.ebk, "of": programs.ebk}
    before = everything_in(programs.house, of="webhook")
    asked = [
        ("GET", "", None),
        ("POST", "", {"url": "https://x.example/", "events": ["course.changed"]}),
        ("GET", f"/{made['id']}", None),
        ("PATCH", f"/{made['id']}", {"url": "https://x.example/"}),
        ("DELETE", f"/{made['id']}", None),
        ("POST", f"/{made['id']}:rotate", None),
        ("POST", f"/{made['id']}:test", None),
        ("POST", f"/{made['id']}:replay", {"since": "2026-01-01T00:00:00Z"}),
        ("GET", "/deliveries", None),
        ("GET", f"/deliveries/{delivery['id']}", None),
        ("POST", f"/deliveries/{delivery['id']}:replay", None),
    ]
    for method, path, body in asked:
        answer = programs.ask(method, path, as_=programs.ebk, json=body)
        assert answer.status_code == 403, (method, path)
        if made["id"] in path or delivery["id"] in path:  # a stranger's id in one's own house
            answer = programs.ask(method, path, **own, json=body)
            assert answer.status_code == 404, (method, path, answer.text)
    narrowed = programs.ask("GET", "/deliveries", **own, params={"webhook": made["id"]})
    assert narrowed.status_code == 404
    assert everything_in(programs.house, of="webhook") == before


def test_the_worker_delivers_beside_its_other_work(programs: Programs, receiver: Receiver) -> None:
    made = programs.add(receiver.url())
    worker = Worker(programs.house.node, now=lambda: programs.house.now)
    worker.start()
    try:
        programs.ask("POST", f"/{made['id']}:test")
        (came,) = receiver.wait_for(1)
    finally:
        worker.stop()
    assert json.loads(came.body)["type"] == "webhook.test"
