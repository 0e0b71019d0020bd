"""What courses count for, in a real Chromium, with JavaScript and without."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import own_database
from tests.servers import free_port
from tests.simulator.counting import HOURS, STRICT, Counting
from tests.simulator.members import house
from tests.simulator.site import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIZES = [{"width": 390, "height": 844}, {"width": 1280, "height": 900}]


@pytest.fixture(scope="module")
def counting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Counting]:
    folder, port = tmp_path_factory.mktemp("counting"), free_port()
    url = f"http://127.0.0.1:{port}"
    with (
        own_database(request, folder) as database,
        house(folder / "node", database, public_url=url, contact="cpd@node.example") as opened,
        served(opened.app, port=port),
    ):
        yield Counting(opened)


def opened(browser: Browser, counting: Counting, **options: Any) -> tuple[Page, list[str]]:
    url = counting.house.node.settings.public_url
    page = browser.new_context(base_url=url, locale="en", **options).new_page()
    page.set_default_timeout(10_000)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


def fits(page: Page, width: int) -> bool:
    metrics = page.context.new_cdp_session(page).send("Page.getLayoutMetrics")
    return bool(metrics["cssContentSize"]["width"] == width)


def test_a_registry_is_chosen_while_one_searches_and_the_hits_are_put_in_order(
    browser: Browser, counting: Counting
) -> None:
    page, complaints = opened(browser, counting)
    page.goto("/?q=bridges")
    page.get_by_label("The registry strict").check()
    expect(page.locator(".counts-line").first).to_contain_text("The registry strict")
    page.get_by_label("Sort by").select_option("counts_for")
    expect(page.locator(".hit").first).to_contain_text("1 2/3 credits")
    expect(page).to_have_url(re.compile(f"counts_for={STRICT}.*sort=counts_for"))
    page.get_by_text("Illustrative rules").click()
    page.get_by_label("Engineers Ireland").first.check()
    expect(page.locator(".hit .badge").first).to_contain_text("not adopted by the body")
    page.get_by_role("link", name="The registry strict").first.click()
    assert complaints == []


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desk"])
def test_a_society_reckons_a_planned_course_without_javascript(
    browser: Browser, counting: Counting, size: dict[str, int]
) -> None:
    page, complaints = opened(browser, counting, viewport=size, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name="What would it count for?").click()
    page.get_by_label("Kind of activity").select_option("course")
    page.get_by_label("Contact time in minutes").fill("600")
    page.get_by_label("Languages").fill("en zh")
    page.get_by_role("button", name="Reckon").click()
    card = page.locator(".counting").filter(has_text="The registry strict")
    expect(card).to_contain_text("It would count 1 credit if:")
    expect(card).to_contain_text("The registry lists the society as one of: listed-society.")
    page.get_by_label("Contact time in minutes").fill("many")
    page.get_by_role("button", name="Reckon").click()
    expect(page.get_by_role("alert")).to_contain_text("contact_minutes")
    expect(page.get_by_label("Contact time in minutes")).to_have_value("many")
    assert fits(page, size["width"])
    assert [one for one in complaints if "422" not in one] == []


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desk"])
def test_from_a_course_to_the_rules_by_which_it_counts(
    browser: Browser, counting: Counting, size: dict[str, int]
) -> None:
    page, complaints = opened(browser, counting, viewport=size)
    page.goto(f"/courses/{counting.ids['online']}")
    assert fits(page, size["width"])
    card = page.locator(".counting").filter(has_text="The registry hours")
    expect(card).to_contain_text("Up to 4 PDU")
    expect(card).to_contain_text("On site: 4 PDU")
    card.get_by_role("link", name="hours-rules").click()
    expect(page.get_by_role("heading", name="The registry hours")).to_be_visible()
    assert page.url.endswith(f"/recognition/{HOURS}#hours-rules")
    assert fits(page, size["width"])
    report = page.locator("tbody .wrong-rule").last
    assert str(report.get_attribute("href")).startswith("mailto:cpd@node.example?subject=")
    with page.expect_download() as download:
        page.get_by_role("link", name="Exact text (YAML)").click()
    assert download.value.suggested_filename == f"{HOURS}-{HOURS}-rules-1.yaml"
    assert complaints == []
