"""Submissions and decisions as they are read: one, many, by pages."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.recognition.deciding.model import Outcome
from app.recognition.deciding.stored import decision_from_json
from app.recognition.deciding.stored import facts_from_json as facts_of
from app.recognition.ledger.encoding import verdict_from_json
from app.recognition.ledger.model import Cause, DecisionMade, Evidence, Origin, Submission
from app.recognition.ledger.store import in_parts
from app.recognition.ledger.tables import DecisionRow, EvidenceRow, SubmissionRow

_DECISION = (
    DecisionRow.id,
    DecisionRow.submission_id,
    DecisionRow.registry_id,
    DecisionRow.registrant_id,
    DecisionRow.sequence,
    DecisionRow.previous_id,
    DecisionRow.cause,
    DecisionRow.made_at,
    DecisionRow.made_by,
    DecisionRow.today,
    DecisionRow.body,
    DecisionRow.facts,
    DecisionRow.verdict,
    DecisionRow.run_id,
    DecisionRow.note,
)
_SUBMISSION = (
    SubmissionRow.number,
    SubmissionRow.origin,
    SubmissionRow.submitted_by,
    SubmissionRow.submitted_at,
    SubmissionRow.self_declared,
    SubmissionRow.record_id,
    SubmissionRow.issuer_id,
    SubmissionRow.holder_id,
    SubmissionRow.title,
    SubmissionRow.completed,
    SubmissionRow.activity_key,
    SubmissionRow.digest,
    SubmissionRow.verified_at,
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which submissions are asked for."""

    outcome: Outcome | None = None
    registrant_id: str | None = None
    origin: Origin | None = None
    self_declared: bool | None = None
    record_id: str | None = None
    completed_from: date | None = None
    completed_until: date | None = None
    issuer: str | None = None
    reason: str | None = None
    """The first of the current decision's, such as ``ISSUER_UNKNOWN``; ``CAP`` is any cap's."""
    text: str | None = None
    """In the title."""


def find(session: Session, submission_id: str) -> Submission | None:
    row = session.execute(_with_decision().where(SubmissionRow.id == submission_id)).one_or_none()
    return None if row is None else _submission(session, [row])[0]


def find_many(session: Session, ids: Collection[str]) -> Mapping[str, Submission]:
    found: list[Submission] = []
    for some in in_parts(ids):
        rows = session.execute(_with_decision().where(SubmissionRow.id.in_(some))).all()
        found += _submission(session, rows)
    return {one.id: one for one in found}


def of_registrant(session: Session, registrant_id: str) -> Sequence[Submission]:
    """In the order of submission."""
    query = _with_decision().where(SubmissionRow.registrant_id == registrant_id)
    return _submission(session, session.execute(query.order_by(SubmissionRow.number)).all())


def page(
    session: Session, registry_id: str, *, wanted: Filter, before: str | None, limit: int
) -> Sequence[Submission]:
    """The newest first."""
    query = _with_decision().where(SubmissionRow.registry_id == registry_id, *_conditions(wanted))
    if before is not None:
        query = query.where(SubmissionRow.id < before)
    rows = session.execute(query.order_by(SubmissionRow.id.desc()).limit(limit)).all()
    return _submission(session, rows)


def count(session: Session, registry_id: str, *, wanted: Filter) -> int:
    query = select(func.count()).select_from(SubmissionRow)
    return (
        session.scalar(query.where(SubmissionRow.registry_id == registry_id, *_conditions(wanted)))
        or 0
    )


def counts_by_outcome(session: Session, registry_id: str) -> Mapping[Outcome, int]:
    rows = session.execute(
        select(SubmissionRow.outcome, func.count())
        .where(SubmissionRow.registry_id == registry_id)
        .group_by(SubmissionRow.outcome)
    )
    return {Outcome(outcome): number for outcome, number in rows}


def credited(
    session: Session, registry_id: str, *, first: date | None, last: date | None
) -> Mapping[str, Fraction]:
    """What counted for each registrant of what was completed in these days, without any names."""
    query = (
        select(SubmissionRow.registrant_id, DecisionRow.credited)
        .join(DecisionRow, DecisionRow.id == SubmissionRow.decision_id)
        .where(
            SubmissionRow.registry_id == registry_id,
            SubmissionRow.outcome.in_([one.value for one in Outcome if one.counts]),
        )
    )
    if first is not None:
        query = query.where(SubmissionRow.completed >= first)
    if last is not None:
        query = query.where(SubmissionRow.completed <= last)
    sums: dict[str, Fraction] = {}
    for registrant_id, amount in session.execute(query):
        sums[registrant_id] = sums.get(registrant_id, Fraction(0)) + Fraction(amount or 0)
    return sums


def history(session: Session, submission_id: str) -> Sequence[DecisionMade]:
    """Every decision on a submission, the first one first."""
    rows = session.execute(
        select(*_DECISION)
        .where(DecisionRow.submission_id == submission_id)
        .order_by(DecisionRow.sequence)
    )
    return [_decision(row) for row in rows]


def decisions(session: Session, ids: Collection[str]) -> Mapping[str, DecisionMade]:
    found: dict[str, DecisionMade] = {}
    for some in in_parts(ids):
        rows = session.execute(select(*_DECISION).where(DecisionRow.id.in_(some)))
        found |= {row.id: _decision(row) for row in rows}
    return found


def last_decided(session: Session, registrant_ids: Collection[str]) -> Mapping[str, datetime]:
    """When something was last decided on each of these registrants; who is left out, never."""
    rows = session.execute(
        select(DecisionRow.registrant_id, func.max(DecisionRow.made_at))
        .where(DecisionRow.registrant_id.in_(registrant_ids))
        .group_by(DecisionRow.registrant_id)
    )
    return {row[0]: row[1] for row in rows}


def decision_page(
    session: Session, registry_id: str, *, after: str | None, limit: int
) -> Sequence[DecisionMade]:
    """Decisions in the order in which they were made, for who follows them."""
    query = select(*_DECISION).where(DecisionRow.registry_id == registry_id)
    if after is not None:
        query = query.where(DecisionRow.id > after)
    return [_decision(row) for row in session.execute(query.order_by(DecisionRow.id).limit(limit))]


def _decision(row: Sequence[Any]) -> DecisionMade:
    """A row of ``_DECISION``."""
    id_, submission_id, registry_id, registrant_id, sequence, previous_id, cause = row[:7]
    at, by, today, body, facts, verdict, run_id, note = row[7:]
    return DecisionMade(
        id=id_,
        submission_id=submission_id,
        registry_id=registry_id,
        registrant_id=registrant_id,
        sequence=sequence,
        previous_id=previous_id,
        cause=Cause(cause),
        at=at,
        by=by,
        today=today,
        decision=decision_from_json(body),
        facts=facts_of(facts),
        verdict=verdict_from_json(verdict),
        run_id=run_id,
        note=note,
    )


def _with_decision() -> Select[Any]:
    return select(*_DECISION, *_SUBMISSION).join(
        SubmissionRow, SubmissionRow.decision_id == DecisionRow.id
    )


def _submission(session: Session, rows: Sequence[Row[Any]]) -> list[Submission]:
    made = [_decision(row[: len(_DECISION)]) for row in rows]
    declared = [one.submission_id for one, row in zip(made, rows, strict=True) if row.self_declared]
    given = _evidence(session, declared)
    return [
        Submission(
            id=one.submission_id,
            registry_id=one.registry_id,
            registrant_id=one.registrant_id,
            number=row.number,
            origin=Origin(row.origin),
            submitted_by=row.submitted_by,
            submitted_at=row.submitted_at,
            self_declared=row.self_declared,
            record_id=row.record_id,
            issuer_id=row.issuer_id,
            holder_id=row.holder_id,
            title=row.title,
            completed=row.completed,
            digest=row.digest,
            verified_at=row.verified_at,
            outcome=one.decision.outcome,
            decision=one,
            activity_key=row.activity_key,
            verdict=one.verdict,
            evidence=tuple(given.get(one.submission_id, ())),
        )
        for one, row in zip(made, rows, strict=True)
    ]


def _evidence(session: Session, ids: Collection[str]) -> Mapping[str, list[Evidence]]:
    found: dict[str, list[Evidence]] = {}
    for some in in_parts(ids):
        rows = session.execute(
            select(
                EvidenceRow.submission_id,
                EvidenceRow.name,
                EvidenceRow.media_type,
                EvidenceRow.digest,
                EvidenceRow.text,
            )
            .where(EvidenceRow.submission_id.in_(some))
            .order_by(EvidenceRow.submission_id, EvidenceRow.number)
        )
        for row in rows:
            found.setdefault(row[0], []).append(Evidence(*row[1:]))
    return found


def _conditions(wanted: Filter) -> Iterator[Any]:
    if wanted.outcome is not None:
        yield SubmissionRow.outcome == wanted.outcome.value
    if wanted.registrant_id is not None:
        yield SubmissionRow.registrant_id == wanted.registrant_id
    if wanted.origin is not None:
        yield SubmissionRow.origin == wanted.origin.value
    if wanted.self_declared is not None:
        yield SubmissionRow.self_declared == wanted.self_declared
    if wanted.record_id is not None:
        yield SubmissionRow.record_id == wanted.record_id
    if wanted.completed_from is not None:
        yield SubmissionRow.completed >= wanted.completed_from
    if wanted.completed_until is not None:
        yield SubmissionRow.completed <= wanted.completed_until
    if wanted.issuer is not None:
        yield SubmissionRow.issuer_id == wanted.issuer
    if wanted.reason is not None:
        current = aliased(DecisionRow)
        first = current.body[("reasons", 0)].as_string()
        decided = select(current.id).where(
            current.id == SubmissionRow.decision_id,
            or_(first == wanted.reason, first.startswith(f"{wanted.reason}:", autoescape=True)),
        )
        yield decided.exists()
    if wanted.text:
        yield SubmissionRow.title.icontains(wanted.text, autoescape=True)
