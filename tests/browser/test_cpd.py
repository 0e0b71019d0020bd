"""An engineer's CPD on a phone in a real Chromium, without JavaScript."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import own_database
from tests.servers import free_port
from tests.simulator.members import house
from tests.simulator.site import served
from tests.simulator.studying import BOARD, OTHER, Studying

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = {"width": 390, "height": 844}
PDF = b"%PDF-1.7 a certificate"


@pytest.fixture(scope="module")
def phone(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[tuple[Page, Studying]]:
    folder, port = tmp_path_factory.mktemp("cpd"), free_port()
    url = f"http://127.0.0.1:{port}"
    with (
        own_database(request, folder) as database_url,
        house(folder / "node", database_url, public_url=url) as opened,
    ):
        study = Studying(opened)
        cookie = opened.node.guard.cookie
        with served(opened.app, port=port):
            context = browser.new_context(
                base_url=url, viewport=PHONE, java_script_enabled=False, locale="en"
            )
            context.add_cookies([{"name": cookie, "value": study.ada.cookies[cookie], "url": url}])
            page = context.new_page()
            page.set_default_timeout(10_000)
            yield page, study
            context.close()


def narrow(page: Page) -> None:
    """Nothing is wider than the phone."""
    for part in ("html", "main"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["width"] <= PHONE["width"]


def test_a_record_is_handed_in_and_its_decision_read(phone: tuple[Page, Studying]) -> None:
    page, study = phone
    study.kept(tags=["technical", "ethics"])
    page.goto("/account/cpd")
    expect(page.get_by_role("heading", name="Your cycles")).to_be_visible()
    narrow(page)
    page.get_by_role("link", name=f"The registry {BOARD}").click()
    page.get_by_label(f"Record {study.count}").check()
    page.get_by_role("button", name="Hand in those ticked").click()
    expect(page.get_by_role("status")).to_contain_text("Counted")
    expect(page.locator("bdi", has_text="6 / 30 PDH").first).to_be_visible()
    narrow(page)
    page.get_by_role("link", name=f"Record {study.count}").last.click()
    page.get_by_text("Step by step").click()
    expect(page.get_by_text("The signature is valid.")).to_be_visible()
    narrow(page)


def test_an_entry_is_made_with_a_file_handed_over_and_appealed(
    phone: tuple[Page, Studying], tmp_path: Path
) -> None:
    page, study = phone
    file = tmp_path / "certificate.pdf"
    file.write_bytes(PDF)
    page.goto("/account/cpd/entries")
    narrow(page)
    page.get_by_label("What it was", exact=True).fill("Soil mechanics")
    page.get_by_label("Completed on").fill(str(study.today))
    page.get_by_label("Kind").select_option("course")
    page.get_by_label("Time of teaching or taking part").fill("2:30")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("A PDF").set_input_files(file)
    page.get_by_role("button", name="Add the file").click()
    expect(page.get_by_role("link", name="certificate.pdf")).to_be_visible()
    page.get_by_label("Registry", exact=True).select_option(study.registrants[OTHER])
    page.get_by_role("button", name="Hand it over").click()
    expect(page.get_by_text("it is not changed any more")).to_be_visible()
    narrow(page)
    page.goto(f"/account/cpd/cycles/{study.registrants[OTHER]}")
    page.get_by_role("link", name="Soil mechanics").click()
    expect(page.get_by_text("Self-declared")).to_be_visible()
    page.get_by_label("What you object to").fill("I was there.")
    page.get_by_role("button", name="Appeal").click()
    expect(page.get_by_text("not yet answered")).to_be_visible()


def test_a_course_of_the_shortest_way_is_chosen(phone: tuple[Page, Studying]) -> None:
    page, study = phone
    study.publish("dynamics", 5)
    page.goto(f"/account/cpd/cycles/{study.registrants[OTHER]}/path")
    narrow(page)
    page.get_by_role("button", name="Choose Bridges dynamics").click()
    expect(page.get_by_text("Chosen", exact=True)).to_be_visible()
    page.goto("/account/cpd")
    expect(page.get_by_role("link", name="Bridges dynamics")).to_be_visible()
    page.get_by_role("button", name="Make an address").click()
    expect(page.get_by_text("/calendar/")).to_be_visible()
    narrow(page)
