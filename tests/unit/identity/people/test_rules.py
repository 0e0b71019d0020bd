"""What may stand in an account and in a membership, and who may give what."""

import pytest

from app.identity.model import OPERATORS_ALONE, ROLES, SCOPES, Kind, Role
from app.identity.people import rules
from app.platform.problems import Invalid

OWNER_OF_A_SOCIETY = frozenset(SCOPES) - {OPERATORS_ALONE}


def test_an_owner_may_give_every_role_and_take_every_role() -> None:
    assert rules.beyond(OWNER_OF_A_SOCIETY, set(Role), Kind.SOCIETY) == frozenset()
    assert rules.beyond(frozenset(SCOPES), set(Role), Kind.OPERATOR) == frozenset()


def test_nobody_makes_an_owner_of_the_node_without_being_one() -> None:
    assert rules.beyond(OWNER_OF_A_SOCIETY, {Role.OWNER}, Kind.OPERATOR) == {Role.OWNER}


@pytest.mark.parametrize("role", list(Role))
def test_who_may_manage_members_and_nothing_else_gives_no_role(role: Role) -> None:
    assert rules.beyond({"admin:organisation"}, {role}, Kind.REGISTRY) == {role}


@pytest.mark.parametrize("role", list(Role))
def test_a_program_gives_the_roles_that_allow_no_more_than_it_may(role: Role) -> None:
    given = rules.beyond(ROLES[role], set(Role), Kind.REGISTRY)
    assert role not in given
    assert all(not ROLES[each] - {OPERATORS_ALONE} <= ROLES[role] for each in given)


@pytest.mark.parametrize(
    ("owners", "then", "none_left"),
    [
        ({"ada"}, set(), True),
        ({"ada"}, {Role.READER}, True),
        ({"ada"}, {Role.OWNER, Role.READER}, False),
        ({"ada", "eve"}, set(), False),
        ({"eve"}, set(), False),
        (set(), {Role.READER}, False),
    ],
)
def test_an_organisation_that_has_an_owner_keeps_one(
    owners: set[str], then: set[Role], none_left: bool
) -> None:
    assert rules.leaves_no_owner(owners, "ada", then) is none_left


def test_a_note_is_lines_of_what_can_be_seen() -> None:
    assert rules.note("  Welcome,\r\n\r\n\r\n\r\nAda\u202e \x07 ") == "Welcome,\n\nAda"
    assert rules.note("می\u200cخواهم") == "می\u200cخواهم"
    assert rules.note("") == ""
    with pytest.raises(Invalid):
        rules.note("x" * (rules.LONGEST_NOTE + 1))


@pytest.mark.parametrize("given", [[], ["king"], ["owner", ""], ["Owner"]])
def test_a_role_is_one_that_there_is(given: list[str]) -> None:
    with pytest.raises(Invalid):
        rules.roles(given)


def test_an_address_is_recognised_by_its_owner_and_told_to_nobody() -> None:
    assert rules.masked("ada@example.org") == "a…@example.org"
