"""Many completions at once through the cycle in ``issue``, in few transactions.

One read for what they share, one reservation of places, one write of all intents, and, once each is
signed and verified, one write of all records. What becomes of one never changes what becomes of
another; ``service.complete`` is a batch of one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy.exc import OperationalError

from app.platform.db import Database
from app.platform.problems import Conflict, DomainError, Unavailable
from app.records import intents, status
from app.records.build import Draft
from app.records.finishing import finish_all
from app.records.issue import Prepared, new_salts, prepare
from app.records.judge import Fresh, Judged, Repeats, Request, judge, problems_of
from app.records.model import Intent, IssuedRecord
from app.trust import service as trust
from app.trust.model import Issuer
from app.trust.signer import Signer

_TRIES = 5
_TRY_AGAIN = {"40001", "40P01"}
"""What PostgreSQL says when two transactions stood in each other's way: nothing was done."""


class Verdict(StrEnum):
    """What became of one completion."""

    CREATED = "created"
    EXISTED = "existed"
    CONFLICT = "conflict"
    INVALID = "invalid"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one completion: its record, or the reason why there is none."""

    verdict: Verdict
    record: IssuedRecord | None = None
    error: DomainError | None = None


@dataclass(frozen=True, slots=True)
class _Batch:
    """One call of ``complete_many``."""

    database: Database
    signer: Signer
    society_id: str
    public_url: str
    at: datetime
    who: str


def complete_many(
    database: Database,
    signer: Signer,
    requests: Sequence[Request],
    *,
    society_id: str,
    public_url: str,
    at: datetime,
    who: str = "system",
) -> list[Outcome]:
    """Issue a record for each completion, or say why not; answers in the order of ``requests``.

    Raises ``NotFound`` for a society that issues nothing here, and what a signer raises that cannot
    begin a status list: then nothing was issued.
    """
    batch = _Batch(database, signer, society_id, public_url, at, who)
    found: dict[int, Outcome] = {}
    for position, request in enumerate(requests):  # 1
        problems = problems_of(request.completion, at=at)
        if problems is not None:
            found[position] = _refused(problems)
    for _ in range(_TRIES):
        waiting = [position for position in range(len(requests)) if position not in found]
        if not waiting:
            break
        try:
            answers = _round(batch, [requests[position] for position in waiting])
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in _TRY_AGAIN:
                raise
            continue
        found |= {waiting[number]: outcome for number, outcome in answers.items()}
    too_many = Unavailable("Too many completions are being recorded at once; try again.")
    return [found.get(position, _refused(too_many)) for position in range(len(requests))]


def _round(batch: _Batch, requests: Sequence[Request]) -> dict[int, Outcome]:
    """Go through all steps once; what somebody else was first with is left without an answer."""
    with batch.database.read() as session:
        issuer = trust.issuer_of(session, batch.society_id)
        judged = judge(session, requests, society_id=batch.society_id, public_url=batch.public_url)
    fresh = {n: one for n, one in enumerate(judged) if isinstance(one, Fresh)}
    prepared, refused = _prepared(batch, issuer, fresh)
    stored = _intended(batch, prepared, fresh)
    begun = {n: one for n, one in enumerate(judged) if isinstance(one, Intent)}
    work = {n: one.intent for n, one in prepared.items() if one.intent.id in stored} | begun
    finished = finish_all(
        batch.database,
        batch.signer,
        list({intent.id: intent for intent in work.values()}.values()),
        prepared={one.intent.id: one for one in prepared.values()},
        at=batch.at,
        who=batch.who,
    )
    found = {number: _refused(error) for number, error in refused.items()}
    for number, intent in work.items():
        result = finished[intent.id]
        found[number] = _refused(result) if isinstance(result, DomainError) else _recorded(result)
    return found | _known(judged, found)


def _known(judged: Sequence[Judged], found: Mapping[int, Outcome]) -> dict[int, Outcome]:
    """What needed no work: recorded before, refused, or said twice in one batch."""
    known: dict[int, Outcome] = {}
    for number, one in enumerate(judged):
        if isinstance(one, IssuedRecord):
            known[number] = _recorded(one)
        elif isinstance(one, DomainError):
            known[number] = _refused(one)
        elif isinstance(one, Repeats) and one.position in found:
            first = found[one.position]
            record = None if first.record is None else replace(first.record, created=False)
            known[number] = first if record is None else _recorded(record)
    return known


def _prepared(
    batch: _Batch, issuer: Issuer, fresh: Mapping[int, Fresh]
) -> tuple[dict[int, Prepared], dict[int, DomainError]]:
    """Step 2."""
    if not fresh:
        return {}, {}
    slots = status.reserve(
        batch.database,
        batch.signer,
        society_id=batch.society_id,
        count=len(fresh),
        public_url=batch.public_url,
        at=batch.at,
    )
    prepared: dict[int, Prepared] = {}
    refused: dict[int, DomainError] = {}
    for (number, one), (slot, list_url) in zip(fresh.items(), slots, strict=True):
        draft = Draft(
            record_id=one.record_id,
            holder_id=one.holder_id,
            society_id=batch.society_id,
            issuer=issuer,
            completion=one.completion,
            course=one.facts,
            achievement_id=one.achievement_id,
            slot=slot,
            list_url=list_url,
            public_url=batch.public_url,
            salts=new_salts(len(one.completion.holder.identifiers)),
            at=batch.at.replace(microsecond=0),
        )
        try:
            prepared[number] = prepare(draft, one.decided)
        except DomainError as error:
            refused[number] = error
    return prepared, refused


def _intended(
    batch: _Batch, prepared: Mapping[int, Prepared], fresh: Mapping[int, Fresh]
) -> set[str]:
    """Step 3: the ids of the intents that are stored now."""
    if not prepared:
        return set()
    new_holders = {
        fingerprint: fresh[number].holder_id
        for number in prepared
        if (fingerprint := fresh[number].fingerprint) is not None
    }
    with batch.database.write() as session:
        return intents.insert_many(
            session, [one.intent for one in prepared.values()], fingerprints=new_holders
        )


def _recorded(record: IssuedRecord) -> Outcome:
    return Outcome(Verdict.CREATED if record.created else Verdict.EXISTED, record)


def _refused(error: DomainError) -> Outcome:
    if isinstance(error, Conflict):
        return Outcome(Verdict.CONFLICT, error=error)
    return Outcome(Verdict.INVALID if error.status == 422 else Verdict.FAILED, error=error)
