"""Courses found by what a query means: other languages, abbreviations; on the chosen stack."""

import pytest

from app.search import SearchIndex
from tests.simulator.search import ask, query


@pytest.mark.parametrize(
    ("text", "first", "others"),
    [
        ("мост", "ru-bridge", {"zh-bridge", "ur-bridge", "ar-bridge", "fr-bridge", "es-bridge"}),
        ("桥梁", "zh-bridge", {"ru-bridge", "ur-bridge", "ar-bridge", "en-bridge-inspection"}),
        ("hormigón", "es-bridge", {"zh-bridge", "ur-bridge", "en-bridge-design"}),
        ("الجسور", "ar-bridge", {"en-bridge-design", "fr-bridge", "ru-bridge"}),
        ("water treatment", None, {"ru-water", "fr-water", "zh-water", "ur-water", "ar-water"}),
        ("seismic", None, {"zh-quake", "es-quake"}),
        ("building information modelling", None, {"zh-bim"}),
        ("solar power", None, {"ar-solar"}),
        ("pont béton", None, {"en-bridge-design", "ar-bridge", "es-bridge"}),
    ],
)
def test_a_course_is_found_in_another_language(
    index: SearchIndex, text: str, first: str | None, others: set[str]
) -> None:
    found = ask(index, text)
    assert others <= set(found)
    assert first in {None, found[0]}


def test_what_stands_as_typed_comes_before_what_means_the_same(index: SearchIndex) -> None:
    found = ask(index, "bridge")
    english = {"en-bridge-design", "en-bridge-inspection", "zh-bridge"}
    assert set(found[:3]) == english
    assert {"ru-bridge", "es-bridge", "fr-bridge", "ar-bridge", "ur-bridge"} <= set(found[3:])


def test_all_that_is_asked_must_be_meant(index: SearchIndex) -> None:
    assert set(ask(index, "puente hormigón")) == {
        "es-bridge",
        "ar-bridge",
        "zh-bridge",
        "ur-bridge",
        "en-bridge-design",
    }
    assert index.search(query("puente hormigón")).loose is False


def test_a_code_beside_a_meaning_must_still_be_met(index: SearchIndex) -> None:
    assert ask(index, "мост GB 50010") == ["zh-bridge"]
    assert ask(index, "мост GB 50012") == []


def test_what_was_found_by_its_meaning_is_marked(index: SearchIndex) -> None:
    hits = {hit.id: hit.highlights["title"] for hit in index.search(query("мост")).hits}
    marks = {
        key: [hits[key].text[a:b] for a, b in hits[key].ranges]
        for key in ("es-bridge", "ar-bridge", "en-bridge-inspection")
    }
    assert marks == {
        "es-bridge": ["puentes"],
        "ar-bridge": ["الجسور"],
        "en-bridge-inspection": ["Bridge"],
    }
