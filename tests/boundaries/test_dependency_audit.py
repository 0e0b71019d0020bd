"""A vulnerable dependency fails the run; a registry that knows nothing is no pass."""

import runpy
from collections.abc import Callable
from typing import Any

import pytest

from tests.boundaries.test_shape import ROOT

GOOD = {"name": "httpx", "version": "0.28.1", "vulns": []}
BAD = {
    "name": "jinja2",
    "version": "3.1.2",
    "vulns": [{"id": "PYSEC-2024-1", "fix_versions": ["3.1.3"], "aliases": []}],
}
UNKNOWN = {"name": "uvicorn", "skip_reason": "Dependency not found and could not be audited"}


@pytest.fixture(scope="module")
def judge() -> Callable[[Any], tuple[int, list[str]]]:
    found: Callable[[Any], tuple[int, list[str]]] = runpy.run_path(str(ROOT / ".ci/audit.py"))[
        "judge"
    ]
    return found


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([GOOD], 0, "1 packages asked for, 0 vulnerabilities"),
        ([GOOD, BAD], 1, "VULNERABLE: jinja2 3.1.2: PYSEC-2024-1, mended in 3.1.3"),
        ([UNKNOWN, UNKNOWN], 0, "NOT RUN: the registry has no advisories"),
        ([UNKNOWN, BAD], 1, "NOT RUN for 1 packages: uvicorn"),
        ([GOOD, UNKNOWN], 0, "NOT RUN for 1 packages: uvicorn"),
    ],
)
def test_what_was_found_is_told_apart_from_what_was_not_asked(
    judge: Callable[[Any], tuple[int, list[str]]], packages: list[Any], code: int, said: str
) -> None:
    found, lines = judge({"dependencies": packages})
    assert found == code
    assert said in "\n".join(lines)
