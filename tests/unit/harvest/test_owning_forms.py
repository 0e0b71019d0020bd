from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel, Field, HttpUrl, SecretStr

from app.harvest.owning import forms, service
from app.harvest.owning.forms import Widget
from app.harvest.registry import HIDDEN, Registry, load
from app.platform.problems import Invalid
from tests.simulator.harvests import Feed, registry


class Way(StrEnum):
    """One of two."""

    ONE = "one"
    TWO = "two"


class Config(BaseModel):
    """One setting of each kind."""

    url: HttpUrl = Field(description="Where it is")
    token: SecretStr
    way: Way = Way.ONE
    other: Way | None = None
    most: int | None = None
    deep: bool = False
    fields: list[str] = []
    mapping: dict[str, str] = {}
    name: str | None = None


KIND = registry(Feed()).connectors["memory"]
KNOWN = Registry({"all": type("All", (KIND,), {"Config": Config})})


def test_each_kind_of_setting_has_a_field_of_its_kind() -> None:
    made = {one.name: one for one in forms.form(KNOWN, "all", {})}
    assert {name: one.widget for name, one in made.items()} == {
        "url": Widget.ADDRESS, "token": Widget.SECRET, "way": Widget.CHOICE,
        "other": Widget.CHOICE, "most": Widget.NUMBER, "deep": Widget.CHECK,
        "fields": Widget.LINES, "mapping": Widget.JSON, "name": Widget.TEXT,
    }  # fmt: skip
    assert made["way"].options == ("one", "two")
    assert (made["url"].required, made["url"].hint) == (True, "Where it is")
    assert not made["other"].required


def test_a_form_that_is_sent_back_as_it_was_shown_gives_the_same_settings() -> None:
    config: dict[str, Any] = {
        "url": "https://c.example/", "token": "s3cret", "way": "two", "most": 7, "deep": True,
        "fields": ["a", "b"], "mapping": {"title": "Kurs"},
    }  # fmt: skip
    shown = KNOWN.shown("all", config)
    fields = forms.form(KNOWN, "all", shown)
    assert all("s3cret" not in one.value for one in fields)
    (secret,) = [one for one in fields if one.widget is Widget.SECRET]
    assert (secret.held, secret.required, secret.value) == (True, False, "")
    texts = {f"config.{one.name}": one.value for one in fields}
    sent = forms.read(KNOWN, "all", texts, config)
    assert sent["token"] == HIDDEN
    assert service.kept_secrets(sent, config) == config


def test_what_cannot_be_read_names_its_field() -> None:
    texts = {"config.mapping": "{", "config.url": "https://c.example/"}
    with pytest.raises(Invalid) as raised:
        forms.read(KNOWN, "all", texts, {})
    assert [one.pointer for one in raised.value.fields] == ["config.mapping"]
    assert forms.read(KNOWN, "all", {"config.most": "many"}, {})["most"] == "many"


def test_a_secret_that_was_never_stored_is_not_made_of_dots() -> None:
    assert service.kept_secrets({"token": HIDDEN, "url": "x"}, {"url": "y"}) == {"url": "x"}
    assert service.kept_secrets([{"a": HIDDEN}], [{"a": "b"}]) == [{"a": "b"}]


def test_every_connector_that_is_built_in_has_a_form() -> None:
    built_in = load(["oai_pmh", "table", "moochub"])
    for name in built_in.connectors:
        fields = forms.form(built_in, name, {})
        assert any(one.widget is Widget.ADDRESS and one.required for one in fields), name
