"""``GET /api/v1/search`` over HTTP."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.identity.access import Guard, routes
from app.platform import problems
from app.search import SearchIndex
from app.search.api import build_router
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
