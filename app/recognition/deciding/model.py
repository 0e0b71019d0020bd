"""What deciding takes and gives: the facts of a completion, the ledger's figures, a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction

from app.recognition.policies.model import Otherwise, Span


class Outcome(StrEnum):
    """What a policy says of a record."""

    ACCEPT = "accept"
    ACCEPT_CAPPED = "accept_capped"
    EVIDENCE_ONLY = "evidence_only"
    REVIEW = "review"
    REJECT = "reject"

    @property
    def counts(self) -> bool:
        """Whether there is an amount, though it may be nothing."""
        return self in {Outcome.ACCEPT, Outcome.ACCEPT_CAPPED}


class Gate(StrEnum):
    """The questions in their fixed order; the first that is not passed decides."""

    SIGNATURE = "signature"
    STATUS = "status"
    HOLDER = "holder"
    DUPLICATE = "duplicate"
    FUTURE = "future"
    WINDOW = "window"
    ISSUER = "issuer"
    STANDING = "standing"
    APPROVAL = "approval"
    SCOPE = "scope"
    LANGUAGE = "language"
    CONTENT = "content"
    COMPETENCES = "competences"
    DELIVERY = "delivery"
    REGIME = "regime"
    MAPPING = "mapping"
    CONVERSION = "conversion"
    ROUNDING = "rounding"
    MINIMUM = "minimum"
    CAPS = "caps"


class Signature(StrEnum):
    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """Of the record, by its issuer."""

    VALID = "valid"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


class Binding(StrEnum):
    """Whether the record's holder is the registrant."""

    BOUND = "bound"
    UNKNOWN = "unknown"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class Approval:
    """Some body's approval of the activity, whose dates are known."""

    body: str
    number: str
    span: Span = field(default_factory=Span)


@dataclass(frozen=True, slots=True)
class Facts:
    """A completion as a policy asks about it. What is not known is absent, never assumed."""

    record_id: str
    completed: date
    kind: str
    activity_key: str | None = None
    """Of issuer, activity and day: two records with one key are of the same thing."""
    mode: str | None = None
    role: str | None = None
    measures: Mapping[str, Fraction] = field(default_factory=dict)
    """``contact_minutes``, ``full_days``, ``work_hours``, ``ceu``, ``ects``, ``count`` ..."""
    tags: tuple[str, ...] = ()
    competences: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    issuer_tags: tuple[str, ...] = ()
    """What the registry says of the issuer, as on the day of completion."""
    issuer_standing: Span | None = None
    approvals: tuple[Approval, ...] = ()
    delivery: Mapping[str, bool] = field(default_factory=dict)
    signature: Signature = Signature.UNKNOWN
    status: Standing = Standing.UNKNOWN
    holder: Binding = Binding.UNKNOWN


@dataclass(frozen=True, slots=True)
class Ledger:
    """What has counted already, as far as it bears on one record."""

    used: Mapping[str, Fraction] = field(default_factory=dict)
    """By the id of the cap: what is used of it in the period the record falls in."""
    record_ids: frozenset[str] = frozenset()
    activity_keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """One question and its answer, in terms that any language has words for (``words``)."""

    gate: Gate
    code: str
    """What was found; ``words`` has a sentence for each."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What the sentence needs; fractions as ``8/5``."""
    passed: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy says of a record, with everything needed to repeat it."""

    outcome: Outcome
    credited: Fraction | None
    reasons: tuple[str, ...]
    """Codes, such as ``CAP:imported-year``; ``OK`` alone when nothing stood in the way."""
    category: str | None
    rule: str | None
    """The id of the policy's line that was applied."""
    counted_tags: tuple[str, ...]
    """The tags under which the amount counts towards minimums."""
    trace: tuple[Step, ...]
    used: Mapping[str, Fraction]
    """The figures of the ledger that were looked at, by the id of the cap."""
    policy_id: str
    policy_version: int
    policy_hash: str


@dataclass(frozen=True, slots=True)
class Totals:
    """What counted in a cycle, after caps."""

    total: Fraction = Fraction(0)
    by_category: Mapping[str, Fraction] = field(default_factory=dict)
    by_tag: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A requirement that is not met, and by how much."""

    code: str
    short: Fraction
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Compliance:
    """Whether a cycle's requirements are met."""

    compliant: bool
    shortfalls: tuple[Shortfall, ...]
    carry_over: Fraction | None
    """What goes into the next cycle; ``None`` where the policy does not speak of it."""
    lost: Fraction
    """What is above the requirement and goes nowhere."""


OUTCOME_OF = {Otherwise.REVIEW: Outcome.REVIEW, Otherwise.REJECT: Outcome.REJECT}
