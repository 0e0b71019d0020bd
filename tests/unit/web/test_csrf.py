import pytest
from starlette.datastructures import Headers

from app.web.csrf import crosses_sites

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
