from datetime import date
from fractions import Fraction

import pytest

from app.catalogue import CourseData, CourseRun, Credit, Delivery, Kind, Offer
from app.recognition.deciding.model import Binding, Facts, Signature, Standing
from app.recognition.offering import facts
from app.recognition.offering.model import Planned

ON = date(2026, 11, 28)


def data(**more: object) -> CourseData:
    given = {"kind": "course", "duration": "PT16H", "delivery": ("onsite",), **more}
    return CourseData(title={"en": "Bridges"}, **given)  # type: ignore[arg-type]


def only(course: CourseData) -> Facts:
    (found,) = facts.ways("c-1", course, on=ON)
    return found


def test_hours_are_contact_time_and_effort_is_workload() -> None:
    found = only(data(effort="PT40H"))
    assert found.measures == {
        "contact_minutes": Fraction(960),
        "workload_minutes": Fraction(2400),
    }
    assert (found.kind, found.mode, found.role) == ("course", "in_person", "participant")


@pytest.mark.parametrize("duration", [None, "P6W", "P2D", "PT0H", "P1DT2H", "nonsense", "PT", ""])
def test_days_weeks_and_nothing_are_no_contact_time(duration: str | None) -> None:
    assert only(data(duration=duration)).measures == {}


def test_minutes_are_exact() -> None:
    assert facts.minutes("PT1.1H") == Fraction(66)
    assert facts.minutes("PT1H20M") == Fraction(80)
    assert facts.minutes("PT999999999H") is None


def test_contact_hours_that_the_society_states_come_before_the_duration() -> None:
    claimed = (Credit("12", "contact-hour"), Credit("1.6", "CEU"), Credit("9", "PDH"))
    assert only(data(credits=claimed)).measures == {
        "contact_minutes": Fraction(720),
        "ceu": Fraction(8, 5),
    }


def test_two_different_statements_of_contact_hours_are_none() -> None:
    claimed = (Credit("12", "contact-hour"), Credit("10", "contact-hour"))
    assert only(data(credits=claimed)).measures["contact_minutes"] == 960


def test_each_way_of_giving_it_is_a_way() -> None:
    found = facts.ways("c-1", data(delivery=("onsite", "online-async")), on=ON)
    assert [(one.kind, one.mode) for one in found] == [
        ("course", "in_person"),
        ("self_paced", "self_paced_online"),
    ]


@pytest.mark.parametrize("kind", [None, Kind.PROGRAMME, Kind.EVENT_SERIES, Kind.MICROCREDENTIAL])
def test_what_may_be_several_kinds_is_of_no_known_kind(kind: str | None) -> None:
    assert only(data(kind=kind)).kind == "unknown"


def test_every_delivery_of_the_catalogue_has_a_mode_that_policies_know() -> None:
    assert set(facts.MODES) == set(Delivery)


def test_an_unstated_delivery_is_an_unknown_mode() -> None:
    found = only(data(delivery=()))
    assert found.mode is None
    assert "delivery_mode" not in found.delivery


def test_it_is_completed_when_the_next_delivery_ends() -> None:
    runs = (
        CourseRun(start="2026-11-20", end="2026-12-24"),
        CourseRun(start="2027-02-04T09:00:00+08:00", end="2027-02-05", language="en"),
        CourseRun(start="2027-06-10", delivery="online-live"),
    )
    found = only(data(runs=runs, teaching_languages=("zh",)))
    assert found.completed == date(2027, 2, 5)
    assert found.languages == ("en",)
    assert facts.starts(data(runs=runs), on=ON) == date(2027, 2, 4)


def test_without_dates_it_is_completed_on_the_day_asked_about() -> None:
    found = only(data(teaching_languages=("zh", "en")))
    assert (found.completed, found.languages) == (ON, ("zh", "en"))


def test_the_deliverys_own_mode_comes_before_the_courses() -> None:
    runs = (CourseRun(start="2027-06-10", delivery="online-live"),)
    assert only(data(runs=runs)).mode == "live_online"


def test_a_course_whose_dates_are_all_past_is_over() -> None:
    past, to_come = CourseRun(start="2026-01-10"), CourseRun(start="2027-01-10")
    assert facts.is_over(data(runs=(past,)), on=ON)
    assert not facts.is_over(data(runs=(past, to_come)), on=ON)
    assert not facts.is_over(data(runs=(past, CourseRun())), on=ON)
    assert not facts.is_over(data(), on=ON)


def test_nothing_is_assumed_of_assessment_tags_approvals_or_the_issuer() -> None:
    found = only(data(competences=("EC8",), fields=("0732",)))
    assert (found.tags, found.approvals, found.issuer_tags) == ((), (), ())
    assert found.issuer_standing is None
    assert "assessed" not in found.delivery
    assert found.competences == ("EC8",)
    assert found.delivery["subject_area"]


def test_the_record_to_come_is_supposed_to_be_good() -> None:
    found = only(data())
    assert (found.signature, found.status, found.holder) == (
        Signature.VALID,
        Standing.VALID,
        Binding.BOUND,
    )


def test_only_a_price_of_nothing_for_everybody_is_free() -> None:
    assert facts.is_free(data(offers=(Offer(amount="0.00", currency="KES"),)))
    assert facts.is_free(data(offers=(Offer(category="free"),)))
    assert not facts.is_free(data())
    assert not facts.is_free(data(offers=(Offer(category="free", audience="member"),)))
    assert not facts.is_free(data(offers=(Offer(category="free"), Offer(amount="10"))))


def test_only_numbered_approvals_of_a_named_body_are_claimed() -> None:
    claimed = (
        Credit("2", "CPD-point", framework="PEC", approval_no="A-1"),
        Credit("2", "CPD-point", framework="EBK"),
        Credit("2", "CPD-point", approval_no="A-2"),
    )
    assert facts.claimed(data(credits=claimed)) == (("PEC", "A-1"),)


def test_a_planned_activity_has_the_facts_that_are_filled_in() -> None:
    planned = Planned(kind="course", measures={"full_days": Fraction(2)}, assessed=False)
    found = facts.planned_facts(planned, on=ON)
    assert found.delivery["assessed"] is False
    assert found.delivery["assessment_mechanism"] is False
    assert "delivery_mode" not in found.delivery
    assert facts.planned_facts(Planned(), on=ON).kind == "unknown"
