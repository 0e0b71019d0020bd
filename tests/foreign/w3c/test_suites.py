"""The public W3C suites pass against a running node. Needs ``OPENCPD_W3C_SUITES``; see ``run``."""

import os
from pathlib import Path

import pytest

from tests.foreign.w3c import run
from tests.foreign.w3c.suites import SUITES, Suite

pytestmark = [pytest.mark.foreign, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def folder() -> Path:
    return Path(os.environ["OPENCPD_W3C_SUITES"])


@pytest.mark.parametrize(
    "suite", [suite for suite in SUITES if suite.required], ids=lambda suite: suite.name
)
def test_every_required_test_of_a_suite_passes(folder: Path, suite: Suite) -> None:
    [result] = run.run(folder, (suite,))
    assert result.good, run.table([result])
