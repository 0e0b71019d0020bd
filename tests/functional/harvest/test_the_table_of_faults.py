"""Every fault of ``tests.simulator.faults`` against every connector: nothing lost, nothing endless.

A source is harvested whole, then once with the fault, then once more when it is mended. Whatever
the fault was, the courses that were there stay, a run that did not bring everything says so, the
server is not asked for ever, and the mended source ends where an undisturbed one does.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, fields
from typing import Any

import pytest

from app.catalogue import NewSociety
from app.catalogue import service as catalogue
from app.harvest import Failure, NewSource, Run, RunState, service
from app.harvest.registry import load
from app.platform.db import Database
from app.platform.ids import new_id
from connectors.http import HttpFetch
from tests.conftest import NOW, own_database
from tests.simulator import faults
from tests.simulator.faults import Fault
from tests.simulator.feeds import (
    Answer,
    FeedServer,
    OaiRecord,
    OaiRepository,
    Request,
    csv_bytes,
    dublin_core,
    moochub_bytes,
)
from tests.simulator.fetching import LOOPBACK

REGISTRY = load(["oai_pmh", "moochub", "json_feed", "table", "ical", "rss", "xcri", "schema_org"])
COURSES = 12
PAGE = 5
ENOUGH = 40
"""Requests that no run here comes near."""

_numbers = itertools.count(1)


@dataclass
class Served:
    """One source on the server: a route whose ``fault`` strikes where ``struck`` says."""

    connector: str
    config: Mapping[str, Any]
    routes: Mapping[str, Callable[[Request], Answer]]
    struck: Callable[[Request], bool]
    fault: Fault | None = None
    repository: OaiRepository | None = None

    def __call__(self, request: Request) -> Answer:
        good = self.routes[request.path](request)
        if self.fault is None or not self.struck(request):
            return good
        assert isinstance(good, bytes)
        return self.fault(good)

    def mend(self) -> None:
        """Let the repository be as it should be; what its tokens need is its own choice."""
        self.fault = None
        if self.repository is not None:
            kept = {"records", "page_size", "deleted_record", "tokens_need_prefix", "prefixes"}
            for one in fields(self.repository):
                if one.name not in kept:
                    default = {} if one.name == "unavailable" else one.default
                    setattr(self.repository, one.name, default)


@dataclass
class Place:
    """A society of one test's own, its feed and the server it is on."""

    database: Database
    feeds: FeedServer
    id: str = field(default_factory=lambda: f"soc-{next(_numbers)}")
    since: str = field(default_factory=new_id)
    """All its courses are younger than this id."""
    struck: str = "/sitemap.xml"
    """Which address of a site the fault strikes."""

    def serve(self, kind: str, *, habits: Mapping[str, Any] | None = None) -> Served:
        served = KINDS[kind](self)
        for name, value in (habits or {}).items():
            setattr(served.repository, name, copy(value))
        if habits and habits.get("tokens_need_prefix"):
            served.config = {**served.config, "tokens_need_prefix": True}
        self.feeds.routes.update(dict.fromkeys(served.routes, served))
        with self.database.write() as session:
            catalogue.add_society(session, NewSociety({"en": self.id}, id=self.id), at=NOW)
            new = NewSource(self.id, served.connector, dict(served.config), id=self.id)
            service.add_source(session, new, registry=REGISTRY, at=NOW)
        return served

    def url(self, number: int) -> str:
        return f"https://{self.id}.example/{number}"

    def run(self) -> Run:
        ticks = itertools.count()
        before = len(self.feeds.requests)
        ended = service.run_source(
            self.database,
            self.id,
            registry=REGISTRY,
            make_fetch=lambda hosts: HttpFetch(
                hosts=hosts,
                allow=LOOPBACK,
                interval=0,
                clock=lambda: next(ticks) / 10,  # every look at it costs a tenth of a second
                sleep=lambda _: None,
            ),
            now=lambda: NOW,
        )
        assert len(self.feeds.requests) - before < ENOUGH
        return ended

    def titles(self) -> set[str]:
        with self.database.read() as session:
            ids = catalogue.iter_course_ids(session, after=self.since)
            found = catalogue.get_courses(session, ids)
        return {title for one in found for title in one.data.title.values()}

    def codes(self, *, of_the_run: bool = False) -> set[str]:
        """Of everything that is wrong, or of what is said of the last run itself."""
        with self.database.read() as session:
            issues = service.list_issues(session, self.id, limit=1000)
        return {one.code for one in issues if one.remote_id is None or not of_the_run}


def title(number: int) -> str:
    return f"Brücken und Türme {number}"


def oai(place: Place) -> Served:
    path = f"/{place.id}/oai"
    repository = OaiRepository(
        [
            OaiRecord(
                f"oai:{place.id}:{n}",
                dublin_core(title(n), identifier=place.url(n), language="de"),
            )
            for n in range(COURSES)
        ],
        page_size=PAGE,
        deleted_record="no",
    )
    return Served(
        "oai_pmh",
        {"base_url": place.feeds.url(path)},
        {path: repository},
        lambda request: request.params.get("resumptionToken", "").startswith("1|"),
        repository=repository,
    )


def moochub(place: Place) -> Served:
    path = f"/{place.id}/courses"
    pages = [f"{path}/{number}" for number in range(3)]

    def page(request: Request) -> bytes:
        number = pages.index(request.path)
        listed = [
            {"id": str(n), "name": title(n), "url": place.url(n)}
            for n in range(number * PAGE, min(number * PAGE + PAGE, COURSES))
        ]
        following = None if number == 2 else place.feeds.url(pages[number + 1])
        return moochub_bytes(listed, following=following)

    return Served(
        "moochub",
        {"url": place.feeds.url(pages[0])},
        dict.fromkeys(pages, page),
        lambda request: request.path == pages[1],
    )


def table(place: Place) -> Served:
    path = f"/{place.id}.csv"
    rows = [{"Title": title(n), "URL": place.url(n)} for n in range(COURSES)]
    return Served(
        "table",
        {"url": place.feeds.url(path)},
        {path: lambda _: csv_bytes(rows)},
        lambda _: True,
    )


def json_feed(place: Place) -> Served:
    path = f"/{place.id}/list"
    pages = [f"{path}/{number}" for number in range(3)]

    def page(request: Request) -> bytes:
        number = pages.index(request.path)
        listed = [
            {"id": n, "name": title(n), "link": place.url(n)}
            for n in range(number * PAGE, min(number * PAGE + PAGE, COURSES))
        ]
        following = None if number == 2 else pages[number + 1]
        return json.dumps({"items": listed, "next": following}, ensure_ascii=False).encode()

    return Served(
        "json_feed",
        {
            "url": place.feeds.url(pages[0]),
            "items": "items",
            "fields": {"title": "name", "url": "link"},
            "paging": {"style": "link", "next": "next"},
        },
        dict.fromkeys(pages, page),
        lambda request: request.path == pages[1],
    )


def ical(place: Place) -> Served:
    path = f"/{place.id}.ics"
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}@{place.id}\r\nSUMMARY:{title(n)}\r\n"
        f"DTSTART:20270301T090000Z\r\nURL:{place.url(n)}\r\nEND:VEVENT\r\n"
        for n in range(COURSES)
    )
    calendar = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{events}END:VCALENDAR\r\n"
    return Served(
        "ical",
        {"url": place.feeds.url(path)},
        {path: lambda _: calendar.encode()},
        lambda _: True,
    )


def rss(place: Place) -> Served:
    path = f"/{place.id}.rss"
    items = "".join(
        f"<item><title>{title(n)}</title><link>{place.url(n)}</link><guid>{place.url(n)}</guid>"
        "</item>"
        for n in range(COURSES)
    )
    feed = (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>{items}</channel></rss>'
    )
    return Served(
        "rss",
        {"url": place.feeds.url(path)},
        {path: lambda _: feed.encode()},
        lambda _: True,
    )


def xcri(place: Place) -> Served:
    path = f"/{place.id}.xml"
    courses = "".join(
        f"<course><dc:identifier>{place.url(n)}</dc:identifier><dc:title>{title(n)}</dc:title>"
        f"<mlo:url>{place.url(n)}</mlo:url></course>"
        for n in range(COURSES)
    )
    catalog = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<catalog xmlns="http://xcri.org/profiles/1.2/catalog" generated="2026-06-01T12:00:00Z"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:mlo="http://purl.org/net/mlo">'
        f"<provider><dc:title>Society</dc:title>{courses}</provider></catalog>"
    )
    return Served(
        "xcri",
        {"url": place.feeds.url(path)},
        {path: lambda _: catalog.encode()},
        lambda _: True,
    )


def schema_org(place: Place) -> Served:
    folder = f"/{place.id}"
    pages = {f"{folder}/{n}": n for n in range(COURSES)}
    listed = "".join(f"<url><loc>{place.feeds.url(path)}</loc></url>" for path in pages)
    sitemap = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>'
    )

    def page(request: Request) -> bytes:
        number = pages[request.path]
        block = {
            "@context": "https://schema.org",
            "@type": "Course",
            "name": title(number),
            "url": place.feeds.url(request.path),
        }
        told = json.dumps(block, ensure_ascii=False)
        return (
            '<!DOCTYPE html><html lang="de"><head><meta charset="utf-8"><title>Kurs</title>'
            f'<script type="application/ld+json">{told}</script></head><body></body></html>'
        ).encode()

    return Served(
        "schema_org",
        {"url": place.feeds.url(f"{folder}/sitemap.xml")},
        {f"{folder}/sitemap.xml": lambda _: sitemap.encode(), **dict.fromkeys(pages, page)},
        lambda request: request.path.endswith(place.struck),
    )


KINDS = {
    kind.__name__.replace("oai", "oai_pmh"): kind
    for kind in (oai, moochub, json_feed, table, ical, rss, xcri, schema_org)
}


@pytest.fixture(scope="module")
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with own_database(request, tmp_path_factory.mktemp("faults")) as url:
        database = Database.open(url)
        yield database
        database.close()


@pytest.fixture(scope="module")
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


@pytest.fixture
def place(house: Database, feeds: FeedServer) -> Place:
    return Place(house, feeds)


WHOLE = {title(number) for number in range(COURSES)}
UNSEEN = {("table", fault) for fault in ("cut_unsaid", "cut_in_the_last_tag", "longer_than_said")}
"""Nobody can see these: a CSV file has no end that it could lack. What such a cut leaves out is
withdrawn as far as the brake lets it, and comes back with the whole file."""
ROWS = [(kind, fault) for kind in KINDS for fault in faults.ALL if (kind, fault) not in UNSEEN]


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize(("kind", "fault"), ROWS)
def test_nothing_is_lost_and_nothing_is_endless(place: Place, kind: str, fault: str) -> None:
    served = place.serve(kind)
    assert place.run().state is RunState.DONE
    assert place.titles() == WHOLE

    served.fault = faults.ALL[fault]
    struck = place.run()
    assert place.titles() == WHOLE
    assert struck.counters.withdrawn == 0
    if struck.counters.seen < COURSES:
        assert struck.state in {RunState.FAILED, RunState.HELD, RunState.DONE_WITH_ERRORS}
        assert struck.message or place.codes()

    served.fault = None
    mended = place.run()
    assert (mended.state, mended.counters.seen) == (RunState.DONE, COURSES)
    assert place.titles() == WHOLE


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize(("kind", "fault"), ROWS)
def test_a_first_harvest_that_is_disturbed_ends_like_one_that_is_not(
    place: Place, kind: str, fault: str
) -> None:
    served = place.serve(kind)
    served.fault = faults.ALL[fault]
    struck = place.run()
    if place.titles() != WHOLE:
        assert struck.state is not RunState.DONE
    served.fault = None
    assert place.run().state is RunState.DONE
    assert place.titles() == WHOLE


EXPECTED: Mapping[str, Failure | None] = {
    "cut": Failure.UNAVAILABLE,
    "cut_unsaid": Failure.UNAVAILABLE,
    "cut_in_the_last_tag": Failure.UNAVAILABLE,
    "longer_than_said": Failure.UNAVAILABLE,
    "length_of_no_number": Failure.UNAVAILABLE,
    "slow_drip": Failure.UNAVAILABLE,
    "empty": Failure.UNAVAILABLE,
    "another_page": Failure.MISCONFIGURED,
    "bomb": Failure.MISCONFIGURED,
    "broken_gzip": Failure.UNAVAILABLE,
    "inside": Failure.MISCONFIGURED,
    "elsewhere": Failure.MISCONFIGURED,
    "in_circles": Failure.MISCONFIGURED,
    "busy": Failure.UNAVAILABLE,
    "forbidden": Failure.MISCONFIGURED,
    "fallen_over": Failure.UNAVAILABLE,
    "other_charset": Failure.UNAVAILABLE,
    "said_to_be_of_another_charset": None,
}


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("fault", [one for one in faults.ALL if one != "another_page"])
def test_a_page_of_a_site_that_fails_costs_no_course(place: Place, fault: str) -> None:
    """But one that is another page now, whole and without a course, is as good as gone."""
    place.struck = "/7"
    served = place.serve("schema_org")
    assert place.run().state is RunState.DONE
    served.fault = faults.ALL[fault]
    struck = place.run()
    assert place.titles() == WHOLE
    assert struck.counters.withdrawn == 0
    served.fault = None
    assert place.run().state is RunState.DONE
    assert place.titles() == WHOLE


@pytest.mark.parametrize(("kind", "fault"), sorted(UNSEEN))
def test_what_nobody_can_see_is_mended_by_the_whole_file(
    place: Place, kind: str, fault: str
) -> None:
    served = place.serve(kind)
    assert place.run().state is RunState.DONE
    served.fault = faults.ALL[fault]
    place.run()
    served.fault = None
    assert place.run().state is RunState.DONE
    assert place.titles() == WHOLE


@pytest.mark.parametrize("fault", faults.ALL)
def test_a_repository_in_trouble_is_told_by_what_helps(place: Place, fault: str) -> None:
    served = place.serve("oai_pmh")
    served.fault = faults.ALL[fault]
    assert place.run().failure is EXPECTED[fault]


@dataclass(frozen=True, slots=True)
class Row:
    """A habit of a repository, and how the run ends that meets it."""

    habits: Mapping[str, Any]
    state: RunState = RunState.DONE
    failure: Failure | None = None
    codes: frozenset[str] = frozenset()
    seen: int = COURSES


REPOSITORIES = {
    "clean": Row({}),
    "busy, and says when to come back": Row({"unavailable": {0: 1, 1: 2}}),
    "busy for good": Row({"unavailable": {1: 99}}, RunState.FAILED, Failure.UNAVAILABLE, seen=PAGE),
    "errors with the status 422": Row({"error_status": 422}),
    "a token forgotten on the way": Row({"forgets": 1}, codes=frozenset({"W-CURSOR-EXPIRED"})),
    "no token known for long": Row(
        {"expired": True},
        RunState.FAILED,
        Failure.CURSOR_EXPIRED,
        frozenset({"W-CURSOR-EXPIRED"}),
        PAGE,
    ),
    "the same token again": Row(
        {"repeat_token_on": 1}, RunState.FAILED, Failure.MISCONFIGURED, seen=PAGE
    ),
    "a page cut in half": Row({"cut_page": 1}, RunState.FAILED, Failure.UNAVAILABLE, seen=PAGE),
    "a notice after the root": Row(
        {"after_root": "<br />Notice: Undefined index in /srv/oai.php"},
        codes=frozenset({"W-XML-TRAILING"}),
    ),
    "a control character": Row({"control_character_on": 1}, codes=frozenset({"W-XML-CONTROL"})),
    "tokens that need the prefix": Row({"tokens_need_prefix": True}),
    "dates under another name": Row({"stamp_tag": "dateStamp"}),
    "days where seconds were promised": Row({"day_stamps": True}),
    "a wrong size of the list": Row(
        {"wrong_size": 99}, RunState.DONE_WITH_ERRORS, codes=frozenset({"W-COUNT-MISMATCH"})
    ),
    "no size of the list": Row({"tell_size": False}),
}


@pytest.mark.parametrize("name", REPOSITORIES)
def test_a_repository_with_a_habit_is_read_whole_or_told(place: Place, name: str) -> None:
    """The trial in which two well-known readers lost 175 of 250 records and asked for ever."""
    row = REPOSITORIES[name]
    served = place.serve("oai_pmh", habits=row.habits)
    ended = place.run()
    assert (ended.state, ended.failure, ended.counters.seen) == (row.state, row.failure, row.seen)
    assert place.codes(of_the_run=True) == row.codes
    assert len(place.titles()) == row.seen

    served.mend()
    assert place.run().state is RunState.DONE
    assert place.titles() == WHOLE


def test_a_wrong_size_withdraws_nothing_and_a_right_one_does(place: Place) -> None:
    served = place.serve("oai_pmh")
    assert place.run().state is RunState.DONE
    repository = served.repository
    assert repository is not None
    gone = repository.records.pop()
    repository.wrong_size = COURSES
    assert place.run().state is RunState.HELD
    assert place.titles() == WHOLE

    repository.wrong_size = None
    assert place.run().counters.withdrawn == 1
    repository.records.append(gone)
    assert place.run().state is RunState.DONE
    assert place.titles() == WHOLE


def test_nothing_new_is_a_success_whatever_its_status(place: Place) -> None:
    served = place.serve("oai_pmh", habits={"deleted_record": "persistent", "error_status": 422})
    assert place.run().counters.new == COURSES
    assert served.repository is not None
    served.repository.response_date = "2026-07-01T12:00:00Z"
    place.run()
    again = place.run()
    assert (again.state, again.counters.seen) == (RunState.DONE, 0)
    assert place.titles() == WHOLE
