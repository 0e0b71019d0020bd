"""From one XCRI-CAP course and its presentations to a course of the federation's.

Elements are read by local name, so that versions 1.1 and 1.2 and feeds with a namespace of their
own are read alike. The format's own codes become words; dates are taken from ``dtf`` and durations
from ``interval`` where a feed gives them, else as written.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from connectors import xml
from connectors.contract import (
    ConnectorError,
    CourseDraft,
    CreditDraft,
    OfferDraft,
    RejectRecord,
    RunDraft,
)
from connectors.members import members, text, web_address
from connectors.xcri import texts

_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_INTERNAL = frozenset({"internalid", "courseid", "code"})
_UNSET = ("1900-01-01", "0001-01-01", "1753-01-01")
"""What databases write for a date that nobody has set."""
_MONEY = re.compile(r"(?:[A-Z]{3}|[£€])\s?\d[\d,]*(?:\.\d{1,2})?")
_NOTHING = re.compile(r"0+\.0{3,}")
"""A money column that was never filled in; a course that is free says 0 or free."""
_REMARK = re.compile(
    r"(?:\s*\(approx(?:\.|imately)?\)|\s*;[^;]{0,60}\bcode:?[^;]{0,40})+$", re.IGNORECASE
)
"""What some feeds write behind a duration, which is told about all the same."""
_FREE = frozenset({"0", "0.00", "free", "free of charge", "no charge", "no cost"})
_MAX_RUNS = 500
_MAX_WORDS = 500
"""Of what is kept of a provider, since it is kept with each of its courses."""


def own_id(course: xml.Element) -> str | None:
    """What a course goes by: an address among its identifiers, else the first, else its page."""
    told = [_words(one) for one in xml.find_all(course, "identifier")]
    pages = [_words(one) for one in xml.find_all(course, "url")]
    addresses = [one for one in told if web_address(one)]
    return next((one for one in (*addresses, *told, *pages) if one), None)


def provider(element: xml.Element) -> dict[str, str]:
    """What a course needs of its provider: a name, a place, the language of its texts."""
    place, latitude, longitude = _located(xml.find(element, "location"))
    told = {
        "title": _words(xml.find(element, "title")),
        "place": place,
        "latitude": latitude,
        "longitude": longitude,
        "language": texts.inherited_language(element),
    }
    return {key: value[:_MAX_WORDS] for key, value in told.items() if value}


def course(raw: Mapping[str, Any], *, currency: str | None = None) -> CourseDraft:
    """Map one course. Raises ``RejectRecord`` for one without a title."""
    root, teller = _root(raw), members(raw.get("provider"))
    language = text(teller.get("language")) or "und"
    titles = texts.lines(xml.find_all(root, "title"), language)
    if not titles:
        raise RejectRecord(
            "the course has no dc:title; give each course one",
            code="E-TITLE-MISSING",
            path="course/title",
        )
    shown = [one for one in xml.find_all(root, "presentation") if one.get("recstatus") != "3"][
        :_MAX_RUNS
    ]
    page = next(filter(None, (web_address(_words(u)) for u in xml.find_all(root, "url"))), None)
    return CourseDraft(
        title=titles,
        url=page,
        summary=texts.plain(xml.find_all(root, "abstract"), language),
        description=texts.description(root, shown, language),
        outcomes=texts.outcomes(root, language),
        prerequisites=texts.prerequisites(root, language),
        kind="course",
        metadata_language=None if language == "und" else language,
        teaching_languages=tuple(
            dict.fromkeys(
                told
                for one in shown
                for spoken in xml.find_all(one, "languageofinstruction")
                if (told := _words(spoken))
            )
        ),
        provider=text(teller.get("title")) or None,
        identifiers=tuple(dict.fromkeys(_identifiers(root, page))),
        subjects=tuple(dict.fromkeys(_subjects(root))),
        level=_level(root),
        credits=tuple(dict.fromkeys(_credits(root))),
        duration=next(filter(None, map(_duration, shown)), None),
        effort=texts.typed(root, "studyhours") or None,
        delivery=tuple(dict.fromkeys(filter(None, map(_delivery, shown)))),
        image=next(
            filter(None, (web_address(one.get("src")) for one in xml.find_all(root, "image"))), None
        ),
        runs=tuple(_run(one, teller, currency) for one in shown),
    )


def _root(raw: Mapping[str, Any]) -> xml.Element:
    given = raw.get("course")
    try:
        return xml.parse(str(given or "").encode("utf-8", "replace"), where="the course").root
    except ConnectorError as error:
        raise RejectRecord(f"the stored course is no XML: {error}") from error


def _words(element: xml.Element | None) -> str:
    return " ".join(xml.text(element).split())


def _kind(element: xml.Element) -> str:
    """The local name of an element's ``xsi:type``, in lower case."""
    return (element.get(_TYPE) or "").rpartition(":")[2].lower()


def _identifiers(root: xml.Element, page: str | None) -> Iterator[tuple[str, str]]:
    for one in xml.find_all(root, "identifier"):
        told = _words(one)
        if web_address(told):
            yield "url", told
        elif told:
            kind = _kind(one)
            yield ("code" if not kind or kind in _INTERNAL else kind[:40]), told
    if page:
        yield "url", page


def _subjects(root: xml.Element) -> Iterator[str]:
    """Subjects with the code of their scheme (JACS3, LDCS) behind them; and keywords."""
    for one in xml.find_all(root, "subject"):
        told, code = _words(one), " ".join((one.get("identifier") or "").split())
        scheme = (one.get(_TYPE) or "").rpartition(":")[2]
        named = f"{scheme} {code}".strip() if code and code != told else ""
        if told or named:
            yield f"{told} ({named})" if told and named else told or named
    for keyword in texts.typed(root, "metadatakeywords").split(","):
        if keyword.strip():
            yield keyword.strip()


def _level(root: xml.Element) -> str | None:
    told = (
        *xml.find_all(root, "level"),
        *xml.find_all(root, "qualification", "educationlevel"),
        *xml.find_all(root, "qualification", "level"),
    )
    return next(filter(None, map(_words, told)), None)


def _credits(root: xml.Element) -> Iterator[CreditDraft]:
    """Credit in the scheme that gives it; a scheme that names ECTS says its unit too."""
    for one in (*xml.find_all(root, "credit"), *xml.find_all(root, "qualification", "credit")):
        value, scheme = _words(xml.find(one, "value")), _words(xml.find(one, "scheme"))
        if value and value != "0":
            unit = "ECTS" if "ects" in scheme.lower() else None
            yield CreditDraft(value, unit=unit, framework=scheme or None)


def _duration(presentation: xml.Element) -> str | None:
    found = xml.find(presentation, "duration")
    if found is None:
        return None
    written = _REMARK.sub("", _words(found))
    return (found.get("interval") or "").strip() or written or None


def _delivery(presentation: xml.Element) -> str | None:
    """How it is attended; without a word about it, on campus (XCRI-CAP 1.2, guidelines)."""
    found = xml.find(presentation, "attendancemode")
    return "onsite" if found is None else texts.delivery(found)


def _moment(presentation: xml.Element, name: str) -> str | None:
    """A date: ``dtf`` is for machines; the text may say something else. Midnight is no time."""
    found = xml.find(presentation, name)
    if found is None:
        return None
    told = (found.get("dtf") or "").strip() or _words(found)
    told = told.removesuffix("T00:00:00")
    return None if not told or told.startswith(_UNSET) else told


def _run(presentation: xml.Element, teller: Mapping[str, Any], currency: str | None) -> RunDraft:
    venue = xml.find(presentation, "venue")
    place, latitude, longitude = _venue(venue)
    delivery = _delivery(presentation)
    if venue is None and delivery in ("onsite", "blended"):
        place, latitude, longitude = (
            text(teller.get(name)) for name in ("place", "latitude", "longitude")
        )
    spoken = map(_words, xml.find_all(presentation, "languageofinstruction"))
    pages = (_words(xml.find(presentation, name)) for name in ("url", "applyto"))
    return RunDraft(
        source_id=next(filter(None, map(_words, xml.find_all(presentation, "identifier"))), None),
        start=_moment(presentation, "start"),
        end=_moment(presentation, "end"),
        enrol_start=_moment(presentation, "applyfrom"),
        enrol_end=_moment(presentation, "applyuntil"),
        place_name=place or None,
        latitude=_degrees(latitude),
        longitude=_degrees(longitude),
        delivery=delivery,
        language=next(filter(None, spoken), None),
        url=next(filter(None, map(web_address, pages)), None),
        offers=tuple(dict.fromkeys(_offers(presentation, currency))),
    )


def _venue(venue: xml.Element | None) -> tuple[str, str, str]:
    """A venue is a provider with a location (1.2) or has its address itself (1.1)."""
    if venue is None:
        return "", "", ""
    inner = xml.find(venue, "provider")
    holder = venue if inner is None else inner
    location = xml.find(holder, "location")
    place, latitude, longitude = _located(holder if location is None else location)
    named = _words(xml.find(holder, "title"))
    parts = (named, "" if place and place in named else place)
    return ", ".join(filter(None, parts)), latitude, longitude


def _located(location: xml.Element | None) -> tuple[str, str, str]:
    """The town and where it lies; the address where no town is told."""
    if location is None:
        return "", "", ""
    town = _words(xml.find(location, "town"))
    address = ", ".join(filter(None, map(_words, xml.find_all(location, "address"))))
    where = [_words(xml.find(location, name)) for name in ("lat", "long")]
    return town or address, where[0], where[1]


def _degrees(told: str) -> float | None:
    fits = re.fullmatch(r"-?\d{1,3}(?:\.\d{1,12})?", told)
    return float(told) if fits and abs(float(told)) <= 180 else None


def _offers(presentation: xml.Element, currency: str | None) -> Iterator[OfferDraft]:
    """A price that stands alone. Prices for several regions are left in the description."""
    for one in xml.find_all(presentation, "cost"):
        told = _words(one)
        if told.lower() in _FREE:
            yield OfferDraft("0", category="free")
        elif len(prices := _MONEY.findall(told)) == 1 and prices[0] == told:
            yield OfferDraft(told)
        elif prices:
            yield OfferDraft(category="paid")
        elif re.fullmatch(r"\d[\d,]*(?:\.\d+)?", told) and not _NOTHING.fullmatch(told):
            yield OfferDraft(told, currency)
