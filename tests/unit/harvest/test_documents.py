"""The guarded way to a small document that somebody waits for."""

import json
from ipaddress import ip_network

import pytest

from app.harvest.fetching import DOCUMENT_BYTES, FetchMaker
from app.platform.problems import Unavailable
from tests.simulator.feeds import FeedServer

LOOPBACK = (ip_network("127.0.0.0/8"),)
KEYS = json.dumps({"keys": []}).encode()


def test_a_document_is_fetched_where_the_operator_allows_it() -> None:
    with FeedServer() as server:
        server.routes["/keys"] = (200, {}, KEYS)
        assert FetchMaker(LOOPBACK).document(server.url("/keys")) == KEYS


def test_nothing_inside_is_reached_and_no_redirect_leads_there() -> None:
    with FeedServer() as server:
        server.routes["/keys"] = (200, {}, KEYS)
        server.routes["/elsewhere"] = (302, {"Location": "http://169.254.169.254/latest"}, b"")
        server.routes["/name"] = (302, {"Location": "http://metadata.internal/"}, b"")
        with pytest.raises(Unavailable):
            FetchMaker().document(server.url("/keys"))
        for path in ("/elsewhere", "/name"):
            with pytest.raises(Unavailable):
                FetchMaker(LOOPBACK).document(server.url(path))
    for url in ("http://10.0.0.1/", "http://[::ffff:127.0.0.1]/", "http://2130706433/", "https:///",
                "file:///etc/passwd", "http://localhost:0/"):  # fmt: skip
        with pytest.raises(Unavailable):
            FetchMaker().document(url)


def test_what_is_too_large_is_not_read_and_trouble_is_not_asked_again() -> None:
    with FeedServer() as server:
        server.routes["/large"] = (200, {}, b"x" * (1024 * 1024))
        server.routes["/busy"] = (503, {"Retry-After": "1"}, b"")
        server.routes["/gone"] = (404, {}, b"")
        with pytest.raises(Unavailable, match=str(DOCUMENT_BYTES)):
            FetchMaker(LOOPBACK).document(server.url("/large"))
        for path in ("/busy", "/gone"):
            with pytest.raises(Unavailable):
                FetchMaker(LOOPBACK).document(server.url(path))
