"""``CourseData`` as JSON and back: what the tables keep, and what two versions are compared by.

The JSON holds nothing but what ``rules.check`` made, so reading it back checks nothing again.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from pydantic_core import to_json as encoded

from app.catalogue.model import CourseData, CourseRun, Credit, Offer, Recognised, Standard

_LISTS = (
    "teaching_languages", "fields", "subjects", "skills", "competences", "delivery",
)  # fmt: skip


_NAMES = tuple(one.name for one in fields(CourseData))
_PARTS = frozenset({"standards", "credits", "offers", "runs", "recognised"})

_canonical = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode
"""Made once: ``json.dumps`` makes an encoder at every call that asks for anything unusual."""


def to_json(data: CourseData) -> dict[str, Any]:
    """The data without its empty fields."""
    made: dict[str, Any] = {}
    for name in _NAMES:
        value = getattr(data, name)
        if value not in (None, (), {}):  # asdict would copy all of it, empty fields too
            made[name] = [asdict(one) for one in value] if name in _PARTS else value
    return made


def as_text(value: Any) -> str:
    """JSON as a table keeps it, of values that ``rules.check`` has cleaned."""
    return encoded(value).decode()


def from_json(document: Mapping[str, Any]) -> CourseData:
    """The data that ``to_json`` wrote."""
    given = dict(document)
    for name in _LISTS:
        given[name] = tuple(given.get(name, ()))
    given["identifiers"] = tuple((one[0], one[1]) for one in given.get("identifiers", ()))
    given["standards"] = tuple(Standard(**one) for one in given.get("standards", ()))
    given["credits"] = tuple(Credit(**one) for one in given.get("credits", ()))
    given["offers"] = tuple(Offer(**one) for one in given.get("offers", ()))
    given["recognised"] = tuple(Recognised(**one) for one in given.get("recognised", ()))
    given["runs"] = tuple(_run(one) for one in given.get("runs", ()))
    return CourseData(**given)


def digest(*values: Any) -> str:
    """SHA-256 of values as JSON; the same for the same content, whatever the order of keys."""
    return hashlib.sha256(_canonical(values).encode()).hexdigest()


def _run(value: Mapping[str, Any]) -> CourseRun:
    return CourseRun(
        **{
            **value,
            "instructors": tuple(value.get("instructors", ())),
            "offers": tuple(Offer(**one) for one in value.get("offers", ())),
        }
    )
