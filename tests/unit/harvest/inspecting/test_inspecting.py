import io
import json
import time
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import pytest
from openpyxl import Workbook

from app.catalogue.model import Severity
from app.harvest.inspecting import Cut, Verdict, inspect
from app.harvest.inspecting.bounds import Bounds
from app.harvest.inspecting.looking import Asked, FeedUnreadable, Looked, look, offered
from app.harvest.inspecting.sniffing import CONNECTOR, WHY, Format, sniff
from app.harvest.inspecting.uploads import UploadedFile
from app.harvest.registry import Registry, load
from app.platform.problems import Invalid, Unavailable
from connectors.contract import Deletions, Rejected, SourceUnavailable, Tombstone, Upsert
from connectors.moodle import Moodle
from connectors.openedx import OpenEdx
from tests.simulator.feeds import Request, moochub_document
from tests.simulator.fetching import FunctionFetch
from tests.simulator.harvests import Feed, course, courses, no_network, registry

CSV = (
    "编号,Kurs,Link,Sprache\nA,Bridges,https://c.example/a,en\n"
    "B,,https://c.example/b,no such tongue\n"
)
BUILT_IN = load(["oai_pmh", "table", "moochub"])


def seen(feed: Feed, **options: Any) -> Any:
    connector, _ = registry(feed).build("memory", {})
    with no_network(frozenset()) as fetch:
        return inspect(connector, fetch, **options)


def uploaded(name: str, data: bytes, **more: Any) -> Looked:
    asked = Asked(file=UploadedFile(name, data), **more)
    return look(asked, registry=BUILT_IN, make_trial=lambda _: pytest.fail("nothing is fetched"))


def at_address(url: str, answers: Mapping[str, bytes], **more: Any) -> Looked:
    hosts: list[frozenset[str]] = []

    def make(asked: frozenset[str]) -> Any:
        hosts.append(asked)
        return nullcontext(FunctionFetch(lambda request: answers[request.path]))

    found = look(Asked(url=url, **more), registry=BUILT_IN, make_trial=make)
    assert hosts == [frozenset({"c.example"})]
    return found


def test_a_good_feed_is_clean_and_its_first_courses_are_shown_beside_what_the_source_gave() -> None:
    found = seen(Feed(courses(12)))
    assert (found.verdict, found.groups, found.cut) == (Verdict.CLEAN, (), None)
    assert (found.counters.seen, found.counters.taken, found.counters.pages) == (12, 12, 2)
    assert len(found.preview) == 10
    first = found.preview[0]
    assert json.loads(first.raw) == {"title": "Course number 1", "url": "https://c.example/1"}
    assert (first.title, first.course["title"]) == ("Course number 1", {"en": "Course number 1"})
    assert found.quality.courses == 12
    assert found.quality.missing["credits"] == 12
    assert "title" not in found.quality.missing
    assert (found.deletions, found.complete) == ("snapshot", True)


def test_each_item_is_counted_once_and_each_fault_is_told_with_its_record() -> None:
    bad, fault = course(2, bad=True), course(3, fault=True)
    broken = Rejected("4", {"x": "y"}, "E-ROW", "broken row", line=9)
    items = [course(1), bad, fault, broken, Tombstone("5"), course(1)]
    found = seen(Feed(items))
    tally = found.counters
    assert (tally.seen, tally.taken, tally.rejected, tally.gone, tally.repeated) == (5, 1, 3, 1, 1)
    told = {(one.severity, one.code, one.record, one.line) for one in found.findings}
    assert told == {
        (Severity.ERROR, "E-BAD", "2", None),
        (Severity.ERROR, "E-CONNECTOR-FAULT", "3", None),
        (Severity.ERROR, "E-ROW", "4", 9),
        (Severity.WARNING, "W-DUP-ID", "1", None),
    }
    assert found.verdict is Verdict.ERRORS


def test_the_findings_of_a_code_are_capped_and_their_true_number_told() -> None:
    found = seen(Feed([course(n, bad=True) for n in range(90)]), bounds=Bounds(shown=20))
    (group,) = [one for one in found.groups if one.code == "E-BAD"]
    assert (group.count, group.records, len(group.findings)) == (90, 90, 20)


def test_codes_that_a_plugin_makes_up_without_end_do_not_fill_the_memory() -> None:
    items = [Rejected(str(n), {}, f"E-{n}", "?") for n in range(900)]
    found = seen(Feed(items))
    assert len(found.groups) <= 202
    assert sum(group.count for group in found.groups) == 900


def test_a_list_that_does_not_add_up_or_does_not_end_is_told() -> None:
    found = seen(Feed(courses(3), expected=5))
    assert [one.code for one in found.findings] == ["W-COUNT-MISMATCH"]
    found = seen(Feed(courses(3), complete=False, deletions=Deletions.NEVER))
    assert [one.code for one in found.findings] == ["W-LIST-OPEN"]
    assert found.deletions == "never"
    found = seen(Feed(courses(1), warnings=(("W-XML-CONTROL", "mended \ud800"),)))
    assert [one.record for one in found.findings] == [None]


def test_an_empty_feed_is_an_error() -> None:
    found = seen(Feed([]))
    assert ([one.code for one in found.findings], found.verdict) == (
        ["E-FEED-EMPTY"], Verdict.ERRORS,
    )  # fmt: skip


def test_items_and_time_are_bounded_and_a_cut_list_is_not_judged() -> None:
    found = seen(Feed(courses(30), expected=99), most=7)
    assert (found.cut, found.counters.seen, found.findings) == (Cut.ITEMS, 7, ())
    ticks = iter(range(0, 9000, 10))
    found = seen(Feed(courses(30)), bounds=Bounds(seconds=45), ticks=lambda: next(ticks))
    assert (found.cut, found.counters.seen) == (Cut.TIME, 4)


def test_requests_and_bytes_are_bounded() -> None:
    page = moochub_document([{"id": "a", "name": "A"}], following="https://c.example/{}")

    def answer(request: Request) -> bytes:
        url = request.path
        number = int(url.rpartition("/")[2])
        document = {**page, "links": {"next": f"https://c.example/{number + 1}"}}
        document["data"] = [{"id": url, "attributes": {"name": "A"}}]
        return json.dumps(document).encode()

    connector, _ = BUILT_IN.build("moochub", {"url": "https://c.example/0"})
    found = inspect(connector, FunctionFetch(answer), bounds=Bounds(requests=5))
    assert (found.cut, found.counters.requests, found.counters.seen) == (Cut.REQUESTS, 5, 5)
    found = inspect(connector, FunctionFetch(answer), bounds=Bounds(bytes=300))
    assert found.cut is Cut.BYTES
    assert 300 <= found.counters.bytes < 600


@pytest.mark.parametrize(
    ("trouble", "code"),
    [(SourceUnavailable("asleep"), "E-FEED-UNAVAILABLE"), (KeyError("data"), "E-FEED-SHAPE")],
)
def test_whatever_stops_the_reading_is_told_with_what_came_before_it(
    trouble: Exception, code: str
) -> None:
    found = seen(Feed(courses(15), trouble={1: trouble}))
    assert found.stop is not None
    assert (found.stop.code, found.counters.taken, found.verdict) == (code, 10, Verdict.ERRORS)
    found = seen(Feed(courses(15), trouble={0: trouble}))
    assert found.verdict is Verdict.UNREADABLE


def test_halves_of_characters_do_not_reach_what_is_shown() -> None:
    item = Upsert("1", {"title": "x\ud800y", "url": "https://c.example/1"})
    found = seen(Feed([item]))
    json.dumps([one.raw for one in found.preview], ensure_ascii=False).encode()


def test_a_finding_about_a_table_names_row_and_column() -> None:
    told = {"columns": {"title": "Kurs", "teaching_languages": "Sprache"}}
    found = uploaded("k.csv", CSV.encode(), config=told).inspection
    places = {(one.code, one.record, one.line, one.place) for one in found.findings}
    assert ("E-TITLE-MISSING", "B", 3, None) in places
    found = uploaded("k.csv", CSV.replace("B,,", "B,Ways,").encode(), config=told).inspection
    (one,) = [one for one in found.findings if one.code == "W-LANG-UNKNOWN"]
    assert (one.record, one.line, one.place, one.value) == ("B", 3, "Sprache", "no such tongue")


def test_a_file_is_found_out_and_read_without_any_request() -> None:
    found = uploaded("courses.csv", b"id,title\nA,Bridges\n")
    assert (found.connector, found.format) == ("table", Format.TABLE)
    assert found.inspection.counters.taken == 1
    feed = json.dumps(moochub_document([{"id": "a", "name": "A"}])).encode()
    found = uploaded("a.json", feed)
    assert (found.connector, found.inspection.counters.taken) == ("moochub", 1)


def test_a_file_that_leads_on_is_read_as_far_as_it_goes() -> None:
    following = "https://elsewhere.example/2"
    feed = json.dumps(moochub_document([{"id": "a", "name": "A"}], following=following)).encode()
    found = uploaded("a.json", feed).inspection
    assert found.stop is not None
    assert (found.stop.code, found.counters.taken) == ("E-FEED-UNREADABLE", 1)


def test_an_address_is_asked_once_to_find_out_and_not_again_for_the_same() -> None:
    found = at_address("https://c.example/k.csv", {"https://c.example/k.csv": CSV.encode()})
    assert (found.connector, found.why) == ("table", WHY[Format.TABLE])


def test_what_settings_name_is_not_spoken_to() -> None:
    """A setting may hold another host's address; the way out is made for the given one alone."""
    answers = {"https://c.example/k.csv": CSV.encode()}
    config = {"constants": {"url": "https://intranet.example/"}}
    at_address("https://c.example/k.csv", answers, config=config)


def test_what_no_connector_reads_is_refused_with_what_it_is() -> None:
    for data in (b"", b"<foo/>", b"\x00\x01\x02\x03"):
        with pytest.raises(FeedUnreadable):
            uploaded("x", data)
    with pytest.raises(FeedUnreadable, match="give its address"):
        uploaded("x", b'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"/>')
    with pytest.raises(FeedUnreadable, match="ical"):
        uploaded("x", b"BEGIN:VCALENDAR\r\n")
    with pytest.raises(Invalid):
        uploaded("x.csv", CSV.encode(), connector="table", config={"colour": "red"})
    for url in ("", "ftp://c.example/", "javascript:alert(1)", "http://[", "https://a b/"):
        with pytest.raises(Invalid):
            look(Asked(url=url), registry=BUILT_IN, make_trial=no_network)


def test_an_address_that_does_not_answer_is_unavailable_and_a_refusal_is_told() -> None:
    def gone(request: Request) -> bytes:
        raise SourceUnavailable("no answer")

    def make(hosts: frozenset[str]) -> Any:
        return nullcontext(FunctionFetch(gone))

    with pytest.raises(Unavailable):
        look(Asked(url="https://c.example/"), registry=BUILT_IN, make_trial=make)


def test_connectors_that_need_a_secret_or_have_no_address_are_not_offered() -> None:
    assert offered(BUILT_IN) == ["moochub", "oai_pmh", "table"]
    assert offered(Registry({"moodle": Moodle, "openedx": OpenEdx})) == ["openedx"]


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("moodle", {"token": "0123456789abcdef"}),
        ("openedx", {"token_url": "https://lms.example/oauth2/access_token", "client_id": "a",
                     "client_secret": "0123456789abcdef"}),
    ],
)  # fmt: skip
def test_nobody_lends_a_strangers_secret_our_way_out(name: str, config: dict[str, str]) -> None:
    asked = Asked(url="https://lms.example/", connector=name, config=config)
    known = Registry({"moodle": Moodle, "openedx": OpenEdx})
    with pytest.raises(FeedUnreadable, match="not to be given here"):
        look(asked, registry=known, make_trial=no_network)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'<?xml version="1.0"?><!-- a --><OAI-PMH xmlns="x"/>', Format.OAI_PMH),
        ("\ufeff<catalog xmlns='http://xcri.org/profiles/1.2/catalog'/>".encode(), Format.XCRI),
        (b"<x:urlset xmlns:x='http://www.sitemaps.org/schemas/sitemap/0.9'/>", Format.SITEMAP),
        (b"<rss version='2.0'/>", Format.RSS),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", Format.RSS),
        (b"<!DOCTYPE html><title>x</title>", Format.WEB_PAGE),
        (b"\n <!-- <rss> --><HTML lang=en>", Format.WEB_PAGE),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", Format.CALENDAR),
        (b'{"data": [{"attributes": {}}], "links": {}}', Format.MOOCHUB),
        (b'{"data": []}', Format.MOOCHUB),
        (b'{"results": [{"course_id": "x", "blocks_url": "y"}]}', Format.OPENEDX),
        (b'[{"@context": "https://schema.org"}]', Format.SCHEMA_ORG_JSON),
        (b'{"courses": [{"name": "x"}]}', Format.JSON),
        (b"[" * 100_000, Format.JSON),
        ("id;title\n1;Br\u00fccke".encode("cp1252"), Format.TABLE),
        ("id,title\n".encode("utf-16"), Format.TABLE),
        (b"\xd0\xcf\x11\xe0", Format.WORKBOOK),
        (b"<!--" * 20_000, Format.UNKNOWN),
        (b"<!---->" * 9_000, Format.UNKNOWN),
        (b"<!DOCTYPE" + b" " * 64_000, Format.UNKNOWN),
        (b" \n", Format.EMPTY),
    ],
)
def test_formats_are_told_by_their_bytes(body: bytes, expected: Format) -> None:
    began = time.process_time()
    assert sniff(body) is expected
    assert time.process_time() - began < 0.5, "looking takes no longer for a hostile beginning"


def test_every_format_says_why_and_every_connector_named_is_known() -> None:
    assert set(WHY) == set(Format)
    assert set(CONNECTOR) <= set(Format)


def test_a_workbook_is_read_as_a_table() -> None:
    book, kept = Workbook(), io.BytesIO()
    assert book.active is not None
    book.active.append(["title", "url"])
    book.active.append(["Bridges", "https://c.example/a"])
    book.save(kept)
    found = uploaded("a.xlsx", kept.getvalue())
    assert (found.format, found.inspection.counters.taken) == (Format.WORKBOOK, 1)


def test_a_registry_without_a_connector_says_so() -> None:
    asked = Asked(file=UploadedFile("a.csv", CSV.encode()))
    with pytest.raises(FeedUnreadable, match="table"):
        look(asked, registry=Registry({}), make_trial=no_network)
