"""Why one engine finds a course that the other does not: read off the words the course has.

The reasons are the differences that the engines are known to have; each is looked for in the course
itself. Nothing is explained by a reason that the course does not show.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import OSA

from app.search import Document, Sort
from app.search.analyse import QueryTerms, Word
from app.search.searchable import Searchable
from app.search.synonyms import Form, parts

MEILISEARCH_WORDS = 10
"""How many words of a query Meilisearch reads; runs of Chinese have one for each pair."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a course has of what it is asked for."""

    title: str
    words: frozenset[str]
    stems: frozenset[str]
    han: frozenset[str]
    numbers: dict[str, object]

    @classmethod
    def of(cls, document: Document, found: Searchable) -> "Held":
        return cls(
            title=next(iter(document["title"].values()), ""),
            words=frozenset((*found.title.words, *found.body.words)),
            stems=frozenset((*found.title.stems, *found.body.stems)),
            han=frozenset((*found.title.han, *found.body.han)),
            numbers={
                Sort.SOONEST: found.next_run,
                Sort.NEWEST: found.added,
                Sort.CHANGED: found.modified,
                Sort.TITLE: found.title_key,
                Sort.CREDITS: tuple(found.most.items()),
                Sort.RELEVANCE: found.rank,
            },
        )

    def key(self, sort: Sort) -> object:
        """What it is ordered by."""
        return self.numbers[sort]


REASONS = {
    "misspelt": "have a word only misspelt: Meilisearch counts those beside exact hits, the "
    "embedded index only where exact hits are few",
    "far": "have a word with another first letter: Meilisearch alone forgives it",
    "joined": "have two words for one or one for two: Meilisearch joins and parts words",
    "parted": "have a word of two scripts, which Meilisearch parts",
    "stem": "have stems of different languages, which Meilisearch asks for together",
    "meant": "have another form of what is meant: in Meilisearch its words stand side by side, in "
    "the embedded index in one field",
    "bridge": "lack what joins two parts of a Chinese query, which the embedded index can spare",
    "ignored": f"lack a pair of characters after the {MEILISEARCH_WORDS}th word, not read there",
    "begins": "have a longer word: the embedded index tries the fifty most frequent alone",
    "some": "have some of the words: which ones, the engines choose differently when none has all",
}
"""The known differences, the more particular before the more common."""


def reason(terms: QueryTerms, held: Held, *, loose: bool) -> str | None:
    """Why engines may differ about this course; ``None`` when it shows no reason."""
    said = [word.text for word in terms.words]
    kinds = {
        "joined"
        for first, second in pairwise(said)
        if any(OSA.distance(first + second, w, score_cutoff=1) <= 1 for w in held.words)
    }
    for part in parts(terms):
        kinds_here = {_met(word, held) for word in part.words}
        if not held.han.issuperset(part.han):
            kinds_here.add("bridge" if part.bridge else "lacking")
        if "lacking" in kinds_here and part.group and any(_said(f, held) for f in part.group.forms):
            kinds_here.add("meant")
        kinds |= kinds_here
    if "lacking" in kinds and any(_mixed(word) for word in held.words):
        kinds.add("parted")
    if "lacking" in kinds:
        kinds.add("some" if loose else "")
        kinds.add("ignored" if len(terms.han) + len(terms.words) > MEILISEARCH_WORDS else "")
    return next((text for kind, text in REASONS.items() if kind in kinds), None)


def _mixed(word: str) -> bool:
    """Whether a word has Latin letters and others."""
    letters = [character for character in word if character.isalpha()]
    return len({character.isascii() for character in letters}) > 1


def _said(form: Form, held: Held) -> bool:
    """Whether all of a form stands somewhere in the course."""
    known = held.words | held.stems
    return held.han.issuperset(form.han) and any(
        known.issuperset(words) for words in (form.words, *form.stems)
    )


def _met(word: Word, held: Held) -> str:
    if word.text in held.words:
        return "exact"
    if held.stems.intersection(word.stems) or held.words.intersection(word.stems):
        return "stem"
    if word.prefix and any(each.startswith(word.text) for each in held.words):
        return "begins"
    known = held.words | held.stems
    kinds = {
        kind
        for text in dict.fromkeys((word.text, *word.stems))
        for kind in _near(text, known, unfinished=word.prefix)
    }
    return next((kind for kind in ("misspelt", "far", "joined") if kind in kinds), "lacking")


def _near(asked: str, words: Collection[str], *, unfinished: bool) -> Iterator[str]:
    allowed = 0 if len(asked) < 5 else 1 if len(asked) < 9 else 2
    for word in words:
        begins = {word[: len(asked) + more] for more in range(-allowed, allowed + 1)}
        forms = begins if unfinished else {word}
        if allowed and any(OSA.distance(f, asked, score_cutoff=allowed) <= allowed for f in forms):
            yield "misspelt" if word[:1] == asked[:1] else "far"
        if asked.startswith(word) and asked[len(word) :] in words:
            yield "joined"
