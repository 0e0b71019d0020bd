"""The trend of a source over its runs as points of a small picture, drawn without any script.

Pure. The same numbers stand in a table beside it, for who cannot see the picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.harvest.telling.model import Summary

WIDTH, HEIGHT, EDGE = 600, 140, 10
MOST = 30


@dataclass(frozen=True, slots=True)
class Point:
    """One run."""

    x: int
    y: int
    summary: Summary
    mean: int
    rejected: int
    bar: int
    """How high the bar of rejected items is."""


@dataclass(frozen=True, slots=True)
class Chart:
    """The points from the oldest run to the newest, and the line through them."""

    points: tuple[Point, ...]
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def line(self) -> str:
        """For ``<polyline points>``."""
        return " ".join(f"{one.x},{one.y}" for one in self.points)


def chart(summaries: Sequence[Summary]) -> Chart:
    """The chart of a source's newest summaries, given the newest first."""
    known = [one for one in reversed(summaries[:MOST]) if one.quality.mean is not None]
    step = (WIDTH - 2 * EDGE) // max(len(known) - 1, 1)
    most = max((_rejected(one) for one in known), default=0)
    room = HEIGHT - 2 * EDGE
    return Chart(
        tuple(
            Point(
                x=EDGE + number * step,
                y=HEIGHT - EDGE - room * (one.quality.mean or 0) // 100,
                summary=one,
                mean=one.quality.mean or 0,
                rejected=_rejected(one),
                bar=room * _rejected(one) // (2 * most) if most else 0,
            )
            for number, one in enumerate(known)
        )
    )


def _rejected(one: Summary) -> int:
    return int(one.counters.get("rejected", 0))
