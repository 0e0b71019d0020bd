"""The shortest path, against trying every selection there is."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.recognition.deciding.cycle import check
from app.recognition.deciding.model import Totals
from app.recognition.planning.model import CATEGORIES, TOTAL, CapLeft, Option, Path, Standing
from app.recognition.planning.path import shortest
from app.recognition.policies.model import (
    Cap,
    Cycle,
    Issuers,
    Minimum,
    Period,
    Policy,
    Span,
    Status,
)

TODAY = date(2026, 11, 28)
Cost = tuple[Fraction, Fraction, int]


def policy(cycle: Cycle) -> Policy:
    return Policy(
        policy_id="p", policy_version=1, registry="R", status=Status.ADOPTED, status_note="adopted",
        unit="hour", issuers=Issuers(accept_any=True), rules=(), hash="0" * 64, document={},
        cycle=cycle,
    )  # fmt: skip


def option(
    name: str, hours: str, *, credit: str | None = None, category: str = "formal",
    tags: tuple[str, ...] = (), paid: bool = False, days: int = 1, activity: str = "",
) -> Option:  # fmt: skip
    return Option(
        name, activity or name, TODAY + timedelta(days), Fraction(hours) * 60,
        Fraction(credit or hours), category, tags, paid,
    )  # fmt: skip


def after(standing: Standing, chosen: Sequence[Option]) -> Totals:
    """What a selection comes to: one after the other, as they take place."""
    left = [one.left for one in standing.caps]
    total = standing.totals.total
    category, tags = dict(standing.totals.by_category), dict(standing.totals.by_tag)
    for one in sorted(chosen, key=lambda each: (each.day, each.id)):
        bearing = [i for i, cap in enumerate(standing.caps) if cap.bears_on(one)]
        credited = max(Fraction(0), min([one.credit, *(left[i] for i in bearing)]))
        for i in bearing:
            left[i] -= credited
        total += credited
        category[str(one.category)] = category.get(str(one.category), Fraction(0)) + credited
        for tag in one.tags:
            tags[tag] = tags.get(tag, Fraction(0)) + credited
    return Totals(total, category, tags)


def cost(chosen: Sequence[Option]) -> Cost:
    minutes = sum((each.minutes for each in chosen), Fraction(0))
    paid = sum((each.minutes for each in chosen if each.paid), Fraction(0))
    return minutes, paid, len(chosen)


def by_trying(rules: Policy, standing: Standing, options: Sequence[Option]) -> Cost | None:
    """The cost of the cheapest selection that closes everything, by trying them all."""
    costs = [
        cost(chosen)
        for count in range(len(options) + 1)
        for chosen in combinations(options, count)
        if len({each.activity for each in chosen}) == count
        and check(rules, after(standing, chosen)).compliant
    ]
    return min(costs, default=None)


def of(path: Path) -> Cost:
    return cost([each.option for each in path.taken])


HALVES = st.integers(1, 8).map(lambda n: Fraction(n, 2))
OPTIONS = st.lists(
    st.builds(
        lambda n, activity, hours, credit, category, tags, paid, days: Option(
            f"o{n}", activity, TODAY + timedelta(days), hours * 60, credit, category, tags, paid
        ),
        st.integers(0, 10**6),
        st.integers(0, 5).map(lambda n: f"a{n}"),
        HALVES,
        HALVES | st.just(Fraction(4, 3)),
        st.sampled_from(["formal", "informal", "work"]),
        st.sampled_from([(), ("ethics",), ("risk",), ("ethics", "risk")]),
        st.booleans(),
        st.integers(0, 40),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)
MINIMUMS = st.sampled_from(
    [
        Minimum("ethics", tag="ethics", min=Fraction(1)),
        Minimum("risk", tag="risk", min=Fraction(3, 2)),
        Minimum("formal", category="formal", min=Fraction(2)),
        Minimum("formal-share", category="formal", min_share=Fraction(1, 3)),
        Minimum("formal-ethics", category="formal", tag="ethics", min=Fraction(1)),
        Minimum("anything", min=Fraction(2)),
    ]
)
CYCLES = st.builds(
    lambda total, minimums, least, groups: Cycle(
        36, total, tuple(minimums), min_categories=least, category_groups=groups
    ),
    st.integers(0, 12).map(lambda n: Fraction(n, 2)),
    st.lists(MINIMUMS, max_size=3, unique_by=lambda one: one.id),
    st.sampled_from([None, 1, 2, 3]),
    st.sampled_from([{}, {"learning": ("formal", "informal"), "work": ("work",)}]),
)
CAPS = st.lists(
    st.builds(
        lambda category, first, length, left: CapLeft(
            Cap("cap", Fraction(9), Period.CYCLE, category),
            Span(TODAY + timedelta(first), TODAY + timedelta(first + length)),
            left,
        ),
        st.sampled_from([None, "formal", "work"]),
        st.integers(0, 20),
        st.integers(5, 40),
        st.integers(0, 6).map(lambda n: Fraction(n, 2)),
    ),
    max_size=2,
)
BEFORE = st.sampled_from(
    [
        Totals(),
        Totals(Fraction(1), {"work": Fraction(1)}, {}),
        Totals(Fraction(5, 2), {"formal": Fraction(3, 2)}, {"ethics": Fraction(1, 2)}),
    ]
)


@settings(max_examples=120, deadline=None)
@given(CYCLES, BEFORE, CAPS, OPTIONS)
def test_no_selection_is_shorter_than_the_path(
    cycle: Cycle, before: Totals, caps: list[CapLeft], options: list[Option]
) -> None:
    rules, standing = policy(cycle), Standing(before, tuple(caps))
    path = shortest(rules, standing, options)
    best = by_trying(rules, standing, options)
    assert path.proven
    assert path.compliance.compliant is (best is not None)
    if best is not None:
        assert of(path) == best
    assert path.totals == after(standing, [each.option for each in path.taken])


@settings(max_examples=40, deadline=None)
@given(CYCLES, BEFORE, CAPS, OPTIONS, st.integers(0, 12))
def test_work_cut_short_is_never_called_proven_when_it_is_not_the_shortest(
    cycle: Cycle, before: Totals, caps: list[CapLeft], options: list[Option], work: int
) -> None:
    rules, standing = policy(cycle), Standing(before, tuple(caps))
    path = shortest(rules, standing, options, work=work)
    best = by_trying(rules, standing, options)
    if path.proven and best is not None:
        assert path.minutes == best[0]
    if path.compliance.compliant:
        assert best is not None
        assert path.minutes >= best[0]


CYCLE = Cycle(12, Fraction(10), (Minimum("ethics", tag="ethics", min=Fraction(1)),))


def test_one_activity_serves_the_total_and_a_minimum_at_once() -> None:
    standing = Standing(Totals(Fraction(8)))
    options = [
        option("bridge", "2"),
        option("ethics", "1", tags=("ethics",)),
        option("both", "2", tags=("ethics",)),
    ]
    path = shortest(policy(CYCLE), standing, options)
    assert [each.option.id for each in path.taken] == ["both"]
    assert path.taken[0].serves == (TOTAL, "ethics")
    assert path.compliance.compliant


def test_a_free_course_is_taken_before_a_paid_one_of_the_same_length() -> None:
    options = [option("a-paid", "10", tags=("ethics",), paid=True),
               option("free", "10", tags=("ethics",))]  # fmt: skip
    path = shortest(policy(CYCLE), Standing(Totals()), options)
    assert [each.option.id for each in path.taken] == ["free"]


def test_what_a_cap_leaves_no_room_for_is_not_proposed() -> None:
    full = CapLeft(Cap("work-year", Fraction(2), Period.YEAR, "work"), Span(), Fraction(0))
    standing = Standing(Totals(Fraction(9), by_tag={"ethics": Fraction(1)}), (full,))
    options = [option("site", "1/2", credit="1", category="work"), option("course", "1")]
    path = shortest(policy(CYCLE), standing, options)
    assert [each.option.id for each in path.taken] == ["course"]


def test_a_course_is_put_where_its_year_still_has_room() -> None:
    year = Cap("year", Fraction(4), Period.YEAR)
    caps = (
        CapLeft(year, Span(date(2026, 1, 1), date(2026, 12, 31)), Fraction(0)),
        CapLeft(year, Span(date(2027, 1, 1), date(2027, 12, 31)), Fraction(4)),
    )
    options = [
        option("now", "2", tags=("ethics",), days=1, activity="course"),
        option("next-year", "2", tags=("ethics",), days=60, activity="course"),
    ]
    standing = Standing(Totals(Fraction(8)), caps)
    path = shortest(policy(CYCLE), standing, options)
    assert [each.option.id for each in path.taken] == ["next-year"]


def test_a_second_category_is_a_gap_like_any_other() -> None:
    cycle = Cycle(12, Fraction(2), min_categories=2)
    standing = Standing(Totals(Fraction(2), {"formal": Fraction(2)}))
    options = [option("more", "1"), option("other", "3/2", category="work")]
    path = shortest(policy(cycle), standing, options)
    assert [(each.option.id, each.serves) for each in path.taken] == [("other", (CATEGORIES,))]


def test_where_not_everything_can_be_closed_the_path_says_what_remains() -> None:
    path = shortest(policy(CYCLE), Standing(Totals()), [option("course", "4")])
    assert [each.option.id for each in path.taken] == ["course"]
    assert not path.compliance.compliant
    left = {one.id: one.short for one in path.compliance.shortfalls}
    assert left == {None: 6, "ethics": 1}


def test_a_cycle_that_is_met_needs_nothing() -> None:
    met = Totals(Fraction(10), by_tag={"ethics": Fraction(1)})
    path = shortest(policy(CYCLE), Standing(met), [option("course", "4")])
    assert not path.taken
    assert path.minutes == 0
    assert path.proven


def test_sixty_courses_are_gone_through_within_the_bound() -> None:
    options = [
        option(
            f"c{n:03}",
            f"{1 + n % 7}/2",
            tags=("ethics",) if n % 9 == 0 else (),
            category=("formal", "informal")[n % 2],
            days=n,
            paid=n % 3 == 0,
        )
        for n in range(60)
    ]
    cycle = Cycle(36, Fraction(45), CYCLE.minimums)
    cap = CapLeft(Cap("informal", Fraction(20), Period.CYCLE, "informal"), Span(), Fraction(20))
    path = shortest(policy(cycle), Standing(Totals(Fraction(3)), (cap,)), options)
    assert path.compliance.compliant
    assert path.proven
    assert path.minutes == 42 * 60
