"""The demonstration's registries: what a course counts for there, and what they decided."""

import re
from html import unescape

import httpx
import pytest

from tests.simulator.demonstration import RunningDemo

pytestmark = pytest.mark.slow

BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
LINES = {
    "register": ("8", "PDU", "1 PDU for every 2 hours contact time"),
    "indus-council": ("2", "credit point", "1 credit point for every 8 hours contact time"),
    "cape-council": ("8/5", "credit", "1 credit for every 10 hours contact time"),
    "straits-board": ("16", "weighted hour", "1 weighted hour for every 1 hour contact time"),
}


def course_id(demo: RunningDemo) -> str:
    query = {"q": "seismic design of tall buildings", "society": "tianfu"}
    found = httpx.get(f"{demo.url}/api/v1/search", params=query).raise_for_status().json()
    return str(found["hits"][0]["id"])


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_a_course_of_the_chinese_society_counts_for_four_registries_by_a_line_each(
    demo: RunningDemo,
) -> None:
    found = httpx.get(f"{demo.url}/api/v1/courses/{course_id(demo)}/counts-for").json()
    best = {one["registry"]: one["ways"][-1] for one in found["items"]}
    assert {one["authority"] for one in found["items"]} == {"adopted"}
    assert {name: (way["amount"], way["unit"], way["line"]) for name, way in best.items()} == LINES
    page = plain(httpx.get(f"{demo.url}/courses/{course_id(demo)}", headers=BROWSER).text)
    for _, _, line in LINES.values():
        assert line in page
    assert "Up to 16 weighted hours" in page


def test_every_registry_says_that_it_is_a_demonstration(demo: RunningDemo) -> None:
    for name in LINES:
        answer = httpx.get(f"{demo.url}/recognition/{name}", headers=BROWSER).raise_for_status()
        assert "(demonstration)" in plain(answer.text)
        path = re.findall(r'"(/recognition/[^"]+[.]yaml)"', answer.text)[0]
        text = httpx.get(f"{demo.url}{path}")
        assert text.text.startswith("# A demonstration: ")


def test_an_engineer_sees_what_it_fills_in_two_registries(demo: RunningDemo) -> None:
    with httpx.Client(base_url=demo.url, headers=BROWSER) as browser:
        browser.post("/sign-in", data={"email": "wanjiku@engineer.example"})
        path = demo.says(f"^{demo.named_url}(/sign-in/link/\\S+)$")
        browser.post(path)
        page = plain(browser.get(f"/courses/{course_id(demo)}").text)
    own = page.split("For you", 1)[1].split("In other registries", 1)[0]
    assert "from 13 to 21 PDU, of 50 PDU" in own
    assert "from 0 to 2 credit points, of 10 credit points" in own


def test_records_were_decided(demo: RunningDemo) -> None:
    assert "4 registries with rules of their own; 4 records decided" in demo.said
