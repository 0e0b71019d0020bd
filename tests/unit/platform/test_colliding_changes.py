"""Two changes at one moment end as an answer that a caller can act upon, and everything else fails.

Only what the database says of such a collision is taken for one: a fault of ours stays a fault.
"""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from app.platform import problems


class Said(Exception):
    """What a driver raises."""

    def __init__(self, text: str, sqlstate: str | None = None) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("kind", "said", "status", "code"),
    [
        (OperationalError, Said("deadlock detected", "40P01"), 503, "busy"),
        (OperationalError, Said("could not serialize access", "40001"), 503, "busy"),
        (OperationalError, Said("disk I/O error"), 500, "internal"),
        (OperationalError, Said("connection refused", "08006"), 500, "internal"),
        (IntegrityError, Said("violates foreign key", "23503"), 409, "conflict"),
        (IntegrityError, Said("FOREIGN KEY constraint failed"), 409, "conflict"),
        (IntegrityError, Said("UNIQUE constraint failed: x.y"), 500, "internal"),
        (IntegrityError, Said("duplicate key", "23505"), 500, "internal"),
    ],
)
def test_a_collision_is_told_from_a_fault(
    kind: type[DBAPIError], said: Said, status: int, code: str
) -> None:
    app = FastAPI()
    problems.install(app)

    @app.get("/")
    def collide() -> Any:
        raise kind("INSERT", {}, said)

    answer = TestClient(app, raise_server_exceptions=False).get("/")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("retry-after" in answer.headers) == (status == 503)
