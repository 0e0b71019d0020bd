"""Damaged answers of every format: a connector gives items or an error of the contract, never else.

The damage is drawn with fixed seeds, so that a failure can be repeated.
"""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from connectors.contract import (
    Connector,
    ConnectorError,
    Fetch,
    Page,
    Rejected,
    RejectRecord,
    Tombstone,
)
from connectors.ical import ICal
from connectors.moochub import Moochub
from connectors.moodle import Moodle
from connectors.oai_pmh import OaiPmh
from connectors.openedx import OpenEdx
from connectors.rss import Rss
from connectors.schema_org import SchemaOrg
from connectors.table import Table
from connectors.xcri import Xcri
from tests.simulator.feeds import (
    Answer,
    OaiRecord,
    OaiRepository,
    Request,
    csv_bytes,
    dublin_core,
    lom,
    moochub_bytes,
)
from tests.simulator.fetching import FunctionFetch
from tests.simulator.moodle import TOKEN, MoodleSite, custom_field, moodle_course
from tests.simulator.websites import course, page

URL = "http://feed.example/x"
TIMES = 150
PIECES = (b"\x00", b'"', b"<", b"&#0;", b"\xff\xff\xff\x7f", b"{", b"null", b"\n\n", b"9" * 30)
TABLE = csv_bytes([{"id": str(n), "Title": f"课程 {n}", "CPD hours": "3"} for n in range(20)])
LIST = OaiRepository(
    [
        OaiRecord("oai:x:1", dublin_core("Bridges", identifier="https://x.example/1")),
        OaiRecord("oai:x:2", lom({"en": "Tunnels", "zh": "隧道"}, url="https://x.example/2")),
        OaiRecord("oai:x:3", deleted=True),
    ]
)
ATTRIBUTES = {
    "name": "Wind", "inLanguage": ["de"], "startDate": ["2026-05-01T00:00:00Z"], "workload": 7,
    "teaches": [{"name": [{"inLanguage": "en", "name": "Structures"}]}],
    "contentLocation": {"name": "Hall", "latitude": 48.1, "address": {"city": "Wien"}},
}  # fmt: skip
COURSES = moochub_bytes([{"id": str(n), **ATTRIBUTES} for n in range(5)])

RUNS = json.dumps(
    {
        "pagination": {"next": None, "count": 3},
        "results": [
            {
                "course_id": f"course-v1:X+1+{term}", "name": "Wind", "org": "X", "effort": "3",
                "start": f"{term}-05-01T00:00:00Z", "media": {"course_image": {"uri": "/a.png"}},
            }
            for term in (2024, 2025, 2026)
        ],
    }
).encode()  # fmt: skip
CATALOGUE = (
    '<?xml version="1.0" encoding="UTF-8"?><catalog><provider><title>A</title>'
    + "".join(
        f"<course><identifier>{n}</identifier><title>Träger</title><description><p>A <b>b</b></p>"
        "</description><credit><value>5</value></credit><presentation><start dtf='2026-05-01'/>"
        "<venue><provider><title>Hall</title></provider></venue><cost>GBP5</cost></presentation>"
        "</course>"
        for n in range(5)
    )
    + "</provider></catalog>"
).encode()
CALENDAR = (
    "BEGIN:VCALENDAR\r\nX-WR-TIMEZONE:Asia/Aden\r\n"
    + "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTART;TZID=Europe/Berlin:20260101T090000\r\nDURATION:PT2H\r\n"
        "RRULE:FREQ=MONTHLY;BYDAY=2TU,-1FR;UNTIL=20270101T000000Z\r\nGEO:1;2\r\nSUMMARY:风\r\n"
        'EXDATE:20260201T080000Z\r\nORGANIZER;CN="A":mailto:a@b.example\r\nEND:VEVENT\r\n'
        for n in range(2)
    )
    + "END:VCALENDAR\r\n"
).encode()
FEED = (
    '<rss version="2.0" xmlns:c="https://www.edx.org/api/course/elements/1.0/"><channel><title>A'
    "</title>"
    + "".join(
        f"<item><guid>{n}</guid><title>Träger</title><pubDate>12 Jan 2016 11:52:58 -0500</pubDate>"
        "<description>&lt;p&gt;A&lt;/p&gt;</description><c:start>2026-05-01</c:start></item>"
        for n in range(2)
    )
    + "</channel></rss>"
).encode()
PAGE = page(
    course(
        hasCourseInstance=[
            {"startDate": "2026-05-01", "location": {"@type": "Place", "name": "A"}}
        ],
        offers={"price": 5, "priceCurrency": "KES"},
        provider={"@id": "#a"},
    ),
    {"@graph": [{"@type": "Organization", "@id": "#a", "name": "A"}]},
    body="<div itemscope itemtype='https://schema.org/Event'><b itemprop=name>B</b></div>",
)


def _damaged(body: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(body)
    for _ in range(chance.choice((1, 2, 5, 20))):
        at = chance.randrange(len(damaged) or 1)
        match chance.randrange(3):
            case 0:
                damaged[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del damaged[at : at + chance.randrange(60)]
            case _:
                damaged[at:at] = chance.choice(PIECES)
    return bytes(damaged)


def _listed(fetch: Fetch, connector: Connector) -> list[Page]:
    try:
        return [page for page, _ in zip(connector.pages(fetch, None), range(5), strict=False)]
    except ConnectorError:
        return []


def _map(connector: Connector, page: Page) -> None:
    for item in page.items:
        if isinstance(item, Tombstone):
            continue
        json.dumps(item.raw, allow_nan=False).encode()
        if not isinstance(item, Rejected):
            try:
                connector.normalise(item.raw)
            except RejectRecord:
                continue


FILES: dict[str, tuple[Any, bytes]] = {
    "csv": (Table, TABLE),
    "ical": (ICal, CALENDAR),
    "moochub": (Moochub, COURSES),
    "openedx": (OpenEdx, RUNS),
    "rss": (Rss, FEED),
    "schema_org": (SchemaOrg, PAGE),
    "xcri": (Xcri, CATALOGUE),
}
"""Where one answer is enough."""


def _whole(form: str) -> tuple[Connector, Callable[[Request], Answer]]:
    """A connector of each form, and a source that answers it well."""
    if form in FILES:
        kind, body = FILES[form]
        return kind(kind.Config.model_validate({"url": URL})), lambda _: body
    if form == "oai":
        return OaiPmh(OaiPmh.Config.model_validate({"base_url": URL})), LIST
    fields = [custom_field("cpdhours", "CPD hours", "3")]
    name = "{mlang en}Wind{mlang}{mlang de}Wind am Bau{mlang}"
    site = MoodleSite([moodle_course(number, name, customfields=fields) for number in range(2, 7)])
    return Moodle(Moodle.Config.model_validate({"url": URL, "token": TOKEN})), site


@pytest.mark.parametrize("form", [*FILES, "moodle", "oai"])
def test_damage_gives_items_or_an_error_of_the_contract(form: str) -> None:
    chance = random.Random(form)
    for _ in range(TIMES):
        connector, source = _whole(form)

        def answer(request: Request, source: Callable[[Request], Answer] = source) -> Answer:
            told = source(request)
            assert isinstance(told, bytes)
            asked = {**request.params, **(request.data or {})}
            about_itself = {"Identify", "core_webservice_get_site_info"} & set(asked.values())
            return told if about_itself else _damaged(told, chance)

        for one in _listed(FunctionFetch(answer), connector):
            _map(connector, one)
