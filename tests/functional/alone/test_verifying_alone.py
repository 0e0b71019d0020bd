"""``pip install opencpd[verify]`` in an environment of its own: what comes along, what it does."""

import json
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import __version__
from tests import generated
from tests.conftest import skip_or_fail
from tests.simulator.stick import Stick

pytestmark = pytest.mark.slow
NEEDED = {"opencpd", "cryptography", "cffi", "pycparser", "pyoxigraph", "rfc8785"}
ALWAYS_THERE = {"pip", "setuptools", "wheel"}
QUICKLY = 0.5
"""Seconds of the processor; it takes a tenth of a second, and the server's commands 1.5."""


@dataclass(frozen=True)
class Alone:
    """An environment with the verifier, and a folder with things to verify."""

    programs: Path
    folder: Path

    def run(self, program: str, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self.programs / program, *words],
            cwd=self.folder, capture_output=True, text=True, env={"PATH": os.defpath},
        )  # fmt: skip


def pip(environment: Path, *words: str | Path) -> None:
    done = subprocess.run(
        [environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "-q", *words],
        capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode and "No matching distribution" in done.stderr:
        skip_or_fail(f"no package registry: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Alone:
    home = tmp_path_factory.mktemp("alone")
    environment = home / "env"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip(environment, "wheel", "--no-deps", "-w", home / "wheel", generated.ROOT)
    (wheel,) = (home / "wheel").glob("opencpd-*.whl")
    pip(environment, "install", f"{wheel}[verify]")
    folder = home / "things" / "opencpd-demo"
    (folder / "records").mkdir(parents=True)
    stick = Stick()
    stick.society.revoked = {1}
    record = stick.society.record
    (folder / "trust-bundle.json").write_bytes(stick.signed())
    (folder / "records" / "1.json").write_bytes(stick.society.secure_json(record()))
    (folder / "records" / "1.jwt").write_text(stick.society.secure_jwt(record()))
    (folder / "records" / "4.jwt").write_text(stick.society.secure_jwt(record(index=1)))
    (folder / "records" / "broken").write_text("{")
    return Alone(environment / "bin", folder.parent)


def test_nothing_comes_along_but_what_verifying_needs(alone: Alone) -> None:
    listed = json.loads(alone.run("python", "-m", "pip", "list", "--format", "json").stdout)
    assert {one["name"].lower() for one in listed} - ALWAYS_THERE == NEEDED


@pytest.mark.parametrize(
    ("record", "code", "outcome"),
    [("1.json", 0, "pass"), ("1.jwt", 0, "pass"), ("4.jwt", 1, "fail"), ("broken", 2, "fail")],
)
def test_the_command_works_and_starts_quickly(
    alone: Alone, record: str, code: int, outcome: str
) -> None:
    words = ["verify", f"opencpd-demo/records/{record}", "--json"]
    words += ["--bundle", "opencpd-demo/trust-bundle.json", "--at", "2026-11-23T12:00:00Z"]
    alone.run("opencpd", *words)  # the first start compiles
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = alone.run("opencpd", *words)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (code, outcome), done.stderr
    assert took < QUICKLY


def test_it_says_which_version_is_installed(alone: Alone) -> None:
    done = alone.run("opencpd", "--version")
    assert (done.returncode, done.stdout) == (0, f"opencpd {__version__}\n")


@pytest.mark.parametrize("words", [["serve"], ["issue", "roster.csv"], ["no-such"]])
def test_every_other_command_says_what_to_install(alone: Alone, words: list[str]) -> None:
    done = alone.run("opencpd", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'every other command needs the server: pip install "opencpd[server]"\n'


def test_help_names_what_there_is(alone: Alone) -> None:
    done = alone.run("opencpd")
    assert done.returncode == 0
    assert done.stdout.startswith("opencpd verify FILE --bundle FILE  Verify records, offline.")
    assert 'pip install "opencpd[server]"' in done.stdout
    assert "--publisher-key KEY" in alone.run("opencpd", "verify", "--help").stdout


def test_verifying_without_a_bundle_says_what_is_missing(alone: Alone) -> None:
    done = alone.run("opencpd", "verify", "opencpd-demo/records/1.jwt")
    assert done.returncode == 2
    assert "without --bundle it needs the server" in done.stderr


def test_the_readmes_python_runs(alone: Alone) -> None:
    code = generated.examples()["verify alone"]
    there = code.replace("datetime.now(UTC)", "datetime(2026, 11, 23, 12, tzinfo=UTC)")
    assert there != code
    done = alone.run("python", "-I", "-c", there)
    assert done.stdout == "Seismic design of masonry walls\n", done.stderr
