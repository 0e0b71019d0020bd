"""The field of ISCED-F 2013 that a course belongs to, from labels and from the words of its trade.

A label is exact: it is the field's own name in one of seven languages (``words/labels.tsv``). Words
are weighed (``words/terms.tsv``): a term counts its weight once, doubled where it stands in the
title or the subjects, and a field is named only when it reaches ``ENOUGH`` and no other comes near.
Where two fields of one narrow field are near each other, the narrow field is named.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

ENOUGH = 4
MAX_TEXT = 1_000
_NEAR = 0.6
_HEAD = 5
_OPENING = "(\"'«„“/-"
_BETWEEN = r"[\s'’-]"
_ARTICLE = "ال"
_WORD = re.compile(r"[^\W_]+")
_ARABIC = re.compile(r"[\u0620-\u064a]{3}")
_CHINESE = re.compile(r"[一-鿿]{2}")
_CODE = re.compile(r"(?:isced(?:[-_ ]?f)?(?:[-_ ]?2013)?[-_/#: ]*)(\d{2,4})(?!\d)", re.IGNORECASE)
_LED = re.compile(r"^(\d{2,4})[ :.–-]{1,3}(?=\D)")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that speak for a field, and how strongly."""

    code: str
    weight: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A term and where it stands in the text."""

    term: Term
    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Terms:
    of: Mapping[str, Term]
    heads: frozenset[str]
    """How the first words begin."""
    words: re.Pattern[str]
    arabic_firsts: frozenset[str]
    arabic: re.Pattern[str]
    """Its words stand with or without an article, written together."""
    chinese: re.Pattern[str]
    """It is written without spaces."""


def is_code(code: str) -> bool:
    """Whether ISCED-F 2013 has this code."""
    return code in _codes()


def labelled(text: str) -> str | None:
    """The code of the field with this name, or of a code with its name beside it."""
    name = _folded(text)
    if (code := _labels().get(name)) is not None:
        return code
    if found := _CODE.search(text):
        return found[1] if is_code(found[1]) else None
    led = _LED.match(text)
    if led and is_code(led[1]):
        return led[1] if _labels().get(_folded(text[led.end() :])) == led[1] else None
    return None


def terms_in(text: str) -> list[Hit]:
    """The terms that ``text`` holds, each once."""
    lower = text[:MAX_TEXT].lower()
    terms = _terms()
    found: list[re.Match[str]] = []
    if not lower.isascii():
        found += terms.chinese.finditer(lower) if _CHINESE.search(lower) else ()
        if _ARABIC.search(lower) and any(first in lower for first in terms.arabic_firsts):
            found += terms.arabic.finditer(lower)
    found += _spelt(lower, terms)
    hits: dict[str, Hit] = {}
    for match in sorted(found, key=re.Match.start):  # the same order in every process
        words = _key(match[match.lastindex or 0])
        if words not in hits:
            hits[words] = Hit(terms.of[words], words, match.start(), match.end())
    return list(hits.values())


def may_hold(text: str) -> bool:
    """Whether a term may be in ``text``: a quick look at many short ones together."""
    lower = text.lower()
    return not lower.isascii() or bool(_heads(lower))


def named(weighed: Iterable[tuple[Hit, int]]) -> str | None:
    """The field that hits of these factors speak for; ``None`` when they are too few or at odds."""
    best: dict[str, tuple[str, int]] = {}
    for hit, factor in weighed:
        weight = hit.term.weight * factor
        if weight > best.get(hit.words, ("", 0))[1]:
            best[hit.words] = (hit.term.code, weight)
    points: dict[str, int] = {}
    for code, weight in best.values():
        points[code] = points.get(code, 0) + weight
    ranked = sorted(points.items(), key=lambda each: (-each[1], each[0]))
    if not ranked or ranked[0][1] < ENOUGH:
        return None
    first, most = ranked[0]
    near = {code for code, weight in ranked if weight > most * _NEAR}
    if near == {first}:
        return first
    narrow = {code[:3] for code in near}
    return narrow.pop() if len(narrow) == 1 else None


def _spelt(lower: str, terms: _Terms) -> Iterator[re.Match[str]]:
    """The terms of scripts with spaces; tried only where a word begins as one of them does."""
    for head in _heads(lower):
        at = lower.find(head)
        while at >= 0:
            if match := terms.words.match(lower, at):
                yield match
            at = lower.find(head, match.end() if match else at + 1)


def _heads(lower: str) -> frozenset[str]:
    for mark in _OPENING:
        lower = lower.replace(mark, " ")
    return _terms().heads.intersection([word[:_HEAD] for word in lower.split()])


def _key(written: str) -> str:
    """A term's words, Arabic ones without their article."""
    return " ".join(word.removeprefix(_ARTICLE) for word in _WORD.findall(written))


def _folded(text: str) -> str:
    return " ".join(text.lower().split()).strip(" .")


def _rows(name: str) -> list[list[str]]:
    path = files("app.catalogue.recognising").joinpath(f"words/{name}.tsv")
    return [line.split("\t") for line in path.read_text("utf-8").splitlines() if line]


@cache
def _labels() -> dict[str, str]:
    return {_folded(label): code for code, _, label in _rows("labels")}


@cache
def _codes() -> frozenset[str]:
    """The codes with a name, and those for what is not told (0), goes across (8), is other (9)."""
    own = {code for code, _, _ in _rows("labels")} | {"0011", "0031", "0228"}
    broad = {code[:2] for code in own} | {"00", "99"}
    narrow = {code[:3] for code in own if len(code) > len("07")}
    across = {f"{code}{last}" for code in broad for last in "089"}
    inside = {f"{code}{last}" for code in narrow for last in "09"}
    outside = {f"{code}{code[-1]}" for code in across}
    return frozenset(own | broad | narrow | across | inside | outside)


@cache
def _terms() -> _Terms:
    of: dict[str, Term] = {}
    words: dict[str, str] = {}
    firsts: set[str] = set()
    others: dict[str, list[str]] = {"ar": [], "zh": []}
    for code, language, weight, listed in _rows("terms"):
        for written in listed.lower().split("|"):
            key = _key(written)
            of[key] = Term(code, int(weight))
            if language == "ar":
                firsts.add(key.split()[0])
            if language in others:
                others[language].append(key.replace(" ", f" (?:{_ARTICLE})?"))
            else:
                words[key] = "" if written.endswith("*") else r"(?![^\W_])"
    arabic, chinese = ("|".join(sorted(others[one], key=len, reverse=True)) for one in ("ar", "zh"))
    return _Terms(
        of=of,
        heads=frozenset(key.split()[0][:_HEAD] for key in words),
        words=re.compile(rf"(?<![^\W_]){_either(words)}"),
        arabic_firsts=frozenset(firsts),
        arabic=re.compile(rf"(?<![^\W_])[وبلف]?(?:{_ARTICLE})?({arabic})(?![^\W_])"),
        chinese=re.compile(chinese),
    )


def _either(endings: Mapping[str, str]) -> str:
    """A pattern for any of the keys: what begins alike is looked at once (a trie)."""
    by_first: dict[str, dict[str, str]] = {}
    for key, ending in endings.items():
        if key:
            by_first.setdefault(key[0], {})[key[1:]] = ending
    branches = [
        (_BETWEEN if first == " " else re.escape(first)) + _either(rests)
        for first, rests in sorted(by_first.items())
    ]
    if "" in endings:
        branches.append(endings[""])
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
