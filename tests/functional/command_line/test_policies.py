"""``opencpd policy`` and ``opencpd recognise``: what they say, and how they end."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import cli
from app.recognition.policies import shipped
from tests.simulator.issuer import SimulatedIssuer
from tests.simulator.stick import Stick

VECTORS = Path(__file__).parents[2] / "vectors" / "recognition"
AT = "2026-11-23T12:00:00Z"
POLICY = """
policy_id: kijani
policy_version: 1
registry: R
status: draft
unit: hour
time_zone: Africa/Nairobi
issuers: {accept_tags: [partner], otherwise: review}
map:
  - {id: course, when: {}, measure: contact_minutes, per: 60, credit: 1, category: imported}
caps:
  - {id: year, period: year, max: "5/2"}
"""


@pytest.fixture(scope="module")
def stick() -> Stick:
    made = Stick()
    made.society.revoked = {1}
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stick: Stick) -> Path:
    """A folder with a policy, records and a bundle."""
    society: SimulatedIssuer = stick.society
    files: dict[str, bytes] = {
        "bundle.json": stick.signed(),
        "good.json": society.secure_json(society.record()),
        "good.jwt": society.secure_jwt(society.record()).encode(),
        "revoked.jwt": society.secure_jwt(society.record(index=1)).encode(),
        "broken.json": b'{"@context": [',
        "latin.yaml": "policy_id: é".encode("latin-1"),
        "policy.yaml": POLICY.encode(),
        "faulty.yaml": POLICY.replace("period: year", "period: yearly").encode(),
        "used.yaml": b"used: {year: 2}\n",
        "wrong.yaml": b"used: {year: -2}\n",
        "seen.yaml": b"holder: bound\nissuer_tags: [partner]\n",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def opencpd(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words), catch_exceptions=False)


def recognise(file: str, *words: str, policy: str = "policy.yaml") -> Result:
    given = ["--policy", policy, "--bundle", "bundle.json", "--at", AT]
    return opencpd("recognise", file, *given, *words)


def test_a_policy_is_checked_and_looked_through(folder: Path) -> None:
    ended = opencpd("policy", "check", "policy.yaml")
    assert ended.exit_code == 0
    *advice, what, last = ended.stdout.splitlines()
    assert any("There is no cycle" in line for line in advice)
    assert what.startswith("kijani version 1 of R: draft, hash ")
    assert last == f"faults: 0, to look at: {len(advice)}"


def test_a_faulty_policy_ends_with_its_lines_and_exit_code_1(folder: Path) -> None:
    ended = opencpd("policy", "check", "faulty.yaml")
    assert ended.exit_code == 1
    assert ended.stdout.startswith("fault  line 12: caps[0].period: ")
    said = json.loads(opencpd("policy", "check", "faulty.yaml", "--json").stdout)
    assert said["valid"] is False
    assert said["faults"][0]["line"] == 12
    assert said["faults"][0]["code"] == "enum"


def test_a_check_can_be_read_by_programs(folder: Path) -> None:
    said = json.loads(opencpd("policy", "check", "policy.yaml", "--json").stdout)
    assert said["valid"] is True
    assert said["policy"]["policy_id"] == "kijani"
    assert {"code", "path", "line", "detail", "mend"} == set(said["findings"][0])


def test_two_versions_are_compared_in_words(folder: Path) -> None:
    (folder / "new.yaml").write_text(POLICY.replace('max: "5/2"', "max: 3"))
    ended = opencpd("policy", "diff", "policy.yaml", "new.yaml")
    assert (ended.exit_code, ended.stdout) == (0, "Cap year: 5/2 -> 3\n1 different\n")
    (said,) = json.loads(opencpd("policy", "diff", "policy.yaml", "new.yaml", "--json").stdout)
    assert (said["path"], said["old"], said["new"]) == ("caps.year", "5/2", "3")
    assert opencpd("policy", "diff", "policy.yaml", "faulty.yaml").exit_code == 2


@pytest.mark.parametrize("file", ["latin.yaml", "absent.yaml"])
def test_a_file_that_cannot_be_read_ends_with_exit_code_2(folder: Path, file: str) -> None:
    ended = opencpd("policy", "check", file)
    assert ended.exit_code == 2
    assert file in ended.stderr


def test_vectors_end_with_their_count(folder: Path) -> None:
    ended = opencpd("policy", "try", "--vectors", str(VECTORS / "research.yaml"))
    assert (ended.exit_code, ended.stdout) == (0, "25 passed, 0 failed\n")


def test_each_mismatch_of_a_policy_of_ones_own_is_told(folder: Path) -> None:
    own = shipped.texts()["us-nd-v1"].replace('per: "50"', 'per: "60"')
    (folder / "own.yaml").write_text(own)
    vectors = str(VECTORS / "research.yaml")
    ended = opencpd("policy", "try", "--vectors", vectors, "--policy", "own.yaml")
    assert ended.exit_code == 0  # 90 minutes are an hour and a half by the clock too
    vectors = str(VECTORS / "bodies.yaml")
    ended = opencpd("policy", "try", "--vectors", vectors, "--policy", "own.yaml")
    lines = ended.stdout.splitlines()
    assert ended.exit_code == 1
    assert "  credited: expected 3/2, found 1" in lines
    assert lines[-1] == "72 passed, 2 failed"
    said = json.loads(
        opencpd("policy", "try", "--vectors", vectors, "--policy", "own.yaml", "--json").stdout
    )
    assert (said["passed"], said["failed"]) == (72, 2)
    failed = [one["id"] for one in said["vectors"] if not one["passed"]]
    assert failed == ["ND-1", "ND-2"]


@pytest.mark.parametrize("file", ["policy.yaml", "broken.json", "absent.yaml"])
def test_what_is_no_file_of_vectors_ends_with_exit_code_2(folder: Path, file: str) -> None:
    ended = opencpd("policy", "try", "--vectors", file)
    assert ended.exit_code == 2
    assert file in ended.stderr


def test_a_record_is_decided_with_every_step_in_words(folder: Path) -> None:
    ended = recognise("good.json", "--bound", "--issuer-tag", "partner")
    assert ended.exit_code == 0
    lines = ended.stdout.splitlines()
    assert lines[0] == "accept_capped  Counted in part"
    assert "amount   5/2 (2.5) hour" in lines
    assert "policy   kijani version 1 (draft)" in lines
    assert "reason   CAP:year: The limit year has been reached." in lines
    assert "  + The signature is valid." in lines


def test_a_record_can_be_decided_in_another_language(folder: Path) -> None:
    ended = recognise("good.jwt", "--seen", "seen.yaml", "--language", "ru")
    assert ended.exit_code == 0
    assert "Подпись действительна." in ended.stdout
    assert recognise("good.jwt", "--language", "tlh").exit_code == 2


def test_what_has_counted_already_is_taken_from_the_ledger(folder: Path) -> None:
    ended = recognise("good.json", "--seen", "seen.yaml", "--ledger", "used.yaml", "--json")
    said = json.loads(ended.stdout)
    assert (ended.exit_code, said["credited"], said["used"]) == (0, "1/2", {"year": "2"})
    assert said["decides"] is False
    assert len(said["sentences"]) == len(said["trace"])
    assert said["facts"]["issuer_tags"] == ["partner"]


@pytest.mark.parametrize(
    ("file", "words", "reason"),
    [
        ("good.json", [], "HOLDER_UNBOUND"),
        ("good.json", ["--bound"], "ISSUER_UNKNOWN"),
        ("revoked.jwt", ["--seen", "seen.yaml"], "STATUS_REVOKED"),
    ],
)
def test_what_does_not_count_ends_with_exit_code_1_and_the_reason(
    folder: Path, file: str, words: list[str], reason: str
) -> None:
    ended = recognise(file, *words)
    assert ended.exit_code == 1
    assert f"reason   {reason}: " in ended.stdout


@pytest.mark.parametrize(
    ("file", "words", "told"),
    [
        ("broken.json", [], "broken.json is not a record"),
        ("absent.json", [], "absent.json"),
        ("good.json", ["--ledger", "wrong.yaml"], "used.year"),
        ("good.json", ["--seen", "used.yaml"], "used"),
        ("good.json", ["--bundle", "policy.yaml"], "policy.yaml"),
        ("good.json", ["--at", "yesterday"], "--at"),
        ("good.json", ["--publisher-key", "zzz"], "--publisher-key"),
    ],
)
def test_what_cannot_be_read_ends_with_exit_code_2(
    folder: Path, file: str, words: list[str], told: str
) -> None:
    ended = recognise(file, *words)
    assert ended.exit_code == 2
    assert told in ended.stderr


def test_a_policy_that_cannot_be_read_decides_nothing(folder: Path) -> None:
    ended = recognise("good.json", policy="faulty.yaml")
    assert ended.exit_code == 2
    assert "line 12" in ended.stderr


@pytest.mark.slow
def test_without_a_bundle_the_node_says_what_it_knows(
    folder: Path, opencpd: Callable[..., Result]
) -> None:
    """This node knows nothing of the society, so its signature is not known to be valid."""
    given = ["--policy", "policy.yaml", "--at", AT, "--seen", "seen.yaml"]
    ended = opencpd("recognise", "good.json", *given)
    assert ended.exit_code == 1
    assert ended.stdout.startswith("review  A person must decide")
    assert "reason   SIG_UNKNOWN: " in ended.stdout
