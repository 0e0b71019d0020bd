"""A search document as what it is found by: the same terms and numbers for every engine.

Pure, and leaves out nothing an engine indexes. Whoever changes what it returns, or what
``project.document`` returns, raises ``DOCUMENT_VERSION``: indexes are then rebuilt.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from operator import itemgetter
from zlib import crc32

from app.search.analyse import ANALYSER_VERSION, Terms, base, fold, terms
from app.search.highlight import READ, languages, teaching_language
from app.search.index import MAX_VALUE, Document
from app.search.nearby import squares

DOCUMENT_VERSION = 5
VERSION = f"{DOCUMENT_VERSION}-{ANALYSER_VERSION}"
"""What an index must have been built with."""

UNDATED = "9999-12-31"
MOST_CREDIT = Decimal(999_999)
HUNDREDTHS = 100_000_000
FRAMEWORKS = 2**26

MAX_TEXT = 20_000
"""How many characters of one text are indexed; catalogues hold whole books in one field."""

_LISTS = (
    "language", "delivery", "field", "country", "price", "credit", "pace", "competence", "standard",
)  # fmt: skip


_NEVER_SHOWN = frozenset({"outcomes", "prerequisites"})


@dataclass(frozen=True, slots=True)
class Searchable:
    """What an engine indexes of one document."""

    title: Terms
    body: Terms
    facets: Mapping[str, tuple[str, ...]]
    squares: tuple[str, ...]
    """Where its runs are, as ``nearby`` has it."""
    starts: tuple[int, ...]
    """When its runs begin, as ``day`` writes it."""
    worth: tuple[int, ...]
    """Its credits, as ``worth`` writes them."""
    most: Mapping[str, int]
    """The most credit it gives, as ``worth`` writes it, by ``framework_key`` of the framework."""
    walk: int
    """Its place among all courses, which never changes."""
    rank: int
    """The better described, then the later changed, the larger."""
    added: int
    """In seconds of Unix time, as is ``modified``."""
    modified: int
    next_run: str
    """A date; ``UNDATED`` when no run is to come."""
    title_key: str
    """What titles are ordered by."""


def searchable(found: Document) -> Searchable:
    """What an engine indexes of ``found``: every text in every language it has."""
    body: list[tuple[str, str]] = []
    for name in ("summary", "description", "outcomes", "prerequisites", "society_names"):
        body += found[name].items()
    for name in ("subjects", "skills", "standard"):
        body += [("und", text) for text in found[name]]
    body += [("und", run["place"]) for run in found["runs"] if run["place"]]
    body += [("und", found["provider"])] if found["provider"] else []
    spoken = teaching_language(found)
    titles = found["title"]
    amounts = _amounts(found)
    first = languages(titles, locale=found["metadata_language"] or "en")[:1]
    return Searchable(
        title=_terms(titles.items(), spoken),
        body=_terms(body, spoken),
        facets={
            "society": tuple(found["societies"]),
            **{
                name: (found[name][:MAX_VALUE],) if found[name] else ()
                for name in ("kind", "level", "licence")
            },
            **{name: tuple(value[:MAX_VALUE] for value in found[name]) for name in _LISTS},
        },
        squares=tuple(dict.fromkeys(one for place in found["places"] for one in squares(*place))),
        starts=tuple(dict.fromkeys(day(run["start"]) for run in found["runs"] if run["start"])),
        worth=tuple(dict.fromkeys(worth(name, value) for name, value in amounts)),
        most={framework_key(n): worth(n, v) for n, v in sorted(amounts, key=itemgetter(1))},
        walk=walk(found["id"]),
        rank=_rank(found),
        added=_seconds(found["added"]),
        modified=_seconds(found["modified"]),
        next_run=found["next_run"] or UNDATED,
        title_key=fold(titles[first[0]])[:200] if first else "",
    )


def kept(found: Document) -> Document:
    """What an engine keeps of ``found`` and gives back with a hit, as ``index.Hit`` tells."""
    description = {language: text[:READ] for language, text in found["description"].items()}
    shown = {name: each for name, each in found.items() if name not in _NEVER_SHOWN}
    return shown | {"description": description}


def _rank(found: Document) -> int:
    changed = date.fromisoformat(found["modified"][:10]).toordinal()
    return int(found["quality"]) * 10_000_000 + changed


def _seconds(moment: str) -> int:
    return max(0, int(datetime.fromisoformat(moment).timestamp()))


def day(text: str) -> int:
    """A date as a number that is ordered like it: 20270301."""
    return int(text[:10].replace("-", ""))


def framework_key(name: str) -> str:
    """A credit framework or unit as part of a field's name, which its own name may not be."""
    return f"f{crc32(name.encode()):08x}"


def _amounts(found: Document) -> list[tuple[str, Decimal]]:
    """What credit a course gives: the framework, else the unit, and how much."""
    amounts = []
    for credit in found["credits"]:
        name = credit["framework"] or credit["unit"]
        try:
            value = Decimal(credit["value"])
        except (InvalidOperation, TypeError):
            continue
        if name and 0 <= value <= MOST_CREDIT:
            amounts.append((name, value))
    return amounts


def worth(framework: str, value: Decimal) -> int:
    """Framework and value as one number, so that a range of it is a range within one framework.

    Below 2**53, so that an engine that counts in floating point knows each number exactly.
    """
    return crc32(framework.encode()) % FRAMEWORKS * HUNDREDTHS + int(value * 100)


def framework_span(framework: str) -> tuple[int, int]:
    """From what to what ``worth`` is for any amount of ``framework``."""
    return worth(framework, Decimal(0)), worth(framework, MOST_CREDIT)


def walk(course_id: str) -> int:
    """A course's place among all: a number of 52 bits made of its id, spread evenly."""
    return int.from_bytes(blake2b(course_id.encode(), digest_size=8).digest()) >> 12


def _terms(texts: Iterable[tuple[str, str]], spoken: str) -> Terms:
    """What ``texts`` are found by; one of unknown language is taken for what is ``spoken``."""
    found = [
        terms(text[:MAX_TEXT], language=spoken if language == "und" else base(language))
        for language, text in texts
    ]
    return Terms(
        words=tuple(word for part in found for word in part.words),
        stems=tuple(word for part in found for word in part.stems),
        han=tuple(word for part in found for word in part.han),
        codes=tuple(dict.fromkeys(word for part in found for word in part.codes)),
    )
