from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from app.platform.db import Database
from tests.simulator.issuer import SimulatedIssuer
from tests.simulator.plain_index import PlainIndex
from tests.simulator.site import BROWSER, Pages, fill, make_app


@pytest.fixture
def pages(database: Database) -> Iterator[Pages]:
    index, issuer = PlainIndex(), SimulatedIssuer()
    ids = fill(database, index)
    app = make_app(database, index, issuer=issuer)
    with TestClient(app, headers=BROWSER, raise_server_exceptions=False) as client:
        yield Pages(client, index, ids, issuer, database)


@pytest.fixture
def verify(pages: Pages) -> Callable[..., str]:
    def send(record: bytes, *, pasted: bool = False) -> str:
        given = {"record": (None, record)} if pasted else {"file": ("record.json", record)}
        answer = pages.client.post("/verify", files=given)
        assert answer.status_code == 200, answer.text
        return answer.text

    return send
