from collections.abc import Iterator
from pathlib import Path

import pytest

from app.search import SearchIndex
from tests.conftest import STACK, skip_or_fail
from tests.simulator.search import DOCUMENTS, embedded, on_server

collect_ignore = (
    [
        "test_meilisearch_connection.py",
        "test_meilisearch_documents.py",
        "test_meilisearch_keys.py",
        "test_meilisearch_parts.py",
        "test_meilisearch_rebuilds.py",
        "test_meilisearch_settings.py",
        "test_meilisearch_words.py",
    ]
    if STACK == "small"
    else []
)
SPREAD = [1] if STACK == "small" else [1, 3]
"""Over how many indexes the courses are; the embedded engine has one."""


def _spread(count: int) -> str:
    return f"{count}-parts" if count > 1 else "whole"


@pytest.fixture(params=SPREAD, ids=_spread)
def empty_index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchIndex]:
    """An index nobody has written to, on the stack that is being tested."""
    if STACK == "small":
        with embedded(tmp_path) as index:
            yield index
        return
    server = request.getfixturevalue("meilisearch_server")
    if server is None:
        skip_or_fail("no Meilisearch: install npm or set MEILI_URL")
    with on_server(server, indexes=request.param) as index:
        yield index


@pytest.fixture(scope="module", params=SPREAD, ids=_spread)
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
    with on_server(server, indexes=request.param) as found:
        found.rebuild(DOCUMENTS)
        yield found
