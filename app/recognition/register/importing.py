"""Use cases: many registrants, issuers or approvals from one file.

1. Every row is told: added, changed, unchanged, or faulty with what is wrong in which cell.
2. A faulty row never stops the others, and what stands in the others is done. The same file again
   does no harm: it finds everything unchanged.
3. An empty cell leaves what is there. A registrant is found by the number.
4. A trial run (``dry_run``) reads and checks the same and writes nothing.

Rows are written some hundred at a time, each lot in a transaction of its own, so that others come
between them and what was done stays done.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.db import Database
from app.platform.ids import new_id
from app.platform.problems import Invalid
from app.recognition.register import approvals, issuers, listing, registrants
from app.recognition.register.model import (
    Fault,
    Imported,
    NewApprovalListing,
    NewIssuerListing,
    NewRegistrant,
    Registrant,
)
from app.recognition.register.sheets import Column, Row, fault, faults_of, read
from app.recognition.register.tables import FormerNumberRow, RegistrantRow

MOST_TOLD = 1000
_LOT = 500
REGISTRANTS = (
    Column("number", "the number in the register", ("registration number", "注册号"), needed=True),
    Column("name", "the registrant's name", ("full name", "姓名"), needed=True),
    Column("language", "the language to write in, such as en", ("preferred language",)),
    Column("registered_on", "the first day, such as 2020-05-31", ("registered", "since", "from")),
    Column("ended_on", "the last day; empty while it lasts", ("ended", "until", "to")),
)
ISSUERS = (
    Column("issuer_id", "the issuer's id, such as did:web:...", ("issuer", "did"), needed=True),
    Column("tag", "a tag that the policies ask for", ("label",), needed=True),
    Column("valid_from", "the first day on which it holds", ("from", "since")),
    Column("valid_to", "the last day on which it holds", ("to", "until")),
    Column("note", "a remark", ("remark",)),
)
APPROVALS = (
    Column("body", "the body that approved it", ("approved by",), needed=True),
    Column("number", "the approval's number", ("approval number", "approval no"), needed=True),
    Column("title", "the activity", ("activity", "course")),
    Column("issuer_id", "the only issuer that may claim it", ("issuer", "did")),
    Column("valid_from", "the first day on which it holds", ("from", "since")),
    Column("valid_to", "the last day on which it holds", ("to", "until")),
)


@dataclass(slots=True)
class _Tally:
    """What became of the rows so far."""

    done: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("added", "changed", "unchanged", "faulty"), 0)
    )
    faults: list[Fault] = field(default_factory=list)
    more: int = 0

    def count(self, what: str) -> None:
        self.done[what] += 1

    def faulty(self, faults: Sequence[Fault]) -> None:
        self.count("faulty")
        room = max(MOST_TOLD - len(self.faults), 0)
        self.faults.extend(faults[:room])
        self.more += len(faults[room:])

    def told(self) -> Imported:
        faults = sorted(self.faults, key=lambda one: one.row)
        return Imported(sum(self.done.values()), **self.done, faults=faults, more_faults=self.more)


def import_registrants(
    database: Database,
    registry_id: str,
    data: bytes,
    *,
    at: datetime,
    who: str,
    dry_run: bool = False,
) -> Imported:
    """Enter and change registrants as a file says. Raises ``NotARegistry``, ``FileUnreadable``."""
    tally, seen = _Tally(), dict[str, int]()
    for lot in _lots(read(data, REGISTRANTS)):
        with database.write() as session:
            registrants.hold(session, registry_id)
            _Lot(session, registry_id, at=at, who=who, dry_run=dry_run).take(lot, seen, tally)
    return tally.told()


def import_issuers(
    database: Database,
    registry_id: str,
    data: bytes,
    *,
    at: datetime,
    who: str,
    dry_run: bool = False,
) -> Imported:
    """List the issuers of a file. Raises ``NotARegistry``, ``FileUnreadable``."""

    def add(session: Session, cells: Mapping[str, str]) -> None:
        new = NewIssuerListing(**{name: cells.get(name, "") for name in _names(ISSUERS)})
        issuers.add_issuer(session, registry_id, new, at=at, who=who)

    return _list(database, registry_id, read(data, ISSUERS), add, dry_run=dry_run)


def import_approvals(
    database: Database,
    registry_id: str,
    data: bytes,
    *,
    at: datetime,
    who: str,
    dry_run: bool = False,
) -> Imported:
    """List the approvals of a file. Raises ``NotARegistry``, ``FileUnreadable``."""

    def add(session: Session, cells: Mapping[str, str]) -> None:
        new = NewApprovalListing(**{name: cells.get(name, "") for name in _names(APPROVALS)})
        approvals.add_approval(session, registry_id, new, at=at, who=who)

    return _list(database, registry_id, read(data, APPROVALS), add, dry_run=dry_run)


def _list(
    database: Database,
    registry_id: str,
    rows: Iterator[Row],
    add: Callable[[Session, Mapping[str, str]], None],
    *,
    dry_run: bool,
) -> Imported:
    tally = _Tally()
    for lot in _lots(rows):
        with database.write() as session:
            registrants.hold(session, registry_id)
            for row in lot:
                _one(session, row, add, tally)
            if dry_run:
                session.rollback()
    return tally.told()


def _one(
    session: Session,
    row: Row,
    add: Callable[[Session, Mapping[str, str]], None],
    tally: _Tally,
) -> None:
    if row.faults:
        tally.faulty(row.faults)
        return
    try:
        add(session, row.cells)
    except listing.ListedAlready:
        tally.count("unchanged")
    except Invalid as error:
        tally.faulty(faults_of(row, error))
    else:
        tally.count("added")


class _Lot:
    """Some hundred rows of registrants, taken in one transaction."""

    def __init__(
        self, session: Session, registry_id: str, *, at: datetime, who: str, dry_run: bool
    ) -> None:
        self._session, self._registry_id = session, registry_id
        self._at, self._who, self._dry_run = at, who, dry_run

    def take(self, lot: Sequence[Row], seen: dict[str, int], tally: _Tally) -> None:
        """Take the rows; ``seen`` are the numbers of the file's rows before."""
        numbers = sorted({_number(row) for row in lot})
        known, former = self._known(numbers), self._former(numbers)
        made: list[tuple[Registrant | None, Registrant]] = []
        for row in lot:
            number = _number(row)
            faults = self._faults(row, number, seen, former)
            if faults:
                tally.faulty(faults)
                continue
            before = known.get(number)
            try:
                new = self._entered(row, before)
            except Invalid as error:
                tally.faulty(faults_of(row, error))
                continue
            tally.count("added" if before is None else "changed" if new != before else "unchanged")
            if new != before:
                made.append((before, new))
        if not self._dry_run:
            self._write(made)

    def _faults(
        self, row: Row, number: str, seen: dict[str, int], former: frozenset[str]
    ) -> tuple[Fault, ...]:
        if row.faults:
            return row.faults
        if number in seen and number:
            mend = f"Row {seen[number]} has this number already; keep one of the two."
            return (fault(row, "number", "number-twice", mend),)
        seen[number] = row.number
        if number in former:
            mend = "The number was another registrant's; find that one by it."
            return (fault(row, "number", "number-taken", mend),)
        return ()

    def _entered(self, row: Row, before: Registrant | None) -> Registrant:
        kept = {} if before is None else _as_entered(before)
        new = NewRegistrant(
            **{name: row.cells.get(name, kept.get(name, "")) for name in _names(REGISTRANTS)}
        )
        made = registrants.checked(
            self._registry_id,
            new,
            registrant_id=new_id() if before is None else before.id,
            at=self._at if before is None else before.created_at,
        )
        return made if before is None else replace(made, person_id=before.person_id)

    def _known(self, numbers: Sequence[str]) -> Mapping[str, Registrant]:
        return registrants.by_numbers(self._session, self._registry_id, numbers)

    def _former(self, numbers: Sequence[str]) -> frozenset[str]:
        query = select(FormerNumberRow.number).where(
            FormerNumberRow.registry_id == self._registry_id, FormerNumberRow.number.in_(numbers)
        )
        return frozenset(self._session.scalars(query))

    def _write(self, made: Sequence[tuple[Registrant | None, Registrant]]) -> None:
        added = [registrants.columns(new) for before, new in made if before is None]
        if added:
            self._session.execute(insert(RegistrantRow), added)
        for before, new in made:
            if before is not None:
                self._session.execute(
                    update(RegistrantRow)
                    .where(RegistrantRow.id == new.id)
                    .values(**registrants.columns(new))
                )
        audit.record_many(
            self._session,
            [
                registrants.entry(
                    "registrant.add" if before is None else "registrant.change",
                    new,
                    before=before,
                    at=self._at,
                    who=self._who,
                )
                for before, new in made
            ],
        )


def _number(row: Row) -> str:
    return " ".join(row.cells.get("number", "").split())


def _as_entered(one: Registrant) -> dict[str, str]:
    return {
        "name": one.name,
        "language": one.language or "",
        "registered_on": str(one.registered_on or ""),
        "ended_on": str(one.ended_on or ""),
    }


def _names(columns: Sequence[Column]) -> tuple[str, ...]:
    return tuple(one.name for one in columns)


def _lots(given: Iterator[Row]) -> Iterator[list[Row]]:
    """The rows lot by lot, once all are read: of a file that is cut nothing is taken."""
    rows = iter(list(given))
    while lot := list(islice(rows, _LOT)):
        yield lot
