"""What reckoning beforehand takes and gives: bodies with rules, what would count."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction

from app.recognition.deciding.model import Decision, Facts, Outcome
from app.recognition.policies.model import Policy, Rule

MOST_REGISTRIES = 5
"""How many registries a search, a page or a program may ask about at once."""


class Grade(StrEnum):
    """On what authority a body's rules stand here."""

    ADOPTED = "adopted"
    """A registry of this node adopted them under its own key."""
    ILLUSTRATIVE = "illustrative"
    """Published rules as OpenCPD reads them; the body named has not adopted them."""


@dataclass(frozen=True, slots=True)
class Body:
    """Whose rules one can ask about: a registry of this node, or a body with illustrative rules."""

    id: str
    name: str
    grade: Grade


class Needed(StrEnum):
    """What would have to be so, for a completion to count."""

    ISSUER = "issuer"
    """The registry lists the society under one of ``values``."""
    STANDING = "standing"
    """The registry states since when the society stands on its list."""
    APPROVAL = "approval"
    """The body in ``values`` approved the activity, for the day of completion."""
    LANGUAGE = "language"
    COMPETENCE = "competence"
    DELIVERY = "delivery"
    """The record, or what comes with it, shows each of ``values``."""
    MEASURE = "measure"
    """The record states the amount in this measure."""
    KIND = "kind"
    """It is an activity of one of these kinds."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that stands in the way and could be mended; ``values`` are alternatives.

    For ``DELIVERY`` alone all of them are needed.
    """

    what: Needed
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What one way of taking a course would count for under one policy."""

    facts: Facts
    policy: Policy
    decision: Decision
    modes: tuple[str | None, ...] = ()
    """Every way of giving it that comes to this."""

    @property
    def rule(self) -> Rule | None:
        """The line of the table that was applied."""
        return next((one for one in self.policy.rules if one.id == self.decision.rule), None)


@dataclass(frozen=True, slots=True)
class Counting:
    """What a course would count for in one registry.

    ``ways`` has the least favourable way of taking it first, so that the first promises nothing
    which another way would take back; several only where the way makes a difference. Empty where
    the body has no rules in force on that day.
    """

    body: Body
    ways: tuple[Reckoned, ...] = ()
    doubtful: bool = False
    """Whether there are rules which are not what the registry signed, so that none is applied."""

    @property
    def first(self) -> Reckoned | None:
        return self.ways[0] if self.ways else None

    @property
    def best(self) -> Reckoned | None:
        """The most favourable way of taking it."""
        return self.ways[-1] if self.ways else None

    @property
    def depends(self) -> bool:
        """Whether it matters in which way it is taken."""
        return len(self.ways) > 1

    @property
    def outcome(self) -> Outcome | None:
        return self.ways[0].decision.outcome if self.ways else None

    @property
    def amount(self) -> Fraction | None:
        return self.ways[0].decision.credited if self.ways else None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A course that would count, for whoever looks for the shortest way through a cycle."""

    course_id: str
    title: Mapping[str, str]
    facts: Facts
    next_start: date | None
    """``None``: at any time."""
    price_free: bool
    """Whether it is free to everybody; not knowing its price is no such knowledge."""


@dataclass(frozen=True, slots=True)
class Planned:
    """An activity that somebody plans, for the calculator. What is not filled in is not known."""

    kind: str = ""
    mode: str | None = None
    measures: Mapping[str, Fraction] = field(default_factory=dict)
    assessed: bool | None = None
    tags: tuple[str, ...] = ()
    competences: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    society_id: str | None = None
    on: date | None = None


RANKS: Mapping[Outcome | None, int] = {
    Outcome.ACCEPT: 4,
    Outcome.ACCEPT_CAPPED: 4,
    Outcome.EVIDENCE_ONLY: 3,
    Outcome.REVIEW: 2,
    None: 1,
    Outcome.REJECT: 0,
}
"""How much an outcome is worth to an engineer, the best highest; amounts come after it."""


def worth(outcome: Outcome | None, amount: Fraction | None) -> tuple[int, Fraction]:
    """By what results are ordered; larger is better."""
    return RANKS[outcome], amount or Fraction(0)
