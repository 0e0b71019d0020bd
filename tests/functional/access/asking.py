"""How the rightful caller asks each guarded route, so that it would be answered.

One entry for each route; ``test_the_route_matrix`` fails on a guarded route that has none. What an
entry needs (a record to revoke, a client to end) is made for it alone, so that the order of the
asking does not matter.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.catalogue.model import NewSociety
from app.records.enrolment import enrol
from tests.simulator import rosters
from tests.simulator.members import House
from tests.simulator.node import COMPLETION

OWN, OTHER = "cse", "ebk"


@dataclass(frozen=True)
class Ask:
    """One request. ``path`` fills the route's parameters; societies and organisations are known."""

    path: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    form: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    also: tuple[int, ...] = ()
    """Answers that show the rightful caller was let in although nothing could be done (409)."""


@dataclass
class Scene:
    """A node with two societies, and whatever the requests are about."""

    house: House
    count: int = 0

    def __post_init__(self) -> None:
        for organisation_id in (OWN, OTHER):
            self.house.add(organisation_id)

    def number(self) -> int:
        self.count += 1
        return self.count

    def record(self) -> str:
        """A record of the own society."""
        number = self.number()
        identifier = {"type": "ext:RegisterNumber", "value": f"REG-{number}"}
        answer = self.house.http.post(
            f"/api/v1/societies/{OWN}/completions",
            json={**COMPLETION, "holder": {"identifiers": [identifier]}},
            headers={**self.house.token(OWN), "Idempotency-Key": f"matrix-{number}"},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def suspended(self) -> str:
        """A record of the own society that is suspended."""
        record_id = self.record()
        answer = self.post(f"/api/v1/records/{record_id}/suspend", {"reason": "under_review"})
        assert answer["status"] == "suspended"
        return record_id

    def shared(self) -> str:
        """A record of the own society that has a holder's link."""
        record_id = self.record()
        self.post(f"/api/v1/records/{record_id}/holder-link", None)
        return record_id

    def roster(self) -> str:
        """A roster of the own society."""
        answer = self.house.http.post(
            f"/api/v1/societies/{OWN}/rosters",
            content=rosters.as_csv([rosters.row(self.number())]),
            headers={
                **self.house.token(OWN),
                "Content-Type": "text/csv",
                "Idempotency-Key": f"matrix-{self.number()}",
            },
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def grant(self) -> str:
        """A grant that the own society gave to a third one."""
        third = f"third-{self.number()}"
        self.enrol(third)
        path = f"/api/v1/societies/{OWN}/grants"
        return str(self.post(path, {"grantee": third, "action": "records:read"})["id"])

    def webhook(self) -> str:
        """A webhook of the own society."""
        return str(self.post(f"/api/v1/organisations/{OWN}/webhooks", WEBHOOK)["id"])

    def delivery(self) -> str:
        """A delivery to one of those."""
        path = f"/api/v1/organisations/{OWN}/webhooks/{self.webhook()}:test"
        return str(self.post(path, None)["id"])

    def enrol(self, society_id: str) -> None:
        """One society more, without a client."""
        node = self.house.node
        with node.database.write() as session:
            enrol(
                session,
                NewSociety(names={"en": "A third"}, id=society_id),
                signer=node.signer,
                public_url=node.settings.public_url,
                at=self.house.now,
                issues=False,
            )

    def post(self, path: str, body: Any) -> dict[str, Any]:
        answer = self.house.http.post(path, json=body, headers=self.house.token(OWN))
        assert answer.status_code < 300, (path, answer.text)
        made: dict[str, Any] = answer.json()
        return made

    def pushed(self) -> str:
        """A course that the own society pushed, with one run."""
        remote_id = f"C-{self.number()}"
        answer = self.house.http.put(
            f"/api/v1/societies/{OWN}/courses/{remote_id}",
            json={"title": {"en": remote_id}, "runs": [{"id": "a", "start": "2027-01-01"}]},
            headers=self.house.token(OWN),
        )
        assert answer.status_code == 201, answer.text
        return remote_id


def _pushed(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"remote_id": scene.pushed(), "run_id": "a"}, **more)


def _record(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"record_id": scene.record()}, **more)


def _roster(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"roster_id": scene.roster()}, **more)


def _grantee(scene: Scene) -> Ask:
    third = f"third-{scene.number()}"
    scene.enrol(third)
    return Ask(json={"grantee": third, "action": "records:issue"})


def _webhook(**more: Any) -> Callable[[Scene], Ask]:
    return lambda scene: Ask(path={"endpoint_id": scene.webhook()}, **more)


def _delivery(scene: Scene) -> Ask:
    return Ask(path={"delivery_id": scene.delivery()})


RECORD = "/api/v1/records/{record_id}"
SOCIETY = "/api/v1/societies/{society_id}"
ROSTER = SOCIETY + "/rosters/{roster_id}"
PUSHED = SOCIETY + "/courses/{remote_id}"

WEBHOOKS = "/api/v1/organisations/{organisation_id}/webhooks"
WEBHOOK = {"url": "https://lms.example/hooks", "events": ["record.issued"]}

ASKS: dict[tuple[str, str], Callable[[Scene], Ask]] = {
    ("GET", RECORD): _record(),
    ("GET", RECORD + ".jwt"): _record(),
    ("GET", RECORD + ".pdf"): _record(),
    ("GET", RECORD + ".png"): _record(),
    ("GET", RECORD + ".svg"): _record(),
    ("GET", RECORD + "/history"): _record(),
    ("POST", RECORD + "/holder-link"): _record(),
    ("GET", RECORD + "/holder-link"): lambda scene: Ask(path={"record_id": scene.shared()}),
    ("DELETE", RECORD + "/holder-link"): lambda scene: Ask(path={"record_id": scene.shared()}),
    ("POST", RECORD + "/revoke"): _record(json={"reason": "error"}),
    ("POST", RECORD + "/suspend"): _record(json={"reason": "under_review"}),
    ("POST", RECORD + "/reinstate"): lambda scene: Ask(
        path={"record_id": scene.suspended()}, json={"reason": "cleared"}
    ),
    ("POST", SOCIETY + "/standing:batch"): lambda scene: Ask(
        json={"action": "revoke", "reason": "error", "ids": [scene.record()]}
    ),
    ("POST", SOCIETY + "/completions"): lambda scene: Ask(
        json=COMPLETION, headers={"Idempotency-Key": f"asked-{scene.number()}"}
    ),
    ("POST", SOCIETY + "/completions:batch"): lambda scene: Ask(
        json=[rosters.completion(scene.number())],
        headers={"Idempotency-Key": f"asked-{scene.number()}"},
    ),
    ("GET", SOCIETY + "/records"): lambda _: Ask(),
    ("POST", SOCIETY + "/rosters"): lambda scene: Ask(
        content=rosters.as_csv([rosters.row(scene.number())]),
        headers={"Content-Type": "text/csv", "Idempotency-Key": f"asked-{scene.number()}"},
    ),
    ("GET", SOCIETY + "/rosters"): lambda _: Ask(),
    ("GET", ROSTER): _roster(),
    ("GET", ROSTER + "/errors"): _roster(),
    ("GET", ROSTER + "/errors.csv"): _roster(),
    ("GET", ROSTER + "/records"): _roster(),
    ("POST", ROSTER + "/approve"): _roster(also=(409,)),
    ("POST", ROSTER + "/reject"): _roster(json={"reason": "Not ours."}, also=(409,)),
    ("POST", ROSTER + "/cancel"): _roster(also=(409,)),
    ("GET", SOCIETY + "/courses"): lambda _: Ask(),
    ("POST", SOCIETY + "/courses:batch"): lambda scene: Ask(
        json=[{"remote_id": scene.pushed(), "course": {"title": {"en": "A"}}}],
        headers={"Idempotency-Key": f"asked-{scene.number()}"},
    ),
    ("GET", PUSHED): _pushed(),
    ("PUT", PUSHED): _pushed(json={"title": {"en": "A"}}),
    ("PATCH", PUSHED): _pushed(
        content=b'{"level":"x"}', headers={"Content-Type": "application/merge-patch+json"}
    ),
    ("DELETE", PUSHED): _pushed(),
    ("PUT", PUSHED + "/runs/{run_id}"): _pushed(json={"start": "2027-02-01"}),
    ("DELETE", PUSHED + "/runs/{run_id}"): _pushed(),
    ("PUT", PUSHED + "/offers"): _pushed(json=[{"amount": "0"}]),
    ("DELETE", SOCIETY + "/sandbox"): lambda _: Ask(),
    ("POST", SOCIETY + "/grants"): _grantee,
    ("GET", SOCIETY + "/grants"): lambda _: Ask(),
    ("DELETE", SOCIETY + "/grants/{grant_id}"): lambda scene: Ask(path={"grant_id": scene.grant()}),
    ("GET", "/api/v1/organisations/{organisation_id}/audit"): lambda _: Ask(),
    ("GET", WEBHOOKS): lambda _: Ask(),
    ("POST", WEBHOOKS): lambda _: Ask(json=WEBHOOK),
    ("GET", WEBHOOKS + "/{endpoint_id}"): _webhook(),
    ("PATCH", WEBHOOKS + "/{endpoint_id}"): _webhook(json={"description": "Another"}),
    ("DELETE", WEBHOOKS + "/{endpoint_id}"): _webhook(),
    ("POST", WEBHOOKS + "/{endpoint_id}:rotate"): _webhook(),
    ("POST", WEBHOOKS + "/{endpoint_id}:test"): _webhook(),
    ("POST", WEBHOOKS + "/{endpoint_id}:replay"): _webhook(json={"since": "2026-11-01T00:00:00Z"}),
    ("GET", WEBHOOKS + "/deliveries"): lambda _: Ask(),
    ("GET", WEBHOOKS + "/deliveries/{delivery_id}"): _delivery,
    ("POST", WEBHOOKS + "/deliveries/{delivery_id}:replay"): _delivery,
    ("POST", "/api/v1/verifications"): lambda _: Ask(
        content=b'"not a record"\n', headers={"Content-Type": "application/x-ndjson"}
    ),
}
