"""A large roster on PostgreSQL, killed with -9 on the way: nothing twice, nothing missing.

    python -m tests.bench.records.roster [ROWS] [KILLS]

100,000 rows with 1 % bad ones and three kills, unless told otherwise. A first process is killed
while it checks, further ones while they issue, at moments spread over the work; the last one ends
it. What is printed is counted in the tables and asked of the API, page by page.
"""

import csv
import io
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import create_engine, func, select, text

from app.catalogue.model import NewSociety
from app.identity import service as identity
from app.identity.model import SCOPES
from app.main import create_app
from app.platform import clock, logging
from app.platform.settings import Settings
from app.records.enrolment import enrol
from app.records.tables import RecordRow
from app.wiring import Node, open_node
from migrations import upgrade
from tests import servers
from tests.functional.records import issue_roster
from tests.simulator import rosters

SCRIPT = Path(issue_roster.__file__)
ROOT = Path(__file__).parents[3]
SOCIETY = "/api/v1/societies/cse"


def opened(url: str, folder: Path) -> Node:
    return open_node(
        Settings(
            data_dir=folder,
            database_url=url,
            public_url=issue_roster.PUBLIC_URL,
            key_passphrase=issue_roster.PASSPHRASE,
            _env_file=None,
        )
    )


def token(http: TestClient, credentials: identity.Credentials) -> dict[str, str]:
    form = {"grant_type": "client_credentials"}
    answer = http.post("/oauth/token", data=form, auth=(credentials[0], credentials[1]))
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def work(url: str, keys: Path) -> "subprocess.Popen[bytes]":
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), url, str(keys), "0"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
    )


def killed(process: "subprocess.Popen[bytes]", node: Node, done: int) -> bool:
    """Kill a process when so many rows are checked and settled; false when it ended before."""
    query = text("SELECT rows + issued + existed + failed FROM roster")
    while process.poll() is None:
        with node.database.read() as session:
            if (session.scalar(query) or 0) >= done:
                process.send_signal(signal.SIGKILL)
                process.wait()
                return True
        time.sleep(0.02)
    return False


def count(http: TestClient, path: str, name: str, credentials: identity.Credentials) -> list[Any]:
    """Everything that a list of the API gives, page by page."""
    found: list[Any] = []
    cursor, headers = "", token(http, credentials)
    while True:
        answer = http.get(f"{SOCIETY}{path}?limit=500{cursor}", headers=headers)
        if answer.status_code == 401:
            headers = token(http, credentials)
            continue
        page = answer.json()
        found += page[name]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def main(rows: int, kills: int) -> None:
    logging.configure("ERROR", "console")
    with servers.postgres() as server, tempfile.TemporaryDirectory() as folder:
        if server is None:
            sys.exit("no PostgreSQL: install Debian's postgresql or set OPENCPD_TEST_PG")
        name = f"bench_{secrets.token_hex(4)}"
        admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        url = f"{server}/{name}"
        upgrade(url)
        node = opened(url, Path(folder))
        try:
            show(node, url, Path(folder) / "keys", rows=rows, kills=kills)
        finally:
            node.close()
            with admin.connect() as connection:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
            admin.dispose()


def show(node: Node, url: str, keys: Path, *, rows: int, kills: int) -> None:
    with node.database.write() as session:
        enrol(
            session, NewSociety(names={"en": "A society"}, id="cse"), signer=node.signer,
            public_url=issue_roster.PUBLIC_URL, at=clock.now(),
        )  # fmt: skip
        credentials = identity.new_client(
            session,
            organisation_id="cse",
            name="bench",
            scopes=set(SCOPES) - {"admin:node"},
            at=clock.now(),
        )
    http = TestClient(create_app(node), base_url=issue_roster.PUBLIC_URL)
    data = rosters.as_csv(rosters.rows(rows, every_bad=100))
    began = time.perf_counter()
    answer = http.post(f"{SOCIETY}/rosters", content=data, headers=token(http, credentials))
    roster = answer.json()["id"]
    print(f"submitted {rows} rows, {len(data):,} bytes, in {time.perf_counter() - began:.1f} s")
    # The first kill comes in the check, the others in the issuing.
    moments = [rows // 2, *(rows + rows * (n + 1) // (kills + 1) for n in range(kills - 1))][:kills]
    began, done = time.perf_counter(), 0
    for moment in moments:
        done += killed(work(url, keys), node, moment)
    memory, _ = work(url, keys).communicate()
    took = time.perf_counter() - began
    found = http.get(f"{SOCIETY}/rosters/{roster}", headers=token(http, credentials)).json()
    bad = rows // 100
    stored, distinct = counted(node)
    listed = count(http, "/records", "records", credentials)
    errors = count(http, f"/rosters/{roster}/errors", "errors", credentials)
    csv_rows = list(
        csv.reader(
            io.StringIO(
                http.get(
                    f"{SOCIETY}/rosters/{roster}/errors.csv", headers=token(http, credentials)
                ).text
            )
        )
    )
    print(f"killed with -9    {done} times")
    print(f"state             {found['state']}")
    print(f"counts            {found['counts']}")
    print(f"issued            {found['counts']['issued']}")
    print(f"stored            {stored}")
    print(f"listed            {len({one['id'] for one in listed})}")
    print(f"errors            {len(errors)} in {len({one['row'] for one in errors})} rows, "
          f"{len(csv_rows) - 1} in the file")  # fmt: skip
    print(f"duplicates        {stored - distinct}")
    print(f"missing           {rows - bad - distinct}")
    print(f"checked and issued in {took:.0f} s, {(rows - bad) / took:,.0f} a second with the kills")
    print(f"rate of the last process's issuing {found['rate']} a second")
    print(f"most memory of the last process {memory.decode().strip()} MiB")


def counted(node: Node) -> tuple[int, int]:
    """How many records there are, and how many different holders among them."""
    with node.database.read() as session:
        row = session.execute(
            select(func.count(), func.count(RecordRow.holder_id.distinct())).where(
                RecordRow.state == "issued"
            )
        ).one()
    return row[0], row[1]


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(*(numbers + [100_000, 3][len(numbers) :]))
