"""Submissions and decisions in the database."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.recognition.deciding.facts import Supplement
from app.recognition.deciding.model import Facts, Outcome
from app.recognition.deciding.stored import (
    decision_as_json,
    decision_from_json,
    facts_as_json,
    supplement_as_json,
    supplement_from_json,
)
from app.recognition.deciding.stored import facts_from_json as facts_of
from app.recognition.ledger.encoding import verdict_as_json, verdict_from_json
from app.recognition.ledger.figures import Entry
from app.recognition.ledger.model import (
    Cause,
    DecisionMade,
    Evidence,
    Origin,
    Submission,
    Verdict,
)
from app.recognition.ledger.tables import AccountRow, DecisionRow, EvidenceRow, SubmissionRow

_AT_ONCE = 500
_ZERO = Fraction(0)
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
class Held:
    """A submission as far as deciding it again needs it."""

    id: str
    number: int
    record_key: str
    claimed: bool
    self_declared: bool
    facts: Facts
    verdict: Verdict | None
    decision_id: str
    sequence: int
    today: date
    body: Mapping[str, Any]
    """The current decision, as it is stored."""

    @property
    def entry(self) -> Entry:
        """What the current decision says to those after it."""
        credited = self.body["credited"]
        return Entry(
            self.facts.record_id,
            self.facts.activity_key,
            self.facts.completed,
            self.body["policy_id"],
            Outcome(self.body["outcome"]),
            self.body["category"],
            _ZERO if credited is None else Fraction(credited),
        )


@dataclass(frozen=True, slots=True)
class ToVerify:
    """A record that was submitted, and what was known of it."""

    id: str
    number: int
    record: bytes
    record_key: str
    submitted_at: datetime
    facts: Facts
    supplement: Supplement | None
    holder_confirmed: bool


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
    text: str | None = None
    """In the title."""


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """A row to be, with its evidence."""

    columns: Mapping[str, Any]
    evidence: tuple[Evidence, ...] = field(default=())


def lock_account(session: Session, registry_id: str, registrant_id: str, *, is_sqlite: bool) -> int:
    """Be the only one who decides for the registrant until the transaction ends.

    Gives the last submission's number.
    """
    made = (sqlite.insert if is_sqlite else postgresql.insert)(AccountRow)
    session.execute(
        made.values(
            registrant_id=registrant_id, registry_id=registry_id, last_number=0
        ).on_conflict_do_nothing()
    )
    return session.execute(
        select(AccountRow.last_number)
        .where(AccountRow.registrant_id == registrant_id)
        .with_for_update()
    ).scalar_one()


def set_last_number(session: Session, registrant_id: str, number: int) -> None:
    session.execute(
        update(AccountRow)
        .where(AccountRow.registrant_id == registrant_id)
        .values(last_number=number)
    )


def has_accounts(session: Session) -> bool:
    """Whether anything was ever submitted to a registry of this node."""
    return session.scalar(select(AccountRow.registrant_id).limit(1)) is not None


def registries(session: Session) -> Sequence[str]:
    """Those to which anything was ever submitted."""
    return session.scalars(select(AccountRow.registry_id).distinct()).all()


def entries(session: Session, registrant_id: str) -> Sequence[Entry]:
    """What a registrant's current decisions say, in the order of submission."""
    rows = session.execute(
        select(
            SubmissionRow.record_id,
            SubmissionRow.activity_key,
            SubmissionRow.completed,
            DecisionRow.policy_id,
            DecisionRow.outcome,
            DecisionRow.category,
            DecisionRow.credited,
        )
        .join(DecisionRow, DecisionRow.id == SubmissionRow.decision_id)
        .where(SubmissionRow.registrant_id == registrant_id)
        .order_by(SubmissionRow.number)
    )
    return [
        Entry(*row[:4], Outcome(row[4]), row[5], _ZERO if row[6] is None else Fraction(row[6]))
        for row in rows
    ]


def held(session: Session, registrant_ids: Collection[str]) -> Mapping[str, list[Held]]:
    """What each registrant submitted, in the order of submission."""
    rows = session.execute(
        select(
            SubmissionRow.registrant_id,
            SubmissionRow.id,
            SubmissionRow.number,
            SubmissionRow.record_key,
            SubmissionRow.claim,
            SubmissionRow.self_declared,
            SubmissionRow.facts,
            SubmissionRow.verdict,
            SubmissionRow.decision_id,
            SubmissionRow.sequence,
            DecisionRow.today,
            DecisionRow.body,
        )
        .join(DecisionRow, DecisionRow.id == SubmissionRow.decision_id)
        .where(SubmissionRow.registrant_id.in_(registrant_ids))
        .order_by(SubmissionRow.registrant_id, SubmissionRow.number)
    )
    found: dict[str, list[Held]] = {}
    for registrant_id, id_, number, key, claim, declared, facts, verdict, *rest in rows:
        one = Held(
            id_,
            number,
            key,
            claim is not None,
            declared,
            facts_of(facts),
            verdict_from_json(verdict),
            *rest,
        )
        found.setdefault(registrant_id, []).append(one)
    return found


def known_keys(session: Session, registrant_id: str, keys: Collection[str]) -> Mapping[str, str]:
    """Which of these records the registrant submitted already, and as what."""
    found: dict[str, str] = {}
    for some in _in_parts(keys):
        rows = session.execute(
            select(SubmissionRow.record_key, SubmissionRow.id).where(
                SubmissionRow.registrant_id == registrant_id, SubmissionRow.record_key.in_(some)
            )
        )
        found |= {row.record_key: row.id for row in rows}
    return found


def claimed_by_others(
    session: Session, registry_id: str, registrant_id: str, keys: Collection[str]
) -> frozenset[str]:
    """Which of these records another registrant of the registry holds."""
    found: set[str] = set()
    for some in _in_parts(keys):
        found |= set(
            session.scalars(
                select(SubmissionRow.claim).where(
                    SubmissionRow.registry_id == registry_id,
                    SubmissionRow.claim.in_(some),
                    SubmissionRow.registrant_id != registrant_id,
                )
            )
        ) - {None}  # type: ignore[operator]
    return frozenset(found)


def activities_of(
    session: Session, registrant_id: str, activity_keys: Collection[str]
) -> Sequence[str]:
    """The registrant's submissions of these activities that are not rejected."""
    return session.scalars(
        select(SubmissionRow.id).where(
            SubmissionRow.registrant_id == registrant_id,
            SubmissionRow.activity_key.in_(activity_keys),
            SubmissionRow.outcome != Outcome.REJECT.value,
        )
    ).all()


def of_records(session: Session, record_ids: Collection[str]) -> Mapping[str, list[str]]:
    """Who was given these records: by registry, its submissions of them."""
    found: dict[str, list[str]] = {}
    for some in _in_parts(record_ids):
        rows = session.execute(
            select(SubmissionRow.registry_id, SubmissionRow.id)
            .where(SubmissionRow.record_id.in_(some))
            .order_by(SubmissionRow.id)
        )
        for registry_id, submission_id in rows:
            found.setdefault(registry_id, []).append(submission_id)
    return found


def to_verify(session: Session, ids: Collection[str]) -> Sequence[ToVerify]:
    """Records among these submissions, to be verified again, in the order of submission."""
    found: list[ToVerify] = []
    for some in _in_parts(ids):
        rows = session.execute(
            select(
                SubmissionRow.id,
                SubmissionRow.number,
                SubmissionRow.record,
                SubmissionRow.record_key,
                SubmissionRow.submitted_at,
                SubmissionRow.facts,
                SubmissionRow.supplement,
            )
            .where(SubmissionRow.id.in_(some), SubmissionRow.record.is_not(None))
            .order_by(SubmissionRow.number)
        )
        for id_, number, record, key, at, facts, given in rows:
            supplement, confirmed = supplement_of(given)
            found.append(
                ToVerify(id_, number, record, key, at, facts_of(facts), supplement, confirmed)
            )
    return found


def taught_before(
    session: Session, registrant_id: str, achievement_id: str, *, before: int | None
) -> bool:
    """Whether an earlier submission counted the registrant as instructor of this activity."""
    query = (
        select(SubmissionRow.id)
        .where(
            SubmissionRow.registrant_id == registrant_id,
            SubmissionRow.achievement_id == achievement_id,
            SubmissionRow.outcome.in_([Outcome.ACCEPT.value, Outcome.ACCEPT_CAPPED.value]),
            SubmissionRow.facts["role"].as_string().like("instructor%"),
        )
        .limit(1)
    )
    if before is not None:
        query = query.where(SubmissionRow.number < before)
    return session.scalar(query) is not None


def insert_submissions(session: Session, new: Sequence[NewSubmission]) -> None:
    if not new:
        return
    session.execute(insert(SubmissionRow), [dict(one.columns) for one in new])
    evidence = [
        {
            "submission_id": one.columns["id"],
            "number": number,
            "name": each.name,
            "media_type": each.media_type,
            "digest": each.digest,
            "text": each.text,
        }
        for one in new
        for number, each in enumerate(one.evidence, start=1)
    ]
    if evidence:
        session.execute(insert(EvidenceRow), evidence)


def insert_decisions(session: Session, made: Sequence[DecisionMade]) -> None:
    if made:
        session.execute(insert(DecisionRow), [_columns(one) for one in made])


def update_submissions(session: Session, changes: Sequence[Mapping[str, Any]]) -> None:
    """Change rows by their ``id``; all must change the same columns."""
    if changes:
        session.execute(update(SubmissionRow), [dict(one) for one in changes])


def add_supplement(session: Session, submission_id: str, verdict: Verdict) -> None:
    """Keep what a reviewer added, beside what was added before: for when it is verified again."""
    given = session.scalar(
        select(SubmissionRow.supplement).where(SubmissionRow.id == submission_id)
    )
    before, sure = supplement_of(given)
    added = verdict.supplement or Supplement()
    both = added if before is None else joined(before, added)
    stored = supplement_as_json(both) | {"holder_confirmed": sure or verdict.holder_confirmed}
    update_submissions(session, [{"id": submission_id, "supplement": stored}])


def joined(one: Supplement, other: Supplement) -> Supplement:
    """Both of two supplements; of what they say twice, the second counts."""
    return Supplement(
        {**one.measures, **other.measures},
        (*one.tags, *other.tags),
        (*one.competences, *other.competences),
        (*one.languages, *other.languages),
        (*one.issuer_tags, *other.issuer_tags),
        (*one.approvals, *other.approvals),
        {**one.delivery, **other.delivery},
    )


def find(session: Session, submission_id: str) -> Submission | None:
    row = session.execute(_with_decision().where(SubmissionRow.id == submission_id)).one_or_none()
    return None if row is None else _submission(session, [row])[0]


def find_many(session: Session, ids: Collection[str]) -> Mapping[str, Submission]:
    found: list[Submission] = []
    for some in _in_parts(ids):
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


def registrant_of(session: Session, submission_id: str) -> tuple[str, str] | None:
    """Registry and registrant."""
    row = session.execute(
        select(SubmissionRow.registry_id, SubmissionRow.registrant_id).where(
            SubmissionRow.id == submission_id
        )
    ).one_or_none()
    return None if row is None else (row.registry_id, row.registrant_id)


def record_of(session: Session, submission_id: str) -> bytes | None:
    """The bytes as they were received."""
    return session.scalar(select(SubmissionRow.record).where(SubmissionRow.id == submission_id))


def report_of(session: Session, submission_id: str) -> Any:
    return session.scalar(select(SubmissionRow.report).where(SubmissionRow.id == submission_id))


def history(session: Session, submission_id: str) -> Sequence[DecisionMade]:
    """Every decision on a submission, the first one first."""
    rows = session.execute(
        select(*_DECISION)
        .where(DecisionRow.submission_id == submission_id)
        .order_by(DecisionRow.sequence)
    )
    return [decision_of(row) for row in rows]


def decisions(session: Session, ids: Collection[str]) -> Mapping[str, DecisionMade]:
    found: dict[str, DecisionMade] = {}
    for some in _in_parts(ids):
        rows = session.execute(select(*_DECISION).where(DecisionRow.id.in_(some)))
        found |= {row.id: decision_of(row) for row in rows}
    return found


def decision_page(
    session: Session, registry_id: str, *, after: str | None, limit: int
) -> Sequence[DecisionMade]:
    """Decisions in the order in which they were made, for who follows them."""
    query = select(*_DECISION).where(DecisionRow.registry_id == registry_id)
    if after is not None:
        query = query.where(DecisionRow.id > after)
    return [
        decision_of(row) for row in session.execute(query.order_by(DecisionRow.id).limit(limit))
    ]


def decision_of(row: Row[*tuple[Any, ...]]) -> DecisionMade:
    """A row of ``_DECISION``."""
    return DecisionMade(
        *row[:6],
        Cause(row[6]),
        *row[7:10],
        decision_from_json(row[10]),
        facts_of(row[11]),
        verdict_from_json(row[12]),
        *row[13:],
    )


def supplement_of(stored: Any) -> tuple[Supplement | None, bool]:
    """What a reviewer added, and whether the holder was made sure of."""
    if not stored:
        return None, False
    return supplement_from_json(stored), bool(stored.get("holder_confirmed"))


def stored_facts(facts: Facts) -> dict[str, Any]:
    """Facts as a column holds them."""
    return facts_as_json(facts)


def stored_verdict(verdict: Verdict | None) -> dict[str, Any] | None:
    """A verdict as a column holds it."""
    return verdict_as_json(verdict)


def _columns(made: DecisionMade) -> dict[str, Any]:
    body = decision_as_json(made.decision)
    return {
        "id": made.id,
        "submission_id": made.submission_id,
        "registry_id": made.registry_id,
        "registrant_id": made.registrant_id,
        "sequence": made.sequence,
        "previous_id": made.previous_id,
        "cause": made.cause.value,
        "made_at": made.at,
        "made_by": made.by,
        "today": made.today,
        "outcome": body["outcome"],
        "credited": body["credited"],
        "category": body["category"],
        "policy_id": body["policy_id"],
        "policy_version": body["policy_version"],
        "policy_hash": body["policy_hash"],
        "body": body,
        "facts": facts_as_json(made.facts),
        "verdict": verdict_as_json(made.verdict),
        "run_id": made.run_id,
        "note": made.note,
    }


def _with_decision() -> Select[Any]:
    return select(*_DECISION, *_SUBMISSION).join(
        SubmissionRow, SubmissionRow.decision_id == DecisionRow.id
    )


def _submission(session: Session, rows: Sequence[Row[Any]]) -> list[Submission]:
    made = [decision_of(row[: len(_DECISION)]) for row in rows]
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
    for some in _in_parts(ids):
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
    if wanted.text:
        yield SubmissionRow.title.icontains(wanted.text, autoescape=True)


def _in_parts(values: Collection[str]) -> Iterator[list[str]]:
    listed = list(values)
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]
