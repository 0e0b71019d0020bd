"""Every route says who may call it."""

import asyncio
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.types import Message, Scope

from app.identity.access import routes
from app.main import MAX_BODY_BYTES, create_app
from app.platform.settings import Settings
from app.wiring import open_node

# FastAPI's own route for the API's description.
OF_THE_FRAMEWORK = {"/api/openapi.json"}


@pytest.fixture
def asked(tmp_path: Path) -> dict[str, list[str | None]]:
    node = open_node(Settings(data_dir=tmp_path, _env_file=None))
    found: dict[str, list[str | None]] = {}
    for path, _, mark in routes(create_app(node)):
        found.setdefault(path, []).append(mark)
    node.close()
    return found


def test_every_route_states_its_access(asked: dict[str, list[str | None]]) -> None:
    silent = {path for path, marks in asked.items() if None in marks} - OF_THE_FRAMEWORK
    assert silent == set()


def test_what_changes_or_shows_records_is_not_public(asked: dict[str, list[str | None]]) -> None:
    guarded = {path for path, marks in asked.items() if "public" not in marks}
    assert {
        "/api/v1/societies/{society_id}/completions",
        "/api/v1/records/{record_id}",
        "/api/v1/records/{record_id}/revoke",
    } <= guarded


TYPES = (
    b"application/json",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
)


def taken_in(app: FastAPI, method: str, path: str, content_type: bytes) -> int:
    """How much of an endless upload without a token an address takes."""
    piece, given = b"x" * 65536, 0

    async def receive() -> Message:
        nonlocal given
        given += len(piece)
        return {"type": "http.request", "body": piece, "more_body": given < 100 * len(piece)}

    async def send(_message: Message) -> None:
        """Nobody reads the answer."""

    headers = [(b"content-type", content_type)]
    scope: Scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "headers": headers, "http_version": "1.1",
        "scheme": "http", "server": ("node.example", 443), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return given


def test_nothing_large_is_taken_in_from_whom_nobody_knows(tmp_path: Path) -> None:
    node = open_node(Settings(data_dir=tmp_path, _env_file=None))
    app = create_app(node)
    asked = {
        (method, path) for path, methods, _ in routes(app) for method in methods - {"GET", "HEAD"}
    }
    assert ("POST", "/api/v1/societies/{society_id}/standing:batch") in asked
    assert ("POST", "/verify") in asked
    taken = {
        (method, path, kind): taken_in(app, method, re.sub(r"{[a-z_]+}", "one", path), kind)
        for method, path in asked
        for kind in TYPES
    }
    node.close()
    assert {route for route, size in taken.items() if size > MAX_BODY_BYTES + 65536} == set()
