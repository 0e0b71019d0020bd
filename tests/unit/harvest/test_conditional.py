"""A source's file that is the same as last time."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import func, select

from app.catalogue import rules as catalogue_rules
from app.harvest import Counters, Mode, NewSource, Run, RunState, service
from app.harvest.registry import Registry
from app.harvest.runs.conditional import validators
from app.harvest.tables import AnswerRow, SourceRow
from connectors.table import Table
from tests.conftest import NOW
from tests.simulator.feeds import FeedServer, Request, csv_bytes
from tests.simulator.fetching import loopback_fetch
from tests.simulator.house import House

ROWS = [
    {"Code": f"C{n}", "Title": f"Course number {n}", "URL": f"https://c.example/{n}"}
    for n in range(1, 31)
]

pytestmark = pytest.mark.slow


class File:
    """A source that is one table, on a server that knows of versions."""

    def __init__(self, house: House, server: FeedServer) -> None:
        self.house, self.server = house, server
        self.rows, self.version, self.broken = list(ROWS), 1, False
        self.says: Mapping[str, str] = {"ETag": '"1"'}
        self.registry = Registry({"table": Table})
        server.routes["/a.csv"] = self._answer
        with house.database.write() as session:
            service.add_source(
                session,
                NewSource("cse", "table", {"url": server.url("/a.csv")}, id="a"),
                registry=self.registry,
                at=NOW,
            )

    def change(self) -> None:
        self.version += 1
        self.says = {"ETag": f'"{self.version}"'}

    def run(self, **options: Any) -> Run:
        return service.run_source(
            self.house.database, "a", registry=self.registry, now=self.house.now,
            make_fetch=lambda hosts: loopback_fetch(hosts=hosts), **options,
        )  # fmt: skip

    def conditions(self) -> list[str | None]:
        return [one.headers.get("if-none-match") for one in self.server.requests]

    def kept(self) -> int:
        return int(self.house.read(lambda s: s.scalar(select(func.count(AnswerRow.etag)))))

    def _answer(self, request: Request) -> Any:
        if self.broken:
            return 503, {}, b""
        asked = request.headers.get("if-none-match")
        if asked and asked == self.says.get("ETag"):
            return 304, {"Content-Encoding": "gzip", **self.says}, b""
        return 200, self.says, csv_bytes(self.rows)


@pytest.fixture
def file(house: House) -> Iterator[File]:
    with FeedServer() as server:
        yield File(house, server)


def test_a_file_that_is_the_same_is_not_read_again(file: File) -> None:
    first = file.run()
    for _ in range(2):
        run = file.run()
        assert (run.state, run.complete) == (RunState.DONE, True)
        assert run.counters == Counters(seen=30, unchanged=30)
    assert file.conditions() == [None, '"1"', '"1"']
    assert (first.counters.new, first.counters.pages) == (30, 1)


def test_a_file_that_changed_is_read_and_what_it_dropped_is_withdrawn(file: File) -> None:
    file.run()
    file.run()
    file.rows = file.rows[2:]
    file.change()
    run = file.run()
    assert (run.counters.seen, run.counters.withdrawn) == (28, 2)
    assert file.run().counters == Counters(seen=28, unchanged=28)
    assert file.conditions() == [None, '"1"', '"1"', '"2"']


def test_rejected_items_are_still_rejected(file: File) -> None:
    file.rows[3] = {**file.rows[3], "Title": ""}
    assert file.run().state is RunState.DONE_WITH_ERRORS
    run = file.run()
    assert run.state is RunState.DONE_WITH_ERRORS
    assert run.counters == Counters(seen=30, unchanged=29, rejected=1)


@pytest.mark.parametrize("what", ["full", "connector", "normaliser", "configuration"])
def test_everything_is_read_when_it_is_to_be_or_may_be_read_in_another_way(
    file: File, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.run()
    options: dict[str, Any] = {}
    if what == "full":
        options["mode"] = Mode.FULL
    elif what == "connector":
        file.registry = Registry({"table": Table}, versions={"table": "2"})
    elif what == "normaliser":
        newer = catalogue_rules.NORMALISER + 1
        monkeypatch.setattr("app.harvest.runs.conditional.NORMALISER", newer)
    else:
        with file.house.database.write() as session:
            row = session.get_one(SourceRow, "a")
            row.config = {**row.config, "columns": {"title": "Title"}}
    assert file.run(**options).counters.pages == 1
    assert file.conditions() == [None, None]


def test_a_run_that_did_not_end_well_makes_the_next_one_read_everything(file: File) -> None:
    file.run()
    file.broken = True
    assert file.run().state is RunState.FAILED
    assert file.kept() == 0
    file.broken = False
    assert file.run().counters.pages == 1
    file.rows = file.rows[:3]
    file.change()
    held = file.run()
    assert (held.state, file.kept()) == (RunState.HELD, 0)
    with file.house.database.write() as session:
        service.refuse(session, held.id, who="person:p", at=file.house.now())
    assert file.run().state is RunState.HELD, "asked again, for nothing was settled"
    assert file.conditions() == [None, '"1"', None, '"1"', None]


def test_a_list_in_pages_is_never_judged_by_its_first(file: File) -> None:
    class TwoFiles(Table):
        def pages(self, fetch: Any, since: str | None) -> Any:
            fetch(file.server.url("/b.csv"))
            return super().pages(fetch, since)

    file.server.routes["/b.csv"] = file._answer
    file.registry = Registry({"table": TwoFiles})
    file.run()
    assert file.kept() == 0
    file.run()
    assert file.conditions() == [None] * 4


def test_a_connector_that_does_not_say_so_is_not_trusted_with_it(file: File) -> None:
    class Plain(Table):
        conditional = False

    file.registry = Registry({"table": Plain})
    file.run()
    file.run()
    assert file.conditions() == [None, None]


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"etag": 'W/"a-1"'}, ('W/"a-1"', None)),
        ({"etag": "unquoted"}, None),
        ({"etag": '"a\r\nX: y"'}, None),
        ({"etag": '"' + "x" * 2000 + '"'}, None),
        ({"last-modified": "Mon, 23 Nov 2026 10:00:00 GMT"}, None),
        (
            {
                "last-modified": "Mon, 23 Nov 2026 10:00:00 GMT",
                "date": "Mon, 23 Nov 2026 10:00:30 GMT",
            },
            None,
        ),
        (
            {
                "last-modified": "Mon, 23 Nov 2026 10:00:00 GMT",
                "date": "Mon, 23 Nov 2026 10:02:00 GMT",
            },
            (None, "Mon, 23 Nov 2026 10:00:00 GMT"),
        ),
        ({"last-modified": "yesterday", "date": "Mon, 23 Nov 2026 10:02:00 GMT"}, None),
        ({}, None),
    ],
)
def test_a_version_is_believed_only_when_it_can_be_relied_on(
    headers: dict[str, str], kept: tuple[str | None, str | None] | None
) -> None:
    found = validators("h", headers)
    assert (found and (found.etag, found.last_modified)) == kept
