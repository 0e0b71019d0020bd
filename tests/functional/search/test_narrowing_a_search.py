"""Ranges, places and the order they give, on the engine of the chosen stack."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.catalogue import Course, CourseRun, Credit
from app.search import CreditRange, Dates, Near, SearchIndex, Sort
from app.search.counting import Asked, find
from app.search.index import MAX_VALUE
from app.search.project import document
from app.search.searchable import walk
from tests.simulator.courses import AT, COURSES, SOCIETIES
from tests.simulator.search import ask, query

LONDON, BATH, LEEDS, SUVA = (51.51, -0.13), (51.38, -2.36), (53.8, -1.55), (-18.14, 178.44)


def _course(
    key: str, *given: tuple[str, str], place: tuple[float, float] | None = None, start: str = ""
) -> Course:
    run = CourseRun(start=start or None, latitude=place and place[0], longitude=place and place[1])
    worth = tuple(Credit(value, unit=None, framework=unit) for value, unit in given)
    data = replace(COURSES[0].data, credits=worth, runs=(run,), delivery=("onsite",))
    return replace(COURSES[0], id=key, data=data)


NARROWED = (
    _course("a", ("6", "PDH"), ("0.6", "CEU"), place=LONDON, start="2027-01-31"),
    _course("b", ("12", "PDH"), place=BATH, start="2027-02-01T09:00:00+00:00"),
    _course("c", ("12.5", "PDH"), ("2", "PDH"), place=LEEDS, start="2027-02-28"),
    _course("d", ("100", "CEU"), place=SUVA, start="2027-03-01"),
    _course("e"),
)
KEYS = {course.id for course in NARROWED}


@pytest.fixture
def narrowed(empty_index: SearchIndex) -> SearchIndex:
    empty_index.rebuild(
        [document(course, society=SOCIETIES["lakeside"], at=AT) for course in NARROWED]
    )
    return empty_index


def test_dates_find_runs_that_begin_between_them(narrowed: SearchIndex) -> None:
    def found(first: str | None, last: str | None) -> set[str]:
        return set(ask(narrowed, dates=Dates(first, last)))

    assert found("2027-02-01", "2027-02-28") == {"b", "c"}
    assert found("2027-02-28", None) == {"c", "d"}
    assert found(None, "2027-01-31") == {"a"}
    assert found("2028-01-01", None) == set()


def test_credit_is_compared_within_its_framework(narrowed: SearchIndex) -> None:
    def found(unit: str, least: str | None, most: str | None) -> set[str]:
        limits = [None if limit is None else Decimal(limit) for limit in (least, most)]
        return set(ask(narrowed, credit=unit, credits=CreditRange(unit, *limits)))

    assert found("PDH", "12", None) == {"b", "c"}
    assert found("PDH", None, "6") == {"a", "c"}
    assert found("PDH", "12.01", "12.5") == {"c"}
    assert found("CEU", "0.6", "0.6") == {"a"}
    assert found("CEU", None, None) == {"a", "d"}


def test_most_credit_comes_first(narrowed: SearchIndex) -> None:
    pdh = {"credit": "PDH", "credits": CreditRange("PDH"), "sort": Sort.CREDITS}
    assert ask(narrowed, **pdh) == ["c", "b", "a"]
    pages = [ask(narrowed, **pdh, page=page, per_page=2) for page in (1, 2, 3)]
    assert pages == [["c", "b"], ["a"], []]
    ceu = {"credit": "CEU", "credits": CreditRange("CEU"), "sort": Sort.CREDITS}
    assert ask(narrowed, **ceu) == ["d", "a"]


def test_a_place_finds_what_is_near_it(narrowed: SearchIndex) -> None:
    def found(place: tuple[float, float], km: float) -> set[str]:
        return set(ask(narrowed, near=Near(*place, km)))

    assert found(LONDON, 5) == {"a"}
    assert found(LONDON, 180) == {"a", "b"}
    assert found(LONDON, 400) == {"a", "b", "c"}
    assert found((-18.0, -179.5), 300) == {"d"}  # across the date line


def _nearest(index: SearchIndex, place: tuple[float, float], km: float, **more: int) -> list[str]:
    asked = query(near=Near(*place, km), sort=Sort.NEAREST, **more)
    found = find(index, asked, Asked(), None).results
    assert found.total == index.search(asked).total
    return [hit.id for hit in found.hits]


def test_the_nearest_come_first(narrowed: SearchIndex) -> None:
    assert _nearest(narrowed, BATH, 400) == ["b", "a", "c"]
    assert _nearest(narrowed, LEEDS, 400) == ["c", "a", "b"]
    assert _nearest(narrowed, LEEDS, 5000, per_page=2, page=2) == ["b"]
    assert _nearest(narrowed, LEEDS, 5000, per_page=2, page=3) == []
    assert _nearest(narrowed, SUVA, 5) == ["d"]


def test_the_nearest_of_many_join_into_pages_without_gap(empty_index: SearchIndex) -> None:
    places = {f"n{number}": (51.5 + number / 90, -0.1) for number in range(300)}
    empty_index.rebuild(
        [
            document(_course(key, place=place), society=SOCIETIES["lakeside"], at=AT)
            for key, place in places.items()
        ]
    )
    pages = [_nearest(empty_index, (51.5, -0.1), 200, per_page=40, page=n) for n in range(1, 6)]
    within = [f"n{number}" for number in range(1, 160)]
    assert [key for page in pages for key in page][: len(within)] == ["n0", *within][:-1]


def test_narrowing_counts_as_filters_do(narrowed: SearchIndex) -> None:
    found = narrowed.search(query(near=Near(*LONDON, 400), dates=Dates("2027-02-01", None)))
    assert {hit.id for hit in found.hits} == {"b", "c"}
    assert found.total == 2
    assert {each.value: each.count for each in found.facets["credit"]} == {"PDH": 2}


def test_values_that_look_alike_are_different_values(empty_index: SearchIndex) -> None:
    levels = ["Beginner", "beginner", "Débutant", "Debutant", "初级" * 60, "初级" * 49 + "初階"]
    made = [replace(COURSES[0], id=f"l{n}", data=replace(COURSES[0].data, level=level))
            for n, level in enumerate(levels)]  # fmt: skip
    empty_index.rebuild([document(one, society=SOCIETIES["lakeside"], at=AT) for one in made])
    counted = empty_index.search(query(facets=("level",))).facets["level"]
    assert {one.value: one.count for one in counted} == {level[:MAX_VALUE]: 1 for level in levels}
    for number, level in enumerate(levels):
        assert ask(empty_index, level=level[:MAX_VALUE]) == [f"l{number}"]


def test_browsing_and_sorting_are_the_same_everywhere(narrowed: SearchIndex) -> None:
    by_walk = sorted(KEYS, key=walk)
    assert ask(narrowed) == by_walk[::-1]
    assert ask(narrowed, sort=Sort.NEWEST) == ask(narrowed, sort=Sort.CHANGED) == by_walk[::-1]
    undated = ["a", "b", "c", "d", "e"]
    assert ask(narrowed, sort=Sort.SOONEST) == undated


def test_only_the_facets_asked_for_are_counted(narrowed: SearchIndex) -> None:
    found = narrowed.search(query(facets=("credit", "pace"), credit=("PDH",)))
    assert set(found.facets) == {"credit", "pace"}
    assert {each.value: each.count for each in found.facets["credit"]} == {"PDH": 3, "CEU": 2}
    assert {each.value: each.count for each in found.facets["pace"]} == {"scheduled": 3}


def test_a_walk_meets_every_course_once(narrowed: SearchIndex) -> None:
    places = sorted((walk(key), key) for key in KEYS)
    assert ask(narrowed, walk=0) == [key for _, key in places]
    assert ask(narrowed, walk=places[2][0]) == [key for _, key in places[2:]]
    assert ask(narrowed, walk=places[-1][0] + 1) == []
    assert set(ask(narrowed, walk=0, credit="CEU")) == {"a", "d"}


def test_a_walk_ends_where_what_was_found_first_ends(narrowed: SearchIndex) -> None:
    for text in ("concrete bridges", "concrete brigde", "concrete zeppelins"):
        found = narrowed.search(query(text, walk=0))
        assert found.total == len(KEYS)
        assert narrowed.search(query(text, walk=walk(found.hits[-1].id) + 1)).total == 0
    assert ask(narrowed, "zeppelins over hills", walk=1) == []
    assert ask(narrowed, "concrete zeppelins", walk=1) == ask(narrowed, "concrete", walk=1)


def test_hits_that_have_only_some_of_the_words_say_so(narrowed: SearchIndex) -> None:
    assert narrowed.search(query("concrete bridges")).loose is False
    assert narrowed.search(query("concrete zeppelins")).loose is True
    assert narrowed.search(query("zeppelins")).loose is False
