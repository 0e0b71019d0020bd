"""The standing of records, from a terminal."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import update

from app.platform.db import Database
from app.platform.problems import NotFound
from app.records.standing.rules import OrderInvalid
from app.records.status import Purpose
from app.records.status.tables import PublishedListRow
from tests.simulator.node import Node
from tests.simulator.standing import ones, stored

pytestmark = pytest.mark.slow

Opencpd = Callable[..., Result]
UNKNOWN = "0190e2a0-0000-7000-8000-000000000000"


@pytest.fixture
def node(database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Node:
    """Records whose keys are those of the command's own node, in the test's memory."""
    made = Node(database, now)
    made.add_society("cse")
    monkeypatch.setattr("app.wiring._signer", lambda _settings: made.signer)
    return made


def test_records_are_suspended_reinstated_and_revoked(
    opencpd: Opencpd, node: Node, tmp_path: Path
) -> None:
    one, other, third = stored(node, 3)
    done = opencpd("status", "suspend", one, f"urn:uuid:{other}", "--reason", "under_review")
    assert done.exit_code == 0, done.output
    assert done.stdout == "suspended: 2, were so before: 0, refused: 0\n"
    assert len(ones(node, Purpose.SUSPENSION)) == 2
    assert opencpd("status", "reinstate", one, "--reason", "cleared").exit_code == 0
    file = tmp_path / "ids.txt"
    file.write_text(f"# wrong hall\n{one}\n\nurn:uuid:{third}\r\n{UNKNOWN}\n")
    revoked = opencpd(
        "status", "revoke", "--file", str(file), "--reason", "error", "--reference", "2026/117"
    )
    assert revoked.exit_code == 1
    assert revoked.stdout == "revoked: 2, were so before: 0, refused: 1\n"
    assert f"refused {UNKNOWN}: There is no such record." in revoked.stderr
    assert len(ones(node, Purpose.REVOCATION)) == 2
    shown = opencpd("status", "show", one).stdout
    assert f"{one}: revoked\n" in shown
    assert "revoked by operator: error, case 2026/117" in shown
    assert "/societies/cse/status/1\n" in shown
    told = json.loads(opencpd("status", "show", one, "--json").stdout)
    assert [change["action"] for change in told["history"]["changes"]] == [
        "suspend",
        "reinstate",
        "revoke",
    ]
    assert [url.rpartition("/")[2] for url in told["lists"]] == ["1", "suspension", "refresh"]


def test_a_dry_run_changes_nothing(opencpd: Opencpd, node: Node) -> None:
    ids = stored(node, 2, course_run="2026-11")
    dry = opencpd("status", "revoke", *ids, "--reason", "error", "--dry-run", "--json")
    told = json.loads(dry.stdout)
    assert (told["dry_run"], told["changed"]) == (True, 2)
    search = ("--society", "cse", "--course-run", "2026-11")
    counted = opencpd("status", "revoke", *search, "--reason", "error", "--dry-run")
    assert (counted.exit_code, counted.stdout) == (0, "2 records would be revoked\n")
    assert ones(node, Purpose.REVOCATION) == set()


def test_a_search_must_be_counted_before_it_changes_anything(opencpd: Opencpd, node: Node) -> None:
    stored(node, 2, course_run="2026-11")
    command = (
        "status",
        "revoke",
        "--society",
        "cse",
        "--course-run",
        "2026-11",
        "--reason",
        "error",
    )
    unsaid = opencpd(*command)
    assert unsaid.exit_code == 2
    assert "--expected 2" in unsaid.stderr
    wrong = opencpd(*command, "--expected", "3")
    assert "2 records" in str(wrong.exception)
    assert ones(node, Purpose.REVOCATION) == set()
    assert opencpd(*command, "--expected", "2").exit_code == 0
    assert len(ones(node, Purpose.REVOCATION)) == 2


def test_what_cannot_be_done_is_said_plainly(opencpd: Opencpd, node: Node, tmp_path: Path) -> None:
    (one,) = stored(node, 1)
    for words in (
        ("--reason", "error"),
        (one, "--society", "cse", "--reason", "error"),
        ("--course", "c-1", "--reason", "error"),
        ("--file", str(tmp_path / "none"), "--reason", "error"),
        (one, "--reason", "whatever"),
        ("--society", "cse", "--issued-from", "soon", "--reason", "error"),
    ):
        assert opencpd("status", "revoke", *words).exit_code == 2, words
    empty = opencpd("status", "revoke", "--society", "cse", "--reason", "error")
    assert isinstance(empty.exception, OrderInvalid)
    unfit = opencpd("status", "revoke", one, "--reason", "cleared")
    assert unfit.exit_code == 1
    assert "give one of" in unfit.stderr
    assert isinstance(opencpd("status", "show", UNKNOWN).exception, NotFound)


def test_lists_are_compared_with_the_records_and_made_again(opencpd: Opencpd, node: Node) -> None:
    stored(node, 1)
    assert opencpd("status", "check").exit_code == 0
    with node.database.write() as session:
        flipped = b"\x80" + bytes(131_072 // 8 - 1)
        session.execute(update(PublishedListRow).values(bits=flipped))
    found = opencpd("status", "check")
    assert found.exit_code == 1
    assert found.stdout.count("differs from the records") == 3
    assert opencpd("status", "publish").stdout == "published the lists of 1 numbers\n"
    assert opencpd("status", "check", "--json").exit_code == 0
