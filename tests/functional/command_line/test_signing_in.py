"""A link that signs in, from a terminal."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from fastapi.testclient import TestClient

from app.identity import audit
from app.main import create_app
from app.platform.problems import Invalid
from app.platform.settings import Settings
from app.wiring import open_node

pytestmark = pytest.mark.slow

Opencpd = Callable[..., Result]


def test_an_operator_lets_in_somebody_whom_no_mail_reaches(
    opencpd: Opencpd, tmp_path: Path, database_url: str
) -> None:
    made = json.loads(opencpd("person", "link", "Ada@example.org", "--json").stdout)
    again = opencpd("person", "link", "ada@example.org").stdout.strip()
    assert again.startswith("http://127.0.0.1:8000/sign-in/link/")
    node = open_node(Settings())
    try:
        browser = TestClient(
            create_app(node),
            base_url="http://127.0.0.1:8000",
            headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        )
        page = browser.get(made["link"])
        assert "another browser" in page.text
        assert "ada@example.org" in page.text
        assert "Your account" in browser.post(made["link"]).text
        assert browser.post(made["link"]).url.path == "/account"
        with node.database.read() as session:
            trail = audit.trail(session, f"person:{made['person']}")
    finally:
        node.close()
    assert [(entry.who, entry.action) for entry in trail][1:3] == [("operator", "person.link")] * 2
    assert made["link"].rsplit("/", 1)[-1] not in str(trail)


def test_what_is_no_address_gets_no_link(opencpd: Opencpd) -> None:
    assert isinstance(opencpd("person", "link", "ada").exception, Invalid)
