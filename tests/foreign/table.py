"""One table: what verifiers written by others say of our records, and ours of theirs.

    python -m tests.foreign.table

A real node on loopback issues, corrects and revokes; each judge sees its DID documents and status
lists, nothing else. Judges of the token alone read no status list: for them a withdrawn record is
one whose signature is good, and the table says so (``signature``).
"""

import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from app.platform import clock
from app.platform.db import Database
from migrations import upgrade
from tests.foreign import run
from tests.foreign.test_records_of_others import GOOD, LIBRARIES, REVOKED, Others, changed, given
from tests.simulator.issuer import NOW
from tests.simulator.node import COMPLETION, Node

READ_STATUS = {"digitalbazaar", "dcc"}
Forms = tuple[bytes, bytes]


@contextmanager
def node() -> Iterator[Node]:
    """A node that is served on loopback, with one society."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        url = f"sqlite:///{Path(folder) / 'node.sqlite3'}"
        upgrade(url)
        database = Database.open(url)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        made = Node(database, clock.now(), public_url=address)
        made.add_society("cse", name="Society of Civil Engineers")
        server = uvicorn.Server(uvicorn.Config(made.app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.should_exit = True
            thread.join(timeout=20)
            database.close()


def records(made: Node) -> dict[str, Forms]:
    """A record of each standing, in both forms."""
    told = {
        name: made.complete("cse", COMPLETION | {"course_run": name}, key=name).json()["id"]
        for name in ("valid", "revoked", "superseded")
    }
    headers = made.token("cse")
    made.http.post(
        f"/api/v1/records/{told['revoked']}/revoke", json={"reason": "error"}, headers=headers
    ).raise_for_status()
    correction = COMPLETION | {"course_run": "superseded", "contact_minutes": 300}
    told["its correction"] = made.complete(
        "cse", correction | {"supersedes": told["superseded"]}, key="correction"
    ).json()["id"]
    forms = {name: made.forms(record_id, "cse") for name, record_id in told.items()}
    raw, token = forms["valid"]
    head, payload, signature = token.split(b".")
    forms["tampered"] = (
        raw.replace(b'"360"', b'"960"'),
        b".".join((head, payload[:400] + b"A" + payload[401:], signature)),
    )
    return forms


def main() -> None:
    """Print both tables; exit code 1 when a verdict is not as it should be."""
    if reason := run.install():
        sys.exit(reason)
    wrong = 0
    with node() as made:
        forms = records(made)
        print(f"{'our records':<15}" + "".join(f"{name:>16}" for name in forms))
        for judge, form in (run.NODE_JUDGES | dict.fromkeys(run.PYTHON_JUDGES, "jwt")).items():
            row = []
            for name, (raw, token) in forms.items():
                accepted = run.verdict(judge, raw if form == "json" else token, made.public_url)[
                    "verified"
                ]
                withdrawn = name in {"revoked", "superseded"}
                blind = withdrawn and judge not in READ_STATUS
                wrong += accepted != (blind or name in {"valid", "its correction"})
                row.append("signature" if blind and accepted else "ok" if accepted else "refused")
            print(f"{judge:<15}" + "".join(f"{said:>16}" for said in row))
    print(f"\n{'their records':<15}{'valid':>16}{'revoked':>16}{'tampered':>16}")
    others = Others()
    for library in LIBRARIES:
        judged = [
            others.verdict(given(others.records[GOOD][library]), GOOD),
            others.verdict(given(others.records[REVOKED][library]), REVOKED),
            others.verdict(changed(others.records[GOOD][library]), GOOD),
        ]
        wrong += judged != [True, False, False]
        print(f"{library:<15}" + "".join(f"{'ok' if ok else 'refused':>16}" for ok in judged))
    print(f"\nwrong: {wrong} (at {clock.now():%Y-%m-%d}; theirs as of {NOW:%Y-%m-%d})")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
