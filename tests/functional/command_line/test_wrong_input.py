"""Whatever is typed wrongly ends in one clear line and an exit code, never in a traceback."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import main
from tests.simulator.feeds import FeedServer

pytestmark = pytest.mark.slow

Said = Callable[..., tuple[int, str]]
ADD = ("source", "add", "q", "--society", "soc", "--connector", "table")


@pytest.fixture
def said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Said:
    """Runs a command on a node of this test's own; gives its exit code and its complaint."""
    monkeypatch.setenv("OPENCPD_DATA_DIR", str(tmp_path / "node"))
    monkeypatch.setenv("OPENCPD_LOG_LEVEL", "ERROR")
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["opencpd", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(str(ended.value.code)), capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((*ADD, "--set", "url=https://c.example/a.csv"), 1, "no society soc"),
        ((*ADD, "--config", "cut.json"), 2, "cut.json is not JSON"),
        ((*ADD, "--config", "list.json"), 2, "list.json must hold a JSON object"),
        ((*ADD, "--config", "none.json"), 2, "none.json cannot be read: No such file"),
        ((*ADD, "--every", "-1"), 2, "--every"),
        (("source", "run", "q"), 1, "no source q"),
        (("source", "release", "q"), 1, "no run q"),
        (("verify", "none.json"), 2, "none.json cannot be read"),
        (("trust", "export", "--output", "bundle.json"), 1, "no keys of its own"),
        (("serve", "--port", "99999"), 2, "--port"),
        (("demo", "--folder", "cut.json"), 1, "cut.json cannot be used"),
    ],
)
def test_what_is_wrong_is_said(
    said: Said, tmp_path: Path, words: tuple[str, ...], code: int, told: str
) -> None:
    (tmp_path / "cut.json").write_text('{"url": ')
    (tmp_path / "list.json").write_text("[1, 2]")
    ended, complaint = said(*words)
    assert ended == code
    assert told in complaint


@pytest.mark.parametrize(
    ("setting", "code", "told"),
    [
        ("DATABASE_URL=postgresql://u@127.0.0.1:1/x", 1, "the database does not answer"),
        ("DATABASE_URL=mysql://u@127.0.0.1/x", 2, "setting OPENCPD_DATABASE_URL: must begin"),
        ("FETCH_ALLOW=everything", 2, "setting OPENCPD_FETCH_ALLOW: 'everything' does not"),
        ("PUBLIC_URL=example", 2, "setting OPENCPD_PUBLIC_URL: must be an http"),
        ("LOG_LEVEL=LOUD", 2, "setting OPENCPD_LOG_LEVEL"),
        (
            'OIDC_PROVIDERS=[{"id":"a","label":"A","client_id":"c","issuer":"http://a.example"}]',
            2,
            "setting OPENCPD_OIDC_PROVIDERS/0/issuer: must be an https address",
        ),
        ("SIGNER_CONFIG={module}", 2, "signer_config"),
        ("DATA_DIR=/dev/null", 1, "/dev/null cannot be used"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(
    said: Said, monkeypatch: pytest.MonkeyPatch, setting: str, code: int, told: str
) -> None:
    name, _, value = setting.partition("=")
    monkeypatch.setenv(f"OPENCPD_{name}", value)
    ended, complaint = said("society", "list")
    assert (ended, len(complaint.splitlines())) == (code, 1)
    assert told in complaint


def test_another_passphrase_is_refused_before_it_makes_keys(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENCPD_KEY_PASSPHRASE", "the one and only")
    assert said("society", "add", "one", "--name", "en=One", "--issues")[0] == 0
    monkeypatch.setenv("OPENCPD_KEY_PASSPHRASE", "another")
    ended, complaint = said("society", "add", "two", "--name", "en=Two", "--issues")
    assert ended == 1
    assert "OPENCPD_KEY_PASSPHRASE is not the one" in complaint
    assert len(complaint.splitlines()) == 1


def test_an_address_that_is_taken_is_said_before_anything_is_done(said: Said) -> None:
    with FeedServer() as other:
        ended, complaint = said("serve", "--port", str(other.port))
    assert ended == 1
    assert complaint == f"cannot listen on 127.0.0.1 port {other.port}: Address already in use\n"
