"""The README's connector, built and installed with pip in an environment of its own, and used.

The environment is new; what OpenCPD itself needs is lent to it by the one that runs the tests, so
that the test builds two wheels instead of fetching a hundred.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from sysconfig import get_path
from typing import Any

import pytest

from tests import generated
from tests.conftest import skip_or_fail
from tests.simulator.feeds import Answer, FeedServer, Request

pytestmark = pytest.mark.slow
PACKAGE = "cpd_connector_geosoc"
PAGES: dict[str, dict[str, Any]] = {
    "0": {"courses": [{"id": "1", "title": "Soil mechanics"}], "more": True, "last": "1"},
    "1": {"courses": [{"id": "2", "title": "Tunnels"}, {"id": "3"}], "more": False, "last": "3"},
}


@dataclass(frozen=True)
class Beside:
    """An environment with OpenCPD and the package, and a node's folder."""

    programs: Path
    home: Path

    def run(self, program: str, *words: str) -> "subprocess.CompletedProcess[str]":
        settings = {
            "PATH": os.defpath,
            "OPENCPD_DATA_DIR": str(self.home / "node"),
            "OPENCPD_CONNECTORS": "geosoc",
            "OPENCPD_FETCH_ALLOW": "127.0.0.0/8",
        }
        return subprocess.run(
            [self.programs / program, *words],
            cwd=self.home, env=settings, capture_output=True, text=True,
        )  # fmt: skip

    def told(self, *words: str) -> Any:
        done = self.run("opencpd", *words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def _pip(environment: Path, *words: str | Path) -> None:
    done = subprocess.run(
        [environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "-q", *words],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode and "No matching distribution" in done.stderr:
        skip_or_fail(f"no package registry: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Beside:
    home = tmp_path_factory.mktemp("beside")
    environment = home / "env"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(get_path("purelib") + "\n")
    project = home / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(generated.examples()["connector pyproject"])
    (project / f"{PACKAGE}.py").write_text(generated.examples()["connector"])
    wheels = home / "wheels"
    _pip(environment, "wheel", "--no-deps", "-w", wheels, project, generated.ROOT)
    (ours,) = wheels.glob("opencpd-*.whl")
    (theirs,) = wheels.glob(f"{PACKAGE}-*.whl")
    _pip(environment, "install", "--no-index", "--no-deps", "--ignore-installed", ours)
    _pip(environment, "install", "--no-index", theirs)
    (home / "test_geosoc.py").write_text(generated.examples()["connector test"])
    return Beside(environment / "bin", home)


def test_both_come_from_their_wheels_and_from_nowhere_else(beside: Beside) -> None:
    where = f"import connectors, {PACKAGE} as p; print(connectors.__file__, p.__file__)"
    done = beside.run("python", "-c", where)
    assert done.returncode == 0, done.stderr
    assert [str(beside.home / "env") in path for path in done.stdout.split()] == [True, True]


def test_the_node_finds_the_connector_by_its_entry_point(beside: Beside) -> None:
    done = beside.run("opencpd", "connectors")
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, ["geosoc"], "")


def test_its_tests_pass_where_it_is_installed(beside: Beside) -> None:
    done = beside.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_geosoc.py")
    assert done.returncode == 0, done.stdout
    assert int(done.stdout.splitlines()[-1].split()[0]) > 10, done.stdout


def test_it_is_harvested_by_the_nodes_own_command(beside: Beside) -> None:
    def answer(request: Request) -> Answer:
        return json.dumps(PAGES[request.params["after"]]).encode()

    with FeedServer({"/feed": answer}) as feeds:
        beside.told("society", "add", "geosoc", "--name", "en=Geological Society")
        beside.told("source", "add", "geo", "--society", "geosoc", "--connector", "geosoc",
                    "--set", f"feed_url={feeds.url('/feed')}")  # fmt: skip
        run = beside.told("source", "run", "geo")
    assert run["state"] == "done_with_errors", "one item has no title"
    assert {name: run["counters"][name] for name in ("seen", "new", "rejected")} == {
        "seen": 3, "new": 2, "rejected": 1,
    }  # fmt: skip
    assert "Tunnels" in json.dumps(beside.told("search", "tunnels"))
