import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.harvest import RunState, service
from app.platform.db import Database
from tests.functional.harvest.killing import empty, record, rows
from tests.simulator.feeds import Answer, FeedServer, OaiRepository, Request

SCRIPT = Path(__file__).with_name("run_once.py")
ROOT = Path(__file__).parents[3]
RECORDS = 2_050


def start(url: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), url, "s", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_a_run_killed_anywhere_ends_in_the_state_of_an_undisturbed_one(database_url: str) -> None:
    database = Database.open(database_url)
    repository = OaiRepository([record(number) for number in range(1, RECORDS + 1)], page_size=50)
    victim: list[subprocess.Popen[str]] = []
    kill_at_page: list[int] = []

    def answer(request: Request) -> Answer:
        page = request.params.get("resumptionToken", "0|").partition("|")[0]
        if victim and kill_at_page == [int(page)]:
            victim[0].send_signal(signal.SIGKILL)
        return repository(request)

    with FeedServer({"/oai": answer}) as feeds:
        empty(database, feeds.url("/oai"))
        process = start(database_url)
        out, errors = process.communicate()
        assert (process.returncode, out.split()[1:]) == (0, [str(RECORDS)]), errors
        undisturbed = rows(database)
        assert len(undisturbed["raw_item"]) == RECORDS
        assert len(undisturbed["course"]) > 1_900

        empty(database, feeds.url("/oai"))
        # 1. While it waits for page 12. 2. Before it commits its 8th page after that; the first
        # commit is the run's beginning. 3. While it waits for page 30.
        for page, commits in ((12, 0), (None, 9), (30, 0)):
            kill_at_page[:] = [] if page is None else [page]
            victim[:] = [start(database_url, str(commits))]
            victim[0].communicate()
            assert victim[0].returncode == -signal.SIGKILL
        with database.read() as session:
            (stopped,) = service.list_runs(session, "s")
            assert stopped.state is RunState.RUNNING
            assert 0 < stopped.counters.seen < RECORDS
        victim.clear()
        process = start(database_url)
        out, errors = process.communicate()
        assert (process.returncode, out.split()[1:]) == (0, [str(RECORDS)]), errors
        asked = [one.params.get("resumptionToken", "") for one in feeds.requests]
    disturbed = rows(database)
    database.close()
    for name, expected in undisturbed.items():
        assert disturbed[name] == expected, name
    from_the_beginning = sum(not token for token in asked)
    assert from_the_beginning == 4, "Identify and the first page, in each of the two runs"
