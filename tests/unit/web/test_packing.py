import gzip

import pytest
from starlette.requests import Request
from starlette.responses import Response

from app.web.packing import LEAST, packed, squeezed, takes_gzip
from app.web.rendering import STATIC, static_address
from tests.simulator.site import Pages


def asking(encoding: str) -> Request:
    return Request({"type": "http", "headers": [(b"accept-encoding", encoding.encode())]})


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip", True), ("br, gzip;q=0.5", True), ("GZIP", True), ("deflate, x-gzip", False),
        ("", False), ("gzip;q=0", False), ("gzip; q=0.000", False), ("identity", False),
    ],
)  # fmt: skip
def test_only_who_takes_gzip_gets_it(header: str, taken: bool) -> None:
    assert takes_gzip(asking(header)) is taken


def test_a_packed_answer_is_the_same_and_says_what_it_varies_by() -> None:
    answer = packed(asking("gzip"), Response(b"a" * LEAST, headers={"Vary": "Accept"}))
    assert gzip.decompress(bytes(answer.body)) == b"a" * LEAST
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    small = packed(asking("gzip"), Response(b"a"))
    assert small.body == b"a"
    assert "content-encoding" not in small.headers
    assert small.headers["vary"] == "Accept-Encoding"


def test_a_file_is_always_squeezed_to_the_same_bytes() -> None:
    assert squeezed(b"x" * 5000) == squeezed(b"x" * 5000)


def test_the_page_travels_packed_unless_it_is_somebodys_own(pages: Pages) -> None:
    answer = pages.client.get("/", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "All 5 courses" in answer.text
    plain = pages.client.get("/", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    own = pages.client.get("/", headers={"cookie": "opencpd=somebody"})
    assert "content-encoding" not in own.headers


def test_files_travel_packed(pages: Pages) -> None:
    answer = pages.client.get(static_address("site.css"), headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.content == STATIC["site.css"]
    assert b"/*" not in answer.content
