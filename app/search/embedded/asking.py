"""A query in the embedded engine's own terms: its stages, its filters, its orders.

Each stage asks for less than the one before; the first that finds enough answers, so that a good
match is never drowned by poor ones and a misspelt query is not answered with nothing:

1. every word, as it stands, by its stem, (the last one) by its beginning, or by a synonym
2. every word, or one that differs from it by a typing error
3. any word

Codes must be met in every stage. Synonyms weigh less than what stands as it was typed. Typing
errors are found by listing the vocabulary that shares the first letter and measuring it ourselves,
some ten times faster than the engine's fuzzy query.
"""

from collections.abc import Iterator, Mapping, Sequence

import tantivy
from tantivy import Occur

from app.search import conditions
from app.search.analyse import QueryTerms, Word
from app.search.embedded.fields import SCHEMA
from app.search.embedded.vocabulary import Vocabulary
from app.search.highlight import typos_allowed, typos_among
from app.search.index import Query, Sort
from app.search.synonyms import Form, Part, parts

ORDERS: Mapping[Sort, tuple[str, tantivy.Order]] = {
    Sort.SOONEST: ("soonest", tantivy.Order.Asc),
    Sort.NEWEST: ("newest", tantivy.Order.Desc),
    Sort.CHANGED: ("changed", tantivy.Order.Desc),
    Sort.TITLE: ("title_key", tantivy.Order.Asc),
}
BROWSE = ("rank", tantivy.Order.Desc)
"""Without a text: the best described first, then the latest changed."""

WORD_FIELDS = (("title", 4.0), ("body", 0.4))
STEM_FIELDS = (("title_stems", 3.0), ("body_stems", 0.3))
SYNONYM_FIELDS = (("title", "title_stems", 6.0), ("body", "body_stems", 0.4))
MAX_EXPANSIONS = 50
ENOUGH = 10
"""With fewer hits than this, words that differ by a typing error are looked for too."""


def filters(query: Query, *, without: str = "") -> list[tantivy.Query]:
    """What must hold beside the text, except the filter ``without``; never scores."""
    found = [
        tantivy.Query.term_set_query(SCHEMA, name, list(values))
        for name, values in conditions.words(query, without=without).items()
    ]
    found += [
        tantivy.Query.range_query(SCHEMA, name, tantivy.FieldType.Integer, least, most)
        for name, (least, most) in conditions.spans(query).items()
    ]
    return [tantivy.Query.const_score_query(each, 0.0) for each in found]


def order(query: Query, *, browsing: bool) -> tuple[str, tantivy.Order] | None:
    """The field that hits are ordered by; ``None`` for their relevance."""
    if query.walk is not None:
        return "walk", tantivy.Order.Asc
    return ORDERS.get(query.sort) or (BROWSE if browsing else None)


def all_of(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    if not queries:
        return tantivy.Query.all_query()
    return tantivy.Query.boolean_query([(Occur.Must, query) for query in queries])


def any_of(queries: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(Occur.Should, query) for query in queries])


def stages(terms: QueryTerms, vocabulary: Vocabulary) -> Iterator[tuple[tantivy.Query, bool, int]]:
    """The queries to try in turn; of each whether any word is enough, and how many hits are.

    The second finds all that the first does, so it may take over when that is little.
    """
    codes = [
        tantivy.Query.const_score_query(
            tantivy.Query.term_set_query(SCHEMA, "codes", list(alternatives)), 1.0
        )
        for alternatives in terms.codes
    ]
    asked = parts(terms)
    forgiving = any(typos_allowed(word.text) for word in terms.words)
    exact = [
        _met(part, [any_of(_exact(word, vocabulary)) for word in part.words]) for part in asked
    ]
    yield _every(asked, codes, exact), False, ENOUGH if forgiving else 1
    if forgiving:
        loose = [_met(part, [_forgiven(word, vocabulary) for word in part.words]) for part in asked]
        yield _every(asked, codes, loose), False, 1
    if len(terms.han) + len(terms.words) > 1:
        each = [_forgiven(word, vocabulary) for word in terms.words]
        each += [any_of(_terms(WORD_FIELDS, pair)) for pair in terms.han]
        each += [one for part in asked for one in _synonyms(part)]
        yield all_of([*codes, any_of(each)]), True, 1


def _every(
    asked: Sequence[Part], codes: Sequence[tantivy.Query], met: Sequence[tantivy.Query]
) -> tantivy.Query:
    """All codes and parts; what only joins two parts is worth something, but no must."""
    found = [(Occur.Must, code) for code in codes]
    found += [
        (Occur.Should if part.bridge else Occur.Must, query)
        for part, query in zip(asked, met, strict=True)
    ]
    return tantivy.Query.boolean_query(found) if found else tantivy.Query.all_query()


def _met(part: Part, words: Sequence[tantivy.Query]) -> tantivy.Query:
    """A part as it stands, by its words' queries, or by a synonym."""
    itself = [*words, *(any_of(_terms(WORD_FIELDS, pair)) for pair in part.han)]
    whole = itself[0] if len(itself) == 1 else all_of(itself)
    synonyms = _synonyms(part)
    return any_of([whole, *synonyms]) if synonyms else whole


def _synonyms(part: Part) -> list[tantivy.Query]:
    """A query for any other form of what the part means, in the title and in the body.

    All weigh the same, whatever the language and however rare the word; a part of two words, when
    met, weighs as two.
    """
    if part.group is None:
        return []
    said = tuple(word.text for word in part.words)
    forms = [one for one in part.group.sought if (one.words, one.han) != (said, part.han)]
    length = len(part.words) or len(part.han)
    return [
        tantivy.Query.const_score_query(any_of(_formed(forms, words, stems)), weight * length)
        for words, stems, weight in SYNONYM_FIELDS
    ]


def _formed(forms: Sequence[Form], words: str, stems: str) -> list[tantivy.Query]:
    """What forms are found by: words as stems, abbreviations and characters as they stand."""
    single: dict[str, set[str]] = {words: set(), stems: set()}
    found = []
    for form in forms:
        for terms in form.stems or ((*form.words, *form.han),):
            field = stems if form.stems else words
            if len(terms) == 1:
                single[field].add(terms[0])
            else:
                found.append(
                    all_of([tantivy.Query.term_query(SCHEMA, field, term) for term in terms])
                )
    return found + [
        tantivy.Query.term_set_query(SCHEMA, field, sorted(terms))
        for field, terms in single.items()
        if terms
    ]


def _forgiven(word: Word, vocabulary: Vocabulary) -> tantivy.Query:
    return any_of([*_exact(word, vocabulary), *_typos(word, vocabulary)])


def _terms(fields: Sequence[tuple[str, float]], term: str) -> list[tantivy.Query]:
    return [
        tantivy.Query.boost_query(tantivy.Query.term_query(SCHEMA, name, term), weight)
        for name, weight in fields
    ]


def _exact(word: Word, vocabulary: Vocabulary) -> list[tantivy.Query]:
    found = _terms(WORD_FIELDS, word.text)
    for stem in dict.fromkeys(word.stems):
        found += _terms(STEM_FIELDS, stem)
    if word.prefix:
        for name, weight in WORD_FIELDS:
            longer = vocabulary.some(name, word.text, most=MAX_EXPANSIONS)
            found += _expanded(name, longer, weight / 2)
    return found


def _typos(word: Word, vocabulary: Vocabulary) -> list[tantivy.Query]:
    found: list[tantivy.Query] = []
    for fields, asked in ((WORD_FIELDS, (word.text,)), (STEM_FIELDS, word.stems)):
        for name, weight in fields:
            near: dict[str, int] = {}
            for text in filter(typos_allowed, dict.fromkeys(asked)):
                counts = vocabulary.all(name, text[0])
                near |= {term: counts[term] for term in typos_among(list(counts), asked=text)}
            common = sorted(near, key=lambda term: -near[term])[:MAX_EXPANSIONS]
            found += _expanded(name, common, weight / 4)
    return found


def _expanded(name: str, terms: Sequence[str], weight: float) -> list[tantivy.Query]:
    if not terms:
        return []
    query = tantivy.Query.term_set_query(SCHEMA, name, list(terms))
    return [tantivy.Query.const_score_query(query, weight)]
