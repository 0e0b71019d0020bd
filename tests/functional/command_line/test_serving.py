"""A node that is served ends properly when it is told to."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.servers import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


def _serve(folder: Path, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", "from app.cli import main; main()", "serve", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENCPD_DATA_DIR": str(folder / "node")},
        stderr=subprocess.PIPE,
        text=True,
    )


def _servers_of(process: int) -> set[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return {
        one for one in map(int, listed) if "spawn_main" in Path(f"/proc/{one}/cmdline").read_text()
    }


def test_several_processes_answer_and_one_that_dies_is_replaced(tmp_path: Path) -> None:
    port = free_port()
    served = _serve(tmp_path, "--port", str(port), "--processes", "2", "--no-worker")
    try:
        assert served.stderr
        started = (line for line in served.stderr if "startup complete" in line)
        assert [next(started) for _ in range(2)]
        before = _servers_of(served.pid)
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)
        assert next(started)
        after = _servers_of(served.pid)
        assert len(after) == 2
        assert after != before
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == 200
        served.send_signal(signal.SIGTERM)
        _, rest = served.communicate(timeout=60)
    finally:
        served.kill()
    assert served.returncode == 0, rest
    assert "Traceback" not in rest


@pytest.mark.parametrize(
    "told", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_serving_ends_with_its_worker_when_it_is_told_to(tmp_path: Path, told: int) -> None:
    served = _serve(tmp_path, "--port", str(free_port()))
    try:
        assert served.stderr
        assert any("startup complete" in line for line in served.stderr)
        served.send_signal(told)
        _, rest = served.communicate(timeout=60)
    finally:
        served.kill()
    assert served.returncode == 0, rest
    assert "Traceback" not in rest
