"""A society that publishes its courses through the API of a whole node."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from httpx import Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED
from app.catalogue import service as catalogue
from app.catalogue.model import Course
from app.identity.audit.tables import AuditRow
from app.identity.clients import service as clients
from app.identity.clients.rules import NewClient
from app.platform.outbox import OutboxRow
from tests.simulator.members import House, house

NDJSON = "application/x-ndjson"


site = {"host": "cse.example"}
"""Where the courses have their pages; another one for each test that shares a node."""


def course(number: int | str = 1, **more: Any) -> dict[str, Any]:
    """A course without a fault."""
    return {
        "title": {"en": f"Bridges, part {number}"},
        "url": f"https://{site['host']}/courses/{number}",
        **more,
    }


def item(number: int, **more: Any) -> dict[str, Any]:
    """The same as an item of a batch."""
    return {"remote_id": f"C-{number}", "course": course(number, **more)}


def as_lines(items: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in items)


@dataclass
class Publisher:
    """One client of one society."""

    house: House
    society: str = "cse"
    sandbox: bool = False
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = self.house.token(self.society)
        if self.sandbox:
            self.headers = self._sandbox_token()

    def _sandbox_token(self) -> dict[str, str]:
        with self.house.node.database.write() as session:
            new = NewClient(self.society, "of the sandbox", TRIED, sandbox=True)
            made = clients.add(session, new, at=self.house.now, who="system:test")
        answer = self.house.http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(made.client.id, str(made.secret)),
        )
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Response:
        return self.house.http.request(
            method,
            f"/api/v1/societies/{self.society}{path}",
            headers={"Accept": "*/*", **self.headers, **(headers or {})},
            **more,
        )

    def put(self, remote_id: str, document: Any, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("PUT", address(remote_id), json=document, headers=named)

    def get(self, remote_id: str, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("GET", address(remote_id), headers=named)

    def patch(self, remote_id: str, patch: Any, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["Content-Type"] = "application/merge-patch+json"
        content = json.dumps(patch)
        return self.ask("PATCH", address(remote_id), content=content, headers=named)

    def delete(self, remote_id: str, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("DELETE", address(remote_id), headers=named)

    def batch(
        self, items: Iterable[Any] | bytes, *, stream: bool = False, key: str | None = None,
        query: str = "",
    ) -> Response:  # fmt: skip
        content = items if isinstance(items, bytes) else as_lines(items)
        headers = {"Content-Type": NDJSON, "Accept": NDJSON if stream else "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.ask("POST", f"/courses:batch{query}", content=content, headers=headers)

    def listed(self, query: str = "") -> list[dict[str, Any]]:
        """Every page of the list."""
        found, cursor = [], ""
        while True:
            answer = self.ask("GET", f"/courses?limit=500{query}{cursor}")
            assert answer.status_code == 200, answer.text
            found += answer.json()["items"]
            if answer.json()["next_cursor"] is None:
                return found
            cursor = f"&cursor={answer.json()['next_cursor']}"

    def course(self, course_id: str) -> Course:
        with self.house.node.database.read() as session:
            return catalogue.get_course(session, course_id)


TRIED = frozenset({"catalogue:write", "catalogue:read", "records:issue", "records:read"})


def address(remote_id: str) -> str:
    return "/courses/" + quote(remote_id, safe="")


def lines(answer: Response) -> list[dict[str, Any]]:
    assert answer.headers["content-type"].startswith(NDJSON)
    return [json.loads(line) for line in answer.content.splitlines()]


@contextmanager
def publishing_house(folder: Path, url: str, **settings: Any) -> Iterator[House]:
    """A node with two societies that publish."""
    with house(folder, url, **settings) as made:
        for name in ("cse", "ebk"):
            made.add(name)
        yield made


def counted(session: Session) -> dict[str, int]:
    """How much there is of what publishing must leave alone or must not repeat."""
    told = select(func.count()).where(OutboxRow.topic == COURSE_CHANGED)
    return {
        "courses": catalogue.count_courses(session),
        "told": session.scalar(told) or 0,
        "audit": session.scalar(select(func.count()).select_from(AuditRow)) or 0,
    }
