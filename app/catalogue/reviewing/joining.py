"""Moving source records from course to course: two courses become one, one becomes two.

Inside the caller's transaction and under ``store.lock_matching``. The id of a course that was
merged leads to the one that remains, in one step and for ever: whoever holds it, such as a
completion, finds the course. It comes back to life when its records are parted again.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED, store, upkeep
from app.catalogue.model import Status
from app.catalogue.overriding import store as overriding
from app.catalogue.reviewing import links
from app.catalogue.reviewing import store as reviews
from app.platform.ids import new_id
from app.platform.outbox import publish


def join(session: Session, *, keep: str, gone: str, at: datetime) -> Sequence[str]:
    """Make one course of two; gives the ids of the source records that moved.

    1. The records move, and what was merged into the one that goes is led on.
    2. The one that goes is withdrawn, its levels with it; what editors wrote moves along.
    3. The one that remains is merged anew.
    4. Translations of either are those of the one that remains.
    """
    # 1
    moved = reviews.records_of(session, gone)
    reviews.move_records(session, moved, course_id=keep)
    reviews.lead_on(session, before=gone, now=keep)
    # 2
    overriding.move(session, source=gone, target=keep)
    went, remains = reviews.course(session, gone), reviews.course(session, keep)
    store.delete_levels(session, gone)
    store.update_course(
        session, gone, merged_into=keep, status=str(Status.WITHDRAWN), version=went.version + 1,
        modified_at=at, translations=[], translation_of=None, overridden=False,
    )  # fmt: skip
    publish(session, COURSE_CHANGED, [gone], at=at)
    if went.overridden and not remains.overridden:
        store.update_course(session, keep, overridden=True)
    session.expire_all()
    # 3
    upkeep.refresh(session, keep, at=at)
    # 4
    links.refresh(session, [keep], at=at)
    return moved


def part(
    session: Session, record_ids: Collection[str], *, back_to: str | None, at: datetime
) -> str:
    """Take source records out of their course; gives the course that they are now.

    ``back_to`` is the course they were merged from, which takes its own id again if that still
    leads to where they are; else they become a course that is new.
    """
    before = reviews.courses_of(session, record_ids)
    revived = back_to and reviews.merged_into(session, back_to) in before
    course_id = back_to if back_to and revived else new_id()
    society_id = reviews.first_society(session, record_ids)
    if revived:
        store.update_course(session, course_id, merged_into=None)
    else:
        _enter(session, course_id, society_id, at=at)
    reviews.move_records(session, record_ids, course_id=course_id)
    session.expire_all()
    for one in (course_id, *before):
        upkeep.refresh(session, one, at=at)
    links.refresh(session, [course_id, *before], at=at)
    return course_id


def _enter(session: Session, course_id: str, society_id: str, *, at: datetime) -> None:
    """A course that is nothing yet: its source records come next."""
    columns = {
        "status": str(Status.WITHDRAWN),
        "data": {"title": {}},
        "sources": [],
        "quality": 0,
        "missing": [],
        "digest": "",
    }
    upkeep.enter(session, course_id, society_id, columns, at=at)
