"""The way of a feed's owner in a real Chromium: looked at, mended, added, run, held, released.

Set ``OPENCPD_TEST_PICTURES`` to a folder to look at every page that is passed.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.identity.model import Role
from app.worker import Worker
from tests.servers import free_port
from tests.simulator.feeds import FeedServer, csv_bytes
from tests.simulator.members import House, house
from tests.simulator.site import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
ROWS = [
    {"Code": f"C{n}", "Title": f"Course {n}", "URL": f"https://c.example/{n}"} for n in range(12)
]


@pytest.fixture
def node(tmp_path: Path, database_url: str) -> Iterator[House]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (
        house(tmp_path, database_url, public_url=url, fetch_allow=["127.0.0.0/8"]) as made,
        served(made.app, port=port),
    ):
        made.add("cse")
        yield made


def looked_at(page: Page, name: str) -> None:
    """Nothing is wider than the screen, on a desk and on a phone."""
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide), (name, size)
        if folder := os.environ.get("OPENCPD_TEST_PICTURES"):
            page.screenshot(path=f"{folder}/feed-{name}-{size['width']}.png", full_page=True)


def test_a_feed_from_a_look_at_it_to_the_answer_that_a_held_run_waits_for(
    browser: Browser, node: House
) -> None:
    url = node.node.settings.public_url
    context = browser.new_context(base_url=url, locale="en")
    secret = node.sign_in("editor@cse.example", cse=Role.EDITOR).cookies[node.node.guard.cookie]
    context.add_cookies([{"name": node.node.guard.cookie, "value": secret, "url": url}])
    page, complaints = context.new_page(), []
    page.set_default_timeout(10_000)
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    broken = [*ROWS, {"Code": "X", "Title": ""}]
    with FeedServer({"/list.csv": csv_bytes(broken)}) as feeds:
        page.goto("/validate")
        page.get_by_label("Address of the feed").fill(feeds.url("/list.csv"))
        page.get_by_role("button", name="Look at it").click()
        expect(page.locator("h1")).to_have_text("Something in this feed is to be mended")
        expect(page.get_by_text("E-TITLE-MISSING")).to_be_visible()
        looked_at(page, "looked-at")
        feeds.routes["/list.csv"] = csv_bytes(ROWS)
        page.get_by_role("link", name="Look at another feed, or again").click()
        page.get_by_role("button", name="Look at it").click()
        expect(page.locator("h1")).to_have_text("This feed can be taken, and could say more")

        page.goto("/organisations/cse/sources/new?connector=table")
        page.get_by_label("Url").fill(feeds.url("/list.csv"))
        page.get_by_label("Name").fill("Our list")
        page.get_by_role("button", name="Add the feed").click()
        expect(page.locator("h2")).to_have_text("Our list")
        source = page.url
        page.get_by_role("button", name="Run").click()
        page.locator("#runs ~ .scroll a").first.click()
        expect(page.locator("#live")).to_contain_text("waiting")
        looked_at(page, "waiting")
        work(node)
        expect(page.locator("#live")).to_contain_text("done")  # the script looked again
        expect(page.locator("#live")).not_to_have_attribute("data-live", "2")

        feeds.routes["/list.csv"] = csv_bytes(ROWS[:2])
        page.goto(source)
        page.get_by_role("button", name="Run").click()
        work(node)
        page.goto(source)
        looked_at(page, "held")
        page.get_by_role("link", name="See what would go").click()
        expect(page.get_by_role("link", name="Course 7")).to_be_visible()
        looked_at(page, "going")
        page.get_by_role("button", name="It is so: withdraw them").click()
        expect(page.locator("#live")).to_contain_text("done")
        page.goto(source)
        expect(page.locator("dd").first).to_have_text("2")
    context.close()
    assert complaints == []


def work(node: House) -> None:
    worker = Worker(node.node)
    worker.run(once=True)
    worker.tell_runs()
