"""Suggestions while one types, in a real Chromium: keyboard, touch and input methods."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import CDPSession, Request, Route, expect

from tests.browser.searching import DESK, PHONE, OpenPage, picture, suggested

if TYPE_CHECKING:
    from tests.browser.conftest import LiveSite

pytestmark = pytest.mark.browser


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

    def note(request: Request) -> None:
        if "/static/" not in request.url:  # the browser comes for the icon when it likes
            asked.append(request.url)

    page.on("request", note)
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
