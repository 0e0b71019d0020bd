"""Deciding which courses are one, and editing one, in a real Chromium.

Set ``OPENCPD_TEST_PICTURES`` to a folder to look at every page that is passed.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.catalogue.reviewing import finding
from app.identity.model import Kind, Role
from tests.servers import free_port
from tests.simulator.members import House, house
from tests.simulator.reviewing import harvested, two
from tests.simulator.site import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
SignedIn = Callable[..., Page]
BRIDGES: dict[str, Any] = {
    "title": {"en": "Inspection of short-span bridges"},
    "metadata_language": "en",
    "summary": {"en": "Condition ratings, scour and priorities on a small budget."},
    "url": "https://cse.example/courses/lk-1",
    "level": "intermediate",
    "duration": "PT12H",
    "fields": ["0732"],
    "credits": [{"value": "12", "unit": "PDH", "framework": "CSE"}],
    "runs": [{"id": "a", "start": "2027-02-04", "instructors": ["Ada Obi", "Li Wei"]}],
}


@pytest.fixture
def node(tmp_path: Path, database_url: str) -> Iterator[House]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with house(tmp_path, database_url, public_url=url) as made, served(made.app, port=port):
        for society in ("cse", "pec", "ebk"):
            made.add(society)
        made.add("operator", Kind.OPERATOR)
        _fill(made)
        yield made


def _fill(made: House) -> None:
    database, at = made.node.database, made.now
    harvested(database, "cse", "cse-site", "LK-1", at=at, **BRIDGES)
    like = {
        **BRIDGES,
        "title": {"en": "Inspection of short span bridge"},
        "url": "https://pec.example/bridges",
        "credits": [{"value": "1.2", "unit": "CEU", "framework": "PEC"}],
        "level": "5",
    }
    harvested(database, "pec", "pec-site", "b-17", at=at, **like)
    harvested(database, "ebk", "ebk-site", "x", at=at, **{**like, "url": BRIDGES["url"]})
    chinese = {**BRIDGES, "title": {"zh": "短跨桥梁检测"}, "metadata_language": "zh"}
    chinese |= {"summary": {"zh": "评级与冲刷。"}, "url": "https://cse.example/zh/1"}
    harvested(database, "cse", "cse-site", "LK-1-zh", at=at, **chinese)
    two(database, "cse", 7, at=at)
    finding.look_at_all(database, at=at)


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def signed_in(request: pytest.FixtureRequest, browser: Browser, node: House) -> Iterator[SignedIn]:
    """Opens the page of somebody who is signed in; it must not complain."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def make(email: str, **roles: Role) -> Page:
        url = node.node.settings.public_url
        context = browser.new_context(base_url=url, viewport=request.param, locale="en")
        contexts.append(context)
        secret = node.sign_in(email, **roles).cookies[node.node.guard.cookie]
        context.add_cookies([{"name": node.node.guard.cookie, "value": secret, "url": url}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert [each for each in complaints if "status of 422" not in each] == []


def look(page: Page, name: str) -> None:
    """Keep a picture where one is wanted; nothing may stick out to the side."""
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{name} is {wide} px too wide"
    folder = os.environ.get("OPENCPD_TEST_PICTURES")
    if folder:
        size = page.viewport_size or DESK
        page.screenshot(path=f"{folder}/{name}-{size['width']}.png", full_page=True)


def test_who_runs_the_node_decides_and_one_course_shows_three_sources(
    signed_in: SignedIn,
) -> None:
    page = signed_in("operator@example.org", operator=Role.OWNER)
    page.goto("/node/matches")
    look(page, "matches")
    page.get_by_role("link", name="One course", exact=True).click()
    page.locator(".rows h3 a").first.click()
    expect(page.get_by_text("differs").first).to_be_visible()
    look(page, "match")
    page.get_by_role("button", name="Make them one course").click()
    expect(page.get_by_role("status")).to_contain_text("one course now")
    page.goto("/node/matches?kind=translation")
    page.locator(".rows h3 a").first.click()
    look(page, "match-translation")
    page.get_by_role("button", name="Link them").click()
    page.goto("/node/matches/decisions")
    look(page, "decisions")
    page.locator(".rows h3 a").first.click()
    expect(page.locator(".sources li")).to_have_count(3)
    expect(page.get_by_text("Also in:")).to_contain_text("中文")
    page.get_by_text("Which source each field comes from").click()
    look(page, "course-of-three")
    page.goto("/node/aliases")
    page.get_by_label("As others write it, in any script").fill("工程师学会")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status")).to_be_visible()
    look(page, "aliases")


def test_an_editor_writes_over_a_field_and_lifts_it_again(signed_in: SignedIn) -> None:
    page = signed_in("edi@example.org", cse=Role.EDITOR)
    page.goto("/organisations/cse/matches")
    look(page, "society-matches")
    page.locator(".rows h3 a").first.click()
    page.get_by_role("link", name="Inspection of hhhh bridges").click()
    page.get_by_role("link", name="Edit this course").click()
    page.get_by_label("Field", exact=True).select_option("credits")
    page.get_by_label("What shall stand there").fill("many")
    page.get_by_label("Why").fill("The feed is wrong.")
    page.get_by_role("button", name="Write over").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "edit-refused")
    page.get_by_label("What shall stand there").fill("8 PDH; KE")
    page.get_by_role("button", name="Write over").click()
    expect(page.get_by_role("status")).to_contain_text("written over")
    look(page, "edit")
    page.get_by_role("link", name="The course's page").click()
    page.get_by_text("Which source each field comes from").click()
    expect(page.get_by_role("cell", name="written by hand")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Lift Credits").click()
    expect(page.get_by_role("status")).to_contain_text("sources speak")
