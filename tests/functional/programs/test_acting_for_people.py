"""A program acts for a person: from the question to the end of what was allowed."""

import re
from datetime import timedelta

import pytest

from app.identity import audit
from app.identity.clients import service as clients
from app.identity.model import Role
from app.identity.oauth.model import AUTHORIZATION_LIFETIME, CODE_LIFETIME, REFRESH_LIFETIME
from app.identity.people import service as people
from app.identity.people import store
from tests.functional.programs.conftest import LMS, Scene
from tests.simulator.members import PUBLIC_URL
from tests.simulator.programs import Program, came_back

pytestmark = pytest.mark.slow


def test_an_editor_lets_an_lms_act_and_it_goes_on_without_asking_again(scene: Scene) -> None:
    asked = scene.lms.ask(scene.ada)
    assert asked.status_code == 200
    assert "Moodle &lt;b&gt;LMS&lt;/b&gt;" in asked.text
    assert "<b>LMS" not in asked.text
    assert "change the organisation" in asked.text
    assert "lms.example" in asked.text
    policy = asked.headers["content-security-policy"]
    assert "form-action 'self' https://lms.example;" in policy
    assert "frame-ancestors 'none'" in policy

    answer = scene.lms.allow(scene.ada, organisation="cse")
    assert answer.headers["location"].startswith(f"{LMS}?code=")
    said = came_back(answer)
    assert (said["state"], said["iss"]) == ("of the program", PUBLIC_URL)
    tokens = scene.lms.redeem(said["code"]).json()
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "catalogue:read catalogue:write profile:read"
    acting = scene.me(tokens["access_token"])
    assert (acting["organisation"], acting["person"]) == ("cse", True)
    assert acting["client"] == scene.lms.client.id

    again = scene.lms.ask(scene.ada)
    assert again.status_code == 303
    assert scene.lms.redeem(came_back(again)["code"]).status_code == 200
    wider = scene.lms.ask(scene.ada, scope="profile:read")
    assert "May <bdi>Moodle" in wider.text  # it was allowed for cse, and not as a personal matter


def test_a_wallet_acts_in_an_engineers_own_affairs(scene: Scene) -> None:
    tokens = scene.wallet.tokens(scene.sign_in("eve@example.org"))
    assert scene.me(tokens["access_token"], "profile:read") == {
        "organisation": "",
        "person": True,
        "client": scene.wallet.client.id,
        "scopes": ["profile:read", "transcript:read"],
    }
    assert scene.me(tokens["access_token"]) == 403


def test_a_program_that_keeps_no_secret_asks_each_time(scene: Scene) -> None:
    scene.wallet.tokens(scene.ada)
    assert scene.wallet.ask(scene.ada).status_code == 200


def test_a_person_says_no(scene: Scene) -> None:
    answer = scene.lms.allow(scene.ada, organisation="cse", decision="refuse")
    said = came_back(answer)
    assert (said["error"], said["state"], said["iss"]) == (
        "access_denied", "of the program", PUBLIC_URL
    )  # fmt: skip
    assert "code" not in said


def test_nobody_decides_who_is_not_signed_in(scene: Scene) -> None:
    stranger = scene.http
    asked = scene.lms.ask(stranger)
    assert asked.status_code == 303
    assert asked.headers["location"].startswith("/sign-in?next=%2Foauth%2Fauthorize%3F")
    assert scene.lms.allow(stranger, organisation="cse").headers["location"] == "/sign-in"


def test_another_site_cannot_decide(scene: Scene) -> None:
    scene.ada.headers["Sec-Fetch-Site"] = "cross-site"
    answer = scene.lms.allow(scene.ada, organisation="cse")
    assert answer.status_code == 403
    assert "location" not in answer.headers


def test_nobody_lends_what_is_not_his(scene: Scene) -> None:
    for organisation in ("ebk", "vendor", "", "nowhere", "CSE", "\x00"):
        answer = scene.lms.allow(scene.ada, organisation=organisation)
        assert answer.status_code == 422
        assert "Choose one of the organisations" in answer.text


def test_who_has_not_the_role_is_told_and_can_only_say_no(scene: Scene) -> None:
    reader = scene.sign_in("bob@example.org", cse=Role.READER)
    asked = scene.lms.ask(reader)
    assert "You cannot allow this." in asked.text
    assert 'value="allow"' not in asked.text
    assert scene.lms.allow(reader, organisation="cse").status_code == 422
    assert came_back(scene.lms.allow(reader, decision="refuse"))["error"] == "access_denied"


def test_a_person_in_two_societies_chooses(scene: Scene) -> None:
    both = scene.sign_in("two@example.org", cse=Role.EDITOR, ebk=Role.OWNER)
    asked = scene.lms.ask(both)
    assert re.findall(r'type="radio" value="(\w+)"', asked.text) == ["cse", "ebk"]
    tokens = scene.lms.tokens(both, organisation="ebk")
    assert scene.me(tokens["access_token"])["organisation"] == "ebk"
    assert scene.lms.ask(both).status_code == 200  # there is still a choice
    assert scene.lms.ask(both, organisation="ebk").status_code == 303
    assert "For <bdi>Society cse</bdi>" in scene.lms.ask(both, organisation="cse").text
    assert "You cannot allow this." in scene.lms.ask(both, organisation="vendor").text


def test_a_token_opens_no_more_than_the_persons_roles_that_day(scene: Scene) -> None:
    tokens = scene.lms.tokens(scene.ada, organisation="cse")
    token = tokens["access_token"]
    with scene.database.write() as session:
        person = people.person_of_email(session, "ada@example.org", at=scene.now)
        people.set_roles(session, "cse", person.id, {Role.READER}, at=scene.now, who="system:test")
    assert scene.me(token) == 403
    assert scene.me(token, "profile:read")["scopes"] == ["catalogue:read", "profile:read"]
    with scene.database.write() as session:
        store.delete_membership(session, person.id, "cse")
    assert scene.me(token, "profile:read")["scopes"] == ["profile:read"]
    asked = scene.lms.post("/oauth/introspect", token=token).json()
    assert asked["scope"] == "profile:read"
    assert asked["sub"] == person.id


def test_a_person_sees_and_ends_what_programs_may_do(scene: Scene) -> None:
    tokens = scene.lms.tokens(scene.ada, organisation="cse")
    shown = scene.ada.get("/account/programs").text
    assert "Moodle &lt;b&gt;LMS" in shown
    assert "Society cse" in shown
    (path,) = re.findall(r'action="(/account/programs/[^"]+/end)"', shown)
    eve = scene.sign_in("eve@example.org")
    assert eve.post(path).status_code == 404
    assert scene.me(tokens["access_token"])["organisation"] == "cse"
    assert scene.ada.post(path).headers["location"] == "/account/programs?done=ended"
    assert scene.me(tokens["access_token"]) == 401
    assert scene.lms.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert "No program acts for you." in scene.ada.get("/account/programs").text
    assert scene.lms.ask(scene.ada).status_code == 200  # it must ask again
    with scene.database.read() as session:
        person = people.person_of_email(session, "ada@example.org", at=scene.now)
        trail = audit.trail(session, f"person:{person.id}")
    assert [entry.action for entry in trail][-2:] == ["permission.give", "permission.end"]
    assert {entry.organisation_id for entry in trail[-2:]} == {"cse"}


def test_a_revoked_program_is_done(scene: Scene) -> None:
    tokens = scene.lms.tokens(scene.ada, organisation="cse")
    with scene.database.write() as session:
        clients.revoke(session, scene.lms.client, at=scene.now)
    assert scene.me(tokens["access_token"]) == 401
    assert scene.lms.refresh(tokens["refresh_token"]).status_code == 401
    assert scene.lms.ask(scene.ada).status_code == 400
    assert "ended by its owner" in scene.ada.get("/account/programs").text


def test_refresh_tokens_follow_each_other(scene: Scene) -> None:
    tokens = scene.lms.tokens(scene.ada, organisation="cse")
    seen = {tokens["refresh_token"]}
    for _ in range(3):
        tokens = scene.lms.refresh(tokens["refresh_token"]).json()
        seen.add(tokens["refresh_token"])
        assert scene.me(tokens["access_token"])["organisation"] == "cse"
    assert len(seen) == 4
    narrow = scene.lms.refresh(tokens["refresh_token"], scope="profile:read").json()
    assert narrow["scope"] == "profile:read"
    assert scene.me(narrow["access_token"]) == 403
    wide = scene.lms.refresh(narrow["refresh_token"]).json()
    assert wide["scope"] == "catalogue:read catalogue:write profile:read"
    more = scene.lms.refresh(wide["refresh_token"], scope="profile:read records:issue")
    assert more.json()["error"] == "invalid_scope"


def _later(program: Program, token: str) -> list[str]:
    answer = program.refresh(token)
    return [answer.json()["refresh_token"]] if answer.status_code == 200 else []


def test_a_program_that_is_silent_too_long_must_ask_again(scene: Scene) -> None:
    begun = scene.now
    first = scene.lms.tokens(scene.ada, organisation="cse")["refresh_token"]
    other = scene.wallet.tokens(scene.ada)["refresh_token"]
    scene.now = begun + REFRESH_LIFETIME
    assert _later(scene.wallet, other) == []
    scene.now = begun
    token = first
    days = timedelta(days=0)
    while found := _later(scene.lms, token):
        token, days = found[0], days + REFRESH_LIFETIME / 2
        scene.now = begun + days
    assert days == AUTHORIZATION_LIFETIME


def test_a_code_is_good_for_a_minute(scene: Scene) -> None:
    code = scene.lms.code(scene.ada, organisation="cse")
    scene.now += CODE_LIFETIME
    assert scene.lms.redeem(code).json()["error"] == "invalid_grant"


def test_a_program_ends_what_it_was_given(scene: Scene) -> None:
    tokens = scene.wallet.tokens(scene.ada)
    assert scene.wallet.post("/oauth/revoke", token=tokens["access_token"]).status_code == 200
    assert scene.me(tokens["access_token"], "profile:read") == 401
    tokens = scene.wallet.refresh(tokens["refresh_token"]).json()
    assert scene.lms.post("/oauth/revoke", token=tokens["refresh_token"]).status_code == 200
    assert scene.me(tokens["access_token"], "profile:read")["person"]  # it was not the LMS's
    assert scene.wallet.post("/oauth/revoke", token=tokens["refresh_token"]).status_code == 200
    assert scene.me(tokens["access_token"], "profile:read") == 401
    assert scene.wallet.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_who_comes_from_the_sign_in_is_led_back_by_a_page(scene: Scene) -> None:
    """A policy of that form would forbid a redirect to another site."""
    scene.lms.tokens(scene.ada, organisation="cse")
    for changes, answer in (({}, "code="), ({"scope": "nonsense"}, "error=invalid_scope")):
        led = scene.lms.ask(scene.ada, headers={"Sec-Fetch-Site": "same-origin"}, **changes)
        assert led.status_code == 200
        assert f'content="0; url={LMS}?{answer}' in led.text
        assert led.headers["cache-control"] == "no-store"
        assert scene.lms.ask(scene.ada, **changes).status_code == 303
