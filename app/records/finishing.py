"""Steps 4 to 6 of the cycle in ``issue``, for as many intents as are given at once.

Each intent is signed and verified by itself, and one that fails is noted with its reason and holds
up no other. What is good is stored in one transaction, with its line in the audit trail; a
correction takes its record's place in that same transaction, or stays an intent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.identity import audit
from app.platform import outbox
from app.platform.db import Database
from app.platform.problems import Conflict, DomainError, Unavailable
from app.records import RECORD_ISSUED, status
from app.records import intents as store
from app.records.intents import Finished
from app.records.issue import OutputRefused, Prepared, Signed, resume, sign, verify_output
from app.records.model import Intent, IssuedRecord
from app.records.standing import service as standing
from app.records.store import find_records
from app.trust import service as trust
from app.trust.signer import Signer, SignerError
from app.verification.bundle import Bundle

_FAILURES_IN_A_ROW = 3
"""After so many a signer is not asked again for this batch: each question may take its time."""

Found = IssuedRecord | DomainError


@dataclass(frozen=True, slots=True)
class _Bench:
    """What signing and verifying one batch needs."""

    signer: Signer
    bundle: Bundle
    addresses: Mapping[tuple[str, int], tuple[str, ...]]
    """The addresses of a society's status lists, by list number; the one records name is first."""
    at: datetime
    who: str


def finish_all(
    database: Database,
    signer: Signer,
    intents: Sequence[Intent],
    *,
    at: datetime,
    who: str,
    prepared: Mapping[str, Prepared] | None = None,
) -> dict[str, Found]:
    """Finish intents that are stored: by id, the record that each became, or why it did not.

    One that is not among ``prepared`` is taken up from where a crash left it.
    """
    if not intents:
        return {}
    bench = _bench(database, signer, intents, at=at, who=who)
    found: dict[str, Found] = {}
    signed: dict[str, Signed] = {}
    in_a_row = 0
    for intent in intents:
        try:
            if in_a_row >= _FAILURES_IN_A_ROW:
                raise Unavailable("The signer failed several times over; it is asked again later.")
            ready = (prepared or {}).get(intent.id)
            signed[intent.id] = _signed(ready, intent, bench)  # 4 and 5
            in_a_row = 0
        except DomainError as error:
            in_a_row += isinstance(error, SignerError)
            found[intent.id] = error
    _note(database, found)
    good = {intent.id: intent for intent in intents if intent.id in signed}
    found |= _stored(database, bench, good, signed)  # 6
    return found


def _bench(
    database: Database, signer: Signer, intents: Sequence[Intent], *, at: datetime, who: str
) -> _Bench:
    with database.read() as session:
        addresses = {
            (society_id, number): status.listed_urls(session, society_id=society_id, number=number)
            for society_id, number in sorted({(i.society_id, i.slot.list_no) for i in intents})
        }
        bundle = trust.bundle(
            session,
            at=at,
            issuer_ids=sorted({intent.issuer_id for intent in intents}),
            status_urls=[url for urls in addresses.values() for url in urls],
        )
    return _Bench(signer, bundle, addresses, at, who)


def _signed(prepared: Prepared | None, intent: Intent, bench: _Bench) -> Signed:
    if prepared is None:
        addresses = bench.addresses[intent.society_id, intent.slot.list_no]
        prepared = resume(intent, list_url=addresses[0] if addresses else "")
    signed = sign(prepared, bench.signer)  # 4
    verify_output(signed, record_id=intent.id, bundle=bench.bundle, at=bench.at)  # 5
    return signed


def _stored(
    database: Database, bench: _Bench, good: Mapping[str, Intent], signed: Mapping[str, Signed]
) -> dict[str, Found]:
    """Step 6: what each became; somebody else may have finished it just before us."""
    if not good:
        return {}
    found: dict[str, Found] = {}
    with database.write() as session:
        ours = store.lock(session, good)
        plain = [intent for intent in good.values() if intent.id in ours and not intent.supersedes]
        _finish(session, bench, plain, signed)
        corrections = [one for one in good.values() if one.id in ours and one.supersedes]
        for society_id in sorted({one.society_id for one in corrections}):
            of_society = [one for one in corrections if one.society_id == society_id]
            found |= _corrected(session, bench, of_society, signed)
        theirs = find_records(session, good.keys() - ours)
    _note(database, found)
    for record_id, intent in good.items():
        if record_id in ours:
            found.setdefault(record_id, _record(intent, signed[record_id], at=bench.at))
        elif record_id in theirs:
            found[record_id] = theirs[record_id]
        else:
            found[record_id] = OutputRefused(f"The record {record_id} is not there any more.")
    return found


def _finish(
    session: Session, bench: _Bench, done: Sequence[Intent], signed: Mapping[str, Signed]
) -> None:
    finished = [Finished(one.id, signed[one.id].json, signed[one.id].jwt) for one in done]
    store.finish_many(session, finished, at=bench.at)
    audit.record_many(
        session,
        [
            audit.Entry(
                at=bench.at,
                who=bench.who,
                action="record.issue",
                subject=f"record:{one.id}",
                before={"state": "intended"},
                after={"state": "issued", "issuer": one.issuer_id},
                organisation_id=one.society_id,
            )
            for one in done
        ],
    )
    outbox.announce(session, RECORD_ISSUED, [one.id for one in done], at=bench.at)


def _corrected(
    session: Session, bench: _Bench, done: Sequence[Intent], signed: Mapping[str, Signed]
) -> dict[str, Found]:
    """A correction comes out and its record goes, or neither; each by itself when not all can."""
    if not done:
        return {}
    try:
        with session.begin_nested():
            _finish(session, bench, done, signed)
            standing.supersede(
                session,
                bench.signer,
                successors={one.supersedes: one.id for one in done if one.supersedes},
                society_id=done[0].society_id,
                at=bench.at,
                who=bench.who,
            )
            for one in done:
                store.take_over_activity(session, one.id)
    except (IntegrityError, DomainError) as error:
        if len(done) == 1:
            return {done[0].id: error if isinstance(error, DomainError) else _taken(done[0])}
        alone = [_corrected(session, bench, [one], signed) for one in done]
        return {record_id: found for one in alone for record_id, found in one.items()}
    return {}


def _taken(intent: Intent) -> Conflict:
    return Conflict(f"Another record has taken the place of {intent.supersedes} in the meantime.")


def _record(intent: Intent, signed: Signed, *, at: datetime) -> IssuedRecord:
    return IssuedRecord(
        id=intent.id,
        society_id=intent.society_id,
        holder_id=intent.holder_id,
        course_id=intent.course_id,
        json=signed.json,
        jwt=signed.jwt,
        issued_at=at,
        course_run=intent.course_run,
        roster_id=intent.roster_id,
        supersedes=intent.supersedes,
        idempotency_key=intent.idempotency_key,
        created=True,
    )


def _note(database: Database, found: Mapping[str, Found]) -> None:
    reasons = {
        record_id: f"{error.code}: {error.detail}"
        for record_id, error in found.items()
        if isinstance(error, DomainError)
    }
    if reasons:
        with database.write() as session:
            store.note_failures(session, reasons)
