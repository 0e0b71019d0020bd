"""Programs that ask people, and organisations' own programs, in a real Chromium.

What only a browser shows: that the policy of each page lets its form lead where it must.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from app.identity.clients import service as clients
from app.identity.clients.rules import NewClient
from app.identity.model import AuthMethod, ClientKind, Role
from tests.servers import free_port
from tests.simulator.feeds import FeedServer
from tests.simulator.members import House, house
from tests.simulator.programs import Program
from tests.simulator.site import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ADA = "ada@example.org"
LMS = "https://lms.example/callback"
PHONE = {"width": 390, "height": 844}

OpenPage = Callable[..., Page]


@dataclass
class World:
    """A served node, and a wallet that waits on this machine for what comes back."""

    made: House
    url: str
    app: FeedServer

    def program(self, **how: Any) -> Program:
        new = NewClient(organisation_id="cse", **how)
        with self.made.node.database.write() as session:
            client, secret = clients.add(session, new, at=self.made.now)
        return Program(self.made.http, client, secret)

    def wallet(self) -> Program:
        made = self.program(
            name="محفظة", kind=ClientKind.NATIVE, method=AuthMethod.NONE,
            redirect_uris=("http://127.0.0.1/callback",), scopes=frozenset({"profile:read"}),
        )  # fmt: skip
        made.redirect_uri = self.app.url("/callback")
        return made

    def address(self, program: Program) -> str:
        return f"{self.url}/oauth/authorize?{urlencode(program.query())}"


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    port = free_port()
    url = f"http://localhost:{port}"
    with (
        house(tmp_path, database_url, public_url=url) as made,
        served(made.app, port=port),
        FeedServer({"/callback": b"Back in the wallet"}) as app,
    ):
        made.add("cse")
        yield World(made, url, app)


@pytest.fixture
def open_at(browser: Browser, world: World) -> Iterator[OpenPage]:
    """Opens pages that fail the test when a policy stops anything."""
    stopped: list[str] = []
    contexts = []

    def make(*, secret: str = "", **options: Any) -> Page:
        context = browser.new_context(base_url=world.url, locale="en", **options)
        contexts.append(context)
        if secret:
            cookie = {"name": world.made.node.guard.cookie, "value": secret, "url": world.url}
            context.add_cookies([cookie])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on(
            "console",
            lambda said: stopped.append(said.text) if "Security Policy" in said.text else None,
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert stopped == []


def cookie_of(world: World, email: str, **roles: Role) -> str:
    browser = world.made.sign_in(email, **roles)
    return str(browser.cookies[world.made.node.guard.cookie])


def sign_in(page: Page, world: World) -> None:
    page.get_by_label("E-mail address", exact=True).fill(ADA)
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look at your mail")
    page.goto(world.made.mailbox.last_link(ADA))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Name", exact=True).fill("Ada Lovelace")
    page.keyboard.press("Enter")


def test_somebody_signs_in_and_lets_a_wallet_act_without_javascript(
    open_at: OpenPage, world: World
) -> None:
    wallet = world.wallet()
    page = open_at(java_script_enabled=False, viewport=PHONE)
    page.goto(world.address(wallet))
    sign_in(page, world)
    expect(page.get_by_role("heading", level=1)).to_contain_text("act for you?")
    page.get_by_role("button", name="Allow it", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/callback?code=*")
    expect(page.get_by_text("Back in the wallet")).to_be_visible()
    code = page.url.partition("code=")[2].partition("&")[0]
    assert wallet.redeem(code).status_code == 200

    page.goto("/account/programs")
    expect(page.get_by_role("heading", name="محفظة")).to_be_visible()
    page.get_by_role("button", name="End what محفظة may do").click()
    expect(page.get_by_text("No program acts for you.")).to_be_visible()


def test_who_allowed_it_before_goes_straight_back_after_the_sign_in(
    open_at: OpenPage, world: World
) -> None:
    lms = world.program(
        name="LMS", kind=ClientKind.WEB, redirect_uris=(LMS,), scopes=frozenset({"profile:read"})
    )
    lms.allow(world.made.sign_in(ADA))
    page = open_at()
    page.route("https://lms.example/**", lambda route: route.fulfill(body="Back in the LMS"))
    page.goto(world.address(lms))
    sign_in(page, world)
    page.wait_for_url(f"{LMS}?code=*")
    expect(page.get_by_text("Back in the LMS")).to_be_visible()


def test_an_owner_makes_and_revokes_a_program_on_a_phone(open_at: OpenPage, world: World) -> None:
    secret = cookie_of(world, ADA, cse=Role.OWNER)
    page = open_at(secret=secret, viewport=PHONE)
    page.goto("/organisations/cse/clients")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_label("Name", exact=True).fill("Roster upload")
    page.get_by_label("issue completion records").check()
    page.get_by_role("button", name="Make the program").click()
    expect(page.get_by_role("status")).to_contain_text("ocpd_")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="New secret for Roster upload").click()
    expect(page.get_by_role("status")).to_contain_text("The secret before it is good until")
    page.get_by_role("button", name="Revoke Roster upload").click()
    expect(page.get_by_role("status")).to_contain_text("The program is revoked.")
    expect(page.get_by_role("status")).not_to_contain_text("ocpd_")
