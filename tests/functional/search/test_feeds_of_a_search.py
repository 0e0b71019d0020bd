"""What is new in a search, followed by a feed reader: ``/feeds/search.rss`` and ``.json``."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import feedparser
import pytest
from fastapi.testclient import TestClient
from httpx import Response
from lxml import html

from app.platform.db import Database
from app.search import SearchIndex
from tests.conftest import NOW
from tests.simulator.newcomers import Newcomers
from tests.simulator.plain_index import PlainIndex
from tests.simulator.site import BROWSER, PUBLIC_URL, make_app

HOUR = timedelta(hours=1)


class Reader:
    """A feed reader of a node with three courses, the last of them the newest."""

    def __init__(self, database: Database, index: SearchIndex) -> None:
        self.courses = Newcomers(database, index, NOW - 9 * HOUR)
        self.http = TestClient(make_app(database, index), raise_server_exceptions=False)
        for number, title in enumerate(("Bridge bearings", "Water mains", "Bridge decks")):
            self.courses.add(title[:8], title, at=NOW + (number - 8) * HOUR)

    def get(self, path: str, **headers: str) -> Response:
        return self.http.get(path, headers=headers)

    def rss(self, query: str = "") -> Any:
        found = feedparser.parse(self.get(f"/feeds/search.rss{query}").content)
        assert not found.bozo
        return found

    def titles(self, query: str = "") -> list[str]:
        return [entry.title for entry in self.rss(query).entries]

    def json(self, query: str = "") -> Any:
        return json.loads(self.get(f"/feeds/search.json{query}").content)


@pytest.fixture
def reader(database: Database, empty_index: SearchIndex) -> Iterator[Reader]:
    made = Reader(database, empty_index)
    with made.http:
        yield made


def test_a_feed_tells_the_newest_courses_of_its_search_first(reader: Reader) -> None:
    assert reader.titles() == ["Bridge decks", "Water mains", "Bridge bearings"]
    assert reader.titles("?q=bridge") == ["Bridge decks", "Bridge bearings"]
    assert reader.titles("?q=bridge&language=fr") == []
    assert reader.titles("?q=bridge+anemometer") == []  # some of the words are not all of them
    assert [one["title"] for one in reader.json("?q=bridge&sort=title")["items"]] == [
        "Bridge decks", "Bridge bearings",
    ]  # fmt: skip
    assert reader.titles("?per_page=1") == ["Bridge decks"]


def test_a_course_that_is_edited_later_does_not_come_again_as_new(reader: Reader) -> None:
    before = reader.rss("?q=bridge").entries
    reader.courses.edit("Bridge b", "Bridge bearings and joints", at=NOW)
    after = reader.rss("?q=bridge").entries
    assert [one.title for one in after] == ["Bridge decks", "Bridge bearings and joints"]
    for name in ("id", "link", "published"):
        assert [one[name] for one in after] == [one[name] for one in before]
    items = reader.json("?q=bridge")["items"]
    assert items[1]["date_published"] < items[1]["date_modified"] == NOW.isoformat()


def test_its_address_is_stable_and_leads_to_the_page_of_the_same_search(reader: Reader) -> None:
    query = "?language=en&q=bridge&hl=fr&sort=title&page=2"
    found = reader.json(query)
    assert found["feed_url"] == f"{PUBLIC_URL}/feeds/search.json?q=bridge&language=en&hl=fr"
    assert found["home_page_url"] == f"{PUBLIC_URL}/?q=bridge&language=en"
    again = reader.get(found["feed_url"].removeprefix(PUBLIC_URL)).json()
    assert again == found
    own = [one.href for one in reader.rss(query).feed.links if one.rel == "self"]
    assert own == [found["feed_url"].replace(".json", ".rss")]


def test_titles_come_in_the_language_that_the_address_names(reader: Reader) -> None:
    titles = {"en": "Tunnels", "zh": "隧道工程"}
    summaries = {"en": "In soft ground", "zh": "软土隧道"}
    reader.courses.add("tunnel", "Tunnels", at=NOW, title=titles, summary=summaries)
    for language, tag in (("zh", "zh"), ("zh-Hans", "zh"), ("en", "en"), ("fr", "en")):
        (one,) = reader.json(f"?hl={language}&per_page=1")["items"]
        assert (one["title"], one["language"]) == (titles[tag], tag)
        assert one["content_text"] == summaries[tag]


def test_a_reader_that_has_it_already_is_told_so(reader: Reader) -> None:
    for ending in ("rss", "json"):
        path = f"/feeds/search.{ending}?q=bridge"
        first = reader.get(path)
        assert first.headers["cache-control"] == "public, max-age=600"
        tag, day = first.headers["etag"], first.headers["last-modified"]
        for headers in (
            {"if-none-match": tag},
            {"if-none-match": f'"other", W/{tag}'},
            {"if-modified-since": day},
        ):
            again = reader.get(path, **headers)
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        assert reader.get(path, **{"if-none-match": '"x"', "if-modified-since": day}).content
        assert reader.get(path, **{"if-modified-since": "yesterday"}).status_code == 200
        assert reader.http.head(path).headers["etag"] == tag


def test_what_changed_is_not_taken_for_what_was_there(reader: Reader) -> None:
    first = reader.get("/feeds/search.rss?q=bridge")
    reader.courses.edit("Bridge b", "Bridge bearings and joints", at=NOW)
    for name, header in (("etag", "if-none-match"), ("last-modified", "if-modified-since")):
        again = reader.get("/feeds/search.rss?q=bridge", **{header: first.headers[name]})
        assert again.status_code == 200
        assert b"joints" in again.content


REFUSED = (
    ("?colour=red", "colour"),
    ("?delivery=nowhere", "delivery"),
    ("?q=a&q=b", "q"),
    (f"?q={'a' * 301}", "q"),
    ("?hl=english%20please", "hl"),
    ("?hl=en&hl=fr", "hl"),
    ("?hl=en,fr", "hl"),
    ("?per_page=1000", "per_page"),
    ("?from=tomorrow", "from"),
    ("?sort=counts_for", "sort"),
)


def test_what_is_not_understood_is_refused_as_a_problem(reader: Reader) -> None:
    for ending in ("rss", "json"):
        for query, field in REFUSED:
            answer = reader.get(f"/feeds/search.{ending}{query}", **BROWSER)
            assert answer.status_code == 422, query
            assert answer.headers["content-type"] == "application/problem+json"
            assert field in [one["pointer"] for one in answer.json()["errors"]]


def test_it_is_for_anybody_and_keeps_nobody_apart(reader: Reader) -> None:
    answer = reader.get("/feeds/search.rss", cookie="opencpd=anything")
    assert answer.headers["content-type"] == "application/rss+xml; charset=utf-8"
    assert "set-cookie" not in answer.headers
    assert (
        reader.get("/feeds/search.json").headers["content-type"].startswith("application/feed+json")
    )


def test_who_asks_without_end_is_told_to_wait(reader: Reader) -> None:
    codes = [reader.get("/feeds/search.rss?q=bridge").status_code for _ in range(121)]
    assert codes == [200] * 120 + [429]
    assert int(reader.get("/feeds/search.rss").headers["retry-after"]) > 0


def test_the_page_leads_to_the_feeds_of_the_same_search(reader: Reader) -> None:
    page = html.fromstring(reader.get("/?q=bridge&language=en&sort=title", **BROWSER).text)
    for kind, ending in (("rss+xml", "rss"), ("feed+json", "json")):
        path = f"type='application/{kind}']/@href"
        (told,) = page.xpath(f"//link[@rel='alternate' and @{path}")
        assert page.xpath(f"//a[@{path}") == [told]
        parts = urlsplit(told)
        assert parts.path == f"/feeds/search.{ending}"
        assert parse_qsl(parts.query) == [("q", "bridge"), ("language", "en"), ("hl", "en")]
        assert reader.get(told).status_code == 200


def test_when_search_is_down_a_reader_comes_again_later(database: Database) -> None:
    index = PlainIndex()
    made = Reader(database, index)
    index.down = True
    answer = made.get("/feeds/search.rss", **BROWSER)
    assert (answer.status_code, answer.json()["code"]) == (503, "search-unavailable")
    assert int(answer.headers["retry-after"]) > 0
