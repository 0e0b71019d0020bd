"""Keeping a search, being told by mail, and ending that, in a real Chromium."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.worker import Worker
from tests.servers import free_port
from tests.simulator.members import House, house
from tests.simulator.newcomers import Newcomers
from tests.simulator.site import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIZES = [{"width": 390, "height": 844}, {"width": 1280, "height": 900}]
ADA = "ada@example.org"


@pytest.fixture
def node(tmp_path: Path, database_url: str) -> Iterator[House]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (
        house(tmp_path / "node", database_url, public_url=url) as made,
        served(made.app, port=port),
    ):
        yield made


def sign_in(page: Page, node: House) -> None:
    page.get_by_label("E-mail address", exact=True).fill(ADA)
    page.keyboard.press("Enter")
    expect(page.get_by_text(ADA)).to_be_visible()
    page.goto(node.mailbox.last_link(ADA))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Name", exact=True).fill("Ada Lovelace")
    page.keyboard.press("Enter")


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "bare"])
@pytest.mark.parametrize("size", SIZES, ids=["phone", "desk"])
def test_a_search_is_kept_told_of_and_given_up(
    node: House, browser: Browser, size: dict[str, int], *, javascript: bool
) -> None:
    courses = Newcomers(node.node.database, node.node.index, node.now)
    courses.add("old", "Bridge bearings", at=node.now)
    context = browser.new_context(
        base_url=node.node.settings.public_url,
        viewport=size,
        locale="en",
        java_script_enabled=javascript,
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto("/?q=bridge")
    page.get_by_role("link", name="Save this search").click()
    sign_in(page, node)
    expect(page.get_by_role("heading", name="Save this search")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("bridge")
    page.get_by_label("Name").fill("Bridges, all of them")
    page.get_by_label("Tell me of new courses by mail").select_option("Once a day")
    page.get_by_role("button", name="Save").click()
    link = page.get_by_role("link", name="Bridges, all of them")
    expect(link).to_be_visible()
    box = page.locator("main").bounding_box()
    assert box is not None
    assert box["width"] <= size["width"]

    courses.add("new", "Bridge decks", at=node.now + timedelta(hours=1))
    at = node.now + timedelta(days=1, hours=1)
    Worker(node.node, now=lambda: at).tell_searches()
    mail = node.mailbox.sent[-1]
    assert "- Bridge decks" in mail.text
    page.goto(mail.headers["List-Unsubscribe"].strip("<>"))
    page.get_by_role("button", name="Send me no more of these mails").click()
    expect(page.get_by_role("status").filter(has_text="No more of these mails")).to_be_visible()
    page.get_by_role("link", name="Your saved searches").click()

    page.get_by_text("Change Bridges, all of them").click()
    expect(page.get_by_label("Tell me of new courses by mail")).to_have_value("none")
    page.get_by_label("Name").fill("Bridges")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Bridges", exact=True).click()
    expect(page.get_by_role("link", name="Bridge decks")).to_be_visible()
    page.goto("/account/searches")
    page.get_by_role("button", name="Remove Bridges").click()
    expect(page.get_by_text("You keep no search yet.")).to_be_visible()
    context.close()
