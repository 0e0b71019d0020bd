"""A node that is served ends properly when it is told to."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "told", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_serving_ends_with_its_worker_when_it_is_told_to(tmp_path: Path, told: int) -> None:
    served = subprocess.Popen(
        [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port",
         str(free_port())],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENCPD_DATA_DIR": str(tmp_path / "node")},
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert served.stderr
        assert any("startup complete" in line for line in served.stderr)
        served.send_signal(told)
        _, rest = served.communicate(timeout=60)
    finally:
        served.kill()
    assert served.returncode == 0, rest
    assert "Traceback" not in rest
