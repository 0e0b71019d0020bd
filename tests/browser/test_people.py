"""The holder's page, a shared page and the reader of printed codes in a real Chromium."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.platform.db import Database
from app.proof.compact import pack
from app.records.certificate.press import Press
from app.verification.forms import find_record
from tests.browser.conftest import find_chromium
from tests.conftest import NOW, skip_or_fail
from tests.simulator.node import Node
from tests.simulator.people import People
from tests.simulator.site import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium with a camera that films a test picture, for whoever is asked."""
    executable = find_chromium()
    if executable is None:
        skip_or_fail("no Chromium: install Debian's chromium or set OPENCPD_TEST_CHROMIUM")
    arguments = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield launched
        launched.close()


class Served:
    """A node with a record on it, served on loopback."""

    def __init__(self, people: People, url: str) -> None:
        self.people, self.url = people, url
        self.holder = people.link()
        self.code = pack(people.api("GET", "").content)


@pytest.fixture
def served_people(database: Database) -> Iterator[Served]:
    press = Press()
    people = People(Node(database, NOW), press)
    with served(people.node.app) as url:
        yield Served(people, url)
    press.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_at(browser: Browser, served_people: Served) -> Iterator[OpenPage]:
    """Opens pages that fail the test when anything complains, or asks any other host."""
    complaints: list[str] = []
    contexts = []

    def make(*, javascript: bool = True, script: str = "", **options: object) -> Page:
        context = browser.new_context(
            base_url=served_people.url, java_script_enabled=javascript, locale="en", **options
        )
        contexts.append(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith((served_people.url, "blob:"))
                else complaints.append(asked.url)
            ),
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def test_a_holder_shares_and_ends_without_javascript_or_mouse(
    open_at: OpenPage, served_people: Served
) -> None:
    page = open_at(javascript=False)
    page.goto(served_people.holder)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your record holds")
    page.get_by_label("Who it is for").focus()
    page.keyboard.type("Board of registration")
    page.keyboard.press("Enter")
    expect(page.locator(".shares h3")).to_have_text("Board of registration")
    link = page.locator(".shares a").get_attribute("href")
    assert link
    shown = open_at(javascript=False)
    shown.goto(link.removeprefix(served_people.people.node.public_url))
    expect(shown.get_by_role("heading", level=1)).to_have_text("This record holds")
    page.get_by_role("button", name="End the link for Board of registration").focus()
    page.keyboard.press("Space")
    expect(page.locator(".shares")).to_have_count(0)


def test_a_holder_prints_a_certificate_with_a_name(
    open_at: OpenPage, served_people: Served
) -> None:
    page = open_at(javascript=False, accept_downloads=True)
    page.goto(served_people.holder)
    page.get_by_label("Your name on the certificate").fill("王小明")
    page.locator("#language").select_option("ar")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Certificate to print").click()
    body = Path(waiting.value.path()).read_bytes()
    assert body.startswith(b"%PDF-")
    assert find_record(body) == served_people.people.api("GET", "").content


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_secret_pages_fit_their_screen(
    open_at: OpenPage, served_people: Served, scheme: str, viewport: dict[str, int]
) -> None:
    page = open_at(viewport=viewport, color_scheme=scheme)
    page.goto(served_people.holder)
    page.get_by_label("Who it is for").fill("Board of registration of engineers")
    page.get_by_label("They may also take").check()
    page.get_by_role("button", name="Make a link").click()
    link = page.locator(".shares a").get_attribute("href")
    assert link
    for path in (served_people.holder, link.removeprefix(served_people.people.node.public_url)):
        page.goto(path)
        metrics = page.context.new_cdp_session(page).send("Page.getLayoutMetrics")
        assert metrics["cssContentSize"]["width"] == viewport["width"], path


def test_the_printed_page_leaves_out_what_paper_cannot_do(
    open_at: OpenPage, served_people: Served
) -> None:
    page = open_at()
    page.goto(served_people.holder)
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Make a link")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("360 minutes")).to_be_visible()
    expect(page.locator(".on-paper img")).to_be_visible()
    assert page.locator(".on-paper img").evaluate("image => image.naturalWidth") > 500


def test_a_code_opened_by_a_phone_is_verified_at_once(
    open_at: OpenPage, served_people: Served
) -> None:
    page = open_at(viewport=PHONE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/verify#{served_people.code}")
    expect(page.get_by_role("heading", level=1)).to_have_text("This record holds")
    assert not any(served_people.code in url for url in asked)
    assert served_people.code not in page.url


def test_a_code_is_pasted_where_there_is_no_javascript(
    open_at: OpenPage, served_people: Served
) -> None:
    page = open_at(javascript=False)
    page.goto(f"/verify#{served_people.code}")
    page.get_by_label("Or paste the record").fill(
        f"{served_people.url}/verify#{served_people.code}"
    )
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This record holds")


@pytest.mark.parametrize("ending", ["pdf", "png", "svg"])
def test_a_certificate_or_badge_is_given_to_the_verify_page(
    open_at: OpenPage, served_people: Served, tmp_path: Path, ending: str
) -> None:
    file = tmp_path / f"record.{ending}"
    file.write_bytes(served_people.people.api("GET", f".{ending}").content)
    page = open_at()
    page.goto("/verify")
    page.get_by_label("Drop the record's file").set_input_files(file)
    expect(page.get_by_role("heading", level=1)).to_have_text("This record holds")


# Chromium finds codes only on systems that bring a reader; this one reads what it is told to.
DETECTOR = """
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  constructor({ formats }) { this.formats = formats; }
  async detect(view) {
    return view.videoWidth ? [{ rawValue: "https://node.example/verify#%s" }] : [];
  }
};
"""


def test_a_code_is_scanned_with_the_camera(open_at: OpenPage, served_people: Served) -> None:
    page = open_at(script=DETECTOR % served_people.code, permissions=["camera"])
    page.goto("/verify")
    page.get_by_role("button", name="Scan the code").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("This record holds")


def test_a_camera_that_is_refused_is_said_kindly(open_at: OpenPage, served_people: Served) -> None:
    refused = "navigator.mediaDevices.getUserMedia = async () => { throw new Error('no'); };"
    page = open_at(script=DETECTOR % "1" + refused)
    page.goto("/verify")
    page.get_by_role("button", name="Scan the code").click()
    expect(page.get_by_role("status")).to_contain_text("Allow it for this site")
    expect(page.get_by_role("button", name="Scan the code")).to_be_visible()


def test_without_a_reader_of_codes_no_camera_is_offered(
    open_at: OpenPage, served_people: Served
) -> None:
    page = open_at(script="delete window.BarcodeDetector;")
    page.goto("/verify")
    expect(page.get_by_role("button", name="Verify")).to_be_visible()
    expect(page.get_by_role("button", name="Scan the code")).to_be_hidden()
