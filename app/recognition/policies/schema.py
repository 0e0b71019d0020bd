"""The published JSON Schema (2020-12) of a policy document, made from the form that is read.

Every document that ``reading`` takes is valid under it. The reverse holds as far as a schema can
say it; what it cannot say stands in its description.
"""

from typing import Any

from app.recognition.policies.wire import PolicyDocument

ID = "urn:opencpd:schema:policy:1"
PATH = "/schemas/policy-v1.json"
"""Where every node serves it."""
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BESIDE = (
    "A registry's rules for what continuing professional development counts, as data. Beside this "
    "shape: days are real ones, and a span does not end before it begins; the time zone is one of "
    "the IANA database; ids are not used twice within a list; no amount is a binary float; a code "
    "of letters beyond ASCII begins with a letter, a digit or _."
)
# What Python calls a word character is more than ECMA-262 does. These are the ASCII ones and all
# that is not ASCII: a little more than is read, and the same to every validator.
_WORD = {
    r"[\w]": r"[^\u0000-/:-@\[-^`{-\u007f]",
    r"[\w .:+/()-]": r"[^\u0000-\u001f!-'*,;-@\[-^`{-\u007f]",
}
_NOT_ZERO = {"not": {"pattern": r"^0+(\.0+)?(/|$)"}}
_UNLESS_REGIME = {
    "if": {"properties": {"regime": {"const": None}}},
    "then": {"properties": {"map": {"minItems": 1}, "unit": {"type": "string"}}},
}


def schema() -> dict[str, Any]:
    """The whole schema."""
    made = _plain(PolicyDocument.model_json_schema())
    definitions = made["$defs"]
    _rounding(definitions["RoundingPart"])
    _rule(definitions["RulePart"])
    _minimum(definitions["MinimumPart"])
    return {
        "$schema": _DIALECT,
        "$id": ID,
        "title": "OpenCPD policy",
        "description": _BESIDE,
        **{name: value for name, value in made.items() if name not in {"title", "description"}},
        "allOf": [_UNLESS_REGIME],
    }


def _plain(value: Any) -> Any:
    """Without what only repeats names, and with patterns that mean the same everywhere."""
    if isinstance(value, list):
        return [*map(_plain, value)]
    if isinstance(value, str):
        for ours, published in _WORD.items():
            value = value.replace(ours, published)
        return value
    if not isinstance(value, dict):
        return value
    found = {
        _plain(name): _plain(one)
        for name, one in value.items()
        if not (name == "title" and isinstance(one, str))
    }
    if "patternProperties" in found:
        found["additionalProperties"] = False
    if found.get("default", ...) is None:
        del found["default"]  # a member that says nothing is left out
    return found


def _rounding(part: dict[str, Any]) -> None:
    part["properties"]["step"]["anyOf"][0] |= _NOT_ZERO
    part["properties"]["step"]["anyOf"][1]["minimum"] = 1
    part["allOf"] = [
        {"if": _is("mode", "floor", "nearest"), "then": _needs("step")},
        {"if": _is("mode", "nearest"), "then": _needs("tie")},
    ]


def _rule(part: dict[str, Any]) -> None:
    part["properties"]["per"]["anyOf"][0] |= _NOT_ZERO
    part["properties"]["per"]["anyOf"][1]["minimum"] = 1
    counting = ("measure", "per", "credit", "category")
    part["oneOf"] = [
        {
            **_needs("decision", "reason"),
            "properties": _given("decision", "reason") | _none(counting),
        },
        {**_needs(*counting), "properties": _given(*counting) | _none(("decision",))},
    ]


def _minimum(part: dict[str, Any]) -> None:
    part["anyOf"] = [_needs("category"), _needs("tag")]
    part["oneOf"] = [
        {**_needs(one), "properties": _given(one) | _none((other,))}
        for one, other in (("min", "min_share"), ("min_share", "min"))
    ]


def _needs(*names: str) -> dict[str, Any]:
    """Each is there, and says something."""
    return {"required": list(names), "properties": _given(*names)}


def _given(*names: str) -> dict[str, Any]:
    return {name: {"not": {"const": None}} for name in names}


def _none(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: {"const": None} for name in names}


def _is(name: str, *values: str) -> dict[str, Any]:
    return {"properties": {name: {"enum": list(values)}}, "required": [name]}
