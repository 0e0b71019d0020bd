"""From an invitation to leaving again, and the pages of an account, in a real Chromium.

Set ``OPENCPD_TEST_PICTURES`` to a folder to look at every page that is passed.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.identity.model import Kind, Role
from tests.servers import free_port
from tests.simulator.members import House, house
from tests.simulator.node import COMPLETION
from tests.simulator.site import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
ADA, JOY = "ada@example.org", "joy@example.org"
SignedIn = Callable[..., Page]


@pytest.fixture
def node(tmp_path: Path, database_url: str) -> Iterator[House]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with house(tmp_path, database_url, public_url=url) as made, served(made.app, port=port):
        made.add("cse")
        made.add("pec", Kind.REGISTRY)
        made.add("operator", Kind.OPERATOR)
        yield made


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def signed_in(request: pytest.FixtureRequest, browser: Browser, node: House) -> Iterator[SignedIn]:
    """Opens the page of somebody who is signed in; it must not complain."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def make(email: str, **roles: Role) -> Page:
        context = browser.new_context(
            base_url=node.node.settings.public_url, viewport=request.param, locale="en"
        )
        contexts.append(context)
        secret = node.sign_in(email, **roles).cookies[node.node.guard.cookie]
        url = node.node.settings.public_url
        context.add_cookies([{"name": node.node.guard.cookie, "value": secret, "url": url}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    refusals = re.compile("status of 4(09|22)")  # what a form is answered that is not right
    assert [each for each in complaints if not refusals.search(each)] == []


def look(page: Page, name: str) -> None:
    """Keep a picture where one is wanted; nothing may stick out to the side."""
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{name} is {wide} px too wide"
    folder = os.environ.get("OPENCPD_TEST_PICTURES")
    if folder:
        size = page.viewport_size or DESK
        page.screenshot(path=f"{folder}/{name}-{size['width']}.png", full_page=True)


def test_somebody_is_invited_accepts_gets_a_role_and_leaves(
    node: House, signed_in: SignedIn
) -> None:
    ada = signed_in(ADA, cse=Role.OWNER)
    ada.goto("/organisations/cse")
    look(ada, "overview")
    ada.get_by_role("link", name="Members").click()
    ada.get_by_label("E-mail address").fill(JOY)
    ada.get_by_role("checkbox", name="Editor").last.check()
    ada.get_by_label("A few words").fill("Welcome, Joy!")
    ada.get_by_role("button", name="Send the invitation").click()
    expect(ada.get_by_role("status")).to_contain_text("on its way")
    expect(ada.get_by_role("heading", name=JOY)).to_be_visible()
    look(ada, "invited")

    eve = signed_in("eve@example.org")
    eve.goto(node.mailbox.last_link(JOY))
    expect(eve.get_by_text("not an address of the account")).to_be_visible()
    look(eve, "invitation-of-another")

    joy = signed_in(JOY)
    joy.goto(node.mailbox.last_link(JOY))
    expect(joy.get_by_text("Welcome, Joy!")).to_be_visible()
    look(joy, "invitation")
    joy.get_by_role("button", name="Accept the invitation").click()
    expect(joy.get_by_role("heading", name="Society cse")).to_be_visible()
    expect(joy.get_by_text("may change the courses")).to_be_visible()

    ada.reload()
    row = ada.get_by_role("listitem").filter(has=ada.get_by_role("heading", name=JOY))
    row.locator("summary").click()
    row.get_by_role("checkbox", name="Issuer").check()
    look(ada, "roles")
    row.get_by_role("button", name="Save the roles").click()
    expect(ada.get_by_role("status")).to_contain_text("The roles are changed")

    joy.reload()
    expect(joy.get_by_text("may issue records")).to_be_visible()
    look(joy, "overview-of-a-member")
    joy.get_by_role("button", name="Leave this organisation").click()
    expect(joy.get_by_role("heading", name="Your account")).to_be_visible()
    ada.goto("/organisations/cse")
    ada.get_by_role("button", name="Leave this organisation").click()
    expect(ada.get_by_role("alert")).to_contain_text("make another member an owner first")


def test_an_account_keeps_registrations_and_records_and_goes(
    node: House, signed_in: SignedIn, tmp_path: Path
) -> None:
    headers = {**node.token("cse"), "Idempotency-Key": "of-the-browser"}
    made = node.http.post("/api/v1/societies/cse/completions", json=COMPLETION, headers=headers)
    address = f"/api/v1/records/{made.json()['id']}/holder-link"
    link = node.http.post(address, headers=node.token("cse")).json()["url"]

    ada = signed_in(ADA)
    ada.goto("/account/registrations")
    ada.get_by_label("Registry").select_option("pec")
    ada.get_by_label("Your number there").fill("A-4711")
    ada.get_by_label("Until").fill("2019-01-01")
    ada.get_by_label("Since").fill("2020-05-31")
    ada.get_by_role("button", name="Save").click()
    expect(ada.get_by_text("Let it end after it began.")).to_be_visible()
    look(ada, "registration-trouble")
    ada.get_by_label("Until").fill("")
    ada.get_by_role("button", name="Save").click()
    expect(ada.get_by_role("heading", name="The registry pec")).to_be_visible()
    look(ada, "registrations")

    ada.goto(link)
    look(ada, "holder")
    ada.get_by_role("button", name="Keep this record in my account").click()
    expect(ada.get_by_text("stays there when this link ends")).to_be_visible()
    look(ada, "holder-kept")
    ada.get_by_role("link", name="your records").click()
    look(ada, "records")
    ada.get_by_role("listitem").filter(has_text="Stands").get_by_role("link").click()
    expect(ada.get_by_role("heading", name="Your record holds")).to_be_visible()
    look(ada, "record")

    ada.goto("/account/data")
    look(ada, "data")
    with ada.expect_download() as taken:
        ada.get_by_role("link", name="Download my data").click()
    taken.value.save_as(tmp_path / "taken.json")
    told = json.loads((tmp_path / "taken.json").read_text("utf-8"))
    assert told["registrations"][0]["number"] == "A-4711"
    ada.get_by_label("I am sure").check()
    ada.get_by_role("button", name="Delete my account").click()
    expect(ada.get_by_role("heading", name="Your account is deleted")).to_be_visible()
    look(ada, "ended")
    ada.goto("/account")
    expect(ada).to_have_url(re.compile("/sign-in"))


def test_the_operators_page_adds_and_hands_over(node: House, signed_in: SignedIn) -> None:
    ada = signed_in(ADA, operator=Role.OWNER)
    ada.goto("/organisations/operator")
    ada.get_by_role("link", name="Organisations of this node").click()
    ada.get_by_label("Short name").fill("ebk")
    ada.get_by_label("Name", exact=True).last.fill("Engineers Board of Kenya")
    ada.get_by_label("Country").fill("XX")
    ada.get_by_role("button", name="Add the organisation").click()
    look(ada, "organisations-trouble")
    ada.get_by_label("Country").fill("KE")
    ada.get_by_label("first owner").last.fill(JOY)
    ada.get_by_role("button", name="Add the organisation").click()
    expect(ada.get_by_role("heading", name="Engineers Board of Kenya")).to_be_visible()
    look(ada, "organisations")
    assert "/invitations/" in node.mailbox.last_link(JOY)


FAULTS = """() => {
  const found = [];
  const ids = [...document.querySelectorAll("[id]")].map(each => each.id);
  for (const id of ids) if (ids.filter(each => each === id).length > 1) found.push("twice: " + id);
  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!field.labels.length) found.push("no label: " + field.name);
  for (const each of document.querySelectorAll("[aria-describedby], [aria-labelledby]"))
    for (const name of ["aria-describedby", "aria-labelledby"])
      for (const id of (each.getAttribute(name) || "").split(" ").filter(Boolean))
        if (!document.getElementById(id)) found.push("points nowhere: " + id);
  for (const button of document.querySelectorAll("button, a[href], summary"))
    if (!button.textContent.trim()) found.push("no name: " + button.outerHTML);
  let level = 0;
  for (const heading of document.querySelectorAll("main h1, main h2, main h3, main h4")) {
    const here = Number(heading.tagName[1]);
    if (here > level + 1) found.push("skips a level: " + heading.textContent);
    level = here;
  }
  return found;
}"""


def test_every_field_button_and_heading_can_be_found_by_a_screen_reader(
    node: House, signed_in: SignedIn
) -> None:
    ada = signed_in(ADA, cse=Role.OWNER, operator=Role.OWNER)
    node.sign_in(JOY, cse=Role.EDITOR)
    ada.goto("/organisations/cse/members")
    ada.get_by_label("E-mail address").fill("nobody")
    ada.locator("form[action$='/invitations']").evaluate("form => form.noValidate = true")
    ada.get_by_role("button", name="Send the invitation").click()
    expect(ada.get_by_text("Write it as name@example.org.")).to_be_visible()
    assert ada.evaluate(FAULTS) == [], "a form with something wrong in it"
    for path in (
        "/organisations/cse",
        "/organisations/cse/members",
        "/account/registrations",
        "/account/records",
        "/account/data",
        "/node/organisations",
    ):
        ada.goto(path)
        assert ada.evaluate(FAULTS) == [], path
