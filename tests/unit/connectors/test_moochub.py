"""MOOChub feeds of each version, with the habits of real ones."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from connectors.contract import (
    CreditDraft,
    CursorExpired,
    Deletions,
    Fetched,
    OfferDraft,
    Rejected,
    RejectRecord,
    RunDraft,
    SourceMisconfigured,
    SourceUnavailable,
)
from connectors.moochub import Moochub
from connectors.testing import ConnectorContract
from tests.simulator.feeds import FeedServer, Request, moochub_bytes, moochub_document
from tests.simulator.fetching import FunctionFetch, loopback_fetch

URL = "http://feed.example/courses"

VERSION_3: dict[str, Any] = {
    "id": "a",
    "name": "Wind &amp; Br&uuml;cken",
    "courseCode": "W1",
    "courseMode": ["online", "asynchronous"],
    "description": "<p>Loads &lt; limits</p>",
    "inLanguage": ["de"],
    "startDate": ["2026-05-01T00:00:00Z", "2026-09-01T00:00:00Z"],
    "endDate": ["2026-06-01T00:00:00Z"],
    "applicationDeadline": "2026-04-20T00:00:00Z",
    "url": "https://x.example/w1",
    "publisher": {"name": "A Society", "type": "Organization"},
    "instructor": [{"name": "A. Muster", "type": "Person"}],
    "teaches": [{"name": [{"inLanguage": "de", "name": "Tragwerke"},
                          {"inLanguage": "en", "name": "Structures"}]}],
    "educationalAlignment": [{"educationalFramework": "ISCED-F", "shortCode": "0732"},
                             {"educationalFramework": "OEFOS", "shortCode": "201"}],
    "educationalLevel": [{"name": [{"inLanguage": "en", "name": "Advanced"}]}],
    "keywords": ["wind", "wind", "bridge"],
    "workload": {"timeValue": 3, "timeUnit": "h/week"},
    "duration": "P6W",
    "license": [{"identifier": "CC-BY-4.0", "url": "https://spdx.org/licenses/CC-BY-4.0"}],
    "access": ["free"],
    "offer": [{"price": 0, "priceCurrency": "EUR", "category": "course"},
              {"price": 49, "priceCurrency": "EUR", "category": "certificate"}],
    "numberOfCredits": 2,
    "image": {"contentUrl": "https://x.example/w1.png"},
    "contentLocation": {"name": "Hall", "latitude": 48.1, "longitude": "east",
                        "address": {"city": "Wien", "addressCountry": "AT"}},
    "dateModified": "2026-02-01T00:00:00Z",
}  # fmt: skip
VERSION_1: dict[str, Any] = {
    "id": "b",
    "name": "Wasserbau",
    "abtract": "Kurz.",
    "languages": ["de", "ar"],
    "workload": 1080,
    "startDate": "2016-10-15T00:00:00+02:00",
    "endDate": "0000-00-00T00:00:00",
    "doorTime": "1999-11-30T00:00:00+01:00",
    "instructors": [{"name": "B. Muster"}],
    "moocProvider": {"name": "An Institute"},
    "licence": "https://creativecommons.org/licenses/by/3.0/de/",
    "courseMode": "MOOC",
    "access": ["paid"],
    "image": {"url": "https://x.example/b.png"},
}


def _connector(url: str = URL) -> Moochub:
    return Moochub(Moochub.Config.model_validate({"url": url}))


def _feed(request: Request) -> bytes:
    """Three pages; the last says so by an empty link, as version 1 does."""
    page = int(request.path.rpartition("=")[2]) if "=" in request.path else 1
    following = {1: f"{URL}?page=2", 2: "?page=3", 3: ""}[page]
    courses = {1: [VERSION_3], 2: [VERSION_1], 3: [{"id": "c", "name": "C"}, {"id": "d"}]}[page]
    return moochub_bytes(courses, following=following)


def _raw(course: Mapping[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = moochub_document([course])["data"][0]
    return entry


class TestMoochubKeepsTheContract(ConnectorContract):
    def connector(self) -> Moochub:
        return _connector()

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        return _feed(Request(url, params, {}))


def test_pages_are_followed_to_the_last() -> None:
    pages = list(_connector().pages(FunctionFetch(_feed), None))
    assert [item.source_id for page in pages for item in page.items] == ["a", "b", "c", "d"]
    assert [page.complete for page in pages] == [False, False, True]
    assert json.loads(str(pages[1].cursor)) == {"next": f"{URL}?page=3"}
    assert pages[2].cursor is None
    assert Moochub.deletions is Deletions.SNAPSHOT


def test_a_course_of_version_3_is_mapped() -> None:
    draft = _connector().normalise(_raw(VERSION_3))
    assert draft.title == {"de": "Wind &amp; Brücken"}
    assert draft.description == {"de": "<p>Loads &lt; limits</p>"}
    assert draft.identifiers == (("code", "W1"), ("url", "https://x.example/w1"))
    assert (draft.teaching_languages, draft.provider) == (("de",), "A Society")
    assert (draft.delivery, draft.fields) == (("online", "asynchronous"), ("0732",))
    assert (draft.subjects, draft.skills) == (("wind", "bridge"), ("Structures",))
    assert (draft.level, draft.effort, draft.duration) == ("Advanced", "3 h/week", "P6W")
    assert draft.credits == (CreditDraft("2", unit="ECTS", framework="ECTS"),)
    assert draft.licence == "CC-BY-4.0"
    assert draft.offers == (OfferDraft("0", "EUR"),)
    assert draft.image == "https://x.example/w1.png"
    shared = {
        "enrol_end": "2026-04-20T00:00:00Z", "place_name": "Hall, Wien", "place_country": "AT",
        "latitude": 48.1, "instructors": ("A. Muster",),
    }  # fmt: skip
    assert draft.runs == (
        RunDraft(start="2026-05-01T00:00:00Z", end="2026-06-01T00:00:00Z", **shared),  # type: ignore[arg-type]
        RunDraft(start="2026-09-01T00:00:00Z", **shared),  # type: ignore[arg-type]
    )


def test_a_course_of_version_1_is_mapped() -> None:
    draft = _connector().normalise(_raw(VERSION_1))
    assert draft.title == {"und": "Wasserbau"}
    assert draft.summary == {"und": "Kurz."}
    assert draft.teaching_languages == ("de", "ar")
    assert (draft.provider, draft.effort) == ("An Institute", "1080")
    assert draft.licence == "https://creativecommons.org/licenses/by/3.0/de/"
    assert draft.offers == (OfferDraft(category="paid"),)
    assert draft.runs == (RunDraft(start="2016-10-15T00:00:00+02:00", instructors=("B. Muster",)),)
    assert draft.image == "https://x.example/b.png"


def test_a_course_without_a_name_is_rejected_with_a_code() -> None:
    with pytest.raises(RejectRecord) as caught:
        _connector().normalise(_raw({"id": "d", "name": " "}))
    assert caught.value.code == "E-TITLE-MISSING"


def test_an_entry_without_an_id_is_listed_as_rejected() -> None:
    body = json.dumps({"data": [{"attributes": {"name": "x"}}, "x", None]}).encode()
    (page,) = _connector().pages(FunctionFetch(lambda _: body), None)
    assert len(page.items) == len({item.source_id for item in page.items}) == 3
    for item in page.items:
        assert isinstance(item, Rejected)
        assert item.code == "E-ID-MISSING"


def test_links_that_lead_back_are_found_out() -> None:
    body = moochub_bytes([VERSION_1], following=URL)
    with pytest.raises(SourceMisconfigured, match="leads back"):
        list(_connector().pages(FunctionFetch(lambda _: body), None))


@pytest.mark.parametrize("link", [None, "", " ", {"href": ""}, {}, 7, []])
def test_an_end_is_an_end_however_it_is_written(link: object) -> None:
    body = json.dumps({"links": {"next": link}, "data": []}).encode()
    (page,) = _connector().pages(FunctionFetch(lambda _: body), None)
    assert page.complete


@pytest.mark.parametrize(
    "link", ["http://other.example/2", "file:///etc/passwd", "//other/2", "http://[::1"]
)
def test_a_link_to_another_host_is_not_followed(link: str) -> None:
    server = FeedServer({"/": moochub_bytes([VERSION_1], following=link)})
    with server as feeds, loopback_fetch() as fetch, pytest.raises(SourceMisconfigured):
        list(_connector(feeds.url("/")).pages(fetch, None))


@pytest.mark.parametrize("body", [b"", b'{"data": [', b'{"data": [NaN]}', b"[" * 100_000])
def test_json_that_is_not_whole_is_trouble(body: bytes) -> None:
    with pytest.raises(SourceUnavailable):
        list(_connector().pages(FunctionFetch(lambda _: body), None))


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"data": {}}', b"7", b'{"data": null}'])
def test_json_of_another_shape_is_misconfigured(body: bytes) -> None:
    with pytest.raises(SourceMisconfigured, match="not MOOChub"):
        list(_connector().pages(FunctionFetch(lambda _: body), None))


def test_what_no_database_can_hold_is_replaced() -> None:
    body = b'{"data": [{"id": "1", "attributes": {"na\\u0000me": "a\\ud800b\\ud83d\\ude00"}}]}'
    (page,) = _connector().pages(FunctionFetch(lambda _: body), None)
    assert page.items[0].raw["attributes"] == {"na\ufffdme": "a\ufffdb\U0001f600"}  # type: ignore[union-attr]


@pytest.mark.parametrize("cursor", ["", "[]", "{}", "7"])
def test_a_cursor_of_another_kind_is_expired(cursor: str) -> None:
    with pytest.raises(CursorExpired):
        list(_connector().pages(FunctionFetch(_feed), cursor))
