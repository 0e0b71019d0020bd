"""What is suggested to a person, and what guards keep from being suggested."""

from typing import Any

import pytest

from app.catalogue.doubts import differ
from app.catalogue.model import CourseData, CourseRun, Credit
from app.catalogue.reviewing import traits
from app.catalogue.reviewing.likeness import best, compare
from app.catalogue.reviewing.model import Found, Kind
from app.catalogue.reviewing.traits import Profile


def record(
    title: str, *, language: str = "en", society: str = "cse", source: str | None = None,
    people: tuple[str, ...] = (), credit: str | None = None, remote: str = "1", **more: Any,
) -> Profile:  # fmt: skip
    data = CourseData(
        title={language: title},
        runs=(CourseRun(instructors=people),) if people else (),
        credits=(Credit(credit, "PDH"),) if credit else (),
        **more,
    )
    source = source or f"{society}-feed"
    return traits.profile(
        data, record_id=f"{source}-{remote}-{language}", source_id=source, of_source=society,
        remote_id=remote, pushed=False,
    )  # fmt: skip


def same(left: str, right: str, **more: Any) -> Found | None:
    return compare(record(left, source="a", **more), record(right, source="b", **more))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Bridge inspection and assessment", "Assessment and inspection: bridges"),
        ("Bridge inspection and assessment", "Bridge inspectoin and assessment"),
        ("Design of steel structures to EN 1993", "Design of Steel Structures to EN-1993"),
        ("Расчёт железобетонных конструкций", "Расчет железобетонных конструкций"),
        ("高层建筑结构抗震设计", "高层建筑结构的抗震设计"),
    ],
)
def test_the_same_title_otherwise_written_is_suggested(left: str, right: str) -> None:
    found = same(left, right)
    assert found
    assert found.kind is Kind.SAME
    assert found.evidence[0].startswith("title:")
    assert "society" in found.evidence


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Fundamentals of bridges, part 1", "Fundamentals of bridges, part 2"),
        ("Structural analysis I", "Structural analysis II"),
        ("Contract administration Part A", "Contract administration Part B"),
        ("Introduction to structural fire design", "Advanced structural fire design"),
        ("Structural timber design with Revit", "Structural timber design with Tekla"),
        ("Working safely with asbestos", "Working safely without asbestos"),
        ("Programming in C#", "Programming in C++"),
        ("高等数学（上）", "高等数学（下）"),
        ("大学物理实验（一）", "大学物理实验（二）"),
        ("有机化学实验技术与应用", "无机化学实验技术与应用"),
        ("EN 1992 design of concrete structures", "EN 1993 design of concrete structures"),
    ],
)
def test_another_part_number_level_or_word_is_another_course(left: str, right: str) -> None:
    assert same(left, right) is None


def test_what_both_say_must_fit() -> None:
    assert same("Bridge inspection", "Bridges inspection", duration="PT8H", credit="8")
    left = record("Bridge inspection", source="a", credit="8", duration="PT8H")
    assert compare(left, record("Bridge inspection", source="b", credit="6")) is None
    assert compare(left, record("Bridge inspection", source="b", duration="PT12H")) is None
    assert compare(left, record("Bridge inspection", source="b", credit="7", duration="PT9H"))


def test_other_teachers_are_another_course_unless_the_title_is_one() -> None:
    left = record("Bridge inspection", source="a", people=("Dr. Ada Obi",))
    assert compare(left, record("Bridges inspection", source="b", people=("Li Wei",))) is None
    asked = compare(left, record("Bridge inspection", source="b", people=("Li Wei",)))
    helped = compare(left, record("Bridges inspection", source="b", people=("Obi, Ada",)))
    assert asked
    assert helped
    assert "instructors:1" in helped.evidence


def test_two_items_of_one_source_are_two_courses() -> None:
    assert compare(record("Bridges now", remote="1"), record("Bridges now", remote="2")) is None


def test_between_societies_a_title_is_not_enough() -> None:
    left = record("Leadership for engineers", people=("Ada Obi",))
    assert compare(left, record("Leadership for engineers", society="pec")) is None
    assert compare(
        left, record("Leadership for engineers", society="pec", people=("Obi Ada", "Li Wei"))
    )
    told = {"duration": "PT8H", "fields": ("0413",)}
    assert compare(
        record("Leadership for engineers", **told),
        record("Leadership for engineers", society="pec", **told),
    )


def test_one_course_in_two_languages_is_found_by_its_people_address_or_id() -> None:
    people = ("Ada Obi", "Li Wei")
    german = record("Brückenprüfung", language="de", people=people, duration="PT8H")
    found = compare(german, record("Bridge inspection", people=people, duration="PT8H"))
    assert found
    assert found.kind is Kind.TRANSLATION
    by_address = compare(
        record("Brückenprüfung", language="de", url="https://cse.example/de/kurse/17"),
        record("Bridge inspection", url="https://cse.example/en/kurse/17"),
    )
    by_id = compare(
        record("Brückenprüfung", language="de", remote="BR-17-de"),
        record("桥梁检测", language="zh", remote="BR-17-zh"),
    )
    assert by_address
    assert by_id
    assert (by_address.evidence[0], by_id.evidence[0]) == ("url-stem", "id-stem")


def test_two_courses_by_the_same_people_are_not_one_in_two_languages() -> None:
    people = ("Ada Obi",)
    german = record("Brückenprüfung 2", language="de", people=people, duration="PT8H")
    for other in (
        record("Bridge inspection 3", people=people, duration="PT8H"),
        record("Bridge inspection 2", people=people, duration="PT16H"),
        record("Bridge inspection 2", society="pec", people=people, duration="PT8H"),
        record("Brücken 2", language="de", people=people, duration="PT8H", remote="2"),
    ):
        assert compare(german, other) is None


def test_of_many_possible_translations_the_best_two_are_asked_about() -> None:
    found = [
        Found("a", f"b{n}", Kind.TRANSLATION, score, ("instructors:1",))
        for n, score in enumerate((60, 90, 70))
    ]
    assert [one.score for one in best(found, "a")] == [90, 70]
    told = Found("a", "c", Kind.TRANSLATION, 65, ("url-stem",))
    assert best([*found, told], "a") == [told]


def test_the_blocks_of_a_record_are_few_and_meet_those_of_a_like_one() -> None:
    long = record(" ".join(f"word{n}" for n in range(400)))
    assert len(traits.blocks(long)) <= 20
    left, right = record("Bridge inspection in winter"), record("Inspecting bridges: winter")
    assert set(traits.blocks(left)) & set(traits.blocks(right))


def test_a_profile_is_the_same_after_it_was_kept() -> None:
    one = record("Bridges II", people=("Ada Obi",), credit="8", url="https://cse.example/en/x")
    assert Profile.from_json(one.to_json()) == one


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"title": {"de": "Elements of AI"}}, {"title": {"en": "Elements of AI"}}),
        ({"title": {"es": "Curso C#"}}, {"title": {"es": "Curso C++"}}),
        ({"credits": (Credit("8", "PDH"),)}, {"credits": (Credit("6", "PDH"),)}),
        ({"duration": "PT8H"}, {"duration": "PT9H"}),
        ({"level": "bachelor"}, {"level": "master"}),
        ({"identifiers": (("code", "A1"),)}, {"identifiers": (("code", "A2"),)}),
        ({"url": "https://a.example/1"}, {"url": "https://a.example/2"}),
        (
            {"runs": (CourseRun(instructors=("Ada Obi",)),)},
            {"runs": (CourseRun(instructors=("Li Wei",)),)},
        ),
    ],
)
def test_a_title_alone_joins_nothing_where_the_facts_differ(
    left: dict[str, Any], right: dict[str, Any]
) -> None:
    def made(given: dict[str, Any]) -> CourseData:
        return CourseData(**{"title": {"en": "Bridges"}, **given})

    assert differ(made(left), made(right), one_society=True)
    assert not differ(made(left), made(left), one_society=True)
    assert not differ(made({}), CourseData({"en": "Bridges"}, kind="course"), one_society=True)
    both = (Credit("8", "PDH", "CSE"),), (Credit("6", "PDH", "PEC"),)
    assert not differ(made({"credits": both[0]}), made({"credits": both[1]}), one_society=False)
