"""Real feeds, kept beside the checkout, through a source as anybody would enter it."""

from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.catalogue import COURSE_CHANGED, NewSociety
from app.catalogue import service as catalogue
from app.harvest import Counters, NewSource, Run, RunState, service
from app.harvest.registry import Registry, load
from app.harvest.tables import RawItemRow
from app.platform.db import Database
from app.platform.outbox import backlog
from connectors.http import HttpFetch
from tests.conftest import NOW, skip_or_fail
from tests.simulator.feeds import Answer, FeedServer, Request

pytestmark = pytest.mark.feeds
FEEDS = Path(__file__).parents[3].parent / "shared" / "data" / "feeds"
IDENTIFY = (
    b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><Identify>'
    b"<deletedRecord>persistent</deletedRecord>"
    b"<granularity>YYYY-MM-DDThh:mm:ssZ</granularity></Identify></OAI-PMH>"
)


@pytest.fixture
def feeds() -> Path:
    if not FEEDS.is_dir():
        skip_or_fail(f"the real feeds are not at {FEEDS}")
    return FEEDS


class Node:
    """A node that harvests whatever is served to it on loopback."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.registry: Registry = load(["oai_pmh", "table", "moochub"])
        with database.write() as session:
            catalogue.add_society(session, NewSociety({"en": "Society"}, id="soc"), at=NOW)

    def add(self, name: str, connector: str, config: dict[str, Any]) -> None:
        with self.database.write() as session:
            new = NewSource("soc", connector, config, id=name)
            service.add_source(session, new, registry=self.registry, at=NOW)

    def run(self, name: str) -> Run:
        run = service.run_source(
            self.database,
            name,
            registry=self.registry,
            make_fetch=lambda hosts: HttpFetch(
                hosts=hosts, allow=[ip_network("127.0.0.0/8")], interval=0
            ),
            now=lambda: NOW,
        )
        self._nothing_is_dropped(run)
        return run

    def _nothing_is_dropped(self, run: Run) -> None:
        c = run.counters
        assert run.failure is None, run.message
        assert c.seen == c.new + c.changed + c.unchanged + c.rejected + c.tombstone
        with self.database.read() as session:
            kept = session.scalar(
                select(func.count()).select_from(RawItemRow).where(RawItemRow.seen_run_id == run.id)
            )
            assert kept == c.seen
            told = service.list_issues(session, run.source_id, limit=10_000)
        rejected = {one.remote_id for one in told if one.severity == "error"}
        assert len(rejected) == c.rejected

    def again_changes_nothing(self, name: str) -> Run:
        with self.database.read() as session:
            before = backlog(session, COURSE_CHANGED)
        run = self.run(name)
        assert (run.counters.new, run.counters.changed, run.counters.withdrawn) == (0, 0, 0)
        with self.database.read() as session:
            assert backlog(session, COURSE_CHANGED) == before
        return run

    def courses(self) -> int:
        with self.database.read() as session:
            return catalogue.count_courses(session)


@pytest.fixture
def node(database: Database) -> Node:
    return Node(database)


class Recorded:
    """An OAI-PMH repository that answers with recorded pages."""

    def __init__(self, pages: list[bytes], changes: Answer) -> None:
        self.pages, self.changes = pages, changes

    def __call__(self, request: Request) -> Answer:
        if request.params["verb"] == "Identify":
            return IDENTIFY
        if "from" in request.params:
            return self.changes
        return self.pages[1 if "resumptionToken" in request.params else 0]


def test_lom_of_a_national_repository_and_its_deletions(node: Node, feeds: Path) -> None:
    folder = feeds / "oaipmh-lom-surf"
    pages = [(folder / f"edurep-oaipmh.initial.{n}.xml").read_bytes() for n in (0, 1)]
    delta = (folder / "edurep-oaipmh.delta.0.xml").read_bytes()
    with FeedServer({"/oai": Recorded(pages, delta)}) as server:
        config = {"base_url": server.url("/oai"), "metadata_prefix": "lom"}
        node.add("edurep", "oai_pmh", config)
        first = node.run("edurep")
        assert first.counters.seen == 12
        assert first.counters.tombstone == 1
        assert first.counters.new == node.courses() > 0
        changes = node.run("edurep")
        assert (changes.counters.seen, changes.counters.tombstone) == (6, 2)
        assert changes.counters.withdrawn >= 1
        again = node.again_changes_nothing("edurep")
        assert again.counters.seen == 6


def test_lom_left_in_the_protocols_own_namespace(node: Node, feeds: Path) -> None:
    page = (feeds / "oaipmh-lom-surf" / "anatomy-tool-oaipmh.initial.0.xml").read_bytes()
    last = (feeds / "oaipmh-lom-surf" / "edurep-oaipmh.initial.1.xml").read_bytes()
    with FeedServer({"/oai": Recorded([page, last], last)}) as server:
        node.add("a", "oai_pmh", {"base_url": server.url("/oai"), "metadata_prefix": "oai_lom"})
        run = node.run("a")
    assert (run.counters.seen, run.counters.new) == (13, 13)
    assert run.state is RunState.DONE_WITH_ERRORS, "3,712 items were promised"


def test_dublin_core_of_a_large_repository(node: Node, feeds: Path) -> None:
    folder = feeds / "oaipmh-dc-zenodo"
    pages = [(folder / f"list_records.{n}.http200.zenodo.xml").read_bytes() for n in ("00", "08")]
    none = (422, {}, (folder / "list_records.02.http422.zenodo.xml").read_bytes())
    with FeedServer({"/oai": Recorded(pages, none)}) as server:
        node.add("zenodo", "oai_pmh", {"base_url": server.url("/oai")})
        run = node.run("zenodo")
        assert run.counters.seen + run.counters.repeated == 53
        assert node.courses() > 40
        again = node.again_changes_nothing("zenodo")
    assert again.counters == Counters(pages=1), "noRecordsMatch over HTTP 422 is an empty success"
    assert again.state is RunState.DONE


@pytest.mark.parametrize(
    ("connector", "path", "least"),
    [
        ("moochub", "mooc-apis-mammooc/mooin-moochub-v1.json", 2),
        ("table", "tess-ingestion/events.csv", 2),
        ("table", "tess-ingestion/events_NCI.csv", 2),
    ],
)
def test_a_file_is_taken_whole_and_taking_it_again_changes_nothing(
    node: Node, feeds: Path, connector: str, path: str, least: int
) -> None:
    with FeedServer({"/feed": (feeds / path).read_bytes()}) as server:
        node.add("file", connector, {"url": server.url("/feed")})
        run = node.run("file")
        assert run.complete
        assert run.counters.new >= least
        again = node.again_changes_nothing("file")
        assert again.counters.unchanged == run.counters.new
