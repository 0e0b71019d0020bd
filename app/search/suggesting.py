"""What somebody who has begun to type may mean: words, courses, and values to filter by.

Asks the index what the text finds so far, and reads the suggestions off its hits: how their titles
go on after the letters typed, which courses come first, and what their societies and standards are
called. Values that have a settled name (fields, languages) are looked for by it. Finds nothing that
a search would not, so every suggestion leads somewhere.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from app.search.analyse import FUNCTION_WORDS, Kind, Token, fold, tokens
from app.search.index import Highlight, Hit, Query, Results, SearchIndex
from app.search.naming import Names

MOST_WORDS = 4
MOST_COURSES = 4
MOST_VALUES = 3
_READ = 20
"""How many hits the words are read off."""

_SETTLED = ("field", "language")
_COUNTED = ("society", "standard")
_HAN_AHEAD = 6
"""How many characters beyond those typed a run of Chinese is shown."""


class Means(StrEnum):
    """What a suggestion is."""

    WORDS = "words"  # a text to search for
    COURSE = "course"
    VALUE = "value"  # of a filter


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing that may be meant."""

    means: Means
    text: Highlight
    """What is shown; the ranges are what was typed already."""
    course_id: str | None = None
    facet: str | None = None
    value: str | None = None
    count: int | None = None
    """How many courses a value has."""


def suggest(index: SearchIndex, query: Query, names: Names) -> tuple[Suggestion, ...]:
    """Suggestions for ``query.text``, within its filters; none for an empty text.

    Raises ``SearchUnavailable``.
    """
    if not query.text.strip():
        return ()
    asked = replace(query, page=1, per_page=_READ, facets=_COUNTED, most_values=50)
    results = index.search(asked)
    return (
        *_words(query.text, results.hits),
        *_values(index, query, results, names),
        *_courses(results.hits),
    )


def _courses(hits: Sequence[Hit]) -> Iterator[Suggestion]:
    for hit in hits[:MOST_COURSES]:
        yield Suggestion(Means.COURSE, hit.highlights["title"], course_id=hit.id)


def _words(text: str, hits: Sequence[Hit]) -> Iterator[Suggestion]:
    """How the last word typed goes on in the titles of what was found."""
    typed = list(tokens(text))
    if not typed or typed[-1].end != len(text):
        return
    last = typed[-1]
    before = text[: last.start]
    counts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for hit in hits:
        titles = hit.document["title"].values()
        for longer in dict.fromkeys(each for title in titles for each in _longer(last, title)):
            whole = before + longer
            key = fold(whole)
            if key != fold(text):
                counts[key] += 1
                shown.setdefault(key, whole)
    best = sorted(counts, key=lambda key: (-counts[key], len(key), key))[:MOST_WORDS]
    for key in best:
        yield Suggestion(Means.WORDS, Highlight(shown[key], ((0, len(text)),)))


def _longer(last: Token, title: str) -> Iterator[str]:
    """The words of ``title`` that begin like ``last``, alone and with the word after them."""
    found = list(tokens(title))
    for position, token in enumerate(found):
        if token.kind is not last.kind or last.kind is Kind.CODE:
            continue
        if token.kind is Kind.HAN:
            at = token.terms[0].find(last.terms[0])
            if at >= 0:
                end = at + len(last.terms[0]) + _HAN_AHEAD
                yield title[token.start + at : min(token.end, token.start + end)]
        elif token.terms[0].startswith(last.terms[0]):
            yield _plain(title[token.start : token.end])
            after = found[position + 1 : position + 2]
            if after and _goes_on(title[token.end : after[0].start], after[0]):
                yield _plain(title[token.start : after[0].end])


def _goes_on(between: str, after: Token) -> bool:
    return between == " " and after.kind is Kind.WORD and after.terms[0] not in FUNCTION_WORDS


def _plain(words: str) -> str:
    """Words as one types them: capitals only where a word is more than capitalised."""
    return " ".join(
        word.lower() if word[1:] == word[1:].lower() else word for word in words.split(" ")
    )


def _values(
    index: SearchIndex, query: Query, results: Results, names: Names
) -> Iterator[Suggestion]:
    """Values whose name has a word that begins with the text, most courses first."""
    text, locale = fold(query.text.strip()), query.locale
    named = [
        Suggestion(Means.VALUE, Highlight(name, span), facet=facet, value=each.value,
                   count=each.count)
        for facet in _COUNTED
        for each in results.facets[facet]
        if (name := names.of(facet, each.value, locale=locale)) and (span := _begins(name, text))
    ]  # fmt: skip
    for facet in _SETTLED:
        for value, name in names.known(facet, locale=locale).items():
            if len(named) < 2 * MOST_VALUES and (span := _begins(name, text)):
                narrowed = replace(query, text="", filters={**query.filters, facet: (value,)})
                count = index.search(replace(narrowed, per_page=1, facets=())).total
                if count:
                    named.append(
                        Suggestion(Means.VALUE, Highlight(name, span), facet=facet, value=value,
                                   count=count)
                    )  # fmt: skip
    chosen = {(facet, value) for facet, values in query.filters.items() for value in values}
    offered = [each for each in named if (each.facet, each.value) not in chosen]
    yield from sorted(offered, key=lambda each: -(each.count or 0))[:MOST_VALUES]


def _begins(name: str, folded: str) -> tuple[tuple[int, int], ...]:
    """Where ``name`` has words that begin with the folded text; empty when nowhere."""
    for token in tokens(name):
        rest = fold(name[token.start :])
        if rest.startswith(folded):
            return ((token.start, min(len(name), token.start + len(folded))),)
        if token.kind is Kind.HAN and folded in rest:
            at = token.start + rest.index(folded)
            return ((at, min(len(name), at + len(folded))),)
    return ()
