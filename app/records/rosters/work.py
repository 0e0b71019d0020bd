"""Going on with rosters: whoever has time checks the next chunk or issues the next batch.

A roster is held by one process at a time, told by ``platform.lease``; a dead one's is taken over.
Issuing a row twice would do no harm: its idempotency key is made of the roster and the row, so the
record that came out before a crash is found again and the row is settled with it.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.db import Database
from app.platform.lease import THIS_PROCESS, Process, is_dead
from app.platform.problems import DomainError, Unavailable
from app.records.batch import Outcome, Verdict, complete_many
from app.records.encoding import from_json
from app.records.judge import Request
from app.records.rosters import store
from app.records.rosters.check import check, key_of, whole_row
from app.records.rosters.model import Problem, Roster, RowState, Settled, State
from app.trust.signer import Signer

BATCH = 200
_LOCK = threading.Lock()
_IN_HAND: set[str] = set()
_PASSES = 503
"""The status of errors that pass by themselves: the row is tried again later."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What working on rosters needs."""

    database: Database
    signer: Signer
    public_url: str
    now: Callable[[], datetime]
    goes_on: Callable[[], bool] = lambda: True
    process: Process = THIS_PROCESS


def work(desk: Desk, *, batches: int = 25) -> int:
    """Go on with every roster that has something to do, each for a while; says how much was done.

    One that cannot go on holds up no other: the first error is raised after the last roster, such
    as the signer's when it cannot sign; the rows stay as they are.
    """
    with desk.database.read() as session:
        waiting = store.at_work(session)
    errors: list[Exception] = []
    done = 0
    for roster_id in waiting:
        try:
            done += go_on(desk, roster_id, batches=batches)
        except Exception as error:  # noqa: BLE001 - raised below: the fault of one is not theirs
            errors.append(error)
    if errors:
        raise errors[0]
    return done


def go_on(desk: Desk, roster_id: str, *, batches: int) -> int:
    """Check a roster, or issue up to so many batches of it; nothing when another process is."""
    with _alone(roster_id) as is_mine:
        roster = _held(desk, roster_id) if is_mine else None
        if roster is None:
            return 0
        try:
            return _go_on(desk, roster, batches=batches)
        finally:
            # Whoever has time next may go on; only a process that was killed does not come here.
            with desk.database.write() as session:
                store.release(session, roster_id, desk.process)


def _go_on(desk: Desk, roster: Roster, *, batches: int) -> int:
    if roster.state is State.CHECKING:
        check(
            desk.database,
            roster,
            public_url=desk.public_url,
            now=desk.now,
            goes_on=desk.goes_on,
        )
        return 1
    done = 0
    while done < batches and desk.goes_on() and issue_batch(desk, roster):
        done += 1
    return done


@contextmanager
def _alone(roster_id: str) -> Iterator[bool]:
    """Whether no other thread of this process is at the roster; none is while the block runs."""
    with _LOCK:
        is_mine = roster_id not in _IN_HAND
        _IN_HAND.add(roster_id)
    try:
        yield is_mine
    finally:
        if is_mine:
            with _LOCK:
                _IN_HAND.discard(roster_id)


def issue_batch(desk: Desk, roster: Roster) -> bool:
    """Issue the records of the next rows; false when there are none left."""
    with desk.database.read() as session:
        current = store.find(session, roster.id)
        rows = store.ready_rows(session, roster.id, limit=BATCH)
    if current is None or current.state is not State.ISSUING:
        return False
    if not rows:
        with desk.database.write() as session:
            _end(session, roster.id, at=desk.now())
        return False
    requests = [
        Request(from_json(json.loads(said)), key_of(roster.id, number), roster.id)
        for number, said in rows
    ]
    outcomes = complete_many(
        desk.database,
        desk.signer,
        requests,
        society_id=roster.society_id,
        public_url=desk.public_url,
        at=desk.now(),
        who=roster.submitted_by,
    )
    _settle(desk, roster, [number for number, _ in rows], requests, outcomes)
    return True


def _held(desk: Desk, roster_id: str) -> Roster | None:
    """The roster, once it is this process's to work on."""
    at = desk.now()
    with desk.database.write() as session:
        found = store.holder(session, roster_id)
        if found is not None and found[0] != desk.process:
            process, heard_at = found
            if not is_dead(process, heard_at=heard_at, at=at, asking=desk.process):
                return None
        instead = found[0].name if found else None
        if not store.hold(session, roster_id, desk.process, instead=instead, at=at):
            return None
        return store.find(session, roster_id)


def _settle(
    desk: Desk,
    roster: Roster,
    numbers: Sequence[int],
    requests: Sequence[Request],
    outcomes: Sequence[Outcome],
) -> None:
    settled: list[Settled] = []
    problems: list[Problem] = []
    later: list[DomainError] = []
    for number, request, outcome in zip(numbers, requests, outcomes, strict=True):
        if outcome.record is not None:
            own = outcome.record.idempotency_key == request.idempotency_key
            state = RowState.ISSUED if own else RowState.EXISTED
            settled.append(Settled(number, state, outcome.record.id))
            continue
        error = outcome.error or Unavailable("Nothing became of it.")
        if outcome.verdict is Verdict.FAILED and error.status == _PASSES:
            later.append(error)
            continue
        settled.append(Settled(number, RowState.FAILED))
        problems += whole_row(number, error)
    with desk.database.write() as session:
        store.settle(session, roster.id, settled)
        store.insert_problems(session, roster.id, problems)
        states = [one.state for one in settled]
        store.count_up(
            session,
            roster.id,
            issued=states.count(RowState.ISSUED),
            existed=states.count(RowState.EXISTED),
            failed=states.count(RowState.FAILED),
        )
        store.change(session, roster.id, heard_at=desk.now())
    if later:
        raise later[0]


def _end(session: Session, roster_id: str, *, at: datetime) -> None:
    roster = store.find(session, roster_id, lock=True)
    if roster is None or roster.state is not State.ISSUING:
        return
    state = State.DONE_WITH_ERRORS if roster.bad or roster.failed else State.DONE
    store.change(session, roster_id, state=state, finished_at=at, process=None)
    audit.record(
        session,
        who=roster.submitted_by,
        action="roster.done",
        subject=f"roster:{roster_id}",
        organisation_id=roster.society_id,
        at=at,
        before={"state": State.ISSUING.value},
        after={
            "state": state.value,
            "issued": roster.issued,
            "existed": roster.existed,
            "bad": roster.bad,
            "failed": roster.failed,
        },
    )
