"""What else a query may mean: the field's abbreviations, and its words in other languages.

Pure. A query's words and characters are taken apart into parts; a part that is a form of one of
the groups of ``synonyms.toml`` may be met by any other form of it. Engines put that as weighted
alternatives when a query is asked, so nothing is indexed for it and what stands as typed ranks
above what only means the same. Codes are never taken for anything else.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from app.search.analyse import QUERY_STEMMERS, QueryTerms, Word, base, query_terms, stem

PLACE = Path(__file__).with_name("synonyms.toml")
LANGUAGES = ("en", "zh", "ru", "ar", "ur", "es", "fr")
MOST_FORMS = 40
"""How many forms a group may have: each is looked for in the index whenever the group is asked."""

_STEMMED = ("ru", "ar", *QUERY_STEMMERS)


@dataclass(frozen=True, slots=True)
class Form:
    """One way of saying what a group means, as terms of which all must be met.

    ``stems`` are the same words stemmed, in the form's language and as in an English text, which
    is what a text of unknown language is taken for; an abbreviation and characters have none.
    ``sought`` is false of what is understood in a query but never looked for in its stead.
    """

    text: str
    language: str
    words: tuple[str, ...]
    stems: tuple[tuple[str, ...], ...]
    han: tuple[str, ...]
    sought: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    forms: tuple[Form, ...]

    @property
    def sought(self) -> tuple[Form, ...]:
        """The forms to look for."""
        return tuple(form for form in self.forms if form.sought)


@dataclass(frozen=True, slots=True)
class Part:
    """Words, or pairs of characters, that stand together in a query, and the group they mean.

    A last word that is a form as it stands is whole, and no beginning of ``feature`` any more.

    ``bridge`` is a pair of characters of which one belongs to a group's form and the other does
    not: it says how two parts stand together, and no other language has anything like it.
    """

    words: tuple[Word, ...] = ()
    han: tuple[str, ...] = ()
    group: Group | None = None
    bridge: bool = False


@dataclass(frozen=True, slots=True)
class _Known:
    """The groups by what a query has of them."""

    words: Mapping[tuple[str, ...], Group]
    stems: Mapping[tuple[str, tuple[str, ...]], Group]
    han: Mapping[tuple[str, ...], Group]
    longest: int


def parts(terms: QueryTerms) -> tuple[Part, ...]:
    """All of ``terms`` but its codes, in order; the longest form that fits is taken first."""
    known = _known()
    return (*_han_parts(terms.han, known), *_word_parts(terms.words, known, terms.locale))


def _word_parts(words: Sequence[Word], known: _Known, locale: str) -> Iterator[Part]:
    languages = tuple(dict.fromkeys((base(locale), *_STEMMED)))
    at = 0
    while at < len(words):
        for length in range(min(known.longest, len(words) - at), 0, -1):
            taken = tuple(words[at : at + length])
            said = tuple(word.text for word in taken)
            group = _meant(said, known, languages)
            if group or length == 1:
                whole = said in known.words
                yield Part(
                    tuple(replace(w, prefix=False) for w in taken) if whole else taken, group=group
                )
                at += length
                break


def _meant(said: tuple[str, ...], known: _Known, languages: Sequence[str]) -> Group | None:
    if group := known.words.get(said):
        return group
    for language in languages:
        if group := known.stems.get((language, _stems(said, language))):
            return group
    return None


def _han_parts(pairs: Sequence[str], known: _Known) -> Iterator[Part]:
    found: list[Part] = []
    at = 0
    while at < len(pairs):
        for length in range(min(known.longest, len(pairs) - at), 0, -1):
            taken = tuple(pairs[at : at + length])
            group = known.han.get(taken)
            if group or length == 1:
                found.append(Part(han=taken, group=group))
                at += length
                break
    for place, part in enumerate(found):
        before, after = found[place - 1 : place], found[place + 1 : place + 2]
        bridge = part.group is None and (
            any(one.group and one.han[-1][-1] == part.han[0][0] for one in before)
            or any(one.group and one.han[0][0] == part.han[0][-1] for one in after)
        )
        yield Part(han=part.han, group=part.group, bridge=bridge)


def _stems(words: Sequence[str], language: str) -> tuple[str, ...]:
    return tuple(stem(word, language) or word for word in words)


@lru_cache(maxsize=1)
def groups() -> tuple[Group, ...]:
    """All of them, as the data has them."""
    listed: Mapping[str, Mapping[str, str]] = tomllib.loads(PLACE.read_text("utf-8"))["groups"]
    return tuple(
        Group(name, tuple(_distinct(said for one in texts.items() for said in _forms(*one))))
        for name, texts in listed.items()
    )


def _forms(language: str, texts: str) -> Iterator[Form]:
    for written in texts.split(", "):
        text = written.removesuffix("?")
        terms = query_terms(f"{text} ", locale=language)
        words = tuple(word.text for word in terms.words)
        plain = bool(words) and not text.isupper()
        stems = (_stems(words, language), _stems(words, "en")) if plain else ()
        yield Form(text, language, words, tuple(dict.fromkeys(stems)), terms.han, text == written)


def _distinct(forms: Iterator[Form]) -> Iterator[Form]:
    """Without those that are found by the terms of another: ``robotics`` in French, say."""
    seen = set()
    for form in forms:
        key = (form.stems[:1] or form.words, form.han)
        if key not in seen:
            seen.add(key)
            yield form


@lru_cache(maxsize=1)
def _known() -> _Known:
    words: dict[tuple[str, ...], Group] = {}
    stems: dict[tuple[str, tuple[str, ...]], Group] = {}
    han: dict[tuple[str, ...], Group] = {}
    for group in groups():
        for form in group.forms:
            if form.han:
                han[form.han] = group
                continue
            words[form.words] = group
            if form.stems:
                stems[form.language, form.stems[0]] = group
    longest = max(len(key) for key in (*words, *han))
    return _Known(words, stems, han, longest)
