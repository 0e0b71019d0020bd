"""Every route says who may call it."""

from pathlib import Path

import pytest

from app.identity.access import routes
from app.main import create_app
from app.platform.settings import Settings
from app.wiring import open_node

# FastAPI's own route for the API's description.
OF_THE_FRAMEWORK = {"/api/openapi.json"}


@pytest.fixture
def asked(tmp_path: Path) -> dict[str, list[str | None]]:
    node = open_node(Settings(data_dir=tmp_path, _env_file=None))
    found: dict[str, list[str | None]] = {}
    for path, mark in routes(create_app(node)):
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
