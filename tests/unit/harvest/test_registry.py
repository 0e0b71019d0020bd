import sys
import traceback
import types
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, HttpUrl, SecretStr

from app.harvest.model import NewSource, Source
from app.harvest.registry import GROUP, HIDDEN, Registry, hosts_in, load
from app.platform.problems import Invalid, NotFound
from connectors.contract import CourseDraft, Deletions, Page
from tests.conftest import NOW


class Good:
    contract: ClassVar[int] = 1
    deletions = Deletions.NEVER

    class Config(BaseModel):
        url: HttpUrl
        more: list[str] = []

    def __init__(self, config: Any) -> None:
        self.config = config

    def pages(self, fetch: object, since: str | None) -> Iterator[Page]:
        return iter(())

    def normalise(self, raw: object) -> CourseDraft:
        raise NotImplementedError


class Old(Good):
    contract = 0


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = types.ModuleType("plugin")
    vars(plugin).update(Good=Good, Old=Old, Nothing=type("Nothing", (), {"contract": 1}))
    monkeypatch.setitem(sys.modules, "plugin", plugin)


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def test_only_what_is_configured_is_imported(module: None) -> None:
    found = load(["good"], installed=[entry("good", "plugin:Good"), entry("evil", "not_there:X")])
    assert set(found.connectors) == {"good"}
    assert found.broken == ()


def test_what_cannot_be_used_is_reported_and_keeps_nothing_from_working(module: None) -> None:
    found = load(
        ["good", "gone", "missing", "old", "twice", "nothing"],
        installed=[
            entry("good", "plugin:Good"), entry("good", "plugin:Good"),
            entry("gone", "not_there:X"), entry("old", "plugin:Old"),
            entry("twice", "plugin:Good"), entry("twice", "other:Good"),
            entry("nothing", "plugin:Nothing"),
        ],
    )  # fmt: skip
    assert set(found.connectors) == {"good"}
    reasons = {one.name: one.reason for one in found.broken}
    assert "ModuleNotFoundError" in reasons["gone"]
    assert "no installed package" in reasons["missing"]
    assert "contract 0" in reasons["old"]
    assert "several packages" in reasons["twice"]
    assert "Config" in reasons["nothing"]
    with pytest.raises(NotFound, match="several packages"):
        found.get("twice")
    with pytest.raises(NotFound, match="Loaded: good"):
        found.get("unknown")


def test_a_configuration_that_does_not_fit_names_each_bad_field(module: None) -> None:
    found = load(["good"], installed=[entry("good", "plugin:Good")])
    with pytest.raises(Invalid) as caught:
        found.build("good", {"url": "nonsense", "more": 3})
    assert [one.pointer for one in caught.value.fields] == ["config.url", "config.more"]
    _, config = found.build("good", {"url": "https://a.example/x", "more": ["http://B.example:8/"]})
    assert hosts_in(config) == {"a.example", "b.example"}


def test_the_built_in_connectors_come_the_same_way_as_anybodys() -> None:
    found = load(["oai_pmh", "table", "moochub"])
    assert set(found.connectors) == {"oai_pmh", "table", "moochub"}
    assert found.broken == ()


SECRET = "0123456789abcdef"


class Door(BaseModel):
    label: str = ""
    key: SecretStr | None = None


class Locked(Good):
    class Config(BaseModel):
        url: HttpUrl
        token: SecretStr
        doors: list[Door] = []
        limit: int = 5


LOCKED = Registry({"locked": Locked})
CONFIG: dict[str, Any] = {
    "url": "https://a.example/feed",
    "token": SECRET,
    "doors": [{"label": "front", "key": SECRET}, {"label": "back"}],
    "limit": 3,
}


def test_people_see_a_configuration_without_its_secrets() -> None:
    shown = LOCKED.shown("locked", CONFIG)
    assert shown == {
        "url": "https://a.example/feed",
        "token": HIDDEN,
        "doors": [{"label": "front", "key": HIDDEN}, {"label": "back"}],
        "limit": 3,
    }
    assert CONFIG["token"] == SECRET


@pytest.mark.parametrize(
    ("name", "config"),
    [("locked", {**CONFIG, "limit": "many"}), ("gone", CONFIG), ("gone", {"a": [[SECRET]]})],
)
def test_where_nobody_knows_what_is_secret_everything_is(name: str, config: dict[str, Any]) -> None:
    shown = LOCKED.shown(name, config)
    assert set(shown) == set(config)
    assert SECRET not in repr(shown)


def test_no_error_about_a_configuration_says_its_secret() -> None:
    with pytest.raises(Invalid) as caught:
        LOCKED.build("locked", {**CONFIG, "token": [SECRET], "limit": "many"})
    told = "".join(traceback.format_exception(caught.value))
    assert "config.token" in told
    assert SECRET not in told


def test_a_secret_that_looks_like_an_address_opens_no_host() -> None:
    _, config = LOCKED.build("locked", {**CONFIG, "token": "https://evil.example/"})
    assert hosts_in(config) == {"a.example"}


def test_a_source_in_a_log_does_not_say_its_secret() -> None:
    source = Source(
        id="a", society_id="s", name="A", connector="locked", config=CONFIG, every_hours=None,
        cursor=None, created_at=NOW,
    )  # fmt: skip
    assert SECRET not in repr(source) + repr(NewSource("s", "locked", CONFIG))
