"""One small source of each kind on a server, with a place where a fault may strike it.

Twelve courses each, in pages of five where the kind has pages, harvested by the run loop over HTTP.
"""

import itertools
import json
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field, fields
from typing import Any

from app.catalogue import NewSociety
from app.catalogue import service as catalogue
from app.harvest import NewSource, Run, service
from app.harvest.registry import load
from app.platform.db import Database
from app.platform.ids import new_id
from connectors.http import HttpFetch
from tests.conftest import NOW
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
