"""No record freezes a node: what is made to be costly is refused at once, and others are answered.

How long each takes is printed by ``python -m tests.bench.records.hostile``; here are only bounds
that a slow machine keeps too.
"""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import uvicorn

from app.platform import clock
from app.proof.keys import Algorithm
from app.proof.times import write_time
from app.trust import service as trust
from tests.functional.api.conftest import Served
from tests.simulator import hostile

pytestmark = [pytest.mark.slow, pytest.mark.once]

_PATIENCE = 1.0


@pytest.fixture
def url(served: Served) -> Iterator[str]:
    """The whole application behind a real server on loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(served.app, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=20)


def hostile_records(served: Served) -> dict[str, bytes]:
    with served.node.database.read() as session:
        issuer = trust.issuer_of(session, "cse")
    key = issuer.signing_key(Algorithm.ED25519)
    assert key is not None
    return hostile.records(
        issuer=issuer.id, proof_key=key.id, created=write_time(clock.now() + timedelta(seconds=1))
    )


def test_every_costly_record_is_refused_at_once(served: Served, url: str) -> None:
    with httpx.Client(base_url=url, timeout=20) as http:
        for name, record in hostile_records(served).items():
            took = []
            for _ in range(3):
                begun = time.perf_counter()
                answer = http.post("/credentials/verify", content=record)
                took.append(time.perf_counter() - begun)
                assert 400 <= answer.status_code < 500, (name, answer.text)
                assert answer.json().get("errors") or answer.json().get("code"), name
            assert min(took) < _PATIENCE, (name, took)


def test_the_canonicalisation_is_reached_by_some_of_them(served: Served) -> None:
    """Or else this file would try nothing but the parser."""
    codes = set()
    for record in hostile_records(served).values():
        checks = served.http.post("/credentials/verify", content=record).json()["checks"]
        codes |= {check["check"] for check in checks if check["outcome"] == "fail"}
    assert {"record.readable", "proof.signature"} <= codes


@pytest.mark.slow
def test_a_burst_of_costly_records_keeps_nobody_else_waiting(served: Served, url: str) -> None:
    records = list(hostile_records(served).values())
    done = threading.Event()

    def attack() -> None:
        with httpx.Client(base_url=url, timeout=30) as http:
            for record in records[:6]:
                http.post("/credentials/verify", content=record)
        done.set()

    # More than the threads that endpoints share.
    attackers = [threading.Thread(target=attack) for _ in range(48)]
    for attacker in attackers:
        attacker.start()
    waited = []
    with httpx.Client(base_url=url, timeout=20) as http:
        while not done.is_set() and len(waited) < 500:
            begun = time.perf_counter()
            assert http.get("/health").json()["status"] == "ok"
            waited.append(time.perf_counter() - begun)
    for attacker in attackers:
        attacker.join(timeout=60)
    assert waited
    assert sorted(waited)[len(waited) // 2] < _PATIENCE / 5
