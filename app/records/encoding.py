"""A completion as JSON and back, as rosters keep it; and the hash that tells two apart. Pure.

Only what was said is written: a fact that was left open does not enter the hash, so that a member
added to completions later leaves the hashes of earlier ones as they were.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from app.records.model import (
    Approval,
    CourseFacts,
    Credit,
    File,
    Holder,
    Identifier,
    NewCompletion,
)

_NAMES = tuple(field.name for field in fields(NewCompletion))
_DATES = ("completed_on", "started_on", "ended_on")
_LISTS = ("tags", "competences", "fields", "standards", "languages")


def to_json(completion: NewCompletion) -> dict[str, Any]:
    """Everything that ``completion`` says."""
    said: dict[str, Any] = {}
    for name in _NAMES:
        value = getattr(completion, name)
        if value is None or value == ():
            continue
        said[name] = value.isoformat() if isinstance(value, date) else value
    holder, course = completion.holder, completion.course
    said["holder"] = {
        "id": holder.id,
        "identifiers": [[one.type, one.value] for one in holder.identifiers],
    }
    if course is not None:
        said["course"] = {
            "title": list(course.title.items()),  # in their order: the first one counts
            "url": course.url,
            "description": dict(course.description),
        }
    for name in ("credits", "approvals", "files"):
        if name in said:
            said[name] = [_values(one) for one in said[name]]
    return said


def from_json(said: Mapping[str, Any]) -> NewCompletion:
    """The completion that ``to_json`` wrote."""
    found = dict(said)
    for name in _DATES:
        if name in found:
            found[name] = date.fromisoformat(found[name])
    for name in _LISTS:
        if name in found:
            found[name] = tuple(found[name])
    holder, course = found["holder"], found.get("course")
    found["holder"] = Holder(holder["id"], tuple(Identifier(*one) for one in holder["identifiers"]))
    if course is not None:
        found["course"] = CourseFacts(dict(course["title"]), course["url"], course["description"])
    found["credits"] = tuple(Credit(*one) for one in found.get("credits", ()))
    found["approvals"] = tuple(Approval(*one) for one in found.get("approvals", ()))
    found["files"] = tuple(File(*one) for one in found.get("files", ()))
    return NewCompletion(**found)


def facts_hash(completion: NewCompletion) -> str:
    """Of the completion as it was reported."""
    return hash_of(to_json(completion))


def hash_of(value: object) -> str:
    """SHA-256 of a value's JSON, in hexadecimal."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _values(one: Credit | Approval | File) -> list[Any]:
    return [getattr(one, field.name) for field in fields(one)]
