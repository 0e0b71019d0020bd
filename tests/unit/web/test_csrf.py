import pytest
from starlette.datastructures import Headers

from app.web.csrf import crosses_sites, origin_of

OWN = {"https://cpd.example"}


@pytest.mark.parametrize(
    ("method", "headers", "crosses"),
    [
        ("GET", {"sec-fetch-site": "cross-site"}, False),
        ("POST", {"sec-fetch-site": "same-origin"}, False),
        ("POST", {"sec-fetch-site": "none"}, False),
        ("POST", {"sec-fetch-site": "same-site"}, True),
        ("POST", {"sec-fetch-site": "cross-site"}, True),
        ("DELETE", {"sec-fetch-site": "cross-site"}, True),
        ("POST", {"sec-fetch-site": "cross-site", "authorization": "Bearer x"}, False),
        ("POST", {"sec-fetch-site": "cross-site", "authorization": "Basic x"}, True),
        ("POST", {"cookie": "a=b", "authorization": "Bearer x"}, True),
        ("POST", {"sec-fetch-site": "cross-site", "authorization": "bearer x", "cookie": ""}, True),
        ("POST", {"sec-fetch-site": "same-origin", "cookie": "a=b"}, False),
        ("POST", {"origin": "https://cpd.example", "cookie": "a=b"}, False),
        ("POST", {"cookie": "a=b"}, True),
        ("TRACK", {"sec-fetch-site": "cross-site"}, True),
        ("post", {"sec-fetch-site": "cross-site"}, True),
        ("POST", {"sec-fetch-site": "same-origin, cross-site"}, True),
        ("POST", {"origin": "https://cpd.example.evil.example", "host": "cpd.example"}, True),
        ("POST", {"origin": "https://cpd.example@evil.example", "host": "cpd.example"}, True),
        ("POST", {"origin": "https://evil.example", "sec-fetch-site": "same-site"}, True),
        ("POST", {}, False),
        ("POST", {"origin": "https://cpd.example", "host": "inside:8000"}, False),
        ("POST", {"origin": "http://inside:8000", "host": "inside:8000"}, False),
        ("POST", {"origin": "https://evil.example", "host": "cpd.example"}, True),
        ("POST", {"origin": "null", "host": "cpd.example"}, True),
        ("POST", {"origin": "http://[::1", "host": "cpd.example"}, True),
        ("POST", {"origin": "http://[::1"}, True),
    ],
)
def test_only_a_page_of_another_site_is_refused(
    method: str, headers: dict[str, str], crosses: bool
) -> None:
    assert crosses_sites(method, Headers(headers), origins=OWN) is crosses


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://cpd.example", "https://cpd.example"),
        ("https://CPD.example:8443/node", "https://cpd.example:8443"),
        ("https://cpd.example:443", "https://cpd.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_a_nodes_own_origin_is_that_of_its_address(url: str, origin: str) -> None:
    assert origin_of(url) == origin
