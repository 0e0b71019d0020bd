"""Suggestions, search inside a facet, and help, on the engine of the chosen stack."""

from collections.abc import Mapping

import pytest

from app.search import SearchIndex
from app.search.facet_values import values
from app.search.helping import Without, help_with
from app.search.naming import Codes
from app.search.suggesting import Means, Suggestion, suggest
from tests.simulator.search import query


class Spoken(Codes):
    """Names for a few values."""

    def of(self, facet: str, value: str, *, locale: str) -> str:
        return {"palm": "Palm Society", "jade": "玉谷工程学会"}.get(value, value)

    def known(self, facet: str, *, locale: str) -> Mapping[str, str]:
        return {"0712": "Water and environment", "0999": "Waterworks"} if facet == "field" else {}


def _suggested(index: SearchIndex, text: str, **more: object) -> list[Suggestion]:
    return list(suggest(index, query(text, **more), Spoken()))


def _words(index: SearchIndex, text: str) -> list[str]:
    return [one.text.text for one in _suggested(index, text) if one.means is Means.WORDS]


def test_words_go_on_as_titles_do(index: SearchIndex) -> None:
    assert "tunnelling" in _words(index, "tunn")
    assert "steel connections" in _words(index, "steel conn")
    assert "桥梁设计" in _words(index, "桥")
    assert "تصميم الجسور" in _words(index, "تصميم الجس")
    assert _words(index, "EN 1992") == []
    (first, *_) = _suggested(index, "tunn")
    assert [first.text.text[a:b] for a, b in first.text.ranges] == ["tunn"]


def test_courses_are_suggested_with_what_matches_in_them(index: SearchIndex) -> None:
    found = [one for one in _suggested(index, "bridge insp") if one.means is Means.COURSE]
    assert found[0].course_id == "en-bridge-inspection"
    assert found[0].text.ranges


def test_values_are_suggested_by_name_where_they_have_courses(index: SearchIndex) -> None:
    def shown(text: str, **more: object) -> set[tuple[str | None, str | None, int | None]]:
        found = _suggested(index, text, **more)
        return {(one.facet, one.value, one.count) for one in found if one.means is Means.VALUE}

    assert shown("water") == {("field", "0712", 7)}
    assert shown("water", field="0712") == set()
    assert ("society", "palm", 3) in shown("palm")
    assert shown("water", society="palm") == {("field", "0712", 1)}


@pytest.mark.parametrize("text", ["", "  ", "zzzz", '"', "桥" * 60, "a" * 300, "\u200f", "-"])
def test_there_is_nothing_to_suggest_for_nothing(index: SearchIndex, text: str) -> None:
    assert all(one.text.text for one in _suggested(index, text))
    assert text.strip() or _suggested(index, text) == []


def test_values_of_a_facet_are_found_by_any_part_of_their_name(index: SearchIndex) -> None:
    def found(facet: str, text: str, **more: object) -> list[str]:
        asked = query(**more)
        return [one.value for one in values(index, asked, facet, text=text, names=Spoken())]

    assert found("society", "SOCIETY") == ["palm"]
    assert found("society", "工程") == ["jade"]
    assert found("standard", "1992") == ["EN 1992-1-1:2004"]
    assert found("standard", "iso")[:2] == ["ISO 45001:2018", "ISO 9001:2015"]
    assert found("standard", "", society="jade") == [
        "GB 50010-2010",
        "GB 50011-2010",
        "GB 50017-2017",
    ]
    assert len(found("society", "", society="jade")) == 6
    assert found("standard", "no such") == []


def _help(index: SearchIndex, text: str = "", **more: object) -> object:
    asked = query(text, **more)
    return help_with(index, asked, index.search(asked))


def test_what_is_spelled_as_nothing_is_gets_the_word_that_is(index: SearchIndex) -> None:
    def spelled(text: str) -> str | None:
        asked = query(text)
        return help_with(index, asked, index.search(asked)).spelled

    assert spelled("brigde inspection") == "bridge inspection"
    assert spelled("Ocupational safety") == "occupational safety"
    assert spelled("железабетонных мостов") == "железобетонных мостов"
    for right in ("bridge inspection", "inspecting bridges", "tunn", "EN 1992-1-1", "桥梁", ""):
        assert spelled(right) is None


def test_what_stands_in_the_way_of_any_hit_is_said(index: SearchIndex) -> None:
    found = index.search(query("tunnelling", language="fr", price="paid"))
    asked = query("tunnelling", language="fr", price="paid")
    helped = help_with(index, asked, found)
    assert set(helped.without) == {Without("language", 1), Without("q", 2)}
    assert helped.without[0] == Without("q", 2)
    nothing = query("xylophone")
    assert help_with(index, nothing, index.search(nothing)).without == ()
