"""Use cases: give records to a registry, and entries by hand.

Every record is answered for itself, a bad one never stops the others:

1. Its size is looked at, and it is verified with what this node knows (``app.verification``).
2. What cannot be read at all is refused. What can be read is submitted, verified or not: it is the
   policy's first gate that stops a record about which nothing is proven.
3. Of one registrant the same record again is the same submission. Of another one who holds it, it
   is refused; one that was rejected there is held by nobody.
4. It is decided at once, on the figures of what was decided before, under the registrant's lock.
5. Where something of the same activity counts already, what is known of that is looked at again
   first: a correction comes with the record that it corrects being superseded.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from app.platform.db import Database
from app.platform.ids import new_id
from app.platform.problems import Conflict, DomainError, Invalid, Unavailable
from app.recognition.deciding.model import Facts, Outcome
from app.recognition.ledger import reading, store
from app.recognition.ledger.figures import Book, Entry
from app.recognition.ledger.model import (
    MOST_RECORDS,
    RECORD_LIMIT,
    Cause,
    DecisionMade,
    Origin,
    Submission,
    Submitted,
)
from app.recognition.ledger.replaying import day_of, ruled
from app.recognition.ledger.rules import Rules
from app.recognition.ledger.rulings import Case
from app.recognition.ledger.seeing import Seer, columns_of, key_of
from app.recognition.ledger.settling import Why, lock, tell
from app.recognition.ledger.store import NewSubmission
from app.recognition.ledger.verifying import look_again
from app.recognition.register.service import Registrant
from app.verification.bundle import Bundle
from app.verification.model import Outcome as Found
from app.verification.model import Report
from app.verification.verify import verify_many

CHUNK = 100
_UNREADABLE = ("record.readable", "record.securing", "record.profile")
_TRIES = 3


class RecordUnreadable(Invalid):
    """What was given is no record that anybody could verify."""

    code = "record-unreadable"


class RecordTooLarge(Invalid):
    """No record is as large as that."""

    code = "record-too-large"


class TooManyRecords(Invalid):
    """More than one request may bring."""

    code = "too-many-records"


class HeldByAnother(Conflict):
    """Another registrant of this registry has submitted the same record."""

    code = "record-held-by-another"


@dataclass(frozen=True, slots=True)
class Desk:
    """What submitting needs of this node: what it knows to verify with, at any time."""

    bundle: Callable[[datetime], Bundle]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record for a registrant, or why it is none."""

    registrant_id: str
    record: bytes
    error: DomainError | None = None


def submit(
    database: Database,
    desk: Desk,
    registry_id: str,
    registrant_id: str,
    records: Iterable[bytes],
    *,
    origin: Origin,
    who: str,
    at: datetime,
) -> list[Submitted]:
    """Give records of one registrant to a registry; one answer for each, in their order.

    Raises ``NotFound`` for a registrant that the registry does not have.
    """
    coming = (Incoming(registrant_id, record) for record in records)
    return list(submit_many(database, desk, registry_id, coming, origin=origin, who=who, at=at))


def submit_many(
    database: Database,
    desk: Desk,
    registry_id: str,
    coming: Iterable[Incoming],
    *,
    origin: Origin,
    who: str,
    at: datetime,
) -> Iterator[Submitted]:
    """The same for records of several registrants, answered as they are decided."""
    bundle, waiting, index = desk.bundle(at), iter(coming), 0
    while some := list(islice(waiting, CHUNK)):
        checked = [_checked(one, number) for number, one in enumerate(some, start=index)]
        good = [one for one in checked if one.error is None]
        reports = verify_many((one.record for one in good), bundle=bundle, at=at)
        verified = {
            number: report
            for (number, one), report in zip(
                [(n, one) for n, one in enumerate(checked) if one.error is None],
                reports,
                strict=True,
            )
        }
        task = _Task(registry_id, origin, Why(Cause.SUBMITTED, who, at), bundle)
        for offset, one in enumerate(_taken(database, task, checked, verified)):
            yield Submitted(index + offset, *one)
        index += len(some)


_Answer = tuple[Submission | None, bool, DomainError | None]


@dataclass(frozen=True, slots=True)
class _Task:
    """What all records of one request have in common."""

    registry_id: str
    origin: Origin
    why: Why
    bundle: Bundle


def _checked(one: Incoming, number: int) -> Incoming:
    if one.error is not None:
        return one
    if number >= MOST_RECORDS:
        said = f"A request brings up to {MOST_RECORDS} records; send the rest in another."
        return Incoming(one.registrant_id, b"", TooManyRecords(said))
    if len(one.record) > RECORD_LIMIT:
        said = f"A record has at most {RECORD_LIMIT // 1024} KiB."
        return Incoming(one.registrant_id, b"", RecordTooLarge(said))
    return one


def _taken(
    database: Database,
    task: _Task,
    coming: Sequence[Incoming],
    verified: Mapping[int, Report],
) -> list[_Answer]:
    """Decide on a chunk, in one transaction, once more where another one was in the way.

    What stops the whole, such as a policy whose signature is not good, is each record's answer.
    """
    for _ in range(_TRIES):
        try:
            with database.write() as session:
                return _Counter(session, task).take(coming, verified)
        except IntegrityError:  # another registrant took one of these records at this very moment
            continue
        except DomainError as error:
            return [(None, False, one.error or error) for one in coming]
        except DataError:  # such as a NUL in a title, which PostgreSQL keeps in no text
            return _taken_apart(database, task, coming, verified)
    busy = Unavailable("Others are submitting the same records; try again.")
    return [(None, False, one.error or busy) for one in coming]


def _taken_apart(
    database: Database,
    task: _Task,
    coming: Sequence[Incoming],
    verified: Mapping[int, Report],
) -> list[_Answer]:
    """Each for itself, so that the one which no database keeps stops no other."""
    if len(coming) == 1:
        said = "The record has a value that no database takes."
        return [(None, False, coming[0].error or RecordUnreadable(said))]
    return [
        _taken(database, task, [one], {0: verified[number]} if number in verified else {})[0]
        for number, one in enumerate(coming)
    ]


@dataclass
class _Till:
    """One registrant whose records are being taken in, under his lock."""

    registrant: Registrant
    number: int
    book: Book
    known: dict[str, str]


@dataclass
class _Counter:
    """One transaction's work."""

    session: Session
    task: _Task
    tills: dict[str, _Till | DomainError] = field(default_factory=dict)
    new: list[NewSubmission] = field(default_factory=list)
    made: list[DecisionMade] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rules = Rules(self.session, self.task.registry_id)
        self.seer = Seer(self.session, self.task.registry_id)

    def take(self, coming: Sequence[Incoming], verified: Mapping[int, Report]) -> list[_Answer]:
        """An answer for each."""
        keys: dict[str, list[str]] = {}
        for number, report in verified.items():
            keys.setdefault(coming[number].registrant_id, []).append(key_of(report))
        for registrant_id in sorted(keys):  # in one order, so that nobody waits in a circle
            self.tills[registrant_id] = self._open(registrant_id, keys[registrant_id])
        found: list[tuple[str | None, bool, DomainError | None]] = []
        for number, one in enumerate(coming):
            given = verified.get(number)
            refused = (None, False, one.error)
            found.append(refused if given is None else self._one(one, given))
        self._write()
        ids = {id_ for id_, _, _ in found if id_ is not None}
        kept = reading.find_many(self.session, ids)
        return [(kept[id_] if id_ else None, created, error) for id_, created, error in found]

    def _open(self, registrant_id: str, keys: Sequence[str]) -> _Till | DomainError:
        try:
            registrant, number = lock(self.session, self.task.registry_id, registrant_id)
        except DomainError as error:
            return error
        known = dict(store.known_keys(self.session, registrant_id, keys))
        return _Till(registrant, number, self._book(registrant), known)

    def _book(self, registrant: Registrant) -> Book:
        entries = store.entries(self.session, registrant.id)
        return Book.of(entries, registered_on=registrant.registered_on)

    def _one(self, one: Incoming, report: Report) -> tuple[str | None, bool, DomainError | None]:
        till = self.tills[one.registrant_id]
        if isinstance(till, DomainError):
            return None, False, till
        if (error := _unreadable(report)) is not None:
            return None, False, error
        key = key_of(report)
        if key in till.known:
            return till.known[key], False, None
        registrant = till.registrant
        if store.claimed_by_others(
            self.session, registrant.registry_id, registrant.id, [key]
        ) or self._claimed_here(registrant.id, key):
            said = "Another registrant has submitted this record; ask the registry."
            return None, False, HeldByAnother(said)
        return self._decided(till, one, report, key), True, None

    def _claimed_here(self, registrant_id: str, key: str) -> bool:
        """Whether somebody else's record of this very transaction is the same."""
        return any(
            one.columns["claim"] == key and one.columns["registrant_id"] != registrant_id
            for one in self.new
        )

    def _decided(self, till: _Till, one: Incoming, report: Report, key: str) -> str:
        why = self.task.why
        facts = self.seer.facts(till.registrant, report, submitted_on=why.at.date())
        if self._corrects(till, facts):
            till.book = self._book(till.registrant)
        columns = {
            "registry_id": self.task.registry_id,
            "registrant_id": till.registrant.id,
            "origin": self.task.origin.value,
            "submitted_by": why.who,
            "submitted_at": why.at,
            "self_declared": False,
            "record_key": key,
            "record": one.record,
            "digest": report.digest,
            **columns_of(report),
        }
        submission_id = decided(
            till.book,
            NewSubmission(columns),
            Case(facts),
            number=till.number + 1,
            rules=self.rules,
            why=why,
            into=(self.new, self.made),
        )
        till.number += 1
        till.known[key] = submission_id
        return submission_id

    def _corrects(self, till: _Till, facts: Facts) -> bool:
        """Look again at what counts for the same activity; whether anything there changed."""
        if facts.activity_key is None:
            return False
        ledger_has = till.book.has_activity(facts.activity_key)
        if not ledger_has:
            return False
        self._write()
        older = store.activities_of(self.session, till.registrant.id, [facts.activity_key])
        why = Why(Cause.CORRECTED, self.task.why.who, self.task.why.at)
        return look_again(
            self.session, self.task.bundle, till.registrant, older, why, seer=self.seer
        )

    def _write(self) -> None:
        """Everything that was decided and is not written yet."""
        store.insert_submissions(self.session, self.new)
        store.insert_decisions(self.session, self.made)
        tell(self.session, self.made, [None] * len(self.made), self.task.why)
        for till in self.tills.values():
            if not isinstance(till, DomainError):
                store.set_last_number(self.session, till.registrant.id, till.number)
        self.new.clear()
        self.made.clear()


def decided(
    book: Book,
    new: NewSubmission,
    case: Case,
    *,
    number: int,
    rules: Rules,
    why: Why,
    into: tuple[list[NewSubmission], list[DecisionMade]],
) -> str:
    """Decide on what comes last of a registrant, and enter it in the book; gives its id."""
    policy = rules.for_facts(case.facts)
    today = day_of(policy, why.at)
    decision = ruled(policy, case, book, today=today, elsewhere=False)
    book.add(Entry.of(decision, case.facts))
    submission_id, decision_id = new_id(), new_id()
    columns: dict[str, Any] = {
        "id": submission_id,
        "number": number,
        "record_id": case.facts.record_id,
        "completed": case.facts.completed,
        "activity_key": case.facts.activity_key,
        "facts": store.stored_facts(case.facts),
        "supplement": None,
        "verdict": None,
        "outcome": decision.outcome.value,
        "decision_id": decision_id,
        "sequence": 1,
        "claim": None if decision.outcome is Outcome.REJECT else new.columns["record_key"],
    }
    into[0].append(NewSubmission({**new.columns, **columns}, new.evidence))
    into[1].append(
        DecisionMade(
            id=decision_id,
            submission_id=submission_id,
            registry_id=new.columns["registry_id"],
            registrant_id=new.columns["registrant_id"],
            sequence=1,
            previous_id=None,
            cause=why.cause,
            at=why.at,
            by=why.who,
            today=today,
            decision=decision,
            facts=case.facts,
            note=why.note,
        )
    )
    return submission_id


def _unreadable(report: Report) -> RecordUnreadable | None:
    for code in _UNREADABLE:
        check = report.check(code)
        if check.outcome is Found.FAIL:
            said = f"This is no record that can be verified: {check.detail}"
            return RecordUnreadable(said)
    return None
