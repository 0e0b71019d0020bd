"""Two societies, and everything that one may try with the other's ids: it gets and changes nothing.

``test_the_route_matrix`` asks each route of the own society with the other's token. Here the other
society uses its own routes, where it is let in, and puts the first one's ids into them.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from tests.simulator import rosters
from tests.simulator.members import House, house
from tests.simulator.node import COMPLETION
from tests.simulator.scene import OTHER, OWN, WEBHOOK, Scene

pytestmark = pytest.mark.slow
SECRET = "KEPT-BY-CSE"
"""Stands in everything private of the first society."""
ADDRESS = "https://cse.example/courses/7"


@pytest.fixture
def made(tmp_path: Path, database_url: str) -> Iterator[House]:
    with house(tmp_path, database_url) as opened:
        yield opened


@dataclass
class Held:
    """What the first society has."""

    scene: Scene
    record: str
    superseded: str
    roster: str
    grant: str
    webhook: str
    delivery: str
    invitation: str
    member: str
    course: str
    remote_id: str

    @classmethod
    def of(cls, scene: Scene) -> "Held":
        webhook = scene.post(
            f"/api/v1/organisations/{OWN}/webhooks", {**WEBHOOK, "description": SECRET}
        )["id"]
        delivery = scene.post(f"/api/v1/organisations/{OWN}/webhooks/{webhook}:test", None)["id"]
        pushed = scene.house.http.put(
            f"/api/v1/societies/{OWN}/courses/{SECRET}",
            json={
                "title": {"en": "Bridges"},
                "url": ADDRESS,
                "identifiers": [{"scheme": "doi", "value": "10.5555/7"}],
            },
            headers=scene.house.token(OWN),
        )
        assert pushed.status_code == 201, pushed.text
        return cls(
            scene=scene,
            record=scene.record(),
            superseded=scene.record(),
            roster=scene.roster(),
            grant=scene.grant(),
            webhook=webhook,
            delivery=delivery,
            invitation=scene.invitation(to=f"{SECRET.lower()}@example.org")[0],
            member=scene.member(),
            course=pushed.json()["course_id"],
            remote_id=SECRET,
        )

    def seen(self) -> dict[str, Any]:
        """All of it, as the first society sees it."""
        token, http = self.scene.house.token(OWN), self.scene.house.http
        society, organisation = f"/api/v1/societies/{OWN}", f"/api/v1/organisations/{OWN}"
        paths = [
            f"{society}/records", f"{society}/rosters", f"{society}/rosters/{self.roster}",
            f"{society}/grants", f"{society}/courses", f"{society}/courses/{self.remote_id}",
            f"{organisation}/webhooks", f"{organisation}/webhooks/deliveries",
            f"{organisation}/members", f"{organisation}/invitations", organisation,
            f"/api/v1/records/{self.record}", f"/api/v1/records/{self.record}/history",
            f"/api/v1/courses/{self.course}", f"/societies/{OWN}/status/1",
        ]  # fmt: skip
        answers = {path: http.get(path, headers=token) for path in paths}
        assert {path for path, one in answers.items() if one.status_code != 200} == set()
        return {path: one.text for path, one in answers.items()}


Send = Callable[..., Response]


def attempts(held: Held, send: Send) -> Iterator[tuple[str, Response]]:
    """Everything that the other society may try on its own routes."""
    society, organisation = f"/api/v1/societies/{OTHER}", f"/api/v1/organisations/{OTHER}"
    yield from _records(held, send, society)
    for what in ("", "/errors", "/errors.csv", "/records"):
        yield f"read the roster{what}", send("GET", f"{society}/rosters/{held.roster}{what}")
    for what in ("approve", "reject", "cancel"):
        yield what, send("POST", f"{society}/rosters/{held.roster}/{what}", json={"reason": "x"})
    yield "end the grant", send("DELETE", f"{society}/grants/{held.grant}")
    hook = f"{organisation}/webhooks/{held.webhook}"
    yield "read the webhook", send("GET", hook)
    yield "bend the webhook", send("PATCH", hook, json={"url": "https://elsewhere.example/"})
    yield "delete the webhook", send("DELETE", hook)
    for what in (":rotate", ":test"):
        yield f"webhook{what}", send("POST", hook + what)
    yield "replay", send("POST", f"{hook}:replay", json={"since": "2026-01-01T00:00:00Z"})
    delivery = f"{organisation}/webhooks/deliveries/{held.delivery}"
    yield "read the delivery", send("GET", delivery)
    yield "replay the delivery", send("POST", f"{delivery}:replay")
    yield "read the invitation", send("GET", f"{organisation}/invitations/{held.invitation}")
    yield "send it", send("POST", f"{organisation}/invitations/{held.invitation}/send")
    yield "withdraw it", send("DELETE", f"{organisation}/invitations/{held.invitation}")
    member = f"{organisation}/members/{held.member}"
    yield "read the member", send("GET", member)
    yield "take the member", send("PUT", member, json={"roles": ["owner"]})
    yield "remove the member", send("DELETE", member)
    yield "read the course pushed", send("GET", f"{society}/courses/{held.remote_id}")
    yield "end its run", send("DELETE", f"{society}/courses/{held.remote_id}/runs/a")


def _records(held: Held, send: Send, society: str) -> Iterator[tuple[str, Response]]:
    for what in ("revoke", "suspend"):
        path = f"{society}/standing:batch"
        order = {"action": what, "reason": "error", "ids": [held.record]}
        yield f"{what} by a list", send("POST", path, json=order)
    wrong = {**COMPLETION, "supersedes": held.superseded}
    yield (
        "supersede",
        send("POST", f"{society}/completions", json=wrong, headers={"Idempotency-Key": "s"}),
    )
    yield (
        "supersede many",
        send(
            "POST", f"{society}/completions:batch", json=[wrong], headers={"Idempotency-Key": "b"}
        ),
    )
    for ending in ("", ".jwt", ".pdf", "/history", "/holder-link"):
        yield f"read the record{ending}", send("GET", f"/api/v1/records/{held.record}{ending}")
    for search in ({"roster": held.roster}, {"course_id": held.course}, {"course_run": "2026-11"}):
        yield f"search by {search}", send("GET", f"{society}/records", params=search)


def test_one_society_gets_and_changes_nothing_of_another(made: House) -> None:
    scene = Scene(made)
    held = Held.of(scene)
    before, token = held.seen(), made.token(OTHER)

    def send(method: str, path: str, **more: Any) -> Response:
        headers = {**token, **more.pop("headers", {})}
        return made.http.request(method, path, headers=headers, **more)

    told, count = [], 0
    for what, answer in attempts(held, send):
        count += 1
        refused = answer.status_code in {403, 404, 409, 410, 422}
        if not refused and not _says_no(answer):
            told.append((what, answer.status_code, answer.text[:200]))
        assert SECRET not in answer.text, what
        assert SECRET.lower() not in answer.text, what
    assert told == []
    assert held.seen() == before
    print(f"\n{count} attempts on the other's things by one's own routes")


def _says_no(answer: Response) -> bool:
    """Whether a list is empty, or every item of many was refused."""
    if answer.status_code != 200:
        return False
    said = json.loads(answer.text)
    if "records" in said:
        return bool(said["records"] == [])
    if "changed" in said:
        return (said["changed"], said["unchanged"], said["refused"]) == (0, 0, said["found"])
    counts = {name for name, number in said.get("counts", {}).items() if number}
    return bool(counts) and counts <= {"not_found", "invalid", "refused", "unknown", "conflict"}


def test_the_same_keys_ids_and_addresses_of_two_societies_never_meet(made: House) -> None:
    """An idempotency key, a remote id, a course's address: each is a society's own."""
    scene = Scene(made)
    held = Held.of(scene)
    before, token = held.seen(), made.token(OTHER)
    course = {
        "title": {"en": "Mine"},
        "url": ADDRESS,
        "identifiers": [{"scheme": "doi", "value": "10.5555/7"}],
    }
    path = f"/api/v1/societies/{OTHER}/courses/{held.remote_id}"
    pushed = made.http.put(path, json=course, headers=token)
    assert pushed.status_code == 201, pushed.text
    assert pushed.json()["course_id"] != held.course
    assert made.http.delete(path, headers=token).status_code < 300

    issued = {}
    for society_id in (OWN, OTHER):
        answer = made.http.post(
            f"/api/v1/societies/{society_id}/completions",
            json=COMPLETION,
            headers={**made.token(society_id), "Idempotency-Key": "the-same"},
        )
        assert answer.status_code == 201, answer.text
        issued[society_id] = answer.json()["id"]
        roster = made.http.post(
            f"/api/v1/societies/{society_id}/rosters",
            content=rosters.as_csv([rosters.row(1)]),
            headers={
                **made.token(society_id), "Idempotency-Key": "the-same",
                "Content-Type": "text/csv",
            },
        )  # fmt: skip
        assert roster.status_code == 202
    assert issued[OWN] != issued[OTHER]
    after = held.seen()
    same = {name for name, text in before.items() if after[name] == text}
    assert f"/api/v1/courses/{held.course}" in same
    assert f"/api/v1/societies/{OWN}/courses/{held.remote_id}" in same
