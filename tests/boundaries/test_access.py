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


def taken_in(app: FastAPI, path: str) -> int:
    """How much of an endless upload without a token an address takes."""
    piece, given = b"x" * 65536, 0

    async def receive() -> Message:
        nonlocal given
        given += len(piece)
        return {"type": "http.request", "body": piece, "more_body": given < 100 * len(piece)}

    async def send(_message: Message) -> None:
        """Nobody reads the answer."""

    headers = [(b"content-type", b"application/json")]
    scope: Scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "headers": headers, "http_version": "1.1",
        "scheme": "http", "server": ("node.example", 443), "client": ("192.0.2.1", 1),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return given


def test_nothing_large_is_taken_in_from_whom_nobody_knows(tmp_path: Path) -> None:
    node = open_node(Settings(data_dir=tmp_path, _env_file=None))
    app = create_app(node)
    guarded = {path for path, _, mark in routes(app) if mark not in {None, "public"}}
    assert "/api/v1/societies/{society_id}/standing:batch" in guarded
    taken = {path: taken_in(app, re.sub(r"{[a-z_]+}", "one", path)) for path in guarded}
    node.close()
    assert {path for path, size in taken.items() if size > MAX_BODY_BYTES + 65536} == set()
