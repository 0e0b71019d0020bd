"""What feed readers make of a feed, with texts that mean harm in it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from lxml import etree

from app.web.searches.feed import LONGEST_SUMMARY, LONGEST_TITLE, Feed, Item, as_json, as_rss

ADDED = datetime(2026, 11, 2, 8, 30, 15, 999, tzinfo=UTC)
_TEXT = {"type": "string", "minLength": 1}
_ADDRESS = {"type": "string", "pattern": "^https?://[^\\s]+$"}
_MOMENT = {"type": "string", "format": "date-time", "pattern": "(Z|[+-][0-9]{2}:[0-9]{2})$"}
JSON_FEED: dict[str, Any] = {
    "type": "object",
    "required": ["version", "title", "items"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": _TEXT,
        "home_page_url": _ADDRESS,
        "feed_url": _ADDRESS,
        "description": _TEXT,
        "language": _TEXT,
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "content_text"],
                "additionalProperties": False,
                "properties": {
                    "id": _TEXT,
                    "url": _ADDRESS,
                    "title": _TEXT,
                    "content_text": _TEXT,
                    "date_published": _MOMENT,
                    "date_modified": _MOMENT,
                    "language": _TEXT,
                    "authors": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["name"],
                            "properties": {"name": _TEXT},
                            "additionalProperties": False,
                        },
                    },
                },
            },
        },
    },
}
"""What https://jsonfeed.org/version/1.1 asks of what we write, and nothing beside it."""


def item(**changed: Any) -> Item:
    given = {
        "id": "opencpd:course:one",
        "url": "https://cpd.example/courses/one",
        "title": "Designing bridges",
        "summary": "Girders and decks.",
        "language": "en",
        "by": "Lakeside Institution",
        "added": ADDED,
        "modified": ADDED + timedelta(days=3),
    }
    return Item(**{**given, **changed})


def feed(*items: Item, **changed: Any) -> Feed:
    given = {
        "title": "bridge · A node",
        "about": "Courses that joined last.",
        "language": "en",
        "page_url": "https://cpd.example/?q=a&credit=PDH",
        "url": "https://cpd.example/feeds/search.rss?q=a&credit=PDH",
        "items": items,
    }
    return Feed(**{**given, **changed})


def read(made: Feed) -> Any:
    """As ``feedparser`` reads it, which complains of nothing."""
    found = feedparser.parse(as_rss(made))
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "rss20"
    return found


def checked(made: Feed) -> dict[str, Any]:
    """The JSON Feed, which fits its description."""
    found: dict[str, Any] = json.loads(as_json(made))
    Draft202012Validator(JSON_FEED, format_checker=FormatChecker()).validate(found)
    return found


def test_rss_says_what_when_where_and_by_whom() -> None:
    found = read(feed(item()))
    assert found.feed.title == "bridge · A node"
    assert found.feed.link == "https://cpd.example/?q=a&credit=PDH"
    own = [each.href for each in found.feed.links if each.rel == "self"]
    assert own == ["https://cpd.example/feeds/search.rss?q=a&credit=PDH"]
    (entry,) = found.entries
    assert (entry.title, entry.summary) == ("Designing bridges", "Girders and decks.")
    assert entry.link == "https://cpd.example/courses/one"
    assert (entry.id, entry.guidislink) == ("opencpd:course:one", False)
    assert entry.published == "Mon, 02 Nov 2026 08:30:15 +0000"
    assert (entry.author, entry.language) == ("Lakeside Institution", "en")
    assert found.feed.updated == "Thu, 05 Nov 2026 08:30:15 +0000"


def test_json_says_the_same() -> None:
    (one,) = checked(feed(item()))["items"]
    assert one["id"] == "opencpd:course:one"
    assert one["date_published"] == "2026-11-02T08:30:15.000999+00:00"
    assert one["date_modified"] == "2026-11-05T08:30:15.000999+00:00"
    assert one["authors"] == [{"name": "Lakeside Institution"}]


def test_an_empty_feed_is_one_too() -> None:
    assert read(feed()).entries == []
    assert checked(feed())["items"] == []
    assert feed().changed is None


def test_a_course_of_which_little_is_known_is_told() -> None:
    bare = item(summary="", language="", by="")
    assert checked(feed(bare))["items"][0]["content_text"] == "Designing bridges"
    assert read(feed(bare)).entries[0].title == "Designing bridges"


@pytest.mark.parametrize(
    "text",
    [
        "Ethics for <young> engineers & others",
        "<script>alert(1)</script>",
        "]]><item><title>forged</title></item>",
        "&lt;b&gt; is not bold",
        '" onclick="x',
        "抗震设计 پلوں الجسور",
    ],
)
def test_what_looks_like_markup_is_shown_as_it_is_written(text: str) -> None:
    made = feed(item(title=text, summary=text, by=text), title=text, about=text)
    found = read(made)
    assert len(found.entries) == 1
    (entry,) = found.entries
    assert entry.title == text
    # A description is HTML by the specification: read as such, it is this text and no element.
    plain = entry.summary.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert plain == text
    assert "<" not in entry.summary
    (one,) = checked(made)["items"]
    assert (one["title"], one["content_text"]) == (text, text)


@pytest.mark.parametrize("code", [*range(0x20), 0x7F, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF])
def test_what_no_document_may_hold_is_left_out(code: int) -> None:
    text = f"a{chr(code)}b"
    made = feed(item(id=text, title=text, summary=text, by=text), title=text, about=text)
    (entry,) = read(made).entries
    assert entry.title in {"ab", "a b", text}
    assert checked(made)["items"][0]["title"] == entry.title


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_a_text_is_both_feeds_can_be_read(one: str, other: str) -> None:
    made = feed(item(title=one, summary=other, by=one, id=f"x{other}"), title=other, about=one)
    channel = etree.fromstring(as_rss(made))[0]
    items = channel.findall("item")
    assert [each.findtext("title") for each in items] == [checked_title(made)]
    assert all(each.findtext("guid") for each in items)


def checked_title(made: Feed) -> str:
    """The title in the JSON Feed, where nothing is escaped."""
    found = json.loads(as_json(made))["items"][0]["title"]
    return str(found)


def test_nothing_grows_without_bound() -> None:
    made = feed(*[item(title="水" * 9000, summary="х" * 90000, by="b" * 9000)] * 100)
    assert len(as_rss(made)) < 500_000
    (entry, *_) = read(made).entries
    assert len(entry.title) == LONGEST_TITLE
    assert len(entry.summary) == LONGEST_SUMMARY
    assert entry.title.endswith("…")


def test_a_feed_is_written_the_same_whenever_it_is_asked_for() -> None:
    assert as_rss(feed(item())) == as_rss(feed(item()))
    assert as_json(feed(item())) == as_json(feed(item()))
