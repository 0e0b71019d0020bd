"""Where a text matches a query, as character ranges, and the piece of a long text worth showing.

Our own analyser finds the matches, so both engines highlight alike: inflections, traditional
characters and codes too, which an engine's own highlighter does not see. Pure; never makes HTML:
the texts come from other people's feeds, and only a page knows how to escape them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.search.analyse import (
    BODY_WORDS,
    MAX_WORD,
    Kind,
    QueryTerms,
    Token,
    base,
    fold,
    has_digit,
    has_han,
    stem,
    tokens,
    word_spans,
    written_words,
)
from app.search.index import Document, Highlight
from app.search.synonyms import Group, parts

SNIPPET = 240
"""How many characters of a course's text a hit shows."""

_LEAD = 60
"""How much of the text stands before the first match."""

READ = 2_000
"""How far into a description matches are looked for."""


def typos_allowed(word: str) -> int:
    """How many letters of a word may be wrong: none in short ones, none where digits are."""
    if len(word) < 5 or any(character.isdigit() for character in word):
        return 0
    return 1 if len(word) < 9 else 2


def is_typo_of(word: str, *, asked: str) -> bool:
    """Whether ``word`` may be what somebody who typed ``asked`` meant; both folded.

    The first letter must be right: people seldom miss it, and it keeps the candidates few.
    """
    allowed = typos_allowed(asked)
    if not allowed or word[:1] != asked[:1] or abs(len(word) - len(asked)) > allowed:
        return False
    return bool(OSA.distance(word, asked, score_cutoff=allowed) <= allowed)


def typos_among(words: Sequence[str], *, asked: str) -> list[str]:
    """Those of ``words`` of which ``is_typo_of`` holds; thousands of them in a millisecond."""
    allowed = typos_allowed(asked)
    if not allowed:
        return []
    near = process.extract(asked, words, scorer=OSA.distance, score_cutoff=allowed, limit=None)
    return [word for word, _, _ in near if word[0] == asked[0]]


def teaching_language(document: Document) -> str:
    """The one language a course is given in, which its texts of unknown language may well be in."""
    spoken = document["language"]
    return base(spoken[0]) if len(spoken) == 1 else "und"


def languages(texts: Mapping[str, str], *, locale: str) -> list[str]:
    """The languages of ``texts``, the reader's own first, then English, then as they come."""

    def rank(language: str) -> tuple[bool, bool, bool]:
        return (
            language.lower() != locale.lower(),
            base(language) != base(locale),
            base(language) != "en",
        )

    return sorted(texts, key=rank)


class _Words:
    """What is known so far of a language's words, as they are written: met, or not."""

    def __init__(self) -> None:
        self.met: set[str] = set()
        self.known: set[str] = set()


class Highlighter:
    """Finds one query's matches in many texts; remembers what it has found out of each word.

    Most texts of a page match nowhere, or late. So a text is not taken apart before one of its
    words, as they are written, is known to match: looking for that costs a tenth.
    """

    def __init__(self, terms: QueryTerms, *, locale: str, synonyms: bool = True) -> None:
        self._terms = terms
        self._locale = locale
        self._words = {word.text for word in terms.words}
        self._stems = {found for word in terms.words for found in word.stems}
        self._prefixes = tuple(word.text for word in terms.words if word.prefix)
        self._han = set(terms.han)
        self._codes = {code for alternatives in terms.codes for code in alternatives}
        self._forgiven: dict[str, list[str]] = {}
        for asked in self._words:
            if typos_allowed(asked):
                self._forgiven.setdefault(asked[0], []).append(asked)
        self._written: dict[str, _Words] = {}
        groups = {part.group.name: part.group for part in parts(terms) if part.group}
        self._means_more = synonyms and bool(groups)
        self._add_synonyms(groups.values() if synonyms else ())
        self._in_codes = bool(self._codes) or any(
            word in BODY_WORDS or has_digit(word) for word in self._words
        )

    def _add_synonyms(self, groups: Iterable[Group]) -> None:
        """Mark what only means the same too, though none of it is forgiven a typing error."""
        for group in groups:
            for form in group.sought:
                self._han.update(form.han)
                self._stems.update(each for stems in form.stems for each in stems)
                self._words.update(() if form.stems else form.words)

    def ranges(
        self, text: str, *, language: str, reach: int | None = None
    ) -> tuple[tuple[int, int], ...]:
        """The matches in ``text``, in order, not touching each other.

        With ``reach``, only those that begin within so many characters of the first one.
        """
        if not (self._words or self._han or self._codes):
            return ()
        spans = self._places(text, base(language))
        return tuple(_joined(_near_first(spans, reach) if reach else spans))

    def _places(self, text: str, language: str) -> Iterable[tuple[int, int]]:
        """The places of matches in ``text``, in order."""
        digits = has_digit(text)
        if (self._han and has_han(text)) or (digits and self._in_codes):
            return self._spans(tokens(text), language)
        written = written_words(text)
        if written is None:
            return self._spans(tokens(text), language)
        met = self._met(written, language)
        if met.isdisjoint(written):
            return ()
        return self._spans(tokens(text), language) if digits else word_spans(text, met)

    def _met(self, written: set[str], language: str) -> set[str]:
        """The words that match, of all that were seen in that language."""
        words = self._written.setdefault(language, _Words())
        new = written - words.known
        words.known |= new
        for word in new:
            folded = fold(word)[:MAX_WORD]
            if folded and self._matches(folded, language):
                words.met.add(word)
        return words.met

    def _spans(self, found: Iterable[Token], language: str) -> Iterator[tuple[int, int]]:
        for token in found:
            if token.kind is Kind.HAN:
                yield from self._han_spans(token)
            elif token.kind is Kind.CODE:
                if not self._codes.isdisjoint(token.terms) or not self._words.isdisjoint(
                    token.words
                ):
                    yield token.start, token.end
            elif self._matches(token.terms[0], language):
                yield token.start, token.end

    def _han_spans(self, token: Token) -> Iterator[tuple[int, int]]:
        run = token.terms[0]
        for index, character in enumerate(run):
            if character in self._han:
                yield token.start + index, token.start + index + 1
            if run[index : index + 2] in self._han:
                yield token.start + index, min(token.start + index + 2, token.end)

    def _matches(self, word: str, language: str) -> bool:
        return (
            word in self._words
            or word.startswith(self._prefixes)
            or (stem(word, language) or word) in self._stems
            or (
                word[0] in self._forgiven
                and any(is_typo_of(word, asked=asked) for asked in self._forgiven[word[0]])
            )
        )

    def title(self, document: Document) -> Highlight:
        """The title in the reader's language, or in the first language that matches."""
        spoken = teaching_language(document)
        return self._best(document["title"], spoken, limit=None) or Highlight("")

    def summary(self, document: Document) -> Highlight | None:
        """The piece of the summary, else of the description, that shows the match best."""
        first, spoken = None, teaching_language(document)
        for texts in (document["summary"], document["description"]):
            found = self._best(texts, spoken, limit=READ)
            if found and found.ranges:
                return snippet(found)
            first = first or found
        return snippet(first) if first else None

    def _best(
        self, texts: Mapping[str, str], spoken: str, *, limit: int | None
    ) -> Highlight | None:
        first = None
        for language in self._in_turn(texts):
            text = texts[language][:limit]
            read = spoken if language == "und" else language
            ranges = self.ranges(text, language=read, reach=limit and SNIPPET)
            found = Highlight(text, ranges, language)
            if found.ranges:
                return found
            first = first or found
        return first

    def _in_turn(self, texts: Mapping[str, str]) -> list[str]:
        """The languages of ``texts``: those that have what was typed, before what means the same.

        Somebody who types 桥 on an English page reads Chinese.
        """
        found = languages(texts, locale=self._locale)
        if len(found) < 2 or not self._means_more:
            return found
        return sorted(
            found, key=lambda one: not self._literal.ranges(texts[one][:READ], language=one)
        )

    @cached_property
    def _literal(self) -> "Highlighter":
        return Highlighter(self._terms, locale=self._locale, synonyms=False)

    def all(self, document: Document) -> dict[str, Highlight]:
        """What a hit shows."""
        summary = self.summary(document)
        return {"title": self.title(document)} | ({"summary": summary} if summary else {})


def _near_first(spans: Iterable[tuple[int, int]], reach: int) -> Iterator[tuple[int, int]]:
    """Most matches of a long text lie outside the piece that is shown; reading on is wasted."""
    end: int | None = None
    for span in spans:
        end = span[0] + reach if end is None else end
        if span[0] > end:
            return
        yield span


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    current = None
    for start, end in spans:
        if current and start <= current[1]:
            current = (current[0], max(current[1], end))
            continue
        if current:
            yield current
        current = (start, end)
    if current:
        yield current


def snippet(whole: Highlight) -> Highlight:
    """At most ``SNIPPET`` characters around the first match, cut between words."""
    text = whole.text
    if len(text) <= SNIPPET:
        return whole
    first = whole.ranges[0][0] if whole.ranges else 0
    start = 0 if first < SNIPPET - _LEAD else first - _LEAD
    if start:
        space = text.find(" ", start, first)
        start = space + 1 if space >= 0 else start
    end = min(len(text), start + SNIPPET)
    if end < len(text):
        space = text.rfind(" ", start + SNIPPET // 2, end)
        end = space if space >= 0 else end
    before, after = "…" if start else "", "…" if end < len(text) else ""
    moved = len(before) - start
    kept = tuple(
        (max(a, start) + moved, min(b, end) + moved)
        for a, b in whole.ranges
        if a < end and b > start
    )
    return Highlight(before + text[start:end] + after, kept, whole.language)
