"""What a verification says: numbered checks, each pass, fail or unknown, and the verified facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NoReturn

COMPLETION = "completion"
"""The profile of our own records (``app.verification.profile``)."""
GENERIC = "generic"
"""Any other credential of VC Data Model 2.0 whose contexts are known."""


class Outcome(StrEnum):
    """What one check found. Unknown is never a pass."""

    PASS = "pass"  # noqa: S105 -- the word of a verdict, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered question about a record and its answer."""

    number: int
    code: str
    """Stable, such as ``proof.signature``; programs may rely on it."""
    title: str
    outcome: Outcome
    detail: str
    """One sentence for people: what was found, and what to do about it."""
    evidence: Mapping[str, str] = field(default_factory=dict)
    """What the answer rests on: which key, which list, which version of the bundle."""


@dataclass(frozen=True, slots=True)
class Result:
    """One measured fact of a completion, with its unit."""

    kind: str
    """The result type, such as ``ext:ContactMinutes``: the unit of ``value``."""
    name: str
    value: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Alignment:
    """One competence, field or standard that the course is aligned to."""

    name: str
    url: str
    kind: str | None
    framework: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Identity:
    """Something by which a party may know the holder, hidden: the SHA-256 of value and salt."""

    kind: str
    """What is hashed, such as ``ext:RegisterNumber``."""
    hash: str
    """``sha256$`` and the digest in hexadecimal (Open Badges 3.0, ``IdentityHash``)."""
    salt: str


@dataclass(frozen=True, slots=True)
class HomeCompliance:
    """What a registry says of one registrant and one cycle; never of single activities."""

    met: bool
    first: date
    last: date
    judged_on: date
    policy_id: str
    policy_version: int
    policy_hash: str
    """SHA-256 in hexadecimal of the policy's rules."""
    purposes: tuple[str, ...] = ()
    """What it was asked for, such as a renewal under an agreement."""
    audience: str | None = None
    """The registry that it was made for, by its DID."""

    @property
    def sentence(self) -> str:
        """All of it in a line, for people who read English."""
        return (
            f"This registrant met the cycle {self.first} to {self.last} under policy "
            f"{self.policy_id} version {self.policy_version}: {'yes' if self.met else 'no'}"
        )


@dataclass(frozen=True, slots=True)
class Record:
    """The verified facts: only what was signed, understood and checked, never the raw input."""

    id: str
    title: str
    issuer_id: str
    issuer_name: str
    """The name under which the bundle knows the issuer, not the one the record gives itself."""
    holder_id: str | None
    valid_from: datetime | None
    awarded_at: datetime | None
    achievement_id: str | None = None
    achievement_type: str | None = None
    description: str | None = None
    language: str | None = None
    activity_start: date | None = None
    activity_end: date | None = None
    role: str | None = None
    credits_earned: float | None = None
    results: tuple[Result, ...] = ()
    alignments: tuple[Alignment, ...] = ()
    tags: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    """Numbers of the activity with their kinds: ``ext:Approval.PEC`` and the number."""
    identities: tuple[Identity, ...] = ()
    compliance: HomeCompliance | None = None
    """Of a statement of home compliance, which records no activity."""


class NotAccepted(Exception):
    """The report does not allow the record to be accepted; ``check`` says why."""

    def __init__(self, check: Check) -> None:
        super().__init__(f"{check.code}: {check.detail}")
        self.check = check


class Checked:
    """Numbered checks and what they come to. They have no truth value: ask ``accept``."""

    __slots__ = ()
    checks: tuple[Check, ...]

    def __bool__(self) -> NoReturn:
        raise TypeError("a report is not a verdict: call accept()")

    @property
    def outcome(self) -> Outcome:
        """The worst of the checks: fail before unknown before pass."""
        worst = Outcome.PASS
        for check in self.checks:
            if check.outcome is Outcome.FAIL:
                return Outcome.FAIL
            if check.outcome is Outcome.UNKNOWN:
                worst = Outcome.UNKNOWN
        return worst

    def check(self, code: str) -> Check:
        """The check with this code."""
        return next(check for check in self.checks if check.code == code)

    def refuse(self, *, tolerate: frozenset[str]) -> None:
        """Raise ``NotAccepted`` naming the first check in the way.

        ``tolerate`` lists codes whose ``unknown`` is put up with. A fail is never tolerated.
        """
        for check in self.checks:
            excused = check.outcome is Outcome.UNKNOWN and check.code in tolerate
            if check.outcome is not Outcome.PASS and not excused:
                raise NotAccepted(check)


@dataclass(frozen=True, slots=True)
class Report(Checked):
    """Everything a verification found. It has no truth value: ask ``accept``."""

    checks: tuple[Check, ...]
    record: Record | None
    """Present once the signature is verified, also when a later check fails."""
    profile: str | None
    securing: str | None
    """``eddsa-rdfc-2022`` or ``vc+jwt``, or another cryptosuite; several with commas between."""
    at: datetime
    bundle_version: int
    digest: str
    """SHA-256 in hexadecimal of the bytes that were verified; of a record inside a presentation
    that of its canonical JSON (RFC 8785)."""

    def accept(self, *, tolerate: frozenset[str] = frozenset()) -> Record:
        """Give the verified facts, or raise ``NotAccepted`` naming the first check in the way.

        ``tolerate`` lists codes whose ``unknown`` is put up with. A fail is never tolerated.
        """
        self.refuse(tolerate=tolerate)
        if self.record is None:
            raise NotAccepted(self.checks[-1])
        return self.record


@dataclass(frozen=True, slots=True)
class PresentationReport(Checked):
    """Everything the verification of a presentation found, and a report for each record in it."""

    checks: tuple[Check, ...]
    credentials: tuple[Report, ...]
    holder: str | None
    """Who presented it, once that is proven."""
    at: datetime
    bundle_version: int
    digest: str
    """SHA-256 of the bytes that were verified, in hexadecimal."""

    def accept(self, *, tolerate: frozenset[str] = frozenset()) -> tuple[Record, ...]:
        """Give the verified facts of every record, or raise ``NotAccepted``.

        ``tolerate`` lists codes, of the presentation's checks and of the records', whose
        ``unknown`` is put up with. A fail is never tolerated.
        """
        self.refuse(tolerate=tolerate)
        return tuple(report.accept(tolerate=tolerate) for report in self.credentials)
