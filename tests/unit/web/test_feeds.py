from datetime import timedelta
from typing import Any

from app.harvest.inspecting.model import Cut, Verdict
from app.harvest.inspecting.sniffing import CONNECTOR
from app.harvest.model import Failure, Mode, RunState
from app.harvest.quality import Quality, Summing
from app.harvest.telling.model import Summary, Wanted
from app.web.feeds import labels
from app.web.feeds.chart import EDGE, HEIGHT, WIDTH, chart
from app.web.feeds.showing import MOST_ENTRIES, course_fields
from tests.conftest import NOW


def summary(number: int, points: int, **counters: int) -> Summary:
    quality = Quality(1, points)
    at = NOW + timedelta(days=number)
    return Summary(str(number), "s", RunState.DONE, at, quality, (), counters)


def test_every_code_of_feeds_has_a_label() -> None:
    for table, codes in (
        (labels.STATE, RunState), (labels.MODE, Mode), (labels.CUT, Cut),
        (labels.VERDICT, Verdict), (labels.REPORTS, Wanted),
        (labels.WHY, CONNECTOR),
    ):  # fmt: skip
        assert set(map(str, codes)) <= set(table)
    assert set(map(str, Failure)) <= set(labels.FAILURE)
    assert set(CONNECTOR.values()) <= set(labels.FORMAT)


def test_a_chart_goes_from_the_oldest_run_to_the_newest_within_its_frame() -> None:
    made = chart([summary(2, 100), summary(1, 0, rejected=4), summary(0, 50)])
    assert [one.mean for one in made.points] == [50, 0, 100]
    assert (made.points[0].x, made.points[-1].x) == (EDGE, WIDTH - EDGE)
    assert (made.points[1].y, made.points[2].y) == (HEIGHT - EDGE, EDGE)
    assert [one.bar > 0 for one in made.points] == [False, True, False]
    assert made.line.count(",") == 3
    assert chart([]).points == ()
    assert len(chart([summary(0, 7)]).points) == 1


def test_quality_is_summed_by_tens_with_what_is_missing_most_first() -> None:
    summed = Summing()
    for points, missing in ((100, []), (90, ["a"]), (0, ["a", "b"])):
        summed.add(points, missing)
    total = summed.total()
    assert (total.courses, total.mean) == (3, 63)
    assert (total.bands[9], total.bands[0]) == (2, 1)
    assert list(total.missing.items()) == [("a", 2), ("b", 1)]
    assert Quality().mean is None


def test_a_course_is_shown_field_by_field_whatever_is_in_it() -> None:
    course: dict[str, Any] = {
        "title": {"en": "Bridges", "und": "Ponts"},
        "description": {"en": "<p>Loads &amp; <b>limits</b></p>"},
        "credits": [{"value": "2", "unit": "hour", "framework": None}],
        "subjects": [str(n) for n in range(MOST_ENTRIES + 5)],
        "url": "https://c.example/",
    }
    made = {one.field: [(e.text, e.tag) for e in one.entries] for one in course_fields(course)}
    assert made["title"] == [("Bridges", "en"), ("Ponts", "")]
    assert made["description"] == [("Loads & limits", "en")]
    assert made["credits"] == [("value: 2 · unit: hour", "")]
    assert made["subjects"][-1] == ("+ 5", "")
