"""An account's own pages: name, addresses, passkeys, sessions, and the sign-in of just now."""

import json
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.identity.model import Role
from app.identity.people import sessions
from tests.simulator.authenticator import Authenticator
from tests.simulator.members import PUBLIC_URL, House

ADA, NEW, EVE = "ada@example.org", "ada@work.example", "eve@example.org"


def add_address(made: House, browser: TestClient, email: str = NEW) -> Response:
    browser.post("/account/emails", data={"email": email})
    return browser.post(urlsplit(made.mailbox.last_link(email)).path)


def device() -> Authenticator:
    return Authenticator(PUBLIC_URL, "cpd.example")


def question(browser: TestClient, path: str) -> dict[str, object]:
    return dict(browser.post(path, headers={"Accept": "*/*"}).json())


def add_passkey(browser: TestClient, own: Authenticator, name: str = "My phone") -> Response:
    asked = question(browser, "/account/passkeys/question")
    form = {
        "question": asked["question"],
        "answer": json.dumps(own.make(asked["options"])),  # type: ignore[arg-type]
        "name": name,
    }
    return browser.post("/account/passkeys", data=form)


def use_passkey(browser: TestClient, own: Authenticator, **form: str) -> Response:
    asked = question(browser, "/sign-in/passkey/question")
    answer = json.dumps(own.use(asked["options"]))  # type: ignore[arg-type]
    return browser.post(
        "/sign-in/passkey", data={"question": asked["question"], "answer": answer, **form}
    )


def session_ids(page: str) -> list[str]:
    return re.findall(r"/account/sessions/([\w-]+)/end", page)


def test_a_person_says_a_name_and_a_language_and_sees_where_he_works(made: House) -> None:
    browser = made.sign_in(ADA, cse={Role.OWNER, Role.ISSUER})
    page = browser.get("/account").text
    assert "Society cse" in page
    assert 'href="/organisations/cse"' in page
    form = {"name": " Ada \u202eLovelace ", "language": "zh-Hans"}
    assert browser.post("/account/profile", data=form).status_code == 303
    page = browser.get("/account").text
    assert 'value="Ada Lovelace"' in page
    assert re.search(r'value="zh-Hans"[^>]* selected', page)
    for wrong in ({"name": ""}, {"name": "x" * 201}, {"name": "A", "language": "<b>"}):
        answer = browser.post("/account/profile", data=wrong)
        assert answer.status_code == 422
        assert 'class="wrong"' in answer.text
    answer = browser.post("/account/profile", data={"name": '"><script>alert(1)</script>'})
    assert answer.status_code == 303
    assert "<script>alert" not in browser.get("/account").text


def test_an_address_is_added_by_a_link_and_then_signs_in(made: House) -> None:
    browser = made.sign_in(ADA)
    assert browser.post("/account/emails", data={"email": NEW}).status_code == 303
    assert [mail.to for mail in made.mailbox.sent] == [NEW]
    assert "Open the link that was mailed to it" in browser.get("/account").text
    link = urlsplit(made.mailbox.last_link(NEW)).path
    assert NEW in browser.get(link).text
    assert browser.post(link).status_code == 303
    assert browser.post(link).status_code == 410
    notice = made.mailbox.sent[-1]
    assert notice.to == ADA
    assert "An e-mail address was added" in notice.text
    assert made.sign_in(NEW).get("/account").text.count(ADA) > 0


def test_the_link_adds_only_to_the_account_that_asked_and_signs_nobody_in(made: House) -> None:
    attacker, victim = made.sign_in(EVE), made.sign_in(ADA)
    attacker.post("/account/emails", data={"email": NEW})
    link = urlsplit(made.mailbox.last_link(NEW)).path
    assert victim.get(link).status_code == 410
    assert victim.post(link).status_code == 410
    stranger = made.browser()
    assert stranger.get(link).status_code == 303
    assert stranger.post(link.replace("/account/emails/link", "/sign-in/link")).status_code == 410
    assert NEW not in victim.get("/account").text.replace(f"mailed to {NEW}", "")


def test_an_address_of_another_account_is_told_to_its_reader_alone(made: House) -> None:
    made.sign_in(EVE)
    browser = made.sign_in(ADA)
    free = browser.post("/account/emails", data={"email": NEW})
    taken = browser.post("/account/emails", data={"email": EVE})
    assert (free.status_code, free.headers["location"]) == (
        taken.status_code, taken.headers["location"],
    )  # fmt: skip
    assert [mail.to for mail in made.mailbox.sent] == [NEW, EVE]
    answer = browser.post(urlsplit(made.mailbox.last_link(EVE)).path)
    assert answer.status_code == 409
    assert "belongs to another account" in answer.text
    assert EVE not in browser.get("/account").text.replace(f'dir="ltr">{EVE}', "", 1)


def test_news_of_a_change_goes_to_the_address_from_before_it(made: House) -> None:
    browser = made.sign_in(ADA)
    add_address(made, browser)
    browser.post("/account/emails/primary", data={"email": NEW})
    assert made.mailbox.sent[-1].to == ADA
    assert browser.post("/account/emails/remove", data={"email": NEW}).status_code == 303
    assert made.mailbox.sent[-1].to == NEW
    answer = browser.post("/account/emails/remove", data={"email": ADA})
    assert answer.status_code == 409
    assert "keeps its last address" in answer.text
    assert browser.post("/account/emails/remove", data={"email": EVE}).status_code == 404


def test_a_passkey_signs_in_and_its_coming_and_going_is_told(made: House) -> None:
    browser, own = made.sign_in(ADA), device()
    browser.post("/account/profile", data={"name": "Ada"})
    assert add_passkey(browser, own).status_code == 303
    assert "A passkey was added" in made.mailbox.sent[-1].text
    other = made.browser()
    answer = use_passkey(other, own, next="/account/security")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/security")
    page = other.get("/account/security").text
    assert "My phone" in page
    assert "with a passkey" in page
    passkey = re.findall(r"/account/passkeys/([\w-]+)/remove", page)[0]
    eve = made.sign_in(EVE)
    assert eve.post(f"/account/passkeys/{passkey}/remove").status_code == 404
    assert other.post(f"/account/passkeys/{passkey}/remove").status_code == 303
    assert "A passkey was removed" in made.mailbox.sent[-1].text
    assert made.mailbox.sent[-1].to == ADA
    answer = use_passkey(made.browser(), own)
    assert answer.status_code == 400
    assert "not accepted" in answer.text
    answer = use_passkey(made.browser(), own, next="//evil.example")
    assert "evil.example" not in answer.text


def test_a_passkeys_answer_counts_in_the_browser_that_was_asked(made: House) -> None:
    browser, own = made.sign_in(ADA), device()
    add_passkey(browser, own)
    attacker, victim = made.browser(), made.browser()
    asked = question(attacker, "/sign-in/passkey/question")
    form = {
        "question": asked["question"],
        "answer": json.dumps(own.use(asked["options"])),  # type: ignore[arg-type]
    }
    for other in (victim, made.browser()):
        assert other.post("/sign-in/passkey", data=form).status_code == 400
        assert other.get("/account").status_code == 303
    question(victim, "/sign-in/passkey/question")
    assert victim.post("/sign-in/passkey", data=form).status_code == 400


@pytest.mark.parametrize("answer", ["", "null", "[]", "{}", '{"id": 1}', "[" * 9000, "\x00", "{"])
def test_what_is_no_answer_is_refused(made: House, answer: str) -> None:
    stranger, member = made.browser(), made.sign_in(ADA)
    asked = question(stranger, "/sign-in/passkey/question")["question"]
    refused = stranger.post("/sign-in/passkey", data={"question": asked, "answer": answer})
    assert refused.status_code == 400
    asked = question(member, "/account/passkeys/question")["question"]
    form = {"question": asked, "answer": answer, "name": "x"}
    assert member.post("/account/passkeys", data=form).status_code == 400


def test_one_sees_where_one_is_signed_in_and_ends_it(made: House) -> None:
    here, there, eve = made.sign_in(ADA), made.sign_in(ADA), made.sign_in(EVE)
    page = here.get("/account/security").text
    assert page.count("This browser") == 1
    assert "192.0.2.1" in page
    assert len(session_ids(page)) == 2
    (hers,) = session_ids(eve.get("/account/security").text)
    assert here.post(f"/account/sessions/{hers}/end").status_code == 303
    assert eve.get("/account").status_code == 200
    assert here.post("/account/sessions/end").status_code == 303
    assert there.get("/account").status_code == 303
    (own,) = session_ids(here.get("/account/security").text)
    assert here.post(f"/account/sessions/{own}/end").headers["location"] == "/"
    assert here.get("/account").status_code == 303


NEEDS_FRESH = (
    ("/account/emails", {"email": NEW}),
    ("/account/emails/primary", {"email": ADA}),
    ("/account/emails/remove", {"email": ADA}),
    ("/account/passkeys/question", {}),
    ("/account/passkeys", {"question": "x", "answer": "{}", "name": "x"}),
    ("/account/passkeys/x/remove", {}),
)


def test_what_lets_somebody_move_in_needs_a_sign_in_of_just_now(made: House) -> None:
    browser = made.sign_in(ADA)
    made.now += timedelta(minutes=15)
    security = {"Referer": f"{PUBLIC_URL}/account/security"}
    for path, form in NEEDS_FRESH:
        answer = browser.post(path, data=form, headers=security)
        assert answer.status_code == 303, path
        assert answer.headers["location"] == "/sign-in?next=%2Faccount%2Fsecurity&again=1"
    assert made.mailbox.sent == []
    script = browser.post("/account/passkeys/question", headers={"Accept": "*/*"})
    assert (script.status_code, script.json()["code"]) == (401, "sign-in-again")
    assert "Sign in once more to add" in browser.get("/account/security").text

    evil = {"Referer": "https://evil.example/account"}
    answer = browser.post("/account/emails", data={"email": NEW}, headers=evil)
    assert answer.headers["location"] == "/sign-in?again=1"
    page = browser.get("/sign-in?next=%2Faccount%2Fsecurity&again=1").text
    assert "sign in once more" in page
    assert f'value="{ADA}"' in page
    browser.post("/account/profile", data={"name": "Ada"})
    browser.post("/sign-in", data={"email": ADA, "next": "/account/security", "again": "1"})
    answer = browser.post(urlsplit(made.mailbox.last_link(ADA)).path)
    assert answer.headers["location"] == "/account/security"
    assert answer.headers["set-cookie"].startswith(f"{made.node.guard.cookie}=")
    assert browser.post("/account/emails", data={"email": NEW}).status_code == 303
    assert made.mailbox.sent[-1].to == NEW


def test_no_page_of_an_account_is_a_strangers_or_kept(made: House) -> None:
    stranger, member = made.browser(), made.sign_in(ADA)
    for path in ("/account", "/account/security"):
        assert stranger.get(path).headers["location"].startswith("/sign-in?next=")
        assert "no-store" in member.get(path).headers["cache-control"]
    for path, form in (*NEEDS_FRESH, ("/account/profile", {}), ("/account/sessions/end", {})):
        answer = stranger.post(path, data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_no_other_site_changes_an_account(made: House) -> None:
    member = made.sign_in(ADA)
    for path, form in (
        *NEEDS_FRESH,
        ("/account/profile", {"name": "Eve"}),
        ("/account/sessions/end", {}),
        ("/account/sessions/x/end", {}),
        ("/account/emails/link/x", {}),
        ("/sign-in/passkey", {}),
        ("/sign-in/passkey/question", {}),
    ):
        for headers in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site", "Origin": "https://other.cpd.example"},
        ):
            assert member.post(path, data=form, headers=headers).status_code == 403, path
    assert "Eve" not in member.get("/account").text


def test_a_session_of_a_week_without_use_is_shown_nowhere(made: House) -> None:
    at = made.now
    made.now -= sessions.IDLE
    made.sign_in(ADA)
    made.now = at
    assert len(session_ids(made.sign_in(ADA).get("/account/security").text)) == 1


def test_questions_to_passkeys_are_not_asked_without_end(made: House) -> None:
    browser = made.browser()
    path = "/sign-in/passkey/question"
    said = [browser.post(path, headers={"Accept": "*/*"}).status_code for _ in range(121)]
    assert said == [200] * 120 + [429]
