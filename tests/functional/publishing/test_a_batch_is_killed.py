"""Killed with -9 in the middle of a batch: the same key again, and nothing is twice or missing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulator.publishing import Publisher, counted, publishing_house

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("publish_batch.py")
ITEMS = 250


def run(url: str, folder: Path, token: str, commits: int = 0) -> tuple[int, list[str]]:
    command = [sys.executable, str(SCRIPT), url, str(folder), token, str(ITEMS), str(commits)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    last = (done.stdout.splitlines() or [""])[-1]  # before it stands the log
    return done.returncode, last.split()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_commit_of_a_batch_may_be_its_last(database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "node"
    with publishing_house(folder, database_url) as made:
        cse = Publisher(made)
        token = cse.headers["Authorization"].removeprefix("Bearer ")
        with made.node.database.read() as session:
            before = counted(session)
        made.node.index.close()  # of those that share an embedded index, one has it open
        kills = [run(database_url, folder, token, commits)[0] for commits in (1, 2, 4)]
        assert kills == [-signal.SIGKILL] * 3
        code, told = run(database_url, folder, token)
        assert (code, told[:2]) == (0, ["200", "first"])
        code, told = run(database_url, folder, token)
        assert (code, told) == (0, ["200", "true", "1"])
        with made.node.database.read() as session:
            after = counted(session)
        assert after["courses"] - before["courses"] == ITEMS
        assert after["told"] - before["told"] == ITEMS
        listed = cse.listed()
        assert {one["version"] for one in listed} == {1}
        assert {one["remote_id"] for one in listed} == {f"C-{n}" for n in range(ITEMS)}
