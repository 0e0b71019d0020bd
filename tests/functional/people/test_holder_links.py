"""The society gives a holder a link, the holder shares the record, and links end."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from lxml import html
from structlog.testing import capture_logs

from app.identity import audit
from app.proof.baking import unbake_png, unbake_svg
from app.records.certificate.press import Press
from app.records.sharing.service import MOST_OPEN
from app.records.sharing.tables import HolderLinkRow, ShareLinkRow
from app.verification.forms import find_record
from tests.simulator.node import COMPLETION, Node
from tests.simulator.people import People

pytestmark = [pytest.mark.slow, pytest.mark.once]

SHARE = {"label": "Board of registration", "until": "2026-12-31"}
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def headline(text: str) -> str:
    return str(html.fromstring(text).xpath("//div[contains(@class, 'verdict')]/h1")[0].text)


def share(people: People, holder: str, **changed: str) -> str:
    """Make a share link as a holder does; gives its path as the holder's page shows it."""
    answer = people.browser.post(f"{holder}/shares", data=SHARE | changed)
    assert answer.status_code == 200, answer.text  # after the redirect
    links = html.fromstring(answer.text).xpath("//ul[@class='shares']//a/@href")
    return str(links[0]).removeprefix(people.node.public_url)


def same(one: str, other: str) -> bool:
    """Whether two answers tell an outsider the same."""
    return SECRET.sub("-", one) == SECRET.sub("-", other)


def test_the_society_makes_a_link_and_the_holder_sees_the_record(people: People) -> None:
    text = people.browser.get(people.link()).text
    assert headline(text) == "Your record holds"
    assert "桥梁抗震设计" in text
    assert "Engineers Board of Kenya" in text
    assert "360 minutes" in text


def test_every_form_is_handed_out_and_holds_the_record(people: People) -> None:
    holder = people.link()
    record = people.browser.get(f"{holder}/record.json").content
    assert json.loads(record)["id"] == f"urn:uuid:{people.record_id}"
    assert people.browser.get(f"{holder}/record.jwt").text.count(".") == 2
    assert unbake_png(people.browser.get(f"{holder}/record.png").content) == record
    assert unbake_svg(people.browser.get(f"{holder}/record.svg").content) == record
    named = {"name": "王小明", "language": "zh-Hans"}
    answer = people.browser.post(f"{holder}/certificate", data=named)
    assert answer.headers["content-type"] == "application/pdf"
    assert find_record(answer.content) == record
    assert people.browser.get(f"{holder}/record.exe").status_code == 404
    code = people.browser.get(f"{holder}/code.png")
    assert (code.headers["content-type"], code.content[:4]) == ("image/png", b"\x89PNG")


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["pdf", "png", "svg"])
def test_the_issuer_gets_certificates_and_nobody_else(people: People, ending: str) -> None:
    people.node.add_society("other")
    answer = people.api("GET", f".{ending}?language=ar")
    assert answer.status_code == 200
    assert find_record(answer.content) == people.api("GET", "").content
    assert people.api("GET", f".{ending}", as_="other").status_code == 404
    assert people.node.http.get(f"/api/v1/records/{people.record_id}.{ending}").status_code == 401
    assert people.api("GET", f".{ending}?language=tlh").status_code == 422


def test_a_revoked_record_says_so_and_gets_no_certificate(people: People) -> None:
    holder = people.link()
    shared = share(people, holder)
    assert people.api("POST", "/revoke", json={"reason": "error"}).status_code == 200
    text = people.browser.get(holder).text
    assert headline(text) == "Your record does not hold"
    assert "Certificate to print" not in text
    assert headline(people.browser.get(shared).text) == "Do not rely on this record"
    for path in (f"{holder}/record.pdf", f"{holder}/record.png"):
        assert people.browser.get(path).status_code == 409
    assert people.browser.get(f"{holder}/record.json").status_code == 200
    assert people.api("GET", ".pdf").json()["code"] == "record-not-standing"


def test_a_share_shows_the_verdict_until_its_last_day_is_over(people: People) -> None:
    shared = share(people, people.link())
    text = people.browser.get(shared).text
    assert headline(text) == "This record holds"
    assert "31 December 2026" in text or "December 31, 2026" in text
    people.node.now = people.node.now.replace(month=12, day=31, hour=23, minute=59)
    assert people.browser.get(shared).status_code == 200
    people.node.now += timedelta(minutes=1)
    assert people.browser.get(shared).status_code == 404


def test_a_share_gives_the_record_itself_only_when_the_holder_says_so(people: People) -> None:
    holder = people.link()
    looking, taking = share(people, holder), share(people, holder, downloads="yes")
    assert "record.json" not in people.browser.get(looking).text
    assert people.browser.get(f"{looking}/record.json").status_code == 404
    assert "record.json" in people.browser.get(taking).text
    record = people.browser.get(f"{taking}/record.json").content
    assert find_record(people.browser.get(f"{taking}/record.pdf").content) == record


def test_the_holder_ends_a_share(people: People) -> None:
    holder = people.link()
    shared = share(people, holder)
    page = html.fromstring(people.browser.get(holder).text)
    (action,) = page.xpath("//ul[@class='shares']//form/@action")
    for _ in range(2):
        assert people.browser.post(action).status_code == 200
    assert people.browser.get(shared).status_code == 404
    assert "Board of registration" not in people.browser.get(holder).text


@pytest.mark.slow
def test_one_holder_cannot_end_what_another_shares(people: People) -> None:
    other = people.link(people.issue(COMPLETION | {"course_run": "2026-12"}, key="second"))
    shared = share(people, other)
    page = html.fromstring(people.browser.get(other).text)
    share_id = page.xpath("//ul[@class='shares']//form/@action")[0].split("/")[-2]
    assert people.browser.post(f"{people.link()}/shares/{share_id}/end").status_code == 200
    assert people.browser.get(shared).status_code == 200


@pytest.mark.slow
def test_a_new_link_ends_the_one_before_and_may_end_its_shares(people: People) -> None:
    first = people.link()
    shared = share(people, first)
    second = people.link()
    assert people.browser.get(first).status_code == 404
    assert people.browser.get(shared).status_code == 200
    text = people.browser.get(second).text
    assert "made with an earlier link" in text
    assert shared not in text
    (action,) = html.fromstring(text).xpath("//ul[@class='shares']//form/@action")
    people.browser.post(action)
    assert people.browser.get(shared).status_code == 404


@pytest.mark.slow
def test_the_society_ends_the_link_and_is_told_of_it_without_its_secret(people: People) -> None:
    holder = people.link(ends_at="2027-01-01T00:00:00Z")
    told = people.api("GET", "/holder-link").json()
    assert told["url"] is None
    assert told["ends_at"].startswith("2027-01-01T00:00:00")
    for _ in range(2):
        assert people.api("DELETE", "/holder-link").status_code == 204
    assert people.browser.get(holder).status_code == 404
    assert people.api("GET", "/holder-link").status_code == 404


@pytest.mark.slow
def test_a_link_ends_when_it_was_said_to(people: People) -> None:
    holder = people.link(ends_at="2026-11-24T00:00:00Z")
    assert people.browser.get(holder).status_code == 200
    people.node.now += timedelta(days=1)
    assert people.browser.get(holder).status_code == 404
    assert people.browser.post(f"{holder}/shares", data=SHARE).status_code == 404


@pytest.mark.slow
def test_only_the_issuer_makes_links(people: People) -> None:
    people.node.add_society("other")
    for method in ("POST", "GET", "DELETE"):
        assert people.api(method, "/holder-link", as_="other").status_code == 404
    missing = "01900000-0000-7000-8000-000000000000"
    assert people.api("POST", "/holder-link", record_id=missing).status_code == 404
    past = people.api("POST", "/holder-link", json={"ends_at": "2026-11-23T12:00:00Z"})
    assert past.json()["errors"][0]["pointer"] == "/ends_at"
    assert people.api("POST", "/holder-link", json={"ends_at": "2027-01-01"}).status_code == 422


@pytest.mark.parametrize("kind", ["holder", "shared"])
def test_an_ended_link_is_answered_as_one_that_never_was(people: People, kind: str) -> None:
    holder = people.link()
    ended = share(people, holder) if kind == "shared" else holder
    people.node.now += timedelta(days=800)
    people.api("DELETE", "/holder-link")
    before = people.browser.get(ended)
    for guess in ("x" * 43, "x", "x" * 99, "%00", "é" * 43):
        never = people.browser.get(f"/{kind}/{guess}")
        assert (never.status_code, before.status_code) == (404, 404)
        assert same(never.text, before.text)
        drop = {"content-length", "x-request-id"}
        assert {k: v for k, v in never.headers.items() if k not in drop} == {
            k: v for k, v in before.headers.items() if k not in drop
        }


def test_secret_pages_stay_out_of_caches_referrers_and_search_engines(people: People) -> None:
    holder = people.link()
    shared = share(people, holder)
    for path in (holder, shared, f"{holder}/record.json", f"{holder}x", f"{shared}/record.json"):
        headers = people.browser.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-robots-tag"] == "noindex, nofollow"
    for path in (holder, shared):
        page = html.fromstring(people.browser.get(path).text)
        found = [str(address) for address in page.xpath("//@src | //link/@href | //form/@action")]
        assert all(address.startswith("/") for address in found), found


def test_no_secret_is_logged_or_stored(people: People) -> None:
    with capture_logs() as logged:
        holder = people.link()
        shared = share(people, holder)
        people.browser.get(shared)
        people.browser.get(holder + "x")
    secrets = {path.split("/")[2] for path in (holder, shared)}
    assert {"/holder/...", "/shared/..."} <= {str(line.get("path")) for line in logged}
    assert not any(secret in str(logged) for secret in secrets)
    with people.node.database.read() as session:
        rows = [*session.query(HolderLinkRow).all(), *session.query(ShareLinkRow).all()]
        kept = str([vars(row) for row in rows])
        trail = audit.trail(session, f"record:{people.record_id}")
    assert not any(secret in kept + str(trail) for secret in secrets)
    assert [entry.action for entry in trail][-2:] == ["record.holder-link", "record.share"]


def test_another_site_cannot_share_or_end(people: People) -> None:
    holder = people.link()
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ):
        answer = people.browser.post(f"{holder}/shares", data=SHARE, headers=headers)
        assert answer.status_code == 403
    # What a browser sends from this very page, which asks for no referrer (Fetch, section 3.2):
    own = {"sec-fetch-site": "same-origin", "origin": "null"}
    assert people.browser.post(f"{holder}/shares", data=SHARE, headers=own).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"label": " "}, "Who it is for"),
        ({"label": "x" * 81}, "Who it is for"),
        ({"label": "a\u202eb"}, "Who it is for"),
        ({"until": ""}, "Last day"),
        ({"until": "2026-11-22"}, "Last day"),
        ({"until": "2029-01-01"}, "Last day"),
        ({"until": "9999-12-31"}, "Last day"),
        ({"until": "tomorrow"}, "Last day"),
    ],
)
def test_a_form_that_is_wrong_says_where_and_keeps_what_was_written(
    people: People, changed: dict[str, str], field: str
) -> None:
    answer = people.browser.post(f"{people.link()}/shares", data=SHARE | changed)
    assert answer.status_code == 422
    page = html.fromstring(answer.text)
    (said,) = page.xpath("//div[@role='alert']//li")
    assert said.text_content().startswith(f"{field}:")
    if "until" in changed:
        assert page.xpath("//input[@id='label']/@value") == [SHARE["label"]]


@pytest.mark.slow
def test_a_wrong_name_is_said_in_its_place(people: People) -> None:
    answer = people.browser.post(f"{people.link()}/certificate", data={"name": "x" * 90})
    assert answer.status_code == 422
    assert "A name is at most 80 characters" in answer.text


@pytest.mark.slow
def test_there_is_a_limit_to_open_shares(people: People) -> None:
    holder = people.link()
    for number in range(MOST_OPEN):
        people.browser.post(
            f"{holder}/shares", data=SHARE | {"label": f"{number}"}, follow_redirects=False
        )
    answer = people.browser.post(f"{holder}/shares", data=SHARE)
    assert answer.status_code == 409
    assert "end one that is not needed" in answer.text


class WithoutExtra(Press):
    @property
    def ready(self) -> bool:
        return False


@pytest.mark.slow
def test_without_the_extra_the_page_is_printed_instead(database: Any, now: Any) -> None:
    people = People(Node(database, now), WithoutExtra())
    holder = people.link()
    text = people.browser.get(holder).text
    assert "Print this page instead" in text
    assert "record.png" not in text
    answer = people.api("GET", ".pdf")
    assert (answer.status_code, answer.json()["code"]) == (503, "certificate-extra-missing")
    assert "opencpd[pdf]" in answer.json()["detail"]
