from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import cli

Opencpd = Callable[..., Result]


@pytest.fixture
def opencpd(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    database_url: str,
    search_settings: dict[str, str],
) -> Opencpd:
    """The command on a node of this test's own."""
    monkeypatch.setenv("OPENCPD_DATA_DIR", str(tmp_path / "node"))
    monkeypatch.setenv("OPENCPD_DATABASE_URL", database_url)
    for name, value in search_settings.items():
        monkeypatch.setenv(f"OPENCPD_{name.upper()}", value)
    monkeypatch.setenv("OPENCPD_FETCH_ALLOW", "127.0.0.0/8")
    monkeypatch.setenv("OPENCPD_LOG_LEVEL", "ERROR")
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, list(words), catch_exceptions=True)

    return run
