"""RSS and Atom feeds: every dialect, pages, other vocabularies, and feeds that are not in order."""

import time
from collections.abc import Mapping
from typing import Any

import pytest

from connectors.contract import (
    CursorExpired,
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
from connectors.rss import Rss, feed_items
from connectors.testing import ConnectorContract
from tests.simulator.feeds import FeedServer
from tests.simulator.fetching import FunctionFetch, loopback_fetch

URL = "https://feed.example/courses.rss"
SPACES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:ev="http://purl.org/rss/1.0/modules/event/" '
    'xmlns:mec="http://webnus.net/rss/mec/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:c="https://www.edx.org/api/course/elements/1.0/" '
    'xmlns:staff="https://www.edx.org/api/staff/elements/1.0/"'
)


def item(body: str = "", *, guid: str | None = "g1", title: str | None = "Wind loads") -> str:
    own = f'<guid isPermaLink="false">{guid}</guid>' if guid else ""
    titled = f"<title>{title}</title>" if title else ""
    return f"<item>\n{own}{titled}{body}</item>"


def rss(*items: str, head: str = "<language>en</language>") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" {SPACES}><channel>'
        f"<title>Courses</title>{head}{''.join(items)}</channel></rss>"
    ).encode()


def atom(body: str) -> bytes:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" '
        'xmlns:at="http://purl.org/atompub/tombstones/1.0">'
        f"<title>Kurse</title><id>urn:f</id>{body}</feed>"
    ).encode()


def connector() -> Rss:
    return Rss(Rss.Config.model_validate({"url": URL}))


def pages(body: bytes) -> list[Page]:
    return list(connector().pages(FunctionFetch(lambda _: body), None))


def only(body: bytes) -> Any:
    (page,) = pages(body)
    (found,) = page.items
    return found


def draft(body: str = "", **more: Any) -> Any:
    return connector().normalise(only(rss(item(body, **more))).raw)


class TestContract(ConnectorContract):
    def connector(self) -> Rss:
        return connector()

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        if url.endswith("page=2"):
            return rss(item("<c:start>2027-01-01</c:start>", guid="g2"))
        head = f'<atom:link rel="next" href="{URL}?page=2"/>'
        body = (
            "<link>https://feed.example/1</link><c:subject>Wind</c:subject><category>A</category>"
        )
        return rss(item(body), head=head)


def test_edx_fields_are_kept_with_every_repetition() -> None:
    found = draft(
        "<link>https://x.example/c</link><description>About</description>"
        "<pubDate>Tue, 12 Jan 2016 11:52:58 -0500</pubDate>"
        "<c:id>course-v1:AnX+A1+2016</c:id><c:code>A1</c:code>"
        "<c:start>2016-04-25 00:00:00</c:start>"
        "<c:subtitle>&lt;p&gt;Short &amp;amp; good&lt;/p&gt;</c:subtitle>"
        "<c:subject>Wind</c:subject><c:subject>Bridges</c:subject><c:school>AnX</c:school>"
        "<c:instructors><c:staff><staff:name>A. One</staff:name></c:staff>"
        "<c:staff><staff:name>B. Two</staff:name></c:staff></c:instructors>"
        "<c:image-banner>https://x.example/i.png</c:image-banner>"
        "<c:effort>10 hours/week</c:effort><c:length>4 weeks</c:length>"
        "<c:self_paced>1</c:self_paced><c:prerequisites>Statics</c:prerequisites>"
    )
    (run,) = found.runs
    assert (run.source_id, run.start) == ("course-v1:AnX+A1+2016", "2016-04-25 00:00:00")
    assert run.instructors == ("A. One", "B. Two")
    assert found.subjects == ("Wind", "Bridges")
    assert found.summary == {"en": "Short & good"}
    assert found.description == {"en": "About"}
    assert found.identifiers == (("edx", "AnX+A1"), ("code", "A1"))
    assert (found.provider, found.effort, found.duration) == ("AnX", "10 hours/week", "4 weeks")
    assert found.delivery == ("self-paced",)
    assert found.prerequisites == {"en": "Statics"}
    assert found.image == "https://x.example/i.png"
    assert found.created == "2016-01-12T16:52:58Z"
    assert found.kind == "course"


def test_the_content_is_the_description_and_the_description_the_summary() -> None:
    found = draft(
        "<description>&lt;p&gt;Short&lt;/p&gt;</description>"
        "<content:encoded><![CDATA[<p>Long <b>text</b></p>]]></content:encoded>"
    )
    assert found.summary == {"en": "Short"}
    assert found.description == {"en": "<p>Long <b>text</b></p>"}


def test_events_and_prices_of_other_vocabularies_are_read() -> None:
    found = draft(
        "<ev:startdate>2027-03-01T09:00:00+03:00</ev:startdate><ev:location>Hall</ev:location>"
        "<ev:organizer>Engineers</ev:organizer><ev:type>workshop</ev:type>"
        "<mec:cost>KES 500</mec:cost>"
    )
    (run,) = found.runs
    assert (run.start, run.place_name) == ("2027-03-01T09:00:00+03:00", "Hall")
    assert (found.provider, found.kind) == ("Engineers", "workshop")
    assert found.offers == (OfferDraft(amount="KES 500"),)
    assert draft("<dc:type>Workshop</dc:type>").kind == "Workshop"
    assert draft("<dc:type>Text</dc:type>").kind is None


@pytest.mark.parametrize("more", ["", "&nbsp;"])
def test_what_feeds_write_without_a_vocabulary_is_read(more: str) -> None:
    found = draft(
        "<location>Aden</location><organizer>Engineers</organizer>"
        f"<courseDate>Mon, 13 Feb 2023 00:00:00 +0000</courseDate><description>{more}</description>"
    )
    (run,) = found.runs
    assert (run.start, run.place_name) == ("Mon, 13 Feb 2023 00:00:00 +0000", "Aden")
    assert found.provider == "Engineers"


@pytest.mark.parametrize(
    ("body", "image"),
    [
        ('<enclosure type="image/png" url="/a.png" length="1"/>', "https://feed.example/a.png"),
        ('<enclosure type="audio/mpeg" url="/a.mp3" length="1"/>', None),
        ('<media:thumbnail url="https://x.example/t.png"/>', "https://x.example/t.png"),
        ('<media:content medium="image" url="https://x.example/m"/>', "https://x.example/m"),
        ('<itunes:image href="i.jpg"/>', "https://feed.example/i.jpg"),
        ('<enclosure type="image/png" url="javascript:x" length="1"/>', None),
    ],
)
def test_the_picture_is_the_first_that_is_one(body: str, image: str | None) -> None:
    assert draft(body).image == image


def test_languages_and_categories_and_rights() -> None:
    found = draft(
        "<dc:language>fr</dc:language><category>Wind</category><category>Wind</category>"
        "<dc:rights>CC-BY-4.0</dc:rights><itunes:duration>01:02:03</itunes:duration>"
    )
    assert (found.metadata_language, found.teaching_languages) == ("fr", ("fr",))
    assert found.title == {"fr": "Wind loads"}
    assert (found.subjects, found.licence, found.duration) == (("Wind",), "CC-BY-4.0", "PT1H2M3S")


def test_an_atom_feed_is_read_and_what_it_deleted_is_withdrawn() -> None:
    (page,) = pages(
        atom(
            '<entry><id>urn:1</id><title type="html">Wind &amp;amp; Br&amp;uuml;cken</title>'
            '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/"/>'
            '<link rel="alternate" href="/kurs/1"/><updated>2026-01-02T03:04:05Z</updated>'
            '<published>2026-01-01T00:00:00+01:00</published><category term="wind"/>'
            '<content type="html">&lt;p&gt;Lang&lt;/p&gt;</content></entry>'
            '<at:deleted-entry ref="urn:0" when="2026-01-01T00:00:00Z"/>'
        )
    )
    taken, gone = page.items
    assert gone == Tombstone("urn:0")
    assert isinstance(taken, Upsert)
    found = connector().normalise(taken.raw)
    assert list(found.title.values()) == ["Wind & Brücken"]
    assert found.url == "https://feed.example/kurs/1"
    assert list(found.description.values()) == ["<p>Lang</p>"]
    assert found.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert (found.created, found.modified) == ("2025-12-31T23:00:00Z", "2026-01-02T03:04:05Z")


def test_rss_1_is_read() -> None:
    found = only(
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        b'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        b'<channel rdf:about="https://x.example/"><title>T</title></channel>'
        b'<item rdf:about="https://x.example/1"><title>Wind</title>'
        b"<link>https://x.example/1</link><dc:date>2026-01-01</dc:date></item></rdf:RDF>"
    )
    assert found.source_id == "https://x.example/1"
    assert connector().normalise(found.raw).url == "https://x.example/1"


def test_each_entry_says_its_line() -> None:
    (page,) = pages(rss("\n", item(guid="a"), "\n\n", item(guid="b")))
    assert [one.line for one in page.items if isinstance(one, Upsert)] == [3, 6]


def test_pages_are_followed_and_resumed() -> None:
    answers = {
        URL: rss(item(guid="a"), head='<atom:link rel="next" href="?page=2"/>'),
        f"{URL}?page=2": rss(item(guid="b")),
    }
    fetch = FunctionFetch(lambda request: answers[request.path])
    first, second = connector().pages(fetch, None)
    assert (first.complete, second.complete) == (False, True)
    (resumed,) = connector().pages(fetch, first.cursor)
    assert resumed == second


def test_pages_that_lead_in_a_circle_are_refused() -> None:
    body = rss(item(), head=f'<atom:link rel="next" href="{URL}"/>')
    with pytest.raises(SourceMisconfigured, match="on and on"):
        pages(body)


def test_pages_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.rss.connector.MAX_PAGES", 20)
    number = 0

    def answer(_: Any) -> bytes:
        nonlocal number
        number += 1
        return rss(item(), head=f'<atom:link rel="next" href="?page={number}"/>')

    with pytest.raises(SourceMisconfigured, match="on and on"):
        list(connector().pages(FunctionFetch(answer), None))
    assert number == 21


def test_a_foreign_cursor_has_expired() -> None:
    with pytest.raises(CursorExpired):
        list(connector().pages(FunctionFetch(lambda _: rss()), "{}"))


def test_a_feed_with_a_wrong_entity_is_read_and_told() -> None:
    (page,) = pages(rss(item("<description>a&nbsp;b & c</description><c:start>2027</c:start>")))
    ((code, told),) = page.warnings
    assert code == "W-FEED-BROKEN"
    assert told
    (taken,) = page.items
    assert isinstance(taken, Upsert)
    found = connector().normalise(taken.raw)
    assert found.title == {"en": "Wind loads"}
    assert [run.start for run in found.runs] == ["2027"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (rss(item())[:-30], SourceUnavailable),
        (b"", SourceUnavailable),
        (b"<html><body>Log in</body></html>", SourceMisconfigured),
        (b"<urlset><url/></urlset>", SourceMisconfigured),
        (rss(item("<link>&#xD800;</link>")), SourceMisconfigured),
        (
            rss(*[item("x" * 9000) for _ in range(60)]).replace(b"Wind", b"&nbsp;"),
            SourceMisconfigured,
        ),
        (b"<!DOCTYPE rss [<!ENTITY a 'x'>]>" + rss(item("&a;"))[39:], SourceMisconfigured),
        (b"<!DOCTYPE rss [<!ENTITY a 'x'>]>" + rss(item("&b;"))[39:], SourceMisconfigured),
    ],
)
def test_what_is_no_whole_feed_is_refused(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        pages(body)


def test_an_entry_without_an_id_takes_its_link_and_without_both_is_refused() -> None:
    assert only(rss(item("<link>https://x.example/1</link>", guid=None))).source_id == (
        "https://x.example/1"
    )
    refused = only(rss(item(guid=None)))
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.line) == ("E-ID-MISSING", 2)


def test_an_entry_without_a_title_is_refused() -> None:
    with pytest.raises(RejectRecord, match="title"):
        draft("<description>x</description>", title=None)


def test_absence_from_a_feed_means_nothing() -> None:
    assert connector().deletions is Deletions.NEVER


def test_a_million_entries_are_refused_at_once() -> None:
    body = rss(*["<item><title>x</title></item>"] * 60_000)
    began = time.process_time()
    with pytest.raises(SourceMisconfigured, match="60000 entries"):
        feed_items.read(body, where=URL)
    assert time.process_time() - began < 0.5


def test_what_a_database_cannot_hold_is_replaced() -> None:
    raw = only(rss(item("<description>a&#0;b & c</description>"))).raw
    assert "\x00" not in str(raw)


def test_a_deep_entry_is_cut_off_and_read() -> None:
    deep = "<c:a>" * 200 + "</c:a>" * 200
    assert draft(deep).title == {"en": "Wind loads"}


def test_a_real_server_is_read_over_http() -> None:
    with FeedServer({"/f": rss(item())}) as server, loopback_fetch() as fetch:
        (page,) = Rss(Rss.Config.model_validate({"url": server.url("/f")})).pages(fetch, None)
    assert [one.source_id for one in page.items] == ["g1"]
