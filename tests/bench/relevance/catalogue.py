"""The shared real catalogues as search documents, harvested once and kept beside other caches.

The node's own run loop brings in every recorded feed, the catalogue merges them, and
``project.document`` makes of each course what an index is given. The documents are kept as JSON
lines outside the repository: the texts are other people's, and only run against.
"""

import json
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from app.catalogue import service
from app.platform.db import Database
from app.search import Document
from app.search.project import document
from migrations import upgrade
from tests.bench.harvest.feeds import Harvest, brought
from tests.bench.harvest.recorded import NotAFeed
from tests.servers import CACHE

KEPT = CACHE / "relevance"
AT = datetime(2026, 11, 1, tzinfo=UTC)
"""Which runs are to come is decided as of this day, so that a figure can be had again."""

PAGE = 500


@dataclass(frozen=True, slots=True)
class Judged:
    """A course to be found: the document, and the keys that name it whatever its id is here.

    A key is ``folder/file#remote id``; a course merged from several records has several.
    """

    keys: tuple[str, ...]
    document: Document


class NoFeeds(Exception):
    """The recorded feeds are not there."""


def courses(feeds: Path, kept: Path) -> list[Judged]:
    """Every course of the feeds, harvested if that has not been done yet. Raises ``NoFeeds``."""
    lines = kept / "courses.jsonl"
    if not lines.exists():
        if not feeds.is_dir():
            raise NoFeeds(f"There are no recorded feeds in {feeds}; name their folder by --feeds.")
        kept.mkdir(parents=True, exist_ok=True)
        draft = lines.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as file:
            for one in _harvested(feeds):
                told = {"keys": one.keys, "document": one.document}
                file.write(json.dumps(told, ensure_ascii=False) + "\n")
        draft.replace(lines)
    with lines.open(encoding="utf-8") as file:
        read = [json.loads(line) for line in file]
    return [Judged(tuple(one["keys"]), one["document"]) for one in read]


def _harvested(feeds: Path) -> Iterator[Judged]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'node.sqlite3'}"
        upgrade(url)
        database = Database.open(url)
        named: dict[str, str] = {}
        for number, _, one in brought(Harvest(feeds, database), feeds, ()):
            if not isinstance(one, NotAFeed):
                named[f"feed-{number}"] = f"{one.folder}/{one.name}"
        yield from _projected(database, named)
        database.close()


def _projected(database: Database, named: dict[str, str]) -> Iterator[Judged]:
    after: str | None = None
    while True:
        with database.read() as session:
            societies = {one.id: one for one in service.list_societies(session)}
            ids = service.iter_course_ids(session, after=after, limit=PAGE)
            found = service.get_courses(session, ids)
        if not ids:
            return
        for course in found:
            keys = sorted(f"{named[one.source_id]}#{one.remote_id}" for one in course.sources)
            yield Judged(tuple(keys), document(course, society=societies[course.society_id], at=AT))
        after = ids[-1]
