"""Clients that nobody here wrote publish a catalogue of ten thousand courses.

Each gets its own token, sends the whole in one batch and reads a result for each item, sends the
same again with the same idempotency key, and changes a course with an entity tag that is stale.
"""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from authlib.integrations.httpx_client import OAuth2Client
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

from app.catalogue import service as catalogue
from tests.conftest import skip_or_fail
from tests.foreign import run
from tests.servers import free_port
from tests.simulator.members import House, house
from tests.simulator.publishing import NDJSON, as_lines, course, item
from tests.simulator.site import served

pytestmark = [pytest.mark.foreign, pytest.mark.slow, pytest.mark.timeout(900)]
MANY = 10_000
BATCH = {"Content-Type": NDJSON, "Accept": NDJSON, "Idempotency-Key": "the-whole-catalogue"}
CATALOGUE = as_lines(
    {"remote_id": "C-7", "course": {"title": {}}} if number == 7 else item(number)
    for number in range(MANY)
)
"""Ten thousand courses, one of them without a title."""
GOOD = {"new": MANY - 1, "rejected": 1}


@pytest.fixture
def made(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[House, str]]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # oauthlib knows no loopback exception
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with house(tmp_path, database_url, public_url=url) as opened:
        opened.add("cse")
        with served(opened.app, port=port):
            yield opened, url


def authlib(opened: House, url: str) -> Any:
    client_id, secret = opened.credentials["cse"]
    session = OAuth2Client(client_id, secret, timeout=600)
    session.fetch_token(f"{url}/oauth/token", grant_type="client_credentials")
    return session


def requests_oauthlib(opened: House, url: str) -> Any:
    client_id, secret = opened.credentials["cse"]
    session = OAuth2Session(client=BackendApplicationClient(client_id))
    session.fetch_token(f"{url}/oauth/token", auth=(client_id, secret))
    return session


def counted(opened: House) -> int:
    with opened.node.database.read() as session:
        return catalogue.count_courses(session)


@pytest.mark.parametrize("make", [authlib, requests_oauthlib], ids=["Authlib", "requests-oauthlib"])
def test_a_python_client_publishes_a_catalogue(made: tuple[House, str], make: Any) -> None:
    opened, url = made
    api = f"{url}/api/v1/societies/cse/courses"
    body = "data" if make is requests_oauthlib else "content"
    with closing(make(opened, url)) as session:
        told = session.post(f"{api}:batch", headers=BATCH, **{body: CATALOGUE})
        results = [json.loads(line) for line in told.text.splitlines()]
        assert Counter(one["outcome"] for one in results) == GOOD
        assert [one["index"] for one in results] == list(range(MANY))
        assert results[7]["issues"][0]["code"] == "E-TITLE-MISSING"
        assert counted(opened) == MANY - 1

        again = session.post(f"{api}:batch", headers=BATCH, **{body: CATALOGUE})
        assert (again.text, again.headers["Idempotent-Replayed"]) == (told.text, "true")
        assert counted(opened) == MANY - 1

        statuses, tag = [], ""
        for level in ("one", "two", "three"):
            headers = {"If-Match": tag} if tag else {}
            changed = session.put(f"{api}/C-1", json=course(1, level=level), headers=headers)
            statuses.append(changed.status_code)
            tag = tag or changed.headers["ETag"]
        assert statuses == [200, 200, 412]
        assert session.get(f"{api}/C-1").json()["course"]["level"] == "two"


def test_openid_client_publishes_a_catalogue(made: tuple[House, str]) -> None:
    if reason := run.install():
        skip_or_fail(reason)
    opened, url = made
    client_id, secret = opened.credentials["cse"]
    given = {"issuer": url, "id": client_id, "secret": secret, "count": MANY}
    done = subprocess.run(
        ["node", "publish.mjs", json.dumps(given)],
        cwd=run.HOME,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=800,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.strip().splitlines()[-1])
    assert said == {
        "counts": GOOD,
        "same": True,
        "replayed": "true",
        "statuses": [200, 200, 412],
    }
    assert counted(opened) == MANY - 1
