"""What the runner of the W3C suites makes of their reports."""

from pathlib import Path
from typing import Any

import pytest

from tests.foreign.w3c import run
from tests.foreign.w3c.suites import SUITES, Suite

SUITE = Suite("a-suite", "A suite", required=2, parts=("Ours ",))


def report(*, passes: int, failures: int = 0, pending: int = 0) -> dict[str, Any]:
    def tests(count: int, **more: Any) -> list[dict[str, Any]]:
        return [{"fullTitle": f"Ours test {number}", **more} for number in range(count)]

    return {
        "passes": [*tests(passes), {"fullTitle": "Theirs test"}],
        "failures": tests(failures, err={"message": "no\nreason"}),
        "pending": tests(pending),
    }


def test_a_suite_is_good_when_all_that_is_required_passed() -> None:
    result = run.read_report(report(passes=2, pending=3), SUITE)
    assert (result.passed, result.skipped, result.failed) == (2, 3, ())
    assert result.good


@pytest.mark.parametrize("said", [report(passes=1), report(passes=3, failures=1)])
def test_too_few_tests_or_one_that_failed_are_not_good(said: dict[str, Any]) -> None:
    result = run.read_report(said, SUITE)
    assert not result.good
    if result.failed:
        assert "Ours test 0\n        no reason" in run.table([result])


def test_a_suite_of_which_nothing_is_required_never_spoils_a_run() -> None:
    watched = Suite("another", "Another", required=0)
    assert run.read_report(report(passes=0, failures=2), watched).good


def test_a_folder_without_the_suites_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="npm install"):
        run.run(tmp_path, SUITES)
