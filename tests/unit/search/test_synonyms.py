import tomllib
from collections import Counter

import pytest

from app.search.analyse import query_terms
from app.search.highlight import Highlighter
from app.search.meili import asking
from app.search.synonyms import LANGUAGES, MOST_FORMS, PLACE, groups, parts

LISTED = tomllib.loads(PLACE.read_text("utf-8"))["groups"]


def _meant(text: str, locale: str = "en") -> list[str | None]:
    found = parts(query_terms(text, locale=locale))
    return [part.group and part.group.name for part in found if not part.bridge]


def test_the_data_has_groups_of_known_languages_with_several_forms_each() -> None:
    assert 150 <= len(LISTED) <= 250
    for name, texts in LISTED.items():
        assert set(texts) <= set(LANGUAGES), name
        forms = [form for said in texts.values() for form in said.split(", ")]
        assert all(form == form.strip() and form for form in forms), name
        assert 2 <= len(forms) <= MOST_FORMS, name


def test_most_groups_are_in_all_languages_but_urdu() -> None:
    whole = [texts for texts in LISTED.values() if set(LANGUAGES) - {"ur"} <= set(texts)]
    assert len(whole) > len(LISTED) * 0.8


def test_no_form_stands_twice() -> None:
    said = Counter(
        form.casefold()
        for texts in LISTED.values()
        for language, text in texts.items()
        for form in text.split(", ")
    )
    assert [form for form, count in said.items() if count > 1] == ["semiconductor"]


def test_no_two_groups_share_a_folded_form_or_a_stem_of_one_language() -> None:
    seen: dict[object, str] = {}
    for group in groups():
        for form in group.forms:
            keys: list[object] = [(form.words, form.han)]
            keys += [(form.language, form.stems[0])] if form.stems else []
            for key in keys:
                assert seen.setdefault(key, group.name) == group.name, key


def test_a_form_is_words_or_characters_and_never_a_code() -> None:
    for group in groups():
        for form in group.forms:
            assert bool(form.words) != bool(form.han), form.text
            assert not query_terms(f"{form.text} ", locale=form.language).codes, form.text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("concrete bridges", ["concrete", "bridge"]),
        ("reinforced concrete bridge", ["reinforced_concrete", "bridge"]),
        ("мосты", ["bridge"]),
        ("الجسور", ["bridge"]),
        ("FEM", ["fem"]),
        ("fem", ["fem"]),
        ("finite elements", ["fem"]),
        ("Internet of Things", ["iot"]),
        ("QA/QC", ["quality_control"]),
        ("réseaux", ["networks"]),
        ("混凝土橋樑", ["concrete", "bridge"]),
        ("钢筋混凝土", ["reinforced_concrete"]),
        ("供水处理", ["water_supply", "water_treatment"]),
        ("Python", [None]),
        ("bridg", ["bridge"]),
        ("bri", [None]),
    ],
)
def test_a_query_is_taken_apart_into_what_it_means(text: str, wanted: list[str | None]) -> None:
    assert _meant(text) == wanted


def test_an_abbreviation_is_no_stem_and_a_stem_of_one_language_none_of_another() -> None:
    assert _meant("cads") == [None]
    assert _meant("security") == [None]
    assert _meant("sécurité") == ["safety"]


def test_a_last_word_that_is_a_form_is_whole_and_others_may_go_on() -> None:
    def last(text: str) -> bool:
        return parts(query_terms(text, locale="en"))[-1].words[-1].prefix

    assert not last("FEA")
    assert not last("steel bridge")
    assert last("steel bridg")
    assert last("python")


def test_what_is_another_word_elsewhere_is_understood_and_not_looked_for() -> None:
    assert _meant("CAO", "fr") == ["cad"]
    (cad,) = (group for group in groups() if group.name == "cad")
    assert "CAO" not in {form.text for form in cad.sought}
    assert {"CAD", "САПР"} <= {form.text for form in cad.sought}


def test_a_code_means_nothing_but_itself() -> None:
    assert parts(query_terms("EN 1992-1-1", locale="en")) == ()
    assert _meant("BIM360") == []


def test_a_pair_across_two_meanings_only_bridges_them() -> None:
    found = parts(query_terms("混凝土桥梁", locale="zh"))
    assert [(part.han, part.bridge) for part in found] == [
        (("混凝", "凝土"), False),
        (("土桥",), True),
        (("桥梁",), False),
    ]


def test_the_parts_are_all_of_the_query_in_order() -> None:
    terms = query_terms("advanced finite element methods of 桥梁设计 in practice", locale="en")
    found = parts(terms)
    assert tuple(pair for part in found for pair in part.han) == terms.han
    assert tuple(word for part in found for word in part.words) == terms.words


def test_a_highlight_marks_what_only_means_the_same() -> None:
    def marked(query: str, text: str, language: str) -> list[str]:
        highlighter = Highlighter(query_terms(query, locale="en"), locale="en")
        return [text[a:b] for a, b in highlighter.ranges(text, language=language)]

    assert marked("bridge", "Расчёт мостов", "ru") == ["мостов"]
    assert marked("мост", "混凝土桥梁设计", "zh") == ["桥梁"]
    assert marked("FEM", "The finite element method", "en") == ["finite", "element", "method"]
    assert marked("finite element method", "A course on FEM", "en") == ["FEM"]


def test_a_groups_name_on_a_server_is_too_short_for_a_typing_error_and_its_own() -> None:
    names = [asking.synonym_name(group) for group in groups()]
    assert len(set(names)) == len(names)
    assert all(len(name) == 4 and name.isascii() and name.isalpha() for name in names)
    assert set(asking.synonyms()) == set(names)


def test_meaning_costs_at_most_two_queries_more() -> None:
    for text in ("concrete bridge", "混凝土桥梁 design", "Introduction to FEM for everybody"):
        (strict, *_) = asking.stages(query_terms(text, locale="es"))
        assert sum(q["federationOptions"]["weight"] == asking.SYNONYM_WEIGHT for q in strict) <= 2
