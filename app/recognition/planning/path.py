"""The shortest path: the least time that closes every gap of a cycle. Pure, and exact.

Options are gone through in the order of their days, since that is how caps are used up. Selections
that stand at the same place (the same amounts, the same room under the caps) have the same future,
so only the shortest of them is followed (dynamic programming); one that cannot beat the best
selection known is followed no further. Time decides, then how much of it costs money, then how
many activities it is.

The work is bounded. Where the bound is reached, the best selection found is given, and that it was
not proven to be the shortest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.recognition.deciding.cycle import check
from app.recognition.deciding.model import Totals
from app.recognition.planning.bounds import (
    Supply,
    at_least,
    attainable,
    bounds_of,
    fewest,
    within_reach,
)
from app.recognition.planning.model import (
    CATEGORIES,
    TOTAL,
    Option,
    Path,
    Standing,
    Taken,
)
from app.recognition.planning.problem import Move, Problem, State, put
from app.recognition.policies.model import Policy

WORK = 60_000
"""How many steps are looked at; a second or so."""
_NAMES = {"SHORT_TOTAL": TOTAL, "TOO_FEW_CATEGORIES": CATEGORIES}


@dataclass(frozen=True, slots=True)
class _Way:
    """How a state was reached: at what cost, and by which moves."""

    minutes: int = 0
    paid: int = 0
    steps: int = 0
    move: Move | None = None
    before: "_Way | None" = None

    @property
    def cost(self) -> tuple[int, int, int]:
        return (self.minutes, self.paid, self.steps)

    def plus(self, move: Move) -> "_Way":
        paid = self.paid + (move.minutes if move.option.paid else 0)
        return _Way(self.minutes + move.minutes, paid, self.steps + 1, move, self)

    def moves(self) -> list[Move]:
        made, way = [], self
        while way.move is not None and way.before is not None:
            made.append(way.move)
            way = way.before
        return made[::-1]


def shortest(
    policy: Policy, standing: Standing, options: Sequence[Option], *, work: int = WORK
) -> Path:
    """The least time with which the options close the gaps, or as much of them as they can.

    ``policy`` must have a cycle. Where the options cannot close every gap, the path leaves the
    smallest shortfall that it found, and ``compliance`` says which.
    """
    if policy.cycle is None:
        raise ValueError("the policy speaks of no cycle")
    problem = put(policy.cycle, standing, options)
    if problem.met(problem.start):
        return _told(policy, standing, [], proven=True)
    problem = within_reach(problem)
    best = _greedy(problem)
    bounds = bounds_of(problem)
    found, whole = _search(problem, best, bounds, work)
    floor = at_least(problem.needs(problem.start), bounds[0])
    proven = whole or (problem.met(_reached(problem, found.moves())) and found.minutes == floor)
    return _told(policy, standing, found.moves(), proven=proven)


def out_of_reach(policy: Policy, standing: Standing, options: Sequence[Option]) -> frozenset[str]:
    """Minimums, and ``categories``, that the options cannot close whatever is chosen of them."""
    if policy.cycle is None:
        return frozenset()
    problem = put(policy.cycle, standing, options)
    most, whole = attainable(problem), max(problem.required, problem.start.have[0])
    far = {
        one.id
        for one, least in zip(policy.cycle.minimums, problem.minimums, strict=True)
        if least.needed(whole) > min(most[place] for place in least.of)
    }
    groups = problem.start.groups
    for move in problem.moves:
        groups |= move.groups
    return frozenset(far | ({CATEGORIES} if groups.bit_count() < problem.groups_needed else set()))


def _search(
    problem: Problem, best: _Way, bounds: Sequence[Sequence[Supply]], work: int
) -> tuple[_Way, bool]:
    """The best way, and whether every state was followed to its end."""
    closed = best if problem.met(_reached(problem, best.moves())) else None
    states: dict[State, _Way] = {problem.start: _Way()}
    for place, move in enumerate(problem.moves):
        work -= len(states)
        if work < 0:
            break
        following: dict[State, _Way] = {}
        for state, way in states.items():
            _keep(following, state.without(move.twin) if move.last else state, way)
            after, longer = problem.after(state, move), way.plus(move)
            if after is None or (closed is not None and longer.cost >= closed.cost):
                continue
            if problem.met(after):
                closed = longer
            else:
                _keep(following, after, longer)
        if closed is not None:
            bound = bounds[place + 1]
            following = {
                state: way
                for state, way in following.items()
                if _can_beat(closed, way, problem.needs(state), bound)
            }
        states = following
    if closed is not None:
        return closed, work >= 0
    ways = [*((state, way) for state, way in states.items()),
            (_reached(problem, best.moves()), best)]  # fmt: skip
    return min(ways, key=lambda one: (*_short(problem, one[0]), *one[1].cost))[1], work >= 0


def _keep(states: dict[State, _Way], state: State, way: _Way) -> None:
    known = states.get(state)
    if known is None or way.cost < known.cost:
        states[state] = way


def _can_beat(closed: _Way, way: _Way, needs: Sequence[int], bound: Sequence[Supply]) -> bool:
    """Whether what comes after ``way`` could still be cheaper than a selection that is known."""
    least = at_least(needs, bound)
    if least is None:
        return False
    minutes = way.minutes + least
    if minutes != closed.minutes:
        return minutes < closed.minutes
    return (way.paid, way.steps + fewest(needs, bound)) < (closed.paid, closed.steps)


def _short(problem: Problem, state: State) -> tuple[int, int]:
    return problem.shortfall(state), problem.missing(state)


def _reached(problem: Problem, moves: Iterable[Move]) -> State:
    """The state after these moves, made in the order of their days."""
    state = problem.start
    for move in sorted(moves, key=lambda one: one.place):
        state = problem.after(state, move) or state
    return state


def _greedy(problem: Problem) -> _Way:
    """A fair way to begin with: always the move that closes most for its time."""
    chosen: list[Move] = []
    here = _short(problem, problem.start)
    while any(here):
        taken = {move.option.activity for move in chosen}
        best, gained, there = None, 0, here
        for move in problem.moves:
            if move.option.activity not in taken:
                short = _short(problem, _reached(problem, [*chosen, move]))
                gain = (here[0] - short[0]) + (here[1] - short[1]) * problem.required
                if gain * (best.minutes if best else 1) > gained * move.minutes:
                    best, gained, there = move, gain, short
        if best is None:
            break
        chosen.append(best)
        here = there
    for move in sorted(chosen, key=lambda one: -one.minutes):
        fewer = [one for one in chosen if one is not move]
        if _short(problem, _reached(problem, fewer)) <= here:
            chosen = fewer
    way = _Way()
    for move in sorted(chosen, key=lambda one: one.place):
        way = way.plus(move)
    return way


def _told(policy: Policy, standing: Standing, moves: Sequence[Move], *, proven: bool) -> Path:
    """The path in the policy's own amounts, each step with what it closes, judged once more."""
    totals = standing.totals
    left = [max(one.left, Fraction(0)) for one in standing.caps]
    taken = []
    for option in (move.option for move in moves):
        bearing = [place for place, one in enumerate(standing.caps) if one.bears_on(option)]
        credited = min([option.credit, *(left[place] for place in bearing)])
        after = _with(totals, option, credited)
        taken.append(Taken(option, credited, _serves(policy, totals, after)))
        for place in bearing:
            left[place] -= credited
        totals = after
    minutes = sum((each.option.minutes for each in taken), Fraction(0))
    return Path(tuple(taken), minutes, totals, check(policy, totals), proven)


def _with(totals: Totals, option: Option, credited: Fraction) -> Totals:
    category, tags = dict(totals.by_category), dict(totals.by_tag)
    if option.category is not None:
        category[option.category] = category.get(option.category, Fraction(0)) + credited
    for tag in option.tags:
        tags[tag] = tags.get(tag, Fraction(0)) + credited
    return Totals(totals.total + credited, category, tags)


def _serves(policy: Policy, before: Totals, after: Totals) -> tuple[str, ...]:
    """Which of the requirements that were not met the step brings nearer."""
    short, then = _shortfalls(policy, before), _shortfalls(policy, after)
    return tuple(each for each in short if then.get(each, Fraction(0)) < short[each])


def _shortfalls(policy: Policy, totals: Totals) -> dict[str, Fraction]:
    return {_NAMES.get(one.code, one.id or ""): one.short
            for one in check(policy, totals).shortfalls}  # fmt: skip
