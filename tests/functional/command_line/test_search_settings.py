"""Where the search server is set otherwise than this version says."""

import json
from collections.abc import Callable

import meilisearch
import pytest
from click.testing import Result

from tests.conftest import STACK

pytestmark = pytest.mark.slow

Opencpd = Callable[..., Result]


def test_the_difference_is_shown_and_ends_with_a_status_of_its_own(
    opencpd: Opencpd, search_settings: dict[str, str]
) -> None:
    if STACK == "small":
        told = opencpd("index", "settings")
        assert told.exit_code == 2
        assert "OPENCPD_MEILI_URL" in told.stderr
        return
    assert opencpd("reindex").exit_code == 0
    assert opencpd("index", "settings").exit_code == 0
    client = meilisearch.Client(search_settings["meili_url"], search_settings["meili_key"])
    changes = {"searchCutoffMs": 9, "sortableAttributes": ["id"]}
    client.wait_for_task(client.index("courses").update_settings(changes).task_uid)
    shown = opencpd("index", "settings", "--json")
    assert shown.exit_code == 1
    found = {each["name"]: each for each in json.loads(shown.stdout)["differences"]}
    assert found["searchCutoffMs"]["present"] == 9
    assert {name: each["at_once"] for name, each in found.items()} == {
        "searchCutoffMs": True,
        "sortableAttributes": False,
    }
    listed = opencpd("index", "settings").stdout
    assert "by a rebuild" in listed
    assert "at once" in listed
