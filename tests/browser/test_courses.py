"""A society's courses and its spreadsheet in a real Chromium, without JavaScript."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.identity.model import Role
from tests.functional.publishing.test_a_spreadsheet import ROWS, as_xlsx
from tests.servers import free_port
from tests.simulator.members import House, house
from tests.simulator.publishing import Publisher, course
from tests.simulator.site import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIZES = [{"width": 390, "height": 844}, {"width": 1280, "height": 900}]


@pytest.fixture
def node(tmp_path: Path, database_url: str) -> Iterator[House]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with house(tmp_path / "node", database_url, public_url=url) as made:
        made.add("cse")
        with served(made.app, port=port):
            yield made


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desk"])
def test_a_spreadsheet_is_checked_looked_at_and_published(
    node: House, browser: Browser, size: dict[str, int], tmp_path: Path
) -> None:
    cse = Publisher(node)
    cse.put("C-1", course(1))
    cse.put("C-2", {"title": {"ar": "تصميم الجسور"}, "credits": [{"value": "a few"}]})
    file = tmp_path / "our courses.xlsx"
    file.write_bytes(as_xlsx(ROWS))
    url, cookie = node.node.settings.public_url, node.node.guard.cookie
    secret = node.sign_in("ada@cse.example", cse=Role.EDITOR).cookies[cookie]
    context = browser.new_context(
        base_url=url, viewport=size, locale="en", java_script_enabled=False
    )
    context.add_cookies([{"name": cookie, "value": secret, "url": url}])
    page = context.new_page()
    page.goto("/organisations/cse")
    page.get_by_role("link", name="Courses", exact=True).click()
    expect(page.get_by_text("2 courses are published")).to_be_visible()
    page.get_by_text("2 things to mend").click()
    expect(page.get_by_text("Write a decimal number, such as 12.5.")).to_be_visible()
    page.get_by_label("What is to be mended").select_option("W-URL-MISSING")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("link", name="Bridges, part 1")).to_have_count(0)

    page.get_by_label("CSV, XLSX or XLS").set_input_files(file)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("heading", name="our courses.xlsx")).to_be_visible()
    row = page.get_by_role("row").filter(has_text="E-TITLE-MISSING")
    expect(row).to_contain_text("B title")
    page.get_by_role("button", name="Publish 3 courses").click()
    expect(page.get_by_role("status")).to_contain_text("New: 3.")
    page.get_by_role("link", name="Published courses").click()
    expect(page.get_by_text("5 courses are published")).to_be_visible()
    expect(page.get_by_role("link", name="Tunnels")).to_be_visible()
    context.close()
