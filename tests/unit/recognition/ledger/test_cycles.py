"""A registrant's cycle: totals after caps, carried in, lost, days left, two versions in one."""

from datetime import date

import pytest

from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import CycleView
from app.recognition.register.service import Registrant
from tests.simulator.ledgers import Ledgers, Registry


def view(
    registry: Registry, registrant: Registrant, day: date, today: date | None = None
) -> CycleView:
    with registry.database.read() as session:
        return ledger.cycle_on(session, registrant, day=day, today=today or day)


def test_totals_caps_and_shortfalls_are_those_of_the_cycle(registry: Registry) -> None:
    ada = registry.registrant()
    registry.counted(ada, minutes=720)
    registry.counted(ada, minutes=120, kind="conference", tags=("ethics",))
    registry.counted(ada, minutes=60, kind="mentoring")
    registry.counted(ada, minutes=60, on=date(2025, 5, 1))
    found = view(registry, ada, date(2026, 11, 23))
    assert (found.span.first, found.span.last) == (date(2026, 1, 1), date(2026, 12, 31))
    assert str(found.totals.total) == "12"
    assert {name: str(one) for name, one in found.totals.by_category.items()} == {
        "formal": "10",
        "informal": "2",
    }
    assert {name: str(one) for name, one in found.totals.by_tag.items()} == {
        "technical": "10",
        "ethics": "2",
    }
    caps = {one.id: (str(one.used), str(one.left)) for one in found.caps}
    assert caps == {"formal-year": ("10", "0"), "all-cycle": ("12", "988")}
    assert found.compliance is not None
    assert [(one.code, str(one.short)) for one in found.compliance.shortfalls] == [
        ("SHORT_TOTAL", "8")
    ]
    assert (found.days_left, found.ended, found.open) == (38, False, 1)
    assert len(found.decisions) == 3


def test_what_is_above_is_carried_over_as_far_as_the_rules_let_it(registry: Registry) -> None:
    ada = registry.registrant()
    day = date(2025, 5, 1)
    registry.counted(ada, minutes=600, on=day, tags=("ethics",))
    registry.counted(ada, minutes=60 * 17, on=day, kind="conference")
    ended = view(registry, ada, day, date(2026, 11, 23))
    assert ended.compliance is not None
    assert (str(ended.compliance.carry_over), str(ended.compliance.lost)) == ("4", "3")
    assert (ended.ended, ended.days_left) == (True, None)
    after = view(registry, ada, date(2026, 11, 23))
    assert (str(after.carry_in), str(after.totals.total)) == ("4", "0")
    assert after.compliance is not None
    assert str(after.compliance.shortfalls[0].short) == "16"


def test_a_cycle_that_was_not_met_hands_nothing_on(registry: Registry) -> None:
    ada = registry.registrant()
    registry.counted(ada, minutes=60 * 25, kind="conference", on=date(2025, 5, 1))
    assert str(view(registry, ada, date(2026, 11, 23)).carry_in) == "0"  # ethics was missing


def test_a_cycle_of_two_versions_counts_each_record_by_the_version_of_its_day(
    registry: Registry,
) -> None:
    ada = registry.registrant()
    registry.adopt(version=2, credit="2", cap="8", first="2026-07-01")
    registry.counted(ada, minutes=180, on=date(2026, 3, 1))
    registry.counted(ada, minutes=180, on=date(2026, 8, 1))
    found = view(registry, ada, date(2026, 3, 1), date(2026, 11, 23))
    assert [str(one.decision.credited) for one in found.decisions] == ["3", "5"]
    assert (found.policy.policy_version, str(found.totals.total)) == (2, "8")


def test_a_cycle_begins_with_the_registration_where_the_rules_say_so(ledgers: Ledgers) -> None:
    made = ledgers.registry()
    made.adopt(
        text=f"""\
policy_id: rules
policy_version: 1
registry: {made.id}
status: draft
unit: hour
time_zone: Pacific/Auckland
issuers: {{accept_any: true}}
map: [{{id: all, when: {{}}, measure: contact_minutes, per: 60, credit: 1, category: any}}]
cycle: {{months: 12, total: 5, anchor: registration}}
"""
    )
    ada = made.registrant(registered_on="2024-02-29")
    found = view(made, ada, date(2026, 2, 27))
    assert (found.span.first, found.span.last) == (date(2025, 2, 28), date(2026, 2, 27))
    assert found.days_left == 0
    with made.database.read() as session:
        assert ledger.today_of(session, made.id, ledgers.now) == date(2026, 11, 24)


def test_without_a_policy_there_is_no_cycle_to_look_at(ledgers: Ledgers) -> None:
    bare = ledgers.registry()
    ada = bare.registrant()
    with pytest.raises(ledger.NoPolicy):
        view(bare, ada, date(2026, 6, 1))
