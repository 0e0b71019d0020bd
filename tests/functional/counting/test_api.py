"""What activities count for, over HTTP: the calculator, one course, and search."""

from typing import Any

import pytest

from app.identity.access import routes
from tests.simulator.counting import COURSES, HOURS, PENDING, SOCIETY, STRICT, Counting

pytestmark = pytest.mark.slow


def of_course(counting: Counting, key: str, *registries: str) -> list[dict[str, Any]]:
    answer = counting.house.http.get(
        f"/api/v1/courses/{counting.ids[key]}/counts-for", params={"registry": registries}
    )
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def calculated(counting: Counting, **activity: Any) -> list[dict[str, Any]]:
    answer = counting.house.http.post("/api/v1/calculator", json=activity)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def search(counting: Counting, **params: Any) -> dict[str, Any]:
    answer = counting.house.http.get("/api/v1/search", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_course_counts_by_the_line_of_each_registry(counting: Counting) -> None:
    hours, strict = of_course(counting, "long", HOURS, STRICT)
    (way,) = hours["ways"]
    assert (way["outcome"], way["amount"], way["unit"]) == ("accept", "8", "PDU")
    assert (way["rule"], way["line"]) == ("course", "1 PDU for every 2 hours contact time")
    assert (way["policy"], way["version"], way["category"]) == ("hours-rules", 1, "structured")
    (way,) = strict["ways"]
    assert (way["amount"], way["decimal"], way["unit"]) == ("5/3", "1.6666", "credit")
    assert hours["authority"] == strict["authority"] == "adopted"


def test_the_answer_says_what_it_rests_on(counting: Counting) -> None:
    path = f"/api/v1/courses/{counting.ids['long']}/counts-for"
    said = counting.house.http.get(path).json()
    assert "The registry decides" in said["supposed"]
    assert {one["registry"] for one in said["items"]} == {HOURS, STRICT, PENDING}


def test_a_registry_without_adopted_rules_tells_nothing(counting: Counting) -> None:
    (pending,) = of_course(counting, "long", PENDING)
    assert (pending["ways"], pending["needs"], pending["then"]) == ([], [], None)
    assert pending["doubtful"] is False


def test_the_least_favourable_way_of_taking_it_comes_first(counting: Counting) -> None:
    (hours,) = of_course(counting, "online", HOURS)
    assert [(way["mode"], way["outcome"], way["amount"]) for way in hours["ways"]] == [
        ("self_paced_online", "reject", None),
        ("in_person", "accept", "4"),
    ]
    (need,) = hours["needs"]
    assert (need["what"], need["values"]) == ("delivery", ["assessed"])
    assert hours["then"] == {"amount": "2", "decimal": "2.0000"}


def test_how_it_is_given_not_said_it_may_be_given_in_any_way(counting: Counting) -> None:
    (hours,) = of_course(counting, "unsaid", HOURS)
    assert hours["ways"][0]["outcome"] == "reject"
    assert hours["ways"][-1]["amount"] == "3"
    (strict,) = of_course(counting, "unsaid", STRICT)
    assert [way["mode"] for way in strict["ways"]] == [None]


def test_a_course_without_hours_is_left_to_a_person(counting: Counting) -> None:
    (hours,) = of_course(counting, "untimed", HOURS)
    assert hours["ways"][0]["outcome"] == "review"
    assert hours["ways"][0]["reasons"] == ["FACT_MISSING:contact_minutes"]
    assert hours["needs"][0]["what"] == "measure"
    assert hours["then"] is None


def test_illustrative_rules_are_marked_and_no_registrys(counting: Counting) -> None:
    (ebk,) = of_course(counting, "long", "ke-ebk")
    assert ebk["authority"] == "illustrative"
    assert ebk["ways"][0]["outcome"] == "review"
    assert ebk["then"]["amount"] == "8"
    assert [need["what"] for need in ebk["needs"]] == ["issuer"]


def test_the_calculator_says_what_is_missing(counting: Counting) -> None:
    asked = {"kind": "course", "measures": {"contact_minutes": "600"}, "registries": [STRICT]}
    (strict,) = calculated(counting, **asked)
    assert strict["ways"][0]["outcome"] == "review"
    assert [(need["what"], need["values"]) for need in strict["needs"]] == [
        ("issuer", ["listed-society"]),
        ("standing", []),
        ("language", ["en", "zh"]),
    ]
    assert strict["then"]["amount"] == "1"
    (strict,) = calculated(counting, **asked, society=SOCIETY, languages=["zh-CN"])
    assert (strict["needs"], strict["ways"][0]["amount"]) == ([], "1")


def test_nothing_filled_in_is_no_pass(counting: Counting) -> None:
    for item in calculated(counting):
        assert all(way["outcome"] == "review" for way in item["ways"])


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"kind": "party"}, "/kind"),
        ({"mode": "in_person"}, "/mode"),
        ({"measures": {"contact_minutes": "1e3"}}, "/measures/contact_minutes"),
        ({"measures": {"contact_minutes": "-5"}}, "/measures/contact_minutes"),
        ({"measures": {"contact_minutes": "99999999"}}, "/measures/contact_minutes"),
        ({"measures": {"hours": "5"}}, "/measures/hours"),
        ({"tags": ["gossip"]}, "/tags"),
        ({"competences": ["EC14"]}, "/competences"),
        ({"languages": ["\0"]}, "/languages"),
        ({"society": "nobody"}, "/society"),
        ({"society": "a\0b"}, "/society"),
        ({"on": "2027-02-30"}, "/on"),
        ({"on": "9999-12-31"}, "/on"),
        ({"registries": ["nobody"]}, "/registries"),
        ({"registries": ["a\0"]}, "/registries"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(
    counting: Counting, wrong: dict[str, Any], pointer: str
) -> None:
    answer = counting.house.http.post("/api/v1/calculator", json=wrong)
    assert answer.status_code == 422, answer.text
    assert [field["pointer"] for field in answer.json()["errors"]] == [pointer]


def test_each_hit_says_what_it_would_count_for(counting: Counting) -> None:
    found = search(counting, q="bridges", counts_for=[HOURS, STRICT])
    assert len(found["hits"]) == len(COURSES)
    by_key = {counting.names()[hit["id"]]: hit["counts_for"] for hit in found["hits"]}
    assert [one["registry"] for one in by_key["long"]] == [HOURS, STRICT]
    assert (by_key["long"][0]["amount"], by_key["long"][0]["unit"]) == ("8", "PDU")
    assert by_key["long"][0]["line"] == "1 PDU for every 2 hours contact time"
    assert by_key["online"][0]["depends"] is True
    assert found["ordered"] is None


def test_without_the_question_there_is_no_answer(counting: Counting) -> None:
    assert {hit["counts_for"] for hit in search(counting)["hits"]} == {None}


def test_hits_can_be_put_in_order_by_it(counting: Counting) -> None:
    found = search(counting, counts_for=[HOURS, STRICT], sort="counts_for")
    keys = [counting.names()[hit["id"]] for hit in found["hits"]]
    assert keys[:3] == ["long", "short", "untimed"]
    assert set(keys[3:]) == {"online", "unsaid"}
    assert found["ordered"] == {"by": [HOURS, STRICT], "hits": len(COURSES)}


def test_ordered_hits_are_paged(counting: Counting) -> None:
    whole = search(counting, counts_for=STRICT, sort="counts_for")
    seen, path = [], "/api/v1/search?counts_for=strict&sort=counts_for&per_page=2"
    while path:
        page = counting.house.http.get(path).json()
        seen += [hit["id"] for hit in page["hits"]]
        path = page["links"]["next"]
    assert seen == [hit["id"] for hit in whole["hits"]]


def test_nothing_is_ordered_by_illustrative_rules(counting: Counting) -> None:
    plain = search(counting, q="bridges")
    found = search(counting, q="bridges", counts_for="ie-ei", sort="counts_for")
    assert [hit["id"] for hit in found["hits"]] == [hit["id"] for hit in plain["hits"]]
    assert found["ordered"]["by"] == []
    assert {one["authority"] for hit in found["hits"] for one in hit["counts_for"]} == {
        "illustrative"
    }


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"counts_for": ["a", "b", "c", "d", "e", "f"]}, "counts_for"),
        ({"counts_for": "nobody"}, "counts_for"),
        ({"counts_for": "A B"}, "counts_for"),
        ({"sort": "counts_for"}, "sort"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    counting: Counting, params: dict[str, Any], pointer: str
) -> None:
    answer = counting.house.http.get("/api/v1/search", params=params)
    assert answer.status_code == 422, answer.text
    assert [field["pointer"] for field in answer.json()["errors"]] == [pointer]


def test_all_of_it_is_open_to_anybody(counting: Counting) -> None:
    marks = {path: mark for path, _, mark in routes(counting.house.app)}
    for path in (
        "/api/v1/calculator",
        "/api/v1/courses/{course_id}/counts-for",
        "/calculator",
        "/recognition/{registry_id}",
    ):
        assert marks[path] == "public", path
