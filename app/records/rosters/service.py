"""Use cases of rosters: submit, approve, reject, cancel; what became of one."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import BinaryIO

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity import service as identity
from app.platform.db import Database
from app.platform.ids import new_id
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.records.rosters import store
from app.records.rosters.files import sniff
from app.records.rosters.model import ENDED, Problem, Roster, RowState, State
from app.records.rosters.reading import read
from app.trust import service as trust

MOST_BYTES = 64 * 1024 * 1024
AT_ONCE = 256 * 1024
"""A file up to this size is checked before its upload is answered."""
_PIECE = 512 * 1024


class SamePerson(Conflict):
    """Whoever submitted a roster cannot approve it."""

    code = "roster-same-person"


class WrongState(Conflict):
    """The roster is not where this can be done."""

    code = "roster-state"


def submit(
    database: Database,
    file: BinaryIO,
    *,
    society_id: str,
    who: str,
    at: datetime,
    all_or_nothing: bool = False,
    idempotency_key: str | None = None,
) -> Roster:
    """Take a roster in; it is checked, and issued, by ``work``.

    The same file sent again by the same submitter is the same roster as long as that has not come
    to its end, so that a crash of whoever sent it makes no second one.

    Raises ``NotFound`` for a society that issues nothing here, ``Unreadable`` for what is no
    roster, ``Conflict`` when the key was used for another file.
    """
    hashed = hashlib.sha256()
    for piece in _pieces(file):
        hashed.update(piece)
    digest, size = hashed.hexdigest(), file.tell()
    file.seek(0)
    kind = sniff(file.read(4096))
    next(iter(read(lambda: _pieces(file), kind, at=at)), None)  # its header and its first row
    with database.read() as session:
        trust.issuer_of(session, society_id)
        approval = store.wants_approval(session, society_id)
    roster = Roster(
        id=new_id(),
        society_id=society_id,
        state=State.CHECKING,
        format=kind,
        size=size,
        digest=digest,
        all_or_nothing=all_or_nothing,
        approval=approval,
        submitted_by=who,
        submitted_at=at,
        created=True,
    )
    try:
        if idempotency_key is None:
            with database.read() as session:
                earlier = store.find_open(session, roster)
            if earlier is not None:
                return earlier
        _store(database, roster, file, idempotency_key)
    except IntegrityError:
        return _same(database, roster, idempotency_key or "")
    return roster


def _store(database: Database, roster: Roster, file: BinaryIO, idempotency_key: str | None) -> None:
    with database.write() as session:
        store.insert_roster(session, roster, idempotency_key=idempotency_key)
        for number, piece in enumerate(_pieces(file)):
            store.add_part(session, roster.id, number, piece)
        audit.record(
            session,
            who=roster.submitted_by,
            action="roster.submit",
            subject=f"roster:{roster.id}",
            organisation_id=roster.society_id,
            at=roster.submitted_at,
            after={"society": roster.society_id, "sha256": roster.digest},
        )


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_PIECE):
        yield piece


def _same(database: Database, roster: Roster, idempotency_key: str) -> Roster:
    with database.read() as session:
        earlier = store.find_by_key(session, roster.society_id, idempotency_key)
    if earlier is None or earlier.digest != roster.digest:
        raise Conflict("This Idempotency-Key was used for another roster; use a new one.")
    return earlier


def get_roster(session: Session, society_id: str, roster_id: str) -> Roster:
    """Raises ``NotFound``."""
    found = store.find(session, roster_id)
    if found is None or found.society_id != society_id:
        raise NotFound("There is no such roster.")
    return found


def find_roster(session: Session, roster_id: str) -> Roster:
    """A roster of any society, for the operator. Raises ``NotFound``."""
    found = store.find(session, roster_id)
    if found is None:
        raise NotFound("There is no such roster.")
    return found


def list_rosters(
    session: Session, society_id: str, *, cursor: str | None, limit: int
) -> Slice[Roster]:
    """A society's rosters, newest first."""
    before = None if cursor is None else decode_cursor(cursor)
    found = store.list_rosters(session, society_id, before=before, limit=limit + 1)
    return Slice(found[:limit], encode_cursor(found[limit - 1].id) if len(found) > limit else None)


def errors(session: Session, roster_id: str, *, cursor: str | None, limit: int) -> Slice[Problem]:
    """What is wrong in a roster, in the order of its rows."""
    found = store.problems(session, roster_id, after=_number(cursor), limit=limit + 1)
    more = len(found) > limit
    return Slice(
        [problem for _, problem in found[:limit]],
        encode_cursor(str(found[limit - 1][0])) if more else None,
    )


def all_errors(database: Database, roster_id: str) -> Iterator[Problem]:
    """Every error of a roster, read a page at a time."""
    after = 0
    while True:
        with database.read() as session:
            found: Sequence[tuple[int, Problem]] = store.problems(
                session, roster_id, after=after, limit=1000
            )
        yield from (problem for _, problem in found)
        if not found:
            return
        after = found[-1][0]


def records(
    session: Session, roster_id: str, *, cursor: str | None, limit: int
) -> Slice[tuple[int, RowState, str]]:
    """The rows of a roster that have a record: number, state, the record's id."""
    found = store.records(session, roster_id, after=_number(cursor), limit=limit + 1)
    more = len(found) > limit
    return Slice(found[:limit], encode_cursor(str(found[limit - 1][0])) if more else None)


def approve(session: Session, roster_id: str, *, at: datetime, who: str) -> Roster:
    """Let a roster's records be issued. Raises ``WrongState`` or ``SamePerson``."""
    roster = _locked(session, roster_id, State.WAITING)
    if roster.submitted_by == who:
        raise SamePerson("Somebody else than the one who submitted the roster must approve it.")
    return _decide(session, roster, State.ISSUING, at=at, who=who, began_at=at)


def reject(session: Session, roster_id: str, *, reason: str, at: datetime, who: str) -> Roster:
    """Say no to a roster; none of its records is issued. Raises ``WrongState`` or ``Invalid``."""
    roster = _locked(session, roster_id, State.WAITING)
    if not reason.strip() or len(reason) > 500:
        raise Invalid(
            "A roster is rejected with a reason.",
            fields=[FieldProblem("/reason", "reason-missing", "Say why, in up to 500 characters.")],
        )
    store.empty_rows(session, roster_id)
    return _decide(session, roster, State.REJECTED, at=at, who=who, reason=reason.strip())


def cancel(session: Session, roster_id: str, *, at: datetime, who: str) -> Roster:
    """Stop a roster; what is out stays out. Twice is the same as once. Raises ``WrongState``."""
    roster = store.find(session, roster_id, lock=True)
    if roster is None:
        raise NotFound("There is no such roster.")
    if roster.state is State.CANCELLED:
        return roster
    if roster.state in ENDED:
        raise WrongState(f"The roster is {roster.state}; there is nothing left to stop.")
    store.drop_parts(session, roster_id)
    store.empty_rows(session, roster_id)
    return _decide(session, roster, State.CANCELLED, at=at, who=who, reason="cancelled")


def wants_approval(session: Session, society_id: str) -> bool:
    """Whether a society wants a second person to approve its rosters."""
    return store.wants_approval(session, society_id)


def set_approval(
    session: Session, society_id: str, *, approval: bool, at: datetime, who: str
) -> None:
    """Say whether rosters submitted from now on wait for a second person. Raises ``NotFound``."""
    identity.get_organisation(session, society_id)
    before = store.wants_approval(session, society_id)
    store.put_policy(session, society_id, approval=approval)
    audit.record(
        session,
        who=who,
        action="roster.approval",
        subject=f"organisation:{society_id}",
        at=at,
        before={"approval": before},
        after={"approval": approval},
    )


def _locked(session: Session, roster_id: str, wanted: State) -> Roster:
    roster = store.find(session, roster_id, lock=True)
    if roster is None:
        raise NotFound("There is no such roster.")
    if roster.state is not wanted:
        raise WrongState(f"The roster is {roster.state}, not {wanted}.")
    return roster


def _decide(
    session: Session,
    roster: Roster,
    state: State,
    *,
    at: datetime,
    who: str,
    reason: str | None = None,
    began_at: datetime | None = None,
) -> Roster:
    store.change(
        session,
        roster.id,
        state=state,
        decided_by=who,
        decided_at=at,
        reason=reason,
        began_at=began_at or roster.began_at,
        finished_at=at if state in ENDED else None,
    )
    audit.record(
        session,
        who=who,
        action=f"roster.{state}",
        subject=f"roster:{roster.id}",
        organisation_id=roster.society_id,
        at=at,
        before={"state": roster.state.value},
        after={"state": state.value},
    )
    return find_roster(session, roster.id)


def _number(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return int(decode_cursor(cursor))
    except ValueError as error:
        raise Invalid(
            "The cursor is not one that this node gave out; start again without it.",
            fields=[FieldProblem("cursor", "cursor-invalid", "Leave it out to start again.")],
        ) from error
