"""From an iCalendar event to a course: what its properties mean, and those that plugins add.

Where a web site's calendar has no property of its own for a thing, its plugins write one with
``X-``; those that many of them share are read.
"""

import re
from collections.abc import Sequence
from typing import Any

from connectors.contract import CourseDraft, OfferDraft, RejectRecord, RunDraft
from connectors.ical.times import Event, Span
from connectors.plain_text import plain

_KINDS = frozenset(
    {
        "course", "training", "workshop", "class", "lesson", "mooc", "webinar", "tutorial",
        "conference", "symposium", "congress", "programme", "program",
    }
)  # fmt: skip
_ONLINE = re.compile(
    r"\A(?:online|virtual|https?://|zoom\b|webinar\b|ms teams|microsoft teams)"
    r"|\b(?:zoom\.us|webex\.com|teams\.microsoft\.com|meet\.google\.com|gotomeeting\.com)\b",
    re.IGNORECASE,
)
_GEO = re.compile(r"geo:(-?\d{1,3}(?:\.\d{1,12})?),(-?\d{1,3}(?:\.\d{1,12})?)", re.IGNORECASE)
_WEB = re.compile(r"https?://\S+\Z", re.IGNORECASE)


def course(event: Event, found: Sequence[Span]) -> CourseDraft:
    """Map one event and its deliveries. Raises ``RejectRecord`` when it has no title."""
    named = {tag: plain(one) for tag, one in _texts(event, "summary").items()}
    titles = {tag: name for tag, name in named.items() if name}
    if not titles:
        raise RejectRecord(
            "the event has no SUMMARY; give each one a title",
            code="E-TITLE-MISSING",
            path="event.summary",
        )
    language = next(iter(titles))
    categories = _categories(event)
    return CourseDraft(
        title=titles,
        url=_page(event),
        description=_description(event, language),
        kind=next((one for one in categories if one.casefold() in _KINDS), None),
        metadata_language=None if language == "und" else language,
        provider=_name(event, "organizer"),
        subjects=categories,
        delivery=tuple(filter(None, (_delivery(event),))),
        image=_image(event),
        runs=tuple(_run(one.change or event, one) for one in found),
        offers=_offers(event),
        created=event.text("created") or None,
        modified=event.text("last-modified") or None,
    )


def _run(event: Event, span: Span) -> RunDraft:
    latitude, longitude = _where(event)
    location = event.text("location")
    return RunDraft(
        source_id=span.start,
        start=span.start,
        end=span.end,
        timezone=span.timezone,
        place_name=None if not location or _ONLINE.search(location) else plain(location),
        latitude=latitude if isinstance(latitude, (int, float)) else None,
        longitude=longitude if isinstance(longitude, (int, float)) else None,
        delivery=_delivery(event),
        url=_page(event),
    )


def _description(event: Event, language: str) -> dict[str, str]:
    """The rich text where it says as much as the plain one: some put but a place into it."""
    told = _texts(event, "description")
    rich = (one.text for one in event.all("x-alt-desc") if "html" in str(one.params.get("fmttype")))
    html = next(rich, "")
    shortest = max(map(len, told.values()), default=0) // 2
    return {language: html} if html and len(plain(html)) >= shortest else told


def _page(event: Event) -> str | None:
    """Its own address, else the one that its description ends with on a line of its own."""
    last = event.text("description").rpartition("\n")[2].strip()
    return _web(event.text("url")) or _web(last)


def _where(event: Event) -> tuple[Any, Any]:
    """(latitude, longitude), of ``GEO`` or of the ``geo:`` address that Apple's calendar writes."""
    held = event.first("geo")
    place = next(iter(held.values), None) if held else None
    if isinstance(place, list) and len(place) == 2:
        return place[0], place[1]
    found = _GEO.match(event.text("x-apple-structured-location"))
    return (float(found[1]), float(found[2])) if found else (None, None)


def _texts(event: Event, name: str) -> dict[str, str]:
    """A text by the language that it says it is in."""
    made: dict[str, str] = {}
    for one in event.all(name):
        language = one.params.get("language")
        if one.text:
            made.setdefault(language if isinstance(language, str) and language else "und", one.text)
    return made


def _categories(event: Event) -> tuple[str, ...]:
    said = (value for one in event.all("categories") for value in one.values)
    words = (plain(value) for value in said if isinstance(value, str))
    return tuple(dict.fromkeys(word for word in words if word))


def _delivery(event: Event) -> str | None:
    """Online where the place or a conference address says so; on site where there is a place."""
    online = bool(_ONLINE.search(event.text("location")))
    if event.first("conference"):
        return "hybrid" if event.text("location") and not online else "virtual"
    if online:
        return "virtual"
    return "onsite" if _where(event) != (None, None) else None


def _name(event: Event, name: str) -> str | None:
    held = event.first(name)
    said = held.params.get("cn") if held else None
    return said.strip() or None if isinstance(said, str) and "@" not in said else None


def _image(event: Event) -> str | None:
    for name in ("image", "attach"):
        for one in event.all(name):
            kind = str(one.params.get("fmttype", "image/" if name == "image" else ""))
            if kind.startswith("image/") and _web(one.text):
                return one.text
    return None


def _offers(event: Event) -> tuple[OfferDraft, ...]:
    """``X-COST`` and ``X-COST-TYPE``, as calendar plugins of web sites write them."""
    if event.text("x-cost-type").casefold() == "free":
        return (OfferDraft(amount="0", category="free"),)
    cost = event.text("x-cost")
    return (OfferDraft(amount=cost),) if cost else ()


def _web(text: str) -> str | None:
    return text if _WEB.match(text) else None
