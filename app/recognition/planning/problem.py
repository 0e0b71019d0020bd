"""The question of the shortest path in whole numbers: what is needed, what could be done.

Every amount is multiplied by one common denominator, so nothing is rounded and sums are fast.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from app.recognition.deciding.model import Totals
from app.recognition.planning.model import Option, Standing
from app.recognition.policies.model import Cycle, Minimum

NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class Move:
    """One option, in whole numbers."""

    place: int
    option: Option
    minutes: int
    credit: int
    counts_in: tuple[int, ...]
    """Places of the amounts that it raises."""
    groups: int
    """The groups of categories it is in, as bits."""
    caps: tuple[int, ...]
    """Places of the caps that bear on it."""
    twin: int = 0
    """A bit of its own for an activity that has several options."""
    last: bool = False
    """Whether no option of its activity comes after it."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a selection has come; selections in one state have the same future."""

    have: tuple[int, ...]
    """The total, then each category and tag of which some minimum speaks."""
    groups: int
    left: tuple[int, ...]
    """Of each cap."""
    twins: int = 0
    """Activities of which an option was taken and another is still to come."""

    def without(self, twin: int) -> "State":
        """The same once it no longer matters whether that activity was taken."""
        kept = self.twins & ~twin
        return self if kept == self.twins else State(self.have, self.groups, self.left, kept)


@dataclass(frozen=True, slots=True)
class Least:
    """A minimum, in whole numbers."""

    amount: int
    share: tuple[int, int] | None
    of: tuple[int, ...]
    """Places of the amounts that must all reach it."""

    def needed(self, whole: int) -> int:
        """How much it asks for where ``whole`` is the larger of the total and the required."""
        return self.amount if self.share is None else whole * self.share[0] // self.share[1]


@dataclass(frozen=True, slots=True)
class Problem:
    """A cycle's requirements, where it stands and what could be done, in whole numbers."""

    required: int
    minimums: tuple[Least, ...]
    groups_needed: int
    moves: tuple[Move, ...]
    """In the order of their days, which is the order in which caps are used up."""
    start: State

    def needs(self, state: State) -> list[int]:
        """What is still short of each amount."""
        have = state.have
        short = [0] * len(have)
        whole = max(have[0], self.required)
        short[0] = whole - have[0]
        for least in self.minimums:
            needed = least.needed(whole)
            for place in least.of:
                short[place] = max(short[place], needed - have[place])
        return short

    def shortfall(self, state: State) -> int:
        """The sum of what is short of the total and of each minimum."""
        whole = max(state.have[0], self.required)
        sums = (
            max(0, least.needed(whole) - min(state.have[place] for place in least.of))
            for least in self.minimums
        )
        return whole - state.have[0] + sum(sums)

    def missing(self, state: State) -> int:
        """How many categories are still wanted."""
        return max(0, self.groups_needed - state.groups.bit_count())

    def met(self, state: State) -> bool:
        """Whether nothing is short."""
        return not self.missing(state) and not any(self.needs(state))

    def after(self, state: State, move: Move) -> State | None:
        """The state once the move is made; ``None`` where it may not or would change nothing."""
        if move.twin & state.twins:
            return None
        credited = min([move.credit, *(state.left[place] for place in move.caps)])
        if credited <= 0:
            return None
        have = list(state.have)
        for place in move.counts_in:
            have[place] += credited
        left = list(state.left)
        for place in move.caps:
            left[place] -= credited
        twins = state.twins & ~move.twin if move.last else state.twins | move.twin
        return State(self._clipped(have), state.groups | move.groups, tuple(left), twins)

    def _clipped(self, have: list[int]) -> tuple[int, ...]:
        """Without what is above every requirement, unless a share is measured against it."""
        if any(least.share is not None for least in self.minimums):
            return tuple(have)
        most = [0] * len(have)
        most[0] = self.required
        for least in self.minimums:
            for place in least.of:
                most[place] = max(most[place], least.amount)
        return tuple(map(min, have, most))


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a problem is measured in."""

    scale: int
    minutes: int
    amounts: tuple[tuple[str, str], ...]
    """Each amount but the total: ``category`` or ``tag``, and which."""
    groups: tuple[frozenset[str], ...]

    def places(self, minimum: Minimum) -> tuple[int, ...]:
        return tuple(1 + self.amounts.index(each) for each in _measured(minimum)) or (0,)


def put(cycle: Cycle, standing: Standing, options: Iterable[Option]) -> Problem:
    """The problem in whole numbers. Options that count nothing are left out."""
    usable = sorted(
        (each for each in options if each.credit > 0), key=lambda one: (one.day, one.id)
    )
    terms = _Terms(
        scale=_scale(cycle, standing, usable),
        minutes=lcm(*(each.minutes.denominator for each in usable)),
        amounts=tuple(sorted({one for each in cycle.minimums for one in _measured(each)})),
        groups=_groups(cycle, usable, standing.totals),
    )
    return Problem(
        required=int(cycle.total * terms.scale),
        minimums=tuple(_least(one, terms) for one in cycle.minimums),
        groups_needed=cycle.min_categories or 0,
        moves=_moves(standing, usable, terms),
        start=_start(standing, terms),
    )


def _moves(standing: Standing, options: Sequence[Option], terms: _Terms) -> tuple[Move, ...]:
    times = Counter(each.activity for each in options)
    several = sorted(name for name, count in times.items() if count > 1)
    twins = {name: 1 << place for place, name in enumerate(several)}
    final = {each.activity: each.id for each in options}
    return tuple(
        Move(
            place=number,
            option=each,
            minutes=int(each.minutes * terms.minutes),
            credit=int(each.credit * terms.scale),
            counts_in=(0, *(
                place
                for place, (kind, name) in enumerate(terms.amounts, start=1)
                if (name == each.category if kind == "category" else name in each.tags)
            )),
            groups=sum(1 << place for place, of in enumerate(terms.groups) if each.category in of),
            caps=tuple(place for place, one in enumerate(standing.caps) if one.bears_on(each)),
            twin=twins.get(each.activity, 0),
            last=final[each.activity] == each.id,
        )
        for number, each in enumerate(options)
    )  # fmt: skip


def _measured(minimum: Minimum) -> list[tuple[str, str]]:
    named = (("category", minimum.category), ("tag", minimum.tag))
    return [(kind, name) for kind, name in named if name is not None]


def _least(minimum: Minimum, terms: _Terms) -> Least:
    share = minimum.min_share
    return Least(
        amount=int((minimum.min or NOTHING) * terms.scale),
        share=None if share is None else (share.numerator, share.denominator),
        of=terms.places(minimum),
    )


def _start(standing: Standing, terms: _Terms) -> State:
    totals = standing.totals
    held = {"category": totals.by_category, "tag": totals.by_tag}
    have = [totals.total, *(held[kind].get(name, NOTHING) for kind, name in terms.amounts)]
    there = {name for name, amount in totals.by_category.items() if amount > 0}
    return State(
        have=tuple(int(amount * terms.scale) for amount in have),
        groups=sum(1 << place for place, of in enumerate(terms.groups) if of & there),
        left=tuple(int(max(one.left, NOTHING) * terms.scale) for one in standing.caps),
    )


def _groups(cycle: Cycle, options: Sequence[Option], totals: Totals) -> tuple[frozenset[str], ...]:
    if cycle.category_groups:
        return tuple(frozenset({name, *of}) for name, of in cycle.category_groups.items())
    named = {each.category for each in options} | set(totals.by_category)
    return tuple(frozenset({name}) for name in sorted(filter(None, named)))


def _scale(cycle: Cycle, standing: Standing, options: Sequence[Option]) -> int:
    """A common denominator, and of the shares too, so that a share of a whole is whole."""
    amounts = [
        cycle.total,
        standing.totals.total,
        *standing.totals.by_category.values(),
        *standing.totals.by_tag.values(),
        *(one.left for one in standing.caps),
        *(one.min for one in cycle.minimums if one.min is not None),
        *(each.credit for each in options),
    ]
    shares = (one.min_share.denominator for one in cycle.minimums if one.min_share is not None)
    return lcm(*(amount.denominator for amount in amounts)) * lcm(*shares)
