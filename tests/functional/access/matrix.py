"""What both matrices, of the API's routes and of pages, do alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import select

from app.identity.access import routes
from migrations import metadata
from tests.simulator.members import House
from tests.simulator.scene import OWN, REGISTRY, Ask, Scene

REGISTRIES = "/api/v1/registries/"
"""Where the registry's own program is the rightful caller."""
NOT_STATE = {"rate_limit", "oauth_assertion"}
"""What may change although nothing was done: counts of requests."""

Asks = Mapping[tuple[str, str], Callable[[Scene], Ask]]


@dataclass(frozen=True)
class Guarded:
    """One guarded route and how its rightful caller asks it."""

    method: str
    path: str
    mark: str
    ask: Ask

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def send(self, http: TestClient, headers: Mapping[str, str]) -> Response:
        whose = REGISTRY if self.path.startswith(REGISTRIES) else OWN
        filled = self.path.format(
            **{"society_id": OWN, "organisation_id": whose} | dict(self.ask.path)
        )
        return http.request(
            self.method,
            filled,
            json=self.ask.json,
            content=self.ask.content,
            data=self.ask.form,
            params=self.ask.params,
            headers={**self.ask.headers, **headers},
        )


def guarded_routes(made: House) -> list[tuple[str, str, str]]:
    """Each method of each route that is not open to anybody, and what it asks for."""
    return [
        (method, path, mark)
        for path, methods, mark in routes(made.app)
        for method in sorted(methods - {"HEAD"})
        if mark not in {None, "public"}
    ]


def is_of_a_page(mark: str) -> bool:
    return mark == "person" or mark.startswith("member:")


def prepared(scene: Scene, asked: list[tuple[str, str, str]], asks: Asks) -> list[Guarded]:
    """The routes with what their requests need, in the order of the entries."""
    missing = [f"{method} {path}" for method, path, _ in asked if (method, path) not in asks]
    assert missing == [], "say in asking*.py how the rightful caller asks these"
    marks = {(method, path): mark for method, path, mark in asked}
    return [
        Guarded(*route, marks[route], ask(scene)) for route, ask in asks.items() if route in marks
    ]


def state(made: House) -> dict[str, list[Any]]:
    """Everything that the database holds."""
    with made.node.database.read() as session:
        return {
            table.name: sorted(map(repr, session.execute(select(table)).all()))
            for table in metadata().sorted_tables
            if table.name not in NOT_STATE
        }
