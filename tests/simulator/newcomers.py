"""A catalogue that courses join, change in and leave, with the index that follows it."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from app.catalogue import service
from app.platform.db import Database
from app.search import SearchIndex
from app.search.indexer import drain
from tests.simulator.catalogue import SOCIETIES


@dataclass
class Newcomers:
    """``add`` and ``edit`` return the course's id; what they do is searchable afterwards."""

    database: Database
    index: SearchIndex
    at: datetime
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.database.write() as session:
            for society in SOCIETIES:
                service.add_society(session, society, at=self.at)
        self.index.ensure()
        self.index.rebuild(())

    def add(self, name: str, heading: str, *, at: datetime, **more: Any) -> str:
        """Take a course in, or take it again with what changed."""
        self.take(name, heading, at=at, **more)
        self.follow(at=at)
        return self.ids[name]

    edit = add

    def take(self, name: str, heading: str, *, at: datetime, **more: Any) -> None:
        """Take a course in, before the index has followed."""
        course = {
            "title": {"en": heading},
            "url": f"https://lakeside.example/courses/{name}",
            "summary": {"en": f"All about it: {heading}"},
            "kind": "course",
            "teaching_languages": ["en"],
            "delivery": ["onsite"],
            "subjects": [name],
            **more,
        }
        with self.database.write() as session:
            taken = service.take(
                session,
                course,
                society_id="lakeside",
                source_id="lakeside-feed",
                remote_id=name,
                digest=sha256(f"{heading}{at}".encode()).hexdigest(),
                at=at,
            )
        assert taken.course_id, taken.issues
        self.ids[name] = taken.course_id

    def follow(self, *, at: datetime) -> None:
        """Let the index follow."""
        drain(self.database, self.index, at=at)
