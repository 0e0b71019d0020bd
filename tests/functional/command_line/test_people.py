"""Organisations and their people, from a terminal."""

import json
from collections.abc import Callable

from click.testing import Result

from app.identity.people.service import LastOwner
from app.platform.problems import Conflict, Invalid, NotFound

Opencpd = Callable[..., Result]


def test_an_organisation_gets_its_people(opencpd: Opencpd) -> None:
    add = ("organisation", "add", "pec", "--kind", "registry", "--name", "Engineering Council")
    assert opencpd(*add).stdout == "added pec\n"
    assert isinstance(opencpd(*add).exception, Conflict)
    said = opencpd(
        "member", "add", "pec", "Ada@Example.org", "--role", "owner", "--role", "auditor"
    )
    assert said.stdout == "pec: ada@example.org is auditor, owner\n"
    opencpd("member", "add", "pec", "eve@example.org", "--role", "reader")
    (ada, eve) = json.loads(opencpd("member", "list", "pec", "--json").stdout)
    assert (ada["email"], ada["roles"]) == ("ada@example.org", ["auditor", "owner"])
    assert (eve["email"], eve["roles"]) == ("eve@example.org", ["reader"])
    (listed,) = json.loads(opencpd("organisation", "list", "--json").stdout)
    assert listed == {
        "id": "pec", "kind": "registry", "name": "Engineering Council", "members": 2,
    }  # fmt: skip
    assert isinstance(opencpd("member", "remove", "pec", "ada@example.org").exception, LastOwner)
    assert opencpd("member", "remove", "pec", "eve@example.org").exit_code == 0
    assert "eve@example.org" not in opencpd("member", "list", "pec").stdout


def test_the_first_operator_makes_the_organisation_that_runs_the_node(opencpd: Opencpd) -> None:
    opencpd("organisation", "add", "pec", "--kind", "registry", "--name", "Council")
    for email in ("ada@example.org", "eve@example.org"):
        assert f"{email} runs this node" in opencpd("operator", "add", email).stdout
    found = json.loads(opencpd("organisation", "list", "--json").stdout)
    assert [(one["id"], one["kind"], one["members"]) for one in found] == [
        ("operator", "operator", 2),
        ("pec", "registry", 0),
    ]


def test_what_cannot_be_done_is_said(opencpd: Opencpd) -> None:
    opencpd("organisation", "add", "pec", "--kind", "registry", "--name", "Council")
    for words, error in (
        (("organisation", "add", "x", "--kind", "operator", "--name", "X"), Invalid),
        (("organisation", "add", "X!", "--kind", "registry", "--name", "X"), Invalid),
        (("organisation", "add", "x", "--kind", "society", "--name", " "), Invalid),
        (("member", "add", "nowhere", "a@example.org", "--role", "owner"), NotFound),
        (("member", "add", "pec", "nobody", "--role", "owner"), Invalid),
        (("member", "add", "pec", "a@example.org", "--role", "king"), Invalid),
        (("member", "remove", "pec", "a@example.org"), NotFound),
        (("member", "list", "nowhere"), NotFound),
        (("operator", "add", "nobody"), Invalid),
    ):
        assert isinstance(opencpd(*words).exception, error), words
    assert json.loads(opencpd("member", "list", "pec", "--json").stdout) == []
