"""Open edX sites: the contract, how courses and runs are mapped, and each habit of real lists."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.contract import (
    CourseDraft,
    CreditDraft,
    Fetched,
    OfferDraft,
    Page,
    Rejected,
    RejectRecord,
    SourceMisconfigured,
    SourceUnavailable,
    Upsert,
)
from connectors.openedx import connector as openedx
from connectors.openedx.connector import API, OpenEdx
from connectors.testing import ConnectorContract
from tests.simulator.feeds import Answer, FeedServer, Request
from tests.simulator.fetching import FunctionFetch, loopback_fetch

SITE = "https://lms.example"
CATALOGUE = "https://discovery.example/api/v1/courses/"
SECRET = "0123456789abcdef0123"


def run(number: int, term: str = "2026", **more: Any) -> dict[str, Any]:
    """A run as the platform lists it."""
    key = f"course-v1:CivX+{number}.1x+{term}"
    return {
        "blocks_url": f"http://lms.example/api/courses/v1/blocks/?course_id={key}",
        "id": key,
        "course_id": key,
        "name": f"Bridges {number}",
        "number": f"{number}.1x",
        "org": "CivX",
        "short_description": "How they stand.",
        "effort": "3-6 hours/week",
        "start": f"{term}-03-01T00:00:00Z",
        "end": None,
        "start_type": "timestamp",
        "pacing": "instructor",
        "mobile_available": True,
        "hidden": False,
        "invitation_only": False,
        "media": {"course_image": {"uri": f"/asset-v1:CivX+{number}.1x+{term}+type@a.png"}},
        **more,
    }


def platform(*pages: list[Any], count: int | None = None) -> Any:
    """A platform's list in those pages, as a function of what is asked."""
    total = sum(map(len, pages)) if count is None else count

    def answer(request: Request) -> bytes:
        number = int(request.params.get("page") or request.path.partition("page=")[2] or 1)
        more = f"{SITE}{API}?page_size=100&page={number + 1}" if number < len(pages) else None
        paging = {"next": more, "previous": None, "count": total, "num_pages": len(pages)}
        return json.dumps({"results": pages[number - 1], "pagination": paging}).encode()

    return answer


def connector(url: str = SITE, **more: Any) -> OpenEdx:
    return OpenEdx(OpenEdx.Config.model_validate({"url": url, **more}))


def read(answer: Any, url: str = SITE, **more: Any) -> list[Page]:
    return list(connector(url, **more).pages(FunctionFetch(answer), None))


def items(pages: list[Page]) -> list[Any]:
    return [item for page in pages for item in page.items]


def draft(*entries: Any, url: str = SITE, **more: Any) -> CourseDraft:
    """What becomes of a list of one course."""
    (item,) = items(read(platform(list(entries)), url, **more))
    return connector(url, **more).normalise(item.raw)


class TestOpenEdx(ConnectorContract):
    def connector(self) -> OpenEdx:
        return connector()

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        listed = [run(number) for number in range(130)]
        answer: bytes = platform(listed[:80], listed[80:])(Request(url, params, {}))
        return answer


class TestOpenEdxCatalogue(ConnectorContract):
    def connector(self) -> OpenEdx:
        return connector(CATALOGUE, token_url=f"{SITE}/token", client_id="a", client_secret=SECRET)

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        if url.endswith("/token"):
            return b'{"access_token": "a.b.c", "token_type": "JWT"}'
        second = "page=2" in url
        listed = {**COURSE, "key": f"CivX+{second + 1}.1x"}
        more = "" if second else "?page=2"
        return json.dumps({"count": 2, "next": more, "results": [listed]}).encode()


COURSE: dict[str, Any] = {
    "key": "CivX+1.1x",
    "title": "Bridges",
    "short_description": "Short",
    "full_description": "<p>Long</p>",
    "outcome": "Can build",
    "prerequisites_raw": "Statics",
    "level_type": "Intermediate",
    "subjects": [{"name": "Engineering"}],
    "skill_names": ["Statics"],
    "owners": [{"key": "CivX", "name": "Civil University"}],
    "image": {"src": "https://cdn.example/a.jpg"},
    "marketing_url": "https://www.example/course/bridges",
    "modified": "2026-01-11T18:07:29Z",
    "course_runs": [
        {
            "key": f"course-v1:CivX+1.1x+{term}",
            "status": "published",
            "hidden": False,
            "start": f"{term}-02-20T15:00:00Z",
            "end": f"{term}-05-22T23:30:00Z",
            "enrollment_start": f"{term}-01-01T00:00:00Z",
            "pacing_type": pacing,
            "content_language": "en-us",
            "min_effort": 15,
            "max_effort": 10,
            "weeks_to_complete": 13,
            "license": "creative-commons: ver=4.0 BY NC",
            "staff": [{"given_name": "Ada", "family_name": "Byron"}, {"family_name": "Euler"}],
            "seats": [
                {"type": "verified", "price": "150.00", "currency": "USD"},
                {"type": "audit", "price": "0.00", "currency": "USD"},
                {"type": "credit", "price": "900.00", "currency": "USD", "credit_hours": 3,
                 "credit_provider": "ASU"},
            ],
        }
        for term, pacing in (("2025", "instructor_paced"), ("2026", "self_paced"))
    ],
}  # fmt: skip


def test_runs_of_one_course_are_one_course_on_whatever_pages_they_stand() -> None:
    pages = [[run(1, "2024"), run(2)], [run(3), run(1, "2026")], [run(1, "2025")]]
    answered = read(platform(*pages))
    assert [item.source_id for item in items(answered)] == ["CivX+1.1x", "CivX+2.1x", "CivX+3.1x"]
    assert (answered[-1].complete, answered[-1].expected) == (True, 3)
    course = connector().normalise(items(answered)[0].raw)
    assert course.title == {"und": "Bridges 1"}
    assert course.summary == {"und": "How they stand."}
    assert course.identifiers[:2] == (("edx", "CivX+1.1x"), ("code", "1.1x"))
    assert course.url == f"{SITE}/courses/course-v1:CivX+1.1x+2026/about"
    assert course.provider == "CivX"
    assert course.effort == "3-6 hours/week"
    assert course.image == f"{SITE}/asset-v1:CivX+1.1x+2026+type@a.png"
    assert [one.source_id for one in course.runs] == [
        f"course-v1:CivX+1.1x+{term}" for term in ("2026", "2025", "2024")
    ]


def test_the_order_of_runs_in_the_list_changes_nothing() -> None:
    made = [draft(*order) for order in ((run(1), run(1, "2024")), (run(1, "2024"), run(1)))]
    assert made[0] == made[1]


def test_a_course_of_the_catalogue_service_is_mapped() -> None:
    made = draft(COURSE, url=CATALOGUE)
    assert made.title == {"und": "Bridges"}
    assert (made.summary, made.description) == ({"und": "Short"}, {"und": "<p>Long</p>"})
    assert (made.outcomes, made.prerequisites) == ({"und": "Can build"}, {"und": "Statics"})
    assert (made.level, made.subjects, made.skills) == (
        "Intermediate", ("Engineering",), ("Statics",),
    )  # fmt: skip
    assert made.provider == "Civil University"
    assert made.url == "https://www.example/course/bridges"
    assert made.image == "https://cdn.example/a.jpg"
    assert made.teaching_languages == ("en-us",)
    assert (made.duration, made.effort) == ("13 weeks", "10-15 hours/week")
    assert made.licence == "CC BY-NC 4.0"
    assert made.credits == (CreditDraft("3", unit="credit hours", framework="ASU"),)
    newest, older = made.runs
    assert (newest.start, newest.end) == ("2026-02-20T15:00:00Z", "2026-05-22T23:30:00Z")
    assert (newest.enrol_start, newest.enrol_end) == ("2026-01-01T00:00:00Z", None)
    assert (newest.delivery, older.delivery) == ("self-paced", "online-async")
    assert newest.instructors == ("Ada Byron", "Euler")
    assert newest.url is None
    assert newest.offers == (
        OfferDraft("150.00", "USD", "paid"),
        OfferDraft("0.00", "USD", "free"),
        OfferDraft("900.00", "USD", "paid"),
    )


def test_runs_of_the_catalogue_service_are_read_alone() -> None:
    alone = [{**one, "title": "Bridges"} for one in COURSE["course_runs"]]
    made = draft(*alone, url="https://discovery.example/api/v1/course_runs/")
    assert (made.title, len(made.runs)) == ({"und": "Bridges"}, 2)
    assert made.identifiers[0] == ("edx", "CivX+1.1x")


def test_a_universitys_own_shop_is_read() -> None:
    entry = {
        "id": 62,
        "readable_id": "course-v1:CivX+1.1x",
        "title": "Bridges",
        "page": {
            "page_url": "/courses/bridges/", "description": "About", "live": True,
            "length": "14 weeks", "effort": "7 hrs/wk", "feature_image_src": "/media/a.png",
            "instructors": [{"name": "Ada"}],
        },
        "topics": [{"name": "Engineering"}],
        "credits": "1.25",
        "courseruns": [
            {
                "courseware_id": "course-v1:CivX+1.1x+2026", "start_date": "2026-09-04T15:00:00Z",
                "is_self_paced": True, "products": [{"price": "100.00"}], "id": 7,
            }
        ],
    }  # fmt: skip
    made = draft(entry, url=f"{SITE}/api/courses/")
    assert (made.url, made.image) == (f"{SITE}/courses/bridges/", f"{SITE}/media/a.png")
    assert (made.duration, made.effort) == ("14 weeks", "7 hrs/wk")
    assert made.credits == (CreditDraft("1.25"),)
    (only,) = made.runs
    assert (only.source_id, only.delivery) == ("course-v1:CivX+1.1x+2026", "self-paced")
    assert (only.start, only.offers) == ("2026-09-04T15:00:00Z", (OfferDraft("100.00"),))
    assert only.instructors == ("Ada",)
    hidden = {**entry, "page": {"live": False}}
    assert items(read(platform([hidden]), f"{SITE}/api/courses/")) == []


@pytest.mark.parametrize(
    "more",
    [
        {"hidden": True}, {"catalog_visibility": "none"}, {"catalog_visibility": "about"},
        {"status": "unpublished"}, {"status": "review_by_legal"},
    ],
)  # fmt: skip
def test_what_the_catalogue_hides_is_absent_unless_it_is_wanted(more: dict[str, Any]) -> None:
    answer = platform([run(1, **more), run(2), run(2, "2025", **more)])
    (page,) = read(answer)
    (item,) = page.items
    assert isinstance(item, Upsert)
    assert (item.source_id, len(item.raw["runs"])) == ("CivX+2.1x", 1)
    assert [code for code, _ in page.warnings] == ["W-OPENEDX-HIDDEN"]
    assert (page.complete, page.expected) == (True, 1)
    (page,) = read(answer, include_hidden=True)
    assert len(page.items) == 2


def test_shown_values_of_visibility_are_shown() -> None:
    (page,) = read(platform([run(1, catalog_visibility="both", status="published")]))
    assert len(page.items) == 1


def test_by_invitation_alone_is_closed() -> None:
    assert draft(run(1, invitation_only=True)).access == "closed"
    assert draft(run(1, invitation_only=True), run(1, "2027")).access is None


@pytest.mark.parametrize(
    ("more", "start"),
    [
        ({"start": "2030-01-01T00:00:00Z"}, None),
        ({"start_type": "empty"}, None),
        ({"start": None}, None),
        ({"start": 7}, "7"),
        ({}, "2026-03-01T00:00:00Z"),
    ],
)
def test_a_start_that_nobody_has_set_is_none(more: dict[str, Any], start: str | None) -> None:
    assert draft(run(1, **more)).runs[0].start == start


@pytest.mark.parametrize(
    ("key", "course"),
    [
        ("course-v1:MITx+6.002x+2T2015", "MITx+6.002x"), ("MITx/15.071x/1T2014", "MITx+15.071x"),
        ("MITx+6.002x", "MITx+6.002x"), ("course-v1:MITx+6.002x", "MITx+6.002x"),
        ("course-v1:a+b", "a+b"), ("course-v1:a", None), ("a/b", None), ("", None), (None, None),
        ("course-v1:a+b+c+d", None), ("a+ b", None), (["MITx+6.002x"], None),
    ],
)  # fmt: skip
def test_a_key_says_which_course_it_is_of(key: Any, course: str | None) -> None:
    entry = {**run(1), "id": key, "course_id": key}
    (item,) = items(read(platform([entry])))
    if course is None:
        assert isinstance(item, Rejected)
        assert item.code == "E-ID-MISSING"
    else:
        assert item.source_id == course


def test_the_addresses_that_are_asked() -> None:
    fetch = FunctionFetch(platform([run(1)]))
    list(connector(f"{SITE}/?lang=en", org="CivX").pages(fetch, None))
    assert fetch.asked == [(SITE + API, {"page_size": "100", "org": "CivX"})]
    fetch = FunctionFetch(platform([run(1)]))
    list(connector(CATALOGUE + "?exclude_utm=1").pages(fetch, None))
    assert fetch.asked == [(CATALOGUE + "?exclude_utm=1", {})]


def test_a_file_of_a_list_says_where_its_platform_is() -> None:
    made = draft(run(1), url="https://upload.invalid/list.json")
    assert made.url == "http://lms.example/courses/course-v1:CivX+1.1x+2026/about"
    assert made.image == "http://lms.example/asset-v1:CivX+1.1x+2026+type@a.png"
    assert draft({**run(1), "blocks_url": None}, url="https://upload.invalid/x").url is None
    assert OpenEdx.Config.model_fields[OpenEdx.file_field]


def _with_next(link: Any) -> Any:
    return lambda _: json.dumps({"results": [run(1)], "next": link}).encode()


def test_a_next_page_over_http_is_asked_for_over_https() -> None:
    asked: list[str] = []

    def answer(request: Request) -> Answer:
        asked.append(request.path)
        link = None if len(asked) > 1 else "http://lms.example/api/courses/v1/courses/?page=2"
        return json.dumps({"results": [run(len(asked))], "next": link}).encode()

    read(answer)
    assert asked[1] == f"{SITE}{API}?page=2"


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("https://evil.example/api/?page=2", "elsewhere, at evil.example"),
        ("//evil.example/x", "elsewhere"),
        ("https://lms.example:8443/x", "elsewhere"),
        ("file:///etc/passwd", "elsewhere"),
        ("https://[::1", "no address"),
        (7, "no address"),
        ({"href": API + "?page=2"}, "no address"),
        (API, "leads back"),
        ("?page=2", "same page came twice"),
    ],
)
def test_a_next_page_that_leads_astray_is_refused(link: Any, told: str) -> None:
    with pytest.raises(SourceMisconfigured, match=told):
        read(_with_next(link))


@pytest.mark.parametrize("link", [None, "", [], False])
def test_without_a_next_page_the_list_has_ended(link: Any) -> None:
    (page,) = read(_with_next(link))
    assert page.complete


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"{}", SourceMisconfigured), (b"null", SourceMisconfigured), (b"7", SourceMisconfigured),
        (b'{"results": {}}', SourceMisconfigured), (b'{"detail": "x"}', SourceMisconfigured),
        (b'{"results": [', SourceUnavailable), (b"\n <html>", SourceMisconfigured),
        (b"[" * 200_000, SourceUnavailable), ((404, {}, b""), SourceMisconfigured),
        ((502, {}, b""), SourceUnavailable),
    ],
)  # fmt: skip
def test_what_is_no_list_is_never_an_empty_one(answer: Answer, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(lambda _: answer)


def test_a_list_that_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(request: Request) -> Answer:
        number = int(request.path.partition("page=")[2] or 1)
        document = {"results": [run(number)], "next": f"?page={number + 1}"}
        return json.dumps(document).encode()

    monkeypatch.setattr(openedx, "MAX_PAGES", 50)
    with pytest.raises(SourceMisconfigured, match="too long"):
        read(endless)
    monkeypatch.setattr(openedx, "MAX_PAGES", 5_000)
    monkeypatch.setattr(openedx, "MAX_BYTES", 20_000)
    with pytest.raises(SourceMisconfigured, match="too long"):
        read(endless)


def test_more_entries_than_any_site_has_are_refused() -> None:
    many = b'{"results": [' + b"0," * openedx.MAX_ENTRIES + b"0]}"
    with pytest.raises(SourceMisconfigured, match="narrow it"):
        read(lambda _: many)


def test_courses_with_their_runs_are_handed_on_page_by_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(request: Request) -> Answer:
        number = int(request.path.partition("page=")[2] or 1)
        listed = [{**COURSE, "key": f"CivX+{number}.{half}"} for half in (1, 2)]
        more = f"?page={number + 1}" if number < 40 else None
        return json.dumps({"count": 80, "next": more, "results": listed}).encode()

    monkeypatch.setattr(openedx, "MAX_BYTES", 10_000)  # far less than all pages hold
    pages = read(answer, CATALOGUE)
    assert [len(page.items) for page in pages] == [2] * 40 + [0]
    assert [page.complete for page in pages] == [False] * 40 + [True]
    assert pages[-1].expected == 80


def test_two_courses_with_one_key_are_not_taken_for_one() -> None:
    (page, _) = read(platform([COURSE, COURSE, {**COURSE, "title": "Another"}]), CATALOGUE)
    first, second = page.items
    assert first.source_id == "CivX+1.1x"
    assert isinstance(second, Rejected)
    assert second.code == "W-DUP-ID"


def test_a_count_that_does_not_add_up_is_told() -> None:
    (page,) = read(platform([run(1), run(1, "2025"), run(2)], count=9))
    assert (len(page.items), page.expected) == (2, 8)
    (page,) = read(platform([run(1)], count=-4))
    assert page.expected is None


def test_a_client_gets_its_token_by_a_form_and_shows_it_in_a_header() -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Answer:
        asked.append(request)
        if request.path == "/oauth2/access_token":
            return b'{"access_token": "aaa.bbb.ccc", "expires_in": 3600}'
        return json.dumps({"next": None, "results": [COURSE]}).encode()

    with FeedServer({"/oauth2/access_token": answer, "/api/v1/courses/": answer}) as server:
        made = connector(
            server.url("/api/v1/courses/"), token_url=server.url("/oauth2/access_token"),
            client_id="opencpd", client_secret=SECRET,
        )  # fmt: skip
        with loopback_fetch() as fetch:
            assert len(items(list(made.pages(fetch, None)))) == 1
    token, listed = asked
    assert token.data == {
        "grant_type": "client_credentials", "client_id": "opencpd", "client_secret": SECRET,
        "token_type": "jwt",
    }  # fmt: skip
    assert listed.headers["authorization"] == "JWT aaa.bbb.ccc"
    assert listed.data is None


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((401, {}, b'{"error": "invalid_client"}'), "gives no token"),
        (b"{}", "without an access_token"),
        (b'{"access_token": "a\\r\\nX: y"}', "without an access_token"),
        (b'{"access_token": ["a"]}', "without an access_token"),
    ],
)
def test_a_client_without_a_token_is_told_so(answer: Answer, told: str) -> None:
    with pytest.raises(SourceMisconfigured, match=told) as caught:
        read(
            lambda _: answer, CATALOGUE, token_url=f"{SITE}/token", client_id="a",
            client_secret=SECRET,
        )  # fmt: skip
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", [None, "", " ", [], {"en": "x"}, True])
def test_a_course_without_a_name_is_rejected(name: Any) -> None:
    with pytest.raises(RejectRecord) as caught:
        draft(run(1, name=name))
    assert caught.value.code == "E-TITLE-MISSING"


@pytest.mark.parametrize(
    ("told", "licence"),
    [
        ("", None), ("all-rights-reserved", "all-rights-reserved"), (None, None),
        ("creative-commons: ver=3.0 BY NC SA", "CC BY-NC-SA 3.0"),
        ("creative-commons: BY", "CC BY 4.0"),
    ],
)  # fmt: skip
def test_the_platforms_writing_of_licences_is_undone(told: Any, licence: str | None) -> None:
    assert draft(run(1, license=told)).licence == licence


@pytest.mark.parametrize(
    ("effort", "told"),
    [
        ({"min_effort": 7, "max_effort": None}, "7 hours/week"),
        ({"min_effort": 4, "max_effort": 4}, "4 hours/week"),
        ({"min_effort": None, "max_effort": 0}, None),
        ({"effort": "05:30"}, "05:30"),
    ],
)
def test_effort_is_handed_on_as_it_is_written(effort: dict[str, Any], told: str | None) -> None:
    assert draft(run(1, **{"effort": None, **effort})).effort == told


@pytest.mark.parametrize(
    "more",
    [
        {"url": "ftp://x.example"}, {"client_id": "a"}, {"token_url": SITE}, {"org": ""},
        {"client_secret": SECRET}, {"token": SECRET},
    ],
)  # fmt: skip
def test_a_configuration_that_cannot_work_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        OpenEdx.Config.model_validate({"url": SITE, **more})
    assert SECRET not in str(caught.value)
