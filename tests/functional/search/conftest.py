from collections.abc import Iterator
from pathlib import Path

import pytest

from app.search import SearchIndex
from tests.conftest import STACK, skip_or_fail
from tests.simulator.search import DOCUMENTS, embedded, on_server

collect_ignore = ["test_meilisearch_documents.py"] if STACK == "small" else []


@pytest.fixture
def empty_index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchIndex]:
    """An index nobody has written to, on the stack that is being tested."""
    if STACK == "small":
        with embedded(tmp_path) as index:
            yield index
        return
    server = request.getfixturevalue("meilisearch_server")
    if server is None:
        skip_or_fail("no Meilisearch: install npm or set MEILI_URL")
    with on_server(server) as index:
        yield index


@pytest.fixture(scope="module")
def index(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SearchIndex]:
    """The courses of the simulator, for tests that only read."""
    if STACK == "small":
        with embedded(tmp_path_factory.mktemp("search")) as found:
            found.rebuild(DOCUMENTS)
            yield found
        return
    server = request.getfixturevalue("meilisearch_server")
    if server is None:
        skip_or_fail("no Meilisearch: install npm or set MEILI_URL")
    with on_server(server) as found:
        found.rebuild(DOCUMENTS)
        yield found
