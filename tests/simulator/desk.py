"""A registry of a whole node as its program sees it: over HTTP alone."""

import json
from dataclasses import dataclass
from itertools import count
from typing import Any

from httpx import Response

from app.identity.model import Kind
from app.recognition.adoption import service as adoption
from app.worker import Worker
from tests.simulator.ledgers import POLICY
from tests.simulator.members import House
from tests.simulator.node import COMPLETION
from tests.simulator.registries import member

SOCIETY, REGISTRY = "cse", "pec"
_numbers = count(1)


@dataclass
class RegistryDesk:
    """The registry ``pec`` with its policy, and the society ``cse`` whose records it gets."""

    house: House

    def __post_init__(self) -> None:
        self.house.add(SOCIETY)
        self.house.add(REGISTRY, Kind.REGISTRY)
        self.token = self.house.token(REGISTRY)
        self.adopt()

    def adopt(self, **how: Any) -> None:
        node, at = self.house.node, self.house.now
        given = {
            "registry": REGISTRY,
            "policy_id": "rules",
            "version": 1,
            "first": "null",
            "last": "null",
            "credit": "1",
            "cap": "10",
            "whole": "1000",
            **how,
        }
        with node.database.write() as session:
            actor = member(session, REGISTRY, "owner@pec.example", at=at)
            made = adoption.draft(session, actor, POLICY.format(**given), at=at)
            adoption.adopt(session, node.statements, actor, made.id, at=at)

    def ask(self, method: str, path: str, **more: Any) -> Response:
        """Ask below the registry, with its program's token."""
        headers = {**self.token, **more.pop("headers", {})}
        url = f"/api/v1/registries/{REGISTRY}{path}"
        return self.house.http.request(method, url, headers=headers, **more)

    def registrant(self) -> dict[str, Any]:
        """A registrant with a holder of records."""
        number = f"N-{next(_numbers)}"
        answer = self.ask("POST", "/registrants", json={"number": number, "name": "Ada Obi"})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        holder = f"urn:uuid:{made['id']}"
        bound = self.ask("POST", f"/registrants/{made['id']}/holders", json={"holder_id": holder})
        assert bound.status_code == 201, bound.text
        return made

    def record(self, registrant: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """A record about a registrant, as its society's program issues it."""
        completion = {
            **COMPLETION,
            "holder": {"id": f"urn:uuid:{registrant['id']}"},
            "course_run": f"run-{next(_numbers)}",
            "course": {"title": {"en": f"Course {next(_numbers)}"}},
            **changes,
        }
        token = self.house.token(SOCIETY)
        answer = self.house.http.post(
            f"/api/v1/societies/{SOCIETY}/completions",
            json=completion,
            headers={**token, "Idempotency-Key": f"k-{next(_numbers)}"},
        )
        assert answer.status_code == 201, answer.text
        found = self.house.http.get(f"/api/v1/records/{answer.json()['id']}", headers=token)
        read: dict[str, Any] = found.json()
        return read

    def submit(self, registrant: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Issue a record and submit it; gives the submission."""
        record = self.record(registrant, **changes)
        answer = self.ask(
            "POST", "/submissions", json={"registrant": registrant["id"], "record": record}
        )
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()["results"][0]["submission"]
        return made

    def lines(self, items: list[Any]) -> list[Any]:
        """Submit on lines of NDJSON; gives the lines of the answer."""
        body = b"".join(json.dumps(one).encode() + b"\n" for one in items)
        headers = {"Content-Type": "application/x-ndjson"}
        answer = self.ask("POST", "/submissions", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    def work(self) -> None:
        """What the worker has to do for the ledger."""
        worker = Worker(self.house.node, now=lambda: self.house.now)
        while worker.decide_anew():
            pass
