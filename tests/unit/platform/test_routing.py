"""Routes that were put together, against those that FastAPI includes."""

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from app.platform.routing import attach, together


def _router(word: str, **options: Any) -> APIRouter:
    router = APIRouter(prefix=f"/{word}", tags=[word], **options)

    @router.get("/{number}")
    def read(number: int) -> dict[str, int]:
        return {word: number}

    return router


def _app() -> FastAPI:
    return FastAPI(generate_unique_id_function=lambda route: f"{route.tags[0]}-{route.name}")


def test_the_routes_answer_and_are_described_as_included_ones_are() -> None:
    included, attached = _app(), _app()
    for word in ("one", "two"):
        included.include_router(_router(word))
    attach(attached, together(_router("one"), _router("two")))
    assert TestClient(attached).get("/two/7").json() == {"two": 7}
    assert TestClient(attached).get("/two/x").status_code == 422
    told, expected = attached.openapi()["paths"], included.openapi()["paths"]
    assert list(told) == list(expected) == ["/one/{number}", "/two/{number}"]
    for path, described in expected.items():
        for name in ("operationId", "parameters", "tags"):
            assert told[path]["get"][name] == described["get"][name]


def test_what_is_kept_out_of_the_description_is_answered_all_the_same() -> None:
    app = _app()
    attach(app, _router("seen"))
    attach(app, _router("hidden"), include_in_schema=False)
    attach(app, _router("shy", include_in_schema=False))
    assert list(app.openapi()["paths"]) == ["/seen/{number}"]
    assert TestClient(app).get("/hidden/1").json() == {"hidden": 1}
    assert TestClient(app).get("/shy/1").json() == {"shy": 1}


def test_a_router_that_includes_another_keeps_what_it_adds_to_it() -> None:
    outer = APIRouter(prefix="/outer")
    outer.include_router(_router("inner"))
    app = _app()
    attach(app, _router("first"), outer)
    assert list(app.openapi()["paths"]) == ["/first/{number}", "/outer/inner/{number}"]
    assert TestClient(app).get("/outer/inner/3").json() == {"inner": 3}
