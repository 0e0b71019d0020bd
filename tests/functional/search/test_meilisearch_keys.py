"""Each key of a node does what it must and is refused the rest; none is ever told to anybody."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import meilisearch
import pytest
from click.testing import Result
from meilisearch.errors import MeilisearchApiError
from structlog.testing import capture_logs
from typer.testing import CliRunner

from app.cli import cli
from app.platform.ids import new_id
from app.search import SearchUnavailable
from app.search.meili import MeilisearchIndex, make
from tests.conftest import skip_or_fail
from tests.servers import MEILI_KEY, free_port
from tests.simulator.search import DOCUMENTS, query

pytestmark = pytest.mark.stack


@dataclass(frozen=True, slots=True)
class Place:
    url: str
    master: str
    uid: str
    working: str
    search: str

    def index(self, key: str | None, **more: Any) -> MeilisearchIndex:
        return MeilisearchIndex(self.url, key, self.uid, **more)


@pytest.fixture(scope="module")
def place(meilisearch_server: tuple[str, str] | None) -> Iterator[Place]:
    if meilisearch_server is None:
        skip_or_fail("no Meilisearch: install npm or set MEILI_URL")
    url, master = meilisearch_server
    uid = f"test-{new_id()}"
    working, search = make(url, master, catalogue=uid)
    index = MeilisearchIndex(url, working.key, uid)
    index.ensure()
    index.rebuild(DOCUMENTS)
    index.close()
    yield Place(url, master, uid, working.key, search.key)
    client = meilisearch.Client(url, master)
    for each in client.get_indexes({"limit": 1000})["results"]:
        if each.uid.startswith(uid):
            client.delete_index(each.uid)
    for made in (working, search):
        client.delete_key(made.role.uid(uid))


def test_making_keys_again_finds_them_again(place: Place) -> None:
    again = make(place.url, place.master, catalogue=place.uid)
    assert [(each.key, each.changed) for each in again] == [
        (place.working, False),
        (place.search, False),
    ]


def test_a_key_whose_permissions_were_changed_is_mended_and_keeps_its_value(place: Place) -> None:
    client = meilisearch.Client(place.url, place.master)
    catalogue = f"{place.uid}-x"
    first = make(place.url, place.master, catalogue=catalogue)
    options = {**first[1].role.options(catalogue), "actions": ["*"]}
    client.delete_key(first[1].key)
    client.create_key(options)
    mended = make(place.url, place.master, catalogue=catalogue)
    assert [each.changed for each in mended] == [False, True]
    assert mended[1].key == first[1].key
    assert client.get_key(mended[1].key).actions == ["search"]
    for each in mended:
        client.delete_key(each.key)


@pytest.mark.parametrize("indexes", [2, 1])
def test_the_working_key_does_all_that_an_index_needs(place: Place, indexes: int) -> None:
    index = place.index(place.working, indexes=indexes, look_seconds=0.05)
    index.ensure()
    assert index.rebuild(DOCUMENTS) == len(DOCUMENTS)
    index.apply(DOCUMENTS[:2], [DOCUMENTS[2]["id"]])
    assert index.search(query("")).total == len(DOCUMENTS) - 1
    health = index.health()
    assert (health.ok, health.detail) == (True, "Meilisearch answers.")
    index.close()


def test_the_working_key_manages_no_keys_and_reaches_no_other_index(place: Place) -> None:
    client = meilisearch.Client(place.url, place.working)
    for refused in (
        client.get_keys,
        lambda: client.create_key({"actions": ["*"], "indexes": ["*"], "expiresAt": None}),
        client.create_dump,
        lambda: client.index("others").search(""),
        lambda: client.index("others").add_documents([{"id": "1"}]),
        lambda: client.index("others").get_settings(),
        lambda: client.create_index("others"),
        lambda: client.delete_index("others"),
    ):
        with pytest.raises(MeilisearchApiError) as caught:
            refused()
        assert caught.value.status_code == 403


def test_the_search_key_searches_and_nothing_else(place: Place) -> None:
    client = meilisearch.Client(place.url, place.search)
    assert client.index(place.uid).search("")["hits"]
    for refused in (
        client.get_keys,
        client.get_version,
        client.get_tasks,
        client.get_indexes,
        lambda: client.index("others").search(""),
        lambda: client.index(place.uid).add_documents([{"id": "1"}]),
        lambda: client.index(place.uid).get_settings(),
        lambda: client.index(place.uid).get_documents(),
        lambda: client.delete_index(place.uid),
        lambda: client.swap_indexes([{"indexes": [place.uid, f"{place.uid}-state"]}]),
    ):
        with pytest.raises(MeilisearchApiError) as caught:
            refused()
        assert caught.value.status_code == 403


def test_a_process_with_the_search_key_alone_serves_searches_and_writes_nothing(
    place: Place,
) -> None:
    index = place.index(None, search_key=place.search)
    index.ensure()
    assert index.search(query("bridge")).total
    health = index.health()
    assert (health.ok, health.needs_rebuild, health.documents > 0) == (True, False, True)
    for write in (lambda: index.apply(DOCUMENTS[:1], []), lambda: index.rebuild(DOCUMENTS)):
        with pytest.raises(SearchUnavailable, match="OPENCPD_MEILI_KEY"):
            write()
    index.close()


def test_searches_are_asked_with_the_search_key_where_there_is_one(place: Place) -> None:
    index = place.index(place.working, search_key="a-wrong-one")
    with pytest.raises(SearchUnavailable, match="API key is invalid"):
        index.search(query("bridge"))
    index.close()


def test_a_key_that_may_manage_keys_is_warned_of_in_health_and_log(place: Place) -> None:
    index = place.index(place.master)
    with capture_logs() as logs:
        detail = index.health().detail
        index.health()
    assert "may manage keys" in detail
    assert [each["log_level"] for each in logs] == ["warning"]
    index.close()


def test_a_key_that_lacks_an_action_is_told_which(place: Place) -> None:
    client = meilisearch.Client(place.url, place.master)
    role = make(place.url, place.master, catalogue=place.uid)[0].role
    options = role.options(place.uid)
    given = [one for one in role.actions if one not in ("tasks.delete", "indexes.swap")]
    del options["uid"]
    lesser = client.create_key({**options, "actions": given})
    index = place.index(lesser.key)
    assert "lacks indexes.swap, tasks.delete on" in index.health().detail
    index.close()
    client.delete_key(lesser.key)


def test_asking_what_a_key_may_changes_nothing(place: Place) -> None:
    client = meilisearch.Client(place.url, place.master)
    before = client.get_tasks({"limit": 1}).total
    index = place.index(place.master)
    index.health()
    index.close()
    tasks = client.get_tasks({"limit": 5}).results[: client.get_tasks({"limit": 1}).total - before]
    assert [(each.type, each.status) for each in tasks] in ([], [("indexDeletion", "failed")])


SECRET = "secret-" + "0123456789abcdef" * 3


def test_no_key_is_part_of_any_error(place: Place) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    for url in (place.url, nobody):
        for key in (SECRET, f"{SECRET}\r\nX-More: 1", f"{SECRET}\n", f"{SECRET}é"):
            with capture_logs() as logs:
                said = _said(url, key)
            assert SECRET not in json.dumps([said, logs], default=str)


def _said(url: str, key: str) -> list[str]:
    said = []
    try:
        index = MeilisearchIndex(url, key, search_key=key)
    except SearchUnavailable as error:
        return [repr(error), error.detail]
    for call in (
        index.ensure,
        lambda: index.search(query("x")),
        lambda: index.apply(DOCUMENTS[:1], []),
        lambda: index.rebuild(DOCUMENTS[:1]),
        index.differences,
        lambda: make(url, key),
    ):
        with pytest.raises(SearchUnavailable) as caught:
            call()
        said += [repr(caught.value), caught.value.detail, str(caught.value.__cause__)]
    said.append(repr(index.health()))
    index.close()
    return said


@pytest.fixture
def keys_command(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    monkeypatch.setenv("OPENCPD_MEILI_URL", place.url)
    monkeypatch.delenv("OPENCPD_MEILI_MASTER_KEY", raising=False)
    yield CliRunner()
    client = meilisearch.Client(place.url, place.master)
    for each in make(place.url, place.master):
        client.delete_key(each.key)


def _run(runner: CliRunner, *words: str, **more: Any) -> Result:
    return runner.invoke(cli, ["index", "keys", *words], **more)


def test_the_command_prints_how_to_set_the_keys(keys_command: CliRunner, place: Place) -> None:
    first = _run(keys_command, input=f"{place.master}\n")
    assert first.exit_code == 0
    lines = dict(line.split("=", 1) for line in first.stdout.splitlines())
    assert sorted(lines) == ["OPENCPD_MEILI_KEY", "OPENCPD_MEILI_SEARCH_KEY"]
    assert place.master not in first.stdout + first.stderr
    again = _run(keys_command, "--json", env={"OPENCPD_MEILI_MASTER_KEY": place.master})
    assert json.loads(again.stdout) == lines


def test_without_the_master_key_the_command_makes_nothing(keys_command: CliRunner) -> None:
    assert _run(keys_command, input="").exit_code == 2
    wrong = _run(keys_command, input="not-the-master-key\n")
    assert isinstance(wrong.exception, SearchUnavailable)
    assert MEILI_KEY not in str(wrong.exception)
