"""axe-core on the pages that everybody meets, in several languages, wide and narrow."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from app.identity.model import Kind, Role
from tests.browser.axe import grave_findings
from tests.browser.views import LANGUAGES, SIZES, views
from tests.servers import free_port
from tests.simulator.demonstration import RunningDemo, running_demo
from tests.simulator.members import House, house
from tests.simulator.site import served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SCHEMES = {"en": "light", "zh": "dark", "ar": "dark", "ur": "light"}
"""Both colour schemes come up, without doubling the time this takes."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture
def page(browser: Browser, demo: RunningDemo, request: pytest.FixtureRequest) -> Iterator[Page]:
    size, language = request.node.callspec.params["size"], request.node.callspec.params["language"]
    context = browser.new_context(
        base_url=demo.url, viewport=SIZES[size], locale="en", color_scheme=SCHEMES[language]
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SIZES)
def test_search_and_courses_shut_nobody_out(
    page: Page, demo: RunningDemo, size: str, language: str
) -> None:
    found = []
    for view in views(demo.url):
        view.show(page, language)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found += [f"{view.name}: {said}" for said in grave_findings(page)]
        found += [f"{view.name}: {wide} pixels too wide"] if wide > 0 else []
    assert found == []


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[House]:
    """A node with somebody who looks after it and after a society."""
    port = free_port()
    with house(tmp_path / "node", database_url, public_url=f"http://127.0.0.1:{port}") as made:
        made.add("operator", Kind.OPERATOR)
        made.add("cse")
        with served(made.app, port=port):
            yield made


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_of_feeds_shut_nobody_out(office: House, browser: Browser, size: str) -> None:
    url, cookie = office.node.settings.public_url, office.node.guard.cookie
    ada = office.sign_in("ada@cse.example", cse=Role.OWNER, operator=Role.OWNER)
    context = browser.new_context(base_url=url, viewport=SIZES[size], locale="en")
    context.add_cookies([{"name": cookie, "value": ada.cookies[cookie], "url": url}])
    page = context.new_page()
    found = []
    for path in ("/validate", "/node/sources", "/organisations/cse/sources",
                 "/organisations/cse/sources/new?connector=table"):  # fmt: skip
        answer = page.goto(path)
        assert answer
        assert answer.status == 200, path
        found += [f"{path}: {said}" for said in grave_findings(page)]
    context.close()
    assert found == []
