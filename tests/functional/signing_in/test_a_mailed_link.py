"""Signing in by a link that was mailed, and what attackers try with one."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.identity.people import sessions
from tests.simulator.members import House

ADA = "ada@example.org"


def ask(browser: TestClient, email: str = ADA, **form: str) -> Response:
    return browser.post("/sign-in", data={"email": email, **form})


def path_of(made: House, email: str = ADA) -> str:
    return urlsplit(made.mailbox.last_link(email)).path


def signed_in(browser: TestClient) -> bool:
    return bool(browser.get("/account").status_code == 200)


def test_somebody_new_comes_in_by_a_link_and_says_a_name(made: House) -> None:
    browser = made.browser()
    assert "Mail me a link" in browser.get("/sign-in").text
    answer = ask(browser, "Ada@Example.ORG", next="/verify")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/sent")
    assert ADA in browser.get("/sign-in/sent").text
    mail = made.mailbox.sent[-1]
    assert mail.to == ADA
    assert "15 minutes" in mail.text
    assert "from testclient" in mail.text

    opened = browser.get(path_of(made))
    assert ADA in opened.text
    assert "another browser" not in opened.text
    assert not signed_in(browser)
    answer = browser.post(path_of(made))
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?next=%2Fverify")
    page = browser.get("/account?next=%2Fverify").text
    assert "Tell us your name" in page
    answer = browser.post("/account/profile", data={"name": "Ada Lovelace", "next": "/verify"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/verify")
    assert 'value="Ada Lovelace"' in browser.get("/account").text

    answer = browser.post("/sign-out")
    assert answer.status_code == 303
    assert not signed_in(browser)


def test_who_has_a_name_goes_on_at_once(made: House) -> None:
    browser = made.browser()
    made.sign_in(ADA).post("/account/profile", data={"name": "Ada"})
    ask(browser, next="/organisations/cse?page=2")
    answer = browser.post(path_of(made))
    assert answer.headers["location"] == "/organisations/cse?page=2"
    assert browser.get("/sign-in?next=/verify").headers["location"] == "/verify"


def test_the_cookie_is_for_this_site_and_no_script(made: House) -> None:
    browser = made.browser()
    asked = ask(browser).headers["set-cookie"]
    given = browser.post(path_of(made)).headers["set-cookie"]
    for cookie in (asked, given):
        assert cookie.startswith("__Host-opencpd")
        words = set(re.split(r"; ?", cookie.lower()))
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= words
        assert not any(word.startswith("domain") for word in words)


def test_a_scanner_that_opens_the_link_uses_nothing_up(made: House) -> None:
    browser = made.browser()
    ask(browser)
    for _ in range(3):
        scanner = made.browser()
        assert scanner.get(path_of(made)).status_code == 200
        assert scanner.head(path_of(made)).status_code == 200
        assert not signed_in(scanner)
    browser.post(path_of(made))
    assert signed_in(browser)


def test_a_link_works_once(made: House) -> None:
    first, second = made.browser(), made.browser()
    ask(first)
    first.post(path_of(made))
    answer = second.post(path_of(made))
    assert answer.status_code == 410
    assert "has been used or has ended" in answer.text
    assert not signed_in(second)
    assert second.get(path_of(made)).status_code == 410


def test_pressing_the_button_twice_leads_in_all_the_same(made: House) -> None:
    browser = made.browser()
    ask(browser)
    browser.post(path_of(made))
    answer = browser.post(path_of(made))
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")


def test_a_link_ends_after_a_quarter_of_an_hour(made: House) -> None:
    browser = made.browser()
    made.now -= timedelta(minutes=16)
    ask(browser)
    made.now += timedelta(minutes=14, seconds=59)
    assert browser.get(path_of(made)).status_code == 200
    made.now += timedelta(seconds=1)
    assert browser.get(path_of(made)).status_code == 410
    assert browser.post(path_of(made)).status_code == 410
    assert not signed_in(browser)


def test_a_guessed_link_opens_nothing(made: House) -> None:
    browser = made.browser()
    ask(browser)
    for guess in ("x", "A" * 43, "%00", "\u062f", "a%2Fb", "A" * 101):
        for method in ("GET", "POST"):
            answer = browser.request(method, f"/sign-in/link/{guess}")
            assert answer.status_code in {303, 404, 405, 410, 422}, guess
            assert not signed_in(browser)


def test_another_browser_is_told_whose_account_it_would_enter(made: House) -> None:
    attacker, victim = made.browser(), made.browser()
    ask(attacker, "eve@example.org")
    page = victim.get(path_of(made, "eve@example.org")).text
    assert "asked for in another browser" in page
    assert "eve@example.org" in page
    ask(victim)
    page = victim.get(path_of(made, "eve@example.org")).text
    assert "asked for in another browser" in page


def test_known_and_unknown_addresses_are_answered_alike(made: House) -> None:
    made.sign_in("known@example.org")
    said = []
    for email in ("known@example.org", "nobody@example.org"):
        browser = made.browser()
        answer = ask(browser, email)
        cookie = re.sub("=[^;]*", "", answer.headers["set-cookie"], count=1)
        page = browser.get("/sign-in/sent").text.replace(email, "")
        mail = made.mailbox.sent[-1]
        text = re.sub(r"/sign-in/link/\S+", "", mail.text.replace(email, ""))
        said.append((answer.status_code, answer.text, cookie, page, mail.subject, text))
    assert said[0] == said[1]
    assert len(made.mailbox.sent) == 2


def test_the_mail_leaves_after_the_answer(made: House, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    async def asked(scope, receive, send):  # type: ignore[no-untyped-def]
        async def told(message):  # type: ignore[no-untyped-def]
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                order.append("answer")

        await made.app(scope, receive, told)

    monkeypatch.setattr(made.mailbox, "send", lambda _message: order.append("mail"))
    browser = TestClient(asked, base_url="https://cpd.example", follow_redirects=False)
    browser.post("/sign-in", data={"email": ADA}, headers={"Sec-Fetch-Site": "same-origin"})
    assert order == ["answer", "mail"]


NO_ADDRESSES = (
    "ada@example.org\r\nBcc: eve@example.org",
    "ada@example.org\nSubject: x",
    "ada@example.org%0aBcc:eve@example.org\x00",
    "ada@example.org,eve@example.org",
    "ada@example.org; eve@example.org",
    "<eve@example.org> ada@example.org",
    '"ada eve"@example.org',
    "=?utf-8?q?eve=40evil.example=3e?=@example.org",
    "ada\u200b@example.org",
    "",
    "ada",
    "@example.org",
)


def test_what_is_no_address_is_refused_beside_its_field(made: House) -> None:
    for email in NO_ADDRESSES:
        answer = ask(made.browser(), email)
        assert answer.status_code == 422, email
        assert "Write it as name@example.org" in answer.text
    assert made.mailbox.sent == []


def test_nobody_floods_a_mailbox_and_a_place_has_its_limit(made: House) -> None:
    for _ in range(5):
        assert ask(made.browser()).status_code == 303
    answer = ask(made.browser())
    assert answer.status_code == 429
    assert "too often" in answer.text
    assert len(made.mailbox.sent) == 5
    statuses = [ask(made.browser(), f"n{i}@example.org").status_code for i in range(26)]
    assert statuses == [303] * 24 + [429] * 2


def test_the_door_leads_to_no_other_site(made: House) -> None:
    made.sign_in(ADA).post("/account/profile", data={"name": "Ada"})
    for evil in ("//evil.example", "/\\evil.example", "https://evil.example"):
        browser = made.browser()
        assert "evil.example" not in browser.get("/sign-in", params={"next": evil}).text
        ask(browser, next=evil)
        assert browser.post(path_of(made)).headers["location"] == "/account"
        answer = browser.get("/sign-in", params={"next": evil})
        assert answer.headers["location"] == "/account"
        answer = browser.post("/account/profile", data={"name": "Ada", "next": evil})
        assert answer.headers["location"] == "/account"


def test_a_session_that_was_planted_is_not_the_one_that_is_signed_in(made: House) -> None:
    attacker = made.sign_in("eve@example.org")
    planted = attacker.cookies[made.node.guard.cookie]
    victim = made.browser(secret=planted)
    ask(victim)
    answer = victim.post(path_of(made))
    fresh = re.match(r"[^=]+=([^;]+)", answer.headers["set-cookie"])
    assert fresh is not None
    assert fresh[1] != planted
    assert not signed_in(attacker)
    assert ADA in made.browser(secret=fresh[1]).get("/account").text


def test_a_made_up_cookie_never_becomes_a_session(made: House) -> None:
    chosen = "A" * 43
    victim = made.browser(secret=chosen)
    ask(victim)
    victim.post(path_of(made))
    assert not signed_in(made.browser(secret=chosen))


def test_the_cookie_of_an_ended_session_opens_nothing(made: House) -> None:
    browser = made.browser()
    ask(browser)
    browser.post(path_of(made))
    stolen = browser.cookies[made.node.guard.cookie]
    browser.post("/sign-out")
    assert not signed_in(made.browser(secret=stolen))


def test_only_hashes_of_secrets_are_kept(made: House) -> None:
    browser = made.browser()
    ask(browser)
    secrets = [path_of(made).rsplit("/", 1)[-1], *browser.cookies.values()]
    ask(browser)
    browser.post(path_of(made))
    secrets.append(browser.cookies[made.node.guard.cookie])
    with made.node.database.engine.connect() as connection:
        kept = [
            str(row)
            for table in ("mail_link", "login_session", "audit")
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}").all()
        ]
    assert kept
    assert not any(secret in row for secret in secrets for row in kept)


def test_no_other_site_makes_a_browser_sign_in_or_out(made: House) -> None:
    browser = made.sign_in(ADA)
    for path in ("/sign-in", "/sign-in/link/x", "/sign-out", "/account/profile"):
        answer = browser.post(path, data={"email": ADA}, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
        assert signed_in(browser)
    assert made.mailbox.sent == []


def test_the_address_of_a_link_stays_out_of_caches_logs_and_referrers(made: House) -> None:
    answer = made.browser().get("/sign-in/link/x")
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


def test_a_session_lasts_no_longer_than_it_may(made: House) -> None:
    browser = made.sign_in(ADA)
    made.now += sessions.IDLE - timedelta(minutes=1)
    assert signed_in(browser)
    made.now += sessions.IDLE + timedelta(minutes=1)
    assert not signed_in(browser)
