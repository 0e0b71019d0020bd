"""No page runs what is not ours, is framed, or says more than it should: every route is walked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from app.identity.access import routes
from app.identity.model import Role
from app.platform.quotas import Quota, Quotas
from app.web import offline_page
from app.web.rendering import CONTENT_SECURITY_POLICY
from app.wiring import Node
from tests.simulator.members import House, house

pytestmark = [pytest.mark.slow, pytest.mark.once]

# A page that is a file to keep: it runs without a server, by the hashes of its own two parts.
OF_ITS_OWN = {f"{offline_page.PATH}/{offline_page.FILE}"}
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*\btype=\"application/(?:ld\+)?json\")|<style|<[^>]+\son[a-z]+\s*=|"
    r"<[^>]+\sstyle\s*=|<(?:iframe|object|embed|base)\b|(?:href|src|action)\s*=\s*[\"']?\s*"
    r"(?:javascript|data|vbscript):",
    re.IGNORECASE,
)
EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
}
KNOWN = {"organisation_id": "cse", "society_id": "cse", "name": "site.css", "ending": "csv"}


def addresses(made: House) -> Iterator[tuple[str, str]]:
    """Every route; those that only read come first, since others may end a session."""
    found = [
        (method, re.sub(r"{(\w+)(?::\w+)?}", lambda m: KNOWN.get(m[1], "nothing"), path))
        for path, methods, _ in routes(made.app)
        for method in sorted(methods - {"HEAD"})
    ]
    yield from sorted(found, key=lambda route: route[0] != "GET")


def wrong_with(answer: Response) -> Iterator[str]:
    for name, value in EVERYWHERE.items():
        if answer.headers.get(name) != value:
            yield f"{name}: {answer.headers.get(name)}"
    for name in ("content-security-policy", "referrer-policy", "cache-control", "x-request-id"):
        if not answer.headers.get(name):
            yield f"no {name}"
    if "frame-ancestors 'none'" not in answer.headers.get("content-security-policy", ""):
        yield "may be framed"
    if not answer.headers.get("permissions-policy", "").startswith("camera=("):
        yield "may use the camera"
    for name in ("server", "x-powered-by"):
        if name in answer.headers:
            yield f"says {name}"
    if answer.headers.get("content-type", "").startswith("text/html"):
        yield from wrong_with_page(answer)


def wrong_with_page(answer: Response) -> Iterator[str]:
    found = INLINE.search(answer.text)
    if found:
        yield f"runs {found[0]!r}"
    policy = answer.headers["content-security-policy"]
    if policy != CONTENT_SECURITY_POLICY and "unsafe" in policy:
        yield policy


def walk(made: House, callers: Mapping[str, TestClient]) -> tuple[list[str], int]:
    wrong, count = [], 0
    for who, http in callers.items():
        for method, path in addresses(made):
            if path in OF_ITS_OWN:
                continue
            answer = http.request(method, path)
            count += 1
            wrong += [f"{who}: {method} {path}: {each}" for each in wrong_with(answer)]
            if answer.status_code >= 500 and answer.status_code != 503:
                wrong.append(f"{who}: {method} {path}: {answer.status_code}")
    return wrong, count


def test_every_answer_of_every_route_is_safe_in_a_browser(made: House) -> None:
    owner = {"cse": Role.OWNER, "operator": Role.OWNER}
    ada = made.sign_in("ada@example.org", **owner)
    assert ada.get("/organisations/cse/audit").status_code == 200
    wrong, count = walk(made, {"nobody": made.http, "an owner": ada})
    assert wrong == []
    assert count > 100


def test_only_the_page_that_reads_codes_may_use_the_camera(lasting_node: House) -> None:
    pages = {"/": False, "/verify": True, "/sign-in": False, "/nowhere": False, "/healthz": False}
    for path, allowed in pages.items():
        policy = lasting_node.http.get(path).headers["permissions-policy"]
        assert policy.startswith("camera=(self)," if allowed else "camera=(),"), path
        assert "microphone=()" in policy


def test_nothing_is_promised_of_https_where_there_is_none(
    tmp_path: Path, database_url: str
) -> None:
    with house(tmp_path, database_url, public_url="http://127.0.0.1:8000") as made:
        assert "strict-transport-security" not in made.http.get("/").headers


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_failure_says_nothing_of_the_inside(made: House, accept: str) -> None:
    @made.app.get("/fails")
    def fails() -> None:
        raise RuntimeError("postgresql://node:secret@db/opencpd")

    answer = made.http.get("/fails", headers={"Accept": accept})
    assert answer.status_code == 500
    assert list(wrong_with(answer)) == []
    for inside in ("secret", "RuntimeError", "Traceback", "File ", "site-packages"):
        assert inside not in answer.text


def test_a_cookie_is_no_way_round_by_a_made_up_token(made: House) -> None:
    """A page of another site may not act in a signed-in browser, whatever else it sends."""
    browser = made.sign_in("ada@example.org", cse=Role.OWNER)
    attacks: list[dict[str, str]] = [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer x"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example", "Authorization": "Bearer x"},
        {"Sec-Fetch-Site": "cross-site", "X-HTTP-Method-Override": "GET"},
        {"Sec-Fetch-Site": "cross-site", "Host": "evil.example"},
    ]
    for headers in attacks:
        answer = browser.post("/account/profile", data={"name": "Eve"}, headers=headers)
        assert answer.status_code == 403, headers
    assert "Eve" not in browser.get("/account").text
    unheard = browser.build_request("POST", "/account/profile", data={"name": "Eve"})
    del unheard.headers["sec-fetch-site"]
    assert browser.send(unheard).status_code == 403
    assert browser.post("/account/profile", data={"name": "Ada"}).status_code == 303


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "POST"])
def test_a_method_that_a_page_does_not_have_is_refused(lasting_node: House, method: str) -> None:
    answer = lasting_node.http.request(method, "/verify/offline")
    assert answer.status_code == 405
    assert "cookie" not in answer.text.lower()


@pytest.mark.parametrize(
    "host",
    ["evil.example", "cpd.example@evil.example", "cpd.example:80", "", "evil.example/x?", "[::1"],
)
def test_no_answer_believes_the_host_header(lasting_node: House, host: str) -> None:
    owner = lasting_node.sign_in("ada@example.org", cse=Role.OWNER)
    forged = {"Host": host, "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    paths = ("/", "/account", "/organisations/cse", "/.well-known/oauth-authorization-server",
             "/societies/cse/did.json", "/api/openapi.json", "/verify/", "/nowhere")  # fmt: skip
    for path in paths:
        answer = owner.get(path, headers=forged)
        assert answer.status_code < 500
        assert "evil.example" not in answer.text + str(answer.headers), path


def test_who_asks_too_much_is_told_so_on_every_kind_of_answer(
    tmp_path: Path, database_url: str
) -> None:
    def few(node: Node) -> Node:
        return replace(node, quotas=Quotas(address=Quota("address", "3/minute")))

    with house(tmp_path, database_url, change=few) as made:
        http = TestClient(made.app, base_url="https://cpd.example", client=("192.0.2.7", 1))
        told = [http.get("/api/v1/search") for _ in range(4)]
        assert [one.status_code for one in told] == [200, 200, 200, 429]
        assert told[0].headers["ratelimit-policy"] == '"address";q=3;w=60'
        assert re.fullmatch(r'"address";r=2;t=\d+', told[0].headers["ratelimit"])
        assert told[3].json()["code"] == "too-many-requests"
        assert 1 <= int(told[3].headers["retry-after"]) <= 120
        page = http.get("/", headers={"Accept": "text/html"})
        assert (page.status_code, page.headers["retry-after"] != "") == (429, True)
        assert "asked for too often" in page.text
        assert list(wrong_with(page)) == []
        assert http.get("/healthz").status_code == 200
        forged = http.get("/", headers={"X-Forwarded-For": "192.0.2.8", "Forwarded": "for=::1"})
        assert forged.status_code == 429
        other = TestClient(made.app, base_url="https://cpd.example", client=("192.0.2.8", 1))
        assert other.get("/api/v1/search").status_code == 200
        local = TestClient(made.app, base_url="https://cpd.example", client=("127.0.0.1", 1))
        assert {local.get("/healthz").status_code for _ in range(9)} == {200}
        assert "ratelimit" not in local.get("/").headers


def test_a_client_is_told_what_it_has_left(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url, quota_client="5/hour") as made:
        made.add("cse")
        token = made.token("cse")
        told = [made.http.get("/api/v1/organisations/cse/audit", headers=token) for _ in range(6)]
        assert [one.status_code for one in told] == [200] * 5 + [429]
        assert told[0].headers["ratelimit"].startswith('"client";r=4;t=')
        assert told[5].headers["ratelimit"].startswith('"client";r=0;t=')


def test_only_a_trusted_proxy_says_where_a_request_comes_from(
    tmp_path: Path, database_url: str
) -> None:
    with house(
        tmp_path,
        database_url,
        trusted_proxies="10.0.0.0/8, 2001:db8:7::/48",
        quota_address="2/hour",
    ) as made:

        def left(peer: str, forwarded: str) -> str:
            http = TestClient(made.app, base_url="https://cpd.example", client=(peer, 1))
            answer = http.get("/api/v1/search", headers={"X-Forwarded-For": forwarded})
            return answer.headers["ratelimit"].partition("r=")[2][:1] + str(answer.status_code)

        assert left("10.1.2.3", "192.0.2.1") == "1200"
        assert left("10.1.2.3", "198.51.100.9, 192.0.2.1") == "0200"  # what the client made up
        assert left("2001:db8:7::1", "192.0.2.1, 10.9.9.9") == "0429"
        assert left("192.0.2.50", "198.51.100.1") == "1200"
        assert left("192.0.2.50", "198.51.100.2") == "0200"
        assert left("192.0.2.50", "198.51.100.3") == "0429"
