"""What needs take at the very least: below it, no selection need be looked for.

For one need alone, as if activities could be divided and were each taken once: those that give the
most for their time come first (the fractional knapsack). What caps leave out only takes longer.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate

from app.recognition.planning.problem import Move, Problem


@dataclass(frozen=True, slots=True)
class Supply:
    """What the moves from some place on can add to one amount, the most for its time first."""

    credit: tuple[int, ...]
    """Summed up, move by move, beginning with nothing."""
    minutes: tuple[int, ...]
    largest: int = 0
    """The most credit that one of them gives."""

    def at_least(self, need: int) -> int | None:
        """The minutes that ``need`` takes when moves could be divided; ``None`` for never."""
        if need > self.credit[-1]:
            return None
        place = bisect_left(self.credit, need)
        if place == 0:
            return 0
        credit, minutes = self.credit[place - 1], self.minutes[place - 1]
        rate = (self.minutes[place] - minutes, self.credit[place] - credit)
        return minutes - (-(need - credit) * rate[0] // rate[1])


def bounds_of(problem: Problem) -> list[list[Supply]]:
    """For every place in the order of moves, and every amount: the supply after it."""
    waiting: list[list[Move]] = [[] for _ in problem.start.have]
    supplies = [Supply((0,), (0,)) for _ in waiting]
    bounds = [list(supplies)]
    for move in reversed(problem.moves):
        for place in move.counts_in:
            insort(waiting[place], move, key=lambda one: Fraction(one.minutes, one.credit))
            supplies[place] = Supply(
                tuple(accumulate((one.credit for one in waiting[place]), initial=0)),
                tuple(accumulate((one.minutes for one in waiting[place]), initial=0)),
                max(supplies[place].largest, move.credit),
            )
        bounds.append(list(supplies))
    return bounds[::-1]


def at_least(needs: Sequence[int], bound: Sequence[Supply]) -> int | None:
    """The minutes that the needs take at the very least; ``None`` where they cannot be met."""
    least = 0
    for need, supply in zip(needs, bound, strict=True):
        if need:
            minutes = supply.at_least(need)
            if minutes is None:
                return None
            least = max(least, minutes)
    return least


def fewest(needs: Sequence[int], bound: Sequence[Supply]) -> int:
    """How many moves the needs take at the very least; there must be some that serve them."""
    return max(
        (-(-need // supply.largest) for need, supply in zip(needs, bound, strict=True) if need),
        default=1,
    )


def attainable(problem: Problem) -> list[int]:
    """The most that each amount can come to, or a little more: what caps leave of all moves.

    Options of one activity are counted together, as if all could be taken.
    """
    sums: dict[tuple[int, tuple[int, ...]], int] = {}
    for move in problem.moves:
        for place in move.counts_in:
            key = (place, move.caps)
            sums[key] = sums.get(key, 0) + move.credit
    most = list(problem.start.have)
    for (place, caps), credit in sums.items():
        most[place] += min([credit, *(problem.start.left[cap] for cap in caps)])
    return most


def within_reach(problem: Problem) -> Problem:
    """The same problem, asking no more than the moves can come to.

    What is out of reach stays short whatever is chosen; so the least time is looked for in which
    as much as possible is closed. Shares move with the total and are left as they are.
    """
    if any(least.share is not None for least in problem.minimums):
        return problem
    most = attainable(problem)
    groups = problem.start.groups
    for move in problem.moves:
        groups |= move.groups
    return replace(
        problem,
        required=min(problem.required, most[0]),
        minimums=tuple(
            replace(least, amount=min([least.amount, *(most[place] for place in least.of)]))
            for least in problem.minimums
        ),
        groups_needed=min(problem.groups_needed, groups.bit_count()),
    )
