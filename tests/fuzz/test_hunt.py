"""A short hunt with each target: long ones are run by hand (``python -m tests.fuzz.hunt``)."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(
    "target", ["record", "signed", "presentation", "status", "bundle", "forms"]
)
def test_a_short_hunt_finds_nothing(target: str, tmp_path: Path) -> None:
    if find_spec("atheris") is None:
        skip_or_fail("atheris is not there for this Python")
    hunt = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.hunt", target, "-max_total_time=5", "-timeout=10"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert hunt.returncode == 0, hunt.stderr[-3000:]
    assert "Done" in hunt.stderr
