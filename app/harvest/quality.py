"""How much a source's courses tell their readers: the mean, the spread, and what is missing.

Sums of what ``catalogue.quality`` says of each course; pure, and it grows by one course at a time,
so that a source of any size is summed in the same memory.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

BANDS = 10
"""How many parts 0 to 100 is divided into; the last one holds 100 too."""


@dataclass(frozen=True, slots=True)
class Quality:
    """The scores of many courses, summed."""

    courses: int = 0
    points: int = 0
    """The sum of all scores."""
    bands: tuple[int, ...] = (0,) * BANDS
    """How many courses have 0 to 9, 10 to 19, ... 90 to 100."""
    missing: Mapping[str, int] = field(default_factory=dict)
    """Of how many courses a field is missing, the most often missing first."""

    @property
    def mean(self) -> int | None:
        """The mean score, rounded half up; ``None`` without courses."""
        return (2 * self.points + self.courses) // (2 * self.courses) if self.courses else None


class Summing:
    """Adds course after course."""

    def __init__(self) -> None:
        self._points = self._courses = 0
        self._bands = [0] * BANDS
        self._missing: Counter[str] = Counter()

    def add(self, score: int, missing: Iterable[str]) -> None:
        """One course more."""
        self._courses += 1
        self._points += score
        self._bands[min(max(score, 0) * BANDS // 100, BANDS - 1)] += 1
        self._missing.update(missing)

    def total(self) -> Quality:
        """What was added so far."""
        ranked = sorted(self._missing.items(), key=lambda one: (-one[1], one[0]))
        return Quality(self._courses, self._points, tuple(self._bands), dict(ranked))
