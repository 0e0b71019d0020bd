"""Cycles and the periods of caps hold the right days, in leap years and across time zones too."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from app.recognition.deciding.cycle import cap_span, check, span_of, today, totals
from app.recognition.deciding.model import Shortfall, Totals
from app.recognition.policies.model import Policy, Span
from app.recognition.policies.reading import read_document


def policy(**cycle: object) -> Policy:
    return read_document(
        {
            "policy_id": "p",
            "policy_version": 1,
            "registry": "R",
            "status": "draft",
            "unit": "hour",
            "time_zone": "Asia/Shanghai",
            "issuers": {"accept_any": True},
            "map": [
                {"id": "h", "when": {}, "measure": "contact_minutes", "per": 60, "credit": 1,
                 "category": "any"}
            ],
            "caps": [
                {"id": "year", "period": "year", "max": 10},
                {"id": "cycle", "period": "cycle", "max": 10},
                {"id": "record", "period": "record", "max": 10},
            ],
            **({"cycle": {"months": 36, "total": 30, **cycle}} if cycle else {}),
        }
    )  # fmt: skip


def days(span: Span) -> tuple[str, str]:
    return str(span.first), str(span.last)


def test_the_registrys_own_clock_says_which_day_it_is() -> None:
    late = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    assert today(policy(), late) == date(2027, 1, 1)
    assert today(read_document({**policy().document, "time_zone": "UTC"}), late).year == 2026


@pytest.mark.parametrize(
    ("registered", "day", "first", "last"),
    [
        (date(2024, 2, 29), date(2027, 2, 27), "2024-02-29", "2027-02-27"),
        (date(2024, 2, 29), date(2027, 2, 28), "2027-02-28", "2030-02-27"),
        (date(2024, 2, 29), date(2036, 2, 29), "2036-02-29", "2039-02-27"),
        (date(2024, 2, 29), date(2024, 2, 28), "2021-02-28", "2024-02-28"),
        (date(2024, 5, 31), date(2026, 1, 1), "2024-05-31", "2027-05-30"),
        (None, date(2026, 7, 1), "2024-01-01", "2026-12-31"),
    ],
)
def test_a_cycle_is_counted_from_the_registration(
    registered: date | None, day: date, first: str, last: str
) -> None:
    span = span_of(policy(anchor="registration"), day, registered_on=registered)
    assert days(span) == (first, last)
    assert span.holds(day)


def test_cycles_follow_one_another_without_a_gap() -> None:
    registered = date(2023, 12, 31)
    rules = policy(anchor="registration", months=5)
    number = registered.toordinal()
    for _ in range(40):
        span = span_of(rules, date.fromordinal(number), registered_on=registered)
        assert span.first == date.fromordinal(number)
        assert span.last is not None
        number = span.last.toordinal() + 1


def test_a_rolling_cycle_ends_today() -> None:
    span = span_of(policy(anchor="rolling"), date(2024, 2, 29), registered_on=None)
    assert days(span) == ("2021-03-01", "2024-02-29")


def test_a_year_of_a_cap_begins_where_the_cycle_does() -> None:
    by_registration, calendar = policy(anchor="registration"), policy(anchor="calendar")
    year, cycle, record = by_registration.caps
    day, registered = date(2026, 3, 1), date(2025, 6, 15)
    where = {"registered_on": registered}
    assert days(cap_span(by_registration, year, day, **where)) == ("2025-06-15", "2026-06-14")
    assert days(cap_span(by_registration, cycle, day, **where)) == ("2025-06-15", "2028-06-14")
    assert days(cap_span(by_registration, record, day, **where)) == ("2026-03-01", "2026-03-01")
    assert days(cap_span(calendar, year, day, **where)) == ("2026-01-01", "2026-12-31")
    assert cap_span(policy(), cycle, day, **where) == Span()


def test_a_cycle_that_is_met_hands_on_what_it_may_and_loses_the_rest() -> None:
    rules = policy(carry_over_max=10)
    met = check(rules, Totals(Fraction(83, 2)))
    assert (met.compliant, met.carry_over, met.lost) == (True, Fraction(10), Fraction(3, 2))
    assert check(policy(months=12), Totals(Fraction(31))).carry_over is None


def test_a_cycle_that_is_short_says_every_need_and_hands_nothing_on() -> None:
    rules = policy(
        carry_over_max=10,
        min_categories=2,
        minimums=[
            {"id": "ethics", "tag": "ethics", "min": "1"},
            {"id": "any", "category": "any", "min_share": "2/3"},
        ],
    )
    reached = Totals(Fraction(60), {"any": Fraction(39), "other": Fraction(0)}, {})
    found = check(rules, reached)
    assert not found.compliant
    assert found.carry_over == 0
    assert found.shortfalls == (
        Shortfall("SHORT_MINIMUM", Fraction(1), "ethics"),
        Shortfall("SHORT_MINIMUM", Fraction(1), "any"),
        Shortfall("TOO_FEW_CATEGORIES", Fraction(1)),
    )


def test_what_is_carried_in_counts_in_the_total_alone() -> None:
    assert totals([], carried_in=Fraction(5)) == Totals(Fraction(5))
