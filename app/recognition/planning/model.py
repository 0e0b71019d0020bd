"""What planning speaks of: what could be done, what a cycle has room for, the path through both."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from app.recognition.deciding.model import Compliance, Totals
from app.recognition.policies.model import Cap, Span


@dataclass(frozen=True, slots=True)
class Option:
    """An activity that could be done once, on one day: what it takes and what it would count."""

    id: str
    activity: str
    """Options of one activity exclude each other: the same course on another day."""
    day: date
    minutes: Fraction
    credit: Fraction
    """After rounding, before any cap that others share."""
    category: str | None
    tags: tuple[str, ...] = ()
    """Those under which it counts towards minimums."""
    paid: bool = False
    policy_id: str = ""
    """By which of a registry's policies it would be decided; each has caps of its own."""


@dataclass(frozen=True, slots=True)
class CapLeft:
    """How much a cap still lets count over the days it is summed over."""

    cap: Cap
    span: Span
    left: Fraction
    policy_id: str = ""

    def bears_on(self, option: Option) -> bool:
        """Whether the option would use of it."""
        mine = self.cap.category is None or self.cap.category == option.category
        return mine and self.policy_id == option.policy_id and self.span.holds(option.day)


@dataclass(frozen=True, slots=True)
class Taken:
    """A step of the path."""

    option: Option
    credited: Fraction
    """What of its credit counts, with all the caps and the steps before it."""
    serves: tuple[str, ...]
    """What it brings nearer: ``total``, ``categories``, or the id of a minimum."""


@dataclass(frozen=True, slots=True)
class Path:
    """Which options to take, in the order of their days, and how the cycle stands after them."""

    taken: tuple[Taken, ...]
    minutes: Fraction
    totals: Totals
    compliance: Compliance
    proven: bool
    """Whether it is shown that no choice of these options does it in less time."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the cycle is today."""

    totals: Totals
    caps: tuple[CapLeft, ...] = ()


TOTAL, CATEGORIES = "total", "categories"
"""What a step serves, besides minimums."""
