"""Signing in, passkeys and the pages of an account in a real Chromium."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.identity.model import Role
from tests.browser.conftest import find_chromium
from tests.conftest import skip_or_fail
from tests.servers import free_port
from tests.simulator.members import House, house
from tests.simulator.site import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
ADA = "ada@example.org"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

OpenPage = Callable[..., Page]


@dataclass
class Live:
    """A node served on loopback under a name, as passkeys want it."""

    house: House
    url: str

    def link(self, email: str = ADA) -> str:
        return self.house.mailbox.last_link(email)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium that finds this machine under another name, too."""
    executable = find_chromium()
    if executable is None:
        skip_or_fail("no Chromium: install Debian's chromium or set OPENCPD_TEST_CHROMIUM")
    arguments = ["--host-resolver-rules=MAP cpd.intranet.example 127.0.0.1"]
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def host() -> str:
    return "localhost"


@pytest.fixture
def excused() -> str:
    """What the console may say, for it is what the test is about; empty for nothing."""
    return ""


@pytest.fixture
def live(tmp_path: Path, database_url: str, host: str) -> Iterator[Live]:
    port = free_port()
    url = f"http://{host}:{port}"
    with house(tmp_path, database_url, public_url=url) as made, served(made.app, port=port):
        yield Live(made, url)


@pytest.fixture
def open_at(browser: Browser, live: Live, excused: str) -> Iterator[OpenPage]:
    """Opens pages that fail the test when anything complains, or asks any other host."""
    complaints: list[str] = []
    contexts = []

    def make(*, javascript: bool = True, **options: object) -> Page:
        context = browser.new_context(
            base_url=live.url, java_script_enabled=javascript, locale="en", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(live.url) else complaints.append(asked.url),
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert [said for said in complaints if not (excused and excused in said)] == []


def sign_in(page: Page, live: Live, email: str = ADA) -> None:
    page.goto("/sign-in?next=/account/security")
    page.get_by_label("E-mail address", exact=True).fill(email)
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look at your mail")
    page.goto(live.link(email))
    page.get_by_role("button", name="Sign in").click()


def device(page: Page, **options: object) -> None:
    """A device that makes passkeys and makes sure of its user, in the place of a real one."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE | options})


def test_somebody_new_signs_in_without_javascript_or_mouse(open_at: OpenPage, live: Live) -> None:
    page = open_at(javascript=False)
    page.goto("/account/security")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    page.get_by_label("E-mail address", exact=True).focus()
    page.keyboard.type(ADA)
    page.keyboard.press("Enter")
    expect(page.get_by_text(ADA)).to_be_visible()
    page.goto(live.link())
    page.get_by_role("button", name="Sign in").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("Ada Lovelace")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Where you are signed in")).to_be_visible()
    expect(page.get_by_text("This browser")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


@pytest.mark.parametrize("excused", ["status of 400"])
def test_a_passkey_is_added_used_and_removed(open_at: OpenPage, live: Live) -> None:
    page = open_at()
    device(page)
    sign_in(page, live)
    page.goto("/account/security")
    page.get_by_label("Name of the passkey").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("My phone", exact=True)).to_be_visible()
    expect(page.get_by_text("not used yet")).to_be_visible()
    assert "A passkey was added" in live.house.mailbox.sent[-1].text

    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_have_text(
        "This device has a passkey for your account already."
    )
    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in?next=/account/security")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    page.goto("/account/security")
    expect(page.get_by_text("last used").first).to_be_visible()
    page.get_by_role("button", name="Remove the passkey My phone").click()
    expect(page.get_by_text("My phone", exact=True)).to_have_count(0)

    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("not accepted")


def test_a_device_that_does_not_make_sure_of_its_user_is_no_way_in(
    open_at: OpenPage, live: Live
) -> None:
    page = open_at()
    device(page, hasUserVerification=False, isUserVerified=False)
    sign_in(page, live)
    page.goto("/account/security")
    page.get_by_label("Name of the passkey").fill("An old key")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("No passkey was made.")


@pytest.mark.parametrize(
    ("host", "excused"), [("cpd.intranet.example", "Cross-Origin-Opener-Policy header")]
)
def test_without_tls_under_a_name_one_signs_in_by_mail_alone(open_at: OpenPage, live: Live) -> None:
    page = open_at()
    sign_in(page, live)
    page.goto("/account/security")
    expect(page.get_by_text("no secure connection")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/sign-in")
    expect(page.get_by_role("button", name="Use a passkey")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_the_pages_fit_their_screen(
    open_at: OpenPage, live: Live, scheme: str, viewport: dict[str, int], tmp_path: Path
) -> None:
    live.house.add("cse")
    email = "ada.augusta.king.countess.of.lovelace@engineering-society.example.org"
    live.house.sign_in(email, cse={Role.OWNER, Role.ISSUER})
    page, other = (open_at(viewport=viewport, color_scheme=scheme) for _ in range(2))
    device(page)

    def fits(name: str, shown: Page = page) -> None:
        # A page that has not been laid out yet has no width: the picture waits until it was.
        shown.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        metrics = shown.context.new_cdp_session(shown).send("Page.getLayoutMetrics")
        assert metrics["cssContentSize"]["width"] == viewport["width"], name

    page.goto("/sign-in")
    page.get_by_label("E-mail address", exact=True).fill(email)
    fits("sign-in")
    page.get_by_role("button", name="Mail me a link").click()
    fits("sent")
    other.goto(live.link(email))
    fits("another browser", other)
    page.goto(live.link(email))
    fits("link")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Another address").fill("ada@example.org")
    page.get_by_role("button", name="Mail a link to it").click()
    fits("account, waiting")
    page.goto(live.link())
    fits("add an address")
    page.get_by_role("button", name="Add it").click()
    fits("account")
    page.goto("/account/security")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("not used yet")).to_be_visible()
    fits("security")
    live.house.now = live.house.now.replace(year=live.house.now.year + 1)
    page.goto("/sign-in?again=1&next=/account/security")
    fits("again")
