from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from app.catalogue import NewSociety, service
from app.platform.db import Database
from app.search.embedded import EmbeddedIndex
from app.web.offline_page import single_file
from app.web.rendering import Site
from tests.browser.searching import EXPECTED, OpenPage
from tests.browser.views import chromium, find_chromium
from tests.conftest import own_database, skip_or_fail
from tests.simulator.courses import SOCIETIES
from tests.simulator.issuer import NOW, SimulatedIssuer
from tests.simulator.search import DOCUMENTS
from tests.simulator.site import fill, make_app, served
from tests.simulator.stick import Stick


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        skip_or_fail("no Chromium: install Debian's chromium or set OPENCPD_TEST_CHROMIUM")
    with chromium(executable) as launched:
        yield launched


class LiveSite:
    """A node with a few courses, served on loopback."""

    def __init__(self, url: str, ids: dict[str, str], issuer: SimulatedIssuer) -> None:
        self.url, self.ids, self.issuer = url, ids, issuer


@pytest.fixture(scope="module")
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveSite]:
    """Nothing that a page of it does is kept, so that one is enough for all tests of a module."""
    folder = tmp_path_factory.mktemp("site")
    with own_database(request, folder) as database_url:
        database = Database.open(database_url)
        index, issuer = EmbeddedIndex(folder / "index"), SimulatedIssuer()
        ids = fill(database, index)
        with served(make_app(database, index, issuer=issuer)) as url:
            yield LiveSite(url, ids, issuer)
        index.close()
        database.close()


@pytest.fixture
def open_page(browser: Browser, site: LiveSite) -> Iterator[Callable[..., Page]]:
    """Opens pages that fail the test when anything complains in their console."""
    complaints: list[str] = []
    contexts = []

    def make(*, javascript: bool = True, **options: object) -> Page:
        context = browser.new_context(
            base_url=site.url, java_script_enabled=javascript, locale="en", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def stick() -> Stick:
    return Stick()


@pytest.fixture
def device(browser: Browser, tmp_path: Path) -> Iterator[Callable[[], Page]]:
    """Opens the saved page as a file, with no network; it must ask for nothing and not complain."""
    saved = tmp_path / "opencpd-verify.html"
    saved.write_text(single_file(Site(node_name="Test node")), "utf-8")
    complaints: list[str] = []
    context = browser.new_context(offline=True, locale="en")

    def make() -> Page:
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.clock.set_fixed_time(NOW)
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: complaints.append(asked.url))
        page.goto(saved.as_uri())
        complaints.remove(saved.as_uri())
        return page

    yield make
    context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def many(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a node with some thirty courses in seven languages."""
    folder = tmp_path_factory.mktemp("many")
    with own_database(request, folder) as database_url:
        database, index = Database.open(database_url), EmbeddedIndex(folder / "index")
        with database.write() as session:
            for one in SOCIETIES.values():
                new = NewSociety(dict(one.names), one.id, one.country)
                service.add_society(session, new, at=NOW)
        index.ensure()
        index.apply(DOCUMENTS, [])
        with served(make_app(database, index)) as url:
            yield url
        index.close()
        database.close()


@pytest.fixture
def visit(browser: Browser, many: str) -> Iterator[OpenPage]:
    """Opens pages of the larger node; Chromium may complain of answers that tell of trouble."""
    complaints: list[str] = []
    contexts = []

    def make(**options: object) -> Page:
        context = browser.new_context(base_url=many, **{"locale": "en", **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert [each for each in complaints if not each.startswith(EXPECTED)] == []
