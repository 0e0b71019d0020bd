"""Killed with -9 in the middle, again and again: nothing is issued twice, nothing is missing."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.catalogue.model import NewSociety
from app.platform import clock
from app.platform.db import Database
from app.records.enrolment import enrol
from app.records.rosters import service
from app.records.rosters.model import Roster, RowState, State
from app.records.rosters.tables import RosterLineRow
from app.records.tables import RecordRow
from app.trust.signer import FileSigner
from tests.functional.records import issue_roster
from tests.simulator import rosters

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("issue_roster.py")


def submit(database: Database, keys: Path, data: bytes) -> str:
    signer = FileSigner(keys, issue_roster.PASSPHRASE)
    with database.write() as session:
        enrol(
            session, NewSociety(names={"en": "A society"}, id="cse"), signer=signer,
            public_url=issue_roster.PUBLIC_URL, at=clock.now(),
        )  # fmt: skip
    roster = service.submit(
        database, io.BytesIO(data), society_id="cse", who="client:test", at=clock.now()
    )
    return roster.id


def run(url: str, keys: Path, commits: int = 0) -> int:
    command = [sys.executable, str(SCRIPT), url, str(keys), str(commits)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode


def roster_of(database: Database, roster_id: str) -> Roster:
    with database.read() as session:
        return service.find_roster(session, roster_id)


def assert_each_once(database: Database, roster_id: str, *, good: int, bad: int) -> None:
    roster = roster_of(database, roster_id)
    assert roster.state is State.DONE_WITH_ERRORS
    assert (roster.rows, roster.bad, roster.failed) == (good + bad, bad, 0)
    assert (roster.issued, roster.existed) == (good, 0)
    with database.read() as session:
        states = dict(
            session.execute(select(RecordRow.state, func.count()).group_by(RecordRow.state)).all()
        )
        assert states == {"issued": good}
        settled = session.execute(
            select(func.count(), func.count(RosterLineRow.record_id.distinct())).where(
                RosterLineRow.state == RowState.ISSUED
            )
        ).one()
        assert tuple(settled) == (good, good)
        places = session.scalar(
            select(func.count()).select_from(
                select(RecordRow.list_no, RecordRow.list_index).distinct().subquery()
            )
        )
        assert places == good
        said = session.scalars(select(RecordRow.json).limit(3)).all()
        errors = list(service.all_errors(database, roster_id))
    assert len({error.row for error in errors}) == bad
    assert all("proof" in json.loads(one or "{}") for one in said)


@pytest.mark.slow
def test_every_commit_may_be_the_last(database_url: str, tmp_path: Path) -> None:
    database = Database.open(database_url)
    roster_id = submit(database, tmp_path / "keys", rosters.as_csv(rosters.rows(410, every_bad=40)))
    kills = 0
    for commits in range(1, 40):
        if run(database_url, tmp_path / "keys", commits) == 0:
            break
        kills += 1
    assert kills >= 3
    assert_each_once(database, roster_id, good=400, bad=10)
    database.close()


@pytest.mark.slow
def test_a_few_thousand_rows_are_killed_in_the_middle(database_url: str, tmp_path: Path) -> None:
    database = Database.open(database_url)
    data = rosters.as_csv(rosters.rows(3000, every_bad=100))
    roster_id = submit(database, tmp_path / "keys", data)
    for commits in (4, 17, 30):
        assert run(database_url, tmp_path / "keys", commits) == -signal.SIGKILL
    assert run(database_url, tmp_path / "keys") == 0
    assert_each_once(database, roster_id, good=2970, bad=30)
    database.close()
