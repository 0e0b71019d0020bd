"""Certificates and badges from a terminal."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import Result

from app.platform.db import Database
from app.platform.problems import Invalid, NotFound
from app.proof.baking import unbake_png, unbake_svg
from app.verification.forms import find_record
from tests.simulator.node import COMPLETION, Node

Opencpd = Callable[..., Result]
pytestmark = pytest.mark.slow


@pytest.fixture
def record(database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> tuple[str, bytes]:
    """A record of the command's own node: its id and its JSON."""
    node = Node(database, now, public_url="http://127.0.0.1:8000")
    node.add_society("cse")
    monkeypatch.setattr("app.wiring._signer", lambda _settings: node.signer)
    monkeypatch.setattr("app.platform.clock.now", lambda: now)
    record_id = node.complete("cse", COMPLETION, key="one").json()["id"]
    return record_id, node.forms(record_id, "cse")[0]


def test_a_record_by_its_id_becomes_each_form(
    opencpd: Opencpd, record: tuple[str, bytes], tmp_path: Path
) -> None:
    record_id, json = record
    readers = {"pdf": find_record, "PNG": unbake_png, "svg": unbake_svg}
    for ending, read in readers.items():
        file = tmp_path / f"out.{ending}"
        done = opencpd("certificate", f"urn:uuid:{record_id}", "-o", str(file))
        assert done.exit_code == 0, done.output
        assert read(file.read_bytes()) == json


def test_a_badge_becomes_a_certificate_in_another_language(
    opencpd: Opencpd, record: tuple[str, bytes], tmp_path: Path
) -> None:
    record_id, json = record
    badge, page = tmp_path / "badge.svg", tmp_path / "page.pdf"
    opencpd("certificate", record_id, "-o", str(badge))
    done = opencpd(
        "certificate", str(badge), "-o", str(page), "--language", "ar", "--name", "ليلى حسن"
    )
    assert done.exit_code == 0, done.output
    assert find_record(page.read_bytes()) == json


def test_what_cannot_be_made_says_why(
    opencpd: Opencpd, record: tuple[str, bytes], tmp_path: Path
) -> None:
    record_id, _ = record
    out = str(tmp_path / "page.pdf")
    wrong = opencpd("certificate", record_id, "-o", str(tmp_path / "page.docx"))
    assert wrong.exit_code == 2
    assert "must end in .pdf, .png or .svg" in wrong.stderr
    assert isinstance(opencpd("certificate", "no-such", "-o", out).exception, NotFound)
    spoken = opencpd("certificate", record_id, "-o", out, "--language", "tlh")
    assert isinstance(spoken.exception, Invalid)
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 nothing")
    refused = opencpd("certificate", str(broken), "-o", out)
    assert refused.exit_code == 2
    assert "holds no record" in refused.stderr
