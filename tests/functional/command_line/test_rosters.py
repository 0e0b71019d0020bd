"""Issuing rosters, deciding about them and giving grants from a terminal."""

import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from app.cli import rosters as command
from tests.functional.command_line.conftest import Opencpd
from tests.simulator import rosters

pytestmark = pytest.mark.slow


@pytest.fixture
def node(opencpd: Opencpd, monkeypatch: pytest.MonkeyPatch) -> Opencpd:
    monkeypatch.setenv("OPENCPD_KEY_PASSPHRASE", "a passphrase of the tests")
    monkeypatch.setenv("OPENCPD_PUBLIC_URL", "https://cpd.example")
    opencpd("society", "add", "cse", "--name", "en=A society", "--issues")
    opencpd("society", "add", "house", "--name", "en=A training house")
    return opencpd


def written(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "roster.csv"
    path.write_bytes(data)
    return str(path)


def told(output: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(output)
    return found


def test_a_roster_is_issued_here_and_now(node: Opencpd, tmp_path: Path) -> None:
    file = written(tmp_path, rosters.as_csv(rosters.rows(5, every_bad=5)))
    done = node("issue", file, "--society", "cse")
    assert done.exit_code == 1  # one row was not issued
    assert "4 issued" in done.stdout
    assert "Contact minutes" in done.stdout
    assert "number-form" in done.stdout
    rest = node("issue", written(tmp_path, rosters.as_csv(rosters.rows(4))), "--society", "cse")
    assert (rest.exit_code, "4 there before" in rest.stdout) == (0, True)


@pytest.mark.slow
def test_without_waiting_the_worker_issues_it(node: Opencpd, tmp_path: Path) -> None:
    file = written(tmp_path, rosters.as_csv(rosters.rows(2)))
    done = node("issue", file, "--society", "cse", "--no-wait", "--json")
    roster = json.loads(done.stdout)
    assert (done.exit_code, roster["state"]) == (0, "checking")
    again = json.loads(node("issue", file, "--society", "cse", "--no-wait", "--json").stdout)
    assert again["id"] == roster["id"]
    node("worker", "--once")
    node("worker", "--once")
    shown = json.loads(node("roster", "show", roster["id"], "--json").stdout)
    assert (shown["state"], shown["counts"]["issued"]) == ("done", 2)
    assert roster["id"] in node("roster", "list", "cse").stdout
    (listed,) = json.loads(node("roster", "list", "cse", "--json").stdout)
    assert listed == {name: value for name, value in shown.items() if name != "errors"}


@pytest.mark.slow
def test_all_or_nothing_issues_nothing_for_one_bad_row(node: Opencpd, tmp_path: Path) -> None:
    file = written(tmp_path, rosters.as_csv(rosters.rows(3, every_bad=3)))
    done = node("issue", file, "--society", "cse", "--all-or-nothing", "--json")
    roster = json.loads(done.stdout)
    assert (done.exit_code, roster["state"], roster["counts"]["issued"]) == (1, "rejected", 0)
    errors = node("roster", "errors", roster["id"]).stdout
    assert "row,column,field,value,code,mend" in errors


@pytest.mark.slow
def test_somebody_else_approves(
    node: Opencpd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert node("society", "set", "cse", "--approval").exit_code == 0
    file = written(tmp_path, rosters.as_csv(rosters.rows(1)))
    roster = json.loads(node("issue", file, "--society", "cse", "--json").stdout)
    assert roster["state"] == "waiting_for_approval"
    same = node("roster", "approve", roster["id"])
    assert getattr(same.exception, "code", None) == "roster-same-person"
    monkeypatch.setattr(command.getpass, "getuser", lambda: "somebody-else")
    assert node("roster", "approve", roster["id"]).exit_code == 0
    node("worker", "--once")
    assert json.loads(node("roster", "show", roster["id"], "--json").stdout)["state"] == "done"
    node("society", "set", "cse", "--no-approval")
    other = written(tmp_path, rosters.as_csv([rosters.row(9)]))
    assert node("issue", other, "--society", "cse").exit_code == 0


@pytest.mark.slow
def test_a_roster_is_rejected_or_cancelled(node: Opencpd, tmp_path: Path) -> None:
    node("society", "set", "cse", "--approval")
    ids = [
        json.loads(
            node("issue", written(tmp_path, rosters.as_csv([rosters.row(n)])), "--society", "cse",
                 "--json").stdout
        )["id"]
        for n in range(2)
    ]  # fmt: skip
    rejected = node("roster", "reject", ids[0], "--reason", "Not our course.", "--json")
    assert told(rejected.stdout)["reason"] == "Not our course."
    assert told(node("roster", "cancel", ids[1], "--json").stdout)["state"] == "cancelled"


@pytest.mark.slow
def test_templates_are_written(node: Opencpd, tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    assert node("roster", "template", "xlsx", "--output", str(path)).exit_code == 0
    assert load_workbook(io.BytesIO(path.read_bytes())).sheetnames == ["Roster", "Explained"]
    assert "register_number" in node("roster", "template", "csv").stdout


def test_grants_are_given_listed_and_ended(node: Opencpd) -> None:
    given = node("grant", "add", "cse", "house", "--until", "2099-01-01", "--json")
    grant = json.loads(given.stdout)
    assert grant["action"] == "records:issue"
    assert grant["id"] in node("grant", "list", "cse").stdout
    assert node("grant", "end", "cse", grant["id"]).exit_code == 0
    (listed,) = json.loads(node("grant", "list", "cse", "--json").stdout)
    assert listed["ended_at"]
    refused = node("grant", "add", "cse", "nobody")
    assert refused.exit_code != 0
