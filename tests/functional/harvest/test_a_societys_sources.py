"""A society's own sources over the API: entered, run, looked into, changed, removed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from app.harvest.registry import HIDDEN, Registry
from app.identity.model import Role
from app.worker import Worker
from tests.conftest import own_database
from tests.simulator.feeds import FeedServer, csv_bytes
from tests.simulator.harvests import Feed, registry
from tests.simulator.members import House, house

pytestmark = pytest.mark.slow

ROWS = [
    {"Code": f"C{n}", "Title": f"Course {n}", "URL": f"https://c.example/{n}"} for n in range(30)
]
BAD = [*ROWS, {"Code": "X", "Title": "", "URL": ""}]
BASE = "/api/v1/societies/cse/sources"


@pytest.fixture(scope="module")
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("sources")
    with (
        own_database(request, folder) as url,
        house(folder / "node", url, fetch_allow=["127.0.0.0/8"]) as found,
    ):
        found.add("cse")
        found.add("ebk")
        found.sign_in("editor@cse.example", cse=Role.EDITOR)
        yield found


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer({"/list.csv": csv_bytes(ROWS)}) as server:
        yield server


class Program:
    """The society's own program."""

    def __init__(self, house: House, organisation: str = "cse") -> None:
        self.house, self.headers = house, house.token(organisation)

    def __call__(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        headers = {**self.headers, **more.pop("headers", {})}
        answer = self.house.http.request(method, BASE + path, headers=headers, **more)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def add(self, feeds: FeedServer, **more: Any) -> str:
        wanted = {"connector": "table", "config": {"url": feeds.url("/list.csv")}, **more}
        return str(self("POST", "", 201, json={"every_hours": None, **wanted})["id"])

    def run(self, source_id: str, mode: str = "harvest") -> Any:
        run = self("POST", f"/{source_id}/runs", 202, json={"mode": mode})
        assert run["state"] == "queued"
        Worker(self.house.node, now=lambda: self.house.now).run(once=True)
        Worker(self.house.node, now=lambda: self.house.now).tell_runs()
        return self("GET", f"/{source_id}/runs/{run['id']}")


@pytest.fixture
def program(made: House) -> Program:
    return Program(made)


def test_a_source_is_entered_run_and_looked_into(program: Program, feeds: FeedServer) -> None:
    source_id = program.add(feeds, name="Our list")
    feeds.routes["/list.csv"] = csv_bytes(BAD)
    run = program.run(source_id)
    assert (run["state"], run["counters"]["new"], run["asked_by"]) == (
        "done_with_errors", 30, "client",
    )  # fmt: skip
    assert run["quality"]["courses"] == 30
    assert ("E-TITLE-MISSING", 1) in [(one["code"], one["count"]) for one in run["codes"]]
    page = program("GET", f"/{source_id}/issues?code=E-TITLE-MISSING")
    (issue,) = page["items"]
    assert (issue["record"], issue["severity"], page["next_cursor"]) == ("X", "error", None)
    found = program("GET", f"/{source_id}")
    assert (found["live"], found["errors"], found["last_run"]["id"]) == (30, 1, run["id"])
    assert found["name"] == "Our list"
    assert source_id in [one["id"] for one in program("GET", "")["items"]]


def test_issues_and_runs_come_in_pages(program: Program, feeds: FeedServer) -> None:
    feeds.routes["/list.csv"] = csv_bytes([{**row, "Licence": "Ask us"} for row in ROWS])
    source_id = program.add(feeds)
    first = program.run(source_id)
    second = program.run(source_id)
    seen: list[str] = []
    cursor, path = "", f"/{source_id}/issues?code=W-LICENCE-UNKNOWN&limit=7"
    while True:
        page = program("GET", path + (f"&cursor={cursor}" if cursor else ""))
        seen += [one["record"] for one in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert sorted(seen) == sorted(row["Code"] for row in ROWS)
    page = program("GET", f"/{source_id}/runs?limit=1")
    assert [one["id"] for one in page["items"]] == [second["id"]]
    page = program("GET", f"/{source_id}/runs?limit=1&cursor={page['next_cursor']}")
    assert [one["id"] for one in page["items"]] == [first["id"]]
    program("GET", f"/{source_id}/runs?cursor=!!", 422)
    program("GET", f"/{source_id}/issues?cursor=YQ", 422)


def test_a_held_run_is_released_or_refused_by_a_program_and_the_trail_says_who(
    program: Program, feeds: FeedServer
) -> None:
    source_id = program.add(feeds)
    program.run(source_id)
    feeds.routes["/list.csv"] = csv_bytes(ROWS[:3])
    held = program.run(source_id)
    assert (held["state"], held["vanishing"]) == ("held", 27)
    refused = program("POST", f"/{source_id}/runs/{held['id']}:refuse")
    assert refused["state"] == "cancelled"
    program("POST", f"/{source_id}/runs/{held['id']}:release", 409)
    again = program.run(source_id)
    done = program("POST", f"/{source_id}/runs/{again['id']}:release")
    assert (done["state"], done["counters"]["withdrawn"]) == ("done", 27)
    trail = program.house.http.get(
        "/api/v1/organisations/cse/audit?limit=10", headers=program.headers
    ).json()
    actions = [one["action"] for one in trail["entries"]]
    assert {"run.released", "run.refused"} <= set(actions)


def test_a_source_is_changed_only_as_it_was_seen(program: Program, feeds: FeedServer) -> None:
    source_id = program.add(feeds)
    answer = program.house.http.get(f"{BASE}/{source_id}", headers=program.headers)
    tag = answer.headers["etag"]
    wanted = {"name": "Other", "config": {"url": feeds.url("/other.csv")}, "every_hours": 6}
    changed = program("PUT", f"/{source_id}", json=wanted, headers={"If-Match": tag})
    assert (changed["name"], changed["every_hours"]) == ("Other", 6)
    program("PUT", f"/{source_id}", 412, json=wanted, headers={"If-Match": tag})
    wrong = program("PUT", f"/{source_id}", 422, json={**wanted, "config": {"url": "x"}})
    assert [one["pointer"] for one in wrong["errors"]] == ["config.url"]
    program("PUT", f"/{source_id}", 422, json={**wanted, "every_hours": 0})
    program("PUT", f"/{source_id}", 422, json={**wanted, "window": {"opens": "9", "closes": "5"}})
    assert program("POST", f"/{source_id}:pause")["paused"] is True
    assert program("POST", f"/{source_id}:resume")["paused"] is False


def test_what_is_anothers_is_not_there(made: House, program: Program, feeds: FeedServer) -> None:
    source_id = program.add(feeds)
    run = program("POST", f"/{source_id}/runs", 202, json={})
    program("POST", f"/{source_id}/runs/{run['id']}:cancel")
    other = Program(made, "ebk")
    other("GET", f"/{source_id}", 403)
    base = "/api/v1/societies/ebk/sources"
    for path in ("", "/issues", "/runs", f"/runs/{run['id']}"):
        answer = made.http.get(f"{base}/{source_id}{path}", headers=other.headers)
        assert answer.status_code == 404, path
    mine = program.add(feeds)
    program("GET", f"/{mine}/runs/{run['id']}", 404)


def test_a_request_sent_twice_enters_one_source(program: Program, feeds: FeedServer) -> None:
    wanted = {"connector": "table", "config": {"url": feeds.url("/list.csv")}}
    headers = {"Idempotency-Key": "one-source"}
    first = program("POST", "", 201, json=wanted, headers=headers)
    assert program("POST", "", 201, json=wanted, headers=headers) == first


def test_a_removed_source_takes_its_courses_along(program: Program, feeds: FeedServer) -> None:
    source_id = program.add(feeds)
    program.run(source_id)
    program("DELETE", f"/{source_id}", 202)
    assert program("GET", f"/{source_id}")["being_removed"] is True
    program("POST", f"/{source_id}/runs", 409, json={})
    worker = Worker(program.house.node, now=lambda: program.house.now)
    while worker.remove_sources():
        pass
    program("GET", f"/{source_id}", 404)


class Secretive(BaseModel):
    """A configuration with a token."""

    url: str = "https://c.example/feed"
    token: SecretStr


def with_secret(kind: Any) -> Registry:
    return Registry({"memory": type("Memory", (kind,), {"Config": Secretive})})


def test_a_secret_is_shown_to_nobody_and_goes_to_no_other_host(
    made: House, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = with_secret(registry(Feed()).connectors["memory"])
    monkeypatch.setitem(made.node.registry.connectors, "memory", known.connectors["memory"])
    config = {"url": "https://c.example/feed", "token": "s3cret"}
    wanted = {"connector": "memory", "config": config, "every_hours": None}
    made_source = program("POST", "", 201, json=wanted)
    shown = {**config, "token": HIDDEN}
    assert made_source["config"] == shown
    path = f"/{made_source['id']}"
    change = {"name": "", "every_hours": None, "config": {**shown, "url": "https://c.example/2"}}
    assert program("PUT", path, json=change)["config"]["token"] == HIDDEN
    change["config"] = {**shown, "url": "https://evil.example/"}
    refused = program("PUT", path, 422, json=change)
    assert [one["code"] for one in refused["errors"]] == ["secret-elsewhere"]
    change["config"] = {"url": "https://new.example/", "token": "another"}
    program("PUT", path, json=change)
    trail = made.http.get("/api/v1/organisations/cse/audit?limit=50", headers=program.headers)
    assert "s3cret" not in trail.text
    assert "another" not in trail.text
    assert json.loads(trail.text)["entries"][0]["action"] == "source.changed"
