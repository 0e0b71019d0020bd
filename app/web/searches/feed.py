"""The new courses of a search as RSS 2.0 and as JSON Feed 1.1. Pure.

A course is told under the same id for ever and dated by the day it joined the catalogue, so that no
reader shows one that was edited as a new one. Titles are plain text, as the RSS Advisory Board's
profile asks (4.1.1.20.4: `&` and `<` as characters of XML); a description is HTML by the
specification, so that what looks like markup in somebody's summary is escaped once more.
"""

import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from lxml import etree

RSS = "application/rss+xml; charset=utf-8"
JSON_FEED = "application/feed+json; charset=utf-8"
LONGEST_TITLE = 300
LONGEST_SUMMARY = 1000
_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""What no XML 1.0 document may hold (§2.2), and what is no character at all."""


@dataclass(frozen=True, slots=True)
class Item:
    """One course."""

    id: str
    url: str
    title: str
    summary: str
    language: str
    """Of title and summary, as BCP 47; empty when it is not known."""
    by: str
    """Who offers it."""
    added: datetime
    modified: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """What one feed says, whichever way it is written."""

    title: str
    about: str
    language: str
    page_url: str
    url: str
    """Its own address."""
    items: Sequence[Item]

    @property
    def changed(self) -> datetime | None:
        """When the newest thing in it happened; ``None`` while it is empty."""
        return max((max(one.added, one.modified) for one in self.items), default=None)


def as_rss(feed: Feed) -> bytes:
    """The feed as RSS 2.0."""
    root = etree.Element("rss", {"version": "2.0"}, nsmap={"atom": _ATOM, "dc": _DC})
    channel = etree.SubElement(root, "channel")
    _put(channel, "title", _line(feed.title, LONGEST_TITLE))
    _put(channel, "link", feed.page_url)
    _put(channel, "description", _line(feed.about, LONGEST_SUMMARY))
    _put(channel, "language", feed.language)
    if feed.changed is not None:
        _put(channel, "lastBuildDate", _as_in_mail(feed.changed))
    _put(channel, "ttl", "60")
    _put(channel, "generator", "OpenCPD")
    own = {"href": feed.url, "rel": "self", "type": RSS.partition(";")[0]}
    etree.SubElement(channel, f"{{{_ATOM}}}link", own)
    for one in feed.items:
        _item(channel, one)
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _item(channel: etree._Element, one: Item) -> None:
    item = etree.SubElement(channel, "item")
    _put(item, "title", _line(one.title, LONGEST_TITLE))
    _put(item, "link", one.url)
    if one.summary:
        _put(item, "description", html.escape(_line(one.summary, LONGEST_SUMMARY), quote=False))
    if one.by:
        _put(item, f"{{{_DC}}}creator", _line(one.by, LONGEST_TITLE))
    if one.language:
        _put(item, f"{{{_DC}}}language", one.language)
    guid = etree.SubElement(item, "guid", {"isPermaLink": "false"})
    guid.text = _clean(one.id)
    _put(item, "pubDate", _as_in_mail(one.added))


def as_json(feed: Feed) -> bytes:
    """The feed as JSON Feed 1.1."""
    body = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _line(feed.title, LONGEST_TITLE),
        "home_page_url": feed.page_url,
        "feed_url": feed.url,
        "description": _line(feed.about, LONGEST_SUMMARY),
        "language": feed.language,
        "items": [_as_object(one) for one in feed.items],
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _as_object(one: Item) -> dict[str, Any]:
    title = _line(one.title, LONGEST_TITLE)
    found: dict[str, Any] = {
        "id": _clean(one.id),
        "url": one.url,
        "title": title,
        "content_text": _line(one.summary, LONGEST_SUMMARY) or title,
        "date_published": one.added.astimezone(UTC).isoformat(),
        "date_modified": max(one.added, one.modified).astimezone(UTC).isoformat(),
    }
    if one.by:
        found["authors"] = [{"name": _line(one.by, LONGEST_TITLE)}]
    if one.language:
        found["language"] = one.language
    return found


def _put(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = _clean(text)


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("", text)


def _line(text: str, longest: int) -> str:
    """One line of at most so many characters."""
    said = " ".join(_clean(text).split())
    return said if len(said) <= longest else f"{said[: longest - 1].rstrip()}…"


def _as_in_mail(moment: datetime) -> str:
    """A date as RSS has it (RFC 5322)."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0))
