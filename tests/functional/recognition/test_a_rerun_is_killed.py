"""A run that is killed anywhere ends as one that nobody disturbed: nothing lost, nothing twice."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.platform.db import Database
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Cause, RunState
from tests.simulator.ledgers import Ledgers, Registry

SCRIPT = Path(__file__).with_name("rerun_once.py")
ROOT = Path(__file__).parents[3]
REGISTRANTS = 9


def start(url: str, folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), url, str(folder), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def assert_all_is_decided_once(registry: Registry, ids: list[str]) -> None:
    with registry.database.read() as session:
        runs = [one for one in ledger.run_page(session, registry.id).items if one.changed]
        (run,) = runs
        changes = ledger.run_changes(session, run.id, limit=1000).items
        made = [ledger.history(session, one) for one in ids]
    assert run.state is RunState.DONE
    assert (run.looked, run.changed) == (len(ids), len(ids))
    assert sorted(one.submission_id for one in changes) == sorted(ids)
    assert {len(one) for one in made} == {2}
    assert {one[-1].cause for one in made} == {Cause.POLICY}
    assert {str(one[-1].decision.credited) for one in made} == {"2", "1"}


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_a_rerun_killed_anywhere_loses_nothing(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    registry = Ledgers(database).registry()
    registry.adopt(cap="3")
    ids = []
    for number in range(REGISTRANTS):
        ada = registry.registrant()
        registry.link(ada, f"ada-{number}@example.org")
        ids += [registry.counted(ada, minutes=60).id for _ in range(2)]
    registry.adopt(version=2, credit="2", cap="3")
    killed, errors = 0, ""
    for commits in range(1, 40):
        process = start(database_url, tmp_path / "mail", str(commits % 9 + 1))
        _, errors = process.communicate()
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, errors
        killed += 1
    process = start(database_url, tmp_path / "mail")
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert killed >= 5
    assert_all_is_decided_once(registry, ids)
    told = [one.read_text() for one in (tmp_path / "mail").iterdir()]
    named = {line for mail in told for line in mail.splitlines() if line.startswith("To:")}
    assert named == {f"To: ada-{number}@example.org" for number in range(REGISTRANTS)}
