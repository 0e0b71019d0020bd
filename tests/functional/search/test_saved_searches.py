"""Searches that a person keeps, on the pages of an account."""

import html as markup
import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from lxml import html
from sqlalchemy import text

from app.identity import audit
from app.platform.requests import loggable
from app.search.saved import rules
from tests.simulator.members import House

ADA, EVE = "ada@example.org", "eve@example.org"
SAVED = "/account/searches"
BRIDGES = "?q=bridge&language=en&language=fr&from=2027-01-01"


@pytest.fixture
def made(lasting_node: House) -> Iterator[House]:
    """The shared node, where nobody keeps a search."""
    with lasting_node.node.database.engine.begin() as connection:
        for table in ("search_mail", "saved_search"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    at = lasting_node.now
    yield lasting_node
    lasting_node.now = at


def save(browser: TestClient, query: str = BRIDGES, *, name: str = "", digest: str = "none") -> int:
    """Go the way from the search page."""
    page = html.fromstring(browser.get(f"{SAVED}/new{query}").text)
    (form,) = page.xpath("//form[input[@name='query']]")
    fields = dict(form.form_values()) | {"digest": digest}
    answer = browser.post(SAVED, data=fields | ({"name": name} if name else {}))
    return answer.status_code


def ids(browser: TestClient) -> list[str]:
    return re.findall(rf"{SAVED}/([\w-]+)/remove", browser.get(SAVED).text)


def test_the_search_page_leads_to_saving_it(made: House) -> None:
    browser = made.sign_in(ADA)
    page = html.fromstring(browser.get(f"/{BRIDGES}").text)
    (way,) = page.xpath("//a[text()='Save this search']/@href")
    assert way == f"{SAVED}/new{BRIDGES}"
    assert browser.get(way).status_code == 200


def test_who_is_not_signed_in_comes_back_to_it_from_the_door(made: House) -> None:
    answer = made.http.get(f"{SAVED}/new{BRIDGES}")
    door = urlsplit(answer.headers["location"])
    assert (answer.status_code, door.path) == (303, "/sign-in")
    assert parse_qs(door.query)["next"] == [f"{SAVED}/new{BRIDGES}"]


def test_a_search_is_kept_opened_renamed_and_given_up(made: House) -> None:
    browser = made.sign_in(ADA)
    assert save(browser) == 303
    page = html.fromstring(browser.get(SAVED).text)
    (link,) = page.xpath("//ul[@id='searches']//h3/a")
    assert link.get("href") == f"/{BRIDGES}"
    assert link.text_content() == "bridge · English · French · from 2027-01-01"
    feeds = page.xpath("//ul[@id='searches']//a[@type]/@href")
    assert feeds == [f"/feeds/search.{one}{BRIDGES}&hl=en" for one in ("rss", "json")]
    assert browser.get(feeds[0]).status_code == 200
    (one,) = ids(browser)
    form = {"name": "Bridges <in> spring", "digest": "weekly"}
    assert browser.post(f"{SAVED}/{one}", data=form).status_code == 303
    page = html.fromstring(browser.get(SAVED).text)
    assert page.xpath("//ul[@id='searches']//h3/a/bdi/text()") == ["Bridges <in> spring"]
    assert page.xpath("//ul[@id='searches']//option[@selected]/@value") == ["weekly"]
    assert browser.post(f"{SAVED}/{one}/remove").status_code == 303
    assert ids(browser) == []


def test_the_pages_speak_the_language_of_their_reader(made: House) -> None:
    browser = made.sign_in(ADA)
    browser.headers["Accept-Language"] = "fr"
    assert save(browser) == 303
    page = browser.get(SAVED)
    assert page.headers["content-language"] == "fr"
    assert "Recherches enregistrées" in page.text
    assert "anglais · français" in page.text
    assert "Une fois par semaine" in page.text


def test_a_search_for_everything_can_be_kept(made: House) -> None:
    browser = made.sign_in(ADA)
    assert save(browser, "") == 303
    assert ">All courses<" in browser.get(SAVED).text


def test_which_page_and_order_one_looked_at_is_not_kept(made: House) -> None:
    browser = made.sign_in(ADA)
    assert save(browser, "?q=bridge&sort=title&page=2&per_page=50&utm_source=x&hl=fr") == 303
    assert html.fromstring(browser.get(SAVED).text).xpath("//ul[@id='searches']//h3/a/@href") == [
        "/?q=bridge"
    ]


def test_somebody_elses_search_is_not_there(made: House) -> None:
    ada, eve = made.sign_in(ADA), made.sign_in(EVE)
    save(ada)
    (one,) = ids(ada)
    assert ids(eve) == []
    form = {"name": "Mine", "digest": "daily"}
    assert eve.post(f"{SAVED}/{one}", data=form).status_code == 404
    assert eve.post(f"{SAVED}/{one}/remove").status_code == 404
    assert ids(ada) == [one]


def test_a_page_of_another_site_keeps_and_ends_nothing(made: House) -> None:
    browser = made.sign_in(ADA)
    save(browser)
    (one,) = ids(browser)
    away = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    for path in (SAVED, f"{SAVED}/{one}", f"{SAVED}/{one}/remove"):
        answer = browser.post(path, data={"name": "x", "digest": "daily"}, headers=away)
        assert answer.status_code == 403
    assert ids(browser) == [one]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "\u202e \x00"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"digest": "hourly"}, "digest"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field(
    made: House, form: dict[str, str], field: str
) -> None:
    browser = made.sign_in(ADA)
    given = {"name": "Bridges", "digest": "none", "query": BRIDGES[1:]}
    answer = browser.post(SAVED, data=given | form)
    assert answer.status_code == 422
    assert html.fromstring(answer.text).xpath("//p[@class='wrong']"), field
    assert ids(browser) == []


@pytest.mark.parametrize(
    "query",
    ["delivery=nowhere", "q=a&q=b", "q=" + "a" * 301, "from=tomorrow", "near=here", "q=%ff%fe"],
)
def test_a_search_that_is_not_understood_is_not_kept(made: House, query: str) -> None:
    browser = made.sign_in(ADA)
    form = {"name": "Bridges", "digest": "none", "query": query}
    assert browser.post(SAVED, data=form).status_code == 422
    assert ids(browser) == []


def test_what_no_database_takes_is_left_out(made: House) -> None:
    browser = made.sign_in(ADA)
    form = {"name": "a\x00b", "digest": "none", "query": "q=bridge%00decks"}
    assert browser.post(SAVED, data=form).status_code == 303
    page = html.fromstring(browser.get(SAVED).text)
    assert page.xpath("//ul[@id='searches']//h3/a/@href") == ["/?q=bridge+decks"]


def test_the_same_search_is_kept_once_and_no_more_than_some(made: House) -> None:
    browser = made.sign_in(ADA)
    assert save(browser, "?language=fr&q=bridge") == 303
    assert save(browser, "?q=bridge&language=fr", name="Again") == 409
    for number in range(rules.MOST - 1):
        form = {"name": f"{number}", "digest": "none", "query": f"q=course+{number}"}
        assert browser.post(SAVED, data=form).status_code == 303
    assert save(browser, "?q=one+more") == 409
    assert len(ids(browser)) == rules.MOST


def test_a_filter_that_was_given_up_is_shown_as_such(made: House) -> None:
    browser = made.sign_in(ADA)
    save(browser, name="Bridges")
    kept = json.dumps({"q": ["bridge"], "colour": ["<red>"]})
    with made.node.database.engine.begin() as connection:
        connection.execute(text("UPDATE saved_search SET parameters = :kept"), {"kept": kept})
    page = html.fromstring(browser.get(SAVED).text)
    assert page.xpath("//ul[@id='searches']//code/text()") == ["colour"]
    assert not page.xpath("//ul[@id='searches']//a[@type]")
    (one,) = ids(browser)
    assert browser.post(f"{SAVED}/{one}/remove").status_code == 303


def test_the_trail_says_that_and_not_what(made: House) -> None:
    browser = made.sign_in(ADA)
    save(browser, "?q=secret+plans", name="Secret plans", digest="daily")
    (one,) = ids(browser)
    browser.post(f"{SAVED}/{one}", data={"name": "Secret plans", "digest": "none"})
    browser.post(f"{SAVED}/{one}/remove")
    with made.node.database.read() as session:
        owner = text("SELECT person_id FROM person_email WHERE email = :email")
        person = session.execute(owner, {"email": ADA}).scalar()
        told = [
            each for each in audit.trail(session, f"person:{person}")
            if (each.after or {}).get("search") == one
        ]  # fmt: skip
    assert [each.action for each in told] == ["search.save", "search.change", "search.remove"]
    assert "secret" not in str(told).lower()


def test_it_is_taken_along_and_goes_with_the_account(made: House) -> None:
    browser = made.sign_in("leaving@example.org")
    save(browser, name="Bridges", digest="daily")
    told = browser.get("/account/data/export.json").json()
    (one,) = told["saved_searches"]
    assert (one["name"], one["digest"]) == ("Bridges", "daily")
    assert one["parameters"] == {
        "q": ["bridge"], "language": ["en", "fr"], "from": ["2027-01-01"],
    }  # fmt: skip
    assert list(told["search_mails"][0]) == ["due_at"]
    assert browser.post("/account/data/end", data={"sure": "yes"}).status_code == 303
    with made.node.database.read() as session:
        for table in ("saved_search", "search_mail"):
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0


def token_of(made: House) -> str:
    with made.node.database.read() as session:
        return str(session.execute(text("SELECT token FROM search_mail")).scalar())


def digests(browser: TestClient) -> list[str]:
    page = html.fromstring(browser.get(SAVED).text)
    return list(page.xpath("//ul[@id='searches']//option[@selected]/@value"))


def test_mails_end_by_one_click_of_a_mail_program(made: House) -> None:
    browser = made.sign_in(ADA)
    save(browser, digest="daily")
    save(browser, "?q=water", digest="weekly")
    program = TestClient(made.app, base_url="https://cpd.example", follow_redirects=False)
    answer = program.post(f"/unsubscribe/{token_of(made)}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert digests(browser) == ["none", "none"]
    again = program.post(
        f"/unsubscribe/{token_of(made)}", files={"List-Unsubscribe": (None, "One-Click")}
    )
    assert again.status_code == 200


def test_opening_the_link_ends_nothing_by_itself(made: House) -> None:
    browser = made.sign_in(ADA)
    save(browser, digest="daily")
    answer = made.http.get(f"/unsubscribe/{token_of(made)}")
    assert answer.status_code == 200
    assert ADA not in markup.unescape(answer.text)
    assert answer.headers["cache-control"] == "no-store"
    assert loggable(f"/unsubscribe/{token_of(made)}") == "/unsubscribe/..."
    assert "noindex" in answer.headers["x-robots-tag"]
    assert digests(browser) == ["daily"]
    (form,) = html.fromstring(answer.text).xpath("//form[contains(@action, 'unsubscribe')]")
    assert made.http.post(form.get("action")).status_code == 200
    assert digests(browser) == ["none"]


def test_a_token_that_nobody_has_ends_nothing(made: House) -> None:
    save(made.sign_in(ADA), digest="daily")
    for token in ("x", token_of(made)[:-1], token_of(made).swapcase(), "%00", "a" * 101):
        for answer in (
            made.http.get(f"/unsubscribe/{token}"),
            made.http.post(f"/unsubscribe/{token}"),
        ):
            assert answer.status_code in {404, 422}
