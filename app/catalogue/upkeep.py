"""Keep a course the sum of its live source records, and tell the others when it changes.

Used by ``service`` alone, inside the caller's transaction and under ``store.lock_matching``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED, document, matching, merging, quality, store
from app.catalogue.merging import Merged, Override, Part
from app.catalogue.model import CourseData, SourceRef, Status
from app.catalogue.overriding import store as overriding
from app.platform.ids import new_id
from app.platform.outbox import publish


def take_new(
    session: Session,
    columns: Mapping[str, Any],
    data: CourseData,
    keys: tuple[str, ...],
    *,
    source_id: str,
    remote_id: str,
    at: datetime,
) -> str:
    """Enter a source record that is new, and the course with it if that is new too."""
    record_id, society_id = new_id(), str(columns["society_id"])
    found = (
        store.candidates(
            session, keys, source_id=source_id, society_id=society_id, pushed=columns["pushed"]
        )
        if keys
        else []
    )
    known_course = matching.choose(keys, found)
    record = {"id": record_id, "source_id": source_id, "remote_id": remote_id, "created_at": at}
    if known_course is not None:
        store.insert_record(session, course_id=known_course, **record, **columns)
        store.insert_keys(session, record_id, keys)
        refresh(session, known_course, at=at)
        return known_course
    course_id = new_id()
    part = Part(record_id, society_id, data, (at, source_id, remote_id), columns["pushed"])
    ref = SourceRef(record_id, source_id, society_id, remote_id)
    state = _state([(part, ref)], course_id=course_id, society_id=society_id)
    enter(session, course_id, society_id, state.columns, at=at)
    store.insert_record(session, course_id=course_id, **record, **columns)
    store.insert_keys(session, record_id, keys)
    _tell(session, course_id, state.merged, at=at)
    return course_id


def enter(
    session: Session, course_id: str, society_id: str, columns: Mapping[str, Any], *, at: datetime
) -> None:
    """Write the row of a course that is new."""
    store.insert_course(
        session, id=course_id, society_id=society_id, version=1, created_at=at, modified_at=at,
        **columns,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _State:
    """What a course is with the source records it has."""

    merged: Merged
    columns: dict[str, Any]


def _state(
    live: Sequence[tuple[Part, SourceRef]],
    *,
    course_id: str,
    society_id: str,
    overrides: Iterable[Override] = (),
) -> _State:
    parts = [part for part, _ in live]
    merged = merging.merge(parts, course_id=course_id, society_id=society_id)
    merged = merging.overridden(merged, overrides)
    data = document.to_json(merged.data)
    sources = sorted((asdict(ref) for _, ref in live), key=lambda ref: ref["source_record_id"])
    points, missing = quality.score(merged.data)
    columns = {
        "status": str(Status.ACTIVE),
        "data": data,
        "sources": sources,
        "quality": points,
        "missing": list(missing),
        "digest": document.digest(data, sources, dict(merged.provenance)),
    }
    return _State(merged, columns)


def refresh(session: Session, course_id: str, *, at: datetime) -> bool:
    """Merge the course's live records anew; says whether anything that can be seen differs."""
    row = store.course_row(session, course_id)
    if row is None:
        raise RuntimeError(f"a source record points to course {course_id}, which is not there")
    live = counting(session, course_id)
    if not live:
        if row.status == Status.WITHDRAWN:
            return False
        return _set_withdrawn(session, course_id, version=row.version, at=at)
    overrides = overriding.of_course(session, course_id) if row.overridden else ()
    state = _state(live, course_id=course_id, society_id=row.society_id, overrides=overrides)
    if state.columns["digest"] == row.digest and row.status == Status.ACTIVE:
        return False
    store.update_course(
        session, course_id, version=row.version + 1, modified_at=at, **state.columns
    )
    store.delete_levels(session, course_id)
    _tell(session, course_id, state.merged, at=at)
    return True


def counting(session: Session, course_id: str) -> list[tuple[Part, SourceRef]]:
    """The source records that a course is made of, each with the fields that count."""
    known = store.parts(session, course_id)
    heard = {part.source_record_id: part for part in merging.heard([part for part, _ in known])}
    return [(heard[ref.source_record_id], ref) for _, ref in known if ref.source_record_id in heard]


def _set_withdrawn(session: Session, course_id: str, *, version: int, at: datetime) -> bool:
    store.update_course(
        session, course_id, status=str(Status.WITHDRAWN), version=version + 1, modified_at=at
    )
    publish(session, COURSE_CHANGED, [course_id], at=at)
    return True


def _tell(session: Session, course_id: str, merged: Merged, *, at: datetime) -> None:
    """Write the rows below the course, and say that it changed."""
    store.insert_levels(session, course_id, data=merged.data, provenance=merged.provenance)
    publish(session, COURSE_CHANGED, [course_id], at=at)
