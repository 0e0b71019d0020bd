"""Somebody else verifies an exported trail with a few lines; the node has commands for it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text
from typer.testing import CliRunner

from app.cli import cli
from tests import generated
from tests.functional.history.conftest import issue, seal
from tests.simulator.members import House

pytestmark = pytest.mark.slow

VERIFIER = generated.examples()["verify history"]
Opencpd = Callable[..., Result]


@pytest.fixture
def opencpd(made: House, monkeypatch: pytest.MonkeyPatch) -> Opencpd:
    """The command on the same node."""
    monkeypatch.setenv("OPENCPD_DATA_DIR", str(made.node.settings.data_dir))
    monkeypatch.setenv("OPENCPD_DATABASE_URL", made.node.settings.database)
    monkeypatch.setenv("OPENCPD_LOG_LEVEL", "ERROR")
    monkeypatch.chdir(made.node.settings.data_dir)
    return lambda *words: CliRunner().invoke(cli, ["audit", *words])


def exported(made: House, opencpd: Opencpd, folder: Path) -> Path:
    issue(made, "cse", 1)
    file = folder / "trail.ndjson"
    done = opencpd("export", str(file))
    assert done.exit_code == 0, done.stderr
    return file


def verify(file: Path) -> subprocess.CompletedProcess[str]:
    script = file.with_name("verify.py")
    script.write_text(VERIFIER)
    command = [sys.executable, str(script), str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


def test_a_second_party_verifies_the_trail_without_the_node(
    made: House, opencpd: Opencpd, tmp_path: Path
) -> None:
    file = exported(made, opencpd, tmp_path)
    found = verify(file)
    assert found.returncode == 0, found.stderr
    assert found.stdout == opencpd("head").stdout

    lines = file.read_bytes().splitlines(keepends=True)
    told = json.loads(lines[2])
    told["row"]["who"] = "client:somebody-else"
    for changed in (
        [*lines[:2], json.dumps(told).encode() + b"\n", *lines[3:]],
        [*lines[:2], *lines[3:]],
        [*lines[:2], lines[1], *lines[2:]],
    ):
        file.write_bytes(b"".join(changed))
        refused = verify(file)
        assert refused.returncode == 1
        assert refused.stderr.startswith("position 3:")


def test_the_node_names_the_row_that_was_changed(made: House, opencpd: Opencpd) -> None:
    issue(made, "cse", 1)
    seal(made)
    whole = opencpd("verify", "--json")
    assert whole.exit_code == 0, whole.stderr
    found = json.loads(whole.stdout)
    head = f"{found['head']['position']}:{found['head']['hash']}"
    assert opencpd("verify", "--head", head).exit_code == 0
    with made.node.database.write() as session:
        if made.node.database.is_sqlite:
            session.execute(text("DROP TRIGGER audit_refuse_UPDATE"))
        else:
            session.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_refuse"))
        session.execute(text("UPDATE audit SET action = 'record.revoke' WHERE id = 3"))
    refused = opencpd("verify")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "changed: Row 3 is not what was sealed at position" in refused.stderr


@pytest.mark.parametrize("head", ["1", "x:y", "1:ff", ":" + "0" * 64])
def test_a_head_that_is_none_is_not_understood(opencpd: Opencpd, head: str) -> None:
    assert opencpd("verify", "--head", head).exit_code == 2


def test_one_organisations_part_is_written_as_a_table(made: House, opencpd: Opencpd) -> None:
    issue(made, "ebk", 1)
    done = opencpd("export", "-", "--as", "csv", "--organisation", "ebk")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("position,previous,hash,id,at,who")
    assert "organisation:cse" not in done.stdout
