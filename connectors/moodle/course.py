"""From one Moodle course to a course of the federation's.

CPD hours, standards, levels and the like stand in custom fields, which each site names itself.
Those with usual names are understood (the words of ``connectors.columns``); others are told.
"""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from connectors import columns, rows
from connectors.contract import CourseDraft, OfferDraft, RejectRecord, RunDraft
from connectors.members import entries, epoch, first, integer, members, objects, text, web_address
from connectors.moodle import multilang

_OURS = frozenset({"id", "title", "url", "code"})
"""What the course itself says; no custom field is taken for it."""
_UNNAMED = frozenset({"miscellaneous", "category 1"})
"""Categories that a new site has from the start."""
_SQUEEZED = {
    name.replace(" ", ""): name
    for names in columns.SYNONYMS.values()
    for name in map(columns.words, names)
}
_ACCESS = {"guest": "open", "self": "registration"}
_PAID = frozenset({"fee", "paypal", "stripepayment", "stripe"})
_ONLINE = {"online": "online-async", "on-line": "online-async"}
"""What is online on such a site is there at any hour."""
_TAG = re.compile(r"<[^<>]*>")
_MAX_DEPTH = 20


def course(
    raw: Mapping[str, Any], *, told: Mapping[str, str], constants: Mapping[str, str]
) -> CourseDraft:
    """Map one course. Raises ``RejectRecord`` when it has no name."""
    given, site = members(raw.get("course")), members(raw.get("site"))
    titles = _by_language(given.get("fullname")) or _by_language(given.get("displayname"))
    if not titles:
        raise RejectRecord(
            "the course has no full name; give each course one",
            code="E-TITLE-MISSING",
            path="course.fullname",
        )
    cells = _custom_cells(given, told=told, constants=constants)
    drafted = rows.course(cells)
    url = _page(site, given)
    language = text(given.get("lang"))
    return replace(
        drafted,
        title=titles,
        url=url,
        description=multilang.texts(text(given.get("summary"))) or drafted.description,
        kind=drafted.kind or "course",
        teaching_languages=((multilang.tag(language),) if language else drafted.teaching_languages),
        provider=drafted.provider or _plain(site.get("name")) or None,
        identifiers=(*_identifiers(given, url), *drafted.identifiers),
        subjects=tuple(dict.fromkeys((*drafted.subjects, *_categories(raw, given)))),
        access=drafted.access or _access(given),
        image=_image(given) or web_address(drafted.image),
        delivery=tuple(_ONLINE.get(way.casefold(), way) for way in drafted.delivery),
        runs=_runs(given, cells),
        offers=drafted.offers or _offers(given),
        created=drafted.created or epoch(given.get("timecreated")),
        modified=drafted.modified or epoch(given.get("timemodified")),
    )


def category_paths(listed: Iterable[Any]) -> dict[int, str]:
    """Category number -> the names from the top down to it, with `` / `` between them."""
    known = {
        number: one
        for one in listed
        if isinstance(one, dict) and (number := integer(one.get("id"))) is not None
    }
    paths = {}
    for number in known:
        names: list[str] = []
        at: int | None = number
        while at in known and len(names) < _MAX_DEPTH:  # a category may name itself its parent
            names.append(text(known[at].get("name")))
            at = integer(known[at].get("parent"))
        paths[number] = " / ".join(name for name in reversed(names) if name)
    return paths


def _by_language(value: Any) -> dict[str, str]:
    """A name by language. Names come as HTML: ``R&amp;D``."""
    return {
        tag: " ".join(html.unescape(told).split())
        for tag, told in multilang.texts(text(value)).items()
    }


def _plain(value: Any) -> str:
    return " ".join(html.unescape(multilang.one(text(value))).split())


def _page(site: Mapping[str, Any], given: Mapping[str, Any]) -> str | None:
    home, number = web_address(site.get("url")), integer(given.get("id"))
    return f"{home.rstrip('/')}/course/view.php?id={number}" if home and number else None


def _identifiers(given: Mapping[str, Any], url: str | None) -> tuple[tuple[str, str], ...]:
    number = text(given.get("idnumber"))
    pairs = (
        ("code", _plain(given.get("shortname"))),
        ("url" if web_address(number) else "idnumber", number),
        ("url", url or ""),
    )
    return tuple(dict.fromkeys((scheme, value) for scheme, value in pairs if value))


def _categories(raw: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[str, ...]:
    path = text(raw.get("category")) or text(given.get("categoryname"))
    names = (_plain(name) for name in path.split(" / "))
    return tuple(dict.fromkeys(one for one in names if one and one.casefold() not in _UNNAMED))


def _ways_in(given: Mapping[str, Any]) -> list[str]:
    return [text(one) for one in entries(given.get("enrollmentmethods"))]


def _access(given: Mapping[str, Any]) -> str | None:
    return next((_ACCESS[way] for way in _ACCESS if way in _ways_in(given)), None)


def _offers(given: Mapping[str, Any]) -> tuple[OfferDraft, ...]:
    """That there is a fee; how much it is, the list of courses does not say."""
    return (OfferDraft(category="paid"),) if _PAID.intersection(_ways_in(given)) else ()


def _image(given: Mapping[str, Any]) -> str | None:
    """The picture that somebody chose; not the pattern that a site draws for courses without."""
    for file in objects(given.get("overviewfiles")):
        address = web_address(file.get("fileurl"))
        if address and text(file.get("mimetype")).startswith("image/"):
            return _public(address)
    drawn = web_address(given.get("courseimage"))
    return _public(drawn) if drawn and "/course/generated/" not in drawn else None


def _public(address: str) -> str:
    """A file's address as browsers use it: that of web services wants a token."""
    plain = address.partition("?")[0]
    return plain.replace("/webservice/pluginfile.php/", "/pluginfile.php/", 1)


def _runs(given: Mapping[str, Any], cells: rows.Cells) -> tuple[RunDraft, ...]:
    """The one delivery that a Moodle course is, with what custom fields say of it."""
    place = ", ".join(part for part in (cells.one("place"), cells.one("city")) if part)
    teachers = (_plain(one.get("fullname")) for one in objects(given.get("contacts")))
    zone = cells.one("timezone")
    run = RunDraft(
        start=cells.one("start") or _moment(given.get("startdate"), zone),
        end=cells.one("end") or _moment(given.get("enddate"), zone),
        enrol_start=cells.one("enrol_start"),
        enrol_end=cells.one("enrol_end"),
        timezone=zone,
        place_name=place or None,
        place_country=cells.one("country"),
        instructors=(
            cells.many("instructors") or tuple(dict.fromkeys(name for name in teachers if name))
        ),
    )
    told = (run.start, run.end, run.enrol_start, run.enrol_end, run.place_name)
    return (run,) if any(told) else ()


def _moment(value: Any, zone: str | None) -> str | None:
    """A date of the course, which begins at midnight where the site is."""
    moment = epoch(value)
    if moment is None or zone is None or zone not in available_timezones():
        return moment
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).isoformat()


def _custom_cells(
    given: Mapping[str, Any], *, told: Mapping[str, str], constants: Mapping[str, str]
) -> rows.Cells:
    """The custom fields as a row of a table, which knows what to make of them."""
    cells = {"title": "-"}  # the real one is put in its place afterwards
    fields = {"title": "title"}
    by_short_name = {short.casefold(): field for field, short in told.items()}
    for custom in objects(given.get("customfields")):
        value, short = _value(custom), text(custom.get("shortname")).casefold()
        if not value:
            continue
        header = _plain(custom.get("name")) or short
        field = by_short_name.get(short)
        if field is None:
            header = _usual(short) or _usual(header) or header
            guessed = columns.guess(header)
            field = guessed[0] if guessed else None
        if field and (short in by_short_name or field.partition("@")[0] not in _OURS):
            fields.setdefault(field, header)
            words = value if field.partition("@")[0] in columns.TEXTS else _TAG.sub(" ", value)
            cells.setdefault(header, " ".join(words.split()))
    return rows.Cells(cells, fields, constants)


def _usual(name: str) -> str | None:
    """The usual name of a field that a site wrote in one word, as ``cpdhours``."""
    return _SQUEEZED.get(columns.words(name).replace(" ", ""))


def _value(custom: Mapping[str, Any]) -> str:
    """A custom field's value; a date's own is a text in whatever form the site likes."""
    kind = text(custom.get("type"))
    if kind == "date":
        return epoch(custom.get("valueraw")) or ""
    if kind == "checkbox":
        return "yes" if text(custom.get("valueraw")) == "1" else "no"
    raw = None if kind == "select" else custom.get("valueraw")  # a select's is a place in its list
    return _plain(first(custom.get("value"), raw))
