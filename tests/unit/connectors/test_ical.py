"""iCalendar files: series, zones, all-day and cancelled events, and the habits of programs."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from connectors.contract import (
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
from connectors.ical.connector import PAGE_EVENTS, ICal
from connectors.testing import ConnectorContract
from tests.simulator.feeds import FeedServer
from tests.simulator.fetching import FunctionFetch, loopback_fetch

URL = "https://cal.example/events.ics"
DATE = {"date": "Sat, 28 Nov 2026 12:00:00 GMT"}


def event(*lines: str, uid: str | None = "e1", summary: str | None = "Wind loads") -> str:
    own = [f"UID:{uid}"] if uid else []
    titled = [f"SUMMARY:{summary}"] if summary else []
    return "\r\n".join(["BEGIN:VEVENT", *own, *titled, *lines, "END:VEVENT"])


def calendar(*parts: str, own: Sequence[str] = ()) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *own, *parts, "END:VCALENDAR", ""]
    return "\r\n".join(lines).encode()


def connector(**config: Any) -> ICal:
    return ICal(ICal.Config.model_validate({"url": URL, **config}))


def pages(body: bytes, **config: Any) -> list[Page]:
    fetch = FunctionFetch(lambda _: (200, DATE, body))
    return list(connector(**config).pages(fetch, None))


def only(body: bytes) -> Any:
    (page,) = pages(body)
    (item,) = page.items
    return item


def draft(*lines: str, own: Sequence[str] = (), more: Sequence[str] = ()) -> Any:
    item = only(calendar(event(*lines), *more, own=own))
    assert isinstance(item, Upsert)
    return connector().normalise(item.raw)


def starts(*lines: str, own: Sequence[str] = (), more: Sequence[str] = ()) -> list[str | None]:
    return [run.start for run in draft(*lines, own=own, more=more).runs]


SERIES = ("DTSTART;TZID=Europe/Berlin:20261019T180000", "DTEND;TZID=Europe/Berlin:20261019T193000")


class TestContract(ConnectorContract):
    def connector(self) -> ICal:
        return connector()

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        more = [event("DTSTART:20270101", uid=f"m{n}") for n in range(PAGE_EVENTS + 1)]
        weekly = event(*SERIES, "RRULE:FREQ=WEEKLY;COUNT=3", "GEO:52.5;13.4")
        other = event(
            "RECURRENCE-ID;TZID=Europe/Berlin:20261026T180000",
            "DTSTART;TZID=Europe/Berlin:20261027T180000",
        )
        return calendar(weekly, other, *more)


def test_webcal_is_read_as_https_so_that_the_node_knows_the_host() -> None:
    config = ICal.Config.model_validate({"url": "webcal://cal.example/a.ics"})
    assert config.model_dump(mode="json")["url"] == "https://cal.example/a.ics"


def test_an_event_becomes_a_course_with_one_run() -> None:
    found = draft(
        "DTSTART;TZID=Africa/Nairobi:20270301T090000",
        "DURATION:PT2H",
        "URL:https://cal.example/wind",
        "LOCATION:Hall 1\\, Nairobi",
        "GEO:-1.28;36.82",
        'ORGANIZER;CN="Engineers, Kenya":mailto:a@example.org',
        "CATEGORIES:Workshop,Wind",
        "DESCRIPTION:Loads and\\nlimits",
        "ATTACH;FMTTYPE=image/png:https://cal.example/wind.png",
        "X-COST:KES 500",
        "CREATED:20260101T000000Z",
        "LAST-MODIFIED:20260202T000000Z",
    )
    (run,) = found.runs
    assert (run.start, run.end) == ("2027-03-01T09:00:00+03:00", "2027-03-01T11:00:00+03:00")
    assert (run.timezone, run.place_name) == ("Africa/Nairobi", "Hall 1, Nairobi")
    assert (run.latitude, run.longitude, run.delivery) == (-1.28, 36.82, "onsite")
    assert found.url == "https://cal.example/wind"
    assert found.provider == "Engineers, Kenya"
    assert (found.kind, found.subjects) == ("Workshop", ("Workshop", "Wind"))
    assert found.description == {"und": "Loads and\nlimits"}
    assert found.image == "https://cal.example/wind.png"
    assert found.offers == (OfferDraft(amount="KES 500"),)
    assert (found.created, found.modified) == ("2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z")


def test_a_series_is_one_course_whose_wall_clock_survives_the_change_of_the_clocks() -> None:
    assert starts(*SERIES, "RRULE:FREQ=WEEKLY;COUNT=2") == [
        "2026-10-19T18:00:00+02:00",
        "2026-10-26T18:00:00+01:00",
    ]


def test_days_taken_out_and_added_by_hand_are_obeyed() -> None:
    assert starts(
        "DTSTART:20261019T180000Z",
        "RRULE:FREQ=DAILY;UNTIL=20261022T235959Z",
        "EXDATE:20261020T180000Z",
        "RDATE:20261101T100000Z",
    ) == [
        "2026-10-19T18:00:00Z",
        "2026-10-21T18:00:00Z",
        "2026-10-22T18:00:00Z",
        "2026-11-01T10:00:00Z",
    ]


def test_a_changed_occurrence_is_a_run_as_changed_and_a_cancelled_one_is_none() -> None:
    moved = event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20261026T180000",
        "DTSTART;TZID=Europe/Berlin:20261027T090000",
        "LOCATION:Hall 2",
    )
    off = event("RECURRENCE-ID:20261102T170000Z", "DTSTART:20261102T170000Z", "STATUS:CANCELLED")
    found = draft(*SERIES, "RRULE:FREQ=WEEKLY;COUNT=4", more=[moved, off])
    assert [run.start for run in found.runs] == [
        "2026-10-19T18:00:00+02:00",
        "2026-10-27T09:00:00+01:00",
        "2026-11-09T18:00:00+01:00",
    ]
    assert found.runs[1].place_name == "Hall 2"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=MONTHLY;BYDAY=2TU;COUNT=3", ["2026-10-13", "2026-11-10", "2026-12-08"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", ["2026-10-13", "2026-10-30"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2", ["2026-10-13", "2026-10-31"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["2026-10-13", "2026-10-30"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=4",
         ["2026-10-13", "2026-10-15", "2026-10-27", "2026-10-29"]),
        ("FREQ=YEARLY;COUNT=2", ["2026-10-13", "2027-10-13"]),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=1MO;COUNT=2", ["2026-10-13", "2027-03-01"]),
        ("FREQ=YEARLY;BYDAY=20MO;COUNT=2", ["2026-10-13", "2027-05-17"]),
        ("FREQ=YEARLY;BYYEARDAY=-1;COUNT=2", ["2026-10-13", "2026-12-31"]),
        ("FREQ=DAILY;BYDAY=SA,SU;UNTIL=20261018", ["2026-10-13", "2026-10-17", "2026-10-18"]),
    ],
)  # fmt: skip
def test_rules_of_days_weeks_months_and_years_are_followed(rule: str, expected: list[str]) -> None:
    found = starts("DTSTART;VALUE=DATE:20261013", f"RRULE:{rule}")
    # The first day counts even where the rule does not mean it; so does it in COUNT for many
    # programs, while others count what the rule gives: one more at the end is allowed here.
    assert found[: len(expected)] == expected


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=HOURLY;COUNT=3", "FREQ=YEARLY;BYWEEKNO=20", "FREQ=WEEKLY;BYDAY=XX",
     "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=abc", "FREQ=DAILY;BYHOUR=9,10"],
)  # fmt: skip
def test_a_rule_that_is_not_followed_is_told_and_the_first_date_stands(rule: str) -> None:
    body = calendar(event("DTSTART:20261013T090000Z", f"RRULE:{rule}"))
    (page,) = pages(body)
    assert [code for code, _ in page.warnings if code != "W-ICAL-PROPERTY"] == ["W-ICAL-SERIES"]
    assert "line 3" in page.warnings[-1][1]
    (item,) = page.items
    assert isinstance(item, Upsert)
    assert [run.start for run in connector().normalise(item.raw).runs] == ["2026-10-13T09:00:00Z"]


def test_of_a_series_without_end_a_hundred_runs_from_last_month_on_are_listed() -> None:
    found = starts("DTSTART:20100104T090000Z", "RRULE:FREQ=WEEKLY")
    assert len(found) == 100
    assert (found[0] or "")[:10] == "2026-10-05"


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        ("FREQ=DAILY", "2026-10-01"),
        ("FREQ=DAILY;INTERVAL=7", "2026-10-01"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "2026-10-05"),
        ("FREQ=MONTHLY;BYDAY=1TU", "2026-10-06"),
        ("FREQ=YEARLY", "2027-01-01"),
    ],
)
def test_a_series_that_began_long_ago_is_listed_from_last_month_on(rule: str, first: str) -> None:
    found = starts("DTSTART;VALUE=DATE:19700101", f"RRULE:{rule}")
    assert len(found) > 30
    assert next(day for day in found if day and day >= "2026-10") == first


def test_a_series_that_ended_long_ago_and_one_that_is_counted_keep_their_days() -> None:
    ended = starts("DTSTART;VALUE=DATE:20240101", "RRULE:FREQ=DAILY;UNTIL=20240103")
    assert ended == ["2024-01-01", "2024-01-02", "2024-01-03"]
    counted = starts("DTSTART;VALUE=DATE:20100101", "RRULE:FREQ=DAILY;COUNT=3")
    assert counted == ["2010-01-01", "2010-01-02", "2010-01-03"]


@pytest.mark.parametrize(
    "rule",
    ["FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
     "FREQ=DAILY;INTERVAL=7;BYDAY=WE", "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=5",
     "FREQ=YEARLY;INTERVAL=1000"],
)  # fmt: skip
def test_a_rule_that_never_matches_ends_soon(rule: str) -> None:
    began = time.process_time()
    assert len(starts("DTSTART:20261013T090000Z", f"RRULE:{rule}")) >= 1
    assert time.process_time() - began < 0.5


def test_all_day_events_end_on_their_last_day() -> None:
    (run,) = draft("DTSTART;VALUE=DATE:20261013", "DTEND;VALUE=DATE:20261016").runs
    assert (run.start, run.end, run.timezone) == ("2026-10-13", "2026-10-15", None)
    (run,) = draft("DTSTART;VALUE=DATE:20261013").runs
    assert (run.start, run.end) == ("2026-10-13", "2026-10-13")


ZONE = """BEGIN:VTIMEZONE
TZID:Our own
X-LIC-LOCATION:Asia/Karachi
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0500
TZOFFSETTO:+0500
END:STANDARD
END:VTIMEZONE"""


@pytest.mark.parametrize(
    ("tzid", "zone"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires",
         "America/Argentina/Buenos_Aires"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
        ("Our own", "Asia/Karachi"),
    ],
)  # fmt: skip
def test_zones_are_known_by_the_names_that_programs_give_them(tzid: str, zone: str) -> None:
    zoned = ZONE.replace("\n", "\r\n")
    item = only(calendar(zoned, event(f"DTSTART;TZID={tzid}:20270101T090000")))
    (run,) = connector().normalise(item.raw).runs
    assert run.timezone == zone


def test_an_unknown_zone_leaves_the_wall_clock_alone() -> None:
    (run,) = draft("DTSTART;TZID=../../etc/passwd:20270101T090000").runs
    assert (run.start, run.timezone) == ("2027-01-01T09:00:00", None)


def test_a_floating_time_is_meant_in_the_calendars_own_zone() -> None:
    (run,) = draft("DTSTART:20270101T090000", own=["X-WR-TIMEZONE:Asia/Shanghai"]).runs
    assert (run.start, run.timezone) == ("2027-01-01T09:00:00+08:00", "Asia/Shanghai")


@pytest.mark.parametrize("own", [[], ["METHOD:CANCEL"]])
def test_a_cancelled_event_is_a_tombstone(own: list[str]) -> None:
    status = "STATUS:CONFIRMED" if own else "STATUS:CANCELLED"
    body = calendar(event("DTSTART:20270101T090000Z", status), own=own)
    assert only(body) == Tombstone("e1")


def test_a_private_event_is_refused_and_none_of_it_is_kept() -> None:
    item = only(calendar(event("DTSTART:20270101T090000Z", "CLASS:PRIVATE", summary="Secret")))
    assert isinstance(item, Rejected)
    assert item.code == "E-ICAL-PRIVATE"
    assert "Secret" not in str(item)


def test_the_latest_revision_of_an_event_counts() -> None:
    new = event("DTSTART:20270102T090000Z", "SEQUENCE:2")
    old = event("DTSTART:20270101T090000Z", "SEQUENCE:1")
    item = only(calendar(new, old))
    assert connector().normalise(item.raw).runs[0].start == "2027-01-02T09:00:00Z"


def test_several_calendars_in_one_file_keep_their_own_zones() -> None:
    first = calendar(event("DTSTART:20270101T090000"), own=["X-WR-TIMEZONE:Asia/Shanghai"])
    second = calendar(event("DTSTART:20270101T090000", uid="e2"), own=["X-WR-TIMEZONE:Asia/Aden"])
    (page,) = pages(first + second)
    runs = [connector().normalise(one.raw).runs[0] for one in page.items if isinstance(one, Upsert)]
    assert [run.timezone for run in runs] == ["Asia/Shanghai", "Asia/Aden"]


def test_folded_lines_and_lone_line_ends_are_read() -> None:
    folded = event(
        "DTSTART:20270101T090000Z", summary="A very long\r\n  title that is fol\r\n\tded"
    )
    item = only(calendar(folded).replace(b"\r\n", b"\n"))
    assert connector().normalise(item.raw).title == {"und": "A very long title that is folded"}
    assert only(calendar(folded).replace(b"\r\n", b"\r")).source_id == "e1"


def test_a_line_that_was_broken_without_folding_goes_on_with_the_one_before() -> None:
    found = draft(
        "DESCRIPTION:One\r\n\\nhttps://x.example/a\r\nhttps://x.example/b", "DTSTART:20270101"
    )
    assert found.description == {"und": "One\nhttps://x.example/ahttps://x.example/b"}


def test_a_place_of_a_meeting_program_is_online_and_markup_is_taken_out_of_one() -> None:
    anchor = 'LOCATION:Registration: <a href="https://t.webex.com/1">here</a>'
    assert draft(anchor, "DTSTART:20270101").delivery == ("virtual",)
    (run,) = draft("LOCATION:<b>Hall</b> 1", "DTSTART:20270101").runs
    assert run.place_name == "Hall 1"


def test_entities_that_do_not_belong_into_a_calendar_are_undone() -> None:
    body = calendar(
        event("DTSTART:20270101", "CATEGORIES:Q &amp; A", summary="Wind &amp; <b>rain</b>")
    )
    found = connector().normalise(only(body).raw)
    assert (found.title, found.subjects) == ({"und": "Wind & rain"}, ("Q & A",))


def test_titles_in_the_languages_that_they_say() -> None:
    body = calendar(event("SUMMARY;LANGUAGE=de:Windlasten", "DTSTART:20270101", summary=None))
    found = connector().normalise(only(body).raw)
    assert (found.title, found.metadata_language) == ({"de": "Windlasten"}, "de")


def test_an_online_event_is_told_by_its_place_or_its_conference() -> None:
    assert draft("LOCATION:Online\\, Virtual\\, Kenya", "DTSTART:20270101").delivery == ("virtual",)
    found = draft("LOCATION:Hall", "CONFERENCE:https://meet.example/1", "DTSTART:20270101")
    assert found.delivery == ("hybrid",)
    assert draft("LOCATION:https://zoom.example/1", "DTSTART:20270101").runs[0].place_name is None


def test_rich_text_is_preferred_and_broken_addresses_are_left_out() -> None:
    found = draft(
        "DTSTART:20270101",
        "DESCRIPTION:plain",
        "X-ALT-DESC;FMTTYPE=text/html:<p>rich</p>",
        "URL:123",
    )
    assert found.description == {"und": "<p>rich</p>"}
    assert found.url is None


def test_a_place_in_rich_text_is_no_description_and_its_last_line_may_be_the_page() -> None:
    found = draft(
        "DTSTART:20270101",
        "DESCRIPTION:" + "How best to store data. " * 9 + "\\nhttps://cal.example/node/461",
        "X-ALT-DESC;FMTTYPE=text/html:<a href='https://cal.example/hall'>Hall 1</a>",
        'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="Hall":geo:52.085,5.178',
    )
    assert found.description["und"].startswith("How best")
    assert found.url == "https://cal.example/node/461"
    assert (found.runs[0].latitude, found.runs[0].longitude) == (52.085, 5.178)


def test_an_event_without_a_uid_keeps_an_id_made_of_itself() -> None:
    body = calendar(event("DTSTART:20270101", uid=None))
    assert only(body).source_id == only(body).source_id
    assert only(body).source_id.startswith("sha256:")


def test_an_event_without_a_title_is_refused() -> None:
    item = only(calendar(event("DTSTART:20270101", summary=None)))
    with pytest.raises(RejectRecord, match="SUMMARY"):
        connector().normalise(item.raw)


def test_one_broken_event_costs_only_itself_and_names_its_line() -> None:
    unended = "BEGIN:VEVENT\r\nUID:e0\r\nSUMMARY:Never ended"
    (page,) = pages(calendar(unended, event("DTSTART:20270101")))
    broken, whole = page.items
    assert isinstance(broken, Rejected)
    assert (broken.code, broken.line) == ("E-ICAL-EVENT", 3)
    assert isinstance(whole, Upsert)
    assert whole.line == 6


def test_a_broken_property_is_told_with_its_line_and_the_rest_is_taken() -> None:
    (page,) = pages(calendar(event("DTSTART:2027xx01", "GEO:no place at all", "LOCATION:Hall")))
    codes = [code for code, _ in page.warnings]
    assert codes == ["W-ICAL-PROPERTY", "W-ICAL-PROPERTY"]
    assert "line 3" in page.warnings[0][1]
    (item,) = page.items
    assert isinstance(item, Upsert)
    assert connector().normalise(item.raw).runs == ()


def test_alarms_tasks_and_journals_are_no_courses() -> None:
    alarm = "BEGIN:VALARM\r\nSUMMARY:Wake up\r\nEND:VALARM"
    task = "BEGIN:VTODO\r\nUID:t\r\nSUMMARY:Task\r\nEND:VTODO"
    (page,) = pages(calendar(event("DTSTART:20270101", alarm), task))
    (item,) = page.items
    assert isinstance(item, Upsert)
    assert "Wake" not in str(item.raw)
    assert [code for code, _ in page.warnings] == ["W-ICAL-OTHERS"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<html>Please log in</html>", SourceMisconfigured),
        (calendar(event())[:-20], SourceUnavailable),
        (b"", SourceMisconfigured),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 20_001, SourceMisconfigured),
    ],
)
def test_what_is_no_whole_calendar_is_refused(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        pages(body)


def test_a_calendar_in_another_charset_is_read_and_told() -> None:
    (page,) = pages(
        calendar(event("DTSTART:20270101", summary="Brücken")).decode().encode("cp1252")
    )
    assert page.warnings[0][0] == "W-ICAL-CHARSET"
    (item,) = page.items
    assert isinstance(item, Upsert)
    assert connector().normalise(item.raw).title == {"und": "Brücken"}


def test_absence_means_something_only_when_the_owner_says_so() -> None:
    assert connector().deletions is Deletions.TOMBSTONES
    assert connector(lists_everything=True).deletions is Deletions.SNAPSHOT


def test_deep_nesting_and_long_lines_end_soon() -> None:
    deep = "BEGIN:X-A\r\n" * 50_000
    long = event("DTSTART:20270101", 'X-A;B="' + '\\"' * 100_000 + ":x")
    began = time.process_time()
    (page,) = pages(calendar(event("DTSTART:20270101", deep), long.replace("UID:e1", "UID:e2")))
    taken, refused = page.items
    assert isinstance(taken, Upsert)
    assert isinstance(refused, Rejected)
    assert time.process_time() - began < 0.5


def test_a_real_server_is_read_over_http() -> None:
    with FeedServer({"/a.ics": calendar(event("DTSTART:20270101"))}) as server:
        reader = ICal(ICal.Config.model_validate({"url": server.url("/a.ics")}))
        with loopback_fetch() as fetch:
            (page,) = reader.pages(fetch, None)
    assert page.complete
    assert [one.source_id for one in page.items] == ["e1"]


def test_what_a_database_cannot_hold_is_replaced() -> None:
    item = only(calendar(event("DTSTART:20270101", "LOCATION:a\x00b")))
    assert "\x00" not in str(item.raw)
