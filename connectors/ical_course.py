"""From an iCalendar event to a course: what its properties mean, and those that plugins add.

Where a web site's calendar has no property of its own for a thing, its plugins write one with
``X-``; those that many of them share are read.
"""

import re
from collections.abc import Sequence

from connectors.contract import CourseDraft, OfferDraft, RejectRecord, RunDraft
from connectors.ical_times import Event, Span
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
_WEB = re.compile(r"https?://\S+\Z", re.IGNORECASE)


def course(event: Event, found: Sequence[Span]) -> CourseDraft:
    """Map one event and its deliveries. Raises ``RejectRecord`` when it has no title."""
    titles = _texts(event, "summary")
    if not titles:
        raise RejectRecord(
            "the event has no SUMMARY; give each one a title",
            code="E-TITLE-MISSING",
            path="event.summary",
        )
    language = next(iter(titles))
    rich = (one for one in event.all("x-alt-desc") if "html" in str(one.params.get("fmttype")))
    html = next((one.text for one in rich), "")
    categories = _categories(event)
    return CourseDraft(
        title=titles,
        url=_web(event.text("url")),
        description={language: html} if html else _texts(event, "description"),
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
    where = event.first("geo")
    place = next(iter(where.values), None) if where else None
    latitude, longitude = place if isinstance(place, list) and len(place) == 2 else (None, None)
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
        url=_web(event.text("url")),
    )


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
    words = (value.strip() for value in said if isinstance(value, str))
    return tuple(dict.fromkeys(word for word in words if word))


def _delivery(event: Event) -> str | None:
    """Online where the place or a conference address says so; on site where there is a place."""
    online = bool(_ONLINE.search(event.text("location")))
    if event.first("conference"):
        return "hybrid" if event.text("location") and not online else "virtual"
    if online:
        return "virtual"
    return "onsite" if event.first("geo") else None


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
