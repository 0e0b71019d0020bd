from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient

from app.platform.db import Database
from tests.conftest import own_database
from tests.simulator.issuer import SimulatedIssuer
from tests.simulator.plain_index import PlainIndex
from tests.simulator.site import BROWSER, Pages, fill, make_app


@contextmanager
def opened(database: Database) -> Iterator[Pages]:
    index, issuer = PlainIndex(), SimulatedIssuer()
    ids = fill(database, index)
    app = make_app(database, index, issuer=issuer)
    with TestClient(app, headers=BROWSER, raise_server_exceptions=False) as client:
        yield Pages(client, index, ids, issuer, database)


@pytest.fixture(scope="session")
def lasting_pages(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pages]:
    with own_database(request, tmp_path_factory.mktemp("pages")) as url:
        database = Database.open(url)
        with opened(database) as made:
            yield made
        database.close()


@pytest.fixture
def pages(lasting_pages: Pages) -> Pages:
    """For tests that only read: the same for all of a process, and nobody's browser."""
    lasting_pages.client.cookies.clear()
    return lasting_pages


@pytest.fixture
def own_pages(database: Database) -> Iterator[Pages]:
    """For tests that change what the pages show."""
    with opened(database) as made:
        yield made


@pytest.fixture
def verify(pages: Pages) -> Callable[..., str]:
    def send(record: bytes, *, pasted: bool = False) -> str:
        given = {"record": (None, record)} if pasted else {"file": ("record.json", record)}
        answer = pages.client.post("/verify", files=given)
        assert answer.status_code == 200, answer.text
        return answer.text

    return send
