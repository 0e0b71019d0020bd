"""Submissions and decisions in the database."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.recognition.deciding.facts import Supplement
from app.recognition.deciding.model import Facts, Outcome
from app.recognition.deciding.stored import (
    decision_as_json,
    facts_as_json,
    supplement_as_json,
    supplement_from_json,
)
from app.recognition.deciding.stored import facts_from_json as facts_of
from app.recognition.ledger.encoding import verdict_as_json, verdict_from_json
from app.recognition.ledger.figures import Entry
from app.recognition.ledger.model import (
    DecisionMade,
    Evidence,
    Verdict,
)
from app.recognition.ledger.tables import AccountRow, DecisionRow, EvidenceRow, SubmissionRow

_AT_ONCE = 500
_ZERO = Fraction(0)


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


def lock_accounts(session: Session, registrant_ids: Collection[str]) -> Sequence[str]:
    """Lock the ledgers of many who have one; gives their ids in order."""
    return session.scalars(
        select(AccountRow.registrant_id)
        .where(AccountRow.registrant_id.in_(registrant_ids))
        .order_by(AccountRow.registrant_id)
        .with_for_update()
    ).all()


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
    for some in in_parts(keys):
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
    for some in in_parts(keys):
        claims = session.scalars(
            select(SubmissionRow.claim).where(
                SubmissionRow.registry_id == registry_id,
                SubmissionRow.claim.in_(some),
                SubmissionRow.registrant_id != registrant_id,
            )
        )
        found |= {one for one in claims if one is not None}
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
    for some in in_parts(record_ids):
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
    for some in in_parts(ids):
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
    """By the table itself: nothing asks the session for these rows as objects."""
    if made:
        rows = [_columns(one) for one in made]
        session.execute(insert(SubmissionRow.metadata.tables["decision"]), rows)


def update_submissions(session: Session, changes: Sequence[Mapping[str, Any]]) -> None:
    """Change rows by their ``id``; all must change the same columns."""
    if not changes:
        return
    table = SubmissionRow.metadata.tables["submission"]
    names = [name for name in changes[0] if name != "id"]
    statement = (
        update(table)
        .where(table.c.id == bindparam("of_id"))
        .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names})
    )
    rows = [{"of_id": one["id"], **{f"new_{name}": one[name] for name in names}} for one in changes]
    session.connection().execute(statement, rows)


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


def in_parts(values: Collection[str]) -> Iterator[list[str]]:
    listed = list(values)
    for start in range(0, len(listed), _AT_ONCE):
        yield listed[start : start + _AT_ONCE]
