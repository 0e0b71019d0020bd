"""What hits count for, asked of both engines."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from app.search import Query, SearchIndex
from app.search.counting import Asked, CountsFor, find
from tests.simulator.courses import COURSES


class ByName:
    """A reckoner by whose rules courses count for more, the later their id in the alphabet."""

    def of(
        self, course_ids: Sequence[str], registries: Sequence[str]
    ) -> Mapping[str, tuple[CountsFor, ...]]:
        order = sorted(course_ids)
        return {
            one: (CountsFor("ebk", "adopted", "accept", (4, Fraction(order.index(one)))),)
            for one in course_ids
        }


def test_every_hit_is_put_in_order_whatever_the_engine(index: SearchIndex) -> None:
    found = find(index, Query(per_page=100), Asked(("ebk",), ordered=True), ByName())
    assert [hit.id for hit in found.results.hits] == sorted(
        (course.id for course in COURSES), reverse=True
    )
    assert found.ordered == found.results.total == len(COURSES)


def test_filters_and_facets_are_the_indexs_own(index: SearchIndex) -> None:
    query = Query(filters={"language": ("fr",)}, per_page=2)
    plain = index.search(query)
    found = find(index, query, Asked(("ebk",), ordered=True), ByName())
    assert found.results.total == plain.total
    assert found.results.facets == plain.facets
    assert len(found.results.hits) == min(2, plain.total)
