"""MOOChub feeds (moochub.org), versions 1 to 3: JSON:API lists of courses, page by page.

The versions differ in names and shapes (``languages``/``inLanguage``, one date or a list of them),
and real feeds in habits: entities inside JSON, ``abtract``, a workload without a unit. All are
read. A feed says everything it has each time; ``links.next`` empty or absent is how it says so.
"""

import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urljoin

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from connectors.contract import (
    MAX_CURSOR_BYTES,
    CourseDraft,
    CreditDraft,
    CursorExpired,
    Deletions,
    Fetch,
    OfferDraft,
    Page,
    Rejected,
    RejectRecord,
    RunDraft,
    SourceMisconfigured,
    Upsert,
)

Attributes = Mapping[str, Any]

_NO_YEAR = re.compile(r"(?:0000|0001|1899|1970-01-01|1999-11-30)")
"""How databases write that there is no date."""
_PRICES = frozenset({"free", "paid"})


class Moochub:
    """Reads one MOOChub feed, of version 1 to 3."""

    contract: ClassVar[int] = 1
    conditional: ClassVar[bool] = True
    deletions: ClassVar[Deletions] = Deletions.SNAPSHOT
    file_field: ClassVar[str] = "url"

    class Config(BaseModel):
        """Where the feed begins."""

        model_config = ConfigDict(extra="forbid", frozen=True)

        url: HttpUrl = Field(description="The address of the feed, or of its first page")

    def __init__(self, config: Config) -> None:
        self._url = str(config.url)

    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        """Follow ``links.next``; the cursor is the address of the page to come."""
        url = self._url if since is None else _resumed(since)
        asked: set[str] = set()
        while True:
            asked.add(url)
            fetched = fetch(url, headers={"Accept": "application/vnd.api+json, application/json"})
            document = fetched.json()
            following = _next(document, fetched.url)
            if following in asked:
                raise SourceMisconfigured(f"{url}: links.next leads back to {following}")
            yield Page(
                items=tuple(_item(entry) for entry in document["data"]),
                cursor=None if following is None else _cursor(following),
                complete=following is None,
            )
            if following is None:
                return
            url = following

    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        """Map one entry of ``data``."""
        held = raw.get("attributes")
        a: Attributes = held if isinstance(held, dict) else {}
        languages = _strings(_first_of(a, "inLanguage", "languages", "language"))
        title = _text(a.get("name")) or _text(a.get("title"))
        if not title:
            raise RejectRecord(
                "the course has no name; give each course one",
                code="E-TITLE-MISSING",
                path="attributes.name",
            )
        language = languages[0] if len(languages) == 1 else "und"
        summary = _text(_first_of(a, "abstract", "abtract"))
        description = _text(a.get("description"))
        code = _text(a.get("courseCode"))
        return CourseDraft(
            title={language: " ".join(title.split())},
            url=_text(a.get("url")) or None,
            summary={language: summary} if summary else {},
            description={language: description} if description else {},
            outcomes=_labels(_first_of(a, "learningObjectives"), language),
            prerequisites=_labels(a.get("competencyRequired"), language),
            kind="course",
            teaching_languages=languages,
            provider=_name(_first_of(a, "publisher", "moocProvider", "creator")),
            identifiers=tuple(
                (scheme, value)
                for scheme, value in (("code", code), ("url", _text(a.get("url"))))
                if value
            ),
            fields=_aligned(a, "ISCED-F"),
            subjects=_strings(a.get("keywords")),
            skills=_skills(a.get("teaches")),
            level=_level(a),
            credits=_credits(a),
            duration=_text(a.get("duration")) or None,
            effort=_workload(a.get("workload")),
            delivery=_strings(a.get("courseMode")),
            licence=_licence(_first_of(a, "license", "courseLicenses", "licence")),
            access=next((way for way in _strings(a.get("access")) if way not in _PRICES), None),
            image=_address(a.get("image")),
            runs=_runs(a),
            offers=_offers(a),
            created=_text(a.get("dateCreated")) or None,
            modified=_text(a.get("dateModified")) or None,
        )


def _resumed(cursor: str) -> str:
    try:
        return str(json.loads(cursor)["next"])
    except (ValueError, KeyError, TypeError) as error:
        raise CursorExpired("the cursor is not one of this connector's") from error


def _cursor(following: str) -> str | None:
    encoded = json.dumps({"next": following})
    return encoded if len(encoded.encode()) <= MAX_CURSOR_BYTES else None


def _next(document: Any, base: str) -> str | None:
    """The following page's address. Raises ``SourceMisconfigured`` for what is no list."""
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        raise SourceMisconfigured(f"{base}: not MOOChub: there is no list called `data`")
    links = document.get("links")
    link = links.get("next") if isinstance(links, dict) else None
    if isinstance(link, dict):  # JSON:API 1.1 §8.8 allows an object
        link = link.get("href")
    if not isinstance(link, str) or not link.strip():
        return None
    try:
        return urljoin(base, link.strip())
    except ValueError as error:
        raise SourceMisconfigured(f"{base}: links.next is no address: {error}") from error


def _item(entry: Any) -> Upsert | Rejected:
    if isinstance(entry, dict) and entry.get("id") not in (None, ""):
        return Upsert(str(entry["id"]), entry)
    given = json.dumps(entry, sort_keys=True)
    made_up = "sha256:" + hashlib.sha256(given.encode()).hexdigest()
    raw = entry if isinstance(entry, dict) else {"entry": entry}
    return Rejected(made_up, raw, "E-ID-MISSING", "the entry has no id; give each course its own")


def _first_of(attributes: Attributes, *names: str) -> Any:
    return next((attributes[n] for n in names if attributes.get(n) not in (None, "", [])), None)


def _text(value: Any) -> str:
    """A string with entities such as ``&uuml;`` undone; markup (``&lt;``) is left as it is."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return re.sub(r"&(?!lt;|gt;|amp;|#)\w+;", lambda m: html.unescape(m[0]), str(value)).strip()


def _list(value: Any) -> list[Any]:
    if value in (None, ""):
        return []
    return value if isinstance(value, list) else [value]


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for item in _list(value) if (text := _text(item))))


def _name(value: Any) -> str | None:
    for item in _list(value):
        if found := _text(item.get("name") if isinstance(item, dict) else item):
            return found
    return None


def _labels(value: Any, language: str) -> dict[str, str]:
    """Texts by language of a list of labels, of objects with labels, or of plain strings."""
    lines: dict[str, list[str]] = {}
    for item in _list(value):
        labels = item.get("name") if isinstance(item, dict) else item
        for label in _list(labels):
            told = label.get("inLanguage") if isinstance(label, dict) else None
            text = _text(label.get("name") if isinstance(label, dict) else label)
            if text:
                lines.setdefault(_text(told) or language, []).append(text)
    return {tag: "\n".join(dict.fromkeys(texts)) for tag, texts in lines.items()}


def _skills(value: Any) -> tuple[str, ...]:
    """One name of each skill: English if it has one."""
    names = (_labels([item], "und") for item in _list(value))
    return tuple(found.get("en") or next(iter(found.values())) for found in names if found)


def _aligned(attributes: Attributes, framework: str) -> tuple[str, ...]:
    return tuple(
        code
        for item in _list(attributes.get("educationalAlignment"))
        if isinstance(item, dict) and _text(item.get("educationalFramework")) == framework
        if (code := _text(item.get("shortCode")))
    )


def _level(attributes: Attributes) -> str | None:
    found = _skills(attributes.get("educationalLevel"))
    return found[0] if found else None


def _credits(attributes: Attributes) -> tuple[CreditDraft, ...]:
    """``numberOfCredits`` is in ECTS, says the schema."""
    value = _text(attributes.get("numberOfCredits"))
    return (CreditDraft(value, unit="ECTS", framework="ECTS"),) if value not in ("", "0") else ()


def _workload(value: Any) -> str | None:
    """Version 3 gives a number with its unit; before, it is whatever the feed wrote."""
    if isinstance(value, dict):
        amount, unit = _text(value.get("timeValue")), _text(value.get("timeUnit"))
        return f"{amount} {unit}".strip() or None
    return _text(value) or None


def _address(value: Any) -> str | None:
    item = next(iter(_list(value)), None)
    if isinstance(item, dict):
        item = item.get("contentUrl") or item.get("url")
    return _text(item) or None


def _licence(value: Any) -> str | None:
    for item in _list(value):
        named = _first_of(item, "identifier", "url", "id") if isinstance(item, dict) else item
        if found := _text(named):
            return found
    return None


def _dates(value: Any) -> list[str | None]:
    return [None if _NO_YEAR.match(text) else text for text in _strings(value)]


def _runs(attributes: Attributes) -> tuple[RunDraft, ...]:
    """One run for each start; ends are matched by place in their list."""
    starts, ends = _dates(attributes.get("startDate")), _dates(attributes.get("endDate"))
    opens = _dates(_first_of(attributes, "applicationStartDate", "doorTime"))
    closes = _dates(attributes.get("applicationDeadline"))
    place = next(iter(_list(attributes.get("contentLocation"))), None)
    where: Attributes = place if isinstance(place, dict) else {}
    held = where.get("address")
    address: Attributes = held if isinstance(held, dict) else {}
    named = [_text(where.get("name")), _text(address.get("city"))]
    runs = []
    for index in range(max(len(starts), len(ends))):
        run = RunDraft(
            start=starts[index] if index < len(starts) else None,
            end=ends[index] if index < len(ends) else None,
            enrol_start=opens[0] if opens else None,
            enrol_end=closes[0] if closes else None,
            place_name=", ".join(part for part in named if part) or None,
            place_country=_text(address.get("addressCountry")) or None,
            latitude=_number(where.get("latitude")),
            longitude=_number(where.get("longitude")),
            instructors=_people(_first_of(attributes, "instructor", "instructors")),
        )
        if run.start or run.end:
            runs.append(run)
    return tuple(runs)


def _people(value: Any) -> tuple[str, ...]:
    names = (item.get("name") if isinstance(item, dict) else item for item in _list(value))
    return tuple(dict.fromkeys(found for name in names if (found := _text(name))))


def _number(value: Any) -> float | None:
    """A coordinate."""
    fits = isinstance(value, (int, float)) and -180 <= value <= 180
    return float(value) if fits else None


def _offers(attributes: Attributes) -> tuple[OfferDraft, ...]:
    """Prices of the course itself; without any, what ``access`` says of it."""
    offers = tuple(
        OfferDraft(_text(item.get("price")) or None, _text(item.get("priceCurrency")) or None)
        for item in _list(attributes.get("offer"))
        if isinstance(item, dict) and _text(item.get("category")) in ("", "course", "complete")
    )
    if offers:
        return offers
    ways = [way for way in _strings(attributes.get("access")) if way in _PRICES]
    return tuple(OfferDraft(category=way) for way in ways)
