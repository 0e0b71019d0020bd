"""What a program learns of a person who allowed it, and that it learns nothing else."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.identity.access import Guard, Unauthenticated
from app.identity.model import PERSONAL_SCOPES, SCOPES, Actor
from app.identity.people import me_api, registrations
from app.identity.people.model import NewRegistration
from app.platform import problems
from app.records.keeping import api as keeping_api
from app.records.keeping import service as keeping
from app.records.sharing.model import HolderLink
from tests.simulator.members import PUBLIC_URL
from tests.simulator.node import COMPLETION
from tests.simulator.place import Place

ALL = frozenset(PERSONAL_SCOPES)
ADDRESSES = {
    "": "profile:read",
    "/registrations": "registrations:read",
    "/records": "transcript:read",
    "/records/x": "transcript:read",
    "/records/x.jwt": "transcript:read",
}


@pytest.fixture
def http(place: Place) -> Iterator[TestClient]:
    """The routes with a door that knows tokens such as ``ada`` or ``ada profile:read``."""

    def authenticate(token: str) -> Actor:
        name, *scopes = token.split()
        if name == "nobody":
            raise Unauthenticated("Nobody.")
        if name == "client":
            return Actor("lms", place.id, frozenset(SCOPES) | ALL)
        return Actor("app", "", frozenset(scopes) or ALL, person_id=place.person(name))

    guard, database = Guard(authenticate), place.node.node.database
    app = FastAPI()
    problems.install(app)
    app.include_router(me_api.build_router(database=database, guard=guard))
    app.include_router(
        keeping_api.build_router(database=database, guard=guard, public_url=PUBLIC_URL)
    )
    with TestClient(app) as client:
        yield client


def me(http: TestClient, token: str, ending: str = "", **query: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return http.get(f"/api/v1/me{ending}", headers=headers, params=query)


def keep(place: Place, name: str, run: str) -> str:
    """Issue a record and keep it."""
    node = place.node
    headers = {**node.token("cse"), "Idempotency-Key": f"me-{place.number}-{run}"}
    completion = COMPLETION | {"course_run": f"me-{place.number}-{run}"}
    made = node.http.post("/api/v1/societies/cse/completions", json=completion, headers=headers)
    record_id = str(made.json()["id"])
    person = place.person(name)
    with node.node.database.write() as session:
        link = HolderLink("link", record_id, node.now, None)
        keeping.keep(session, link, person, at=node.now)
    return record_id


def test_a_program_learns_who_the_person_is(place: Place, http: TestClient) -> None:
    place.sign_in("ada")
    place.call("ada", "Ada Lovelace")
    answer = me(http, "ada profile:read")
    assert answer.json() == {
        "id": place.person("ada"), "name": "Ada Lovelace", "language": None,
        "email": place.email("ada"),
    }  # fmt: skip
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_program_reads_registrations_and_records_of_its_person_alone(
    place: Place, http: TestClient
) -> None:
    for name, number in (("ada", "A-1"), ("eve", "E-1")):
        person = place.person(name)
        with place.node.node.database.write() as session:
            registration = NewRegistration(place.id, number, "2020-01-01")
            registrations.add(session, person, registration, at=place.node.now)
    (one,) = me(http, "ada registrations:read", "/registrations").json()["registrations"]
    assert (one["registry"], one["number"], one["until"]) == (place.id, "A-1", None)

    kept = [keep(place, "ada", run) for run in ("first", "second", "third")]
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while not found or cursor:
        page = me(http, "ada", "/records", limit=2, **cursor).json()
        found += page["items"]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert [each["id"] for each in found] == kept[::-1]
    assert {each["status"] for each in found} == {"valid"}
    assert "bridges" in found[0]["title"] or "桥梁" in found[0]["title"]
    address = found[0]["json_url"].removeprefix(f"{PUBLIC_URL}/api/v1/me")
    assert me(http, "ada", address).json()["id"] == f"urn:uuid:{found[0]['id']}"
    assert me(http, "ada", f"{address}.jwt").text.count(".") == 2
    assert me(http, "eve", "/records").json()["items"] == []
    assert me(http, "eve", address).status_code == 404
    assert me(http, "eve", f"{address}.jwt").status_code == 404


@pytest.mark.parametrize(("ending", "scope"), ADDRESSES.items())
def test_who_may_not_is_refused(http: TestClient, ending: str, scope: str) -> None:
    fewer = " ".join(ALL - {scope})
    assert me(http, f"ada {fewer}", ending).status_code == 403
    assert me(http, "nobody", ending).status_code == 401
    refused = me(http, "client", ending)
    assert refused.status_code == 403
    assert "acts for an organisation and for no person" in refused.json()["detail"]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"cursor": "€"}, {"cursor": "x"}])
def test_a_bad_page_is_a_clear_answer(http: TestClient, query: dict[str, Any]) -> None:
    assert me(http, "ada", "/records", **query).status_code == 422
