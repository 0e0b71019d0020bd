"""Queries and writes of the catalogue. Takes a session, never commits, decides nothing."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from typing import cast as typed

from sqlalchemy import (
    Row,
    Table,
    Text,
    Update,
    bindparam,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from app.catalogue import document
from app.catalogue.matching import Candidate
from app.catalogue.merging import Part
from app.catalogue.model import (
    MANUAL,
    Brief,
    Course,
    CourseData,
    CourseRun,
    Offer,
    Origin,
    Society,
    SourceRef,
    Status,
)
from app.catalogue.tables import (
    CourseRow,
    CourseRunRow,
    FieldProvenanceRow,
    MatchKeyRow,
    OfferRow,
    SocietyRow,
    SourceRecordRow,
)
from app.platform import bulk
from app.platform.db import Base

_MATCHING_LOCK = 0x6370645F6D617463
_RUN_COLUMNS = tuple(
    column.name
    for column in CourseRunRow.__table__.columns
    if column.name not in {"course_id", "position"}
)

# Built once, of tables and not of their classes: building a statement, or letting the session look
# after rows that nobody will touch again, costs more than the database takes to write them.
_RECORDS = select(
    SourceRecordRow.remote_hash,
    SourceRecordRow.id,
    SourceRecordRow.course_id,
    SourceRecordRow.status,
    SourceRecordRow.digest,
    SourceRecordRow.normaliser,
).where(
    SourceRecordRow.source_id == bindparam("source_id"),
    SourceRecordRow.remote_hash.in_(bindparam("hashes", expanding=True)),
)
_SHARING_PUSHED = (
    select(MatchKeyRow.key, SourceRecordRow.course_id)
    .join(SourceRecordRow, SourceRecordRow.id == MatchKeyRow.source_record_id)
    .where(
        MatchKeyRow.key.in_(bindparam("keys", expanding=True)),
        SourceRecordRow.society_id == bindparam("society_id"),
    )
    .distinct()
)
_SHARING = (
    select(MatchKeyRow.key, SourceRecordRow.course_id)
    .join(SourceRecordRow, SourceRecordRow.id == MatchKeyRow.source_record_id)
    .where(
        MatchKeyRow.key.in_(bindparam("keys", expanding=True)),
        or_(
            SourceRecordRow.society_id == bindparam("society_id"), SourceRecordRow.pushed.is_(False)
        ),
    )
    .distinct()
)
_OF_SOURCE = select(SourceRecordRow.course_id).where(
    SourceRecordRow.course_id.in_(bindparam("courses", expanding=True)),
    SourceRecordRow.source_id == bindparam("source_id"),
    SourceRecordRow.status == Status.ACTIVE,
)
_PARTS = select(
    SourceRecordRow.id,
    SourceRecordRow.source_id,
    SourceRecordRow.society_id,
    SourceRecordRow.remote_id,
    SourceRecordRow.data,
    SourceRecordRow.created_at,
    SourceRecordRow.pushed,
    SourceRecordRow.status,
).where(
    SourceRecordRow.course_id == bindparam("of"),
    or_(SourceRecordRow.status == Status.ACTIVE, SourceRecordRow.pushed),
)
_COURSE = select(
    CourseRow.id,
    CourseRow.society_id,
    CourseRow.status,
    CourseRow.version,
    CourseRow.digest,
    CourseRow.overridden,
).where(CourseRow.id == bindparam("of"))
_DELETE_KEYS = delete(MatchKeyRow).where(MatchKeyRow.source_record_id == bindparam("of"))
_DELETE_LEVELS = tuple(
    delete(table).where(table.course_id == bindparam("of"))
    for table in (OfferRow, CourseRunRow, FieldProvenanceRow)
)
_LIVE_VERSIONS = select(CourseRow.id, CourseRow.version).where(
    CourseRow.id.in_(bindparam("ids", expanding=True)), CourseRow.status == Status.ACTIVE
)


def lock_matching(session: Session) -> None:
    """Until the transaction ends, nobody else matches: two sources must not make one course twice.

    SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MATCHING_LOCK})


def insert_society(session: Session, society: Society, *, at: datetime) -> None:
    session.execute(
        insert(SocietyRow).values(
            id=society.id,
            names=dict(society.names),
            country=society.country,
            url=society.url,
            aliases=list(society.aliases),
            created_at=at,
        )
    )


def society(session: Session, society_id: str) -> Society | None:
    return next(iter(_societies(session, society_id)), None)


def set_names(session: Session, society_id: str, names: Mapping[str, str]) -> None:
    session.execute(update(SocietyRow).where(SocietyRow.id == society_id).values(names=dict(names)))


def course_ids_of(session: Session, society_id: str) -> list[str]:
    """The courses of a society, withdrawn ones too."""
    return list(session.scalars(select(CourseRow.id).where(CourseRow.society_id == society_id)))


def societies(session: Session) -> list[Society]:
    return _societies(session, None)


def _societies(session: Session, only: str | None) -> list[Society]:
    query = select(
        SocietyRow.id, SocietyRow.names, SocietyRow.country, SocietyRow.url, SocietyRow.aliases
    ).order_by(SocietyRow.id)
    if only is not None:
        query = query.where(SocietyRow.id == only)
    return [
        Society(id=row.id, names=row.names, country=row.country, url=row.url,
                aliases=tuple(row.aliases))
        for row in session.execute(query)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """What must be known of a source record to see whether its item is as it was."""

    id: str
    course_id: str
    status: str
    digest: str
    normaliser: int


def records(session: Session, *, source_id: str, remote_ids: Iterable[str]) -> dict[str, Known]:
    """The source records of these items, by their ids in the source."""
    by_hash = {remote_hash(one): one for one in remote_ids}
    found = session.connection().execute(
        _RECORDS, {"source_id": source_id, "hashes": list(by_hash)}
    )
    return {by_hash[row.remote_hash]: Known(*row[1:]) for row in found}


def remote_hash(remote_id: str) -> str:
    return hashlib.sha256(remote_id.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class NewRows:
    """Rows of new courses and source records, to be written together."""

    courses: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    offers: list[dict[str, Any]] = field(default_factory=list)
    provenance: list[dict[str, Any]] = field(default_factory=list)

    def add_record(self, keys: Iterable[str], **columns: Any) -> None:
        """A source record and what it may be recognised by; ``data`` is its JSON as text."""
        record_id = columns["id"]
        columns["remote_hash"] = remote_hash(columns["remote_id"])
        self.records.append({**columns, "status": str(Status.ACTIVE)})
        self.add_keys(record_id, keys)

    def add_keys(self, record_id: str, keys: Iterable[str]) -> None:
        self.keys.extend({"source_record_id": record_id, "key": key} for key in dict.fromkeys(keys))

    def add_levels(
        self, course_id: str, *, data: CourseData, provenance: Mapping[str, str]
    ) -> None:
        """The rows below a course: its runs, its offers, where its fields come from."""
        self.offers.extend(_offer(course_id, None, n, one) for n, one in enumerate(data.offers))
        for position, run in enumerate(data.runs):
            self.runs.append(_run(course_id, position, run))
            self.offers.extend(
                _offer(course_id, run.id, n, one) for n, one in enumerate(run.offers)
            )
        self.provenance.extend(
            {
                "course_id": course_id,
                "field": name,
                "source_record_id": None if record_id == MANUAL else record_id,
            }
            for name, record_id in provenance.items()
        )


def write(session: Session, rows: NewRows) -> None:
    """Write the rows, and forget them."""
    for table, new in (
        (CourseRow, rows.courses),
        (SourceRecordRow, rows.records),
        (MatchKeyRow, rows.keys),
        (CourseRunRow, rows.runs),
        (OfferRow, rows.offers),
        (FieldProvenanceRow, rows.provenance),
    ):
        bulk.insert(session, table, new)
        new.clear()


def update_record(session: Session, record_id: str, **columns: Any) -> None:
    _update(session, SourceRecordRow, record_id, columns)


def _update(session: Session, table: type[Base], row_id: str, columns: Mapping[str, Any]) -> None:
    """Set columns of one row, and let go of what the session has loaded of it."""
    values = {f"new_{name}": value for name, value in columns.items()}
    session.connection().execute(_setting(table, tuple(columns)), {"of": row_id, **values})
    loaded = session.identity_map.get(identity_key(table, row_id))
    if loaded is not None:
        session.expire(loaded)


@lru_cache(maxsize=64)
def _setting(table: type[Base], names: tuple[str, ...]) -> Update:
    known = table.__table__.c
    return (
        update(typed(Table, table.__table__))
        .where(known.id == bindparam("of"))
        .values({name: bindparam(f"new_{name}", type_=known[name].type) for name in names})
    )


def replace_keys(session: Session, record_id: str, keys: Iterable[str]) -> None:
    session.connection().execute(_DELETE_KEYS, {"of": record_id})
    rows = NewRows()
    rows.add_keys(record_id, keys)
    write(session, rows)


def candidates(session: Session, keys: Collection[str], *, origin: Origin) -> list[Candidate]:
    """The courses that share a key, and whether they have a live record of this source already.

    Between two societies, only what was harvested from both is compared (``matching``).
    """
    found = (
        session.connection()
        .execute(
            _SHARING_PUSHED if origin.pushed else _SHARING,
            {"keys": list(keys), "society_id": origin.society_id},
        )
        .all()
    )
    if not found:
        return []
    of_this_source = set(
        session.connection().scalars(
            _OF_SOURCE,
            {"courses": list({one for _, one in found}), "source_id": origin.source_id},
        )
    )
    return [Candidate(key, course_id, course_id in of_this_source) for key, course_id in found]


def parts(session: Session, course_id: str) -> list[tuple[Part, SourceRef]]:
    """The live source records of a course, and those that were pushed and taken back."""
    rows = session.connection().execute(_PARTS, {"of": course_id})
    return [
        (
            Part(
                source_record_id=row.id,
                society_id=row.society_id,
                data=document.from_json(row.data),
                age=(row.created_at, row.source_id, row.remote_id),
                pushed=row.pushed,
                live=row.status == Status.ACTIVE,
            ),
            SourceRef(row.id, row.source_id, row.society_id, row.remote_id),
        )
        for row in rows
    ]


def course_row(session: Session, course_id: str) -> Row[str, str, str, int, str, bool] | None:
    """What must be known of a course to change it."""
    return session.connection().execute(_COURSE, {"of": course_id}).one_or_none()


def update_course(session: Session, course_id: str, **columns: Any) -> None:
    _update(session, CourseRow, course_id, columns)


def delete_levels(session: Session, course_id: str) -> None:
    for statement in _DELETE_LEVELS:
        session.connection().execute(statement, {"of": course_id})


def insert_levels(
    session: Session, course_id: str, *, data: CourseData, provenance: Mapping[str, str]
) -> None:
    """Write the rows below a course."""
    rows = NewRows()
    rows.add_levels(course_id, data=data, provenance=provenance)
    write(session, rows)


def courses(session: Session, ids: Sequence[str]) -> list[Course]:
    """The courses of these ids, in their order, whatever their status; unknown ids are absent."""
    found = {row.id: row for row in session.scalars(select(CourseRow).where(CourseRow.id.in_(ids)))}
    provenance: dict[str, dict[str, str]] = {course_id: {} for course_id in found}
    for course_id, name, record_id in session.execute(
        select(
            FieldProvenanceRow.course_id,
            FieldProvenanceRow.field,
            FieldProvenanceRow.source_record_id,
        ).where(FieldProvenanceRow.course_id.in_(found))
    ):
        provenance[course_id][name] = record_id or MANUAL
    return [course_of(found[one], provenance[one]) for one in dict.fromkeys(ids) if one in found]


def briefs(session: Session, ids: Sequence[str]) -> list[Brief]:
    """The courses of these ids in few words, whatever their status, in no order."""
    rows = session.execute(
        select(
            CourseRow.id, CourseRow.society_id, CourseRow.sources, CourseRow.status,
            CourseRow.version, CourseRow.merged_into,
        ).where(CourseRow.id.in_(ids))
    )  # fmt: skip
    return [
        Brief(
            id=row.id,
            society_id=row.society_id,
            societies=frozenset({row.society_id, *(one["society_id"] for one in row.sources)}),
            status=Status(row.status),
            version=row.version,
            merged_into=row.merged_into,
        )
        for row in rows
    ]


def course_ids(session: Session, *, after: str | None, limit: int) -> list[str]:
    query = select(CourseRow.id).where(CourseRow.status == Status.ACTIVE)
    if after is not None:
        query = query.where(CourseRow.id > after)
    return list(session.scalars(query.order_by(CourseRow.id).limit(limit)))


def live_versions(session: Session, ids: Sequence[str]) -> dict[str, int]:
    found = session.connection().execute(_LIVE_VERSIONS, {"ids": list(ids)})
    return {row.id: row.version for row in found}


def newest_course_ids(session: Session, *, limit: int) -> list[str]:
    query = select(CourseRow.id).where(CourseRow.status == Status.ACTIVE)
    return list(session.scalars(query.order_by(CourseRow.id.desc()).limit(limit)))


def iter_quality(session: Session, source_id: str) -> Iterator[tuple[int, list[str]]]:
    """The quality, and what is missing for more, of each course that a source tells of."""
    query = (
        select(CourseRow.quality, CourseRow.missing)
        .join(SourceRecordRow, SourceRecordRow.course_id == CourseRow.id)
        .where(SourceRecordRow.source_id == source_id, SourceRecordRow.status == Status.ACTIVE)
    )
    rows = session.execute(query, execution_options={"yield_per": 1000})
    yield from ((row[0], row[1]) for row in rows)


def lacking(
    session: Session, source_id: str, name: str, *, after: str, limit: int
) -> list[tuple[str, str, str, Mapping[str, str]]]:
    """(record, remote id, course, title) of what a source tells of that lacks a field."""
    # The list of names as text, which both databases have; a name holds nothing but letters.
    lacks = cast(CourseRow.missing, Text).contains(f'"{name}"', autoescape=True)
    query = (
        select(SourceRecordRow.id, SourceRecordRow.remote_id, CourseRow.id, CourseRow.data["title"])
        .join(CourseRow, SourceRecordRow.course_id == CourseRow.id)
        .where(
            SourceRecordRow.source_id == source_id,
            SourceRecordRow.status == Status.ACTIVE,
            SourceRecordRow.id > after,
            lacks,
        )
        .order_by(SourceRecordRow.id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2], row[3] or {}) for row in session.execute(query)]


def count_courses(session: Session) -> int:
    query = select(func.count()).where(CourseRow.status == Status.ACTIVE)
    return session.scalar(query) or 0


def course_of(row: Any, provenance: Mapping[str, str]) -> Course:
    return Course(
        id=row.id,
        society_id=row.society_id,
        status=Status(row.status),
        data=document.from_json(row.data),
        sources=tuple(SourceRef(**one) for one in row.sources),
        provenance=provenance,
        quality=row.quality,
        missing=tuple(row.missing),
        version=row.version,
        created_at=row.created_at,
        modified_at=row.modified_at,
        merged_into=row.merged_into,
        translations=tuple(row.translations),
        translation_of=row.translation_of,
    )


def _run(course_id: str, position: int, run: CourseRun) -> dict[str, Any]:
    known = {name: getattr(run, name) for name in _RUN_COLUMNS}
    return {**known, "course_id": course_id, "position": position}


def _offer(course_id: str, run_id: str | None, position: int, offer: Offer) -> dict[str, Any]:
    return {
        **asdict(offer),
        "course_id": course_id,
        "course_run_id": run_id,
        "position": position,
    }
