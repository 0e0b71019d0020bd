"""Walking over a site: sitemaps, robots.txt, what is new, what is gone, and pages that fail."""

import gzip
import time
from collections.abc import Mapping
from typing import Any

import pytest

from connectors.contract import (
    CursorExpired,
    Deletions,
    Fetched,
    Page,
    Rejected,
    SourceMisconfigured,
    SourceUnavailable,
    Tombstone,
    Upsert,
)
from connectors.schema_org.connector import SchemaOrg, matches
from connectors.testing import ConnectorContract
from tests.simulator.feeds import Answer, FeedServer
from tests.simulator.fetching import FakeTime, fetched, loopback_fetch
from tests.simulator.websites import SITE, Website, course, index, page, sitemap

MAP = f"{SITE}/sitemap.xml"
DAY = "Sat, 28 Nov 2026 12:00:00 GMT"


def connector(**config: Any) -> SchemaOrg:
    return SchemaOrg(SchemaOrg.Config.model_validate({"url": MAP, **config}))


def walk(site: Website, since: str | None = None, **config: Any) -> tuple[SchemaOrg, list[Page]]:
    reader = connector(**config)
    return reader, list(reader.pages(site, since))


def site(pages: Mapping[str, Answer | Exception], **more: Answer | Exception) -> Website:
    """A site whose sitemap names these pages."""
    listed = sitemap(*(SITE + path for path in pages))
    return Website({"/sitemap.xml": listed, **pages, **{f"/{k}.txt": v for k, v in more.items()}})


def ids(pages: list[Page]) -> list[str]:
    return [item.source_id.removeprefix(SITE) for page in pages for item in page.items]


def codes(pages: list[Page]) -> list[str]:
    return [code for page in pages for code, _ in page.warnings]


class TestContract(ConnectorContract):
    crawls = True

    def connector(self) -> SchemaOrg:
        return connector(url=f"{SITE}/index.xml")

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        rich = course(
            url="/a",
            description="About",
            hasCourseInstance=[{"@type": "CourseInstance", "startDate": "2027-01-01"}],
            offers={"@type": "Offer", "price": 5, "priceCurrency": "KES"},
        )
        answers: dict[str, Answer] = {
            "/robots.txt": (404, {}, b""),
            "/index.xml": index(f"{SITE}/one.xml", f"{SITE}/two.xml"),
            "/one.xml": sitemap((f"{SITE}/a", "2026-01-01"), f"{SITE}/b"),
            "/two.xml": sitemap(f"{SITE}/c", f"{SITE}/gone"),
            "/a": page(rich),
            "/b": page(course("B", location="Hall"), course("C")),
            "/c": page(body="<p>nothing</p>"),
            "/gone": (404, {}, b""),
        }
        return fetched(answers[url.removeprefix(SITE)], url)


def test_every_page_of_a_site_gives_its_course_under_its_own_address() -> None:
    reader, pages = walk(site({"/a": page(course("A")), "/b": page(course("B"))}))
    assert ids(pages) == ["/a", "/b"]
    assert pages[-1].complete
    assert reader.deletions is Deletions.SNAPSHOT


def test_indexes_gzip_and_plain_lists_are_followed_and_a_circle_ends() -> None:
    answers: dict[str, Answer] = {
        "/sitemap.xml": index(f"{SITE}/1.xml.gz", f"{SITE}/2.xml", f"{SITE}/3.txt", MAP),
        "/1.xml.gz": gzip.compress(sitemap(f"{SITE}/a")),
        "/2.xml": index(f"{SITE}/sitemap.xml", f"{SITE}/4.xml"),
        "/3.txt": f"{SITE}/b\n\n{SITE}/a\n".encode(),
        "/4.xml": sitemap(f"{SITE}/c#part"),
    }
    answers |= {f"/{name}": page(course(name)) for name in "abc"}
    reader, pages = walk(Website(answers))
    assert ids(pages) == ["/a", "/b", "/c"]
    assert reader.deletions is Deletions.SNAPSHOT


def test_a_list_of_addresses_and_pages_by_hand_are_walked() -> None:
    answers: dict[str, Answer] = {
        "/list.txt": f"\ufeff{SITE}/a\r\n# a word\r\n{SITE}/b\r\n".encode(),
        **{f"/{name}": page(course(name)) for name in "abc"},
    }
    _, pages = walk(Website(answers), url=f"{SITE}/list.txt", pages=[f"{SITE}/c"])
    assert ids(pages) == ["/a", "/b", "/c"]


def test_a_single_page_is_read_once() -> None:
    one = Website({"/course": page(course())})
    _, pages = walk(one, url=f"{SITE}/course")
    assert ids(pages) == ["/course"]
    assert one.asked == ["/robots.txt", "/course"]


def test_a_course_and_a_broken_block_say_their_line() -> None:
    body = b"<html>\n\n" + page(course(), '\n{"@type": "Course", }}').replace(
        b"<script", b"\n<script"
    )
    _, pages = walk(site({"/a": body}))
    taken, refused = pages[0].items
    assert isinstance(taken, Upsert)
    assert isinstance(refused, Rejected)
    assert (taken.line, refused.line) == (4, 6)
    assert "(line 6)" in refused.message


def test_a_page_of_xhtml_and_a_bare_json_ld_file_are_pages() -> None:
    old = b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x" "y">' + page(course())
    for body in (old, b'\xef\xbb\xbf {"@type": "Course", "name": "A"}'):
        _, pages = walk(Website({"/course": body}), url=f"{SITE}/course")
        assert ids(pages) == ["/course"]


def test_an_uploaded_page_is_read_without_asking_for_rules() -> None:
    upload = "https://upload.invalid/page.html"
    one = Website({upload: page(course())})
    _, pages = walk(one, url=upload)
    assert ids(pages) == [upload]
    assert one.asked == [upload]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (sitemap(f"{SITE}/a")[:-12], SourceUnavailable),
        (b"", SourceUnavailable),
        (b"<?xml version='1.0'?><rss/>", SourceMisconfigured),
        (b"<?xml version='1.0'?><!DOCTYPE u [<!ENTITY a 'x'>]><urlset>&a;</urlset>",
         SourceMisconfigured),
        (gzip.compress(sitemap(f"{SITE}/a"))[:-9], SourceUnavailable),
    ],
)  # fmt: skip
def test_a_list_that_is_not_whole_is_refused(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        walk(Website({"/sitemap.xml": body}))


def test_a_bomb_in_gzip_is_seen_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.schema_org.site_list.MAX_BYTES", 1_000_000)
    with pytest.raises(SourceMisconfigured, match="unpacked"):
        walk(Website({"/sitemap.xml": gzip.compress(b"<urlset>" + b" " * 5_000_000)}))


def test_a_part_of_the_list_that_is_missing_lets_nothing_be_withdrawn() -> None:
    answers: dict[str, Answer] = {
        "/sitemap.xml": index(f"{SITE}/1.xml", f"{SITE}/2.xml"),
        "/1.xml": sitemap(f"{SITE}/a"),
        "/a": page(course()),
    }
    reader, pages = walk(Website(answers))
    assert ids(pages) == ["/a"]
    assert codes(pages) == ["W-SITEMAP-BROKEN", "W-SITE-INCOMPLETE"]
    assert reader.deletions is Deletions.NEVER


def test_sitemaps_without_end_are_bounded() -> None:
    class Endless(Website):
        def __call__(self, url: str, *args: Any, **more: Any) -> Fetched:
            number = len(self.asked)
            self.answers[url.removeprefix(SITE)] = index(
                *(f"{SITE}/{number}-{n}.xml" for n in "ab")
            )
            return super().__call__(url, *args, **more)

    endless = Endless({})
    reader, pages = walk(endless, url=f"{SITE}/x.xml")
    assert codes(pages) == ["W-SITEMAP-LIMIT", "W-SITE-INCOMPLETE"]
    assert reader.deletions is Deletions.NEVER
    assert len(endless.asked) < 600


def test_a_list_of_too_many_pages_is_cut_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.schema_org.site_list.MAX_ADDRESSES", 10)
    listed = sitemap(*(f"{SITE}/{number}" for number in range(12)))
    reader, pages = walk(Website({"/sitemap.xml": listed}), exclude=["/"])
    assert codes(pages) == ["W-SITEMAP-LIMIT", "W-SITE-INCOMPLETE"]
    assert reader.deletions is Deletions.NEVER


def test_entries_that_are_no_addresses_and_pages_elsewhere_are_told() -> None:
    listed = sitemap("mailto:a@b.example", "https://www.site.example/a", f"{SITE}/b")
    _, pages = walk(Website({"/sitemap.xml": listed, "/b": page(course())}))
    assert ids(pages) == ["/b"]
    assert codes(pages) == ["W-SITEMAP-ADDRESS", "W-PAGES-ELSEWHERE"]
    assert "www.site.example" in pages[0].warnings[1][1]


def test_a_host_in_letters_of_its_own_is_the_configured_one() -> None:
    listed = sitemap("https://brücken.example/a", "https://xn--brcken-4ya.example/b")
    pages = walk(Website({"/sitemap.xml": listed}), sites=["https://brücken.example/"])[1]
    assert [len(page.items) for page in pages] == [1, 1, 0]
    assert codes(pages) == []


def test_robots_txt_is_obeyed_and_its_pause_is_handed_on() -> None:
    rules = b"User-agent: *\nDisallow: /\n\nUser-agent: OpenCPD\nCrawl-delay: 7\nDisallow: /b*x\n"
    one = site({"/a": page(course("A")), "/b/x": page(course("B"))}, robots=rules)
    _, pages = walk(one)
    assert ids(pages) == ["/a"]
    assert one.asked == ["/robots.txt", "/sitemap.xml", "/a"]
    assert one.pauses == {SITE: 7.0}
    assert codes(pages) == ["W-ROBOTS"]
    assert "1 of 2 pages" in pages[-1].warnings[0][1]
    assert f"{SITE}/b/x" in pages[-1].warnings[0][1]


@pytest.mark.parametrize(
    ("rules", "error"),
    [
        (b"User-agent: *\nDisallow: /", SourceMisconfigured),
        (b"User-agent: *\nCrawl-delay: 3600", SourceMisconfigured),
        ((503, {}, b""), SourceUnavailable),
        (SourceUnavailable("down"), SourceUnavailable),
    ],
)
def test_a_site_that_lets_nobody_in_is_not_read(rules: Any, error: type[Exception]) -> None:
    one = site({"/a": page(course())}, robots=rules)
    with pytest.raises(error):
        walk(one)
    assert one.asked == ["/robots.txt"]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_rules_that_are_refused_allow_everything(status: int) -> None:
    _, pages = walk(site({"/a": page(course())}, robots=(status, {}, b"")))
    assert ids(pages) == ["/a"]


def test_robots_txt_of_a_hundred_megabytes_costs_little() -> None:
    rules = b"User-agent: *\n" + b"Disallow: /x*y*z\n" * 600_000
    began = time.process_time()
    _, pages = walk(site({"/a": page(course())}, robots=rules))
    assert ids(pages) == ["/a"]
    assert time.process_time() - began < 1


def test_only_the_wanted_paths_are_read() -> None:
    answers = {path: page(course(path)) for path in ("/c/1", "/c/2?x=1", "/c/old/3", "/d/4.html")}
    _, pages = walk(site(answers), include=["/c/", "/*.html$"], exclude=["/c/*old"])
    assert ids(pages) == ["/c/1", "/c/2?x=1", "/d/4.html"]


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/a", "/ab", True),
        ("/a$", "/ab", False),
        ("/a$", "/a", True),
        ("*b", "/ab", True),
        ("/*/c", "/a/b/c/d", True),
        ("/a*a$", "/a", False),
        ("/a*a$", "/aa", True),
        ("/*x*y$", "/axby", True),
        ("/*x*y$", "/aybx", False),
        ("*" * 200, "/" * 2000, True),
        ("*a" * 100, "/" + "a" * 99, False),
    ],
)
def test_patterns_say_how_a_path_begins(pattern: str, path: str, fits: bool) -> None:
    assert matches(pattern, path) is fits


def test_a_walk_goes_on_after_the_page_that_was_read_last() -> None:
    one = site({f"/{name}": page(course(name)) for name in "abc"})
    _, pages = walk(one)
    one.asked.clear()
    reader, rest = walk(one, pages[0].cursor)
    assert ids(rest) == ["/b", "/c"]
    assert "/a" not in one.asked
    assert reader.deletions is Deletions.SNAPSHOT


def test_what_was_missed_before_a_walk_went_on_is_remembered() -> None:
    _, pages = walk(site({"/a": (403, {}, b""), "/b": page(course())}))
    reader, rest = walk(site({"/a": page(), "/b": page(course())}), pages[0].cursor)
    assert reader.deletions is Deletions.NEVER
    assert codes(rest) == ["W-SITE-INCOMPLETE"]


def test_a_list_that_has_changed_begins_anew() -> None:
    _, pages = walk(site({"/a": page(course()), "/b": page(course())}))
    with pytest.raises(CursorExpired):
        walk(site({"/b": page(course())}), pages[0].cursor)
    for cursor in ("", "[]", '{"after": 1}', '{"unknown": 1}', '{"counts": 5}'):
        with pytest.raises(CursorExpired):
            walk(site({"/b": page(course())}), cursor)


def dated(*changed: str) -> Website:
    paths = [f"/{number}" for number in range(len(changed))]
    listed = sitemap(*((SITE + path, when) for path, when in zip(paths, changed, strict=True)))
    pages = {path: page(course(path)) for path in paths}
    return Website({"/sitemap.xml": listed, **pages}, date=DAY)


def test_the_next_run_reads_what_the_sitemap_calls_new() -> None:
    reader, pages = walk(dated("2020-01-01", "2026-11-20T10:00:00+01:00"))
    assert reader.deletions is Deletions.SNAPSHOT
    following = pages[-1].next_run
    later = dated("2020-01-01", "2026-11-28", "", "not a date", "2026-11-27T13:00:00Z")
    reader, pages = walk(later, following)
    assert ids(pages) == ["/1", "/2", "/3", "/4"]
    assert reader.deletions is Deletions.NEVER
    assert pages[-1].next_run == pages[-1].cursor
    assert pages[-1].next_run != following


def test_every_so_many_runs_read_the_whole_site() -> None:
    following: str | None = None
    seen = []
    for _ in range(5):
        reader, pages = walk(dated("2020-01-01"), following, whole_every=3)
        seen.append((len(ids(pages)), reader.deletions))
        following = pages[-1].next_run
    whole, part = (1, Deletions.SNAPSHOT), (0, Deletions.NEVER)
    assert seen == [whole, part, part, whole, part]


def test_a_site_without_dates_or_without_a_clock_is_walked_whole_each_time() -> None:
    _, pages = walk(site({"/a": page(course())}))
    assert pages[-1].next_run is None
    _, pages = walk(Website({"/sitemap.xml": sitemap((f"{SITE}/a", "2020-01-01"))}))
    assert pages[-1].next_run is None


def test_a_page_that_is_gone_withdraws_its_course() -> None:
    reader, pages = walk(site({"/a": (404, {}, b""), "/b": (410, {}, b""), "/c": page(course())}))
    assert [page.items[0] for page in pages[:2]] == [Tombstone(f"{SITE}/a"), Tombstone(f"{SITE}/b")]
    assert reader.deletions is Deletions.SNAPSHOT


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, {}, b""), "E-PAGE-UNAVAILABLE"),
        ((403, {}, b""), "E-PAGE-REFUSED"),
        (SourceMisconfigured("redirects to another host"), "E-PAGE-REFUSED"),
        (b"", "E-PAGE-EMPTY"),
        (b"<p>" + b" " * 6_000_000, "E-PAGE-TOO-LARGE"),
        (b"<p>" * 150_001, "E-PAGE-TOO-LARGE"),
        (page('{"@type": "Course", "name": }'), "E-JSONLD-BROKEN"),
        (page("[" * 10_000 + '"Course"' + "]" * 10_000), "E-JSONLD-BROKEN"),
    ],
)
def test_one_broken_page_costs_only_itself(answer: Any, code: str) -> None:
    began = time.process_time()
    reader, pages = walk(site({"/a": page(course("A")), "/b": answer, "/c": page(course("C"))}))
    assert ids(pages) == ["/a", "/b", "/c"]
    (refused,) = pages[1].items
    assert isinstance(refused, Rejected)
    assert refused.code == code
    assert f"{SITE}/b" in refused.message or "redirects" in refused.message
    assert reader.deletions is Deletions.NEVER
    assert codes(pages)[-1] == "W-SITE-INCOMPLETE"
    assert time.process_time() - began < 0.5


def test_a_site_that_fails_page_after_page_is_left_until_later() -> None:
    pages: dict[str, Answer] = {f"/{number}": (500, {}, b"") for number in range(30)}
    with pytest.raises(SourceUnavailable):
        walk(site(pages))


def test_a_site_that_says_when_to_come_back_is_left_until_then() -> None:
    with pytest.raises(SourceUnavailable, match="busy"):
        walk(site({"/a": SourceUnavailable("busy", retry_after=900.0)}))


def test_pages_without_a_course_are_counted_and_told() -> None:
    news = page({"@context": "https://schema.org", "@type": "Article", "name": "News"})
    _, pages = walk(site({"/a": page(course()), "/n1": news, "/n2": page()}))
    ((code, told),) = pages[-1].warnings
    assert code == "W-PAGES-WITHOUT-COURSE"
    assert "2 of 3 pages" in told
    assert f"{SITE}/n1" in told


def test_a_file_that_is_no_page_is_none_and_a_json_ld_file_is_one() -> None:
    pdf = (200, {"Content-Type": "application/pdf"}, b"%PDF <script>")
    data = (200, {"Content-Type": "application/ld+json"}, b'{"@type": "Course", "name": "A"}')
    _, pages = walk(site({"/p.pdf": pdf, "/a.json": data}))
    assert ids(pages) == ["/a.json"]
    assert codes(pages) == ["W-PAGES-WITHOUT-COURSE"]


def test_many_warnings_of_one_kind_are_counted() -> None:
    almost = page('{"@type": "Course", "name": "A",}')
    _, pages = walk(site({f"/{number}": almost for number in range(25)}))
    assert codes(pages).count("W-JSONLD-MENDED") == 21
    assert pages[-1].warnings == (("W-JSONLD-MENDED", "... and 5 times more"),)


def test_a_page_that_lists_courses_leaves_them_to_their_own_pages() -> None:
    many = [course("A", url="/a"), course("B", url="/b"), course("Only here", url="/list#x")]
    one = site({"/list": page(*many), "/a": page(course("A", url="/a")), "/b": page(course("B"))})
    _, pages = walk(one)
    assert ids(pages) == ["/list", "/a", "/b"]
    (only,) = pages[0].items
    assert isinstance(only, Upsert)
    assert connector().normalise(only.raw).title == {"en": "Only here"}


def test_a_course_on_a_list_that_has_no_page_of_its_own_is_taken_there() -> None:
    many = [course("A", url="https://else.example/a"), course("B"), course("C", courseCode="C1")]
    _, pages = walk(site({"/list": page(*many)}))
    first, second, third = ids(pages)
    assert first == "https://else.example/a"
    assert second.startswith("/list#")
    assert third.startswith("/list#")
    assert second != third


def test_courses_that_all_give_the_same_address_are_kept_apart() -> None:
    many = [course(name, url=SITE + "/") for name in "ABC"]
    _, pages = walk(site({"/list": page(*many), "/": page()}))
    assert len(set(ids(pages))) == 3


def test_a_page_whose_canonical_address_is_listed_is_left_to_it() -> None:
    copy = page(course(), head=f'<link rel="canonical" href="{SITE}/a">')
    moved = (200, {"X-Final": f"{SITE}/a"}, page(course()))
    _, pages = walk(site({"/a": page(course()), "/print/a": copy, "/old/a": moved}))
    assert ids(pages) == ["/a"]
    assert codes(pages) == []


def test_an_event_that_is_cancelled_is_withdrawn() -> None:
    off = {"@type": "Event", "name": "A", "startDate": "2027-01-01",
           "eventStatus": "https://schema.org/EventCancelled"}  # fmt: skip
    _, pages = walk(site({"/a": page(off)}))
    assert pages[0].items == (Tombstone(f"{SITE}/a"),)


def test_a_real_server_is_walked_over_http_with_the_pauses_that_it_asks_for() -> None:
    clock = FakeTime()
    with FeedServer() as server, loopback_fetch(clock) as fetch:
        server.routes |= {
            "/robots.txt": b"User-agent: opencpd\nCrawl-delay: 5\n",
            "/s.xml": sitemap(server.url("/a"), server.url("/b")),
            "/a": page(course("A")),
            "/b": (302, {"Location": "https://elsewhere.example/b"}, b""),
        }
        reader = SchemaOrg(SchemaOrg.Config.model_validate({"url": server.url("/s.xml")}))
        pages = list(reader.pages(fetch, None))
    refused = pages[1].items[0]
    assert isinstance(refused, Rejected)
    assert "elsewhere.example" in refused.message
    assert sum(clock.slept) >= 10
