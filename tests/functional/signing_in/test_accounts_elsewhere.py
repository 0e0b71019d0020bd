"""Signing in with an account elsewhere, linking it, leaving; and what attackers try on the way."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from joserfc.jwk import ECKey
from sqlalchemy import select

from app.identity import audit
from app.identity.audit.tables import AuditRow
from app.identity.oidc.providers import Providers
from app.identity.people import store as people
from app.identity.people.tables import PersonRow
from app.platform.fetch import NoAnswer
from tests.simulator.members import House, house
from tests.simulator.oidc import CLIENT_ID, CLIENT_SECRET, Internet, SimulatedProvider, signed

pytestmark = [pytest.mark.slow, pytest.mark.once]

ADA = "ada@example.org"
ADA_ELSEWHERE = {"sub": "ada-1", "name": "Ada Lovelace", "email": ADA, "email_verified": True}
IDENTITIES = "/account/identities"


class Two:
    """A node that two providers are set up at; the addresses of the first are trusted."""

    def __init__(self, made: House, first: SimulatedProvider, second: SimulatedProvider) -> None:
        self.house, self.first, self.second = made, first, second

    def away(
        self, browser: TestClient, provider_id: str = "first", *, at: str = "/sign-in/oidc/{}"
    ) -> str:
        """Press a button; gives the address of the provider that the page leads on to."""
        answer = browser.post(at.format(provider_id), data={"next": "/verify"})
        assert answer.status_code == 200, answer.text
        found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.text)
        assert found, answer.text
        return unescape(found[1])

    def sign_in(
        self, browser: TestClient, provider_id: str = "first", **changes: str | None
    ) -> Response:
        """The whole way there and back."""
        provider = {"first": self.first, "second": self.second}[provider_id]
        return browser.get(provider.sign_in(self.away(browser, provider_id), **changes))

    def link(self, browser: TestClient, provider_id: str, **changes: str | None) -> Response:
        provider = {"first": self.first, "second": self.second}[provider_id]
        address = self.away(browser, provider_id, at=IDENTITIES + "/link/{}")
        assert parse_qs(urlsplit(address).query)["max_age"] == ["0"]
        return browser.get(provider.sign_in(address, **changes))

    def people(self) -> list[str]:
        with self.house.node.database.read() as session:
            return list(session.scalars(select(PersonRow.name).order_by(PersonRow.id)))

    def actions(self) -> list[str]:
        with self.house.node.database.read() as session:
            return list(session.scalars(select(AuditRow.action).order_by(AuditRow.id)))


@pytest.fixture
def two(tmp_path: Path, database_url: str) -> Iterator[Two]:
    houses: list[House] = []
    first = SimulatedProvider(lambda: houses[0].now)
    second = SimulatedProvider(lambda: houses[0].now, issuer="https://orcid.example")
    second.names_itself = False
    providers = Providers(
        [
            first.settings(id="first", label="First ID", trust_email=True),
            second.settings(id="second", label="Second ID", scopes=("openid",)),
        ],
        Internet(first, second),
    )
    with house(
        tmp_path, database_url, change=lambda node: replace(node, providers=providers)
    ) as made:
        houses.append(made)
        first.person = dict(ADA_ELSEWHERE)
        yield Two(made, first, second)


def signed_in(browser: TestClient) -> bool:
    return bool(browser.get("/account").status_code == 200)


def refused(browser: TestClient, answer: Response, *, status: int = 400) -> bool:
    """Whether a page says kindly that it did not work, and nobody came in."""
    page = answer.status_code == status and "That did not work" in answer.text
    return page and not signed_in(browser)


# Signing in


def test_somebody_new_comes_in_with_an_account_elsewhere(two: Two) -> None:
    browser = two.house.browser()
    page = browser.get("/sign-in?next=/verify").text
    assert "Sign in with First ID" in page
    assert "Sign in with Second ID" in page
    address = two.away(browser)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert asked["scope"] == "openid profile email"
    assert asked["redirect_uri"] == "https://cpd.example/sign-in/oidc/first/callback"
    assert "max_age" not in asked
    answer = browser.get(two.first.sign_in(address))
    assert (answer.status_code, answer.headers["location"]) == (303, "/verify")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "Ada Lovelace" in browser.get("/account").text
    assert ADA in browser.get("/account").text
    assert two.actions()[-3:] == ["person.add", "identity.link", "session.begin"]


def test_who_comes_again_is_the_same_person(two: Two) -> None:
    two.sign_in(two.house.browser())
    asked = len(two.first.asked)
    browser = two.house.browser()
    assert two.sign_in(browser).headers["location"] == "/verify"
    assert two.first.asked[asked:] == ["/token"], "keys are kept, and no more is asked than needed"
    assert two.people() == ["Ada Lovelace"]


def test_a_provider_that_tells_no_more_than_a_number_will_do(two: Two) -> None:
    two.second.person = {"sub": "0000-0002-1825-0097"}
    browser = two.house.browser()
    answer = two.sign_in(browser, "second")
    assert answer.headers["location"] == "/account?next=%2Fverify"
    assert "/me" not in two.second.asked
    assert "0000-0002-1825-0097" in browser.get(IDENTITIES).text


def test_one_number_at_two_providers_is_two_people(two: Two) -> None:
    two.first.person = {"sub": "7", "name": "Ada"}
    two.second.person = {"sub": "7", "name": "Grace"}
    two.second.in_token = ("sub", "name")
    two.sign_in(two.house.browser(), "first")
    two.sign_in(two.house.browser(), "second")
    assert two.people() == ["Ada", "Grace"]


def test_keys_that_were_turned_are_found(two: Two) -> None:
    two.sign_in(two.house.browser())
    two.first.turn_keys("second")
    two.house.now += timedelta(seconds=11)
    browser = two.house.browser()
    assert two.sign_in(browser).status_code == 303
    assert signed_in(browser)


def test_an_address_that_nobody_vouches_for_is_nobodys(two: Two) -> None:
    two.house.sign_in(ADA)
    claims: list[tuple[str, dict[str, Any]]] = [
        ("first", ADA_ELSEWHERE | {"email_verified": False}),
        ("first", ADA_ELSEWHERE | {"email_verified": "true"}),
        ("first", {"sub": "ada-1", "name": "Ada", "email": ADA}),
        ("second", ADA_ELSEWHERE),  # whose addresses are not trusted
    ]
    for number, (provider_id, person) in enumerate(claims):
        provider = two.first if provider_id == "first" else two.second
        provider.person, provider.in_token = person | {"sub": f"ada-{number}"}, tuple(person)
        browser = two.house.browser()
        assert two.sign_in(browser, provider_id).status_code == 303
        assert signed_in(browser)
        assert ADA not in browser.get("/account").text
    assert len(two.people()) == 1 + len(claims)
    with two.house.node.database.read() as session:
        owner = people.person_by_email(session, ADA)
    assert owner is not None
    assert owner.name == ""


def test_who_presses_cancel_at_the_provider_comes_to_no_harm(two: Two) -> None:
    browser = two.house.browser()
    answer = two.sign_in(browser, code=None, error="access_denied", error_description="<b>x</b>")
    assert "Nobody was signed in at First ID" in answer.text
    assert "<b>x" not in answer.text
    assert refused(browser, answer)
    assert answer.headers["referrer-policy"] == "same-origin", "the address holds a state"


# What attackers try


def test_a_state_works_once(two: Two) -> None:
    browser = two.house.browser()
    back = two.first.sign_in(two.away(browser))
    assert browser.get(back).status_code == 303
    browser.post("/sign-out")
    assert refused(browser, browser.get(back))


def test_a_state_works_for_ten_minutes(two: Two) -> None:
    browser = two.house.browser()
    back = two.first.sign_in(two.away(browser))
    two.house.now += timedelta(minutes=10)
    assert refused(browser, browser.get(back))


def test_a_way_back_that_an_attacker_began_signs_nobody_in(two: Two) -> None:
    attacker, victim = two.house.browser(), two.house.browser()
    back = two.first.sign_in(two.away(attacker))
    assert refused(victim, victim.get(back))
    two.away(victim)
    assert refused(victim, victim.get(back)), "also who was on a way of his own"
    assert attacker.get(back).status_code == 303, "and the attacker's own way is not used up"


def test_a_code_of_another_way_is_not_taken(two: Two) -> None:
    """Code injection: PKCE binds a code to the way it was asked for on."""
    attacker, victim = two.house.browser(), two.house.browser()
    stolen = parse_qs(urlsplit(two.first.sign_in(two.away(victim))).query)["code"][0]
    assert refused(attacker, two.sign_in(attacker, code=stolen), status=502)


def test_a_state_that_nobody_was_given_is_refused(two: Two) -> None:
    browser = two.house.browser()
    for state in (None, "", "made-up", "x" * 4000, "\x00"):
        assert refused(browser, two.sign_in(browser, state=state)), state


def test_one_providers_answer_is_not_anothers(two: Two) -> None:
    """Mix-up: by the address to come back to, and by what the answer says of itself."""
    browser = two.house.browser()
    back = two.first.sign_in(two.away(browser))
    assert refused(browser, browser.get(back.replace("/first/", "/second/")))
    assert refused(browser, two.sign_in(browser, iss="https://orcid.example"), status=502)
    assert refused(browser, two.sign_in(browser, iss=None), status=502)
    assert refused(browser, two.sign_in(browser, "second", iss="https://id.example"), status=502)


LIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "nonce": lambda c: c.update(nonce="another"),
    "aud": lambda c: c.update(aud="another"),
    "exp": lambda c: c.update(exp=1),
    "iss": lambda c: c.update(iss="https://orcid.example"),
}


def test_a_token_that_lies_signs_nobody_in(two: Two) -> None:
    browser = two.house.browser()
    for name, lie in LIES.items():
        two.first.lie = lie
        assert refused(browser, two.sign_in(browser)), name
    assert two.people() == []


def test_a_token_of_another_provider_signs_nobody_in(two: Two) -> None:
    two.first.forge = lambda claims: two.second.id_token(nonce=claims["nonce"])
    browser = two.house.browser()
    assert refused(browser, two.sign_in(browser))


def test_a_stranger_who_signs_for_a_provider_signs_nobody_in(two: Two) -> None:
    key = ECKey.generate_key("P-256")
    two.first.forge = lambda claims: signed(claims, key, two.first.header)
    browser = two.house.browser()
    assert refused(browser, two.sign_in(browser))


def test_the_userinfo_of_somebody_else_is_not_believed(two: Two) -> None:
    two.first.in_token = ()
    two.first.lie = lambda claims: claims.update(sub="somebody else")
    browser = two.house.browser()
    assert refused(browser, two.sign_in(browser), status=502)
    assert two.people() == []


def test_a_provider_that_does_not_answer_is_a_page_and_not_a_fault(two: Two) -> None:
    browser = two.house.browser()
    for path in ("/me", "/jwks", "/token", "/.well-known/openid-configuration"):
        two.house.now += timedelta(hours=1)  # whatever was kept is old
        two.first.answers = {path: NoAnswer("no whole answer within 5 s")}
        answer = browser.post("/sign-in/oidc/first")
        if answer.status_code == 200:
            answer = two.sign_in(browser)
        assert refused(browser, answer, status=503), path


def test_another_site_cannot_send_anybody_away(two: Two) -> None:
    browser = two.house.browser()
    from_elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert browser.post("/sign-in/oidc/first", headers=from_elsewhere).status_code == 403
    assert browser.get("/sign-in/oidc/first").status_code == 405


def test_the_way_on_is_a_page_of_this_site(two: Two) -> None:
    two.sign_in(two.house.browser())
    for then in ("https://evil.example", "//evil.example", "/\\evil.example"):
        browser = two.house.browser()
        page = browser.post("/sign-in/oidc/first", data={"next": then}).text
        found = re.search(r'content="0;url=([^"]+)"', page)
        assert found
        answer = browser.get(two.first.sign_in(unescape(found[1])))
        assert answer.headers["location"] == "/account"


def test_a_provider_that_is_not_set_up_is_not_found(two: Two) -> None:
    browser = two.house.browser()
    assert browser.post("/sign-in/oidc/third").status_code == 404
    assert browser.get("/sign-in/oidc/third/callback?state=a&code=b").status_code == 404
    assert browser.get("/sign-in/oidc/third/left").status_code == 404


def test_secrets_are_in_no_page_and_no_log(two: Two, capfd: pytest.CaptureFixture[str]) -> None:
    browser = two.house.browser()
    address = two.away(browser)
    two.first.lie = lambda claims: claims.update(nonce="another")
    back = two.first.sign_in(address)
    page = browser.get(back).text
    said = "".join(capfd.readouterr())
    query = parse_qs(urlsplit(back).query)
    for secret in (CLIENT_SECRET, query["code"][0], query["state"][0], "ada-1"):
        assert secret not in said
        assert secret not in page


def test_of_two_who_come_back_at_once_with_one_state_one_comes_in(two: Two) -> None:
    browser = two.house.browser()
    back = two.first.sign_in(two.away(browser))
    twins = [two.house.browser() for _ in range(4)]
    for twin in twins:
        twin.cookies.update(browser.cookies)
    with ThreadPoolExecutor(len(twins)) as pool:
        answers = list(pool.map(lambda twin: twin.get(back).status_code, twins))
    assert sorted(answers) == [303, 400, 400, 400]


def test_who_is_new_and_comes_twice_at_once_is_one_person(two: Two) -> None:
    browsers = [two.house.browser() for _ in range(4)]
    backs = [two.first.sign_in(two.away(browser)) for browser in browsers]
    with ThreadPoolExecutor(len(browsers)) as pool:
        answers = list(pool.map(lambda b, back: b.get(back).status_code, browsers, backs))
    assert set(answers) <= {303, 409}
    assert 303 in answers
    assert two.people() == ["Ada Lovelace"]


# Linking


def test_an_address_that_has_an_account_opens_nothing_but_waits_to_be_linked(two: Two) -> None:
    two.house.sign_in(ADA)
    browser = two.house.browser()
    answer = two.sign_in(browser)
    assert answer.headers["location"] == "/sign-in/known"
    assert not signed_in(browser)
    assert "You have an account here" in browser.get("/sign-in/known").text
    assert len(two.people()) == 1

    # The owner shows to be the owner, in the same browser.
    browser.post("/sign-in", data={"email": ADA, "next": IDENTITIES})
    browser.post(urlsplit(two.house.mailbox.last_link(ADA)).path)
    page = browser.get(IDENTITIES).text
    assert "Link First ID to this account?" in page
    assert ADA in page
    assert browser.post(IDENTITIES + "/waiting").headers["location"] == f"{IDENTITIES}?done=linked"
    assert "Link First ID to this account?" not in browser.get(IDENTITIES).text

    another = two.house.browser()
    assert two.sign_in(another).status_code == 303
    assert ADA in another.get("/account").text
    assert len(two.people()) == 1


def test_an_identity_that_waits_is_linked_by_nobody_else(two: Two) -> None:
    owner = two.house.sign_in(ADA)
    attacker = two.house.browser()
    two.sign_in(attacker)
    assert "Link First ID" not in owner.get(IDENTITIES).text.replace("Link First ID</button>", "")
    assert owner.post(IDENTITIES + "/waiting").status_code == 404, "in the owner's own browser"
    attacker.post("/sign-in", data={"email": "eve@example.org"})
    attacker.post(urlsplit(two.house.mailbox.last_link("eve@example.org")).path)
    assert attacker.post(IDENTITIES + "/waiting").status_code == 404, "nor by another person"


def test_an_identity_that_waits_can_be_declined_and_waits_half_an_hour(two: Two) -> None:
    two.house.sign_in(ADA)
    for decline in (True, False):
        browser = two.house.browser()
        two.sign_in(browser)
        browser.post("/sign-in", data={"email": ADA})
        browser.post(urlsplit(two.house.mailbox.last_link(ADA)).path)
        if decline:
            assert browser.post(IDENTITIES + "/waiting/forget").status_code == 303
        else:
            two.house.now += timedelta(minutes=30)
        assert "to this account?" not in browser.get(IDENTITIES).text


def test_who_is_signed_in_links_and_unlinks(two: Two) -> None:
    browser = two.house.sign_in(ADA)
    two.second.person = {"sub": "0000-0002-1825-0097"}
    answer = two.link(browser, "second")
    assert answer.headers["location"] == f"{IDENTITIES}?done=linked"
    assert "The sign-in with Second ID was linked to it" in two.house.mailbox.sent[-1].text
    page = browser.get(f"{IDENTITIES}?done=linked").text
    assert "The sign-in is linked" in page
    assert "0000-0002-1825-0097" in page
    assert "Link Second ID" not in page
    elsewhere = two.house.browser()
    two.sign_in(elsewhere, "second")
    assert signed_in(elsewhere)

    identity_id = re.findall(r"identities/([0-9a-f-]{36})/unlink", page)[0]
    answer = browser.post(f"{IDENTITIES}/{identity_id}/unlink")
    assert answer.headers["location"] == f"{IDENTITIES}?done=unlinked"
    assert "The sign-in with Second ID was unlinked" in two.house.mailbox.sent[-1].text
    assert not signed_in(elsewhere), "what the identity had opened is closed"
    assert signed_in(browser)
    assert browser.post(f"{IDENTITIES}/{identity_id}/unlink").status_code == 404
    assert two.actions()[-2:] == ["session.end", "identity.unlink"]


def test_the_only_way_to_sign_in_is_not_unlinked(two: Two) -> None:
    two.second.person = {"sub": "7"}
    browser = two.house.browser()
    two.sign_in(browser, "second")
    assert "unlink" not in browser.get(IDENTITIES).text.replace("unlinked", "")
    with two.house.node.database.read() as session:
        person_id = session.scalars(select(PersonRow.id)).one()
        trail = audit.trail(session, f"person:{person_id}")
    identity_id = next(
        e.after["identity"] for e in trail if e.action == "identity.link" and e.after
    )
    answer = browser.post(f"{IDENTITIES}/{identity_id}/unlink")
    assert answer.status_code == 409
    assert "only way to sign in" in answer.text
    two.link(browser, "first")
    assert browser.post(f"{IDENTITIES}/{identity_id}/unlink").status_code == 303


def test_another_persons_identity_is_neither_linked_nor_unlinked(two: Two) -> None:
    owner = two.house.browser()
    two.sign_in(owner)
    owner_page = two.house.browser()
    two.sign_in(owner_page)
    two.link(owner, "second")
    identity_id = re.findall(r"identities/([0-9a-f-]{36})/unlink", owner.get(IDENTITIES).text)[0]
    eve = two.house.sign_in("eve@example.org")
    answer = two.link(eve, "first")
    assert answer.status_code == 409
    assert "opens another account here" in answer.text
    assert eve.post(f"{IDENTITIES}/{identity_id}/unlink").status_code == 404
    assert two.sign_in(two.house.browser()).status_code == 303


def test_a_link_ends_in_the_session_it_began_in(two: Two) -> None:
    """Who could have a victim end his own way would have his identity in that account."""
    eve, victim = two.house.sign_in("eve@example.org"), two.house.sign_in(ADA)
    back = two.second.sign_in(two.away(eve, "second", at=IDENTITIES + "/link/{}"))
    assert victim.get(back).status_code == 400
    for name, value in eve.cookies.items():
        if name.endswith("-asking"):
            victim.cookies.set(name, value)
    assert victim.get(back).status_code == 400, "even with the other cookie"
    assert "Second ID</h3>" not in victim.get(IDENTITIES).text

    address = two.away(eve, "second", at=IDENTITIES + "/link/{}")
    eve.post("/sign-out")
    assert eve.get(two.second.sign_in(address)).status_code == 400


def test_changes_need_a_sign_in_of_just_now(two: Two) -> None:
    browser = two.house.sign_in(ADA)
    two.link(browser, "second")
    identity_id = re.findall(r"identities/([0-9a-f-]{36})/unlink", browser.get(IDENTITIES).text)[0]
    two.house.now += timedelta(minutes=20)
    for path in ("link/first", "waiting", f"{identity_id}/unlink"):
        answer = browser.post(f"{IDENTITIES}/{path}")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?")
    address = two.away(browser)
    assert parse_qs(urlsplit(address).query)["max_age"] == ["0"], "the provider asks again"


# Leaving


def test_who_signs_out_may_sign_out_at_the_provider_too(two: Two) -> None:
    browser = two.house.browser()
    two.sign_in(browser)
    answer = browser.post("/sign-out")
    assert answer.headers["location"] == "/sign-in/oidc/first/left"
    page = unescape(browser.get("/sign-in/oidc/first/left").text)
    assert "Sign out of First ID too" in page
    assert (
        f"https://id.example/session/end?client_id={CLIENT_ID}"
        "&post_logout_redirect_uri=https%3A%2F%2Fcpd.example%2F"
    ) in page
    assert not signed_in(browser)
    mailed = two.house.sign_in("eve@example.org")
    assert mailed.post("/sign-out").headers["location"] == "/"


def test_a_provider_ends_what_its_sign_in_began(two: Two) -> None:
    here, there, mailed = (
        two.house.browser(),
        two.house.browser(),
        two.house.sign_in("e@example.org"),
    )
    two.first.lie = lambda claims: claims.update(sid="sid-1")
    two.sign_in(here)
    two.first.lie = lambda claims: claims.update(sid="sid-2")
    two.sign_in(there)

    def tell(path: str = "first", **claims: Any) -> int:
        two.house.now += timedelta(seconds=1)
        token = two.first.logout_token(**claims)
        return two.house.http.post(
            f"/sign-in/oidc/{path}/logout", data={"logout_token": token}
        ).status_code

    assert tell("second") == 400, "not by another provider's word"
    assert tell(sub="somebody else") == 200
    assert tell(sid="sid-2", sub="somebody else") == 200
    assert (signed_in(here), signed_in(there)) == (True, True)
    assert tell(sid="sid-1", sub=None) == 200
    assert (signed_in(here), signed_in(there)) == (False, True)
    assert tell() == 200
    assert (signed_in(there), signed_in(mailed)) == (False, True)
    assert two.actions()[-1] == "session.end-by-provider"


def test_a_logout_token_works_once(two: Two) -> None:
    browser = two.house.browser()
    two.sign_in(browser)
    form = {"logout_token": two.first.logout_token()}
    assert two.house.http.post("/sign-in/oidc/first/logout", data=form).status_code == 200
    assert not signed_in(browser)
    two.sign_in(browser)
    assert two.house.http.post("/sign-in/oidc/first/logout", data=form).status_code == 200
    assert signed_in(browser)


def test_what_is_no_logout_token_is_the_callers_fault(two: Two) -> None:
    for form in ({}, {"logout_token": ""}, {"logout_token": "a.b.c"}):
        answer = two.house.http.post("/sign-in/oidc/first/logout", data=form)
        assert answer.status_code in {400, 422}
