"""Verifiers written by others judge what this node issues, from what it serves over HTTP."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
import uvicorn
from fastapi import FastAPI

from app.platform import clock
from app.platform.db import Database
from tests.conftest import skip_or_fail
from tests.foreign.run import install, verdict, verify_with_all
from tests.simulator.node import COMPLETION, Node

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(300)]


@contextmanager
def served(app: FastAPI, listening: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture
def node(database: Database) -> Iterator[Node]:
    if reason := install():
        skip_or_fail(reason)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        # The judges read the real clock, so the records must be of today.
        made = Node(database, clock.now(), public_url=url)
        made.add_society("cse", name="Society of Civil Engineers")
        with served(made.app, listening):
            yield made


def test_every_judge_accepts_our_records_and_refuses_revoked_ones(node: Node) -> None:
    told = node.complete("cse", COMPLETION, key="k-1").json()
    raw, token = node.forms(told["id"], "cse")
    judged = verify_with_all(raw, token.decode(), node.public_url)
    assert judged == dict.fromkeys(judged, True)
    assert judged.keys() >= {"jose", "pyjwt", "digitalbazaar", "dcc"}
    revoked = node.http.post(
        f"/api/v1/records/{told['id']}/revoke", json={"reason": "error"}, headers=node.token("cse")
    )
    assert revoked.status_code == 200
    assert verdict("dcc", raw, node.public_url)["verified"] is False
