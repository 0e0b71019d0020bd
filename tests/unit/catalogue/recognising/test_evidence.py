from dataclasses import asdict
from typing import Any

import pytest

from app.catalogue import document, quality, rules
from app.catalogue.model import CourseData, Recognised
from app.catalogue.recognising import guessing
from connectors.contract import CourseDraft

GERMAN = (
    "Der Kurs behandelt die Bemessung von Tragwerken nach den geltenden Normen und übt sie an "
    "vielen Beispielen aus der täglichen Arbeit."
)


def checked(**item: Any) -> tuple[CourseData, list[str]]:
    draft = {"title": {"en": "A course"}, "url": "https://a.example/x", **item}
    answer = rules.check(asdict(CourseDraft(**draft)))
    assert answer.data is not None
    return answer.data, [issue.code for issue in answer.issues]


def test_what_is_recognised_stands_apart_with_its_evidence() -> None:
    data, codes = checked(
        title={"en": "Reinforced concrete to EN 1992-1-1"},
        description={"en": "<p>Uses <b>EN 1992-1-1:2004</b> &amp; more.</p>"},
        outcomes={"en": "Competence EC4."},
    )
    assert (data.standards, data.fields, data.competences) == ((), (), ())
    assert data.recognised == (
        Recognised(
            "fields", "0732", "isced-terms", "title.en", "Reinforced concrete to EN 1992-1-1", 0
        ),
        Recognised(
            "standards", "EN 1992-1-1:2004", "standard-named", "description.en",
            "Uses EN 1992-1-1:2004 & more.", 5,
        ),
        Recognised(
            "competences", "EC4", "competence-named", "outcomes.en", "Competence EC4.", 11
        ),
    )  # fmt: skip
    assert codes == []
    assert document.from_json(document.to_json(data)) == data


def test_what_is_stated_wins() -> None:
    data, _ = checked(
        title={"en": "Reinforced concrete to EN 1992-1-1, competence EC4"},
        fields=("0714",), standards=("ISO 9001:2015",), competences=("EC1",),
    )  # fmt: skip
    assert data.recognised == ()
    assert (data.fields, data.competences) == (("0714",), ("EC1",))


def test_a_field_may_be_stated_by_its_name_and_only_if_there_is_one() -> None:
    data, codes = checked(fields=("Building and civil engineering", "0777"))
    assert (data.fields, codes) == (("0732",), ["W-FIELD-CODE"])


def test_a_subject_that_is_a_fields_name_tells_it() -> None:
    data, _ = checked(subjects=("Bridges", "Elektronik und Automation"))
    assert [(one.value, one.rule, one.where) for one in data.recognised] == [
        ("0714", "isced-label", "subjects[1]")
    ]


def test_prerequisites_tell_nothing_of_what_a_course_is_about() -> None:
    data, _ = checked(prerequisites={"en": "You know ISO 9001 and reinforced concrete."})
    assert data.recognised == ()


def test_a_hostile_text_names_no_more_than_a_few() -> None:
    data, _ = checked(description={"en": " ".join(f"ISO {n}-1" for n in range(1_000, 1_900))})
    assert len(data.recognised) == 20


def test_data_that_was_stored_before_still_loads() -> None:
    assert document.from_json({"title": {"en": "A"}}).recognised == ()


def test_an_unstated_language_is_guessed_from_a_long_text_and_said() -> None:
    data, codes = checked(title={"und": "Stahlbetonbau"}, description={"und": GERMAN})
    assert set(data.title) == set(data.description) == {"de"}
    assert data.metadata_language == "de"
    assert codes == ["W-LANG-GUESSED"]
    (guess,) = [one for one in data.recognised if one.field == "metadata_language"]
    assert (guess.value, guess.rule, guess.where) == ("de", "language-model", "description")
    assert guess.certainty is not None
    assert guess.certainty >= guessing.SURE * 100
    assert "metadata_language" in quality.score(data)[1], "a guess is no statement"


@pytest.mark.parametrize(
    "item",
    [
        {"title": {"und": "Bemessung von Tragwerken nach den geltenden Normen und Vorschriften"}},
        {"title": {"und": "Kurs"}, "description": {"und": GERMAN[:50]}},
        {"title": {"und": "Kurs"}, "description": {"und": "x1 y2 z3 " * 30}},
        {"title": {"und": "Kurs"}, "description": {"und": "0" * 300}},
    ],
)
def test_a_title_or_a_short_or_strange_text_tells_no_language(item: dict[str, Any]) -> None:
    data, codes = checked(**item)
    assert set(data.title) == {"und"}
    assert codes == ["W-LANG-MISSING"]


def test_a_title_in_another_language_or_script_stays_untagged() -> None:
    for title in ("混凝土结构", "Introduction to the design of concrete structures"):
        data, codes = checked(title={"und": title}, description={"und": GERMAN})
        assert set(data.title) == {"und"}
        assert set(data.description) == {"de"}
        assert codes == ["W-LANG-GUESSED", "W-LANG-MISSING"]


def test_a_stated_language_is_never_guessed_over() -> None:
    data, codes = checked(
        title={"und": "Kurs"}, description={"und": GERMAN}, metadata_language="fr"
    )
    assert set(data.title) == set(data.description) == {"fr"}
    assert codes == []
