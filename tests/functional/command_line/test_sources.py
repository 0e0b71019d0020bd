"""The life of a source, from a terminal."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from app.harvest.registry import HIDDEN
from app.platform.problems import DomainError
from tests.simulator.feeds import (
    Answer,
    FeedServer,
    OaiRecord,
    OaiRepository,
    Request,
    csv_bytes,
    dublin_core,
)
from tests.simulator.moodle import PATH, TOKEN, MoodleSite, moodle_course

pytestmark = pytest.mark.slow

Opencpd = Callable[..., Result]
ROWS = [
    {"Code": f"C{n}", "Title": f"Course number {n}", "URL": f"https://c.example/{n}"}
    for n in range(1, 41)
]


def answer(result: Result) -> Any:
    assert result.exit_code == 0, result.output + repr(result.exception)
    return json.loads(result.stdout)


def add(opencpd: Opencpd, server: FeedServer) -> None:
    name = "en=Kenyan Society"
    society = opencpd("society", "add", "ksoc", "--name", name, "--country", "KE", "--json")
    assert answer(society)["country"] == "KE"
    done = opencpd(
        "source", "add", "list", "--society", "ksoc", "--connector", "table",
        "--set", f"url={server.url('/list.csv')}", "--json",
    )  # fmt: skip
    assert answer(done)["every_hours"] == 24


def test_a_source_is_added_checked_run_and_searched(opencpd: Opencpd) -> None:
    with FeedServer({"/list.csv": csv_bytes(ROWS)}) as server:
        add(opencpd, server)
        preview = answer(opencpd("source", "check", "list", "--json"))
        assert preview["counters"]["seen"] == 40
        assert answer(opencpd("source", "list", "--json"))[0]["last_run"] is None
        run = answer(opencpd("source", "run", "list", "--json"))
        assert (run["state"], run["counters"]["new"]) == ("done", 40)
        again = answer(opencpd("source", "run", "list", "--json"))
        assert (again["counters"]["unchanged"], again["counters"]["new"]) == (40, 0)
    found = answer(opencpd("search", "Course number 17", "--json"))
    assert found["hits"][0]["document"]["title"]["und"] == "Course number 17"


def test_a_feed_that_shrinks_is_held_until_a_person_releases_it(opencpd: Opencpd) -> None:
    with FeedServer({"/list.csv": csv_bytes(ROWS)}) as server:
        add(opencpd, server)
        opencpd("source", "run", "list")
        server.routes["/list.csv"] = csv_bytes(ROWS[:4])
        held = opencpd("source", "run", "list")
        assert held.exit_code == 1
        assert "held" in held.stdout
        assert "opencpd source release" in held.stdout
        assert answer(opencpd("search", "course", "--json"))["total"] == 40
        run_id = answer(opencpd("source", "runs", "list", "--json"))["runs"][0]["id"]
        released = answer(opencpd("source", "release", run_id, "--json"))
        assert (released["state"], released["counters"]["withdrawn"]) == ("done", 36)
    assert answer(opencpd("search", "course", "--json"))["total"] == 4


def test_every_kind_of_issue_is_said_once_with_what_mends_it(opencpd: Opencpd) -> None:
    rows = [row | {"Licence": "Ask us"} for row in ROWS] + [{"Code": "C99", "Title": ""}]
    with FeedServer({"/list.csv": csv_bytes(rows)}) as server:
        add(opencpd, server)
        checked = opencpd("source", "check", "list").stdout
        ran = opencpd("source", "run", "list").stdout
        listed = opencpd("source", "runs", "list").stdout
        again = opencpd("source", "run", "list").stdout
        told = answer(opencpd("source", "runs", "list", "--json"))["issues"]
    assert len(told) > 40
    assert "E-TITLE-MISSING" in again, "what was rejected before and still is"
    assert "W-LICENCE-UNKNOWN" not in again
    for said in (checked, ran, listed):
        assert said.count("E-TITLE-MISSING x 1:") == 1
        assert "    C99" in said
        assert said.count("W-LICENCE-UNKNOWN x 40:") == 1
        assert "and 37 more; --json lists" in said
    assert "    C1 (line 2): Ask us" in checked
    assert "    C1: Ask us" in ran


def test_a_check_speaks_of_the_feed_and_not_of_what_earlier_runs_found(opencpd: Opencpd) -> None:
    def counts() -> list[int]:
        return [
            one["count"] for one in answer(opencpd("source", "check", "list", "--json"))["codes"]
        ]

    with FeedServer({"/list.csv": csv_bytes(ROWS)}) as server:
        add(opencpd, server)
        assert counts() == [40]
        opencpd("source", "run", "list")
        server.routes["/list.csv"] = csv_bytes(ROWS[:4])
        assert counts() == [4]


def test_an_address_or_a_file_is_checked_before_there_is_a_source(
    opencpd: Opencpd, tmp_path: Path
) -> None:
    with FeedServer({"/list.csv": csv_bytes(ROWS)}) as server:
        found = answer(opencpd("source", "check", "--url", server.url("/list.csv"), "--json"))
        assert (found["connector"], found["format"]) == ("table", "csv")
        assert found["counters"]["taken"] == 40
        gone = opencpd("source", "check", "--url", server.url("/nothing"))
    assert (gone.exit_code, "answered 404" in gone.stderr) == (2, True)
    file = tmp_path / "k.csv"
    file.write_bytes(csv_bytes([{"Kurs": "Bridges", "Code": "1"}, {"Kurs": "", "Code": "2"}]))
    refused = opencpd("source", "check", "--file", str(file))
    assert refused.exit_code == 2, "no column is known to be the title"
    wrong = opencpd("source", "check", "--file", str(file), "--set", 'columns={"title": "Kurs"}')
    assert wrong.exit_code == 1
    assert "error E-TITLE-MISSING x 1:" in wrong.stdout
    assert "    2 (line 3)" in wrong.stdout
    assert opencpd("source", "check").exit_code == 2
    assert opencpd("source", "check", "list", "--file", str(file)).exit_code == 2


@pytest.mark.slow
def test_a_run_indexes_all_it_brought_however_much_that_is(opencpd: Opencpd) -> None:
    with FeedServer({"/list.csv": csv_bytes(ROWS[:1])}) as server:
        add(opencpd, server)
        opencpd("source", "run", "list")
        rows = [{"Code": f"D{n}", "Title": f"Other {n}"} for n in range(1_100)]
        server.routes["/list.csv"] = csv_bytes([*ROWS[:1], *rows])
        opencpd("source", "run", "list")
    assert answer(opencpd("search", "other", "--json"))["total"] == 1_100


def test_a_wrong_setting_is_named(opencpd: Opencpd) -> None:
    opencpd("society", "add", "ksoc", "--name", "en=Kenyan Society")
    done = opencpd("source", "add", "x", "--society", "ksoc", "--connector", "table")
    assert isinstance(done.exception, DomainError)
    assert [field.pointer for field in done.exception.fields] == ["config.url"]


def test_an_address_inside_the_network_is_refused_by_default(
    opencpd: Opencpd, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FeedServer({"/list.csv": csv_bytes(ROWS)}) as server:
        add(opencpd, server)
        monkeypatch.delenv("OPENCPD_FETCH_ALLOW")
        done = opencpd("source", "run", "list")
        assert done.exit_code == 1
        assert "failed" in done.stdout
        assert server.requests == []


def test_reindexing_finds_the_same_courses(opencpd: Opencpd) -> None:
    with FeedServer({"/list.csv": csv_bytes(ROWS)}) as server:
        add(opencpd, server)
        opencpd("source", "run", "list")
    assert "40 courses" in opencpd("reindex").stdout
    assert answer(opencpd("reindex", "--json")) == {"indexed": 40}
    assert answer(opencpd("search", "course", "--json"))["total"] == 40


def test_a_run_can_be_tried_validated_and_replayed(opencpd: Opencpd) -> None:
    with FeedServer({"/list.csv": csv_bytes(ROWS)}) as server:
        add(opencpd, server)
        tried = answer(opencpd("source", "run", "list", "--dry-run", "5", "--json"))
        assert tried["run"]["counters"]["seen"] == 5
        assert len(tried["report"]["titles"]) == 5
        checked = answer(opencpd("source", "run", "list", "--mode", "validate", "--json"))
        assert (checked["run"]["counters"]["new"], checked["run"]["state"]) == (40, "done")
        assert answer(opencpd("source", "runs", "list", "--json"))["issues"] == []
        shown = opencpd("source", "run", "list", "--dry-run", "2").stdout
        assert "W-LANG-MISSING x 2:" in shown
        assert "  Course number 1" in shown
        opencpd("source", "run", "list")
        asked = len(server.requests)
        replayed = answer(opencpd("source", "replay", "list", "--json"))
        assert (replayed["mode"], replayed["counters"]["unchanged"]) == ("replay", 40)
        assert len(server.requests) == asked


def test_a_source_rests_keeps_hours_and_goes_on(opencpd: Opencpd) -> None:
    with FeedServer({"/list.csv": csv_bytes(ROWS)}) as server:
        add(opencpd, server)
        paused = answer(opencpd("source", "pause", "list", "--json"))
        assert (paused["paused"], paused["next_due_at"]) == (True, None)
        assert "paused" in opencpd("source", "list").stdout
        assert answer(opencpd("source", "resume", "list", "--json"))["next_due_at"]
        hours = ("--every", "12", "--between", "02:00-05:00", "--timezone", "Asia/Shanghai")
        changed = answer(opencpd("source", "schedule", "list", *hours, "--json"))
        assert changed["window"]["timezone"] == "Asia/Shanghai"
        assert changed["every_hours"] == 12
        told = opencpd("source", "schedule", "list", *hours).stdout
        assert "every 12 h, 02:00-05:00 Asia/Shanghai; next " in told
        wrong = opencpd("source", "schedule", "list", "--between", "2-25:00", "--timezone", "Mars")
    assert isinstance(wrong.exception, DomainError)
    assert {one.code for one in wrong.exception.fields} == {"time-invalid", "timezone-unknown"}


def test_a_run_can_be_asked_for_and_cancelled_before_a_worker_makes_it(opencpd: Opencpd) -> None:
    with FeedServer({"/list.csv": csv_bytes(ROWS)}) as server:
        add(opencpd, server)
        queued = answer(opencpd("source", "run", "list", "--queue", "--json"))
        assert (queued["state"], queued["asked_by"]) == ("queued", "system:source")
        cancelled = answer(opencpd("source", "cancel", queued["id"], "--json"))
        assert cancelled["state"] == "cancelled"
        assert isinstance(opencpd("source", "cancel", queued["id"]).exception, DomainError)
        opencpd("source", "run", "list", "--queue")
        assert opencpd("worker", "--once").exit_code == 0
    assert answer(opencpd("search", "course", "--json"))["total"] == 40


def test_a_run_that_somebody_interrupts_is_gone_on_with(opencpd: Opencpd) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # others have set theirs
    page = {"cut": True}

    def answered(request: Request) -> Answer:
        if page["cut"] and "resumptionToken" in request.params:
            signal.raise_signal(signal.SIGINT)
        return repository(request)

    repository = OaiRepository(
        [OaiRecord(f"oai:{n}", dublin_core(f"Course number {n}")) for n in range(40)], page_size=10
    )
    with FeedServer({"/oai": answered}) as server:
        opencpd("society", "add", "ksoc", "--name", "en=Kenyan Society")
        opencpd(
            "source", "add", "oai", "--society", "ksoc", "--connector", "oai_pmh",
            "--set", f"base_url={server.url('/oai')}",
        )  # fmt: skip
        stopped = opencpd("source", "run", "oai")
        assert stopped.exit_code == 130, stopped.output
        (run,) = answer(opencpd("source", "runs", "oai", "--json"))["runs"]
        assert (run["state"], run["failure"], run["counters"]["seen"]) == ("failed", "stopped", 10)
        page["cut"] = False
        done = answer(opencpd("source", "run", "oai", "--json"))
        assert (done["id"], done["counters"]["new"]) == (run["id"], 40)


def test_a_sources_token_is_never_shown(opencpd: Opencpd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCPD_LOG_LEVEL", "DEBUG")
    site = MoodleSite([moodle_course(2, "Bridges"), moodle_course(3, "Tunnels")])
    with FeedServer({PATH: site}) as server:
        opencpd("society", "add", "ksoc", "--name", "en=Kenyan Society", "--country", "KE")
        told = [
            opencpd(
                "source", "add", "lms", "--society", "ksoc", "--connector", "moodle",
                "--set", f"url={server.url()}", "--set", f"token={TOKEN}", "--json",
            )
        ]  # fmt: skip
        assert answer(told[0])["config"] == {"url": server.url(), "token": HIDDEN}
        told += [opencpd("source", "check", "lms"), opencpd("source", "run", "lms", "--json")]
        assert answer(told[-1])["counters"]["new"] == 2
        site.errors = {"core_course_get_courses_by_field": ("invalidtoken", f"{TOKEN} is wrong")}
        told += [
            opencpd("source", *words)
            for words in (
                ("run", "lms"), ("check", "lms"), ("runs", "lms", "--json"),
                ("list", "--json"), ("list",),
            )
        ]  # fmt: skip
    assert site.asked[-1]["wstoken"] == TOKEN
    assert "make a new one" in told[3].output
    assert TOKEN not in "".join(result.output + repr(result.exception) for result in told)
