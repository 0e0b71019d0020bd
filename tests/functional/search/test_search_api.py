"""``GET /api/v1/search`` over HTTP."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.identity.access import Guard, routes
from app.platform import problems
from app.search import SearchIndex
from app.search.api import build_router
from app.search.api.schemas import SearchOut
from app.search.meili import MeilisearchIndex
from tests.servers import free_port
from tests.simulator.courses import COURSES


def _nobody(token: str) -> object:
    raise AssertionError(token)


def _client(index: SearchIndex) -> TestClient:
    app = FastAPI()
    problems.install(app)
    app.include_router(build_router(index=index, guard=Guard(_nobody)))  # type: ignore[arg-type]
    assert {path: mark for path, _, mark in routes(app)}["/api/v1/search"] == "public"
    return TestClient(app)


@pytest.fixture
def client(index: SearchIndex) -> Iterator[TestClient]:
    with _client(index) as client:
        yield client


def test_a_search_answers_with_hits_facets_and_links(client: TestClient) -> None:
    answer = client.get("/api/v1/search", params={"q": "bridge", "per_page": 2}).json()
    assert answer["total"] >= 3
    assert (answer["page"], answer["per_page"], len(answer["hits"])) == (1, 2, 2)
    title = answer["hits"][0]["highlights"]["title"]
    assert all("ridge" in title["text"][start:end] for start, end in title["ranges"])
    assert answer["hits"][0]["course"]["id"] == answer["hits"][0]["id"]
    assert {"value": "en", "count": 2} in answer["facets"]["language"] or answer["facets"]
    assert answer["links"]["previous"] is None
    second = client.get(answer["links"]["next"]).json()
    assert second["page"] == 2
    assert {h["id"] for h in second["hits"]}.isdisjoint(h["id"] for h in answer["hits"])
    assert client.get(second["links"]["previous"]).json()["hits"] == answer["hits"]


def test_repeated_filters_are_alternatives(client: TestClient) -> None:
    answer = client.get("/api/v1/search?language=fr&language=es&field=0712").json()
    assert {hit["id"] for hit in answer["hits"]} == {"fr-water", "es-water"}
    assert answer["links"]["self"] == "/api/v1/search?language=fr&language=es&field=0712&page=1"
    assert answer["links"]["next"] is None


def test_browsing_needs_no_parameter(client: TestClient) -> None:
    answer = client.get("/api/v1/search", headers={"Accept-Language": "zh-CN,zh;q=0.9"}).json()
    assert answer["total"] == len(COURSES)
    chinese = next(hit for hit in answer["hits"] if hit["id"] == "zh-bridge")
    assert chinese["highlights"]["title"]["language"] == "zh"


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("country=Kenya", "country"),
        ("field=7", "field"),
        ("delivery=pigeon", "delivery"),
        ("price=cheap", "price"),
        ("per_page=1000", "per_page"),
        ("page=0", "page"),
        ("page=9999&per_page=100", "page"),
        ("sort=random", "sort"),
        ("q=" + "x" * 301, "q"),
    ],
)
def test_a_bad_parameter_is_named_with_its_mend(client: TestClient, asked: str, named: str) -> None:
    answer = client.get(f"/api/v1/search?{asked}")
    assert answer.status_code == 422
    body = answer.json()
    assert body["code"] == "invalid"
    assert named in {error["pointer"] for error in body["errors"]}
    assert all(error["detail"] for error in body["errors"])


@pytest.mark.parametrize("asked", ["sociaty=jade", "page=two"])
def test_an_unknown_parameter_is_refused_by_its_name(client: TestClient, asked: str) -> None:
    answer = client.get(f"/api/v1/search?{asked}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].endswith(asked.partition("=")[0])


def test_search_that_is_away_answers_503_with_a_code() -> None:
    index = MeilisearchIndex(f"http://127.0.0.1:{free_port()}", "key")
    with _client(index) as client:
        answer = client.get("/api/v1/search?q=bridge")
    assert answer.status_code == 503
    assert answer.json()["code"] == "search-unavailable"
    assert answer.headers["Retry-After"]
    index.close()


def test_everything_is_read_once_by_cursor(client: TestClient) -> None:
    address, seen = "/api/v1/search?cursor=start&per_page=5", []
    for _ in range(20):
        answer = client.get(address).json()
        assert (answer["total"] > 0, answer["facets"], answer["links"]["previous"]) == (
            True, {}, None,
        )  # fmt: skip
        seen += [hit["id"] for hit in answer["hits"]]
        address = answer["links"]["next"]
        if address is None:
            break
    assert sorted(seen) == sorted(course.id for course in COURSES)
    filtered = client.get("/api/v1/search?cursor=start&language=fr&per_page=100").json()
    assert {hit["id"][:2] for hit in filtered["hits"]} == {"fr"}


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "eC55"}, "cursor"),
        ({"cursor": "start", "page": "2"}, "cursor"),
        ({"cursor": "start", "sort": "title"}, "cursor"),
        ({"facets": "colour"}, "facets"),
        ({"facets": ["none", "kind"]}, "facets"),
    ],
)
def test_a_cursor_or_facet_that_cannot_be_is_refused(
    client: TestClient, params: dict[str, str], named: str
) -> None:
    answer = client.get("/api/v1/search", params=params)
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json()["errors"]] == [named]


def test_only_the_facets_named_are_counted(client: TestClient) -> None:
    assert set(client.get("/api/v1/search?facets=kind&facets=price").json()["facets"]) == {
        "kind",
        "price",
    }
    assert client.get("/api/v1/search?facets=none").json()["facets"] == {}


def test_suggestions_and_values_of_a_facet_are_given(client: TestClient) -> None:
    found = client.get("/api/v1/suggest", params={"q": "bridge insp"}).json()["suggestions"]
    assert found[0]["means"] == "words"
    assert found[0]["text"]["text"] == "bridge inspection"
    assert {one["course"] for one in found} >= {"en-bridge-inspection"}
    answer = client.get("/api/v1/facets/standard", params={"text": "en 19", "limit": 2}).json()
    assert (answer["facet"], answer["total"], len(answer["values"])) == ("standard", 3, 2)
    assert client.get("/api/v1/facets/colour").status_code == 404
    assert client.get("/api/v1/facets/kind?limit=0").status_code == 422
    assert client.get("/api/v1/suggest?colour=red").status_code == 422


def test_help_comes_with_an_answer_that_needs_it(client: TestClient) -> None:
    spelled = client.get("/api/v1/search", params={"q": "brigde inspection"}).json()
    assert spelled["help"] == {"spelled": "bridge inspection", "without": []}
    none = client.get("/api/v1/search", params={"q": "tunnelling", "language": "fr"}).json()
    assert none["total"] == 0
    assert {"parameter": "language", "total": 1} in none["help"]["without"]
    assert client.get("/api/v1/search?q=tunnelling").json()["help"] is None


@pytest.mark.parametrize(
    "asked",
    [
        "q=bridge&per_page=2&page=2",
        "q=brigde&language=fr",
        "q=bridge&near=51.5,-0.1&sort=nearest",
        "q=nothingofthekind&price=free",
        "cursor=start&per_page=5",
        "facets=none",
    ],
)
def test_every_answer_is_what_the_schema_says(client: TestClient, asked: str) -> None:
    answer = client.get(f"/api/v1/search?{asked}")
    told = SearchOut.model_validate_json(answer.content)
    assert told.model_dump(mode="json") == answer.json()


def test_long_texts_of_a_hit_are_left_to_the_course_itself(client: TestClient) -> None:
    hit = client.get("/api/v1/search?q=loads").json()["hits"][0]
    assert {"description", "outcomes", "prerequisites"}.isdisjoint(hit["course"])
    assert "Loads" in hit["highlights"]["summary"]["text"]
