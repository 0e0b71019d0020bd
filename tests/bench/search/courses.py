"""Invented courses by the hundred thousand, as uneven as real ones, and what people ask for them.

Every language has a vocabulary of its own, made of its letters, whose words are as frequent as
Zipf's law says: few are everywhere, most are rare. So lists of postings are as long, and facets as
uneven, as in a real catalogue. The same number gives the same course on every machine.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import TypeVar

from app.catalogue import (
    Course,
    CourseData,
    CourseRun,
    Credit,
    Delivery,
    Kind,
    Offer,
    Society,
    SourceRef,
    Standard,
    Status,
)
from app.search import Document
from app.search.project import document

T = TypeVar("T")

SEED = 5
AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
WORDS = 24_000
"""Words of each language."""

SHARES = {"en": 45, "zh": 15, "fr": 13, "ru": 12, "ar": 9, "ur": 6}
"""How many courses of a hundred are told in each language."""

_LETTERS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "en": ("bdfhklmnprstvw", "aeiou", ("", "s", "ing", "ed", "er", "tion", "ness", "ly")),
    "fr": ("bdfjlmnpqrstv", "aeéiou", ("", "s", "e", "es", "ement", "ique", "ation", "eur")),
    "ru": ("бвгдзклмнпрстфх", "аеиоуя", ("", "а", "ы", "ов", "ами", "ение", "ный", "ного")),
    "ar": ("بتجحدرسشصعفقكلمنه", "اوي", ("", "ة", "ات", "ين", "ها", "ية")),
    "ur": ("بپتٹجچدرزسشکگلمنہ", "اویے", ("", "وں", "یں", "ی", "ے", "نا")),
}
_HAN_FROM, _HAN = 0x4E00, 3_000
_STOPS = {"zh": "。", "ur": "۔"}
_STANDARDS = ("ISO 9001", "ISO 19650", "EN 1992", "GB 50010", "IEC 61508", "ASTM C150", "СП 35")
_COUNTRIES = (
    "CN", "GB", "US", "FR", "RU", "EG", "PK", "IN", "KE", "ZA",
    "BR", "DE", "ES", "SA", "AE", "CA", "AU", "NG", "MX", "MA",
)  # fmt: skip
_FRAMEWORKS = ("CPD", "PDH", "CSE", "ECSA", "PMC", "CEU", "EUR", "FE")
_LEVELS = ("introductory", "intermediate", "advanced", "postgraduate")
_LICENCES = ("CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0")


def _sums(count: int, *, bend: float = 1.05) -> list[float]:
    """Sums of the frequencies of the first, second, ... most frequent of ``count`` things."""
    return list(accumulate(1 / (rank + 2.7) ** bend for rank in range(count)))


@dataclass(frozen=True)
class Uneven:
    """Things, the first of which are the most frequent."""

    things: tuple[str, ...]
    sums: list[float]

    def some(self, random: Random, count: int) -> list[str]:
        return random.choices(self.things, cum_weights=self.sums, k=count)


def _uneven(things: tuple[str, ...], *, bend: float = 1.05) -> Uneven:
    return Uneven(things, _sums(len(things), bend=bend))


@cache
def vocabulary(language: str) -> Uneven:
    """The words of a language, the most frequent first; frequent ones are short."""
    random = Random(f"{SEED}-{language}")
    make = _han if language == "zh" else _speller(language)
    found: dict[str, None] = {}
    while len(found) < WORDS:
        found[make(random, len(found))] = None
    return _uneven(tuple(found))


def _han(random: Random, rank: int) -> str:
    length = 1 if rank < 200 else random.choice((2, 2, 2, 3, 4))
    points = random.choices(range(_HAN), cum_weights=_character_sums(), k=length)
    return "".join(chr(_HAN_FROM + point) for point in points)


@cache
def _character_sums() -> list[float]:
    return _sums(_HAN, bend=0.8)


def _speller(language: str) -> Callable[[Random, int], str]:
    consonants, vowels, endings = _LETTERS[language]

    def spell(random: Random, rank: int) -> str:
        count = 1 if rank < 60 else random.choice((2, 2, 3) if rank < 3_000 else (2, 3, 3, 4))
        open_ones = (random.choice(consonants) + random.choice(vowels) for _ in range(count))
        stem = "".join(open_ones) + random.choice(consonants)
        return stem + (random.choice(endings) if rank > 60 else "")

    return spell


def _facets(name: str, count: int) -> Uneven:
    return _uneven(tuple(f"{name}-{number:03}" for number in range(count)), bend=0.9)


_SOCIETIES = _facets("society", 60)
_FIELDS = _uneven(tuple(f"{code:04}" for code in range(710, 830)), bend=0.9)
_PROVIDERS = _facets("Provider", 400)
SOCIETIES = {
    name: Society(name, {"en": name.replace("-", " ").title()}, _COUNTRIES[number % 20])
    for number, name in enumerate(_SOCIETIES.things)
}


def _sentence(random: Random, language: str, *, least: int, most: int) -> str:
    words = vocabulary(language).some(random, random.randint(least, most))
    if language == "zh":
        return "".join(words) + "。"
    text = " ".join(words)
    return text[0].upper() + text[1:] + _STOPS.get(language, ".")


def _text(random: Random, language: str, *, least: int, most: int) -> str:
    between = "" if language == "zh" else " "
    count = random.randint(least, most)
    return between.join(_sentence(random, language, least=8, most=18) for _ in range(count))


def _maybe(random: Random, share: float, value: T) -> tuple[T, ...]:
    return (value,) if random.random() < share else ()


def _runs(random: Random, number: int) -> tuple[CourseRun, ...]:
    if random.random() < 0.5:
        return ()
    return tuple(
        CourseRun(
            id=f"run-{number}-{each}",
            start=(date(2026, 9, 1) + timedelta(days=random.randrange(500))).isoformat(),
            place_country=random.choice(_COUNTRIES),
            delivery=random.choice(("onsite", "online-live")),
        )
        for each in range(random.randint(1, 3))
    )


def _standards(random: Random) -> tuple[Standard, ...]:
    if random.random() >= 0.05:
        return ()
    body, _, number = random.choice(_STANDARDS).partition(" ")
    text = f"{body} {number}-{random.randint(1, 9)}:{random.randint(2001, 2024)}"
    return (Standard(body, text.partition(" ")[2], text=text),)


def course(number: int) -> Course:
    """The course of that number."""
    random = Random(f"{SEED}-{number}")
    language = random.choices(list(SHARES), list(SHARES.values()))[0]
    society = _SOCIETIES.some(random, 1)[0]
    standards = _standards(random)
    between = "" if language == "zh" else " "
    title = _sentence(random, language, least=3, most=8)[:-1]
    paragraphs = (_text(random, language, least=1, most=3) for _ in range(random.randint(1, 2)))
    data = CourseData(
        title={language: between.join((title, *(one.text for one in standards)))},
        url=f"https://{society}.example/courses/{number}",
        summary={language: _text(random, language, least=1, most=3)},
        description={language: "".join(f"<p>{each}</p>" for each in paragraphs)},
        metadata_language=language,
        teaching_languages=tuple(dict.fromkeys((language, *_maybe(random, 0.1, "en")))),
        provider=_PROVIDERS.some(random, 1)[0],
        fields=tuple(dict.fromkeys(_FIELDS.some(random, random.randint(1, 4)))),
        competences=tuple(
            dict.fromkeys(f"EC{random.randint(1, 13)}" for _ in range(random.randint(0, 2)))
        ),
        standards=standards,
        level=random.choice((None, *_LEVELS)),
        credits=tuple(
            Credit(str(random.randint(1, 40)), "hours", framework=name)
            for name in dict.fromkeys(random.choices(_FRAMEWORKS, k=random.randint(0, 2)))
        ),
        duration=f"PT{random.randint(1, 40)}H",
        delivery=tuple(dict.fromkeys(random.choices(list(Delivery), k=random.randint(1, 2)))),
        kind=random.choice(list(Kind)),
        licence=random.choice((None, None, None, *_LICENCES)),
        runs=_runs(random, number),
        offers=_maybe(random, 0.8, Offer(category=random.choice(("free", "paid", "paid")))),
    )
    changed = AT - timedelta(minutes=random.randrange(1_000_000))
    return Course(
        id=f"course-{number:07}",
        society_id=society,
        status=Status.ACTIVE,
        data=data,
        sources=(SourceRef(f"record-{number}", f"feed-{society}", society, str(number)),),
        provenance={},
        quality=random.randint(20, 100),
        missing=(),
        version=1,
        created_at=changed,
        modified_at=changed,
    )


def documents(count: int) -> Iterator[Document]:
    """The documents of the first ``count`` courses."""
    for number in range(count):
        found = course(number)
        yield document(found, society=SOCIETIES[found.society_id], at=AT)


@dataclass(frozen=True)
class Asked:
    """One question: of which kind it is, in which language, its parameters."""

    kind: str
    language: str
    params: tuple[tuple[str, str], ...]


KINDS = ("plain", "typo", "prefix", "two words", "text + filter", "browse + filter")


def questions(count: int, *, among: int) -> list[Asked]:
    """What people ask who look for some of the first ``among`` courses.

    Every kind as often, and nothing twice.
    """
    random = Random(f"{SEED}-questions")
    found: list[Asked] = []
    seen: set[object] = set()
    while len(found) < count:
        sought = course(random.randrange(among))
        kind = KINDS[len(found) % len(KINDS)]
        language = next(iter(sought.data.title))
        text = _asked_text(random, sought, kind)
        if text is None:
            continue
        params = [("q", text)] if text else []
        if kind == "text + filter":
            params.append(("delivery", sought.data.delivery[0]))
        if kind == "browse + filter":
            params += [("society", sought.society_id), ("field", sought.data.fields[0])]
            params += [("delivery", sought.data.delivery[0])] if random.random() < 0.5 else []
        if (asked := tuple(params)) not in seen:
            seen.add(asked)
            found.append(Asked(kind, language, asked))
    return found


def _asked_text(random: Random, sought: Course, kind: str) -> str | None:
    """What is typed of a course's title, or nothing; ``None`` when its title has nothing fit."""
    (language, title), *_ = sought.data.title.items()
    common = set(vocabulary(language).things[:60])
    words = [word for word in title.split() if len(word) > 3 and word.lower() not in common]
    if kind == "browse + filter":
        return ""
    if language == "zh":
        return _asked_han(random, title, kind)
    if kind == "typo":
        long = [word for word in words if len(word) > 6 and word.isalpha()]
        return _mistyped(random, random.choice(long)) if long else None
    if kind == "prefix":
        return random.choice(words)[: random.randint(3, 4)] if words else None
    if kind == "two words":
        return " ".join(random.sample(words, 2)) if len(words) > 1 else None
    return random.choice(words) if words else None


def _asked_han(random: Random, title: str, kind: str) -> str | None:
    """Some characters of a Chinese title; nobody types those wrong by one letter."""
    length = {"prefix": 2, "two words": 5}.get(kind, 3)
    if kind == "typo" or len(title) <= length:
        return None
    start = random.randrange(len(title) - length)
    return title[start : start + length]


def _mistyped(random: Random, word: str) -> str:
    """Two neighbouring letters in the other order, not the first."""
    at = random.randrange(1, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
