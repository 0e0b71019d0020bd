"""Pushed courses in the database. Takes a session, never commits, decides nothing."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.catalogue.model import Issue, Severity
from app.publishing.model import Place, Pushed, State, Wanted
from app.publishing.tables import PushedCourseRow

_COLUMNS = (
    PushedCourseRow.id,
    PushedCourseRow.remote_id,
    PushedCourseRow.course_id,
    PushedCourseRow.state,
    PushedCourseRow.version,
    PushedCourseRow.digest,
    PushedCourseRow.document,
    PushedCourseRow.title,
    PushedCourseRow.issues,
    PushedCourseRow.created_at,
    PushedCourseRow.changed_at,
)
_INSERT = insert(PushedCourseRow)
_LONGEST_FOUND_BY = 2000


def lock(session: Session, place: Place) -> None:
    """Let nobody else push to this place until the transaction ends. SQLite has one writer anyway.

    The catalogue has one lock for all who change it; a sandbox has its own, which holds up no one.
    """
    if not place.sandbox:
        catalogue.lock(session)
    elif session.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(f"sandbox:{place.society_id}".encode()).digest()[:7])
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def find(session: Session, place: Place, remote_id: str) -> Pushed | None:
    return find_many(session, place, [remote_id]).get(remote_id)


def find_many(session: Session, place: Place, remote_ids: Collection[str]) -> dict[str, Pushed]:
    """Those of these that there are, by their own ids."""
    hashes = {_hash(one) for one in remote_ids}
    rows = session.execute(_of(place).where(PushedCourseRow.remote_hash.in_(hashes)))
    return {row.remote_id: _pushed(row) for row in rows}


def count_live(session: Session, place: Place) -> int:
    query = select(func.count()).where(
        PushedCourseRow.society_id == place.society_id,
        PushedCourseRow.sandbox == place.sandbox,
        PushedCourseRow.state == State.LIVE,
    )
    return session.scalar(query) or 0


def insert_pushed(session: Session, place: Place, pushed: Pushed) -> None:
    columns = {
        **_columns(pushed),
        "id": pushed.id,
        "society_id": place.society_id,
        "sandbox": place.sandbox,
        "remote_id": pushed.remote_id,
        "remote_hash": _hash(pushed.remote_id),
        "created_at": pushed.created_at,
    }
    session.connection().execute(_INSERT, [columns])


def update_pushed(session: Session, pushed: Pushed) -> None:
    session.execute(
        update(PushedCourseRow)
        .where(PushedCourseRow.id == pushed.id)
        .values(**_columns(pushed))
        .execution_options(synchronize_session=False)
    )


def listed(
    session: Session, place: Place, wanted: Wanted, *, before: str | None, limit: int
) -> list[Pushed]:
    """The newest first, after the one with the id ``before``."""
    query = _narrowed(_of(place), wanted)
    if before is not None:
        query = query.where(PushedCourseRow.id < before)
    rows = session.execute(query.order_by(PushedCourseRow.id.desc()).limit(limit))
    return [_pushed(row) for row in rows]


def code_counts(session: Session, place: Place, *, most: int = 5000) -> Mapping[str, int]:
    """How many of the newest live courses have each issue, the commonest first."""
    rows = session.scalars(
        select(PushedCourseRow.codes)
        .where(
            PushedCourseRow.society_id == place.society_id,
            PushedCourseRow.sandbox == place.sandbox,
            PushedCourseRow.state == State.LIVE,
            PushedCourseRow.codes != "",
        )
        .order_by(PushedCourseRow.id.desc())
        .limit(most)
    )
    counts: dict[str, int] = {}
    for codes in rows:
        for code in codes.split():
            counts[code] = counts.get(code, 0) + 1
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def delete_all(session: Session, place: Place) -> int:
    """Forget everything of a place; says how much there was."""
    gone = session.execute(
        delete(PushedCourseRow)
        .where(
            PushedCourseRow.society_id == place.society_id,
            PushedCourseRow.sandbox == place.sandbox,
        )
        .returning(PushedCourseRow.id)
    )
    return len(gone.all())


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.state is not None:
        query = query.where(PushedCourseRow.state == wanted.state)
    if wanted.code is not None:
        query = query.where(PushedCourseRow.codes.contains(f" {wanted.code} ", autoescape=True))
    if wanted.text:
        sought = wanted.text.casefold()
        query = query.where(PushedCourseRow.found_by.contains(sought, autoescape=True))
    return query


def _of(place: Place) -> Select[Any]:
    return select(*_COLUMNS).where(
        PushedCourseRow.society_id == place.society_id, PushedCourseRow.sandbox == place.sandbox
    )


def _columns(pushed: Pushed) -> dict[str, Any]:
    titles = pushed.document.get("title", {}).values()
    return {
        "course_id": pushed.course_id,
        "state": str(pushed.state),
        "version": pushed.version,
        "digest": pushed.digest,
        "document": json.dumps(pushed.document, separators=(",", ":")),
        "title": _storable(pushed.title),
        "found_by": _storable(
            "\n".join((pushed.remote_id, *titles)).casefold()[:_LONGEST_FOUND_BY]
        ),
        "codes": _codes(pushed.issues),
        "issues": [asdict(one) for one in pushed.issues],
        "changed_at": pushed.changed_at,
    }


def _codes(issues: Sequence[Issue]) -> str:
    codes = dict.fromkeys(one.code for one in issues)
    return f" {' '.join(codes)} " if codes else ""


def _storable(untrusted: str) -> str:
    return untrusted.replace("\x00", "")


def _hash(remote_id: str) -> str:
    return hashlib.sha256(remote_id.encode()).hexdigest()


def _pushed(row: Any) -> Pushed:
    return Pushed(
        id=row.id,
        remote_id=row.remote_id,
        course_id=row.course_id,
        state=State(row.state),
        version=row.version,
        digest=row.digest,
        document=json.loads(row.document),
        title=row.title,
        issues=tuple(Issue(**{**one, "severity": Severity(one["severity"])}) for one in row.issues),
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
