"""Members are listed, changed, removed, and leave; an organisation keeps an owner."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import html

from app.identity.model import Role
from tests.simulator.place import Place


def change(browser: TestClient, place: Place, name: str, *wanted: str, **more: str) -> int:
    address = place.url(f"/members/{place.person(name)}/roles")
    return browser.post(address, data={"roles": list(wanted), **more}).status_code


def remove(browser: TestClient, place: Place, name: str) -> int:
    return browser.post(place.url(f"/members/{place.person(name)}/remove")).status_code


def test_an_owner_sees_the_members_and_gives_them_roles(place: Place) -> None:
    ada, _eve = place.sign_in("ada", Role.OWNER), place.sign_in("eve", Role.READER)
    page = ada.get(place.url("/members")).text
    assert place.email("ada") in page
    assert place.email("eve") in page
    assert change(ada, place, "eve", "reviewer", "auditor") == 303
    assert place.roles("eve") == {"reviewer", "auditor"}
    last = place.trail()[-1]
    assert (last.who, last.action) == (f"person:{place.person('ada')}", "member.set")
    assert last.before == {"person": place.person("eve"), "roles": ["reader"]}
    assert remove(ada, place, "eve") == 303
    assert place.roles("eve") is None
    assert place.trail()[-1].action == "member.remove"


def test_what_a_member_may_do_is_shown_in_words_and_whom_to_ask(place: Place) -> None:
    place.sign_in("ada", Role.OWNER)
    page = place.sign_in("eve", Role.REVIEWER).get(place.url()).text
    assert "decide what it counts for" in page
    assert place.email("ada") in page
    assert place.url("/members") not in page  # a tab for owners


def test_the_last_owner_can_neither_leave_nor_lose_the_role(place: Place) -> None:
    ada = place.sign_in("ada", Role.OWNER)
    answer = ada.post(place.url("/leave"))
    assert answer.status_code == 409
    assert "make another member an owner first" in answer.text
    assert change(ada, place, "ada", "reader") == 409
    assert remove(ada, place, "ada") == 409
    assert place.roles("ada") == {"owner"}
    place.sign_in("eve", Role.OWNER)
    assert ada.post(place.url("/leave")).headers["location"] == "/account"
    assert ada.get(place.url()).status_code == 404


def test_a_member_leaves_and_is_let_in_no_more(place: Place) -> None:
    place.sign_in("ada", Role.OWNER)
    eve = place.sign_in("eve", Role.READER)
    assert eve.get(place.url()).status_code == 200
    assert eve.post(place.url("/leave")).status_code == 303
    assert eve.get(place.url()).status_code == 404
    assert place.trail()[-1].who == f"person:{place.person('eve')}"


def test_nobody_but_an_owner_raises_himself_or_touches_others(place: Place) -> None:
    place.sign_in("ada", Role.OWNER)
    for role in set(Role) - {Role.OWNER}:
        eve = place.sign_in("eve", role)
        assert eve.get(place.url("/members")).status_code == 403
        assert change(eve, place, "eve", "owner") == 403
        assert change(eve, place, "ada", "reader") == 403
        assert remove(eve, place, "ada") == 403
        for way in ("invitations", "invitations/x/again", "invitations/x/withdraw"):
            form = {"email": place.email("mule"), "roles": "owner"}
            assert eve.post(place.url(f"/{way}"), data=form).status_code == 403
        assert place.roles("eve") == {role}
    assert place.roles("ada") == {"owner"}
    assert place.mails("mule") == []


def test_an_owner_of_one_organisation_is_nobody_in_another(place: Place) -> None:
    place.sign_in("ada", Role.OWNER)
    joy = place.sign_in("joy", Role.READER, other=Role.OWNER)
    eve = place.sign_in("eve", other=Role.OWNER)
    for path in ("", "/members"):
        assert eve.get(place.url(path)).status_code == 404
    assert eve.get("/organisations/nowhere").status_code == 404
    assert change(eve, place, "ada", "reader") == 404
    assert change(joy, place, "ada", "reader") == 403
    # Of one's own organisation, somebody who is a member elsewhere alone:
    stranger = f"/organisations/{place.other}/members/{place.person('ada')}"
    assert joy.post(f"{stranger}/roles", data={"roles": "reader"}).status_code == 404
    assert joy.post(f"{stranger}/remove").status_code == 404
    assert place.roles("ada", place.other) is None


def test_roles_that_changed_meanwhile_are_not_overwritten(place: Place) -> None:
    ada = place.sign_in("ada", Role.OWNER)
    place.sign_in("eve", Role.READER)
    page = html.fromstring(ada.get(place.url("/members")).text)
    row = f"member-{place.person('eve')}"
    (seen,) = page.xpath(f"//li[@id='{row}']//input[@name='seen']/@value")
    assert change(ada, place, "eve", "auditor", seen=seen) == 303
    assert change(ada, place, "eve", "owner", seen=seen) == 412
    assert place.roles("eve") == {"auditor"}


@pytest.mark.parametrize("wanted", [[], ["king"], ["reader", "king"]])
def test_a_member_has_a_role_that_there_is(place: Place, wanted: list[str]) -> None:
    ada = place.sign_in("ada", Role.OWNER)
    assert change(ada, place, "ada", *wanted) == 422
    assert place.roles("ada") == {"owner"}


def test_of_two_last_owners_who_remove_each_other_one_is_left(place: Place) -> None:
    """Both came through the door before either change; a lock lets one of them be first."""
    other = {"ada": "eve", "eve": "ada"}
    browsers: dict[str, TestClient] = {}
    ways: list[Any] = [
        lambda me: remove(browsers[me], place, other[me]),
        lambda me: change(browsers[me], place, other[me], "reader"),
        lambda me: browsers[me].post(place.url("/leave")).status_code,
    ]
    for way in ways:
        for name in other:
            browsers[name] = place.sign_in(name, Role.OWNER)
        with ThreadPoolExecutor(2) as pool:
            answers = sorted(pool.map(way, browsers))
        assert answers[0] == 303
        assert answers[1] in {403, 404, 409}
        assert place.owners() == 1


def test_making_an_owner_takes_a_sign_in_of_just_now(place: Place) -> None:
    """Whoever finds a browser open must not move in for good."""
    ada = place.sign_in("ada", Role.OWNER)
    place.sign_in("eve", Role.READER)
    place.node.now += timedelta(minutes=16)
    assert change(ada, place, "eve", "auditor") == 303
    form = {"email": place.email("mule"), "roles": "owner"}
    for ending, data in (
        (f"/members/{place.person('eve')}/roles", {"roles": ["reader", "owner"]}),
        ("/invitations", form),
    ):
        answer = ada.post(place.url(ending), data=data)
        assert (answer.status_code, "again=1" in answer.headers["location"]) == (303, True)
    assert place.roles("eve") == {"auditor"}
    assert place.mails("mule") == []


def test_pages_of_an_organisation_are_kept_in_no_cache(place: Place) -> None:
    ada = place.sign_in("ada", Role.OWNER)
    for path in ("", "/members"):
        assert ada.get(place.url(path)).headers["cache-control"] == "private, no-store"
    asked = place.node.http.get(place.url("/members"))
    assert asked.headers["location"] == f"/sign-in?next=%2Forganisations%2F{place.id}%2Fmembers"
