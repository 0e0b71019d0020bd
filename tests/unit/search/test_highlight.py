import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.analyse import query_terms
from app.search.highlight import SNIPPET, Highlighter, is_typo_of, languages, snippet
from app.search.index import Highlight


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
