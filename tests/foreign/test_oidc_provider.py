"""Signing in at a provider that nobody here wrote (panva's ``oidc-provider``), in a real Chromium.

The node and two providers are three sites on loopback, each at an address of its own, since cookies
do not tell ports apart.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.main import create_app
from tests.browser.conftest import find_chromium
from tests.conftest import skip_or_fail
from tests.foreign import run
from tests.servers import free_port
from tests.simulator.mail import Mailbox
from tests.simulator.members import house
from tests.simulator.site import served

pytestmark = [pytest.mark.foreign, pytest.mark.browser, pytest.mark.slow]

ADA = "ada@example.org"
ACCOUNTS = {
    "ada": {"name": "Ada Lovelace", "locale": "en-GB", "email": ADA, "email_verified": True},
    "grace": {"name": "Grace Hopper"},
}
SECRET = "a secret: 100 % for tests + no more"
OpenPage = Callable[[], Page]


class ForeignProvider:
    """One running provider."""

    def __init__(self, issuer: str, process: "subprocess.Popen[str]") -> None:
        self.issuer, self._process = issuer, process

    def says(self, word: str) -> str:
        """The rest of the next line that begins with ``word``; waits for it."""
        assert self._process.stdout is not None
        for line in self._process.stdout:  # among them notices of its own
            if line.startswith(word):
                return line.removeprefix(word).strip()
        raise AssertionError(f"the provider ended without saying {word}")


@contextmanager
def provider(issuer: str, *, node: str, name: str) -> Iterator[ForeignProvider]:
    """A provider that knows the node as its client."""
    given = {
        "issuer": issuer,
        "accounts": ACCOUNTS,
        "client": {
            "client_id": "opencpd",
            "client_secret": SECRET,
            "redirect_uris": [f"{node}/sign-in/oidc/{name}/callback"],
            "post_logout_redirect_uris": [f"{node}/"],
            "backchannel_logout_uri": f"{node}/sign-in/oidc/{name}/logout",
            "backchannel_logout_session_required": True,
        },
    }
    command = ["node", "oidc_provider.mjs", json.dumps(given)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=run.HOME, text=True, **pipes) as process:
        running = ForeignProvider(issuer, process)
        try:
            running.says("ready")
            yield running
        finally:
            process.terminate()


@dataclass
class World:
    """A node, and two providers that it trusts in different measure."""

    url: str
    mailbox: Mailbox
    one: ForeignProvider
    two: ForeignProvider


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        skip_or_fail("no Chromium: install Debian's chromium or set OPENCPD_TEST_CHROMIUM")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield launched
        launched.close()


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    if reason := run.install():
        skip_or_fail(reason)
    ports = [free_port() for _ in range(3)]
    node, one, two = (f"http://127.0.0.{n}:{port}" for n, port in enumerate(ports, start=1))
    usual: dict[str, Any] = {"client_id": "opencpd", "client_secret": SECRET}
    settings = [
        {**usual, "id": "one", "label": "One ID", "issuer": one, "trust_email": True},
        {**usual, "id": "two", "label": "Two ID", "issuer": two},
    ]
    with ExitStack() as stack:
        made = stack.enter_context(
            house(tmp_path, database_url, public_url=node, oidc_providers=settings)
        )
        stack.enter_context(served(create_app(made.node), port=ports[0]))
        first = stack.enter_context(provider(one, node=node, name="one"))
        second = stack.enter_context(provider(two, node=node, name="two"))
        yield World(node, made.mailbox, first, second)


@pytest.fixture
def open_page(browser: Browser, world: World) -> Iterator[OpenPage]:
    """Opens a browser of its own at the node; our pages must complain of nothing."""
    complaints: list[str] = []
    contexts = []

    def make() -> Page:
        context = browser.new_context(base_url=world.url, locale="en")
        context.route("https://**", lambda route: route.abort())  # the providers' fonts
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda said: note(said.text) if page.url.startswith(world.url) else None)
        return page

    def note(said: str) -> None:
        if "status of 400" not in said:  # what the browser says of a page that says it to people
            complaints.append(said)

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def shown(page: Page, name: str) -> None:
    """Keep a picture, for who wants to look (``OPENCPD_TEST_PICTURES``)."""
    if folder := os.environ.get("OPENCPD_TEST_PICTURES"):
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def at_provider(page: Page, account: str, *, consent: bool = True) -> None:
    """Give a name and a password at the provider, and say yes to what it asks."""
    page.get_by_placeholder("Enter any login").fill(account)
    page.get_by_placeholder("and password").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    if consent:
        page.get_by_role("button", name="Continue").click()


def sign_in(page: Page, provider: str, account: str, *, consent: bool = True) -> None:
    page.goto("/sign-in?next=/account/identities")
    page.get_by_role("button", name=f"Sign in with {provider}").click()
    at_provider(page, account, consent=consent)


def on_page(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()


def signed_out(page: Page, world: World) -> None:
    page.goto("/account")
    expect(page).to_have_url(re.compile(re.escape(f"{world.url}/sign-in?")))


def test_somebody_signs_in_links_a_second_provider_and_leaves_both(
    open_page: OpenPage, world: World
) -> None:
    page = open_page()
    page.goto("/sign-in")
    shown(page, "sign-in")
    sign_in(page, "One ID", "ada")
    on_page(page, "Linked sign-ins")
    expect(page.get_by_role("heading", name="One ID")).to_be_visible()
    expect(page.locator(".rows").get_by_text(ADA)).to_be_visible()
    page.get_by_role("button", name="Link Two ID").click()
    at_provider(page, "grace")
    expect(page.get_by_role("status")).to_contain_text("The sign-in is linked")
    expect(page.get_by_role("heading", name="Two ID")).to_be_visible()
    shown(page, "identities")
    assert "Two ID was linked" in world.mailbox.sent[-1].text

    # Out, and at the provider too.
    page.goto("/account")
    expect(page.get_by_label("Name")).to_have_value("Ada Lovelace")
    page.get_by_role("button", name="Sign out").click()
    on_page(page, "You are signed out")
    shown(page, "left")
    page.get_by_role("link", name="Sign out of One ID too").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page).to_have_url(f"{world.url}/")
    signed_out(page, world)

    # The second one opens the same account; the first one asks for a name again.
    page.get_by_role("button", name="Sign in with Two ID").click()
    expect(page.get_by_label("Name")).to_have_value("Ada Lovelace")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Stay signed in there").click()
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with One ID").click()
    expect(page.get_by_placeholder("Enter any login")).to_be_visible()


def test_an_address_that_is_known_is_linked_by_its_owner_alone(
    open_page: OpenPage, world: World
) -> None:
    owner = open_page()
    mailed_link(owner, world)
    expect(owner.get_by_label("Name")).to_be_visible()
    owner.get_by_label("Name").fill("The owner")
    owner.get_by_role("button", name="Save").first.click()

    page = open_page()
    sign_in(page, "One ID", "ada")
    on_page(page, "You have an account here")
    shown(page, "known")
    page.get_by_role("link", name="Sign in").click()
    mailed_link(page, world, begin=False)
    on_page(page, "Link One ID to this account?")
    shown(page, "waiting")
    page.get_by_role("button", name="Link it", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("The sign-in is linked")

    another = open_page()
    sign_in(another, "One ID", "ada")
    another.goto("/account")
    expect(another.get_by_label("Name")).to_have_value("The owner")


def mailed_link(page: Page, world: World, *, begin: bool = True) -> None:
    """Sign in by the link in a mail."""
    if begin:
        page.goto("/sign-in")
    page.get_by_role("textbox", name="E-mail address").fill(ADA)
    page.get_by_role("button", name="Mail me a link").click()
    expect(page).to_have_url(f"{world.url}/sign-in/sent")
    page.goto(world.mailbox.last_link(ADA))
    page.get_by_role("button", name="Sign in").click()


def test_who_leaves_the_provider_is_out_here_too(open_page: OpenPage, world: World) -> None:
    here, elsewhere = open_page(), open_page()
    for page in (here, elsewhere):
        sign_in(page, "One ID", "ada")
        on_page(page, "Linked sign-ins")
    here.goto(f"{world.one.issuer}/session/end")
    here.get_by_role("button", name="Yes, sign me out").click()
    assert world.one.says("backchannel") == "success"
    signed_out(here, world)
    elsewhere.goto("/account/identities")
    on_page(elsewhere, "Linked sign-ins")

    # For what needs a sign-in of just now, the provider asks who it is once more.
    elsewhere.goto("/sign-in?again=1&next=/account/identities")
    elsewhere.get_by_role("button", name="Sign in with One ID").click()
    at_provider(elsewhere, "ada", consent=False)
    on_page(elsewhere, "Linked sign-ins")


def test_who_says_no_at_the_provider_is_not_signed_in(open_page: OpenPage, world: World) -> None:
    page = open_page()
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with One ID").click()
    page.get_by_role("link", name="Cancel").click()
    on_page(page, "That did not work")
    shown(page, "trouble")
    page.get_by_role("link", name="Begin again").click()
    expect(page).to_have_url(f"{world.url}/sign-in")
