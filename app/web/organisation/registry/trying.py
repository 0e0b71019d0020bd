"""What a version of a policy would do before it does it: faults, changes, vectors, a dry run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from sqlalchemy.orm import Session

from app.platform.problems import FieldProblem, Invalid
from app.recognition.adoption import service as adoption
from app.recognition.adoption.model import PolicyVersion
from app.recognition.adoption.service import PolicyDoubtful
from app.recognition.deciding import vectors
from app.recognition.deciding.model import Decision, Outcome
from app.recognition.deciding.vectors import Result, VectorsInvalid
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Changed
from app.recognition.policies.changes import Change, changes
from app.recognition.policies.finding import Finding
from app.recognition.policies.lint import lint_text
from app.recognition.policies.model import Policy
from app.recognition.policies.reading import Fault, PolicyInvalid

MOST_AT_ONCE = 5000
"""The most submissions over which a page waits for a dry run."""
MOST_CHANGES = 2000
MOST_SHOWN = 200
_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Looked:
    """What is to be said of a policy's text."""

    policy: Policy | None
    faults: Sequence[Fault] = ()
    findings: Sequence[Finding] = ()
    before: Policy | None = None
    """The version that it would take the place of."""
    changes: Sequence[Change] = ()
    lines: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """What is said of each line."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a file of vectors."""

    results: Sequence[Result]

    @property
    def passed(self) -> int:
        return sum(one.passed for one in self.results)

    @property
    def failed(self) -> int:
        return len(self.results) - self.passed


@dataclass(frozen=True, slots=True)
class Dry:
    """What the version would make of what was decided before."""

    since: date | None
    changed: Sequence[Changed]
    """Where it comes to another result, amount, category or reason."""
    same: int
    """How many it would decide as they were decided."""
    more: bool
    """Whether there are further changes than were counted."""
    moves: Mapping[tuple[Outcome, Outcome], int]
    """How many go from which outcome to which."""
    credit: Fraction
    """By how much all that counts would grow."""

    @property
    def shown(self) -> Sequence[Changed]:
        return self.changed[:MOST_SHOWN]


def look(session: Session, registry_id: str, text: str, *, at: datetime) -> Looked:
    """Read a text and say what is wrong, odd, and different from what is in force."""
    try:
        policy, findings = lint_text(text, today=at.date())
    except PolicyInvalid as error:
        return Looked(None, faults=error.faults, lines=_by_line(error.faults))
    before = _before(session, registry_id, policy, on=at.date())
    return Looked(
        policy,
        findings=findings,
        before=before,
        changes=changes(before, policy) if before else (),
        lines=_by_line(findings),
    )


def try_vectors(text: str, data: bytes) -> Tried:
    """Run a file of vectors with this text in its policy's place. Raises ``Invalid``."""
    try:
        policy, _ = lint_text(text)
        document = vectors.read(data.decode("utf-8-sig"))
        return Tried(vectors.run(document, instead=policy))
    except PolicyInvalid as error:
        raise Invalid("The text is not a policy yet; mend it first.") from error
    except (VectorsInvalid, UnicodeDecodeError) as error:
        mend = f"The file is not one of vectors: {error}"[:500]
        raise Invalid(mend, fields=[FieldProblem("/file", "vectors-invalid", mend)]) from error


def dry_run(session: Session, version: PolicyVersion, *, since: date | None, at: datetime) -> Dry:
    """What the version would change of what was completed since a day. Nothing is kept."""
    policy = adoption.get_policy(session, version.registry_id, version.policy_id, version.version)
    found = list(
        ledger.dry_run(session, version.registry_id, policy, since=since, limit=MOST_CHANGES, at=at)
    )
    changed = [one for one in found if _says(one.old) != _says(one.new)]
    moves: dict[tuple[Outcome, Outcome], int] = {}
    for one in changed:
        pair = (one.old.outcome, one.new.outcome)
        moves[pair] = moves.get(pair, 0) + 1
    return Dry(
        since,
        changed,
        len(found) - len(changed),
        len(found) == MOST_CHANGES,
        dict(sorted(moves.items(), key=lambda each: -each[1])),
        sum((_counted(one.new) - _counted(one.old) for one in found), start=_ZERO),
    )


def day(text: str) -> date | None:
    """A day as a form gives it; nothing for anything else."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _says(decision: Decision) -> tuple[object, ...]:
    """What a registrant would notice of it."""
    return decision.outcome, decision.credited, decision.category, decision.reasons


def _counted(decision: Decision) -> Fraction:
    return (decision.credited or _ZERO) if decision.outcome.counts else _ZERO


def _before(session: Session, registry_id: str, policy: Policy, *, on: date) -> Policy | None:
    """The version in force, or else the newest that was adopted."""
    try:
        in_force = adoption.in_force(session, registry_id, on=on)
        found = next((one for one in in_force if one.policy_id == policy.policy_id), None)
        if found is not None:
            return None if found.policy_version == policy.policy_version else found
        versions = [
            one.version
            for one in adoption.adopted(session, registry_id)
            if one.policy_id == policy.policy_id and one.version != policy.policy_version
        ]
        if not versions:
            return None
        return adoption.get_policy(session, registry_id, policy.policy_id, max(versions))
    except PolicyDoubtful:
        return None


def _by_line(said: Sequence[Fault] | Sequence[Finding]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for one in said:
        if one.line:
            found.setdefault(one.line, []).append(f"{one.detail} {one.mend}".strip())
    return found
