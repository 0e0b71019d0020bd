"""Which courses are one course in several languages, as people decided.

Decisions are on pairs of source records; a course keeps the ids of its translations beside its
data, so that whoever reads it need not look for them.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED, store
from app.catalogue.reviewing import store as reviews
from app.platform.outbox import publish

MOST = 40
"""Courses in one group of translations; the Union has 24 official languages."""


def refresh(session: Session, course_ids: Iterable[str], *, at: datetime) -> None:
    """Write anew what each of these, and each that they were or are linked with, is linked to."""
    left = {one for one in course_ids if one}
    left |= reviews.linked_with(session, left)
    while left:
        group, original = group_of(session, left.pop())
        left -= group
        _write(session, group, original, at=at)


def group_of(session: Session, course_id: str) -> tuple[frozenset[str], str]:
    """The course with all its translations, those of translations too, and the original.

    The original is what a person said it is; else the course that was here first.
    """
    group, fresh, named = {course_id}, {course_id}, ""
    while fresh and len(group) < MOST:
        pairs = reviews.translation_pairs(session, fresh)
        named = named or next((one for *_, one in pairs if one), "")
        fresh = {one for left, right, _ in pairs for one in (left, right)} - group
        group |= fresh
    return frozenset(group), named or reviews.oldest(session, group)


def _write(session: Session, group: Collection[str], original: str, *, at: datetime) -> None:
    for course_id in sorted(group):
        row = reviews.course(session, course_id)
        others = sorted(set(group) - {course_id})
        of = original if others and original != course_id else None
        if (list(row.translations), row.translation_of) != (others, of):
            store.update_course(
                session, course_id, translations=others, translation_of=of,
                version=row.version + 1, modified_at=at,
            )  # fmt: skip
            publish(session, COURSE_CHANGED, [course_id], at=at)
    session.expire_all()
