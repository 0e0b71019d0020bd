"""Who is told of what, and what is never told."""

from datetime import datetime

from app.identity.model import Kind
from app.platform.db import Database
from app.webhooks import service
from tests.simulator.harvests import courses
from tests.simulator.house import House
from tests.simulator.node import COMPLETION, Node
from tests.simulator.receiver import Receiver
from tests.simulator.webhooks import EVERYTHING, Hooks


def test_records_are_told_of_to_their_society_alone_and_thinly(
    database: Database, now: datetime, receiver: Receiver
) -> None:
    node, hooks = Node(database, now), Hooks(database, now)
    for society_id in ("cse", "ebk"):
        node.add_society(society_id)
        hooks.add(society_id, receiver.url(f"/{society_id}"), EVERYTHING)
    hooks.add_organisation("board", Kind.REGISTRY)
    hooks.add("board", receiver.url("/board"))
    old = node.complete("cse", COMPLETION, key="one").json()["id"]
    corrected = {**COMPLETION, "contact_minutes": 90, "supersedes": old}
    new = node.complete("cse", corrected, key="two").json()["id"]
    for action, reason in (
        ("suspend", "under_review"),
        ("reinstate", "cleared"),
        ("revoke", "error"),
    ):
        node.http.post(
            f"/api/v1/records/{new}/{action}", json={"reason": reason}, headers=node.token("cse")
        )
    hooks.work()
    hooks.close()
    assert {one.path for one in receiver.received} == {"/cse"}
    told = [(one.type, one.data["id"], one.data["status"]) for one in receiver.received]
    assert told == [
        ("record.issued", old, "valid"),
        ("record.issued", new, "valid"),
        ("record.superseded", old, "superseded"),
        ("record.suspended", new, "suspended"),
        ("record.reinstated", new, "valid"),
        ("record.revoked", new, "revoked"),
    ]
    assert receiver.received[1].data["supersedes"] == old
    assert receiver.received[2].data["superseded_by"] == new
    for one in receiver.received:
        assert set(one.data) - {"superseded_by"} == {
            "id", "society", "status", "course", "course_run", "supersedes", "url",
        }  # fmt: skip
        assert not {"4711", "holder", "urn:uuid"} & set(one.body.decode().split('"'))


def test_courses_are_told_of_to_their_society_and_to_every_registry(
    hooks: Hooks, receiver: Receiver
) -> None:
    hooks.add_organisation("ebk")
    hooks.add_organisation("board", Kind.REGISTRY)
    for name in ("cse", "ebk", "board"):
        hooks.add(name, receiver.url(f"/{name}"))
    hooks.change_course("cse", 1, title="Bridges")
    hooks.change_course("ebk", 1, title="Pumps")
    hooks.work()
    heard = sorted((one.path, one.data["society"]) for one in receiver.received)
    assert heard == [("/board", "cse"), ("/board", "ebk"), ("/cse", "cse"), ("/ebk", "ebk")]
    of_cse = [one for one in receiver.received if one.data["society"] == "cse"]
    assert len({one.id for one in of_cse}) == 1
    assert len({one.body for one in of_cse}) == 1


def test_a_run_is_told_of_when_it_ends_and_when_somebody_must_look(
    database: Database, now: datetime, receiver: Receiver
) -> None:
    house, hooks = House(database), Hooks(database, now)
    hooks.add_organisation("ebk")
    hooks.register("cse")
    hooks.add("cse", receiver.url("/cse"), ("run.finished",))
    hooks.add("ebk", receiver.url("/ebk"), ("run.finished",))
    house.feed.items = courses(50)
    house.run()
    house.feed.items = courses(5)
    held = house.run()
    hooks.now = house.now()
    hooks.work()
    hooks.close()
    done, stopped = receiver.received
    assert (done.path, done.data["state"], done.data["new"]) == ("/cse", "done", 50)
    assert stopped.data == {
        "id": held.id, "society": "cse", "source": "s", "mode": "harvest", "state": "held",
        "failure": None, "vanishing": 45, "seen": 5, "new": 0, "changed": 0, "unchanged": 5,
        "rejected": 0, "tombstone": 0, "withdrawn": 0, "warned": 0, "repeated": 0, "pages": 1,
        "codes": [],
        "url": f"{stopped.data['url'].partition('/api/')[0]}/api/v1/societies/cse/sources/s"
        f"/runs/{held.id}",
    }  # fmt: skip


def test_an_event_that_nobody_wants_any_more_costs_nothing(
    hooks: Hooks, receiver: Receiver
) -> None:
    first = hooks.add("cse", receiver.url("/1"), ("course.changed", "run.finished"))
    second = hooks.add("cse", receiver.url("/2"))
    assert hooks.followed() == {"course.changed", "run.finished"}
    hooks.write(service.delete_endpoint, "cse", first.id)
    assert hooks.followed() == {"course.changed"}
    hooks.write(service.delete_endpoint, "cse", second.id)
    assert hooks.followed() == set()
    hooks.change_course("cse", 1, title="Unheard")
    hooks.work()
    assert receiver.received == []
