"""``opencpd verify`` where nothing but the verifier is there: files, options, exit codes."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from app import __version__, entry
from app.proof import baking, compact
from app.verification import command
from app.verification.files import RECORD
from tests.simulator.issuer import NOW, SimulatedIssuer
from tests.simulator.stick import Stick

Opencpd = Callable[..., Result]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def stick() -> Stick:
    made = Stick()
    made.society.revoked = {1}
    return made


@pytest.fixture
def run(
    stick: Stick,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs the command in a folder with a few records; gives its exit code and what it said."""
    society = stick.society
    files: dict[str, bytes] = {
        "bundle.json": stick.signed(),
        "good.json": society.secure_json(society.record()),
        "good.jwt": society.secure_jwt(society.record()).encode(),
        "revoked.jwt": society.secure_jwt(society.record(index=1)).encode(),
        "broken.json": b'{"@context": [',
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)

    def run(*words: str, bundle: str = "bundle.json", node: Any = None) -> tuple[int, str, str]:
        given: Sequence[str] = [*words, "--bundle", bundle] if bundle else words
        code = command.run(command.ask(given), now=NOW, node=node)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.mark.parametrize(
    ("file", "code", "last"),
    [
        ("good.json", 0, "issued by Kijani Society of Engineers (in the bundle) to urn:uuid:"),
        ("good.jwt", 0, "issued by Kijani Society of Engineers (in the bundle) to urn:uuid:"),
        ("revoked.jwt", 1, "NOT ACCEPTED"),
        ("broken.json", 2, "NOT ACCEPTED"),
    ],
)
def test_the_exit_code_says_what_the_lines_say(run: Run, file: str, code: int, last: str) -> None:
    ended, out, _ = run(file)
    assert ended == code
    assert out.splitlines()[-1].startswith(last)
    assert len([line for line in out.splitlines() if line[:2].strip().isdigit()]) == 10


def test_json_is_one_object_for_one_record_and_a_line_each_for_several(run: Run) -> None:
    code, out, _ = run("good.json", "--json")
    answer = json.loads(out)
    assert (code, answer["outcome"], answer["file"]) == (0, "pass", "good.json")
    assert [check["number"] for check in answer["checks"]] == list(range(1, 11))
    code, out, _ = run("good.json", "revoked.jwt", "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 1
    assert [(one["file"], one["outcome"]) for one in answers] == [
        ("good.json", "pass"),
        ("revoked.jwt", "fail"),
    ]


def test_several_files_are_answered_in_a_line_each_and_the_worst_counts(run: Run) -> None:
    code, out, _ = run("good.json", "revoked.jwt", "broken.json")
    assert code == 2
    first, second, third = out.splitlines()
    assert first.startswith("good.json  accepted  urn:uuid:")
    assert second.startswith("revoked.jwt  not accepted  status.revocation: ")
    assert third.startswith("broken.json  not readable  record.readable: ")


def test_every_line_may_be_a_record(run: Run, stick: Stick, tmp_path: Path) -> None:
    good, revoked = (tmp_path / name for name in ("good.jwt", "revoked.jwt"))
    lines = [good.read_bytes(), b"", b"x" * (5 * RECORD.size), revoked.read_bytes(), b"{"]
    (tmp_path / "many").write_bytes(b"\n".join(lines))
    code, out, _ = run("many", "--lines", "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 2
    assert [(one["line"], one["outcome"]) for one in answers] == [
        (1, "pass"), (3, "fail"), (4, "fail"), (5, "fail"),
    ]  # fmt: skip
    code, out, _ = run("many", "--lines")
    assert out.splitlines()[0].startswith("many:1  accepted")


def test_standard_input_is_a_file_like_others(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    good = Path("good.jwt").read_bytes()
    for words, data in ((("-",), good), (("-", "--lines"), good + b"\n" + good)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert run(*words)[0] == 0


def test_images_and_printed_codes_hold_records(run: Run, stick: Stick, tmp_path: Path) -> None:
    token = stick.society.secure_jwt(stick.society.record())
    picture = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"/></svg>'
    (tmp_path / "badge.svg").write_bytes(baking.bake_svg(picture.encode(), record=token.encode()))
    code_text = compact.pack(stick.society.secure_json(stick.society.record()))
    (tmp_path / "code.txt").write_text(f"https://node.example/r#{code_text}\n")
    (tmp_path / "empty.svg").write_text(picture)
    assert run("badge.svg")[0] == 0
    assert run("code.txt")[0] == 0
    code, out, errors = run("empty.svg")
    assert (code, out) == (2, "")
    assert errors.splitlines()[-1].startswith("opencpd verify: empty.svg: ")
    code, out, _ = run("empty.svg", "badge.svg", "--json")
    assert code == 2
    assert [json.loads(line)["outcome"] for line in out.splitlines()] == ["fail", "pass"]


def test_the_time_may_be_another_one(run: Run) -> None:
    assert run("good.json", "--at", "2026-11-23T13:00:00Z")[0] == 0
    code, out, _ = run("good.json", "--at", "2026-12-23T13:00:00Z")
    assert code == 1
    assert out.endswith("NOT ACCEPTED: undecided\n")


def test_a_bundle_is_believed_only_as_it_was_asked(run: Run, stick: Stick, tmp_path: Path) -> None:
    key = stick.publisher.token_key.multibase
    code, _, errors = run("good.json")
    assert code == 0
    assert f"compare the key: --publisher-key {key}" in errors
    assert run("good.json", "--publisher-key", key)[::2] == (0, "")
    stranger = SimulatedIssuer().token_key.multibase
    assert run("good.json", "--publisher-key", stranger, "--publisher-key", key)[0] == 0
    code, out, errors = run("good.json", "--publisher-key", stranger)
    assert (code, out) == (2, "")
    assert "the bundle bundle.json is refused" in errors
    assert run("good.json", "--least-version", "7")[0] == 0
    code, _, errors = run("good.json", "--least-version", "8")
    assert code == 2
    assert "version 8 or later is needed" in errors
    later = replace(stick.bundle(), issued_at=NOW + timedelta(days=1))
    (tmp_path / "unsigned.json").write_text(json.dumps({"issuers": [], "version": later.version}))
    code, _, errors = run("good.json", bundle="unsigned.json")
    assert code == 2
    assert "not signed" in errors


def test_files_that_the_record_names_are_compared(run: Run, stick: Stick, tmp_path: Path) -> None:
    file = f"{stick.society.base_url}/files/programme.pdf"
    (tmp_path / "other.pdf").write_bytes(b"%PDF-other")
    code, out, _ = run("good.json", "--resource", f"{file}=other.pdf")
    assert code == 1
    assert "FAIL record.resources" in out
    assert run("good.json", "--resource", f"{file}=none.pdf")[0] == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "FILE"),
        (["a", "--at", "yesterday"], "is not a time with its zone"),
        (["a", "--bundle", "b", "--publisher-key", "x"], "is no public key"),
        (["a", "--publisher-key", "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"], "name a"),
        (["a", "--resource", "=x"], "is not ID=FILE"),
        (["a", "b", "--resource", "urn:x=y"], "name one FILE"),
        (["a", "--bun", "b"], "unrecognized"),
    ],
)
def test_a_wrong_option_is_named(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command.ask(words)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_without_a_bundle_and_without_a_server_it_says_what_to_install(run: Run) -> None:
    code, _, errors = run("good.json", bundle="")
    assert code == 2
    assert errors == (
        'opencpd verify: without --bundle it needs the server: pip install "opencpd[server]"\n'
    )


HEAVY = {"typer", "rich", "click", "fastapi", "starlette", "sqlalchemy", "pydantic", "httpx"}


def test_it_starts_without_loading_the_server(run: Run) -> None:
    script = (
        "import sys; from app import entry\n"
        "try: entry.main()\n"
        "finally: print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "verify", "good.json", "--bundle", "bundle.json",
         "--at", "2026-11-23T12:00:00Z"],
        capture_output=True, text=True, env={"PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert HEAVY & set(done.stderr.splitlines()[-1].split()) == set()


def test_it_says_which_version_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["opencpd", "--version"])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"opencpd {__version__}\n"


def test_the_page_for_a_stick_is_written(opencpd: Opencpd, tmp_path: Path) -> None:
    assert opencpd("verify-page", "-o", "page.html").exit_code == 0
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
