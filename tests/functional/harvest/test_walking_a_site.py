"""A site of pages with courses, walked by a node: what is new, what is gone, what was missed."""

from app.catalogue import NewSociety, Status
from app.catalogue import service as catalogue
from app.harvest import Mode, NewSource, Run, RunState, service
from app.harvest.registry import Registry
from app.platform.db import Database
from connectors.schema_org import SchemaOrg
from tests.conftest import NOW
from tests.simulator.feeds import FeedServer
from tests.simulator.fetching import FakeTime, loopback_fetch
from tests.simulator.websites import course, page, sitemap

REGISTRY = Registry({"schema_org": SchemaOrg})
DATE = {"Date": "Sat, 28 Nov 2026 12:00:00 GMT"}


class Site:
    """A site on loopback whose sitemap says when each page changed, and a node that walks it."""

    def __init__(self, database: Database, server: FeedServer) -> None:
        self.database = database
        self.server = server
        self.time = FakeTime()
        with database.write() as session:
            catalogue.add_society(session, NewSociety({"en": "Society"}, id="soc"), at=NOW)
            new = NewSource("soc", "schema_org", {"url": server.url("/map.xml")}, id="site")
            service.add_source(session, new, registry=REGISTRY, at=NOW)

    def lists(self, changed: dict[str, str]) -> None:
        entries = [(self.server.url(path), when) for path, when in changed.items()]
        self.server.routes["/map.xml"] = (200, DATE, sitemap(*entries))

    def walk(self, mode: Mode = Mode.HARVEST) -> tuple[Run, list[str]]:
        """One run, and the pages that it asked for."""
        self.server.requests.clear()
        run = service.run_source(
            self.database,
            "site",
            registry=REGISTRY,
            make_fetch=lambda hosts: loopback_fetch(self.time, hosts=hosts),
            now=lambda: NOW,
            mode=mode,
        )
        asked = [request.path for request in self.server.requests]
        return run, [path for path in asked if path not in ("/robots.txt", "/map.xml")]

    def offered(self) -> set[str]:
        """The titles of the courses that are offered."""
        with self.database.read() as session:
            ids = catalogue.iter_course_ids(session)
            listed = catalogue.get_courses(session, ids)
        return {
            next(iter(one.data.title.values())) for one in listed if one.status is Status.ACTIVE
        }


def test_between_two_whole_walks_only_what_is_new_is_read(database: Database) -> None:
    with FeedServer() as server:
        site = Site(database, server)
        server.routes |= {f"/{n}": page(course(f"Course {n}")) for n in "abcd"}
        site.lists(dict.fromkeys(("/a", "/b", "/c", "/d"), "2026-01-01"))
        run, asked = site.walk()
        assert (run.state, asked) == (RunState.DONE, ["/a", "/b", "/c", "/d"])
        assert site.offered() == {f"Course {n}" for n in "abcd"}

        server.routes["/b"] = page(course("Course b again"))
        server.routes["/d"] = (410, {}, b"")
        site.lists({"/a": "2026-01-01", "/b": "2026-11-28", "/d": "2026-11-28"})
        run, asked = site.walk()
        assert asked == ["/b", "/d"]
        assert site.offered() == {"Course a", "Course b again", "Course c"}, "/c may be anywhere"

        run, asked = site.walk(Mode.FULL)
        assert asked == ["/a", "/b", "/d"]
        assert run.state is RunState.DONE
        assert site.offered() == {"Course a", "Course b again"}


def test_a_page_that_fails_withdraws_nothing_and_the_rest_is_taken(database: Database) -> None:
    with FeedServer() as server:
        site = Site(database, server)
        server.routes |= {f"/{n}": page(course(f"Course {n}")) for n in "abc"}
        site.lists(dict.fromkeys(("/a", "/b", "/c"), "2026-01-01"))
        site.walk()
        server.routes["/b"] = (403, {}, b"")
        server.routes["/d"] = page(course("Course d"))
        site.lists(dict.fromkeys(("/b", "/c", "/d"), "2026-01-01"))
        run, asked = site.walk(Mode.FULL)
        assert asked == ["/b", "/c", "/d"]
        assert run.state is RunState.DONE_WITH_ERRORS
        assert (run.counters.rejected, run.counters.withdrawn) == (1, 0)
        assert site.offered() == {f"Course {n}" for n in "abcd"}
        with database.read() as session:
            told = {one.code for one in service.list_issues(session, "site", limit=100)}
        assert told == {"E-PAGE-REFUSED", "W-SITE-INCOMPLETE"}
        assert site.walk()[1] == ["/b", "/c", "/d"], "the next walk is a whole one again"


def test_a_node_keeps_the_pauses_that_a_site_asks_for(database: Database) -> None:
    with FeedServer() as server:
        site = Site(database, server)
        server.routes |= {"/a": page(course()), "/robots.txt": b"User-agent: *\nCrawl-delay: 4"}
        site.lists({"/a": "2026-01-01"})
        site.walk()
    assert site.time.slept == [4.0], "between the sitemap and the page"
