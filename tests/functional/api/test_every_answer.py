"""What holds for every answer of a node, whichever part of it gave it."""

import json
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from tests.conftest import own_database
from tests.functional.api.conftest import Served, serving

BROWSER = {"Accept": "text/html"}
TOO_MUCH = b"x" * (1024 * 1024 + 1)


@pytest.fixture(scope="module")
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """One node for all tests here, which leave nothing behind. It has a route that fails."""
    folder = tmp_path_factory.mktemp("served")
    with own_database(request, folder) as url, serving(url, folder) as made:

        @made.app.get("/fails")
        def fails() -> None:
            raise RuntimeError("the holder's number is 4711")

        yield made


def piecewise() -> Iterator[bytes]:
    """A body that does not say its length."""
    for _ in range(17):
        yield b"x" * 65536


@pytest.mark.parametrize("path", ["/credentials/verify", "/oauth/token", "/nowhere"])
def test_a_body_that_is_too_large_is_refused_with_a_problem_document(
    served: Served, path: str
) -> None:
    answer = served.http.post(path, content=TOO_MUCH)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "too-large"
    assert "x-request-id" in answer.headers


def test_a_body_of_unknown_length_is_refused_alike(served: Served) -> None:
    answer = served.http.post("/credentials/verify", content=piecewise())
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_a_person_reads_on_a_page_that_it_is_too_large(served: Served) -> None:
    answer = served.http.post(
        "/verify",
        content=TOO_MUCH,
        headers={**BROWSER, "Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == 413
    assert "That is too large" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", BROWSER),
        ("GET", "/verify", BROWSER),
        ("POST", "/verify", BROWSER),
        ("GET", "/api/docs", BROWSER),
        ("GET", "/nowhere", BROWSER),
        ("GET", "/nowhere", {}),
        ("GET", "/api/openapi.json", {}),
        ("GET", "/api/v1/search", {}),
        ("GET", "/api/v1/records/1", {}),
        ("GET", "/societies/cse/did.json", {}),
        ("GET", "/societies/cse/status/1", {}),
        ("POST", "/oauth/token", {}),
        ("POST", "/credentials/verify", {}),
        ("POST", "/credentials/verify", {"Sec-Fetch-Site": "cross-site"}),
        ("GET", "/healthz", {}),
        ("GET", "/fails", {}),
        ("GET", "/fails", BROWSER),
    ],
)
def test_no_answer_can_be_misused_in_a_browser(
    served: Served, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = served.http.request(method, path, headers=headers)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"]
    assert answer.headers["x-request-id"]
    assert "4711" not in answer.text


def test_a_failure_is_logged_under_the_id_that_its_answer_names(served: Served) -> None:
    with capture_logs() as logged:
        answer = served.http.get("/fails", headers={"X-Request-ID": "from-the-proxy"})
    assert answer.headers["x-request-id"] == "from-the-proxy"
    failed = [line for line in logged if line["event"] == "request failed"]
    assert [line["request_id"] for line in failed] == ["from-the-proxy"]


def test_an_address_is_never_made_of_the_host_header(served: Served) -> None:
    for path in ("/verify/", "/api/docs/", "/api/v1/search/", "/verify", "/api/docs", "/"):
        answer = served.http.get(path, headers={"Host": "evil.example"}, follow_redirects=False)
        assert "evil.example" not in answer.text + json.dumps(dict(answer.headers))
