"""Who told what of one course, and when: what its page and the API say beside its data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.model import Course
from app.catalogue.overriding import store as overriding
from app.catalogue.overriding.model import Written
from app.catalogue.tables import SourceRecordRow


@dataclass(frozen=True, slots=True)
class Heard:
    """How and when a source told of a course."""

    pushed: bool
    first_seen: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """Of each source record how and when it came, and what editors wrote over them."""

    records: Mapping[str, Heard]
    overrides: Sequence[Written]


def of_course(session: Session, course: Course) -> Told:
    rows = session.execute(
        select(
            SourceRecordRow.id,
            SourceRecordRow.pushed,
            SourceRecordRow.created_at,
            SourceRecordRow.changed_at,
        ).where(SourceRecordRow.id.in_([one.source_record_id for one in course.sources]))
    )
    records = {row.id: Heard(row.pushed, row.created_at, row.changed_at) for row in rows}
    return Told(records, overriding.written(session, course.id))
