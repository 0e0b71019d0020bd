"""Text to terms: the one analysis that both engines index by and both are asked with.

Pure and repeatable: the same text gives the same terms on every machine. Nothing here knows an
engine, a course or a page. What an index holds depends on it, so every change of what a text
becomes raises ``ANALYSER_VERSION``, and indexes of another version are rebuilt (DESIGN §5).

Kinds of tokens:

word    letters, folded: lower case, no accents, Arabic letters and digits in one form, ё as е
han     a run of Chinese or Japanese characters, simplified; found by pairs of characters
code    ``EN 1992-1-1``, ``GB 50010``, ``BIM360``: whole, never stemmed, never "corrected"
"""

import re
import sys
import unicodedata
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

import opencc
import Stemmer

ANALYSER_VERSION = 3

MAX_WORD = 64
"""Longer "words" are not language; they are cut, so that no term outgrows an engine's limit."""

QUERY_STEMMERS = ("en", "fr", "es")
"""A query in Latin letters does not say its language; its stems in each of these are tried."""

MAX_LETTERS = 5
"""How many capitals in a row are an abbreviation: ``MEMS`` is no plural."""

_MARKS = "".join(
    chr(point)
    for point in range(0x300, 0x10000)
    if unicodedata.category(chr(point)) in {"Mn", "Mc"}
)
_JOINERS = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_HAN = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_BODIES = (
    "AASHTO ACI AISC AISI ANSI API AREMA AS ASCE ASHRAE ASME ASTM AWS AWWA BS BSEN CECS CJJ CSA "
    "DIN DL EN GB GBJ GBT GOST IEC IEEE IS ISO ITU JGJ JIS JTG JTJ NB NEN NF NFPA NZS PD PS SNIP "
    "SP SS TB TR TS UNE UNI VDI ГОСТ СП СНИП"
)
"""Bodies whose numbers people write after their name; other codes are found by number alone."""

BODY_WORDS = frozenset(name for body in _BODIES.casefold().split() for name in (body, f"{body}t"))
"""What the name of a body may be found by when it stands in a code: ``GB/T`` is ``gbt``."""

_BODY = rf"(?:{'|'.join(sorted(_BODIES.split(), key=len, reverse=True))})(?:/T)?"
_LETTER = "A-Za-z\u00c0-\u024f\u0400-\u04ff"
_PART = rf"[{_LETTER}]*\d[{_LETTER}\d]*"
_NAME = re.compile(_BODY, re.IGNORECASE)
_GLUED = re.compile(rf"({_BODY})(\d\d.*)", re.IGNORECASE)
_WORD = rf"[^\W_{_HAN}]+(?:[{_MARKS}{_JOINERS}]+[^\W_{_HAN}]*)*"
_PARTED = re.compile(r"([^\W\d]{2,8})(\d+[^\W\d]?)")
"""A code that others write as a word and a number: ``html5`` and HTML 5, ``cs224n`` and CS 224N."""

_TOKEN = re.compile(
    rf"(?P<han>[{_HAN}]+)"
    rf"|(?<![^\W_])(?=[{_LETTER}/\s-]{{0,24}}\d)(?P<code>(?P<bodies>{_BODY}(?:[\s/-]{{1,2}}{_BODY})*[\s-]?)?"
    rf"(?P<number>{_PART}(?:[-‐-–:./]{_PART})*))(?![^\W_{_HAN}])"
    rf"|(?P<word>{_WORD})",
    re.IGNORECASE,
)
_CODELESS = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<word>{_WORD})")
"""The same where no code can be; far quicker, since nothing is looked for ahead of every word."""

_WRITTEN = re.compile(_WORD)
_HAN_CHARACTER = re.compile(f"[{_HAN}]")
_NUMBER = re.compile(r"\d\S*")
_AHEAD = 26
"""A code begins fewer characters than this before its first digit."""

_SWALLOWED = re.compile(rf"\d[^\W_]*[{_MARKS}{_JOINERS}]")
_ARABIC = {
    **dict.fromkeys("أإآٱٲٳ", "ا"),
    **dict.fromkeys("ىیېےۓئ", "ي"),
    **dict.fromkeys("ةۃہۂھە", "ه"),
    "ک": "ك",
    "ڪ": "ك",
    "ؤ": "و",
    "ں": "ن",
}
_LETTERS = str.maketrans({**_ARABIC, "ё": "е", "ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae",
                          "œ": "oe", "ـ": None, "ء": None, **dict.fromkeys(_JOINERS)})  # fmt: skip
_KEPT = {"й"}  # a letter of its own, which the Russian stemmer must see
_STRIPPED = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]"
)
_STEMMERS = {
    "en": Stemmer.Stemmer("english"),
    "fr": Stemmer.Stemmer("french"),
    "es": Stemmer.Stemmer("spanish"),
    "ru": Stemmer.Stemmer("russian"),
    "ar": Stemmer.Stemmer("arabic"),
}
_ARTICLES = re.compile(r"(?:[وفبك]?ال|لل)+(?=\w{3})")
"""Arabic's article, also behind a particle: no stem has it, and a word is found without it too."""

_SIMPLIFIED = opencc.OpenCC("t2s")


FUNCTION_WORDS = frozenset(
    word
    for line in (
        "a an and at by for from how in is of on or the to with",
        "au aux d de des du en et l la le les par pour sur un une",
        "con del e el las los para por una y",
        "в для и из к на о по с у",
        "او علي عن في من اور سي كا كي كو مين پر",
    )
    for word in line.split()
)
"""Folded words that a query names without asking for them."""


_JOINING = re.compile("[的与及]")


class Kind(Enum):
    WORD = auto()
    HAN = auto()
    CODE = auto()


class Token(NamedTuple):
    """One token and its place in the text; a tuple, since every text makes hundreds.

    ``terms`` are what it is found by: one word, one run of characters, or all forms of a code.
    ``asked`` are the terms of a code in full, any of which answers a query; ``words`` are a code's
    parts that are words in their own right.
    """

    kind: Kind
    start: int
    end: int
    terms: tuple[str, ...]
    asked: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a text is found by."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    han: tuple[str, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query; ``prefix`` when it may be unfinished.

    ``stems`` are its stems in each language it may be in, the reader's first; repeats are kept, so
    that the same place in every word of a query is the same language.
    """

    text: str
    stems: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """What a query asks for. One of each of ``codes`` must be met; the rest may be relaxed."""

    words: tuple[Word, ...]
    han: tuple[str, ...]
    codes: tuple[tuple[str, ...], ...]
    locale: str = "en"
    """What the one who asks reads."""

    @property
    def empty(self) -> bool:
        return not (self.words or self.han or self.codes)


def _fold_character(character: str) -> str:
    if character in _KEPT:
        return character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return _STRIPPED.sub("", unicodedata.normalize("NFD", character))


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """One form for every way of writing the same letters; for comparing, never for showing.

    Marks that are vowels or part of a letter (Devanagari, Thai, Hangul) are kept.
    """
    lowered = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    folded = "".join(_fold_character(character) for character in lowered)
    return unicodedata.normalize("NFC", folded)


@lru_cache(maxsize=65_536)
def stem(word: str, language: str) -> str | None:
    """The stem of a folded word, by its script first and its text's language second."""
    first = word[:1]
    if "\u0400" <= first <= "\u052f":
        found = "ru"
    elif "\u0600" <= first <= "\u06ff":
        found = "" if language in {"ur", "fa", "ps", "ug"} else "ar"
    elif first.isascii() and first.isalpha():
        found = language if language in QUERY_STEMMERS else "en"
    else:
        return None
    if found == "ar" and (article := _ARTICLES.match(word)):
        word = word[article.end() :]
    return str(_STEMMERS[found].stemWord(word)) if found else None


def _simplify(run: str) -> str:
    """Traditional characters as simplified ones, character by character of ``run``."""
    normal = unicodedata.normalize("NFC", run)
    if len(normal) != len(run):
        normal = run
    simplified = str(_SIMPLIFIED.convert(normal))
    return simplified if len(simplified) == len(run) else normal


def _code(found: re.Match[str]) -> Token | None:
    """A code with every shorter form it is found by: ``1992``, ``1992-1``, ``en1992-1-1``.

    ``None`` for a bare number such as 12: it is a word like any other.
    """
    number = re.sub("[‐-–]", "-", fold(found["number"]))
    bodies = [fold(name).replace("/", "") for name in _NAME.findall(found["bodies"] or "")]
    glued = _GLUED.fullmatch(number)
    if glued and not bodies:
        bodies, number = [glued[1]], glued[2]
    forms = [form[:MAX_WORD] for form in list(accumulate(re.split("([-:./])", number)))[::2]]
    if bodies and len(number) > 1:
        named = tuple(f"{body}{form}"[:MAX_WORD] for form in forms for body in bodies)
        asked, start = named[-len(bodies) :], found.start()
    elif number.isdecimal():
        return None
    else:
        named, asked, start = (), (forms[-1],), found.start("number")
    parted = _PARTED.fullmatch(number)
    own = (parted[2],) if parted and not parted[2].isdecimal() else ()
    words = (*(body for body in bodies if start == found.start()), forms[0])
    words += (parted[1], *(() if own else (parted[2],))) if parted else ()
    return Token(Kind.CODE, start, found.end(), (*forms, *named, *own), asked, words)


def _word(text: str, start: int, end: int) -> Iterator[Token]:
    folded = fold(text)[:MAX_WORD]
    if folded:
        yield Token(Kind.WORD, start, end, (folded,))


def tokens(text: str) -> Iterator[Token]:
    """The tokens of ``text`` in order, with their places in it as it was given."""
    for found in _matches(text):
        kind = found.lastgroup
        if kind == "word":
            start, end = found.span()
            folded = fold(found[0])[:MAX_WORD]
            if folded:
                yield Token(Kind.WORD, start, end, (folded,))
        elif kind == "han":
            yield Token(Kind.HAN, found.start(), found.end(), (_simplify(found[0]),))
        elif (code := _code(found)) is not None:
            yield code
        else:
            for part in re.finditer(r"[^\W_]+", found[0]):
                offset = found.start()
                yield from _word(part[0], offset + part.start(), offset + part.end())


def _matches(text: str) -> Iterator[re.Match[str]]:
    """What ``_TOKEN`` finds in ``text``, looking for codes around digits only.

    The text is cut at spaces, which are part of nothing but the name of a code before its digits.
    """
    start = end = 0  # of the piece with digits, which grows while the next digit is near
    for number in _NUMBER.finditer(text):
        near = number.start() - _AHEAD
        if near > end:
            yield from _TOKEN.finditer(text, start, end)
            start = text.rfind(" ", end, near) + 1 or end
            yield from _CODELESS.finditer(text, end, start)
        end = number.end()
    yield from _TOKEN.finditer(text, start, end)
    yield from _CODELESS.finditer(text, end)


def written_words(text: str) -> set[str] | None:
    """Every word of ``text`` as it is written, and what only looks like one within a code.

    ``None`` where that cannot be told without taking the text apart.
    """
    return None if _SWALLOWED.search(text) else set(_WRITTEN.findall(text))


def has_digit(text: str) -> bool:
    """Whether there may be a code in ``text``."""
    return _NUMBER.search(text) is not None


def has_han(text: str) -> bool:
    """Whether there are Chinese or Japanese characters in ``text``."""
    return _HAN_CHARACTER.search(text) is not None


def word_spans(text: str, written: Container[str]) -> Iterator[tuple[int, int]]:
    """Where in ``text``, which has no digit, one of the words ``written`` stands."""
    for found in _WRITTEN.finditer(text):
        if found[0] in written:
            yield found.span()


def pairs(run: str) -> tuple[str, ...]:
    """The overlapping pairs of a run of characters; of a single one, itself."""
    return tuple(map("".join, pairwise(run))) or (run,)


def base(language: str) -> str:
    """``zh-Hant`` is ``zh``."""
    return language.partition("-")[0].lower()


def terms(text: str, *, language: str) -> Terms:
    """Everything ``text`` is found by."""
    words: list[str] = []
    stems: list[str] = []
    han: list[str] = []
    codes: list[str] = []
    before = ""
    for token in tokens(text):
        if before and token.terms[0][0].isdecimal() and text[token.start - 1] == " ":
            codes.append(f"{before}{token.terms[0]}"[:MAX_WORD])
        before = _letters(text, token)
        if token.kind is Kind.HAN:
            run = token.terms[0]
            han.extend(run)
            han.extend(pairs(run) if len(run) > 1 else ())
        elif token.kind is Kind.CODE:
            codes.extend(token.terms)
            words.extend(token.words)
        else:
            word = sys.intern(token.terms[0])
            words.append(word)
            if article := _ARTICLES.match(word):
                words.append(word[article.end() :])
            stemmed = stem(word, base(language))
            stems.append(stemmed or word)
    return Terms(tuple(words), tuple(stems), tuple(han), tuple(dict.fromkeys(codes)))


def _letters(text: str, token: Token) -> str:
    """A few capitals, folded, which the number behind them may make a code of: CS 224N."""
    said = text[token.start : token.end]
    short = token.kind is Kind.WORD and 1 < len(said) <= MAX_LETTERS
    return token.terms[0] if short and said.isupper() else ""


def query_terms(text: str, *, locale: str, limit: int = 10) -> QueryTerms:
    """What ``text``, typed by somebody reading ``locale``, asks for; at most ``limit`` words."""
    words: dict[str, Word] = {}
    han: list[str] = []
    codes: list[tuple[str, ...]] = []
    last = None
    for token in tokens(text):
        last = token
        if token.kind is Kind.HAN:
            han.extend(pair for run in _meant(token.terms[0]) for pair in pairs(run))
        elif token.kind is Kind.CODE:
            codes.append(token.asked)
        else:
            word = token.terms[0]
            stems = (word,) if _letters(text, token) else _query_stems(word, locale)
            words[word] = Word(word, stems)
    unfinished = None
    if last and last.kind is Kind.WORD and last.end == len(text):
        unfinished = last.terms[0]
        words[unfinished] = replace(words[unfinished], prefix=len(unfinished) > 1)
    meant = [w for name, w in words.items() if name not in FUNCTION_WORDS or name == unfinished]
    kept = (meant or list(words.values()))[:limit]
    return QueryTerms(
        words=tuple(kept),
        han=tuple(dict.fromkeys(han))[: 4 * limit],
        codes=tuple(dict.fromkeys(codes)),
        locale=locale,
    )


def _meant(run: str) -> list[str]:
    """A query's run without what only joins its words, as in ``桥梁的设计``, if words are left."""
    parts = _JOINING.split(run)
    return parts if min(map(len, parts)) > 1 else [run]


def _query_stems(word: str, locale: str) -> tuple[str, ...]:
    tried = dict.fromkeys((base(locale), *QUERY_STEMMERS))
    stemmed = [stem(word, language) for language in tried]
    return tuple(found for found in stemmed if found)
