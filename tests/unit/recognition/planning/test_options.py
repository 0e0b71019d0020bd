"""From courses and open activities to options of the shortest path."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from app.recognition.deciding.model import Binding, Facts, Signature, Standing, Totals
from app.recognition.planning.model import Standing as Cycle
from app.recognition.planning.options import caps_ahead, of_course, open_options
from app.recognition.planning.path import out_of_reach, shortest
from app.recognition.policies.model import Policy
from app.recognition.policies.reading import read_policy

TODAY, UNTIL = date(2026, 11, 28), date(2028, 12, 31)
POLICY = """
policy_id: x-own
policy_version: 1
registry: X
status: adopted
unit: hour
issuers: {accept_tags: [listed]}
languages: {accept: [en]}
delivery: {self_paced_online: {require: [assessed], on_missing: reject}}
map:
  - {id: live, when: {kind_in: [course, webinar_live]}, measure: contact_minutes,
     per: "60", credit: "1", category: formal}
  - {id: own-pace, when: {kind_in: [self_paced]}, measure: contact_minutes,
     per: "120", credit: "1", category: own}
rounding: {mode: floor, step: "1/2"}
caps:
  - {id: own-year, category: own, period: year, max: "5"}
  - {id: each, category: formal, period: record, max: "8"}
tag_rules: [{tag: ethics, requires_any_competence: [EC8]}]
cycle: {months: 36, total: "30", first: 2026-01-01, minimums: [{id: ethics, tag: ethics, min: "2"}]}
"""


def policy() -> Policy:
    return read_policy(POLICY)


@dataclass(frozen=True)
class Course:
    course_id: str
    facts: Facts
    next_start: date | None = None
    price_free: bool = True


def course(name: str, minutes: int, *, start: date | None = None, kind: str = "course") -> Course:
    facts = Facts(
        record_id=name,
        completed=start or TODAY,
        kind=kind,
        mode="self_paced_online" if kind == "self_paced" else "in_person",
        measures={"contact_minutes": Fraction(minutes)},
        languages=("en",),
        issuer_tags=("listed",),
        delivery={"assessed": True},
        signature=Signature.VALID,
        status=Standing.VALID,
        holder=Binding.BOUND,
    )
    return Course(name, facts, start)


def test_a_cap_of_a_year_has_room_anew_in_every_year_that_is_left() -> None:
    found = caps_ahead(
        policy(), {"own-year": Fraction(4)}, today=TODAY, until=UNTIL, registered_on=None
    )
    assert [(one.cap.id, one.span.last, one.left) for one in found] == [
        ("own-year", date(2026, 12, 31), Fraction(1)),
        ("own-year", date(2027, 12, 31), Fraction(5)),
        ("own-year", date(2028, 12, 31), Fraction(5)),
    ]


def test_a_course_with_a_day_is_one_option_and_one_at_any_time_one_in_every_year() -> None:
    ahead = list(caps_ahead(policy(), {}, today=TODAY, until=UNTIL, registered_on=None))

    def days(one: Course) -> list[date]:
        made = of_course(policy(), one, ahead, today=TODAY, until=UNTIL)
        return [option.day for option in made]

    assert days(course("live", 90, start=date(2027, 3, 1))) == [date(2027, 3, 1)]
    assert days(course("late", 90, start=date(2029, 1, 1))) == []
    assert days(course("own", 240, kind="self_paced")) == [
        TODAY,
        date(2027, 1, 1),
        date(2028, 1, 1),
    ]


def test_what_a_course_counts_is_rounded_as_the_policy_says() -> None:
    (option,) = of_course(
        policy(), course("live", 100, start=date(2027, 3, 1)), (), today=TODAY, until=UNTIL
    )
    assert option.credit == Fraction(3, 2)
    assert option.minutes == 100
    assert option.category == "formal"


def test_open_activities_are_as_long_as_the_gaps() -> None:
    totals = Totals(Fraction(25))
    options, known = open_options(policy(), totals, day=TODAY)
    path = shortest(policy(), Cycle(totals), options)
    assert path.compliance.compliant
    assert path.minutes == 5 * 60
    assert sum(each.credited for each in path.taken) == 5
    ethics = [known[each.option.id] for each in path.taken if "ethics" in each.serves]
    assert {one.tag for one in ethics} == {"ethics"}


def test_where_one_activity_may_only_count_so_much_several_are_proposed() -> None:
    totals = Totals(Fraction(2), by_tag={"ethics": Fraction(2)})
    options, _ = open_options(policy(), totals, day=TODAY)
    path = shortest(policy(), Cycle(totals), options)
    assert path.compliance.compliant
    assert path.minutes == 28 * 60
    assert all(each.credited <= 8 for each in path.taken)


def test_a_policy_without_a_cycle_has_no_open_activities() -> None:
    text = POLICY[: POLICY.index("cycle:")]
    options, known = open_options(read_policy(text), Totals(), day=TODAY)
    assert options == []
    assert known == {}


def test_a_second_category_is_reached_with_the_least_that_counts() -> None:
    text = POLICY.replace("cycle: {months: 36", "cycle: {min_categories: 2, months: 36")
    totals = Totals(by_tag={"ethics": Fraction(2)})
    options, _ = open_options(read_policy(text), totals, day=TODAY)
    path = shortest(read_policy(text), Cycle(totals), options)
    assert path.compliance.compliant
    assert {each.option.category for each in path.taken} == {"formal", "own"}


def test_only_lines_that_are_measured_by_time_are_proposed() -> None:
    text = POLICY.replace(
        "map:\n",
        """map:
  - {id: teach, when: {role: instructor_first}, measure: contact_minutes, per: "60", credit: "9",
     category: formal}
  - {id: papers, when: {kind_in: [publication]}, measure: count, per: "1", credit: "50",
     category: papers}
""",
    )
    _, known = open_options(read_policy(text), Totals(), day=TODAY)
    assert {one.kind for one in known.values()} == {"course", "webinar_live", "self_paced"}


def test_what_no_course_closes_is_bridged_and_counts_towards_the_total() -> None:
    courses = [course(f"c{n}", 60 * (2 + n % 3), start=date(2027, 3, 1 + n)) for n in range(12)]
    options = [
        each for one in courses for each in of_course(policy(), one, (), today=TODAY, until=UNTIL)
    ]
    standing = Cycle(Totals())
    assert out_of_reach(policy(), standing, options) == {"ethics"}
    bridges, known = open_options(policy(), Totals(), day=TODAY, only={"ethics"})
    path = shortest(policy(), standing, [*options, *bridges])
    assert path.compliance.compliant
    assert path.minutes == 30 * 60
    assert [known[one.option.id].tag for one in path.taken if one.option.id in known] == ["ethics"]


def test_a_cap_of_a_cycle_that_rolls_holds_on_every_day_ahead() -> None:
    text = POLICY.replace("period: year", "period: cycle").replace(
        "first: 2026-01-01", "anchor: rolling"
    )
    (found,) = caps_ahead(
        read_policy(text), {"own-year": Fraction(4)}, today=TODAY, until=UNTIL, registered_on=None
    )
    assert found.left == 1
    assert found.span.holds(UNTIL)
