"""Rosters, their rows and the errors in them, in the database."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from app.platform.db import Database
from app.platform.lease import Process
from app.records.rosters.model import (
    AT_WORK,
    CheckedRow,
    Format,
    Problem,
    Roster,
    RowState,
    Settled,
    State,
)
from app.records.rosters.tables import (
    RosterErrorRow,
    RosterLineRow,
    RosterPartRow,
    RosterPolicyRow,
    RosterRow,
)

_NAMES = (
    "id", "society_id", "state", "format", "size", "digest", "all_or_nothing", "approval",
    "submitted_by", "submitted_at", "last_row", "rows", "bad", "issued", "existed", "failed",
    "decided_by", "decided_at", "reason", "began_at", "finished_at",
)  # fmt: skip
_ROSTER = tuple(getattr(RosterRow, name) for name in _NAMES)


def insert_roster(session: Session, roster: Roster, *, idempotency_key: str | None) -> None:
    """Raises SQLAlchemy's ``IntegrityError`` when the key was used before."""
    values = {name: getattr(roster, name) for name in _NAMES}
    session.add(RosterRow(**values, idempotency_key=idempotency_key))
    session.flush()


def add_part(session: Session, roster_id: str, number: int, data: bytes) -> None:
    session.execute(insert(RosterPartRow).values(roster_id=roster_id, number=number, data=data))


def parts(database: Database, roster_id: str) -> Iterator[bytes]:
    """The pieces of the uploaded file, one read each, so that no transaction stays open."""
    number = 0
    while True:
        with database.read() as session:
            piece = session.scalar(
                select(RosterPartRow.data).where(
                    RosterPartRow.roster_id == roster_id, RosterPartRow.number == number
                )
            )
        if piece is None:
            return
        yield piece
        number += 1


def drop_parts(session: Session, roster_id: str) -> None:
    session.execute(delete(RosterPartRow).where(RosterPartRow.roster_id == roster_id))


def find(session: Session, roster_id: str, *, lock: bool = False) -> Roster | None:
    query = select(*_ROSTER).where(RosterRow.id == roster_id)
    row = session.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _roster(row)


def find_by_key(session: Session, society_id: str, idempotency_key: str) -> Roster | None:
    row = session.execute(
        select(*_ROSTER).where(
            RosterRow.society_id == society_id, RosterRow.idempotency_key == idempotency_key
        )
    ).one_or_none()
    return None if row is None else _roster(row)


def find_open(session: Session, roster: Roster) -> Roster | None:
    """The same file of the same submitter that has not come to its end."""
    row = session.execute(
        select(*_ROSTER)
        .where(
            RosterRow.society_id == roster.society_id,
            RosterRow.digest == roster.digest,
            RosterRow.submitted_by == roster.submitted_by,
            RosterRow.all_or_nothing == roster.all_or_nothing,
            RosterRow.state.in_((*AT_WORK, State.WAITING)),
        )
        .order_by(RosterRow.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else _roster(row)


def list_rosters(
    session: Session, society_id: str, *, before: str | None, limit: int
) -> Sequence[Roster]:
    """A society's rosters, newest first."""
    query = select(*_ROSTER).where(RosterRow.society_id == society_id)
    if before is not None:
        query = query.where(RosterRow.id < before)
    return [
        _roster(row) for row in session.execute(query.order_by(RosterRow.id.desc()).limit(limit))
    ]


def change(session: Session, roster_id: str, **values: Any) -> None:
    """Set columns of a roster."""
    session.execute(update(RosterRow).where(RosterRow.id == roster_id).values(**values))


def count_up(session: Session, roster_id: str, **counts: int) -> None:
    """Add to a roster's counters."""
    added = {name: getattr(RosterRow, name) + count for name, count in counts.items() if count}
    if added:
        session.execute(update(RosterRow).where(RosterRow.id == roster_id).values(**added))


def at_work(session: Session) -> Sequence[str]:
    """The rosters with something to do, oldest first."""
    query = select(RosterRow.id).where(RosterRow.state.in_(AT_WORK)).order_by(RosterRow.id)
    return session.scalars(query).all()


def holder(session: Session, roster_id: str) -> tuple[Process, datetime] | None:
    """The process that is at work on a roster, and when it was last heard of."""
    row = session.execute(
        select(RosterRow.host, RosterRow.pid, RosterRow.process, RosterRow.heard_at).where(
            RosterRow.id == roster_id
        )
    ).one_or_none()
    if row is None or row.process is None:
        return None
    return Process(row.host, row.pid, row.process), row.heard_at


def hold(
    session: Session, roster_id: str, process: Process, *, instead: str | None, at: datetime
) -> bool:
    """Take a roster in place of the process ``instead``; false when another was quicker."""
    held = session.execute(
        update(RosterRow)
        .where(
            RosterRow.id == roster_id,
            RosterRow.state.in_(AT_WORK),
            or_(RosterRow.process == instead, RosterRow.process.is_(None)),
        )
        .values(host=process.host, pid=process.pid, process=process.name, heard_at=at)
        .returning(RosterRow.id)
    )
    return held.one_or_none() is not None


def release(session: Session, roster_id: str, process: Process) -> None:
    """Let others take a roster that this process held."""
    session.execute(
        update(RosterRow)
        .where(RosterRow.id == roster_id, RosterRow.process == process.name)
        .values(process=None)
    )


def insert_rows(session: Session, roster_id: str, rows: Sequence[CheckedRow]) -> None:
    if rows:
        session.execute(
            insert(RosterLineRow),
            [
                {
                    "roster_id": roster_id,
                    "number": row.number,
                    "state": RowState.READY,
                    "activity": row.activity,
                    "completion": row.completion,
                }
                for row in rows
            ],
        )


def rows_of(session: Session, roster_id: str, activities: Collection[str]) -> Mapping[str, int]:
    """Which rows of a roster tell of these activities."""
    rows = session.execute(
        select(RosterLineRow.activity, RosterLineRow.number).where(
            RosterLineRow.roster_id == roster_id, RosterLineRow.activity.in_(activities)
        )
    )
    return {row.activity: row.number for row in rows}


def ready_rows(session: Session, roster_id: str, *, limit: int) -> Sequence[tuple[int, str]]:
    """The next rows without a record: number and completion."""
    rows = session.execute(
        select(RosterLineRow.number, RosterLineRow.completion)
        .where(RosterLineRow.roster_id == roster_id, RosterLineRow.state == RowState.READY)
        .order_by(RosterLineRow.number)
        .limit(limit)
    )
    return [(row.number, row.completion or "{}") for row in rows]


def settle(session: Session, roster_id: str, settled: Sequence[Settled]) -> None:
    """Keep what became of rows, and forget what they said."""
    if not settled:
        return
    table = RosterLineRow.__table__
    session.connection().execute(
        update(table)  # type: ignore[arg-type]  # a Table, typed as FromClause
        .where(table.c.roster_id == roster_id, table.c.number == bindparam("the_number"))
        .values(state=bindparam("the_state"), record_id=bindparam("the_record"), completion=None),
        [
            {"the_number": one.number, "the_state": one.state, "the_record": one.record_id}
            for one in settled
        ],
    )


def empty_rows(session: Session, roster_id: str) -> None:
    """Forget what the rows said that will not be issued.

    They stay, emptied: a batch that is under way still finds them to say what became of them.
    """
    session.execute(
        update(RosterLineRow)
        .where(RosterLineRow.roster_id == roster_id, RosterLineRow.state == RowState.READY)
        .values(state=RowState.DROPPED, activity="", completion=None)
    )


def insert_problems(session: Session, roster_id: str, problems: Iterable[Problem]) -> None:
    rows = [
        {
            "roster_id": roster_id,
            "number": one.row,
            "letter": one.letter,
            "field": _storable(one.field),
            "value": None if one.value is None else _storable(one.value),
            "code": one.code,
            "mend": _storable(one.mend),
        }
        for one in problems
    ]
    if rows:
        session.execute(insert(RosterErrorRow), rows)


def _storable(text: str) -> str:
    """What a file says may hold what no database takes: halves of characters (JSON), and NUL."""
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def problems(
    session: Session, roster_id: str, *, after: int, limit: int
) -> Sequence[tuple[int, Problem]]:
    """Errors in the order in which they were found, each with its key."""
    rows = session.execute(
        select(
            RosterErrorRow.id,
            RosterErrorRow.number,
            RosterErrorRow.letter,
            RosterErrorRow.field,
            RosterErrorRow.value,
            RosterErrorRow.code,
            RosterErrorRow.mend,
        )
        .where(RosterErrorRow.roster_id == roster_id, RosterErrorRow.id > after)
        .order_by(RosterErrorRow.id)
        .limit(limit)
    )
    return [(row.id, Problem(*row[1:])) for row in rows]


def records(
    session: Session, roster_id: str, *, after: int, limit: int
) -> Sequence[tuple[int, RowState, str]]:
    """Rows with their records, in the order of the file: number, state, record's id."""
    rows = session.execute(
        select(RosterLineRow.number, RosterLineRow.state, RosterLineRow.record_id)
        .where(
            RosterLineRow.roster_id == roster_id,
            RosterLineRow.number > after,
            RosterLineRow.record_id.is_not(None),
        )
        .order_by(RosterLineRow.number)
        .limit(limit)
    )
    return [(row.number, RowState(row.state), row.record_id) for row in rows]


def count_ready(session: Session, roster_id: str) -> int:
    query = select(func.count()).where(
        RosterLineRow.roster_id == roster_id, RosterLineRow.state == RowState.READY
    )
    return session.scalar(query) or 0


def wants_approval(session: Session, society_id: str) -> bool:
    query = select(RosterPolicyRow.approval).where(RosterPolicyRow.society_id == society_id)
    return bool(session.scalar(query))


def put_policy(session: Session, society_id: str, *, approval: bool) -> None:
    session.merge(RosterPolicyRow(society_id=society_id, approval=approval))
    session.flush()


def _roster(row: Row[*tuple[Any, ...]]) -> Roster:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's own public name for it
    values["state"], values["format"] = State(row.state), Format(row.format)
    return Roster(**values)
