"""Keep a course the sum of its live source records, and tell the others when it changes.

Used by ``service`` alone, inside the caller's transaction and under ``store.lock_matching``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED, document, merging, quality, store
from app.catalogue.merging import Merged, Override, Part
from app.catalogue.model import CourseData, SourceRef, Status
from app.catalogue.overriding import store as overriding
from app.platform.ids import new_id
from app.platform.outbox import publish


def new_course(
    rows: store.NewRows, record: Mapping[str, Any], data: CourseData, *, at: datetime
) -> str:
    """Make a course of one source record that is new, both of which are yet to be written."""
    course_id, society_id = new_id(), str(record["society_id"])
    source_id, remote_id = str(record["source_id"]), str(record["remote_id"])
    part = Part(record["id"], society_id, data, (at, source_id, remote_id), record["pushed"])
    ref = SourceRef(record["id"], source_id, society_id, remote_id)
    state = _state([(part, ref)], course_id=course_id, society_id=society_id)
    add_course(rows, course_id, society_id, state.columns, at=at)
    rows.add_levels(course_id, data=state.merged.data, provenance=state.merged.provenance)
    return course_id


def enter(
    session: Session, course_id: str, society_id: str, columns: Mapping[str, Any], *, at: datetime
) -> None:
    """Write the row of a course that is new."""
    rows = store.NewRows()
    add_course(rows, course_id, society_id, columns, at=at)
    store.write(session, rows)


def add_course(
    rows: store.NewRows, course_id: str, society_id: str, columns: Mapping[str, Any], *,
    at: datetime,
) -> None:  # fmt: skip
    """A course that is new; of its columns what ``_state`` gives."""
    texts = {name: document.as_text(columns[name]) for name in ("data", "sources", "missing")}
    row = {"id": course_id, "society_id": society_id, "version": 1, "created_at": at}
    rows.courses.append({**row, "modified_at": at, **columns, **texts})


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
    sources = sorted((_as_json(ref) for _, ref in live), key=lambda ref: ref["source_record_id"])
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


def _as_json(ref: SourceRef) -> dict[str, str]:
    return {
        "source_record_id": ref.source_record_id,
        "source_id": ref.source_id,
        "society_id": ref.society_id,
        "remote_id": ref.remote_id,
    }


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
