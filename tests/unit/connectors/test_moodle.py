"""Moodle sites: the contract, how courses are mapped, and each habit of real sites."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.contract import (
    CourseDraft,
    CreditDraft,
    CursorExpired,
    Fetched,
    OfferDraft,
    Page,
    Rejected,
    RejectRecord,
    SourceMisconfigured,
    SourceUnavailable,
)
from connectors.moodle import Moodle
from connectors.moodle import connector as moodle
from connectors.testing import ConnectorContract
from tests.simulator.feeds import Answer, Request
from tests.simulator.fetching import FunctionFetch, fetched
from tests.simulator.moodle import PATH, TOKEN, MoodleSite, custom_field, moodle_course

HOME = "https://lms.example"
SEARCH = "core_course_search_courses"
BY_FIELD = "core_course_get_courses_by_field"
ALL = "core_course_get_courses"
INFO = "core_webservice_get_site_info"
CATEGORIES = "core_course_get_categories"


def connector(**more: Any) -> Moodle:
    return Moodle(Moodle.Config.model_validate({"url": HOME, "token": TOKEN, **more}))


def read(site: Any, since: str | None = None, **more: Any) -> list[Page]:
    return list(connector(**more).pages(FunctionFetch(site), since))


def items(pages: list[Page]) -> list[Any]:
    return [item for page in pages for item in page.items]


def draft(course: Mapping[str, Any], **more: Any) -> CourseDraft:
    (item,) = items(read(MoodleSite([dict(course)]), **more))
    return connector(**more).normalise(item.raw)


COURSES = [
    moodle_course(1, "The site", format="site"),
    *(
        moodle_course(
            number,
            f"Bridge {number}",
            summary="<p>{mlang en}Loads{mlang}{mlang de}Lasten{mlang}</p>",
            startdate=1_788_217_200,
            customfields=[custom_field("cpdhours", "CPD hours", "6")],
            contacts=[{"id": 3, "fullname": "Ada"}],
        )
        for number in range(2, 130)
    ),
]


class TestMoodle(ConnectorContract):
    def connector(self) -> Moodle:
        return connector()

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        assert url == HOME + PATH
        return fetched(MoodleSite(COURSES)(Request(PATH, {}, {}, params)), url)


class TestMoodleSearched(ConnectorContract):
    def connector(self) -> Moodle:
        return connector(function=SEARCH, search="Bridge")

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        return fetched(MoodleSite(COURSES)(Request(PATH, {}, {}, params)), url)


@pytest.mark.parametrize(
    "more", [{}, {"function": ALL}, {"function": SEARCH, "search": "Bridge"}, {"category": 4}]
)
def test_every_way_of_listing_brings_every_course_whole(more: dict[str, Any]) -> None:
    site = MoodleSite(COURSES)
    pages = read(site, **more)
    found = items(pages)
    assert [item.source_id for item in found] == [str(number) for number in range(2, 130)]
    assert [page.complete for page in pages] == [False, True]
    course = connector().normalise(found[-1].raw)
    assert course.title == {"und": "Bridge 129"}
    assert course.description == {"en": "<p>Loads</p>", "de": "<p>Lasten</p>"}
    assert course.subjects == ("Civil", "Structures")
    assert course.provider == "Society & Sons LMS"
    assert course.url == f"{HOME}/course/view.php?id=129"
    assert course.identifiers == (("code", "C129"), ("url", course.url))
    assert course.credits == (CreditDraft("6", unit="cpd hours"),)
    (run,) = course.runs
    assert (run.start, run.end, run.instructors) == ("2026-08-31T23:00:00Z", None, ("Ada",))


def test_the_token_is_in_every_form_and_in_no_address() -> None:
    site = MoodleSite(COURSES)
    fetch = FunctionFetch(site)
    list(connector().pages(fetch, None))
    assert [form["wstoken"] for form in site.asked] == [TOKEN] * 3
    assert {form["moodlewssettingraw"] for form in site.asked} == {"1"}
    assert fetch.asked == [(HOME + PATH, {})] * 3


def test_a_site_in_a_folder_is_asked_there() -> None:
    fetch = FunctionFetch(MoodleSite(COURSES))
    list(connector(url=f"{HOME}/moodle/?lang=en").pages(fetch, None))
    assert fetch.asked[0][0] == f"{HOME}/moodle{PATH}"


def test_the_front_page_and_hidden_courses_are_absent() -> None:
    site = MoodleSite(
        [
            moodle_course(1, "Front page"),
            moodle_course(7, "Front page", format="site"),
            moodle_course(8, "Draft", visible=0),
            moodle_course(9, "Shown"),
        ]
    )
    (page,) = read(site)
    assert [item.source_id for item in page.items] == ["9"]
    assert (page.expected, page.complete) == (1, True)
    assert [code for code, _ in page.warnings] == ["W-MOODLE-HIDDEN"]
    (page,) = read(site, function=SEARCH, search="r")  # a search itself does not tell
    assert [item.source_id for item in page.items] == []


@pytest.mark.parametrize(
    ("code", "error", "mend"),
    [
        ("invalidtoken", SourceMisconfigured, "make a new one"),
        ("accessexception", SourceMisconfigured, f"add {BY_FIELD}"),
        ("servicerequireslogin", SourceMisconfigured, "external service"),
        ("nopermissions", SourceMisconfigured, "capabilities"),
        ("errorcoursecontextnotvalid", SourceMisconfigured, "list with core_course_get_courses_b"),
        ("invalidrecord", SourceMisconfigured, f"no function {BY_FIELD}"),
        ("forcepasswordchangenotice", SourceMisconfigured, "sign in as it once"),
        ("dmlreadexception", SourceUnavailable, "dmlreadexception: Told"),
        ("", SourceUnavailable, "unknown"),
    ],
)
def test_an_error_with_status_200_is_told_with_its_mend(
    code: str, error: type[Exception], mend: str
) -> None:
    with pytest.raises(error, match=mend):
        read(MoodleSite(COURSES, errors={BY_FIELD: (code, "Told")}))


def test_a_function_that_the_service_lacks_is_named_before_it_is_asked() -> None:
    site = MoodleSite(COURSES, functions=(INFO, CATEGORIES))
    with pytest.raises(SourceMisconfigured, match=f"may not ask for {BY_FIELD}"):
        read(site)
    with pytest.raises(SourceMisconfigured, match=f"add {INFO}"):
        read(MoodleSite(COURSES, functions=(BY_FIELD,)))


@pytest.mark.parametrize(
    "site",
    [
        MoodleSite(COURSES, functions=(INFO, BY_FIELD)),
        MoodleSite(COURSES, errors={CATEGORIES: ("nopermissions", "No")}),
    ],
)
def test_without_the_categories_courses_come_with_a_warning(site: MoodleSite) -> None:
    pages = read(site)
    assert [code for code, _ in pages[0].warnings] == ["W-MOODLE-CATEGORIES"]
    assert CATEGORIES in pages[0].warnings[0][1]
    assert len(items(pages)) == 128
    assert connector().normalise(items(pages)[0].raw).subjects == ("Structures",)


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        ((403, {}, b""), SourceMisconfigured, "REST protocol"),
        ((404, {}, b"nothing"), SourceMisconfigured, "site's own address"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html><html>", SourceMisconfigured, "web page"),
        (b'{"sitename": "Half', SourceUnavailable, "not whole JSON"),
        (b"", SourceUnavailable, "not whole JSON"),
        (b"[]", SourceMisconfigured, "did not describe"),
        (b'"a text"', SourceMisconfigured, "did not describe"),
        (b'{"sitename": 7, "functions": 3}', SourceMisconfigured, "may not ask"),
        (b'{"a":' * 100_000, SourceUnavailable, "not whole JSON"),
        ((503, {}, b""), SourceUnavailable, "503"),
    ],
)
def test_what_is_no_web_service_says_so(answer: Answer, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        read(MoodleSite(COURSES, instead={INFO: answer}))


@pytest.mark.parametrize(
    "answer", [b"{}", b"[]", b"null", b"7", b'{"courses": null}', b'{"courses": {"1": {}}}']
)
def test_an_answer_without_a_list_of_courses_is_never_an_empty_list(answer: bytes) -> None:
    with pytest.raises(SourceMisconfigured, match="no list"):
        read(MoodleSite(COURSES, instead={BY_FIELD: answer}))


def test_a_course_without_a_number_is_kept_with_the_reason() -> None:
    listed: list[Any] = [
        moodle_course(2, "A"),
        {"fullname": "B"},
        7,
        None,
        {"id": True},
        {"id": "5"},
    ]
    (page,) = read(MoodleSite(listed))
    told = [type(item).__name__ for item in page.items]
    assert told == ["Upsert", "Rejected", "Rejected", "Rejected", "Rejected", "Upsert"]
    assert {item.code for item in page.items if isinstance(item, Rejected)} == {"E-ID-MISSING"}
    assert len({item.source_id for item in page.items}) == 6


def test_more_courses_than_any_society_has_are_refused() -> None:
    many = b'{"courses": [' + b"0," * moodle.MAX_COURSES + b"0]}"
    with pytest.raises(SourceMisconfigured, match="choose a category"):
        read(MoodleSite([], instead={BY_FIELD: many}))


def test_a_search_goes_on_where_it_was() -> None:
    site = MoodleSite(COURSES)
    first, second = read(site, function=SEARCH, search="Bridge")
    (resumed,) = read(site, first.cursor, function=SEARCH, search="Bridge")
    assert resumed.items == second.items
    assert second.cursor is None


def test_a_search_that_stands_still_or_never_ends_is_refused() -> None:
    stuck = MoodleSite(COURSES, stuck=True)
    with pytest.raises(SourceMisconfigured, match="same page"):
        read(stuck, function=SEARCH, search="Bridge")

    def endless(request: Request) -> Answer:
        form = request.data or {}
        if form["wsfunction"] != SEARCH:
            return MoodleSite(COURSES, functions=(INFO, SEARCH))(request)
        course = {"id": 10 + int(form["page"]), "fullname": "New"}
        return json.dumps({"total": 10**12, "courses": [course]}).encode()

    with pytest.raises(SourceMisconfigured, match="more than"):
        read(endless, function=SEARCH, search="Bridge")


def test_a_site_that_gives_smaller_pages_than_asked_is_read_to_its_end() -> None:
    def small(request: Request) -> Answer:
        form = request.data or {}
        if form["wsfunction"] != SEARCH:
            return MoodleSite(COURSES, functions=(INFO, SEARCH))(request)
        first = int(form["page"]) * 5
        listed = [{"id": n, "fullname": f"Bridge {n}"} for n in range(100, 112)][first : first + 5]
        return json.dumps({"total": 12, "courses": listed}).encode()

    pages = read(small, function=SEARCH, search="Bridge")
    assert [len(page.items) for page in pages] == [5, 5, 2]
    assert [page.complete for page in pages] == [False, False, True]
    resumed = read(small, pages[0].cursor, function=SEARCH, search="Bridge")
    assert [page.complete for page in resumed] == [False, True]


def test_a_search_that_ends_early_is_not_complete() -> None:
    def short(request: Request) -> Answer:
        form = request.data or {}
        if form["wsfunction"] == SEARCH and form["page"] == "1":
            return b'{"total": 128, "courses": []}'
        return MoodleSite(COURSES)(request)

    pages = read(short, function=SEARCH, search="Bridge")
    assert [page.complete for page in pages] == [False, False]


@pytest.mark.parametrize("cursor", ["", "7", "null", "[]", '{"page": -1}', '{"page": "x"}', "{"])
def test_a_cursor_of_another_kind_has_expired(cursor: str) -> None:
    with pytest.raises(CursorExpired):
        read(MoodleSite(COURSES), cursor, function=SEARCH, search="Bridge")


def test_secrets_that_a_site_repeats_are_blotted_out() -> None:
    key = "00112233445566778899aabbccddeeff"
    site = MoodleSite(
        [
            moodle_course(
                2,
                f"Bridges {TOKEN}",
                summary=f'<img src="{HOME}/tokenpluginfile.php/{key}/12/course/summary/a.png">',
                overviewfiles=[
                    {
                        "fileurl": f"{HOME}/webservice/pluginfile.php/12/course/a.png?token={key}",
                        "mimetype": "image/png",
                    }
                ],
            )
        ],
    )

    def escaped(request: Request) -> Answer:
        told = site(request)
        assert isinstance(told, bytes)
        return told.replace(b"/", b"\\/")  # as PHP writes it

    for ask in (site, escaped):
        (item,) = items(read(ask))
        course = connector().normalise(item.raw)
        told = json.dumps(item.raw) + repr(course)
        assert TOKEN not in told
        assert key not in told
        assert f"{HOME}/pluginfile.php/12/course/summary/a.png" in course.description["und"]
        assert course.image == f"{HOME}/pluginfile.php/12/course/a.png"
    for code in ("invalidtoken", "other"):
        with pytest.raises((SourceMisconfigured, SourceUnavailable)) as caught:
            read(MoodleSite([], errors={INFO: (code, f"No {TOKEN} here")}))
        assert TOKEN not in str(caught.value)


def test_names_are_told_apart_by_language_and_their_entities_undone() -> None:
    made = draft(moodle_course(2, "{mlang en}R&amp;D{mlang}{mlang zh_cn}研发{mlang}"))
    assert made.title == {"en": "R&D", "zh-CN": "研发"}
    spans = (
        '<span lang="en" class="multilang">Loads</span><span lang="fr" class="multilang">Charges'
    )
    assert draft(moodle_course(2, spans)).title == {"en": "Loads", "fr": "Charges"}
    assert draft(moodle_course(2, "", displayname="Shown")).title == {"und": "Shown"}


@pytest.mark.parametrize("name", ["", "  ", None, False, [], {"en": "x"}, "{mlang en}{mlang}"])
def test_a_course_without_a_name_is_rejected(name: Any) -> None:
    with pytest.raises(RejectRecord) as caught:
        draft(moodle_course(2, name))
    assert caught.value.code == "E-TITLE-MISSING"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (0, None), (None, None), (-5, None), (True, None), (10**20, None), ("", None),
        (1_788_217_200, "2026-08-31T23:00:00Z"), ("1788217200", "2026-08-31T23:00:00Z"),
        ("٣", None), (1.5, None),
    ],
)  # fmt: skip
def test_seconds_become_a_date_and_zero_is_none(given: Any, meant: str | None) -> None:
    runs = draft(moodle_course(2, "A", startdate=given)).runs
    assert [run.start for run in runs] == ([meant] if meant else [])


def test_a_date_is_told_where_the_site_is() -> None:
    course = moodle_course(2, "A", startdate=1_788_217_200)
    (run,) = draft(course, constants={"timezone": "Europe/London"}).runs
    assert (run.start, run.timezone) == ("2026-09-01T00:00:00+01:00", "Europe/London")
    (run,) = draft(course, constants={"timezone": "Nowhere"}).runs
    assert run.start == "2026-08-31T23:00:00Z"


def test_custom_fields_with_usual_names_are_understood() -> None:
    made = draft(
        moodle_course(
            2,
            "A",
            customfields=[
                custom_field("cpd_hours", "Fortbildung", "<b>6</b>"),
                custom_field("x1", "ISCED-F", "0732"),
                custom_field("delivery", "Delivery", "Online", kind="select", raw=1),
                custom_field("level", "Level", None, kind="select", raw=2),
                custom_field("standards", "Codes", "EN 1992-1-1; ISO 9001:2015"),
                custom_field("deadline", "Deadline", "3 May", kind="date", raw=1_788_217_200),
                custom_field("fee", "Fee", "120"),
                custom_field("currency", "Currency", "EUR"),
                custom_field("title", "Title", "Another title"),
                custom_field("colour", "Colour", "red"),
            ],
        )
    )
    assert made.title == {"und": "A"}
    assert made.credits == (CreditDraft("6", unit="cpd hours"),)
    assert (made.fields, made.delivery, made.level) == (("0732",), ("online-async",), None)
    assert made.standards == ("EN 1992-1-1", "ISO 9001:2015")
    assert [run.enrol_end for run in made.runs] == ["2026-08-31T23:00:00Z"]
    assert made.offers == (OfferDraft("120", "EUR"),)


def test_custom_fields_are_told_by_their_short_names() -> None:
    fields = [
        custom_field("pkt", "Punkte", "12"),
        custom_field("cpdhours", "CPD hours", "3"),
        custom_field("thema", "Thema", "{mlang en}Wind{mlang}{mlang de}Wind am Bau{mlang}"),
    ]
    more = {
        "custom_fields": {"credit": "PKT", "subjects": "thema"},
        "constants": {"credit_unit": "CPD-point", "level": "advanced"},
    }
    made = draft(moodle_course(2, "A", customfields=fields), **more)
    assert made.credits == (CreditDraft("12", unit="CPD-point"),)
    assert (made.subjects[0], made.level) == ("Wind", "advanced")


@pytest.mark.parametrize(
    ("ways", "access", "offers"),
    [
        (["manual"], None, ()),
        (["manual", "self"], "registration", ()),
        (["self", "guest"], "open", ()),
        (["fee"], None, (OfferDraft(category="paid"),)),
        ("guest", None, ()),
        ([{}, None], None, ()),
    ],
)
def test_ways_to_enrol_say_who_may_come_in(
    ways: Any, access: str | None, offers: tuple[OfferDraft, ...]
) -> None:
    made = draft(moodle_course(2, "A", enrollmentmethods=ways))
    assert (made.access, made.offers) == (access, offers)


@pytest.mark.parametrize(
    ("course", "image"),
    [
        ({"courseimage": f"{HOME}/pluginfile.php/9/course/generated/course.svg"}, None),
        ({"courseimage": "data:image/svg+xml;base64,AAAA"}, None),
        ({"courseimage": f"{HOME}/pluginfile.php/9/course/overviewfiles/a.png"},
         f"{HOME}/pluginfile.php/9/course/overviewfiles/a.png"),
        ({"overviewfiles": [{"fileurl": f"{HOME}/a.pdf", "mimetype": "application/pdf"}]}, None),
        ({"overviewfiles": [{"fileurl": 7, "mimetype": "image/png"}, None]}, None),
        ({"overviewfiles": "x"}, None),
    ],
)  # fmt: skip
def test_only_a_picture_that_somebody_chose_is_taken(
    course: dict[str, Any], image: str | None
) -> None:
    assert draft(moodle_course(2, "A", **course)).image == image


def test_a_forced_language_is_what_is_taught_in() -> None:
    assert draft(moodle_course(2, "A", lang="de_du")).teaching_languages == ("de",)


def test_categories_that_name_each_other_as_parents_end() -> None:
    rings = [{"id": 3, "name": "A", "parent": 4}, {"id": 4, "name": "B", "parent": 3}, 7, {}]
    (item,) = items(read(MoodleSite([moodle_course(2, "A")], categories=rings)))
    assert connector().normalise(item.raw).subjects == ("A", "B")


def test_the_number_in_their_books_may_be_an_address() -> None:
    made = draft(moodle_course(2, "A", idnumber="https://society.example/courses/a"))
    assert ("url", "https://society.example/courses/a") in made.identifiers
    assert ("idnumber", "B-7") in draft(moodle_course(2, "A", idnumber="B-7")).identifiers


@pytest.mark.parametrize(
    "more",
    [
        {"url": "ftp://x.example"},
        {"token": "short"},
        {"function": "core_user_get_users"},
        {"function": SEARCH},
        {"search": "x"},
        {"function": ALL, "category": 4},
        {"category": 0},
        {"custom_fields": {"colour": "x"}},
        {"password": TOKEN},
    ],
)
def test_a_configuration_that_cannot_work_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        connector(**more)
    assert TOKEN not in str(caught.value)


def test_a_configuration_does_not_show_its_token() -> None:
    config = Moodle.Config.model_validate({"url": HOME, "token": TOKEN})
    assert TOKEN not in repr(config) + str(config) + config.model_dump_json()
