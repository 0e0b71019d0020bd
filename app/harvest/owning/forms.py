"""A form for any connector's settings, made from its ``Config``, and the settings out of it.

A plugin's settings are whatever its model says. What a form has no field for is written as JSON.
Nothing is checked here: the model does that, and names each bad field (``config.url``).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from pydantic import BaseModel

from app.harvest.registry import HIDDEN, Registry
from app.platform.problems import FieldProblem, Invalid

PREFIX = "config."
LONGEST = 20_000


class Widget(StrEnum):
    """How one setting is entered."""

    TEXT = "text"
    ADDRESS = "url"
    NUMBER = "number"
    CHECK = "check"
    CHOICE = "choice"
    LINES = "lines"
    JSON = "json"
    SECRET = "secret"  # noqa: S105 - how a secret is entered


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the form."""

    name: str
    label: str
    hint: str
    widget: Widget
    required: bool
    value: str = ""
    options: tuple[str, ...] = ()
    held: bool = False
    """Whether a secret is stored, which an empty field leaves as it is."""


def form(registry: Registry, connector: str, shown: Mapping[str, Any]) -> list[FormField]:
    """The fields for a connector's settings, filled in with ``shown``. Raises ``NotFound``."""
    schema = _schema(registry, connector)
    required = set(schema.get("required", ()))
    return [
        _field(name, one, schema, required=name in required, shown=shown)
        for name, one in schema.get("properties", {}).items()
    ]


def read(
    registry: Registry, connector: str, texts: Mapping[str, str], before: Mapping[str, Any]
) -> dict[str, Any]:
    """The settings out of a form that was sent. Raises ``NotFound`` and ``Invalid``."""
    made: dict[str, Any] = {}
    for one in form(registry, connector, {}):
        text = texts.get(PREFIX + one.name, "")[:LONGEST].strip()
        if one.widget is Widget.CHECK:
            made[one.name] = bool(text)
        elif text:
            made[one.name] = _value(one, text)
        elif one.widget is Widget.SECRET and one.name in before:
            made[one.name] = HIDDEN
    return made


def _value(one: FormField, text: str) -> Any:
    if one.widget is Widget.LINES:
        return [line.strip() for line in text.splitlines() if line.strip()]
    if one.widget is Widget.NUMBER:
        return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdecimal() else text
    if one.widget is not Widget.JSON:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        mend = 'Write it as JSON, such as {"title": "Kurs"}.'
        raise Invalid(
            f"The setting {one.name} cannot be read.",
            fields=[FieldProblem(PREFIX + one.name, "json", mend)],
        ) from error


def _schema(registry: Registry, connector: str) -> dict[str, Any]:
    # Read from a class, what the protocol calls a property has the property's own type.
    return cast("type[BaseModel]", registry.get(connector).Config).model_json_schema()


def _field(
    name: str, told: Mapping[str, Any], schema: Mapping[str, Any], *, required: bool,
    shown: Mapping[str, Any],
) -> FormField:  # fmt: skip
    kind = _resolved(told, schema)
    widget, options = _widget(kind)
    held = widget is Widget.SECRET and name in shown
    value = "" if widget is Widget.SECRET else _text(widget, shown.get(name, told.get("default")))
    return FormField(
        name=name,
        label=str(told.get("title") or kind.get("title") or name),
        hint=str(told.get("description") or ""),
        widget=widget,
        required=required and not held,
        value=value,
        options=options,
        held=held,
    )


def _resolved(told: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one type of a setting, behind references and "or null"."""
    for _ in range(5):
        several = [one for one in told.get("anyOf", ()) if one.get("type") != "null"]
        if "$ref" in told:
            told = schema.get("$defs", {}).get(str(told["$ref"]).rpartition("/")[2], {})
        elif len(several) == 1:
            told = several[0]
        elif len(told.get("allOf", ())) == 1:
            told = told["allOf"][0]
        else:
            break
    return told


def _widget(kind: Mapping[str, Any]) -> tuple[Widget, tuple[str, ...]]:
    options: Sequence[Any] = kind.get("enum", ())
    if options and all(isinstance(one, str) for one in options):
        return Widget.CHOICE, tuple(options)
    plain = {
        "boolean": Widget.CHECK, "integer": Widget.NUMBER, "number": Widget.TEXT,
    }  # fmt: skip
    if kind.get("type") == "string":
        by_format = {"password": Widget.SECRET, "uri": Widget.ADDRESS}
        return by_format.get(str(kind.get("format")), Widget.TEXT), ()
    if kind.get("type") == "array" and kind.get("items", {}).get("type") == "string":
        return Widget.LINES, ()
    return plain.get(str(kind.get("type")), Widget.JSON), ()


def _text(widget: Widget, value: Any) -> str:
    if value in (None, {}, []) or (widget is Widget.CHECK and not value):
        return ""
    if widget is Widget.LINES and isinstance(value, list):
        return "\n".join(map(str, value))
    if widget is Widget.JSON:
        return json.dumps(value, ensure_ascii=False)
    return "yes" if widget is Widget.CHECK else str(value)
