"""Find out what a feed is, from its own bytes: never from its name, its address or its headers.

Pure. Only the beginning of a document is looked at, and of JSON the whole, since its shape is told
by what lies inside. What is found is a format; which connector reads it is said by ``CONNECTOR``.
"""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

LOOKED_AT = 64 * 1024


class Format(StrEnum):
    """What a feed was found to be."""

    OAI_PMH = "oai-pmh"
    XCRI = "xcri"
    SITEMAP = "sitemap"
    RSS = "rss"
    MOOCHUB = "moochub"
    OPENEDX = "openedx"
    SCHEMA_ORG_JSON = "json-ld"
    JSON = "json"
    CALENDAR = "icalendar"
    WEB_PAGE = "html"
    WORKBOOK = "workbook"
    TABLE = "csv"
    XML = "xml"
    EMPTY = "empty"
    UNKNOWN = "unknown"


CONNECTOR: Mapping[Format, str] = {
    Format.OAI_PMH: "oai_pmh",
    Format.XCRI: "xcri",
    Format.SITEMAP: "schema_org",
    Format.RSS: "rss",
    Format.MOOCHUB: "moochub",
    Format.OPENEDX: "openedx",
    Format.SCHEMA_ORG_JSON: "schema_org",
    Format.JSON: "json_feed",
    Format.CALENDAR: "ical",
    Format.WEB_PAGE: "schema_org",
    Format.WORKBOOK: "table",
    Format.TABLE: "table",
}
"""Which connector reads which format; the others no connector reads."""

WHY: Mapping[Format, str] = {
    Format.OAI_PMH: "Its root element is that of an OAI-PMH answer.",
    Format.XCRI: "Its root element is an XCRI-CAP catalogue.",
    Format.SITEMAP: "Its root element is that of a sitemap, whose pages may describe courses.",
    Format.RSS: "Its root element is that of an RSS or Atom feed.",
    Format.MOOCHUB: "It is JSON with a list `data` of items with `attributes`, as MOOChub has it.",
    Format.OPENEDX: "It is JSON as the course list of Open edX has it.",
    Format.SCHEMA_ORG_JSON: "It is JSON-LD, which names its `@context`.",
    Format.JSON: "It is JSON of a form of its own.",
    Format.CALENDAR: "It begins with BEGIN:VCALENDAR, as calendars do.",
    Format.WEB_PAGE: "It is a web page, which may describe courses with schema.org.",
    Format.WORKBOOK: "Its first bytes are those of an Excel workbook.",
    Format.TABLE: "It is text, and none of the other formats: it is read as a table.",
    Format.XML: "It is XML of a kind that is not known here.",
    Format.EMPTY: "There is nothing in it.",
    Format.UNKNOWN: "It is neither text nor a workbook.",
}
"""What was found, in a sentence."""

_ROOTS: tuple[tuple[Format, frozenset[str]], ...] = (
    (Format.OAI_PMH, frozenset({"oai-pmh"})),
    (Format.SITEMAP, frozenset({"urlset", "sitemapindex"})),
    (Format.RSS, frozenset({"rss", "feed", "rdf"})),
    (Format.XCRI, frozenset({"catalog"})),
)
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]{0,60}:)?([A-Za-z_][\w.-]{0,60})")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BLANK = re.compile(r"\s*")
_HTML = frozenset({"html", "head", "body"})
_SKIPPED = (("<?", "?>"), ("<!--", "-->"), ("<!", ">"))
"""What may stand before a root element, and how each ends."""
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def sniff(body: bytes) -> Format:
    """What a document is."""
    if body.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return Format.WORKBOOK
    return _text_format(body) if body.strip() else Format.EMPTY


def _text_format(body: bytes) -> Format:
    head = _text(body[:LOOKED_AT])
    start = head.lstrip("\ufeff \t\r\n")
    if start[:15].upper() == "BEGIN:VCALENDAR":
        return Format.CALENDAR
    if start.startswith("<"):
        return _markup(start)
    if start.startswith(("{", "[")):
        return _json(body)
    return Format.UNKNOWN if _CONTROL.search(head) else Format.TABLE


def _text(body: bytes) -> str:
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, "replace")
    if b"\x00" in body[:4]:
        return body.decode("utf-16-be" if body[0] == 0 else "utf-16-le", "replace")
    return body.decode("utf-8", "replace")


def _markup(start: str) -> Format:
    at = 0
    while skipped := next((one for one in _SKIPPED if start.startswith(one[0], at)), None):
        if start[at : at + 14].lower() == "<!doctype html":
            return Format.WEB_PAGE
        end = start.find(skipped[1], at)
        if end < 0:
            return Format.UNKNOWN
        blank = _BLANK.match(start, end + len(skipped[1]))
        at = blank.end() if blank else len(start)
    root = _ROOT.match(start, at)
    if root is None:
        return Format.UNKNOWN
    name = root[1].lower()
    if name in _HTML:
        return Format.WEB_PAGE
    return next((one for one, names in _ROOTS if name in names), Format.XML)


def _json(body: bytes) -> Format:
    try:
        document = json.loads(_text(body).lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return Format.JSON
    first = _first(document)
    if isinstance(document, dict) and isinstance(document.get("data"), list):
        if first is None or isinstance(first.get("attributes"), dict):
            return Format.MOOCHUB
        return Format.JSON
    if isinstance(document, dict) and "results" in document and first is not None:
        return Format.OPENEDX if {"course_id", "blocks_url"} <= first.keys() else Format.JSON
    holder = document if isinstance(document, dict) else first
    return Format.SCHEMA_ORG_JSON if holder and "@context" in holder else Format.JSON


def _first(document: Any) -> Mapping[str, Any] | None:
    """The first item of a list, wherever the usual forms have it."""
    if isinstance(document, dict):
        lists = (document.get(name) for name in ("data", "results", "items", "courses"))
        document = next((one for one in lists if isinstance(one, list)), None)
    first = document[0] if isinstance(document, list) and document else None
    return first if isinstance(first, dict) else None
