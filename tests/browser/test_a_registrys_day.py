"""A registry's day in a real Chromium: two hundred records, two appeals, one new policy.

The records are really issued and signed: by a society of this node, and by two societies elsewhere
whose keys came with a trust bundle; some are forged with keys of nobody. Set
``OPENCPD_TEST_PICTURES`` to a folder to look at every page that is passed.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.worker import Worker
from tests.servers import free_port
from tests.simulator.members import house
from tests.simulator.registry_day import Day
from tests.simulator.registry_office import PAGES, Office, rules
from tests.simulator.site import served

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(420)]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
OUT = """[...document.querySelectorAll("main *")].filter(
  one => one.getBoundingClientRect().right > window.innerWidth + 1
).slice(-3).map(one => one.outerHTML.slice(0, 200))"""
UNCLEAR = """(() => {
  const ids = [...document.querySelectorAll("[id]")].map(one => one.id);
  const fields = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")];
  return [
    ...ids.filter((id, place) => ids.indexOf(id) !== place),
    ...fields.filter(one => !one.labels.length && !one.getAttribute("aria-label"))
      .map(one => one.outerHTML),
  ];
})()"""
"""Ids that are there twice, and fields without a name."""
ADA, LI = "ada@example.org", "li@example.org"


@dataclass
class Browsers:
    """Signed-in people, each with a page of their own; no page may complain."""

    browser: Browser
    office: Office
    contexts: list[BrowserContext]
    complaints: list[str]

    def of(self, email: str) -> Page:
        """The page of somebody who is signed in."""
        node = self.office.house.node
        url, cookie = node.settings.public_url, node.guard.cookie
        context = self.browser.new_context(
            base_url=url, viewport=DESK, locale="en", accept_downloads=True
        )
        self.contexts.append(context)
        secret = self.office.house.sign_in(email).cookies[cookie]
        context.add_cookies([{"name": cookie, "value": secret, "url": url}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with house(tmp_path, database_url, public_url=url) as made, served(made.app, port=port):
        opened = Office(made)
        opened.open()
        yield opened


@pytest.fixture
def browsers(browser: Browser, office: Office) -> Iterator[Browsers]:
    made = Browsers(browser, office, [], [])
    yield made
    for context in made.contexts:
        context.close()
    refusals = re.compile("status of 4(03|09|22)")  # what a form is answered that is not right
    assert [each for each in made.complaints if not refusals.search(each)] == []


def look(page: Page, name: str) -> None:
    """Look at the page as it is on a desk and on a phone; nothing may stick out to the side."""
    folder = os.environ.get("OPENCPD_TEST_PICTURES")
    assert page.evaluate(UNCLEAR) == [], name
    for size in (PHONE, DESK):
        page.set_viewport_size(size)

        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{name} is {wide} px too wide at {size['width']}: {page.evaluate(OUT)}"
        if folder:
            page.screenshot(path=f"{folder}/{name}-{size['width']}.png", full_page=True)


def hand_in(page: Page, lines: bytes) -> None:
    page.goto(f"{PAGES}/inbox")
    file = {"name": "records.ndjson", "mimeType": "application/x-ndjson", "buffer": lines}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("heading", name="What became of them")).to_be_visible()


def propose(page: Page, submission: str, fill: Callable[[Page], None]) -> None:
    page.goto(f"{PAGES}/submissions/{submission}")
    form = page.locator(f'form[action$="/submissions/{submission}/propose"]')
    fill(page)
    form.get_by_role("button", name="Propose").click()
    expect(page.get_by_role("status").first).to_contain_text("a second person")


def confirm(page: Page, submission: str) -> None:
    page.goto(f"{PAGES}/submissions/{submission}")
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("confirmed and decided")


def accept(amount: str) -> Callable[[Page], None]:
    """Fill a proposal in: accept, with an amount."""

    def fill(page: Page) -> None:
        page.locator("#propose-judged").select_option("accept")
        page.locator("#propose-note").fill("It was a course of ours, whatever it is called.")
        page.get_by_text("To accept with an amount of your own").last.click()
        page.locator("#propose-amount").fill(amount)
        page.locator("#propose-category").select_option("formal")

    return fill


def reject(page: Page) -> None:
    page.locator("#propose-judged").select_option("reject")
    page.locator("#propose-note").fill("Meetings do not count.")


def appeal(page: Page, registrant: str, submission: str, text: str) -> None:
    page.goto(f"/account/cpd/cycles/{registrant}/submissions/{submission}")
    page.locator("#text").fill(text)
    page.locator('form[action$="/appeal"]').get_by_role("button").first.click()
    expect(page.get_by_text(text)).to_be_visible()


def answer(page: Page, submission: str, *, amount: str = "") -> None:
    page.goto(f"{PAGES}/submissions/{submission}")
    page.locator("#upheld" if amount else "#dismissed").check()
    page.locator("#answer-reason").fill("The programme shows what was taught.")
    if amount:
        page.locator("#answer-judged").select_option("accept")
        page.get_by_text("To accept with an amount of your own").first.click()
        page.locator("#answer-amount").fill(amount)
        page.locator("#answer-category").select_option("formal")
    page.get_by_role("button", name="Answer the appeal").click()
    expect(page.get_by_role("status").first).to_contain_text("The appeal is answered")


def test_a_registrys_day(office: Office, browsers: Browsers) -> None:
    day = Day(office)
    day.register({ADA: "ur", LI: "zh-Hans"})
    owner, reviewer = browsers.of("owner@pec.example"), browsers.of("reviewer@pec.example")
    second = browsers.of("second@pec.example")
    ada, li = browsers.of(ADA), browsers.of(LI)

    worker = Worker(office.house.node, now=lambda: office.house.now)
    while worker.decide_anew():  # hears of the first rules, before there is anything to decide
        pass

    # 1. Two hundred records arrive, and are decided at once.
    lines = day.records()
    assert lines.count(b"\n") == 199
    hand_in(reviewer, lines)
    said = reviewer.get_by_role("status").inner_text()
    assert "Records: 200. New: 200." in said
    expected = {
        "Counted": 130, "Counted in part": 10, "A person must decide": 30, "Not counted": 30,
    }  # fmt: skip
    told = {name: int(n) for name, n in re.findall(r"([A-Z][a-z ]+): (\d+)(?: ·|$)", said)}
    assert told == expected
    look(reviewer, "day-handed-in")
    reviewer.goto(f"{PAGES}/inbox")
    look(reviewer, "day-inbox")
    for reason, count in (("STATUS_REVOKED", 15), ("DUPLICATE", 15), ("ISSUER_UNKNOWN", 5),
                          ("NO_MAPPING", 20), ("CAP", 10), ("SIG_UNKNOWN", 5)):  # fmt: skip
        reviewer.goto(f"{PAGES}/inbox?reason={reason}")
        expect(reviewer.get_by_text(f"{count} records", exact=True)).to_be_visible()
    pages = 0
    reviewer.goto(f"{PAGES}/inbox")
    while reviewer.get_by_role("link", name="Next page").count():
        reviewer.get_by_role("link", name="Next page").click()
        pages += 1
    assert pages == 3  # two hundred, fifty on each

    # 2. A revoked one, a capped one, a foreign one, side by side with what was verified.
    for name in ("revoked", "capped", "foreign", "forged", "duplicate"):
        reviewer.goto(f"{PAGES}/submissions/{day.submission(name)}")
        look(reviewer, f"day-{name}")

    # 3. One person proposes, a second confirms.
    conference, rejected = day.submission("conference"), day.submission("of-li")
    propose(reviewer, conference, accept("2"))
    look(reviewer, "day-proposed")
    reviewer.goto(f"{PAGES}/submissions/{conference}")
    expect(reviewer.get_by_text("somebody else has to confirm it")).to_be_visible()
    owner.goto(f"{PAGES}/reviews")
    look(owner, "day-reviews")
    confirm(owner, conference)
    propose(reviewer, rejected, reject)
    confirm(owner, rejected)

    # 4. Two are appealed; somebody who had no part in it answers.
    duplicate = day.submission("duplicate")
    appeal(ada, day.registrant(ADA), duplicate, "میں نے دو الگ کورس کیے۔")
    look(ada, "day-appeal-of-ada")
    appeal(li, day.registrant(LI), rejected, "这是一门课程，不是会议。")
    second.goto(f"{PAGES}/appeals")
    expect(second.get_by_text("这是一门课程，不是会议。")).to_be_visible()
    look(second, "day-appeals")
    answer(second, duplicate)
    answer(second, rejected, amount="3/2")
    look(second, "day-answered")

    # 5. One policy changes: looked at, tried, adopted by another than its author, run anew.
    owner.goto(f"{PAGES}/policies")
    look(owner, "day-policies")
    owner.get_by_role("link", name="pec-rules").first.click()
    owner.get_by_role("link", name="Write a new version from it").click()
    owner.locator("#text").fill("policy_id: pec-rules\nunit: [")
    owner.get_by_role("button", name="Check it").click()
    expect(owner.get_by_role("alert")).to_be_visible()
    look(owner, "day-faults")
    owner.locator("#text").fill(rules(version=2, credit="1/2"))
    owner.get_by_role("button", name="Check it").click()
    expect(owner.get_by_text("What it changes against version 1")).to_be_visible()
    owner.get_by_role("button", name="Keep it as a draft").click()
    expect(owner.get_by_role("heading", name="Try it on vectors")).to_be_visible()
    version = owner.url.rpartition("/")[2]
    owner.get_by_role("button", name="Dry run").click()
    expect(owner.get_by_text("decisions would be another one")).to_be_visible()
    look(owner, "day-dry-run")
    second.goto(f"{PAGES}/policies/{version}")
    second.locator("#sure").check()
    second.get_by_role("button", name="Adopt it").click()
    expect(second.get_by_text("Adopted under the registry's signature")).to_be_visible()
    while worker.decide_anew():
        pass
    second.goto(f"{PAGES}/policies")
    run = second.get_by_role("listitem").filter(has_text="Version 2 of pec-rules").first
    expect(run).to_contain_text("done")
    run.get_by_role("link").click()
    expect(second.get_by_role("heading", name="Old, new, why")).to_be_visible()
    expect(second.get_by_text("1/2").first).to_be_visible()
    look(second, "day-run")

    # 6. Each engineer sees the results in his or her own language.
    ada.goto(f"/account/cpd/cycles/{day.registrant(ADA)}")
    look(ada, "day-cycle-of-ada")
    ada.goto(f"/account/cpd/cycles/{day.registrant(ADA)}/submissions/{day.submission('of-ada')}")
    expect(ada.locator('main [lang="ur"]').first).to_be_visible()
    look(ada, "day-decision-of-ada")
    li.goto(f"/account/cpd/cycles/{day.registrant(LI)}/submissions/{rejected}")
    expect(li.locator('main [lang="zh-Hans"]').first).to_be_visible()
    look(li, "day-decision-of-li")
    owner.goto(f"{PAGES}/submissions/{day.submission('of-ada')}")
    expect(owner.locator("ol.rows > li")).to_have_count(2)  # decided, and decided anew
    look(owner, "day-history")
    owner.get_by_role("link", name="Letter to the registrant").click()
    expect(owner.locator('article[lang="ur"]')).to_be_visible()
    look(owner, "day-letter")

    # 7. Numbers, lists, a sample.
    owner.goto(f"{PAGES}/statistics?rows=kind&columns=outcome")
    expect(owner.get_by_text("hidden", exact=True).first).to_be_visible()
    look(owner, "day-statistics")
    owner.goto(f"{PAGES}/returns?form=return-1")
    look(owner, "day-returns")
    with owner.expect_download() as got:
        owner.get_by_role("button", name="Make the list").click()
    assert "unverified form" in Path(got.value.path()).read_text("utf-8-sig")
    owner.goto(f"{PAGES}/samples")
    owner.get_by_label("How many of a hundred").fill("5")
    owner.get_by_role("button", name="Announce").click()
    owner.get_by_role("button", name="Draw").click()
    expect(owner.get_by_role("heading", name="Who was drawn")).to_be_visible()
    look(owner, "day-sample")
    owner.goto(f"{PAGES}/registrants/{day.registrant(ADA)}")
    look(owner, "day-registrant")
