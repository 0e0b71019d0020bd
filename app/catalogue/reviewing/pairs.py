"""Queries and writes of the search for like courses. Takes a session, never commits."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    and_,
    bindparam,
    delete,
    insert,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import Session, aliased

from app.catalogue import document
from app.catalogue.model import CourseData, Status
from app.catalogue.reviewing.model import Found, Kind, Suggestion, Verdict
from app.catalogue.reviewing.tables import (
    MatchBlockRow,
    MatchDecisionRow,
    MatchProfileRow,
    MatchSuggestionRow,
)
from app.catalogue.reviewing.traits import Profile, blocks
from app.catalogue.tables import CourseRow, SourceRecordRow
from app.platform.ids import new_id

_AT_ONCE = 500
_INSERT_PROFILES = insert(MatchProfileRow)
_INSERT_BLOCKS = insert(MatchBlockRow)


@dataclass(frozen=True, slots=True)
class Changed:
    """A source record that is new or differs."""

    id: str
    source_id: str
    society_id: str
    remote_id: str
    pushed: bool
    live: bool
    data: CourseData
    changed_at: datetime


class Paired(Protocol):
    """Whatever names two records."""

    @property
    def record_a(self) -> str: ...
    @property
    def record_b(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Where:
    """Of which courses some records are, and from which sources those courses come."""

    course: dict[str, str] = field(default_factory=dict)
    """By record: live ones of courses on offer, those asked for and all others of their courses."""
    sources: dict[str, set[str]] = field(default_factory=dict)

    @property
    def records(self) -> list[str]:
        return list(self.course)

    def courses(self) -> set[str]:
        return set(self.course.values())

    def pair(self, one: Paired) -> tuple[str, str]:
        """The two courses, the lesser id first."""
        low, high = sorted((self.course[one.record_a], self.course[one.record_b]))
        return low, high


def due(session: Session, *, limit: int) -> list[Changed]:
    """The next records whose likes are to be looked for."""
    rows = session.execute(
        select(
            SourceRecordRow.id,
            SourceRecordRow.source_id,
            SourceRecordRow.society_id,
            SourceRecordRow.remote_id,
            SourceRecordRow.pushed,
            SourceRecordRow.status,
            SourceRecordRow.data,
            SourceRecordRow.changed_at,
        )
        .where(SourceRecordRow.search_due)
        .order_by(SourceRecordRow.id)
        .limit(limit)
    )
    return [
        Changed(
            id=row.id,
            source_id=row.source_id,
            society_id=row.society_id,
            remote_id=row.remote_id,
            pushed=row.pushed,
            live=row.status == Status.ACTIVE,
            data=document.from_json(row.data),
            changed_at=row.changed_at,
        )
        for row in rows
    ]


def keep(session: Session, record_ids: Collection[str], profiles: Iterable[Profile]) -> None:
    """Replace what is compared of these records; those without a profile are compared no more."""
    for table in (MatchBlockRow, MatchProfileRow):
        session.execute(
            delete(table)
            .where(table.source_record_id.in_(record_ids))
            .execution_options(synchronize_session=False)
        )
    kept = list(profiles)
    if not kept:
        return
    session.connection().execute(
        _INSERT_PROFILES,
        [
            {"source_record_id": one.record_id, "provider": one.provider, "data": one.to_json()}
            for one in kept
        ],
    )
    session.connection().execute(
        _INSERT_BLOCKS,
        [
            {"block": each, "source_record_id": one.record_id}
            for one in kept
            for each in blocks(one)
        ],
    )


def members(session: Session, numbers: Sequence[int], *, most: int) -> list[list[str]]:
    """The records of each block, no more than ``most`` of each."""
    if not numbers:
        return []
    given = {f"block_{n}": number for n, number in enumerate(numbers)}
    rows = session.connection().execute(_members(len(numbers)), {**given, "most": most})
    found: dict[int, list[str]] = {}
    for number, record_id in rows:
        found.setdefault(number, []).append(record_id)
    return list(found.values())


@lru_cache(maxsize=128)
def _members(blocks: int) -> CompoundSelect[int, str]:
    """The query for so many blocks; building it takes longer than the database takes to answer."""
    return union_all(
        *(
            select(
                select(MatchBlockRow.block, MatchBlockRow.source_record_id)
                .where(MatchBlockRow.block == bindparam(f"block_{n}"))
                .limit(bindparam("most"))
                .subquery()
            )
            for n in range(blocks)
        )
    )


def profiles(session: Session, record_ids: Collection[str]) -> dict[str, Profile]:
    made: dict[str, Profile] = {}
    for some in _some(record_ids):
        rows = session.execute(
            select(MatchProfileRow.source_record_id, MatchProfileRow.data).where(
                MatchProfileRow.source_record_id.in_(some)
            )
        )
        made.update({record_id: Profile.from_json(data) for record_id, data in rows})
    return made


def where(session: Session, record_ids: Collection[str]) -> Where:
    """Where these records are, and the others of their courses."""
    made = Where()
    beside = aliased(SourceRecordRow)
    for some in _some(record_ids):
        rows = session.execute(
            select(SourceRecordRow.id, SourceRecordRow.course_id, SourceRecordRow.source_id)
            .join(beside, beside.course_id == SourceRecordRow.course_id)
            .join(CourseRow, CourseRow.id == SourceRecordRow.course_id)
            .where(
                beside.id.in_(some),
                SourceRecordRow.status == Status.ACTIVE,
                CourseRow.status == Status.ACTIVE,
            )
            .distinct()
        )
        for record_id, course_id, source_id in rows:
            made.course[record_id] = course_id
            made.sources.setdefault(course_id, set()).add(source_id)
    return made


def decided(session: Session, course_ids: Collection[str]) -> set[tuple[str, str]]:
    """The pairs of courses that somebody said are never one, or are one in two languages."""
    a, b = aliased(SourceRecordRow), aliased(SourceRecordRow)
    made: set[tuple[str, str]] = set()
    for some in _some(course_ids):
        rows = session.execute(
            select(a.course_id, b.course_id)
            .select_from(MatchDecisionRow)
            .join(a, a.id == MatchDecisionRow.record_a)
            .join(b, b.id == MatchDecisionRow.record_b)
            .where(
                MatchDecisionRow.verdict.in_([Verdict.NEVER, Verdict.TRANSLATION]),
                MatchDecisionRow.lifted_at.is_(None),
                or_(a.course_id.in_(some), b.course_id.in_(some)),
            )
        )
        made |= {(min(pair), max(pair)) for pair in rows}
    return made


def open_of(session: Session, record_ids: Iterable[str]) -> list[Suggestion]:
    """The pairs in the queue that one of these records is in."""
    made: dict[str, Suggestion] = {}
    for some in _some(record_ids):
        a, b = MatchSuggestionRow.record_a, MatchSuggestionRow.record_b
        made.update({one.id: one for one in _listed(session, or_(a.in_(some), b.in_(some)))})
    return list(made.values())


def _listed(
    session: Session, *conditions: ColumnElement[bool], limit: int | None = None
) -> list[Suggestion]:
    a, b = aliased(SourceRecordRow), aliased(SourceRecordRow)
    query = (
        select(MatchSuggestionRow, a.course_id, b.course_id)
        .join(a, a.id == MatchSuggestionRow.record_a)
        .join(b, b.id == MatchSuggestionRow.record_b)
        .order_by(MatchSuggestionRow.score.desc(), MatchSuggestionRow.id)
        .limit(limit)
    )
    for condition in conditions:
        query = query.where(condition)
    return [_suggestion(row, left, right) for row, left, right in session.execute(query)]


def queue(
    session: Session,
    *,
    kind: Kind | None,
    society_id: str | None,
    after: tuple[int, str] | None,
    limit: int,
) -> list[Suggestion]:
    """What waits for a person, the likeliest first, after a score and id.

    With ``society_id`` only pairs that are wholly of that society's own courses and sources.
    """
    a, b = aliased(SourceRecordRow), aliased(SourceRecordRow)
    query = (
        select(MatchSuggestionRow, a.course_id, b.course_id)
        .join(a, a.id == MatchSuggestionRow.record_a)
        .join(b, b.id == MatchSuggestionRow.record_b)
        .where(
            a.course_id != b.course_id,
            a.status == Status.ACTIVE,
            b.status == Status.ACTIVE,
        )
    )
    if kind is not None:
        query = query.where(MatchSuggestionRow.kind == kind)
    if society_id is not None:
        strange = select(SourceRecordRow.id).where(
            or_(SourceRecordRow.course_id == a.course_id, SourceRecordRow.course_id == b.course_id),
            SourceRecordRow.society_id != society_id,
        )
        query = query.where(
            a.society_id == society_id, b.society_id == society_id, ~strange.exists()
        )
    if after is not None:
        score, last = after
        query = query.where(
            or_(
                MatchSuggestionRow.score < score,
                and_(MatchSuggestionRow.score == score, MatchSuggestionRow.id > last),
            )
        )
    rows = session.execute(
        query.order_by(MatchSuggestionRow.score.desc(), MatchSuggestionRow.id).limit(limit)
    )
    return [_suggestion(row, left, right) for row, left, right in rows]


def get(session: Session, suggestion_id: str) -> Suggestion | None:
    return next(iter(_listed(session, MatchSuggestionRow.id == suggestion_id)), None)


def drop(session: Session, suggestion_ids: Collection[str]) -> None:
    for some in _some(suggestion_ids):
        session.execute(
            delete(MatchSuggestionRow)
            .where(MatchSuggestionRow.id.in_(some))
            .execution_options(synchronize_session=False)
        )


def suggest(session: Session, found: Sequence[Found], *, at: datetime) -> None:
    """Put pairs into the queue; one that is there already keeps its place and its id."""
    if not found:
        return
    concerned = {one.record_a for one in found}
    there: dict[tuple[str, str, Kind], str] = {}
    for some in _some(concerned):
        rows = session.execute(
            select(
                MatchSuggestionRow.id,
                MatchSuggestionRow.record_a,
                MatchSuggestionRow.record_b,
                MatchSuggestionRow.kind,
            ).where(MatchSuggestionRow.record_a.in_(some))
        )
        there.update({(a, b, Kind(kind)): one for one, a, b, kind in rows})
    fresh = []
    for pair in found:
        values: Mapping[str, object] = {"score": pair.score, "evidence": list(pair.evidence)}
        known = there.get((pair.record_a, pair.record_b, pair.kind))
        if known is not None:
            session.execute(
                update(MatchSuggestionRow).where(MatchSuggestionRow.id == known).values(**values)
            )
            continue
        fresh.append(
            {
                "id": new_id(),
                "record_a": pair.record_a,
                "record_b": pair.record_b,
                "kind": str(pair.kind),
                "found_at": at,
                **values,
            }
        )
    if fresh:
        session.execute(insert(MatchSuggestionRow), fresh)


def done(session: Session, changed: Sequence[Changed]) -> None:
    """Take the marks away, save where a record changed once more in the meantime."""
    for moment in {one.changed_at for one in changed}:
        session.execute(
            update(SourceRecordRow)
            .where(
                SourceRecordRow.id.in_([one.id for one in changed if one.changed_at == moment]),
                SourceRecordRow.changed_at == moment,
            )
            .values(search_due=False)
            .execution_options(synchronize_session=False)
        )


def _suggestion(row: MatchSuggestionRow, left: str, right: str) -> Suggestion:
    return Suggestion(
        id=row.id,
        record_a=row.record_a,
        record_b=row.record_b,
        course_a=left,
        course_b=right,
        kind=Kind(row.kind),
        score=row.score,
        evidence=tuple(row.evidence),
        found_at=row.found_at,
    )


def _some(ids: Iterable[str]) -> Iterator[list[str]]:
    """A few at a time: a query can name only so many."""
    left = list(ids)
    for start in range(0, len(left), _AT_ONCE):
        yield left[start : start + _AT_ONCE]
