"""Connections to a server: one that hangs is left."""

import pytest

from app.search.meili.server import Refused, Server
from tests.conftest import skip_or_fail

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
