"""Damaged answers of every format: a connector gives items or an error of the contract, never else.

The damage is drawn with fixed seeds, so that a failure can be repeated.
"""

import json
import random
from collections.abc import Callable

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
from connectors.moochub import Moochub
from connectors.moodle import Moodle
from connectors.oai_pmh import OaiPmh
from connectors.openedx import OpenEdx
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


def _whole(form: str) -> tuple[Connector, Callable[[Request], Answer]]:
    """A connector of each form, and a source that answers it well."""
    site = MoodleSite(
        [
            moodle_course(
                number,
                "{mlang en}Wind{mlang}{mlang de}Wind am Bau{mlang}",
                customfields=[custom_field("cpdhours", "CPD hours", "3")],
            )
            for number in range(2, 7)
        ]
    )
    match form:
        case "csv":
            return Table(Table.Config.model_validate({"url": URL})), lambda _: TABLE
        case "moochub":
            return Moochub(Moochub.Config.model_validate({"url": URL})), lambda _: COURSES
        case "moodle":
            config = Moodle.Config.model_validate({"url": URL, "token": TOKEN})
            return Moodle(config), site
        case "openedx":
            return OpenEdx(OpenEdx.Config.model_validate({"url": URL})), lambda _: RUNS
        case "xcri":
            return Xcri(Xcri.Config.model_validate({"url": URL})), lambda _: CATALOGUE
        case _:
            return OaiPmh(OaiPmh.Config.model_validate({"base_url": URL})), LIST


@pytest.mark.parametrize("form", ["csv", "moochub", "moodle", "oai", "openedx", "xcri"])
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

        for page in _listed(FunctionFetch(answer), connector):
            _map(connector, page)
