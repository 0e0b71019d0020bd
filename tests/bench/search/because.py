"""Why one engine finds a course that the other does not: read off the words the course has.

The reasons are the differences that the engines are known to have; each is looked for in the course
itself. Nothing is explained by a reason that the course does not show.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from app.search import Document, Sort
from app.search.analyse import QueryTerms, Word
from app.search.searchable import Searchable

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
                Sort.RELEVANCE: (found.quality, found.modified),
            },
        )

    def key(self, sort: Sort) -> object:
        """What it is ordered by."""
        return self.numbers[sort]


REASONS = {
    "misspelt": "have a word only misspelt: Meilisearch counts those beside exact hits",
    "far": "have a word with another first letter: Meilisearch alone forgives it",
    "joined": "have two words for one or one for two: Meilisearch joins and parts words",
    "stem": "have stems of different languages, which Meilisearch asks for together",
    "ignored": f"lack a pair of characters after the {MEILISEARCH_WORDS}th word, not read there",
    "begins": "have a longer word: the embedded index tries the fifty most frequent alone",
    "some": "have some of the words: which ones, the engines choose differently when none has all",
}
"""The known differences, the more particular before the more common."""


def reason(terms: QueryTerms, held: Held, *, loose: bool) -> str | None:
    """Why engines may differ about this course; ``None`` when it shows no reason."""
    kinds = {_met(word, held) for word in terms.words}
    if not held.han.issuperset(terms.han):
        kinds.add("lacking")
        if len(terms.han) + len(terms.words) > MEILISEARCH_WORDS:
            kinds.add("ignored")
    if loose and "lacking" in kinds:
        kinds.add("some")
    return next((text for kind, text in REASONS.items() if kind in kinds), None)


def _met(word: Word, held: Held) -> str:
    if word.text in held.words:
        return "exact"
    if held.stems.intersection(word.stems) or held.words.intersection(word.stems):
        return "stem"
    if word.prefix and any(each.startswith(word.text) for each in held.words):
        return "begins"
    kinds = set(_near(word.text, held.words, unfinished=word.prefix))
    return next((kind for kind in ("misspelt", "far", "joined") if kind in kinds), "lacking")


def _near(asked: str, words: Collection[str], *, unfinished: bool) -> Iterator[str]:
    allowed = 0 if len(asked) < 5 else 1 if len(asked) < 9 else 2
    for word in words:
        begin = word[: len(asked) + allowed] if unfinished else word
        if allowed and OSA.distance(begin[: len(asked) + 2], asked, score_cutoff=2) <= allowed:
            yield "misspelt" if word[:1] == asked[:1] else "far"
        if len(word) > 2 and asked.startswith(word) and asked[len(word) :] in words:
            yield "joined"
