"""A search index of the stack that is being tested: the embedded one, or a real Meilisearch."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import meilisearch

from app.platform.ids import new_id
from app.search import Document, Query, SearchIndex
from app.search.embedded import EmbeddedIndex
from app.search.meili import MeilisearchIndex
from app.search.project import document
from tests.simulator.courses import AT, COURSES, SOCIETIES

DOCUMENTS: tuple[Document, ...] = tuple(
    document(course, society=SOCIETIES[course.society_id], at=AT) for course in COURSES
)


def ask(index: SearchIndex, text: str = "", **more: object) -> list[str]:
    """Ids of the hits; keyword arguments are filters, or fields of ``Query``."""
    return [hit.id for hit in index.search(query(text, **more)).hits]


def query(text: str = "", **more: object) -> Query:
    given = {"page": 1, "per_page": 50, **more}
    own = {field.name: given.pop(field.name) for field in fields(Query) if field.name in given}
    filters = {name: (value,) if isinstance(value, str) else value for name, value in given.items()}
    return Query(text, filters, **own)  # type: ignore[arg-type]


@contextmanager
def embedded(folder: Path) -> Iterator[EmbeddedIndex]:
    index = EmbeddedIndex(folder / "index")
    index.ensure()
    yield index
    index.close()


@contextmanager
def on_server(
    server: tuple[str, str], *, indexes: int = 1, uid: str = ""
) -> Iterator[MeilisearchIndex]:
    """An index of its own on a shared server, deleted afterwards."""
    url, key = server
    uid = uid or f"test-{new_id()}"
    index = MeilisearchIndex(url, key, uid, indexes=indexes, look_seconds=0.05)
    index.ensure()
    yield index
    index.close()
    client = meilisearch.Client(url, key)
    for each in client.get_indexes({"limit": 1000})["results"]:
        if each.uid.startswith(uid):
            client.delete_index(each.uid)
