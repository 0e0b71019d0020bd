"""Which writes to the index are under way, so that none of them is forgotten half done.

Why this and what follows from it (``indexer`` does it):

A course is written to the index from its present state, and an entry of the outbox is taken away
only after the engine has confirmed that. One writer at a time is the rule (``Database.alone``), but
a rule that a pause can break: a process that is stopped, or whose connection is gone, may wake and
write what it had read long ago over what another has written since. Therefore:

1. before a write, it is noted here, committed, with the courses it is about;
2. after it, in one transaction, the versions that were written are compared with the present ones;
   what differs is said again; then entries and note go away;
3. a write that failed says again what others have taken from the outbox meanwhile: a search server
   may yet carry out what it was sent;
4. a note whose process is dead says all its courses again.

Let W be the write that reaches the index last, and suppose that it wrote a course as it no longer
is. If its process lives, it compares after W (2 or 3) and sees the newer version, for what changes
later enters the outbox itself. If it died, its note still stands, and whoever finds it says the
course again (4). Either way there is an entry, so another write comes after W: the last one of all
writes the present state. Doing twice what was done once does no harm.

What is left is a process that was taken for dead (``lease``: not heard of for a quarter of an hour,
on another machine), wakes, writes, and dies before it compares; the daily check finds that.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.platform import lease
from app.platform.db import Database
from app.platform.ids import new_id
from app.platform.lease import THIS_PROCESS, Process
from app.search.tables import IndexWriteRow

_mine: set[str] = set()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Write:
    """A write that was begun. ``keys`` is ``None`` for a whole index."""

    id: str
    keys: Sequence[str] | None


@contextmanager
def begun(database: Database, keys: Sequence[str] | None, *, at: datetime) -> Iterator[Write]:
    """Note a write; while the block runs, nobody of this process takes it for forgotten.

    The block ends it (``end``), unless the database has gone too.
    """
    write = Write(new_id(), keys)
    with _lock:
        _mine.add(write.id)
    try:
        with database.write() as session:
            session.execute(
                insert(IndexWriteRow).values(
                    id=write.id,
                    host=THIS_PROCESS.host,
                    pid=THIS_PROCESS.pid,
                    process=THIS_PROCESS.name,
                    begun_at=at,
                    keys=None if keys is None else list(keys),
                )
            )
        yield write
    finally:
        with _lock:
            _mine.discard(write.id)


def end(session: Session, write: Write) -> None:
    """It has ended, and whatever follows from it is done in this transaction."""
    session.execute(delete(IndexWriteRow).where(IndexWriteRow.id == write.id))


def forgotten(session: Session, *, at: datetime) -> list[Write]:
    """The writes that nobody will end: their process is dead, or is this one and left them."""
    with _lock:
        mine = set(_mine)
    return [
        Write(row.id, row.keys)
        for row in session.execute(
            select(
                IndexWriteRow.id, IndexWriteRow.host, IndexWriteRow.pid, IndexWriteRow.process,
                IndexWriteRow.begun_at, IndexWriteRow.keys,
            )
        )
        if row.id not in mine
        and _is_over(Process(row.host, row.pid, row.process), row.begun_at, at)
    ]  # fmt: skip


def _is_over(holder: Process, begun_at: datetime, at: datetime) -> bool:
    if holder == THIS_PROCESS:
        return True
    return lease.is_dead(holder, heard_at=begun_at, at=at, asking=THIS_PROCESS)
