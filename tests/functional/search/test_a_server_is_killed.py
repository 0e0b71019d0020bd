"""The search server is killed amid changes, and an index is built anew under constant searches.

The same with the real numbers: ``tests/bench/search``, ``kill`` and ``rebuild``.
"""

from pathlib import Path

import pytest

from tests import servers
from tests.bench.search import filled, kill, rebuild
from tests.conftest import STACK, skip_or_fail

pytestmark = pytest.mark.slow


@pytest.mark.timeout(240)
def test_a_search_server_that_is_killed_loses_nothing_and_the_site_stays_up(
    tmp_path: Path,
) -> None:
    if STACK == "small":
        pytest.skip("the embedded engine has no server: runs on the large stack")
    with (
        servers.killable_meilisearch() as server,
        filled.database(tmp_path, name="opencpd_killed_small") as url,
    ):
        if server is None:
            skip_or_fail("no Meilisearch: install npm")
        else:
            told, wrong = kill.run(tmp_path, url, server, courses=150, updates=300, away=4)
            assert wrong == []
            assert told["differing"] == 0


@pytest.mark.timeout(240)
def test_an_index_that_is_built_anew_gives_no_empty_or_partial_answer(tmp_path: Path) -> None:
    engine = "embedded" if STACK == "small" else "meilisearch"
    found = rebuild.run(tmp_path, engine=engine, courses=600, changes=100, calm=1)
    if found is None:
        skip_or_fail("no Meilisearch: install npm")
    told, wrong = found
    assert wrong == []
    assert told["queries_during"] > 10
