"""The pages in a real Chromium, with and without JavaScript, wide and narrow."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, Route, expect

if TYPE_CHECKING:
    from tests.browser.conftest import LiveSite

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

PHONE = {"width": 390, "height": 844}
MAX_WEIGHT = 60_000


def test_search_works_without_javascript(open_page: OpenPage) -> None:
    page = open_page(javascript=False)
    page.goto("/")
    page.get_by_label("Search courses").fill("bridges")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page).to_have_url("/?q=bridges&from=&until=&near=&within=&sort=")
    expect(page.locator(".hit mark").first).to_have_text("bridges")


def test_filters_and_sorting_work_without_javascript(open_page: OpenPage) -> None:
    page = open_page(javascript=False)
    page.goto("/")
    page.get_by_label("On site").check()
    page.get_by_label("Sort by").select_option("Title")
    page.get_by_role("button", name="Apply filters").click()
    expect(page).to_have_url("/?q=&delivery=onsite&from=&until=&near=&within=&sort=title")
    expect(page.locator(".hit")).to_have_count(2)
    page.get_by_role("link", name="Remove the filter Delivery").click()
    expect(page.locator(".hit")).to_have_count(5)


def test_results_follow_what_is_typed(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/")
    expect(page.locator(".hit")).to_have_count(5)
    page.get_by_label("Search courses").press_sequentially("transform")
    expect(page.locator(".hit")).to_have_count(1)
    expect(page.locator(".hit h3")).to_contain_text("power transformers")
    expect(page.locator("#announce")).to_have_text("1 course found. Suggestions: 2")
    expect(page).to_have_url("/?q=transform")
    expect(page.get_by_label("Search courses")).to_be_focused()


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("抗震", "高层建筑抗震设计"),
        ("پلوں", "پلوں کا ڈیزائن اور معائنہ"),
        ("GB 50011", "Seismic design of tall buildings"),
    ],
)
def test_a_search_in_any_script_finds_its_course(
    open_page: OpenPage, typed: str, title: str
) -> None:
    page = open_page()
    page.goto("/")
    page.get_by_label("Search courses").fill(typed)
    expect(page.locator(".hit")).not_to_have_count(5)
    expect(page.locator(".hit h3").first).to_have_text(title)


def test_the_newest_answer_wins(open_page: OpenPage) -> None:
    page = open_page()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/?q=bridges", hold)
    page.goto("/")
    box = page.get_by_label("Search courses")
    with page.expect_request("**/?q=bridges"):
        box.fill("bridges")
    box.fill("transformers")
    expect(page.locator(".hit")).to_have_count(1)
    expect(page.locator(".hit h3")).to_contain_text("power transformers")
    held[0].continue_()
    expect(page).to_have_url("/?q=transformers")
    expect(page.locator(".hit h3")).to_contain_text("power transformers")


def test_a_facet_narrows_at_once_and_back_undoes_it(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/")
    page.get_by_label("Urdu").check()
    expect(page.locator(".hit")).to_have_count(2)
    expect(page).to_have_url("/?language=ur")
    expect(page.get_by_label("Urdu")).to_be_focused()
    expect(page.locator(".chip")).to_contain_text("Urdu")
    page.go_back()
    expect(page.locator(".hit")).to_have_count(5)
    expect(page.get_by_label("Urdu")).not_to_be_checked()


def test_a_course_opens_from_its_result(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/?q=bridges")
    page.get_by_role("link", name="Inspecting short-span bridges").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inspecting short-span bridges")
    expect(page.get_by_role("row", name="Eldoret")).to_contain_text("KES 6,000")
    page.get_by_text("Which source each field comes from").click()
    expect(page.get_by_role("row", name="Title")).to_contain_text("LK-1")


def test_an_urdu_course_reads_from_the_right(open_page: OpenPage, site: "LiveSite") -> None:
    page = open_page()
    page.goto(f"/courses/{site.ids['FR-1']}")
    title = page.get_by_role("heading", level=1)
    expect(title).to_have_css("direction", "rtl")
    expect(page.locator(".facts")).to_have_css("direction", "ltr")


def test_a_chosen_file_is_verified_at_once(
    open_page: OpenPage, site: "LiveSite", tmp_path: Path
) -> None:
    record = tmp_path / "record.json"
    record.write_bytes(site.issuer.secure_json(site.issuer.record()))
    page = open_page()
    page.goto("/verify")
    page.get_by_label("Drop the record's file").set_input_files(record)
    expect(page.get_by_role("heading", level=1)).to_have_text("This record holds")
    expect(page.locator(".checks .word")).to_have_text(["Passed"] * 10)


def test_a_dropped_file_is_verified(open_page: OpenPage, site: "LiveSite") -> None:
    record = site.issuer.secure_jwt(site.issuer.record())
    page = open_page()
    page.goto("/verify")
    files = page.evaluate_handle(
        """(text) => {
            const dropped = new DataTransfer();
            dropped.items.add(new File([text], "record.jwt"));
            return dropped;
        }""",
        record,
    )
    page.dispatch_event("#drop", "dragover", {"dataTransfer": files})
    expect(page.locator("#drop")).to_have_class("drop over")
    page.dispatch_event("#drop", "drop", {"dataTransfer": files})
    expect(page.get_by_role("heading", level=1)).to_have_text("This record holds")


def test_a_record_is_verified_without_javascript(open_page: OpenPage, site: "LiveSite") -> None:
    record = site.issuer.secure_json(site.issuer.record()).decode()
    page = open_page(javascript=False)
    page.goto("/verify")
    page.get_by_label("Or paste the record").fill(record.replace("12.5", "99.5"))
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Do not rely on this record")


def test_a_file_that_is_too_large_is_not_sent(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "big.json").write_bytes(b" " * 600_000)
    page = open_page()
    page.goto("/verify")
    page.get_by_label("Drop the record's file").set_input_files(tmp_path / "big.json")
    expect(page.get_by_role("alert")).to_contain_text("larger than 512 KiB")
    expect(page).to_have_url("/verify")


def test_pages_are_light(open_page: OpenPage, site: "LiveSite") -> None:
    for path in ("/", f"/courses/{site.ids['LK-1']}", "/verify"):
        page = open_page()
        weights: list[int] = []
        page.on("response", lambda answer, to=weights: to.append(len(answer.body())))
        page.goto(path, wait_until="networkidle")
        assert len(weights) >= 3
        assert sum(weights) < MAX_WEIGHT, f"{path} weighs {sum(weights)} bytes"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_phone(open_page: OpenPage, site: "LiveSite", scheme: str) -> None:
    page = open_page(viewport=PHONE, color_scheme=scheme)
    for path in (
        "/",
        "/?q=zzzz",
        "/verify",
        "/verify/offline",
        *(f"/courses/{each}" for each in site.ids.values()),
    ):
        page.goto(path)
        metrics = page.context.new_cdp_session(page).send("Page.getLayoutMetrics")
        assert metrics["cssContentSize"]["width"] == PHONE["width"], path


def test_filters_fold_away_on_a_phone_and_lie_open_on_a_desk(open_page: OpenPage) -> None:
    desk = open_page()
    desk.goto("/")
    expect(desk.get_by_label("On site")).to_be_visible()
    phone = open_page(viewport=PHONE)
    phone.goto("/")
    expect(phone.get_by_label("On site")).to_be_hidden()
    phone.locator(".filters > summary").click()
    phone.get_by_label("On site").check()
    expect(phone.locator(".hit")).to_have_count(2)
    expect(phone.get_by_label("On site")).to_be_visible()
