import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search import analyse
from app.search.analyse import Kind, fold, pairs, query_terms, stem, terms, tokens


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Métallique", "metallique"), ("İstanbul", "istanbul"), ("straße", "STRASSE"),
        ("ёлка", "елка"), ("ＧＢ", "gb"), ("مُعالَجة", "معالجه"), ("تصميـــم", "تصميم"),
        ("أنظمة", "انظمه"), ("پينے", "پینے"), ("كتاب", "کتاب"), ("۱۲۳", "123"), ("١٢٣", "123"),
        ("پلوں", "پلون"), ("نیم‌فاصله", "نیمفاصله"),
    ],
)  # fmt: skip
def test_ways_of_writing_the_same_letters_fold_together(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("йод", "иод"), ("हिन्दी", "हनद"), ("한국", "하구")])
def test_marks_that_make_another_letter_are_kept(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", ("designing", "designs", "designed")),
        ("fr", ("metallique", "metalliques")),
        ("es", ("puentes", "puente")),
        ("ru", ("мостов", "мост", "мосты")),
        ("ar", ("الجسور", "جسور", "والجسور", "للجسور")),
        ("ar", ("المياه", "مياه")),
        ("ar", ("الخرسانية", "خرسانية")),
        ("ar", ("الإلكترونيات", "إلكترونيات", "بالإلكترونيات")),
    ],
)
def test_inflections_share_a_stem(language: str, forms: tuple[str, ...]) -> None:
    assert len({stem(fold(form), language) for form in forms}) == 1


def test_the_script_of_a_word_outweighs_the_language_of_its_text() -> None:
    assert stem("мостов", "en") == "мост"
    assert stem("bridges", "zh") == "bridg"
    assert stem("الجسور", "ur") is None
    assert stem("2025", "en") is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("EN 1992-1-1:2004", {"1992", "1992-1-1", "en1992", "en1992-1-1", "en1992-1-1:2004"}),
        ("GB/T 50081", {"50081", "gbt50081"}),
        ("GB50010-2010", {"gb50010", "gb50010-2010"}),
        ("ISO/IEC 27001", {"iso27001", "iec27001"}),
        ("BS EN 1993–1–8", {"en1993-1-8", "bs1993-1-8"}),
        ("BIM360 and CO2", {"bim360", "co2"}),
        ("ГОСТ 27751", {"гост27751"}),
        ("ASCE 7-22", {"asce7-22"}),
    ],
)
def test_a_code_is_kept_whole_with_its_shorter_forms(text: str, wanted: set[str]) -> None:
    assert wanted <= set(terms(text, language="en").codes)


def test_a_query_asks_for_the_code_in_full() -> None:
    assert query_terms("EN 1992-1-1", locale="en").codes == (("en1992-1-1",),)
    assert query_terms("ISO/IEC 27001", locale="en").codes == (("iso27001", "iec27001"),)


@pytest.mark.parametrize("text", ["12-month course", "3 days", "a 40 hour week", "level 2"])
def test_an_everyday_number_is_a_word(text: str) -> None:
    found = terms(text, language="en")
    assert found.codes == ()
    assert any(word.isdecimal() for word in found.words)


def test_chinese_is_found_by_pairs_and_single_characters_simplified() -> None:
    found = terms("橋樑設計BIM", language="zh-Hant")
    assert {"桥梁", "梁设", "设计", "桥"} <= set(found.han)
    assert found.words == ("bim",)
    assert pairs("桥") == ("桥",)
    assert query_terms("橋梁", locale="zh").han == ("桥梁",)


def test_only_the_unfinished_last_word_is_a_beginning() -> None:
    assert [w.prefix for w in query_terms("steel conn", locale="en").words] == [False, True]
    assert [w.prefix for w in query_terms("steel conn ", locale="en").words] == [False, False]
    assert [w.prefix for w in query_terms("x", locale="en").words] == [False]


@pytest.mark.parametrize(
    ("text", "asked"),
    [("CS 224N", "CS224N"), ("HTML 5", "HTML5"), ("EE 263", "EE263"), ("CCNA 200-301", "200-301")],
)
def test_a_code_is_found_however_its_letters_and_number_are_joined(text: str, asked: str) -> None:
    for found, query in ((text, asked), (asked, text)):
        has = terms(found, language="en")
        wants = query_terms(f"{query} ", locale="en")
        if found == "200-301":
            continue  # it does not say whose number it is
        assert all(set(code) & set(has.codes) for code in wants.codes)
        assert {word.text for word in wants.words} <= set(has.words)


def test_a_few_capitals_are_no_plural() -> None:
    assert [word.stems for word in query_terms("MEMS basics ", locale="en").words] == [
        ("mems",),
        ("basic", "basic", "basics"),
    ]
    assert query_terms("mems ", locale="en").words[0].stems[0] == "mem"


def test_an_arabic_word_is_found_without_its_article_too() -> None:
    assert {"الخوارزميات", "خوارزميات"} <= set(terms("الخوارزميات", language="ar").words)


def test_what_only_joins_chinese_words_is_not_asked_for() -> None:
    assert query_terms("环境的监测", locale="zh").han == ("环境", "监测")
    assert query_terms("目的地", locale="zh").han == ("目的", "的地")


def test_function_words_are_not_asked_for_unless_nothing_else_is() -> None:
    assert [w.text for w in query_terms("design of the bridge ", locale="en").words] == [
        "design",
        "bridge",
    ]
    assert [w.text for w in query_terms("the ", locale="en").words] == ["the"]


def test_the_readers_language_stems_first() -> None:
    (word,) = query_terms("metalliques ", locale="fr").words
    assert word.stems[0] == stem("metalliques", "fr")


@given(st.text(max_size=200))
def test_any_text_has_tokens_in_order_inside_it(text: str) -> None:
    end = 0
    for token in tokens(text):
        assert end <= token.start < token.end <= len(text)
        assert all(token.terms)
        assert token.kind is not Kind.HAN or len(token.terms[0]) == token.end - token.start
        end = token.end


@given(st.text(max_size=200))
def test_folding_is_total_and_terms_hold_no_space(text: str) -> None:
    fold(text)
    found = terms(text, language="en")
    for term in (*found.words, *found.stems, *found.han, *found.codes):
        assert not any(character.isspace() for character in term)
    query_terms(text, locale="ur")


@given(
    st.lists(
        st.sampled_from(
            [*"ab1٣/-.: _", "\n", "\u0301", "EN ", "GB/T ", "1992-1-1", "word ", "BIM360", "桥梁",
             "averylongwordindeed ", "ISO/IEC 27001", "СП "]
        ),
        max_size=40,
    ).map("".join)
)  # fmt: skip
def test_looking_for_codes_around_digits_only_misses_none(text: str) -> None:
    found = list(tokens(text))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(analyse, "_AHEAD", 1_000_000)  # everything is near a digit
        assert list(tokens(text)) == found
