"""The README's programs that publish courses do so, against a node that is served."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.generated import examples
from tests.simulator.members import House
from tests.simulator.publishing import Publisher, as_lines, item
from tests.simulator.site import served


def run(command: list[str], made: House, cse: Publisher, folder: Path) -> str:
    client_id, secret = made.credentials[cse.society]
    with served(made.app) as url:
        done = subprocess.run(
            command,
            cwd=folder,
            env={
                "PATH": os.environ["PATH"], "NODE": url, "SOCIETY": cse.society,
                "CLIENT_ID": client_id, "CLIENT_SECRET": secret,
            },
            capture_output=True, text=True, timeout=100,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.once
def test_the_python_program(made: House, cse: Publisher, tmp_path: Path) -> None:
    program = [sys.executable, "-I", "-c", examples()["publish python"]]
    assert run(program, made, cse, tmp_path).splitlines() == ["new", "unchanged"]
    assert len(cse.listed()) == 1000
    assert cse.get("bridges/1").json()["version"] == 1
    assert cse.get("bridges/1000").json()["course"]["duration"] == "PT12H"


@pytest.mark.slow
@pytest.mark.once
def test_the_lines_for_curl(made: House, cse: Publisher, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        skip_or_fail("no curl: install Debian's curl")
    (tmp_path / "courses.ndjson").write_bytes(as_lines([item(1), {"remote_id": "x"}]))
    told = run(["sh", "-e", "-c", examples()["publish curl"]], made, cse, tmp_path)
    assert '"outcome":"new"' in told
    assert '"outcome":"rejected"' in told
    assert {one["remote_id"] for one in cse.listed()} == {"C-101", "C-1"}
