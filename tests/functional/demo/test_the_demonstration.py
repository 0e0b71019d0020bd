import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.demo.node import DemoError
from app.proof.encoding import base64url_decode, base64url_encode
from app.verification import Outcome
from app.verification.receipt import read_receipt
from app.verification.signed_bundle import open_bundle
from tests import generated
from tests.conftest import skip_or_fail
from tests.foreign import run as foreign
from tests.simulator.demonstration import OPENCPD, RunningDemo
from tests.simulator.issuer import SimulatedIssuer

pytestmark = pytest.mark.slow

BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


def verify(record: Path, bundle: Path) -> tuple[int, dict[str, str]]:
    """The command's exit code and what each check found."""
    words = ["verify", str(record), "--bundle", str(bundle), "--json"]
    done = CliRunner().invoke(cli, words)
    checks = json.loads(done.stdout)["checks"]
    return done.exit_code, {check["code"]: check["outcome"] for check in checks}


def failed(outcomes: dict[str, str]) -> list[str]:
    return [code for code, outcome in outcomes.items() if outcome == "fail"]


def test_it_harvests_three_societies_and_says_what_to_do_next(demo: RunningDemo) -> None:
    assert re.findall(r"done, (\d+) courses seen over (\w+), \d+ new, 0 rejected", demo.said) == [
        ("8", "oai_pmh"),
        ("8", "moochub"),
        ("9", "table"),
    ]
    assert f"opencpd verify {demo.file('1.json')} --bundle {demo.bundle}" in demo.said


def test_who_asks_for_a_link_finds_it_in_the_terminal_and_signs_in(demo: RunningDemo) -> None:
    assert f"{demo.named_url}/sign-in" in demo.said
    with httpx.Client(base_url=demo.url, headers=BROWSER) as browser:
        sent = browser.post("/sign-in", data={"email": "ada@example.org"}, follow_redirects=True)
        assert "shows it in the terminal" in sent.text
        path = demo.says(f"^{demo.named_url}(/sign-in/link/\\S+)$")
        assert "You sign in as" in browser.get(path).text
        account = browser.post(path, follow_redirects=True)
    assert account.url.path == "/account"
    assert "ada@example.org" in account.text


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("seismic design of tall buildings", "Seismic design of tall buildings"),
        ("抗震设计", "高层建筑抗震设计"),
        ("抗震設計", "高层建筑抗震设计"),
        ("پلوں کا معائنہ", "پلوں کا ڈیزائن اور معائنہ"),
    ],
)
def test_a_search_in_each_language_finds_the_right_course(
    demo: RunningDemo, words: str, title: str
) -> None:
    found = httpx.get(f"{demo.url}/api/v1/search", params={"q": words}).raise_for_status().json()
    assert title in found["hits"][0]["course"]["title"].values()
    page = httpx.get(demo.url, params={"q": words}, headers={"Accept": "text/html"})
    assert f"/courses/{found['hits'][0]['id']}" in page.text


def test_the_node_is_ready(demo: RunningDemo) -> None:
    assert httpx.get(f"{demo.url}/healthz").json()["status"] == "ok"
    assert httpx.get(f"{demo.url}/readyz").json()["outbox"]["waiting"] == 0


def test_the_printed_command_verifies_a_record(demo: RunningDemo) -> None:
    line = next(line for line in demo.said.splitlines() if "opencpd verify" in line)
    done = subprocess.run([OPENCPD, *line.split()[1:]], capture_output=True, text=True)
    assert done.returncode == 0
    assert "ACCEPTED: 高层建筑抗震设计" in done.stdout


@pytest.mark.parametrize("name", ["1.json", "1.jwt", "2.json", "2.jwt", "3.json", "3.jwt"])
def test_its_records_verify_offline(demo: RunningDemo, name: str) -> None:
    code, outcomes = verify(demo.file(name), demo.bundle)
    assert code == 0
    assert set(outcomes.values()) == {"pass"}


def test_a_node_verifies_with_what_it_knows_as_others_do_with_its_bundle(
    demo: RunningDemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENCPD_DATA_DIR", str(demo.folder))
    monkeypatch.setenv("OPENCPD_LOG_LEVEL", "ERROR")
    files = [str(demo.file("1.jwt")), str(demo.file("4.json"))]
    known, carried = (
        CliRunner().invoke(cli, ["verify", *files, *words])
        for words in ([], ["--bundle", str(demo.bundle)])
    )
    assert (known.exit_code, carried.exit_code) == (1, 1)
    assert known.stdout == carried.stdout
    assert len(known.stdout.splitlines()) == 2


def test_a_node_gives_a_receipt_of_what_it_verified(
    demo: RunningDemo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = json.loads((demo.folder / "demo.json").read_text())
    monkeypatch.setenv("OPENCPD_DATA_DIR", str(demo.folder))
    monkeypatch.setenv("OPENCPD_KEY_PASSPHRASE", kept["passphrase"])
    monkeypatch.setenv("OPENCPD_PUBLIC_URL", demo.named_url)
    monkeypatch.setenv("OPENCPD_LOG_LEVEL", "ERROR")
    file = tmp_path / "receipt.jwt"
    words = ["verify", str(demo.file("4.jwt")), "--receipt", str(file)]
    assert CliRunner().invoke(cli, words).exit_code == 1
    node = open_bundle(demo.bundle.read_bytes(), publisher_keys=None, least_version=None)
    record = demo.file("4.jwt").read_bytes().strip()
    receipt = read_receipt(file.read_text().strip(), key=node.key, record=record)
    assert (receipt.verifier, receipt.outcome) == (node.publisher, Outcome.FAIL)
    assert [check.code for check in receipt.checks if check.error] == ["status.revocation"]


def test_one_changed_byte_is_refused(demo: RunningDemo, tmp_path: Path) -> None:
    whole = demo.file("1.json").read_bytes()
    changed = tmp_path / "changed.json"
    changed.write_bytes(whole.replace(b'"960"', b'"961"'))
    assert changed.read_bytes() != whole
    code, outcomes = verify(changed, demo.bundle)
    assert (code, failed(outcomes)) == (1, ["proof.signature"])


def test_one_added_member_is_refused(demo: RunningDemo, tmp_path: Path) -> None:
    changed = tmp_path / "added.json"
    changed.write_text(json.dumps(json.loads(demo.file("1.json").read_text()) | {"cpdHours": 999}))
    code, outcomes = verify(changed, demo.bundle)
    assert (code, failed(outcomes)) == (1, ["proof.signature"])


def test_a_revoked_record_is_refused(demo: RunningDemo) -> None:
    for name in ("4.json", "4.jwt"):
        code, outcomes = verify(demo.file(name), demo.bundle)
        assert (code, failed(outcomes)) == (1, ["status.revocation"])


def test_an_unknown_issuer_is_refused(demo: RunningDemo, tmp_path: Path) -> None:
    stranger, record = SimulatedIssuer(), tmp_path / "strange.jwt"
    record.write_text(stranger.secure_jwt(stranger.record()))
    code, outcomes = verify(record, demo.bundle)
    assert (code, failed(outcomes)) == (1, ["issuer.known"])


def test_a_changed_bundle_is_refused(demo: RunningDemo, tmp_path: Path) -> None:
    bundle, signed = tmp_path / "bundle.json", json.loads(demo.bundle.read_text())
    payload = json.loads(base64url_decode(signed["payload"]))
    payload["version"] += 1
    changed = signed | {"payload": base64url_encode(json.dumps(payload).encode())}
    bundle.write_text(json.dumps(changed))
    words = ["verify", str(demo.file("1.json")), "--bundle", str(bundle)]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 2
    assert "bundle.json is refused: The bundle cannot be believed" in done.stderr


def test_an_unreadable_file_has_an_exit_code_of_its_own(demo: RunningDemo, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_bytes(demo.file("1.json").read_bytes()[:-20])
    assert verify(broken, demo.bundle)[0] == 2


def test_started_again_it_goes_on_from_where_it_was(demo: RunningDemo) -> None:
    port = demo.url.rpartition(":")[2]
    busy = subprocess.run(
        [OPENCPD, "demo", "--folder", demo.folder, "--once"], capture_output=True, text=True
    )
    assert busy.returncode == 1
    assert f"Port {port} is taken" in busy.stderr
    other = CliRunner().invoke(cli, ["demo", "--folder", str(demo.folder), "--port", "1"])
    assert isinstance(other.exception, DemoError)
    assert "--folder" in str(other.exception)


@pytest.mark.slow
def test_a_second_start_does_nothing_twice(tmp_path: Path) -> None:
    folder = tmp_path / "node"

    def start() -> tuple[str, list[bytes]]:
        done = subprocess.run(
            [OPENCPD, "demo", "--folder", folder, "--once"],
            capture_output=True, text=True, check=True, timeout=100,
        )  # fmt: skip
        return done.stdout, [file.read_bytes() for file in sorted(folder.glob("records/*"))]

    _, first = start()
    said, second = start()
    assert first == second
    assert re.findall(r"(\d+) new", said) == ["0", "0", "0"]


@pytest.mark.foreign
def test_verifiers_written_by_others_accept_its_record(demo: RunningDemo) -> None:
    if reason := foreign.install():
        skip_or_fail(reason)
    records = [
        (demo.file(f"{number}.json").read_bytes(), demo.file(f"{number}.jwt").read_text())
        for number in ("1", "2", "3")
    ]
    for verdicts in foreign.verify_each_with_all(records, demo.named_url):
        assert verdicts == dict.fromkeys(verdicts, True)
        assert verdicts.keys() >= {"jose", "pyjwt", "digitalbazaar", "dcc"}


@pytest.mark.foreign
def test_verifiers_written_by_others_see_that_a_record_was_revoked(demo: RunningDemo) -> None:
    if reason := foreign.install():
        skip_or_fail(reason)
    for judge in ("digitalbazaar", "dcc"):
        verdict = foreign.verdict(judge, demo.file("4.json").read_bytes(), demo.named_url)
        assert verdict["verified"] is False


def example(name: str, demo: RunningDemo) -> str:
    """The README's code, pointed to the running demonstration."""
    code = generated.examples()[name].replace("http://localhost:8000", demo.url)
    return code.replace("opencpd-demo", str(demo.folder))


def test_the_readmes_python_verifies_a_record(demo: RunningDemo, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", example("python", demo)],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout.startswith("高层建筑抗震设计 did:web:localhost"), done.stderr


@pytest.mark.foreign
def test_the_readmes_javascript_verifies_a_record(demo: RunningDemo, tmp_path: Path) -> None:
    if reason := foreign.install():
        skip_or_fail(reason)
    script = foreign.HOME / f"readme-{os.getpid()}.mjs"
    script.write_text(example("jose", demo))
    done = subprocess.run(["node", script], capture_output=True, text=True, cwd=foreign.HOME)
    script.unlink()
    assert done.stdout.startswith("高层建筑抗震设计 did:web:localhost"), done.stderr
