import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.analyse import Kind, QueryTerms, Token, base, query_terms, stem, tokens
from app.search.highlight import (
    SNIPPET,
    Highlighter,
    is_typo_of,
    languages,
    snippet,
    typos_among,
)
from app.search.index import Highlight
from app.search.synonyms import parts


def _highlighter(text: str, locale: str = "en") -> Highlighter:
    return Highlighter(query_terms(text, locale=locale), locale=locale)


def _marked(query: str, text: str, language: str = "en") -> list[str]:
    return [text[a:b] for a, b in _highlighter(query).ranges(text, language=language)]


@pytest.mark.parametrize(
    ("query", "text", "language", "wanted"),
    [
        ("bridges", "A <b>bridge</b> & bridging", "en", ["bridge", "bridging"]),
        ("EN 1992-1-1", "to EN 1992-1-1:2004, not EN 1993-1-1", "en", ["EN 1992-1-1:2004"]),
        ("設計", "桥梁设计方法", "zh", ["设计"]),
        ("桥梁设计", "混凝土桥梁设计", "zh", ["桥梁设计"]),
        ("الجسور", "تصميم الجُسور", "ar", ["الجُسور"]),
        ("resume ", "Résumé", "fr", ["Résumé"]),
        ("tunn", "Tunnelling", "en", ["Tunnelling"]),
        ("conection", "connections of steel", "en", ["connections"]),
        ("", "anything", "en", []),
    ],
)
def test_matches_are_ranges_of_the_text_as_given(
    query: str, text: str, language: str, wanted: list[str]
) -> None:
    assert _marked(query, text, language) == wanted


def test_short_words_and_numbers_have_no_typing_errors() -> None:
    assert is_typo_of("bridge", asked="brigde")
    assert not is_typo_of("steal", asked="stele2")
    assert not is_typo_of("dam", asked="dan")
    assert not is_typo_of("50011", asked="50010")
    assert not is_typo_of("ridge", asked="bridge")
    assert is_typo_of("foundation", asked="fuondatoin")


def test_a_snippet_is_cut_between_words_around_the_first_match() -> None:
    text = "word " * 200 + "bridge " + "word " * 200
    whole = Highlight(text, _highlighter("bridge ").ranges(text, language="en"), "en")
    cut = snippet(whole)
    assert len(cut.text) <= SNIPPET + 2
    assert cut.text.startswith("…word")
    assert cut.text.endswith("word…")
    assert [cut.text[a:b] for a, b in cut.ranges] == ["bridge"]


@given(st.text(max_size=900), st.text(max_size=20))
def test_ranges_of_any_snippet_lie_in_order_inside_it(text: str, asked: str) -> None:
    whole = Highlight(text, _highlighter(asked).ranges(text, language="und"))
    for shown in (whole, snippet(whole)):
        end = -1
        for start, stop in shown.ranges:
            assert end < start < stop <= len(shown.text)
            end = stop


def test_the_readers_language_comes_first_then_english() -> None:
    texts = {"fr": "", "zh-Hant": "", "en": "", "zh": ""}
    assert languages(texts, locale="zh")[:2] == ["zh", "zh-Hant"]
    assert languages(texts, locale="ur")[0] == "en"
    assert languages({}, locale="en") == []


_PIECES = st.lists(
    st.sampled_from(
        [*"aé٣4_-/.:", " ", "\n", "\u0301", "\u200d", "bridge", "Bridges", "brigde", "ISO", "iso",
         "GB/T ", "EN 1992-1-1", "BIM360", "桥梁设计", "設計", "الجسور", "جسر", "мосты", "мост ",
         "nine", "connection"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


def _slowly(terms: QueryTerms, text: str, language: str) -> list[tuple[int, int]]:
    """Every match, found by taking the whole text apart and looking at each token."""
    found: list[tuple[int, int]] = []
    for token in tokens(text):
        for start, end in _spans(terms, token, base(language)):
            if found and start <= found[-1][1]:
                found[-1] = (found[-1][0], max(end, found[-1][1]))
            else:
                found.append((start, end))
    return found


def _spans(terms: QueryTerms, token: Token, language: str) -> list[tuple[int, int]]:
    asked = {word.text for word in terms.words}
    stems = {one for word in terms.words for one in word.stems}
    han = set(terms.han)
    for form in (form for part in parts(terms) if part.group for form in part.group.forms):
        han.update(form.han)
        stems.update(one for each in form.stems for one in each)
        asked.update(() if form.stems else form.words)
    if token.kind is Kind.HAN:
        run, start = token.terms[0], token.start
        return [
            (start + at, start + at + size)
            for at in range(len(run))
            for size in (1, 2)
            if run[at : at + size] in han and at + size <= len(run)
        ]
    if token.kind is Kind.CODE:
        met = {code for one in terms.codes for code in one} & {*token.terms}
        return [(token.start, token.end)] if met or asked & {*token.words} else []
    word = token.terms[0]
    met_word = (
        word in asked
        or (stem(word, language) or word) in stems
        or any(one.prefix and word.startswith(one.text) for one in terms.words)
        or any(is_typo_of(word, asked=one.text) for one in terms.words)
    )
    return [(token.start, token.end)] if met_word else []


@given(
    st.lists(_PIECES, min_size=1, max_size=4), _PIECES, st.sampled_from(["en", "ar", "zh", "ru"])
)
def test_looking_for_evidence_first_changes_no_match(
    texts: list[str], asked: str, language: str
) -> None:
    terms = query_terms(asked, locale=language)
    highlighter = Highlighter(terms, locale=language)
    for text in texts:
        assert list(highlighter.ranges(text, language=language)) == _slowly(terms, text, language)


def test_of_many_words_those_are_picked_that_may_be_mistyped() -> None:
    words = ["bridge", "ridge", "brigde", "bride", "bridges", "brass", "b"]
    one_by_one = {word for word in words if is_typo_of(word, asked="bridge")}
    assert set(typos_among(words, asked="bridge")) == one_by_one
    assert typos_among(words, asked="bri") == []
