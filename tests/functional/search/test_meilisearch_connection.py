"""Connections to a server: one that hangs is left; a server that is started anew is met again."""

import threading
from collections.abc import Iterator

import pytest

from app.search import Document, SearchUnavailable
from app.search.meili import MeilisearchIndex
from app.search.meili.server import Refused, Server
from tests import servers
from tests.conftest import skip_or_fail
from tests.servers import MEILI_KEY
from tests.simulator.search import DOCUMENTS, query

pytestmark = pytest.mark.stack


def test_a_request_that_nobody_reads_does_not_hang_the_next_one(
    meilisearch_server: tuple[str, str] | None,
) -> None:
    if meilisearch_server is None:
        skip_or_fail("no Meilisearch: install npm or set MEILI_URL")
    server = Server(*meilisearch_server)
    for _ in range(10):  # without leaving the connection most of these wait in vain
        with pytest.raises(Refused):
            server.ask("/no-such-route", {"q": "x" * 20_000})
        assert server.ask("/multi-search", {"queries": []}) == {"results": []}
    server.close()


def test_answers_are_asked_for_unpacked(meilisearch_server: tuple[str, str] | None) -> None:
    if meilisearch_server is None:
        skip_or_fail("no Meilisearch: install npm or set MEILI_URL")
    server = Server(*meilisearch_server)
    sent = server.client.http.headers, server.pool.headers
    assert [headers["Accept-Encoding"] for headers in sent] == ["identity", "identity"]
    server.close()


@pytest.mark.slow
def test_a_rebuild_outlives_a_server_that_is_killed_and_started_anew() -> None:
    with servers.killable_meilisearch() as server:
        if server is None:
            skip_or_fail("no Meilisearch: install npm or set MEILI_URL")
        server.start()
        index = MeilisearchIndex(server.url, MEILI_KEY)
        index.ensure()
        index.rebuild(DOCUMENTS[:7])
        back = threading.Thread(target=server.start)

        def some() -> Iterator[Document]:
            yield from DOCUMENTS[:12]
            server.kill()
            with pytest.raises(SearchUnavailable, match="cannot be reached"):
                index.search(query())
            assert not index.health().ok
            back.start()
            yield from DOCUMENTS[12:]

        assert index.rebuild(some()) == len(DOCUMENTS)
        back.join()
        assert index.search(query()).total == len(DOCUMENTS)
        assert index.health().ok
        index.close()
