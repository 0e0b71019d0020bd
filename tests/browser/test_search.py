"""Searching in a real Chromium: suggestions, keyboard, touch, input methods, filters, trouble.

Set ``OPENCPD_TEST_PICTURES`` to a folder to look at the pages that are passed.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Page, Request, Route, expect

from app.catalogue import NewSociety, service
from app.platform.db import Database
from app.search.embedded import EmbeddedIndex
from tests.conftest import NOW, own_database
from tests.simulator.courses import SOCIETIES
from tests.simulator.search import DOCUMENTS
from tests.simulator.site import make_app, served

if TYPE_CHECKING:
    from tests.browser.conftest import LiveSite

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
PHONE = {"width": 390, "height": 844}
SMALL = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 900}
EXPECTED = ("Failed to load resource",)
"""What Chromium itself says of an answer that tells of a trouble."""


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("OPENCPD_TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"search-{name}.png", full_page=True)


@pytest.fixture(scope="module")
def many(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a node with some thirty courses in seven languages."""
    folder = tmp_path_factory.mktemp("many")
    with own_database(request, folder) as database_url:
        database, index = Database.open(database_url), EmbeddedIndex(folder / "index")
        with database.write() as session:
            for one in SOCIETIES.values():
                new = NewSociety(dict(one.names), one.id, one.country)
                service.add_society(session, new, at=NOW)
        index.ensure()
        index.apply(DOCUMENTS, [])
        with served(make_app(database, index)) as url:
            yield url
        index.close()
        database.close()


@pytest.fixture
def visit(browser: Browser, many: str) -> Iterator[OpenPage]:
    """Opens pages of the larger node; Chromium may complain of answers that tell of trouble."""
    complaints: list[str] = []
    contexts = []

    def make(**options: object) -> Page:
        context = browser.new_context(base_url=many, **{"locale": "en", **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert [each for each in complaints if not each.startswith(EXPECTED)] == []


def suggested(page: Page, *, name: str | None = None) -> Locator:
    """The suggestions, or the one that is called so."""
    return page.get_by_role("listbox").get_by_role("option", name=name)


# Suggestions


def test_suggestions_follow_what_is_typed_and_the_keyboard_chooses(open_page: OpenPage) -> None:
    page = open_page(viewport=DESK)
    page.goto("/")
    search = page.get_by_role("combobox", name="Search courses")
    expect(search).to_have_attribute("aria-expanded", "false")
    search.press_sequentially("bri")
    options = suggested(page)
    expect(options.first).to_have_text(re.compile("^bridge"))
    expect(options.first.locator("mark")).to_have_text("bri")
    expect(search).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#announce")).to_have_text(re.compile(r"found\. Suggestions: \d"))
    search.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    active = search.get_attribute("aria-activedescendant")
    assert active == options.first.get_attribute("id")
    picture(page, "suggestions")
    search.press("ArrowUp")
    expect(search).not_to_have_attribute("aria-activedescendant", re.compile("."))
    search.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    search.press("Home")
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    search.press("ArrowDown")
    words = options.first.inner_text().strip()
    search.press("Enter")
    expect(search).to_have_value(words)
    expect(search).to_be_focused()
    expect(page.locator("#suggestions")).to_be_hidden()
    expect(page).to_have_url(re.compile(r"\?q=" + words.replace(" ", r"\+") + "$"))


def test_the_number_of_results_is_announced_once(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/")
    page.evaluate(
        """() => {
            window.heard = [];
            const place = document.getElementById("announce");
            new MutationObserver(() => heard.push(place.textContent)).observe(
                place, { childList: true });
        }"""
    )
    search = page.get_by_role("combobox", name="Search courses")
    search.press_sequentially("transform", delay=30)
    expect(page.locator("#announce")).to_have_text("1 course found. Suggestions: 2")
    search.press("Escape")
    page.wait_for_timeout(600)  # longer than what is said has to rest
    heard = page.evaluate("window.heard")
    assert heard.count("1 course found. Suggestions: 2") == 1
    assert heard[-1] == "1 course found. Suggestions: 2"


def test_a_telephones_keyboard_is_answered_before_its_word_is_finished(visit: OpenPage) -> None:
    page = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto("/")
    page.locator("#q").tap()
    compose(page.context.new_cdp_session(page), "tunnel")
    expect(page.locator(".hit h3").first).to_have_text("Tunnelling in soft ground")


def test_escape_closes_the_suggestions_first_and_empties_the_box_then(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/")
    search = page.get_by_role("combobox", name="Search courses")
    search.press_sequentially("bri")
    expect(suggested(page).first).to_be_visible()
    search.press("Escape")
    expect(page.locator("#suggestions")).to_be_hidden()
    expect(search).to_have_value("bri")
    search.press("Alt+ArrowDown")
    expect(suggested(page).first).to_be_visible()
    expect(page.locator("[aria-selected=true]")).to_have_count(0)
    search.press("Escape")
    search.press("Escape")
    expect(search).to_have_value("")
    expect(page.locator(".hit")).to_have_count(5)
    expect(page).to_have_url("/")


def test_a_course_that_is_suggested_opens(open_page: OpenPage, site: "LiveSite") -> None:
    page = open_page()
    page.goto("/")
    page.get_by_label("Search courses").press_sequentially("transformers")
    suggested(page, name="Testing and maintaining power transformers").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("power transformers")


def test_a_value_that_is_suggested_becomes_a_filter(visit: OpenPage) -> None:
    page = visit()
    page.goto("/?price=free")
    page.get_by_label("Search courses").press_sequentially("lakeside")
    suggested(page, name="Lakeside Institution of Engineers Society").click()
    expect(page).to_have_url("/?price=free&society=lakeside")
    expect(page.get_by_label("Search courses")).to_have_value("")
    expect(page.locator(".chip bdi")).to_have_text(["Lakeside Institution of Engineers", "Free"])


def test_a_finger_chooses_a_suggestion(visit: OpenPage) -> None:
    page = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto("/")
    page.get_by_label("Search courses").tap()
    page.get_by_label("Search courses").press_sequentially("brid")
    option = suggested(page).first
    words = option.inner_text().strip()
    height = option.bounding_box()
    assert height is not None
    assert height["height"] >= 44
    option.tap()
    expect(page.get_by_label("Search courses")).to_have_value(words)
    expect(page.locator("#suggestions")).to_be_hidden()


def test_nothing_is_asked_while_an_input_method_still_chooses_characters(visit: OpenPage) -> None:
    page = visit(locale="zh-CN")
    page.goto("/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#q").focus()
    keyboard = page.context.new_cdp_session(page)
    for text in ("q", "qi", "qia", "qiao"):
        compose(keyboard, text)
    page.wait_for_timeout(400)  # longer than typing has to pause for an answer
    assert asked == []
    keyboard.send("Input.insertText", {"text": "桥"})
    expect(page).to_have_url("/?q=%E6%A1%A5")
    expect(suggested(page).first).to_contain_text("桥梁设计")
    assert all("qia" not in url for url in asked)


def compose(keyboard: CDPSession, text: str) -> None:
    end = len(text)
    keyboard.send(
        "Input.imeSetComposition", {"text": text, "selectionStart": end, "selectionEnd": end}
    )


def test_the_newest_suggestions_win(open_page: OpenPage) -> None:
    page = open_page()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/suggest?q=bri", hold)
    page.goto("/")
    search = page.get_by_role("combobox", name="Search courses")
    with page.expect_request("**/suggest?q=bri"):
        search.fill("bri")
    search.fill("transf")
    expect(suggested(page).first).to_contain_text("transf")
    held[0].continue_()
    page.wait_for_timeout(200)
    expect(suggested(page).first).to_contain_text("transf")


# Keyboard and focus


def test_a_slash_leads_to_the_box_from_anywhere_but_a_field(open_page: OpenPage) -> None:
    page = open_page(viewport=DESK)
    page.goto("/?q=bridges")
    page.locator(".hit a").first.focus()
    page.keyboard.press("/")
    search = page.get_by_label("Search courses")
    expect(search).to_be_focused()
    page.keyboard.type("/")
    expect(search).to_have_value("/")
    page.locator("#near").focus()
    page.keyboard.type("/")
    expect(page.locator("#near")).to_have_value("/")


def test_the_keyboard_never_loses_its_place(visit: OpenPage) -> None:
    page = visit(viewport=DESK)
    page.goto("/?language=en&price=free")
    page.locator(".chip").first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url("/?price=free")
    expect(page.locator("h2[data-announce]")).to_be_focused()
    page.get_by_label("Chinese").focus()
    page.keyboard.press("Space")
    expect(page).to_have_url("/?language=zh&price=free")
    expect(page.get_by_label("Chinese")).to_be_focused()
    page.goto("/?per_page=5")
    page.get_by_role("link", name="Next").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url("/?per_page=5&page=2")
    expect(page.get_by_role("link", name="Page 2")).to_have_attribute("aria-current", "page")
    assert page.evaluate("document.activeElement !== document.body")


def test_links_lead_past_the_filters(open_page: OpenPage) -> None:
    page = open_page(viewport=DESK)
    page.goto("/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Search", exact=True).focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the results")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#results")).to_be_focused()
    assert [url for url in asked if "/static/" not in url] == []


# Filters


def test_dates_narrow_while_somebody_goes_on_typing_in_their_field(visit: OpenPage) -> None:
    page = visit(viewport=DESK)
    page.goto("/")
    first = page.get_by_label("Not before")
    first.focus()
    first.fill("2027-02-01")
    expect(page).to_have_url("/?from=2027-02-01")
    expect(page.locator(".hit")).to_have_count(1)
    expect(first).to_be_focused()
    expect(page.locator(".chip bdi")).to_have_text("Not before Feb 1, 2027")
    page.get_by_label("Not after").fill("2026-01-01")
    expect(page.locator("#wrong-until")).to_contain_text("not before")
    expect(page.get_by_label("Not after")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Not after")).to_be_focused()
    expect(page.locator(".chip bdi")).to_have_text("Not before Feb 1, 2027")
    picture(page, "wrong")
    page.locator(".chip").click()
    expect(page).to_have_url("/")


def test_credit_is_narrowed_in_the_one_framework_that_was_chosen(visit: OpenPage) -> None:
    page = visit(viewport=DESK)
    page.goto("/")
    expect(page.get_by_label("At least")).to_have_count(0)
    page.locator("[name=credit][value=PDH]").check()
    page.get_by_label("At least").fill("7")
    expect(page.locator(".hit")).to_have_count(0)
    expect(page.get_by_role("link", name="Without the filter “How much credit”")).to_be_visible()
    picture(page, "nothing")
    page.get_by_label("At least").fill("5")
    expect(page.locator(".hit")).to_have_count(2)
    page.get_by_label("Sort by").select_option("Most credit")
    expect(page).to_have_url("/?credit=PDH&credit_min=5&sort=credits")
    page.locator("[name=credit][value=PDH]").uncheck()
    expect(page).to_have_url("/")


def test_a_place_is_asked_for_only_when_the_button_is_pressed(visit: OpenPage) -> None:
    page = visit(
        viewport=DESK,
        geolocation={"latitude": 51.50735, "longitude": -0.12776},
        permissions=["geolocation"],
    )
    page.goto("/")
    expect(page.locator("#near")).to_have_value("")
    page.get_by_role("button", name="Use my place").click()
    expect(page).to_have_url("/?near=51.51%2C-0.13")
    expect(page.locator(".chip bdi")).to_have_text("Within 50 km of 51.51,-0.13")
    expect(page.get_by_role("button", name="Use my place")).to_be_focused()


def test_who_does_not_say_where_they_are_is_told_what_else_they_can_do(visit: OpenPage) -> None:
    page = visit(viewport=DESK, permissions=[])
    page.goto("/")
    page.get_by_role("button", name="Use my place").click()
    expect(page.get_by_role("alert")).to_contain_text("You can type latitude and longitude")


def test_a_long_facet_is_unfolded_and_searched_inside(visit: OpenPage) -> None:
    page = visit(viewport=DESK)
    page.goto("/")
    page.get_by_role("link", name="Choose: Standard").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url("/?unfold=standard")
    group = page.get_by_role("group", name="Standard")
    expect(group.locator("input").nth(1)).to_be_focused()
    page.get_by_role("link", name="More: Teaching language").click()
    group = page.get_by_role("group", name="Teaching language")
    inside = group.get_by_label("Search in these")
    if inside.count():
        inside.fill("arab")
        expect(group.locator("label:visible")).to_have_count(1)
    group.get_by_label("Arabic").check()
    expect(page).to_have_url("/?unfold=language&language=ar")
    expect(page.get_by_label("Arabic")).to_be_focused()


def test_filters_and_limits_work_without_javascript(visit: OpenPage) -> None:
    page = visit(java_script_enabled=False, viewport=DESK)
    page.goto("/")
    expect(page.get_by_role("button", name="Use my place")).to_be_hidden()
    page.get_by_role("link", name="Choose: Standard").click()
    page.get_by_label("EN 1992-1-1:2004").check()
    page.get_by_label("Not before").fill("2027-01-01")
    page.get_by_role("button", name="Apply filters").click()
    expect(page.locator(".hit")).to_have_count(1)
    page.get_by_role("link", name="Remove all").click()
    expect(page).to_have_url("/")


def test_going_back_and_forward_shows_what_was_there(visit: OpenPage) -> None:
    page = visit(viewport=DESK)
    page.goto("/")
    page.get_by_label("Free").check()
    expect(page).to_have_url("/?price=free")
    page.get_by_label("Search courses").fill("water")
    page.get_by_label("Search courses").press("Enter")
    expect(page).to_have_url("/?q=water&price=free")
    number = page.locator(".hit").count()
    page.go_back()
    page.go_back()
    expect(page.get_by_label("Search courses")).to_have_value("")
    expect(page.get_by_label("Free")).not_to_be_checked()
    expect(page.locator(".hit")).to_have_count(20)
    page.go_forward()
    page.go_forward()
    expect(page.get_by_label("Search courses")).to_have_value("water")
    expect(page.locator(".hit")).to_have_count(number)


# Trouble


def test_what_was_not_reached_is_tried_again_a_few_times(visit: OpenPage) -> None:
    page = visit()
    page.clock.install()
    page.goto("/")
    asked: list[Request] = []

    def fail(route: Route) -> None:
        asked.append(route.request)
        route.abort()

    page.route("**/?q=bridge", fail)
    page.get_by_label("Search courses").fill("bridge")
    page.clock.run_for(1_000)
    expect(page.get_by_role("alert")).to_contain_text("tried again by itself")
    expect(page.locator(".hit")).to_have_count(20)
    for _ in range(10):
        page.clock.run_for(20_000)
        page.wait_for_timeout(0)
    expect(page.get_by_role("alert")).to_contain_text("Please try again later")
    assert len(asked) == 5
    page.unroute("**/?q=bridge")
    page.get_by_label("Search courses").press("Enter")
    expect(page.locator(".hit mark").first).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_while_search_is_down_the_page_keeps_its_answer_and_asks_again(visit: OpenPage) -> None:
    page = visit()
    page.clock.install()
    page.goto("/?price=free")
    down = True

    def answer(route: Route) -> None:
        if down:
            route.fulfill(status=503, headers={"X-Fragment": "1"}, body="<div id=found></div>")
        else:
            route.continue_()

    page.route("**/?q=water*", answer)
    page.get_by_label("Search courses").fill("water")
    page.clock.run_for(1_000)
    expect(page.get_by_role("alert")).to_contain_text("not answering")
    expect(page.locator(".chip bdi")).to_have_text("Free")
    down = False
    page.clock.run_for(30_000)
    expect(page).to_have_url("/?q=water&price=free")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_being_offline_is_said_and_the_search_goes_on_afterwards(visit: OpenPage) -> None:
    page = visit()
    page.goto("/")
    page.context.set_offline(True)
    expect(page.get_by_role("alert")).to_contain_text("You are offline")
    page.get_by_label("Search courses").fill("tunnel")
    page.context.set_offline(False)
    expect(page.locator(".hit h3").first).to_have_text("Tunnelling in soft ground")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_slow_answer_is_shown_to_be_awaited(visit: OpenPage) -> None:
    page = visit()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/?q=tunnel", hold)
    page.clock.install()
    page.goto("/")
    page.get_by_label("Search courses").fill("tunnel")
    page.clock.run_for(500)
    expect(page.locator("#found")).to_have_attribute("aria-busy", "true")
    page.clock.run_for(2_000)
    expect(page.get_by_role("alert")).to_contain_text("still searching")
    held[0].continue_()
    expect(page.locator(".hit").first).to_be_visible()
    expect(page.locator("#found")).not_to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("alert")).to_be_hidden()


# How it looks


@pytest.mark.parametrize("language", ["en", "zh", "ar", "ur"])
@pytest.mark.parametrize("size", [SMALL, PHONE, DESK], ids=lambda size: str(size["width"]))
def test_nothing_is_cut_off_in_any_direction(
    visit: OpenPage, language: str, size: dict[str, int]
) -> None:
    page = visit(viewport=size)
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    for number, path in enumerate(
        ("/?x=1", f"/?q={long}&price=free&from=2027-01-01", "/?q=bridge")
    ):
        page.goto(f"{path}&hl={language}")
        if number == 2:
            page.get_by_role("combobox").first.focus()
            page.keyboard.type("s")
            page.keyboard.press("Backspace")
            expect(suggested(page).first).to_be_visible()
        metrics = page.context.new_cdp_session(page).send("Page.getLayoutMetrics")
        assert metrics["cssContentSize"]["width"] == size["width"], (path, language)
        picture(page, f"{language}-{size['width']}-{number}")


def test_the_page_stands_a_zoom_of_200_percent(visit: OpenPage) -> None:
    """Which halves what 1280 pixels hold (WCAG 2.2, 1.4.4 and 1.4.10)."""
    page = visit(viewport={"width": 640, "height": 450}, device_scale_factor=2)
    page.goto("/?q=bridge&price=paid")
    metrics = page.context.new_cdp_session(page).send("Page.getLayoutMetrics")
    assert metrics["cssContentSize"]["width"] == 640
    expect(page.locator(".hit h3").first).to_be_visible()


def test_what_is_active_shows_in_forced_colours_and_nothing_moves(visit: OpenPage) -> None:
    page = visit(forced_colors="active", reduced_motion="reduce", viewport=DESK)
    page.goto("/?price=free")
    expect(page.locator(".chip").first).to_have_css("border-top-style", "solid")
    expect(page.locator(".button").first).to_have_css("transition-duration", "0s")
    page.get_by_label("Search courses").press_sequentially("eth")
    suggested(page).first.wait_for()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-selected=true]")).to_have_css("outline-style", "solid")
    picture(page, "forced-colours")


# Weight and speed

MAX_WEIGHT = 60_000
MAX_ON_THE_WAY = 25_000


def test_the_page_is_light(visit: OpenPage) -> None:
    page = visit()
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    carried: list[float] = []
    network.on("Network.loadingFinished", lambda done: carried.append(done["encodedDataLength"]))
    weights: dict[str, int] = {}
    page.on("response", lambda answer: weights.update({answer.url: len(answer.body())}))
    page.goto("/", wait_until="networkidle")
    expect(page.locator(".hit")).to_have_count(20)
    print(f"\nthe page: {sum(weights.values())} bytes, {sum(carried):.0f} on the way, with headers")
    assert len(weights) >= 3
    assert sum(weights.values()) < MAX_WEIGHT, weights
    assert sum(carried) < MAX_ON_THE_WAY, carried


def test_first_results_come_soon_on_a_slow_link(visit: OpenPage) -> None:
    """400 ms there and back, 400 kbit/s: two seconds are promised, this machine may be busy."""
    page = visit(viewport=PHONE)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 400,
            "downloadThroughput": 50_000,
            "uploadThroughput": 50_000,
        },
    )
    page.goto("/?q=bridge", wait_until="load")
    expect(page.locator(".hit").first).to_be_visible()
    first = page.evaluate(
        "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? performance.now()"
    )
    page.evaluate("window.begun = performance.now()")
    page.get_by_label("Search courses").fill("water")
    page.wait_for_url("**/?q=water")
    typed = page.evaluate("performance.now() - window.begun")
    print(
        f"\nslow link: first results after {first:.0f} ms, those of new words after {typed:.0f} ms"
    )
    assert first < 4_000
    assert typed < 4_000
