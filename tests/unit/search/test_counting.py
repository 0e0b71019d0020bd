"""Hits and what they would count for, put together without either knowing the other."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import pytest

from app.platform.problems import Invalid
from app.search import Query, SearchIndex, Sort
from app.search.counting import WINDOW, Asked, CountsFor, find, split
from tests.simulator.plain_index import PlainIndex
from tests.simulator.search import DOCUMENTS

MANY = [{**DOCUMENTS[0], "id": f"c-{number:03}"} for number in range(450)]


class ByNumber:
    """A reckoner by whose rules later courses count for more; ``illustrative`` ones for less."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def of(
        self, course_ids: Sequence[str], registries: Sequence[str]
    ) -> Mapping[str, tuple[CountsFor, ...]]:
        self.asked += course_ids
        return {
            one: tuple(self._one(place, name) for name in registries)
            for place, one in enumerate(course_ids)
            if one != "c-007"
        }

    @staticmethod
    def _one(place: int, name: str) -> CountsFor:
        if name == "example":
            return CountsFor(name, "illustrative", "accept", (4, Fraction(-place)))
        return CountsFor(name, "adopted", "accept", (4, Fraction(place // 2)))


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    made = PlainIndex()
    made.apply(MANY, [])
    return made


def ids(index: SearchIndex, query: Query, asked: Asked) -> list[str]:
    return [hit.id for hit in find(index, query, asked, ByNumber()).results.hits]


def test_the_best_hits_are_put_in_order_and_no_others_are_looked_at(index: SearchIndex) -> None:
    reckoner = ByNumber()
    found = find(index, Query(per_page=3), Asked(("ebk",), ordered=True), reckoner)
    assert len(reckoner.asked) == len(set(reckoner.asked)) == WINDOW
    assert (found.ordered, found.results.total) == (WINDOW, len(MANY))
    assert [hit.id for hit in found.results.hits] == ["c-198", "c-199", "c-196"]


def test_hits_of_equal_worth_keep_the_order_of_the_index(index: SearchIndex) -> None:
    found = ids(index, Query(per_page=100), Asked(("ebk",), ordered=True))
    assert found[:4] == ["c-198", "c-199", "c-196", "c-197"]


def test_pages_go_on_to_the_last_that_was_ordered_and_no_further(index: SearchIndex) -> None:
    asked = Asked(("ebk",), ordered=True)
    pages = [ids(index, Query(page=page, per_page=70), asked) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [70, 70, 60, 0]
    assert len({one for page in pages for one in page}) == WINDOW


def test_what_nobody_reckons_comes_last(index: SearchIndex) -> None:
    assert ids(index, Query(page=2, per_page=100), Asked(("ebk",), ordered=True))[-1] == "c-007"


def test_nothing_is_ordered_by_what_is_illustrative(index: SearchIndex) -> None:
    plain = ids(index, Query(), Asked())
    both = Asked(("example", "ebk"), ordered=True)
    assert ids(index, Query(), Asked(("example",), ordered=True))[:5] == plain[:5]
    assert ids(index, Query(per_page=1), both) == ["c-198"]


def test_without_order_only_the_page_itself_is_looked_at(index: SearchIndex) -> None:
    reckoner = ByNumber()
    found = find(index, Query(per_page=5), Asked(("ebk",)), reckoner)
    assert reckoner.asked == [hit.id for hit in found.results.hits]
    assert found.ordered is None


def test_the_question_is_taken_apart() -> None:
    given = {"q": "x", "counts_for": ["ebk", " ebk ", "pec", ""], "sort": "counts_for"}
    rest, asked = split(given)
    assert rest == {"q": "x", "sort": Sort.RELEVANCE.value}
    assert asked == Asked(("ebk", "pec"), ordered=True)
    assert split({"counts_for": "ebk", "sort": ["newest"]}) == (
        {"sort": ["newest"]},
        Asked(("ebk",)),
    )


@pytest.mark.parametrize("registries", [["a"] * 3 + list("bcdef"), ["A"], ["a b"], ["-a"]])
def test_a_question_in_another_form_is_refused(registries: list[str]) -> None:
    with pytest.raises(Invalid):
        split({"counts_for": registries})


def test_without_a_reckoner_the_question_is_refused(index: SearchIndex) -> None:
    with pytest.raises(Invalid):
        find(index, Query(), Asked(("ebk",)), None)
