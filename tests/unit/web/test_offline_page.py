"""What the page that verifies offline is made of; ``tests/browser`` tries what it does."""

import base64
import hashlib
import re

import pytest

from app.verification.verify import TITLES
from app.web import offline_page, offline_words
from app.web.rendering import HERE, OFFLINE_SCRIPT, STATIC, Site
from tests.simulator.site import Pages

SCRIPT = STATIC[OFFLINE_SCRIPT].decode()


@pytest.fixture(scope="module")
def saved() -> str:
    return offline_page.single_file(Site(node_name="Test node"))


def test_every_part_of_the_script_is_in_it() -> None:
    parts = sorted((HERE / "offline").glob("*.js"))
    assert len(parts) > 10
    for part in parts:
        assert part.read_text() in SCRIPT, part.name


def test_the_script_has_no_way_to_a_network_and_makes_no_html() -> None:
    ways = (
        r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|innerHTML|eval)\b"
    )
    assert re.findall(ways, SCRIPT) == []


def test_the_saved_file_allows_its_own_script_and_style_and_nothing_else(saved: str) -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', saved)
    policy = policy.replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    for element in ("script", "style"):
        (inside,) = re.findall(rf"<{element}>(.*?)</{element}>", saved, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert re.findall(r'(?:src|href)="', saved) == []


def test_everything_that_the_script_says_has_its_text() -> None:
    known = offline_page.words(Site(node_name="Test node"))
    said = set(re.findall(r'(?:Refused|NotKnown|words|passed)\(\s*"([^"]+)"', SCRIPT))
    said |= set(re.findall(r'said: "([^"]+)"', SCRIPT))
    said |= {f"check:{code}" for code in TITLES}
    assert len(said) > 60
    assert said - known.keys() == set()
    assert {f"reason:{code}" for code in TITLES} <= known.keys()


def test_every_text_is_one_that_the_script_says() -> None:
    tables = (offline_words.PAGE, offline_words.FOUND, offline_words.ERRORS)
    spoken = [name for table in tables for name in table if f'"{name}"' not in SCRIPT]
    assert [name for name in spoken if not name.startswith(("verdict-", "lead-"))] == []


def test_the_served_page_may_connect_to_nothing(pages: Pages) -> None:
    answer = pages.client.get("/verify/offline", headers={"accept": "text/html"})
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "connect-src" not in policy
    assert "/static/offline.js?v=" in answer.text
    assert 'href="/verify/offline"' in pages.get("/verify")


def test_the_file_is_given_as_a_download(pages: Pages, saved: str) -> None:
    answer = pages.client.get("/verify/offline/opencpd-verify.html")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["content-security-policy"] == offline_page.policy()
    assert answer.text == saved
