"""Anybody looks at a feed, on the page and over the API; nothing of it is stored."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from lxml import html
from sqlalchemy import func, select

from app.harvest.inspecting import desk
from app.harvest.inspecting.desk import AT_ONCE, Busy, LookDesk
from app.harvest.inspecting.looking import Asked
from app.harvest.registry import Registry
from app.platform.db import Base
from app.platform.limits import RateLimits
from tests.conftest import own_database
from tests.simulator.feeds import FeedServer, csv_bytes
from tests.simulator.harvests import no_network
from tests.simulator.members import House, house

ROWS = [
    {"Code": f"C{n}", "Title": f"Course {n}", "URL": f"https://c.example/{n}"} for n in range(3)
]
BAD = csv_bytes([*ROWS, {"Code": "X", "Title": "", "URL": "<script>alert(1)</script>"}])


@pytest.fixture(scope="module")
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("looks")
    with (
        own_database(request, folder) as url,
        house(folder / "node", url, fetch_allow=["127.0.0.0/8"]) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def feeds() -> Iterator[FeedServer]:
    with FeedServer({"/good.csv": csv_bytes(ROWS), "/bad.csv": BAD}) as server:
        yield server


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "RATE", "1000/minute")


def stored(house: House) -> dict[str, int]:
    """The rows of every table, but for how often somebody asked, which PostgreSQL counts too."""
    with house.node.database.read() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name != "rate_limit"
        }


def test_the_page_says_what_is_wrong_and_what_mends_it_and_nothing_is_stored(
    made: House, feeds: FeedServer
) -> None:
    before = stored(made)
    form = {"url": (None, feeds.url("/bad.csv"))}
    answer = made.http.post("/validate", files=form)
    assert answer.status_code == 200, answer.text
    page = html.fromstring(answer.text)
    assert page.xpath("string(//h1)") == "Something in this feed is to be mended"
    assert "E-TITLE-MISSING" in answer.text
    assert "Course 1" in answer.text
    assert "<script>alert" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert stored(made) == before


def test_a_file_is_looked_at_as_well(made: House) -> None:
    files = {"file": ("a.csv", csv_bytes(ROWS)), "connector": (None, "table")}
    answer = made.http.post("/validate", files=files)
    assert answer.status_code == 200, answer.text
    assert "This feed can be taken, and could say more" in answer.text


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"url": (None, "")}, 422, "Give an address"),
        ({"url": (None, "http://10.1.2.3/")}, 422, "does not speak to"),
        ({"url": (None, "http://169.254.169.254/latest")}, 422, "does not speak to"),
        ({"url": (None, "http://[::1]:5432/")}, 422, "does not speak to"),
        ({"file": ("x", b"<OAI-PMH/>")}, 422, "give its address"),
        ({"file": ("x.csv", b"a,b\n"), "config": (None, "{")}, 422, "Write the settings as JSON"),
        (
            {"file": ("x.csv", b"a,b\n"), "connector": (None, "no-such")},
            422,
            "There is no connector",
        ),
    ],
)
def test_what_cannot_be_looked_at_is_said_in_the_form(
    made: House, form: Any, status: int, said: str
) -> None:
    answer = made.http.post("/validate", files=form)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert "<form" in answer.text


def test_a_file_that_is_too_large_is_refused(made: House) -> None:
    files = {"file": ("a.csv", b"x" * (desk.MOST_BYTES + 1))}
    assert made.http.post("/validate", files=files).status_code == 413
    assert made.http.post("/api/v1/validate", files=files).status_code == 413


def test_a_program_gets_the_same_as_json(made: House, feeds: FeedServer) -> None:
    answer = made.http.post("/api/v1/validate", json={"url": feeds.url("/bad.csv")})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["verdict"], told["connector"], told["deletions"]) == (
        "errors", "table", "snapshot",
    )  # fmt: skip
    (error,) = [one for one in told["codes"] if one["severity"] == "error"]
    assert (error["code"], error["count"], error["findings"][0]["line"]) == (
        "E-TITLE-MISSING",
        1,
        5,
    )
    assert json.loads(told["preview"][0]["raw"])["Title"] == "Course 0"
    answer = made.http.post("/api/v1/validate", files={"file": ("a.csv", csv_bytes(ROWS))})
    assert answer.json()["counters"]["taken"] == 3


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b'{"url": 7}', b'{"url": "https://c.example/", "more": 1}', b"\xff",
        b'{"url": "https://c.example/", "config": []}',
    ],
)  # fmt: skip
def test_what_does_not_fit_its_description_is_refused_by_field(made: House, body: bytes) -> None:
    answer = made.http.post(
        "/api/v1/validate", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"]


def test_a_feed_that_does_not_answer_is_no_fault_of_this_node(made: House) -> None:
    with FeedServer({"/slow": (503, {}, b"")}) as server:
        url = server.url("/slow")
        answer = made.http.post("/api/v1/validate", json={"url": url})
    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"


def test_who_asks_too_often_is_told_when_to_come_back(
    made: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "RATE", "2/hour")
    node = replace(made.node, limits=RateLimits())
    asked = Asked(url="")
    looks = LookDesk(node.registry, no_network, node.limits)
    for _ in range(2):
        with pytest.raises(Exception, match="nothing to look at"):
            looks.look(asked, who="192.0.2.7")
    with pytest.raises(Exception, match="too often"):
        looks.look(asked, who="192.0.2.7")
    with pytest.raises(Exception, match="nothing to look at"):
        looks.look(asked, who="192.0.2.8")


def test_only_so_many_feeds_are_looked_at_together() -> None:
    looks = LookDesk(Registry({}), no_network, RateLimits())

    def inside(depth: int) -> int:
        return looks.in_turn(lambda: inside(depth + 1)) if depth < AT_ONCE else depth

    assert inside(0) == AT_ONCE
    with pytest.raises(Busy):
        looks.in_turn(lambda: inside(0))
    assert inside(0) == AT_ONCE, "every place was given back"
