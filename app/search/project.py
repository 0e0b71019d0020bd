"""A course as a search document.

Pure. ``document`` leaves out nothing a result page shows, so that searching touches no database.
Whoever changes what it returns raises ``searchable.DOCUMENT_VERSION``: indexes are then rebuilt.
"""

from collections.abc import Iterable
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from app.catalogue import Course, CourseData, Society
from app.search.index import Document

PACES = ("self-paced", "scheduled")
"""Whether one begins when one likes; whether there are runs to come. It may be both."""

_OWN_PACE = {"online-async", "self-study"}


def document(course: Course, *, society: Society, at: datetime) -> Document:
    """The document of ``course``; ``at`` decides which run is the next."""
    data = course.data
    starts = sorted(run.start[:10] for run in data.runs if run.start)
    return {
        "id": course.id,
        "title": dict(data.title),
        "summary": dict(data.summary),
        "description": {tag: plain(text) for tag, text in data.description.items()},
        "outcomes": dict(data.outcomes),
        "prerequisites": dict(data.prerequisites),
        "society": society.id,
        "societies": _unique([society.id, *(source.society_id for source in course.sources)]),
        "society_names": dict(society.names),
        "provider": data.provider,
        "subjects": list(data.subjects),
        "skills": list(data.skills),
        "credits": [
            {
                "value": credit.value,
                "unit": credit.unit,
                "framework": credit.framework,
                "jurisdiction": credit.jurisdiction,
            }
            for credit in data.credits
        ],
        "runs": [
            {
                "start": run.start,
                "country": run.place_country,
                "place": run.place_name,
                "delivery": run.delivery,
            }
            for run in data.runs
        ],
        "places": _places(data),
        "next_run": next((start for start in starts if start >= at.date().isoformat()), None),
        **{name: getattr(data, name) for name in _SHOWN},
        **_filters(data, society),
        "pace": _paces(data, at=at),
        "quality": course.quality,
        "added": course.created_at.isoformat(),
        "modified": course.modified_at.isoformat(),
        "version": course.version,
    }


_SHOWN = ("url", "image", "duration", "effort", "access", "metadata_language")


def _filters(data: CourseData, society: Society) -> dict[str, Any]:
    runs = data.runs
    return {
        "kind": data.kind,
        "language": _unique([*data.teaching_languages, *(run.language for run in runs)]),
        "delivery": _unique([*data.delivery, *(run.delivery for run in runs)]),
        "field": _unique(
            code[:digits]
            for code in [*data.fields, *_recognised(data, "fields")]
            for digits in (2, 3, 4)
            if len(code) >= digits
        ),
        "country": _unique([society.country, *(run.place_country for run in runs)]),
        "price": _prices(data),
        "credit": _unique(credit.framework or credit.unit for credit in data.credits),
        "level": data.level,
        "competence": _unique([*data.competences, *_recognised(data, "competences")]),
        "standard": _unique(
            [
                *(s.text or f"{s.body} {s.number}" for s in data.standards),
                *_recognised(data, "standards"),
            ]
        ),
        "licence": data.licence,
    }


def _places(data: CourseData) -> list[list[float]]:
    found = ((run.latitude, run.longitude) for run in data.runs)
    known = {(a, b): None for a, b in found if a is not None and b is not None}
    return [list(place) for place in known]


def _paces(data: CourseData, *, at: datetime) -> list[str]:
    own = any(way in _OWN_PACE for way in (*data.delivery, *(run.delivery for run in data.runs)))
    today = at.date().isoformat()
    to_come = any(run.start and run.start[:10] >= today for run in data.runs)
    return [pace for pace, holds in zip(PACES, (own, to_come), strict=True) if holds]


def _recognised(data: CourseData, field: str) -> list[str]:
    """What was recognised in the texts: one searches for it as for what was stated."""
    return [one.value for one in data.recognised if one.field == field]


def _unique(values: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def _prices(data: CourseData) -> list[str]:
    """``free`` and ``paid``, as the offers say; it may be one to members and the other to all."""
    offers = [*data.offers, *(offer for run in data.runs for offer in run.offers)]
    found = []
    for offer in offers:
        if offer.category == "free" or (offer.amount and not offer.amount.strip("0.")):
            found.append("free")
        elif offer.category or offer.amount:
            found.append("paid")
    return sorted(set(found))


class _Text(HTMLParser):
    """Gathers the text of HTML; an element is a gap between words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in {"b", "i", "em", "strong", "a", "span", "sub", "sup", "u", "code"}:
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.handle_starttag(tag, ())


def plain(html: str) -> str:
    """The text of sanitised HTML, on one line."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.pieces).split())
