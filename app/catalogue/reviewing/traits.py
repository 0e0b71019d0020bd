"""What is compared of a source record, taken out of its data once: its profile. Pure.

A profile is small and is kept as JSON, so that a record can be compared with many others. Its
blocks are rough traits as numbers: only records that share one are compared at all, which keeps the
work for one record the same however large the catalogue grows.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import isodate

from app.catalogue import addresses, doubts, languages, texts
from app.catalogue.model import CourseData
from app.catalogue.reviewing.words import (
    HAN_DIGITS,
    HAN_LEVELS,
    LANGUAGES,
    LEVEL_OF,
    ROMAN,
)

_MOST_WORDS = 6
_MOST_PEOPLE = 6
_PREFIX = 5
"""Letters of a word that count for its block: bridge and bridges are in one."""
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_ENDING = re.compile(r"^(.+)[-_.]([A-Za-z]{2})$")
"""``bridges-en``"""
_SIGNS = re.compile(r"(?<=[A-Za-z+])[+#]")
_SPOKEN = {"+": "plus", "#": "sharp"}
_PIECE = re.compile(rf"[{_CJK}]+|\d+(?:\.\d+)*|[^\W\d_{_CJK}]+")
_IS_CJK = re.compile(f"[{_CJK}]")
_HAN_NUMBER = re.compile(r"第([一二三四五六七八九十])|([一二三四五六七八九十上中下])$")


@dataclass(frozen=True, slots=True)
class Profile:
    """What is compared."""

    record_id: str
    source_id: str
    society_id: str
    """Whose course it is, where the provider's name says so; else whose source it is."""
    of_source: str
    """The society whose source it is."""
    pushed: bool
    titles: Mapping[str, str]
    """As they are compared, by primary language."""
    languages: tuple[str, ...]
    people: tuple[str, ...]
    duration: int | None
    """In minutes."""
    effort: int | None
    credits: Mapping[str, str]
    """By unit and by who gives it."""
    fields: tuple[str, ...]
    url: str | None
    url_stem: str | None
    """The address without what says its language; ``None`` without an address."""
    id_stems: tuple[str, ...]
    """Identifiers without what says their language, where something did."""
    identifiers: tuple[str, ...]
    provider: str | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Profile":
        lists = {"languages", "people", "fields", "id_stems", "identifiers"}
        given: dict[str, Any] = {
            name: tuple(value) if name in lists else value for name, value in kept.items()
        }
        return cls(**given)


def profile(
    data: CourseData,
    *,
    record_id: str,
    source_id: str,
    of_source: str,
    remote_id: str,
    pushed: bool,
    society_id: str | None = None,
) -> Profile:
    """Take out of a record's data what is compared; ``society_id`` is what its provider is."""
    titles = {primary(tag): title_of(text) for tag, text in data.title.items()}
    people = doubts.people(data)
    stems = {stem for _, value in data.identifiers if (stem := id_stem(value))}
    if stem := id_stem(remote_id):
        stems.add(stem)
    return Profile(
        record_id=record_id,
        source_id=source_id,
        society_id=society_id or of_source,
        of_source=of_source,
        pushed=pushed,
        titles=titles,
        languages=tuple(sorted({tag for tag in titles if tag != languages.UNKNOWN})),
        people=tuple(sorted(people)[:_MOST_PEOPLE]),
        duration=_minutes(data.duration),
        effort=_minutes(data.effort),
        credits=doubts.amounts(data),
        fields=tuple(sorted(data.fields)),
        url=addresses.match_key(data.url) if data.url else None,
        url_stem=url_stem(data.url) if data.url else None,
        id_stems=tuple(sorted(stems)[:_MOST_PEOPLE]),
        identifiers=tuple(sorted(f"{scheme}:{value}" for scheme, value in data.identifiers)[:10]),
        provider=texts.title_key(data.provider)[:200] if data.provider else None,
    )


def title_of(title: str) -> str:
    """A title as its pieces: words, numbers and runs of Han apart, case and width folded."""
    said = _SIGNS.sub(lambda found: _SPOKEN[found[0]], title.replace(".", " "))
    return " ".join(_PIECE.findall(texts.title_key(said)))


def is_han(title: str) -> bool:
    """Whether a title is written without spaces between its words."""
    return bool(_IS_CJK.search(title))


def numbers(title: str) -> tuple[str, ...]:
    """The numbers of a title, Roman and Han ones too, in one form and in order of size.

    Single letters stand for numbers as well: Part A is not Part B.
    """
    found: list[str] = []
    for piece in title.split():
        if piece[0].isdigit():
            found.append(str(int(piece)) if piece.isdigit() and piece.isascii() else piece)
        elif piece in ROMAN:
            found.append(ROMAN[piece])
        elif len(piece) == 1 and not is_han(piece) and piece != "a":
            found.append(piece)
        elif is_han(piece):
            found += [HAN_DIGITS[a or b] for a, b in _HAN_NUMBER.findall(piece)]
    last = title.split()[-1:] if title else []
    if last == ["a"]:
        found.append("a")
    return tuple(sorted(found))


def levels(title: str) -> frozenset[str]:
    """For whom a title says that it is: 1 who begin, 2 in between, 3 advanced."""
    found = {LEVEL_OF[piece] for piece in title.split() if piece in LEVEL_OF}
    if is_han(title):
        found |= {level for word, level in HAN_LEVELS.items() if word in title}
    return frozenset(found)


def primary(tag: str) -> str:
    """The language of a tag, without script and region."""
    return tag.split("-", 1)[0]


def url_stem(url: str) -> str | None:
    """What the addresses of one page in two languages have in common."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    first, _, rest = host.partition(".")
    if "." in rest and _is_language(first):
        host = rest
    segments = [each for each in parts.path.split("/") if each and not _is_language(each)]
    kept = [_without_ending(each) for each in segments]
    query = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query)
        if name.lower() not in {"lang", "language", "locale", "hl", "l"}
    )
    if not kept and not query:
        return None
    return f"{host}/{'/'.join(kept)}?{query}"[:300]


def id_stem(value: str) -> str | None:
    """An identifier without what says its language; ``None`` where nothing in it does."""
    pieces = re.split(r"[-_/:.]", value)
    kept = [each for each in pieces if not _is_language(each)]
    stem = "-".join(kept).casefold()
    return stem if len(kept) < len(pieces) and len(stem) >= 3 else None


def _without_ending(segment: str) -> str:
    """``bridges-en.html`` as ``bridges``."""
    name = re.sub(r"\.(html?|php|aspx?)$", "", segment)
    found = _ENDING.match(name)
    return (found[1] if found and _is_language(found[2]) else name).casefold()


def _is_language(piece: str) -> bool:
    """Whether a piece of an address or id is a language's code, such as ``de`` or ``pt-BR``."""
    code, _, region = piece.casefold().replace("_", "-").partition("-")
    return code in LANGUAGES and (not region or (len(region) == 2 and region.isalpha()))


def blocks(one: Profile) -> tuple[int, ...]:
    """The rough traits of a record: of its title across societies, the others within its own."""
    made: set[str] = set()
    for title in one.titles.values():
        words = sorted(_words(title), key=_number)[:_MOST_WORDS]
        pairs = [f"w:{a}:{b}" for a, b in combinations(sorted(words), 2)]
        made.update(pairs or (f"w:{word}" for word in words))
        made.add(f"t:{one.society_id}:{title}")
    made.update(f"p:{one.society_id}:{name}" for name in one.people)
    if one.url_stem:
        made.add(f"u:{one.society_id}:{one.url_stem}")
    made.update(f"i:{one.society_id}:{stem}" for stem in one.id_stems)
    made.update(f"i:{one.society_id}:{value}" for value in one.identifiers)
    return tuple(sorted(map(_number, made)))


def _words(title: str) -> set[str]:
    words: set[str] = set()
    for piece in title.split():
        if is_han(piece):
            words.update(piece[at : at + 2] for at in range(max(1, len(piece) - 1)))
        elif len(piece) > 2 or piece.isdigit():
            words.add(piece[:_PREFIX])
    return words or set(title.split())


def _number(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def _minutes(duration: str | None) -> int | None:
    """A length in minutes; ``None`` for months and years, which have no fixed one."""
    if not duration:
        return None
    try:
        parsed = isodate.parse_duration(duration)
    except (isodate.ISO8601Error, ValueError, OverflowError):
        return None
    return int(parsed.total_seconds() // 60) if isinstance(parsed, timedelta) else None


def close(left: Decimal, right: Decimal) -> bool:
    """Within a fifth of the larger one."""
    return abs(left - right) * 5 <= max(left, right)


def scripts(titles: Iterable[str]) -> frozenset[str]:
    """In which scripts titles are written, as far as languages differ by it."""
    return frozenset(
        name for title in titles for name, sign in _SCRIPTS.items() if sign.search(title)
    )


_SCRIPTS = {
    "Latn": re.compile(r"[a-zà-ɏ]{3}"),
    "Cyrl": re.compile(r"[\u0400-\u04ff]{2}"),
    "Arab": re.compile(r"[\u0600-\u06ff]{2}"),
    "Hani": _IS_CJK,
    "Deva": re.compile(r"[\u0900-\u097f]{2}"),
    "Grek": re.compile(r"[\u0370-\u03ff]{2}"),
    "Hebr": re.compile(r"[\u0590-\u05ff]{2}"),
    "Thai": re.compile(r"[\u0e00-\u0e7f]{2}"),
}
