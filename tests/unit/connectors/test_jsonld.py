"""JSON-LD as pages have it: almost JSON, in several blocks, in graphs, in circles, very deep."""

import time
from contextlib import suppress
from typing import Any

import pytest

from connectors.schema_terms import jsonld
from connectors.schema_terms.jsonld import BrokenBlock

COURSE = '{"@type": "Course", "name": "Wind"}'


@pytest.mark.parametrize(
    "text",
    [
        COURSE.replace("}", ",}"),
        COURSE.replace("}", ", /* a word */ }"),
        COURSE.replace("{", "{ // a word\n"),
        f"<!-- {COURSE} -->",
        f"//<![CDATA[\n{COURSE}\n//]]>",
        f"/*<![CDATA[*/ {COURSE} /*]]>*/",
        f"<![CDATA[{COURSE}]]>",
        f"{COURSE};",
        COURSE.replace('"', "&quot;"),
    ],
)
def test_what_is_almost_json_is_mended_and_told(text: str) -> None:
    read = jsonld.block(text)
    assert read.values == [{"@type": "Course", "name": "Wind"}]
    assert read.mended


def test_control_characters_in_texts_are_mended_and_told() -> None:
    read = jsonld.block('{"name": "Wind\n\tloads"}')
    assert (read.values, bool(read.mended)) == ([{"name": "Wind\n\tloads"}], True)


def test_values_after_one_another_are_all_read() -> None:
    assert len(jsonld.block(f"{COURSE}\n{COURSE}").values) == 2


def test_addresses_and_commas_in_texts_are_left_alone() -> None:
    read = jsonld.block('{"url": "https://x.example/a", "name": "a,] /* b */", }')
    assert read.values == [{"url": "https://x.example/a", "name": "a,] /* b */"}]


def test_what_is_json_is_not_called_mended() -> None:
    assert jsonld.block(f"\ufeff {COURSE}\n").mended is None
    assert jsonld.block('{"a": NaN}').values == [{"a": None}]


@pytest.mark.parametrize(
    "text",
    ["{}" * 2_000, "{", '{"name": }', "Please enable JavaScript", "", "[" * 10_000,
     '{"a":' * 10_000, '{"name": "' + "x" * 300_000],
)  # fmt: skip
def test_what_cannot_be_mended_is_broken(text: str) -> None:
    with pytest.raises(BrokenBlock):
        jsonld.block(text)


@pytest.mark.parametrize(
    "text",
    ["{}" * 130_000, "/*" * 130_000, '"' * 260_000, "," * 260_000, "{" + " " * 260_000,
     '{"a":"' + "\\" * 260_000, "[" + ", " * 130_000, "<!--" * 60_000, "//" * 130_000],
)  # fmt: skip
def test_mending_ends_soon_whatever_stands_there(text: str) -> None:
    began = time.process_time()
    with suppress(BrokenBlock):
        jsonld.block(text)
    assert time.process_time() - began < 0.7


def names(*values: Any) -> list[list[Any]]:
    graph = jsonld.graph(values)
    return [[one.get("name") for one in group] for group in jsonld.grouped(graph.courses)]


def test_courses_are_found_wherever_they_stand() -> None:
    first, second = (
        {"@type": "Course", "name": "A"},
        {"@type": ["Thing", "schema:Course"], "name": "B"},
    )
    listed = {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": first}]}
    whole = {"@graph": [{"@type": "WebPage", "mainEntity": second}], "@context": "x"}
    assert names(listed, [[whole]]) == [["A"], ["B"]]


def test_types_that_are_listed_and_those_that_are_not() -> None:
    wanted = [
        "Course",
        "CourseInstance",
        "EducationEvent",
        "Event",
        "BusinessEvent",
        "Hackathon",
        "LearningResource",
        "EducationalOccupationalProgram",
        "https://schema.org/Course",
    ]
    others = ["Article", "Organization", "BroadcastEvent", "CreativeWork", "WebPage", "Offer"]
    assert names(*({"@type": one, "name": one} for one in (*wanted, *others))) == [
        [one] for one in wanted
    ]


def test_a_work_described_for_learning_is_one_whatever_its_type() -> None:
    assert names({"@type": "CreativeWork", "name": "A", "learningResourceType": None}) == [["A"]]
    assert names({"@type": "WebPage", "name": "A", "learningResourceType": "video"}) == [["A"]]


def test_parts_of_a_course_are_no_courses_of_their_own() -> None:
    inner = {"@type": "CourseInstance", "name": "Spring"}
    whole = {"@type": "Course", "name": "A", "hasCourseInstance": inner, "isPartOf":
             {"@type": "Course", "name": "Whole"}}  # fmt: skip
    assert names(whole) == [["A"]]
    apart = {"@type": "Course", "name": "B", "hasCourseInstance": {"@id": "#spring"}}
    assert names(apart, {"@id": "#spring", **inner}) == [["B"]]


def test_the_courses_of_a_programme_are() -> None:
    whole = {
        "@type": "EducationalOccupationalProgram",
        "name": "P",
        "hasCourse": [{"@type": "Course", "name": "A"}, {"@type": "Course", "name": "B"}],
    }
    assert names(whole) == [["P"], ["A"], ["B"]]


def test_events_of_one_name_are_dates_of_one_course_and_copies_are_one() -> None:
    dates = [{"@type": "Event", "name": "Wind ", "startDate": str(year)} for year in (2027, 2028)]
    own = {"@type": "Course", "name": "wind"}
    assert names(dates[0], own, dates[1], own) == [["wind", "Wind ", "Wind "]]
    assert names(own, {**own, "courseCode": "B"}) == [["wind"], ["wind"]]


def test_references_are_joined_within_the_page() -> None:
    node = {"@type": "Course", "name": "A", "provider": {"@id": "#org"}}
    graph = jsonld.graph([node, {"@id": "#org", "@type": "Organization", "name": "B"}])
    assert jsonld.joined(node, graph.by_id)["provider"]["name"] == "B"


def test_fifty_thousand_references_in_circles_end() -> None:
    circle: list[Any] = [
        {
            "@id": f"#{n}",
            "@type": "Thing",
            "about": [{"@id": f"#{(n + k) % 500}"} for k in range(99)],
        }
        for n in range(500)
    ]
    node = {"@type": "Course", "name": "A", "about": {"@id": "#0"}}
    began = time.process_time()
    graph = jsonld.graph([node, *circle])
    made = jsonld.joined(node, graph.by_id)
    assert made["about"]["@id"] == "#0"
    assert len(str(made)) < 600_000
    assert time.process_time() - began < 0.7


def test_a_course_that_refers_to_itself_ends() -> None:
    node = {"@type": "Course", "@id": "#a", "name": "A", "isPartOf": {"@id": "#a"}}
    graph = jsonld.graph([node])
    assert jsonld.joined(node, graph.by_id)["isPartOf"] == {"@id": "#a"}


def test_too_many_values_are_cut_and_told() -> None:
    graph = jsonld.graph([[{}] * 100_001])
    assert graph.cut
