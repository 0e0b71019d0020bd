"""Which change of standing may follow which, and what is refused before anything is looked up."""

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.records.standing.model import Action, Held, Order, Reason, Search, Standing
from app.records.standing.rules import (
    REASONS,
    TRANSITIONS,
    UNCHANGED,
    OrderInvalid,
    Refused,
    changes_something,
    check_order,
    check_search,
    decide,
    standing_of,
)
from tests.conftest import NOW

FINAL = {Standing.REVOKED, Standing.SUPERSEDED}


def held(standing: Standing, *, successor: str | None = None) -> Held:
    return Held("r-1", "cse", 1, 7, standing, successor)


def order(action: Action) -> Order:
    successor = "r-2" if action is Action.SUPERSEDE else None
    return Order(action, min(REASONS[action]), successor=successor)


def after(standing: Standing, action: Action) -> Standing | None:
    """What decide() gives, with the standing itself for no change, and None for a refusal."""
    try:
        return decide(held(standing), order(action)) or standing
    except Refused:
        return None


@pytest.mark.parametrize(
    ("standing", "action", "expected"),
    [
        ("valid", "revoke", "revoked"),
        ("valid", "suspend", "suspended"),
        ("valid", "reinstate", "valid"),
        ("valid", "supersede", "superseded"),
        ("suspended", "revoke", "revoked"),
        ("suspended", "suspend", "suspended"),
        ("suspended", "reinstate", "valid"),
        ("suspended", "supersede", "superseded"),
        ("revoked", "revoke", "revoked"),
        ("revoked", "suspend", None),
        ("revoked", "reinstate", None),
        ("revoked", "supersede", None),
        ("superseded", "revoke", "superseded"),
        ("superseded", "suspend", None),
        ("superseded", "reinstate", None),
        ("superseded", "supersede", "superseded"),
    ],
)
def test_what_follows_what(standing: str, action: str, expected: str | None) -> None:
    assert after(Standing(standing), Action(action)) == expected


@given(st.lists(st.sampled_from(Action)))
def test_whatever_is_asked_in_whatever_order_a_revoked_record_never_holds_again(
    actions: list[Action],
) -> None:
    standing, was_final = Standing.VALID, False
    for action in actions:
        standing = after(standing, action) or standing
        was_final = was_final or standing in FINAL
        assert (standing in FINAL) == was_final


def test_twice_the_same_is_the_same_as_once() -> None:
    for standing, action in product(Standing, Action):
        once = after(standing, action)
        if once is not None:
            assert decide(held(once), order(action)) is UNCHANGED


def test_a_record_is_not_superseded_by_a_second_one() -> None:
    superseded = held(Standing.SUPERSEDED, successor="r-2")
    assert decide(superseded, order(Action.SUPERSEDE)) is UNCHANGED
    with pytest.raises(Refused, match="r-2"):
        decide(superseded, Order(Action.SUPERSEDE, Reason.SUPERSEDED, successor="r-3"))


def test_a_refusal_says_what_to_do_instead() -> None:
    with pytest.raises(Refused, match="issue a new record"):
        decide(held(Standing.REVOKED), order(Action.REINSTATE))


def test_what_an_action_changes_is_what_the_table_says() -> None:
    assert changes_something(Action.REVOKE) == {Standing.VALID, Standing.SUSPENDED}
    assert changes_something(Action.SUSPEND) == {Standing.VALID}
    assert changes_something(Action.REINSTATE) == {Standing.SUSPENDED}
    assert all(TRANSITIONS[key] != key[0] for key in TRANSITIONS)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("reason", Reason)
def test_a_reason_that_does_not_go_with_the_action_is_refused(
    action: Action, reason: Reason
) -> None:
    successor = "r-2" if action is Action.SUPERSEDE else None
    asked = Order(action, reason, successor=successor)
    if reason in REASONS[action]:
        check_order(asked)
    else:
        with pytest.raises(OrderInvalid) as caught:
            check_order(asked)
        assert caught.value.fields[0].pointer == "/reason"
        assert min(REASONS[action]) in caught.value.fields[0].detail


@pytest.mark.parametrize(
    "reference", ["", "Ms Li failed", "li@example.org", "x" * 65, "a\nb", "案件", "-1", "a\x00"]
)
def test_a_reference_has_no_room_for_a_story(reference: str) -> None:
    with pytest.raises(OrderInvalid) as caught:
        check_order(Order(Action.REVOKE, Reason.ERROR, reference))
    assert caught.value.fields[0].pointer == "/reference"
    check_order(Order(Action.REVOKE, Reason.ERROR, "2026/117-B_3.4"))


def test_nobody_supersedes_a_record_without_its_successor() -> None:
    for asked in (
        Order(Action.SUPERSEDE, Reason.SUPERSEDED),
        Order(Action.REVOKE, Reason.ERROR, successor="r-2"),
    ):
        with pytest.raises(OrderInvalid, match="cannot be changed"):
            check_order(asked)


@pytest.mark.parametrize(
    ("search", "pointer"),
    [
        (Search(), "/search"),
        (Search(course_id=""), "/search/course_id"),
        (Search(course_run="a\x00b"), "/search/course_run"),
        (Search(roster_id="r" * 201), "/search/roster"),
        (
            Search(issued_from=date(2026, 2, 1), issued_until=date(2026, 1, 31)),
            "/search/issued_until",
        ),
    ],
)
def test_a_search_that_says_nothing_or_nonsense_is_refused(search: Search, pointer: str) -> None:
    with pytest.raises(OrderInvalid) as caught:
        check_search(search)
    assert [field.pointer for field in caught.value.fields] == [pointer]


def test_a_suspension_is_not_forgotten_by_a_revocation_but_says_no_more() -> None:
    assert standing_of(revoked_at=NOW, suspended_at=NOW, superseded_by=None) is Standing.REVOKED
    assert (
        standing_of(revoked_at=NOW, suspended_at=None, superseded_by="r-2") is Standing.SUPERSEDED
    )
    assert standing_of(revoked_at=None, suspended_at=NOW, superseded_by=None) is Standing.SUSPENDED
    assert standing_of(revoked_at=None, suspended_at=None, superseded_by=None) is Standing.VALID
