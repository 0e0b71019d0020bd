"""A course as a search document, and a search document as the terms it is found by.

Pure. ``document`` leaves out nothing a result page shows, so that searching touches no database;
``searchable`` leaves out nothing an engine indexes, so that every engine indexes the same.
Whoever changes what either returns raises ``DOCUMENT_VERSION``: indexes are then rebuilt.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from app.catalogue import Course, CourseData, Society
from app.search.analyse import ANALYSER_VERSION, Terms, base, fold, terms
from app.search.highlight import languages
from app.search.index import Document

DOCUMENT_VERSION = 2
VERSION = f"{DOCUMENT_VERSION}-{ANALYSER_VERSION}"
"""What an index must have been built with."""

UNDATED = "9999-12-31"
MAX_TEXT = 20_000
"""How many characters of one text are indexed; catalogues hold whole books in one field."""


@dataclass(frozen=True, slots=True)
class Searchable:
    """What an engine indexes of one document."""

    title: Terms
    body: Terms
    facets: Mapping[str, tuple[str, ...]]
    quality: int
    modified: str
    next_run: str
    """A date; ``UNDATED`` when no run is to come."""
    title_key: str
    """What titles are ordered by."""


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
        "standards": _unique(
            [
                *(s.text or f"{s.body} {s.number}" for s in data.standards),
                *_recognised(data, "standards"),
            ]
        ),
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
            {"start": run.start, "country": run.place_country, "delivery": run.delivery}
            for run in data.runs
        ],
        "next_run": next((start for start in starts if start >= at.date().isoformat()), None),
        **{name: getattr(data, name) for name in _SHOWN},
        **_filters(data, society),
        "quality": course.quality,
        "modified": course.modified_at.isoformat(),
        "version": course.version,
    }


_SHOWN = ("url", "image", "level", "duration", "effort", "licence", "access", "metadata_language")


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
    }


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


def searchable(found: Document) -> Searchable:
    """What an engine indexes of ``found``: every text in every language it has."""
    body: list[tuple[str, str]] = []
    for name in ("summary", "description", "outcomes", "prerequisites", "society_names"):
        body += found[name].items()
    for name in ("subjects", "skills", "standards"):
        body += [("und", text) for text in found[name]]
    body += [("und", found["provider"])] if found["provider"] else []
    titles = found["title"]
    first = languages(titles, locale=found["metadata_language"] or "en")[:1]
    return Searchable(
        title=_terms(titles.items()),
        body=_terms(body),
        facets={
            "society": tuple(found["societies"]),
            "kind": (found["kind"],) if found["kind"] else (),
            **{
                name: tuple(found[name])
                for name in ("language", "delivery", "field", "country", "price", "credit")
            },
        },
        quality=found["quality"],
        modified=found["modified"],
        next_run=found["next_run"] or UNDATED,
        title_key=fold(titles[first[0]])[:200] if first else "",
    )


def _terms(texts: Iterable[tuple[str, str]]) -> Terms:
    found = [terms(text[:MAX_TEXT], language=base(language)) for language, text in texts]
    return Terms(
        words=tuple(word for part in found for word in part.words),
        stems=tuple(word for part in found for word in part.stems),
        han=tuple(word for part in found for word in part.han),
        codes=tuple(dict.fromkeys(word for part in found for word in part.codes)),
    )
