"""Damaged answers of every format: a connector gives items or an error of the contract, never else.

The damage is drawn with fixed seeds, so that a failure can be repeated.
"""

import json
import random

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
from connectors.oai_pmh import OaiPmh
from connectors.table import Table
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


@pytest.mark.parametrize("form", ["csv", "moochub", "oai"])
def test_damage_gives_items_or_an_error_of_the_contract(form: str) -> None:
    chance = random.Random(form)
    for _ in range(TIMES):

        def answer(request: Request) -> Answer:
            if form == "csv":
                return _damaged(TABLE, chance)
            if form == "moochub":
                return _damaged(COURSES, chance)
            told = LIST(request)
            assert isinstance(told, bytes)
            return told if request.params["verb"] == "Identify" else _damaged(told, chance)

        connector: Connector
        if form == "csv":
            connector = Table(Table.Config.model_validate({"url": URL}))
        elif form == "moochub":
            connector = Moochub(Moochub.Config.model_validate({"url": URL}))
        else:
            connector = OaiPmh(OaiPmh.Config.model_validate({"base_url": URL}))
        for page in _listed(FunctionFetch(answer), connector):
            _map(connector, page)
