"""XCRI-CAP feeds: the contract, how courses are mapped, and each habit of real feeds."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.contract import (
    CourseDraft,
    CreditDraft,
    Deletions,
    Fetched,
    OfferDraft,
    Page,
    Rejected,
    RejectRecord,
    SourceMisconfigured,
    SourceUnavailable,
    Tombstone,
    Upsert,
)
from connectors.testing import ConnectorContract
from connectors.xcri import Xcri
from connectors.xcri import connector as xcri
from connectors.xml_stream import Stream
from tests.simulator.feeds import Answer
from tests.simulator.fetching import FunctionFetch

URL = "https://college.example/xcri.xml"
SPACES = (
    'xmlns="http://xcri.org/profiles/1.2/catalog" xmlns:mlo="http://purl.org/net/mlo" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:credit="http://purl.org/net/cm" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:t="http://xcri.org/profiles/1.2/catalog/terms" xmlns:c="http://xcri.co.uk" '
    'xmlns:x="http://www.w3.org/1999/xhtml" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos"'
)


def course(number: int, inner: str = "", *, attributes: str = "", title: str = "Bridges") -> str:
    return (
        f"<course {attributes}>\n<dc:identifier>https://college.example/{number}</dc:identifier>"
        f"<dc:title>{title}</dc:title>{inner}</course>\n"
    )


def feed(*courses: str, after: str = "", title: str = "Poppleton College") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<catalog {SPACES} generated="2026-05-01">'
        f"<dc:title>A catalogue</dc:title><provider><dc:title>{title}</dc:title>"
        f"{''.join(courses)}<mlo:location><mlo:town>Poppleton</mlo:town></mlo:location></provider>"
        f"</catalog>{after}"
    ).encode()


def connector(**more: Any) -> Xcri:
    return Xcri(Xcri.Config.model_validate({"url": URL, **more}))


def read(body: Answer) -> list[Page]:
    return list(connector().pages(FunctionFetch(lambda _: body), None))


def items(pages: list[Page]) -> list[Any]:
    return [item for page in pages for item in page.items]


def draft(inner: str, **more: Any) -> CourseDraft:
    (item,) = items(read(feed(course(1, inner))))
    return connector(**more).normalise(item.raw)


def presentation(inner: str) -> CourseDraft:
    return draft(f"<presentation>{inner}</presentation>")


BOMB = (
    b'<!DOCTYPE c [<!ENTITY a "&b;&b;"><!ENTITY b "bomb">]>'
    b"<catalog><provider><course>&a;</course></provider></catalog>"
)
FULL = """
<dc:description><x:div><x:p>About <x:b>bridges</x:b> &amp; loads.</x:p></x:div></dc:description>
<dc:description xsi:type="t:topic"><x:ul><x:li>Steel</x:li><x:li>Wood</x:li></x:ul></dc:description>
<dc:description xsi:type="t:studyHours">40 hours</dc:description>
<dc:description xsi:type="c:metadataKeywords">span, load</dc:description>
<dc:identifier xsi:type="c:internalID">B101</dc:identifier>
<dc:subject xsi:type="c:JACS3" identifier="H210">Structural engineering</dc:subject>
<dc:subject identifier="KC.3">KC.3</dc:subject><dc:subject>Bridges</dc:subject>
<mlo:url>https://college.example/bridges</mlo:url>
<abstract>How bridges stand.</abstract>
<learningOutcome>Design a bridge</learningOutcome><mlo:objective>Check it</mlo:objective>
<mlo:prerequisite><x:div><x:p>Statics</x:p><x:p>Steel</x:p></x:div></mlo:prerequisite>
<mlo:assessment>An essay</mlo:assessment>
<mlo:qualification><dc:title>MSc</dc:title><dcterms:educationLevel>Postgraduate</dcterms:educationLevel></mlo:qualification>
<mlo:credit><credit:scheme>SCQF</credit:scheme><credit:value>10</credit:value></mlo:credit>
<mlo:credit><credit:scheme>ECTS</credit:scheme><credit:value>5</credit:value></mlo:credit>
<mlo:credit><credit:scheme>None</credit:scheme><credit:level/><credit:value></credit:value>
</mlo:credit>
<image src="https://college.example/a.jpg"/>
<presentation><dc:identifier>B101-26</dc:identifier>
<mlo:start dtf="2026-09-01">September 2026</mlo:start><end dtf="2026-12-01">whenever</end>
<mlo:duration interval="P3M">3 months</mlo:duration>
<applyFrom dtf="2026-04-01">April</applyFrom><applyUntil>2026-08-01</applyUntil>
<applyTo>https://college.example/apply</applyTo>
<studyMode identifier="PT">Part time</studyMode><attendanceMode identifier="CM">x</attendanceMode>
<attendancePattern identifier="EV"/>
<mlo:languageOfInstruction>en</mlo:languageOfInstruction><mlo:cost>GBP155.00</mlo:cost>
<venue><provider><dc:title>Main Hall</dc:title><mlo:location><mlo:town>York</mlo:town>
<geo:lat>53.96</geo:lat><geo:long>-1.08</geo:long></mlo:location></provider></venue>
</presentation>
"""


class TestXcri(ConnectorContract):
    def connector(self) -> Xcri:
        return connector()

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        rest = (course(number, FULL) for number in range(2, 120))
        return feed(course(1, FULL), *rest, "<course/>")


def test_a_course_is_mapped_whole() -> None:
    made = draft(FULL)
    assert (made.title, made.url) == ({"und": "Bridges"}, "https://college.example/bridges")
    assert made.summary == {"und": "How bridges stand."}
    assert made.description["und"] == (
        "<p>About <b>bridges</b> &amp; loads.</p>"
        "<p><strong>Topics</strong></p><ul><li>Steel</li><li>Wood</li></ul>"
        "<p><strong>Assessment</strong></p><p>An essay</p>"
        "<p><strong>Qualification</strong></p><ul><li>MSc</li></ul>"
        "<p><strong>How it is studied</strong></p><ul><li>Part time</li><li>Evening</li></ul>"
    )
    assert made.outcomes == {"und": "Design a bridge\nCheck it"}
    assert made.prerequisites == {"und": "Statics\nSteel"}
    assert made.effort == "40 hours"
    assert made.subjects == (
        "Structural engineering (JACS3 H210)", "KC.3", "Bridges", "span", "load",
    )  # fmt: skip
    assert made.identifiers == (
        ("url", "https://college.example/1"), ("code", "B101"),
        ("url", "https://college.example/bridges"),
    )  # fmt: skip
    assert (made.level, made.provider, made.duration) == (
        "Postgraduate",
        "Poppleton College",
        "P3M",
    )
    assert made.credits == (
        CreditDraft("10", framework="SCQF"), CreditDraft("5", unit="ECTS", framework="ECTS"),
    )  # fmt: skip
    assert made.image == "https://college.example/a.jpg"
    (run,) = made.runs
    assert (run.source_id, run.start, run.end) == ("B101-26", "2026-09-01", "2026-12-01")
    assert (run.enrol_start, run.enrol_end) == ("2026-04-01", "2026-08-01")
    assert (run.place_name, run.latitude, run.longitude) == ("Main Hall, York", 53.96, -1.08)
    assert (run.delivery, run.language) == ("onsite", "en")
    assert (run.url, run.offers) == ("https://college.example/apply", (OfferDraft("GBP155.00"),))
    assert (made.delivery, made.teaching_languages) == (("onsite",), ("en",))


def test_a_feed_of_version_1_1_is_read() -> None:
    body = b"""<catalog xmlns="http://xcri.org/profiles/catalog"
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:t="http://x.example/terms">
      <provider><title>Old College</title><course><identifier>C1</identifier><title>Steel</title>
        <description xsi:type="t:aim">Know steel</description>
        <description xsi:type="t:prerequisites">None</description>
        <description>&lt;p&gt;Escaped&lt;/p&gt;</description>
        <url>http://old.example/c1</url>
        <presentation><start>2009-09-21</start><duration>6 weeks</duration>
          <attendanceMode>Work-based</attendanceMode><cost>free</cost>
          <venue><title>Hall</title><town>Leeds</town></venue></presentation>
      </course></provider></catalog>"""
    (item,) = items(read(body))
    made = connector().normalise(item.raw)
    assert item.source_id == "C1"
    assert (made.title, made.provider) == ({"und": "Steel"}, "Old College")
    assert (made.outcomes, made.prerequisites) == ({"und": "Know steel"}, {"und": "None"})
    assert made.description["und"].startswith("<p>Escaped</p>")
    assert made.url == "http://old.example/c1"
    (run,) = made.runs
    assert (run.start, run.place_name, run.delivery) == ("2009-09-21", "Hall, Leeds", "onsite")
    assert (made.duration, run.offers) == ("6 weeks", (OfferDraft("0", category="free"),))


@pytest.mark.parametrize(
    ("told", "delivery"),
    [
        ('<attendanceMode identifier="DS">Distance</attendanceMode>', "distance"),
        ('<attendanceMode identifier="DA"/>', "blended"),
        ('<attendanceMode identifier="MM"/>', "blended"),
        ('<attendanceMode identifier="ON"/>', "online-async"),
        ('<attendanceMode identifier="WB"/>', "onsite"),
        ('<attendanceMode identifier="NC"/>', "onsite"),
        ("<attendanceMode>Distance without attendance</attendanceMode>", "distance"),
        ("<attendanceMode>Self-study</attendanceMode>", "self-study"),
        ("<attendanceMode>Evening</attendanceMode>", None),
        ("", "onsite"),
    ],
)
def test_codes_of_attendance_become_words(told: str, delivery: str | None) -> None:
    made = presentation(told)
    assert made.runs[0].delivery == delivery
    assert ("Evening" in made.description.get("und", "")) == ("Evening" in told)


def test_a_hall_that_names_its_town_is_not_told_it_twice() -> None:
    made = presentation("<venue><title>York Hall</title><town>York</town></venue>")
    assert made.runs[0].place_name == "York Hall"


@pytest.mark.parametrize(
    ("told", "start"),
    [
        ('<mlo:start dtf="2026-09-01">1 October 2026</mlo:start>', "2026-09-01"),
        ('<mlo:start dtf=" ">1 October 2026</mlo:start>', "1 October 2026"),
        ("<mlo:start>2026-09-01T00:00:00</mlo:start>", "2026-09-01"),
        ("<mlo:start>2026-09-01T09:30:00</mlo:start>", "2026-09-01T09:30:00"),
        ("<mlo:start>1900-01-01</mlo:start>", None),
        ("<mlo:start/>", None),
        ("", None),
    ],
)
def test_a_date_is_taken_from_where_machines_read_it(told: str, start: str | None) -> None:
    assert presentation(told).runs[0].start == start


@pytest.mark.parametrize(
    ("told", "duration"),
    [
        ('interval="P6M">1 year', "P6M"), (">6 months (approx)", "6 months"),
        (">4 months (approx); NLD Duration Code: F", "4 months"), (">Variable", "Variable"),
        (">", None),
    ],
)  # fmt: skip
def test_a_duration_is_taken_from_its_interval(told: str, duration: str | None) -> None:
    assert presentation(f"<mlo:duration {told}</mlo:duration>").duration == duration


@pytest.mark.parametrize(
    ("cost", "offers"),
    [
        ("free", (OfferDraft("0", category="free"),)),
        ("0", (OfferDraft("0", category="free"),)),
        ("0.0000", ()),
        ("£50", (OfferDraft("£50"),)),
        ("75.00", (OfferDraft("75.00", "GBP"),)),
        ("UK fee: GBP155.00; Ireland fee: GBP340.00", (OfferDraft(category="paid"),)),
        ("GBP6,000 per stage", (OfferDraft(category="paid"),)),
        ("Ask us", ()),
    ],
)
def test_a_cost_is_a_price_only_where_it_stands_alone(
    cost: str, offers: tuple[OfferDraft, ...]
) -> None:
    made = draft(f"<presentation><mlo:cost>{cost}</mlo:cost></presentation>", currency="GBP")
    assert made.runs[0].offers == offers
    assert (cost in made.description.get("und", "")) == (" " in cost)


def test_a_presentation_without_a_venue_is_where_the_provider_is() -> None:
    assert presentation("").runs[0].place_name == "Poppleton"
    assert presentation('<attendanceMode identifier="DS"/>').runs[0].place_name is None


def test_languages_of_texts_are_told_by_themselves_or_from_above() -> None:
    body = feed(
        course(1, '<dc:title xml:lang="cy">Pontydd</dc:title><abstract xml:lang="">x</abstract>')
    ).replace(b"<provider>", b'<provider xml:lang="en">')
    (item,) = items(read(body))
    made = connector().normalise(item.raw)
    assert made.title == {"en": "Bridges", "cy": "Pontydd"}
    assert made.summary == {"en": "x"}
    assert made.metadata_language == "en"


def test_each_course_is_its_own_providers() -> None:
    one, two = feed(course(1), title="One"), feed(course(2), title="Two")
    body = one.replace(b"</catalog>", two[two.index(b"<provider>") :])
    found = items(read(body))
    assert [connector().normalise(item.raw).provider for item in found] == ["One", "Two"]


def test_deleted_courses_are_tombstones_and_such_a_feed_lists_changes_alone() -> None:
    body = feed(
        course(1, attributes='recstatus="3"'),
        course(2, '<presentation recstatus="3"/><presentation/>', attributes='recstatus="2"'),
    )
    assert connector().deletions is Deletions.NEVER
    reader = connector()
    found = items(list(reader.pages(FunctionFetch(lambda _: body), None)))
    assert found[0] == Tombstone("https://college.example/1")
    assert isinstance(found[1], Upsert)
    assert len(reader.normalise(found[1].raw).runs) == 1
    assert reader.deletions is Deletions.TOMBSTONES
    whole = connector()
    list(whole.pages(FunctionFetch(lambda _: feed(course(1))), None))
    assert whole.deletions is Deletions.SNAPSHOT


def test_items_say_their_line() -> None:
    lines = [item.line for item in items(read(feed(course(1), course(2), course(3))))]
    assert lines == [2, 4, 6]


def test_a_course_without_an_identifier_or_with_anothers_is_kept_with_the_reason() -> None:
    body = feed(
        course(1), "<course><dc:title>A</dc:title></course>", course(1, title="Again"),
        "<course><dc:identifier> </dc:identifier><mlo:url>https://c.example/7</mlo:url></course>",
    )  # fmt: skip
    (page,) = read(body)
    told = [getattr(item, "code", item.source_id) for item in page.items]
    assert told == [
        "https://college.example/1", "E-ID-MISSING", "W-DUP-ID", "https://c.example/7",
    ]  # fmt: skip
    assert "line 2" in page.items[2].message
    assert (page.expected, page.complete) == (4, True)
    with pytest.raises(RejectRecord) as caught:
        connector().normalise(page.items[3].raw)
    assert caught.value.code == "E-TITLE-MISSING"


def test_of_several_identifiers_an_address_is_the_id() -> None:
    inner = "<dc:identifier>B1</dc:identifier><dc:identifier>http://c.example/b1</dc:identifier>"
    body = feed(f"<course>{inner}<dc:title>A</dc:title></course>")
    assert [item.source_id for item in items(read(body))] == ["http://c.example/b1"]


@pytest.mark.parametrize(
    ("body", "error", "told"),
    [
        (feed(course(1), course(2))[:-40], SourceUnavailable, "cut or broken"),
        (feed(course(1))[:300], SourceUnavailable, "cut or broken"),
        (b"", SourceUnavailable, "cut or broken"),
        (b"<!DOCTYPE catalog><catalog/>", SourceMisconfigured, "DOCTYPE"),
        (BOMB, SourceMisconfigured, "DOCTYPE"),
        (b"<html><body/></html>", SourceMisconfigured, "web page"),
        (b"<rss><channel/></rss>", SourceMisconfigured, "not XCRI-CAP: the root is 'rss'"),
        (b"<catalog><provider></catalog>", SourceUnavailable, "cut or broken"),
        (b'{"a": 1}', SourceUnavailable, "cut or broken"),
        (b"<catalog>&undefined;</catalog>", SourceUnavailable, "cut or broken"),
        (b"<catalog>" + b"<a>" * 5_000, SourceUnavailable, "cut or broken"),
    ],
)  # fmt: skip
def test_what_is_not_whole_xml_is_refused_before_anything_is_listed(
    body: bytes, error: type[Exception], told: str
) -> None:
    pages: Iterator[Page] = connector().pages(FunctionFetch(lambda _: body), None)
    with pytest.raises(error, match=told):
        next(pages)


def test_an_empty_catalogue_is_complete() -> None:
    (page,) = read(feed())
    assert (page.items, page.complete, page.expected) == ((), True, 0)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (feed(course(1), after="\n<br /><b>Notice</b>: undefined index"), "W-XML-TRAILING"),
        (feed(course(1, title="Bridges\x0b")), "W-XML-CONTROL"),
        (feed(course(1, title="Br\u00fccken \u2013 alle")).decode().encode("windows-1252"),
         "W-XML-ENCODING"),
    ],
)  # fmt: skip
def test_faults_that_can_be_mended_are_mended_with_a_warning(body: bytes, code: str) -> None:
    (page,) = read(body)
    assert [found for found, _ in page.warnings] == [code]
    (item,) = items([page])
    title = connector().normalise(item.raw).title["und"]
    assert title in ("Bridges", "Br\u00fccken \u2013 alle")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "iso-8859-1"])
def test_other_encodings_are_read_as_they_say(encoding: str) -> None:
    name = encoding.removesuffix("-sig")
    told = feed(course(1, title="Brücken")).decode().replace("UTF-8", name)
    (page,) = read(told.encode(encoding))
    assert page.warnings == ()
    (item,) = items([page])
    assert connector().normalise(item.raw).title == {"und": "Brücken"}


def test_a_comment_after_the_end_is_no_fault() -> None:
    (page,) = read(feed(course(1), after="\n<!-- made by a machine -->\n"))
    assert page.warnings == ()


def test_more_courses_than_any_provider_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xcri, "MAX_COURSES", 500)
    body = feed("<course/>" * 501)
    with pytest.raises(SourceMisconfigured, match="divide it"):
        read(body)


def test_a_large_feed_comes_in_small_pages() -> None:
    pages = read(feed(*(course(number) for number in range(250))))
    assert [len(page.items) for page in pages] == [100, 100, 50]
    assert [page.complete for page in pages] == [False, False, True]


def test_of_a_large_feed_one_course_at_a_time_is_held() -> None:
    stream = Stream(feed(*(course(number, FULL) for number in range(50))), where="here")
    for element in stream.elements("course", "provider"):
        if element.tag.endswith("}course"):
            before = element.itersiblings(element.tag, preceding=True)
            assert [len(one) for one in before] in ([], [0])


@pytest.mark.parametrize(
    "raw",
    [
        {}, {"course": None}, {"course": 7}, {"course": "<course>"}, {"course": "<a/>"},
        {"course": "<!DOCTYPE a><course/>"}, {"course": "\ud800"},
        {"course": "<course><title>A</title></course>", "provider": []},
    ],
)  # fmt: skip
def test_damaged_raw_items_are_rejected_or_mapped(raw: dict[str, Any]) -> None:
    try:
        assert connector().normalise(raw).title == {"und": "A"}
    except RejectRecord:
        assert raw.get("provider") is None


def test_xhtml_that_attacks_is_text_and_harmless_marks() -> None:
    inner = (
        "<dc:description><x:div onclick='a()'><x:script>alert(1)</x:script>"
        "<x:a href='javascript:x' onmouseover='y'>go</x:a>&lt;img src=x&gt;</x:div>"
        "</dc:description>"
    )
    told = draft(inner).description["und"]
    assert "<script" not in told
    assert "onclick" not in told
    assert "onmouseover" not in told
    assert "&lt;img src=x&gt;" in told


def test_deeply_nested_xhtml_costs_little() -> None:
    deep = "<x:div>" * 240 + "in" + "</x:div>" * 240
    made = draft(f"<dc:description>{deep}</dc:description><mlo:objective>{deep}</mlo:objective>")
    assert (made.description["und"], made.outcomes["und"]) == ("in", "in")


def test_an_upload_is_read_like_a_feed() -> None:
    assert Xcri.Config.model_fields[Xcri.file_field]


@pytest.mark.parametrize("more", [{"url": "ftp://x"}, {"currency": "pounds"}, {"x": 1}])
def test_a_configuration_that_cannot_work_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        connector(**more)


def test_rejected_items_hold_what_was_given() -> None:
    (item,) = items(read(feed("<course><dc:title>Lost</dc:title></course>")))
    assert isinstance(item, Rejected)
    assert "Lost" in item.raw["course"]
