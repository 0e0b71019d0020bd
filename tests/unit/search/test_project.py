import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.catalogue import CourseRun, Offer, SourceRef
from app.search import FACETS
from app.search.project import document, plain
from app.search.searchable import UNDATED, searchable
from tests.simulator.courses import AT, COURSES, SOCIETIES

ONE = COURSES[0]
LAKESIDE = SOCIETIES["lakeside"]


def _document(**changes: object) -> dict[str, object]:
    changed = replace(ONE, data=replace(ONE.data, **changes))  # type: ignore[arg-type]
    return document(changed, society=LAKESIDE, at=AT)


def test_every_document_is_json_and_has_every_facet() -> None:
    for course in COURSES:
        made = document(course, society=SOCIETIES[course.society_id], at=AT)
        assert json.loads(json.dumps(made)) == made
        assert set(searchable(made).facets) == set(FACETS)


def test_a_field_carries_its_parents() -> None:
    assert _document(fields=("0732", "071"))["field"] == ["07", "073", "0732", "071"]


@pytest.mark.parametrize(
    ("at", "wanted"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "2027-02-04"),
        (datetime(2027, 2, 4, 23, tzinfo=UTC), "2027-02-04"),
        (datetime(2027, 2, 5, tzinfo=UTC), "2027-06-10"),
        (datetime(2027, 7, 1, tzinfo=UTC), None),
    ],
)
def test_the_next_run_is_the_first_that_has_not_begun(at: datetime, wanted: str | None) -> None:
    made = document(ONE, society=LAKESIDE, at=at)
    assert made["next_run"] == wanted
    assert searchable(made).next_run == (wanted or UNDATED)


@pytest.mark.parametrize(
    ("offers", "wanted"),
    [
        ((), []),
        ((Offer(amount="0"),), ["free"]),
        ((Offer(amount="0.00", category="paid"),), ["free"]),
        ((Offer(amount="10"),), ["paid"]),
        ((Offer(category="subscription"),), ["paid"]),
        ((Offer(category="free", audience="member"), Offer(amount="100.0")), ["free", "paid"]),
    ],
)
def test_the_price_is_what_the_offers_say(offers: tuple[Offer, ...], wanted: list[str]) -> None:
    assert _document(offers=offers)["price"] == wanted


def test_runs_add_their_countries_languages_and_ways_of_delivery() -> None:
    run = CourseRun(start="2027-01-01", place_country="UG", language="sw", delivery="blended")
    made = _document(runs=(run,))
    assert made["country"] == ["KE", "UG"]
    assert made["language"] == ["en", "sw"]
    assert made["delivery"] == ["onsite", "blended"]


def test_a_course_is_found_under_every_society_that_offers_it() -> None:
    shared = replace(ONE, sources=(*ONE.sources, SourceRef("r", "s", "jade", "x")))
    made = document(shared, society=LAKESIDE, at=AT)
    assert made["society"] == "lakeside"
    assert searchable(made).facets["society"] == ("lakeside", "jade")


def test_html_becomes_text_without_gluing_words() -> None:
    html = "<p>Loads<br>on <b>b</b>ridges</p><ul><li>a &lt;b&gt; &amp; c</li></ul>"
    assert plain(html) == "Loads on bridges a <b> & c"
    assert plain("no markup < 3") == "no markup < 3"
