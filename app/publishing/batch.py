"""Many pushes in few transactions. What becomes of one item changes nothing for the others.

A chunk of items is one transaction, so that others get at the catalogue in between. In a chunk an
item that is refused has written nothing. When the database refuses a value, the chunk is done again
item by item, to find whose it is. When the node itself fails, what was done stays done, the rest is
told to have failed, and the same request may be sent again.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from app.identity import audit
from app.platform import idempotency
from app.platform.db import Database
from app.platform.idempotency import Claim
from app.platform.problems import DomainError, Unavailable
from app.publishing import service, store
from app.publishing.answers import ResultOut
from app.publishing.items import DuplicateItem, Item, Items, id_of, understood
from app.publishing.model import Conditions, Done, Outcome, Place, Pushed
from app.publishing.service import Allowance, Push

logger = structlog.get_logger(__name__)

CHUNK = 100
_TRIES = 5
_TRY_AGAIN = {"40001", "40P01", "55P03"}
"""What PostgreSQL says when two transactions stood in each other's way: nothing was done."""


class Unstorable(DomainError):
    """The database takes no such value."""

    code = "unstorable"
    status = 422


@dataclass(frozen=True, slots=True)
class _Read:
    """One item as it came: what it asks for, or why it is refused."""

    index: int
    remote_id: str | None
    item: Item | None = None
    error: DomainError | None = None


@dataclass(slots=True)
class Batch:
    """One request's work, done chunk by chunk. ``claim`` is its right to an idempotency key."""

    database: Database
    place: Place
    who: str
    now: Callable[[], datetime]
    quota: int
    items: Items
    batch_id: str
    validate: bool = False
    claim: Claim | None = None
    failure: DomainError | None = None
    """Why the node could not go on; the rest has failed for that reason."""
    counts: Counter[Outcome] = field(default_factory=Counter)
    _seen: set[str] = field(default_factory=set)

    def chunks(self) -> range:
        """Where each chunk begins."""
        return range(0, len(self.items.places), CHUNK)

    def work(self, start: int) -> list[ResultOut]:
        """Do one chunk; says what became of each of its items."""
        reads = [self._read(*one) for one in self.items.read(start, start + CHUNK)]
        results = self._failed(reads) if self.failure else self._done(reads)
        self.counts.update(one.outcome for one in results)
        return results

    def _read(self, index: int, untrusted: bytes) -> _Read:
        try:
            item = understood(untrusted)
        except DomainError as error:
            return _Read(index, id_of(untrusted), error=error)
        if item.remote_id in self._seen:
            twice = DuplicateItem("An earlier item of this batch has the same id; that one counts.")
            return _Read(index, item.remote_id, error=twice)
        self._seen.add(item.remote_id)
        return _Read(index, item.remote_id, item)

    def _done(self, reads: Sequence[_Read]) -> list[ResultOut]:
        try:
            return self._tried(reads)
        except (DataError, IntegrityError):
            return [one for read in reads for one in self._alone(read)]
        except DomainError as error:
            self.failure = error
        except SQLAlchemyError:
            logger.exception("a batch of courses could not go on", batch=self.batch_id)
            self.failure = Unavailable("The node's database does not answer; send it again.")
        return self._failed(reads)

    def _tried(self, reads: Sequence[_Read]) -> list[ResultOut]:
        """One transaction, again when another one stood in its way."""
        for number in range(_TRIES):
            try:
                return self._together(reads)
            except OperationalError as error:
                again = getattr(error.orig, "sqlstate", None) in _TRY_AGAIN
                if not again or number == _TRIES - 1:
                    raise
                time.sleep(0.05 * (number + 1))
        raise AssertionError("the last try returns or raises")

    def _alone(self, read: _Read) -> list[ResultOut]:
        """One item in a transaction of its own, since one of its chunk cannot be stored."""
        if self.failure:
            return self._failed([read])
        try:
            return self._tried([read])
        except (DataError, IntegrityError):
            logger.warning("the database refuses a course", batch=self.batch_id, item=read.index)
            error = Unstorable("The course has a value that no database takes.")
            return [ResultOut.refused(read.index, read.remote_id, self.place, error, failed=False)]
        except SQLAlchemyError:
            logger.exception("a batch of courses could not go on", batch=self.batch_id)
            self.failure = Unavailable("The node's database does not answer; send it again.")
            return self._failed([read])

    def _together(self, reads: Sequence[_Read]) -> list[ResultOut]:
        ids = [read.item.remote_id for read in reads if read.item]
        at = self.now()
        if self.validate:
            with self.database.read() as session:
                known = store.find_many(session, self.place, ids)
                return [self._one(session, read, known, at=at) for read in reads]
        with self.database.write() as session, session.no_autoflush:
            store.lock(session, self.place)
            known = store.find_many(session, self.place, ids)
            allowance = Allowance(self.quota)
            results = [
                self._one(session, read, known, at=at, allowance=allowance) for read in reads
            ]
            self._note(session, results, at=at)
            if self.claim is not None:
                idempotency.renew(session, self.claim, at=at)
            return results

    def _one(
        self,
        session: Session,
        read: _Read,
        known: dict[str, Pushed],
        *,
        at: datetime,
        allowance: Allowance | None = None,
    ) -> ResultOut:
        if read.item is None:
            error = read.error or Unstorable("The item cannot be read.")
            return ResultOut.refused(read.index, read.remote_id, self.place, error, failed=False)
        conditions = Conditions(if_match=read.item.if_match)
        push = Push(self.place, self.who, at, allowance or Allowance(self.quota), conditions)
        standing = known.get(read.item.remote_id)
        try:
            done = self._change(session, push, read.item, standing)
        except DomainError as error:
            return ResultOut.refused(read.index, read.remote_id, self.place, error, failed=False)
        return ResultOut.done(read.index, read.item.remote_id, self.place, done)

    def _change(self, session: Session, push: Push, item: Item, standing: Pushed | None) -> Done:
        if item.document is None:
            if self.validate:
                return service.check_withdrawal(push, standing)
            return service.withdraw_known(session, push, standing)
        if self.validate:
            return service.check_known(push, standing, item.document)
        return service.put_known(session, push, standing, item.remote_id, item.document)

    def _note(self, session: Session, results: Sequence[ResultOut], *, at: datetime) -> None:
        """Tell the audit trail what a chunk changed, in the chunk's own transaction."""
        counts = Counter(str(one.outcome) for one in results)
        if not counts.keys() & {Outcome.NEW, Outcome.CHANGED, Outcome.WITHDRAWN}:
            return
        after = {
            "batch": self.batch_id,
            "items": [results[0].index, results[-1].index],
            "counts": dict(sorted(counts.items())),
        }
        audit.record(
            session, who=self.who, action="courses.publish", at=at,
            subject=f"organisation:{self.place.society_id}",
            after={**after, "sandbox": True} if self.place.sandbox else after,
        )  # fmt: skip

    def _failed(self, reads: Iterable[_Read]) -> list[ResultOut]:
        error = self.failure or Unavailable("The node could not go on; send it again.")
        return [
            ResultOut.refused(read.index, read.remote_id, self.place, error, failed=True)
            for read in reads
        ]
