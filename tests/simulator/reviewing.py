"""Courses that may be one, in a catalogue: pairs to decide on, joined ones, names of societies."""

from datetime import datetime
from typing import Any

from app.catalogue import service
from app.catalogue.document import digest
from app.catalogue.naming import service as naming
from app.catalogue.reviewing import finding, pairs, store
from app.catalogue.reviewing import service as deciding
from app.catalogue.reviewing.service import Word
from app.platform.db import Database

BY = "system:test"


def harvested(
    database: Database, society_id: str, source_id: str, remote_id: str, *, at: datetime,
    **item: Any,
) -> str:  # fmt: skip
    """The course of one harvested item."""
    with database.write() as session:
        taken = service.take(
            session, item, society_id=society_id, source_id=source_id, remote_id=remote_id,
            digest=digest(item), at=at,
        )  # fmt: skip
    assert taken.course_id, taken.issues
    return taken.course_id


def two(database: Database, society_id: str, number: int, *, at: datetime) -> tuple[str, str]:
    """Two courses of one society from two sources that may be one."""
    word = "".join("abcdefghij"[int(digit)] for digit in str(number)) * 4
    titles = (f"Inspection of {word} bridges", f"Inspection of {word} bridge")
    left, right = (
        harvested(
            database, society_id, f"feed-{place}", str(number), at=at,
            title={"en": title}, metadata_language="en", level="basic",
        )
        for place, title in enumerate(titles)
    )  # fmt: skip
    return left, right


def newest_pair(database: Database, *, at: datetime) -> str:
    """Look for likes; gives the pair that was found last."""
    finding.look_at_all(database, at=at)
    with database.read() as session:
        found = pairs.queue(session, kind=None, society_id=None, after=None, limit=1000)
    return max(one.id for one in found)


def refuse(database: Database, suggestion_id: str, *, at: datetime) -> str:
    with database.write() as session:
        found = deciding.get_suggestion(session, suggestion_id)
        return deciding.never(session, deciding.found_of(found), Word(BY, at)).id


def joined(database: Database, society_id: str, number: int, *, at: datetime) -> tuple[str, str]:
    """A course of two source records, and the id of one of these."""
    two(database, society_id, number, at=at)
    suggestion_id = newest_pair(database, at=at)
    with database.write() as session:
        found = deciding.get_suggestion(session, suggestion_id)
        made = deciding.accept(session, deciding.found_of(found), Word(BY, at))
        assert made.kept_course
        return made.kept_course, store.records_of(session, made.kept_course)[0]


def alias(database: Database, society_id: str, number: int, *, at: datetime) -> str:
    with database.write() as session:
        return naming.add(session, society_id, "name", f"Name {number}", by=BY, at=at).id
