"""What a member may do, and through which doors a signed-in person comes."""

from datetime import datetime
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from app.identity.access import Guard
from app.identity.model import (
    OPERATORS_ALONE,
    ROLES,
    SCOPES,
    Actor,
    Kind,
    Membership,
    Organisation,
    Role,
    Visitor,
)
from app.identity.rules import allowed, as_member, as_operator, may
from app.platform import problems
from tests.conftest import NOW


def visitor(*memberships: tuple[str, Kind, set[Role]]) -> Visitor:
    return Visitor(
        "person-1",
        "Ada",
        "session-1",
        NOW,
        tuple(
            Membership(Organisation(name, kind, name), frozenset(roles))
            for name, kind, roles in memberships
        ),
    )


EDITOR = visitor(("cse", Kind.SOCIETY, {Role.EDITOR}), ("ebk", Kind.SOCIETY, {Role.READER}))


def authenticate(token: str) -> Actor:
    raise AssertionError(token)


@pytest.fixture
def http(now: datetime) -> TestClient:
    operator = visitor(("node", Kind.OPERATOR, {Role.OWNER}))
    known = {"editor": EDITOR, "operator": operator}
    guard = Guard(authenticate, known.get, cookie="door")
    app = FastAPI()
    problems.install(app)

    @app.get("/account")
    def account(visitor: Annotated[Visitor, Depends(guard.person)]) -> str:
        return visitor.name

    @app.get("/organisations/{organisation_id}/courses")
    def courses(actor: Annotated[Actor, Depends(guard.member("catalogue:write"))]) -> str:
        return actor.who

    @app.get("/node")
    def node(actor: Annotated[Actor, Depends(guard.operator)]) -> str:
        return actor.organisation_id

    return TestClient(app)


def ask(http: TestClient, path: str, secret: str | None) -> int:
    cookie = {"Cookie": f"door={secret}"} if secret else {}
    return http.get(path, headers=cookie).status_code


def test_every_role_gives_scopes_that_there_are() -> None:
    assert set(ROLES) == set(Role)
    assert frozenset().union(*ROLES.values()) <= frozenset(SCOPES)


def test_an_owner_runs_the_node_only_where_the_organisation_is_its_operator() -> None:
    assert OPERATORS_ALONE not in allowed({Role.OWNER}, Kind.SOCIETY)
    assert OPERATORS_ALONE in allowed({Role.OWNER}, Kind.OPERATOR)
    assert OPERATORS_ALONE not in allowed({Role.EDITOR, Role.AUDITOR}, Kind.OPERATOR)


def test_a_member_acts_for_the_one_organisation_with_the_roles_held_there() -> None:
    own, other = as_member(EDITOR, "cse"), as_member(EDITOR, "ebk")
    assert own is not None
    assert other is not None
    assert may(own, "catalogue:write", "cse")
    assert not may(own, "catalogue:write", "ebk")
    assert not may(other, "catalogue:write", "ebk")
    assert as_member(EDITOR, "pec") is None
    assert as_operator(EDITOR) is None


def test_who_acts_for_no_organisation_may_do_nothing_to_one() -> None:
    alone = Actor("app", "", frozenset(SCOPES), person_id="person-1")
    assert not may(alone, "catalogue:read", "cse")
    assert not may(alone, "catalogue:read", "")


@pytest.mark.parametrize(
    ("path", "secret", "status"),
    [
        ("/account", None, 401),
        ("/account", "stolen", 401),
        ("/account", "editor", 200),
        ("/organisations/cse/courses", None, 401),
        ("/organisations/cse/courses", "editor", 200),
        ("/organisations/ebk/courses", "editor", 403),
        ("/organisations/pec/courses", "editor", 404),
        ("/organisations/nowhere/courses", "editor", 404),
        ("/organisations/cse/courses", "operator", 404),
        ("/node", "editor", 404),
        ("/node", "operator", 200),
    ],
)
def test_each_door_opens_for_those_it_is_for(
    http: TestClient, path: str, secret: str | None, status: int
) -> None:
    assert ask(http, path, secret) == status
