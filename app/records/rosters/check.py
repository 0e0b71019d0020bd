"""Checking a roster: every row against the rules, the catalogue and what was issued before.

1. The file's pieces are read again from the beginning; rows checked before a crash are passed over.
2. Each row becomes a completion or errors; one that repeats an earlier row is an error.
3. Rows without a fault are held against what this node already knows, as when they are issued.
4. Good rows and errors are stored, a chunk in each transaction, with how far the check has come.
5. At the end the file is dropped, and the roster goes on: to approval, to issuing, or to its end.

Nothing is signed here.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy.orm import Session

from app.platform.db import Database
from app.platform.problems import Conflict, DomainError
from app.records.encoding import to_json
from app.records.judge import Request, activity_of, judge
from app.records.model import NewCompletion
from app.records.rosters import store
from app.records.rosters.files import Unreadable
from app.records.rosters.model import CheckedRow, Problem, ReadRow, Roster, State
from app.records.rosters.reading import read

CHUNK = 500
MOST_ROWS = 200_000


def check(
    database: Database,
    roster: Roster,
    *,
    public_url: str,
    now: Callable[[], datetime],
    goes_on: Callable[[], bool] = lambda: True,
) -> None:
    """Check what is left to be checked; stops between two chunks when ``goes_on`` says no."""
    done = roster.last_row
    try:
        every = read(  # 1
            lambda: store.parts(database, roster.id), roster.format, at=roster.submitted_at
        )
        rows = (row for row in every if row.number > roster.last_row)
        while chunk := list(islice(rows, CHUNK)):
            with database.write() as session:
                held = store.find(session, roster.id, lock=True)
                if held is None or (held.state, held.last_row) != (State.CHECKING, done):
                    return  # cancelled, or taken over, in the meantime
                if held.rows + len(chunk) > MOST_ROWS:
                    raise Unreadable(f"The roster has more than {MOST_ROWS} rows; divide it.")
                _store(session, held, chunk, public_url=public_url, at=now())
            done = chunk[-1].number
            if not goes_on():
                return
    except Unreadable as error:
        with database.write() as session:
            reject(session, roster.id, reason=error.detail, at=now())
        return
    with database.write() as session:
        _go_on(session, roster.id, at=now())  # 5


def reject(session: Session, roster_id: str, *, reason: str, at: datetime) -> None:
    """End a roster of which nothing can be issued."""
    store.drop_parts(session, roster_id)
    store.empty_rows(session, roster_id)
    store.change(session, roster_id, state=State.REJECTED, reason=reason, finished_at=at)


def _store(
    session: Session, roster: Roster, chunk: Sequence[ReadRow], *, public_url: str, at: datetime
) -> None:
    told = [problem for row in chunk for problem in row.problems]
    good, repeated = _distinct(session, roster, chunk)  # 2
    told += repeated
    requests = [Request(completion, key_of(roster.id, number)) for number, _, completion in good]
    judged = judge(session, requests, society_id=roster.society_id, public_url=public_url)  # 3
    checked = []
    for (number, activity, completion), found in zip(good, judged, strict=True):
        if isinstance(found, DomainError):
            told += whole_row(number, found)
        else:
            said = json.dumps(to_json(completion), ensure_ascii=False)
            checked.append(CheckedRow(number, activity, said))
    store.insert_rows(session, roster.id, checked)  # 4
    store.insert_problems(session, roster.id, sorted(told, key=lambda one: one.row))
    store.count_up(session, roster.id, rows=len(chunk), bad=len(chunk) - len(checked))
    store.change(session, roster.id, last_row=chunk[-1].number, heard_at=at)


_Good = tuple[int, str, NewCompletion]
"""A row's number, its activity, and what it tells."""


def _distinct(
    session: Session, roster: Roster, chunk: Sequence[ReadRow]
) -> tuple[list[_Good], list[Problem]]:
    """The rows without a fault, and errors for those that repeat an earlier one."""
    told: list[_Good] = [
        (row.number, activity_of(row.completion, society_id=roster.society_id), row.completion)
        for row in chunk
        if row.completion is not None
    ]
    seen = dict(store.rows_of(session, roster.id, {activity for _, activity, _ in told}))
    good, repeated = [], []
    for row in told:
        number, activity, _ = row
        if activity in seen:
            mend = f"Row {seen[activity]} tells of the same completion; take one of the two out."
            repeated.append(Problem(number, None, "row", None, "row-twice", mend))
        else:
            seen[activity] = number
            good.append(row)
    return good, repeated


def key_of(roster_id: str, number: int) -> str:
    """The idempotency key of a row: the same row never becomes two records."""
    return f"roster-{roster_id}-{number}"


def whole_row(number: int, error: DomainError) -> list[Problem]:
    """An error of a whole row as errors of its fields, or of the row when it names none."""
    if not error.fields:
        code = "recorded-before" if isinstance(error, Conflict) else error.code
        return [Problem(number, None, "row", None, code, error.detail)]
    return [
        Problem(number, None, field.pointer.strip("/"), None, field.code, field.detail)
        for field in error.fields
    ]


def _go_on(session: Session, roster_id: str, *, at: datetime) -> None:
    roster = store.find(session, roster_id, lock=True)
    if roster is None or roster.state is not State.CHECKING:
        return
    if roster.rows == 0:
        reject(session, roster_id, reason="The roster has no rows.", at=at)
    elif roster.waiting == 0:
        reject(session, roster_id, reason="Every row has errors.", at=at)
    elif roster.bad and roster.all_or_nothing:
        reason = f"{roster.bad} of {roster.rows} rows have errors, and all or none was asked for."
        reject(session, roster_id, reason=reason, at=at)
    else:
        store.drop_parts(session, roster_id)
        state = State.WAITING if roster.approval else State.ISSUING
        began = None if roster.approval else at
        store.change(session, roster_id, state=state, began_at=began)
