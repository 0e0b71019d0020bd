"""What a server is told about an index: once, only what differs, and never an index in use."""

from collections.abc import Iterator
from typing import Any

import meilisearch
import pytest

from app.platform.ids import new_id
from app.search.meili import MeilisearchIndex
from app.search.meili.settings import SETTINGS, differences
from tests.conftest import skip_or_fail
from tests.simulator.search import DOCUMENTS, ask, query

pytestmark = pytest.mark.stack


@pytest.fixture
def server(meilisearch_server: tuple[str, str] | None) -> tuple[str, str]:
    if meilisearch_server is None:
        skip_or_fail("no Meilisearch: install npm or set MEILI_URL")
    return meilisearch_server


@pytest.fixture
def client(server: tuple[str, str]) -> meilisearch.Client:
    return meilisearch.Client(*server)


@pytest.fixture
def uid(client: meilisearch.Client) -> Iterator[str]:
    name = f"test-{new_id()}"
    yield name
    for each in client.get_indexes({"limit": 1000})["results"]:
        if each.uid.startswith(name):
            client.delete_index(each.uid)


@pytest.fixture
def index(server: tuple[str, str], uid: str) -> Iterator[MeilisearchIndex]:
    found = MeilisearchIndex(*server, uid)
    found.ensure()
    yield found
    found.close()


def _change(client: meilisearch.Client, uid: str, settings: dict[str, Any]) -> None:
    task = client.index(uid).update_settings(settings)
    assert client.wait_for_task(task.task_uid).status == "succeeded"


def _tasks(client: meilisearch.Client, uid: str) -> int:
    return int(client.get_tasks({"indexUids": uid, "limit": 1}).total)


def test_a_server_says_back_what_it_was_told(
    index: MeilisearchIndex, client: meilisearch.Client, uid: str
) -> None:
    assert differences(uid, client.index(uid).get_settings()) == ()
    assert index.differences() == ()


def test_ensuring_again_sends_the_server_nothing(
    index: MeilisearchIndex, client: meilisearch.Client, uid: str
) -> None:
    index.rebuild(DOCUMENTS[:2])
    before = _tasks(client, uid)
    index.ensure()
    index.ensure()
    assert _tasks(client, uid) == before


def test_only_what_differs_is_told_to_an_index_in_use(
    index: MeilisearchIndex, client: meilisearch.Client, uid: str
) -> None:
    index.rebuild(DOCUMENTS[:2])
    _change(client, uid, {"searchCutoffMs": 77, "synonyms": {"fem": ["finite element"]}})
    assert {each.name for each in index.differences()} == {"searchCutoffMs", "synonyms"}
    assert index.health().ok
    index.ensure()
    assert index.differences() == ()
    last = client.get_tasks({"indexUids": uid, "limit": 1}).results[0]
    assert last.type == "settingsUpdate"
    assert set(last.details) == {"searchCutoffMs", "synonyms"}


def test_what_takes_documents_apart_anew_waits_for_a_rebuild(
    index: MeilisearchIndex, client: meilisearch.Client, uid: str
) -> None:
    index.rebuild(DOCUMENTS)
    _change(client, uid, {"proximityPrecision": "byWord", "nonSeparatorTokens": ["#"]})
    before = _tasks(client, uid)
    index.ensure()
    assert _tasks(client, uid) == before
    health = index.health()
    assert (health.ok, health.needs_rebuild) == (False, True)
    assert "nonSeparatorTokens, proximityPrecision" in health.detail
    assert index.search(query()).total == len(DOCUMENTS)
    index.rebuild(DOCUMENTS)
    assert index.health().ok
    assert index.differences() == ()
    assert ask(index, "EN 1992-1-1")


def test_an_index_without_documents_is_told_everything(
    index: MeilisearchIndex, client: meilisearch.Client, uid: str
) -> None:
    _change(client, uid, {"rankingRules": ["words"], "stopWords": ["the"]})
    assert len(index.differences()) == 2
    index.ensure()
    assert index.differences() == ()


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({}, set()),
        ({"sortableAttributes": list(reversed(SETTINGS["sortableAttributes"]))}, set()),
        ({"sortableAttributes": ["id"]}, {"sortableAttributes"}),
        (
            {"searchableAttributes": list(reversed(SETTINGS["searchableAttributes"]))},
            {"searchableAttributes"},
        ),
        ({"typoTolerance": {**SETTINGS["typoTolerance"], "later": 1}}, set()),
        (
            {"typoTolerance": {**SETTINGS["typoTolerance"], "disableOnNumbers": False}},
            {"typoTolerance"},
        ),
        ({"synonyms": {"a": ["b"]}}, {"synonyms"}),
        ({"filterableAttributes": ["codes"]}, {"filterableAttributes"}),
        ({"localizedAttributes": None}, {"localizedAttributes"}),
        ({"embedders": {"unknown": {}}}, set()),
    ],
)
def test_settings_are_compared_by_what_they_mean(change: dict[str, Any], names: set[str]) -> None:
    assert {each.name for each in differences("x", {**SETTINGS, **change})} == names
