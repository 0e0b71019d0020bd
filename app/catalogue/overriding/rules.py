"""What an editor may write over a field: checked by the rules that harvested items are checked by.

Pure. A value takes the form a feed would send it in, so that an editor may write ``2 hours`` or
``EN 1992-1-1`` and the catalogue keeps the one form it has for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from app.catalogue import document, languages, rules, texts
from app.catalogue.merging import MAPS
from app.catalogue.model import CourseData, Severity
from app.platform.problems import FieldProblem, Invalid

LISTS = frozenset(
    {"teaching_languages", "fields", "subjects", "skills", "competences", "standards", "delivery"}
)
"""Lists of words, which a form takes line by line."""
STRUCTURED = frozenset({"credits", "offers"})
_NOT = frozenset({"runs", "identifiers", "created", "modified"})
FIELDS = tuple(one.name for one in fields(CourseData) if one.name not in _NOT)
"""What can be written over. Runs come and go with their dates, and identifiers are evidence."""
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Accepted:
    """A value in the catalogue's form, and what was mended on the way."""

    language: str
    value: Any
    reason: str
    warnings: tuple[str, ...]


def check(field: str, language: str | None, untrusted: Any, *, reason: str) -> Accepted:
    """Judge one override; ``None`` empties the field. Raises ``Invalid`` naming what is wrong."""
    if field not in FIELDS:
        known = ", ".join(FIELDS)
        raise _wrong("field", "field-unknown", f"Use one of {known}.")
    why = texts.characters(reason).strip()
    if not why or len(why) > LONGEST_REASON:
        raise _wrong("/reason", "reason-missing", f"Say why, in up to {LONGEST_REASON} characters.")
    tag = _language(field, language)
    if untrusted is None or untrusted in ("", [], {}):
        return Accepted(tag, None, why, ())
    item = {"title": {"en": "-"}, "metadata_language": None, **_as_item(field, tag, untrusted)}
    checked = rules.check(item)
    told = [one for one in checked.issues if re.match(rf"{field}\b", one.path)]
    kept = _kept(checked.data, field, tag)
    bad = [one for one in told if one.severity is Severity.ERROR]
    if kept is None or bad:
        problem = next(iter(bad or told), None)
        if problem is None:
            raise _wrong("/value", "value-invalid", "Give a value that fits the field.")
        raise _wrong("/value", problem.code, f"{problem.message} {problem.hint or ''}".strip())
    return Accepted(tag, kept, why, tuple(f"{one.code}: {one.message}" for one in told))


def _as_item(field: str, tag: str, untrusted: Any) -> Mapping[str, Any]:
    return {field: {tag: untrusted} if field in MAPS else untrusted}


def _kept(data: CourseData | None, field: str, tag: str) -> Any:
    if data is None:
        return None
    made = document.to_json(data).get(field)
    if field in MAPS:
        return (made or {}).get(tag)
    return as_kept(made)


def as_kept(value: Any) -> Any:
    """A field as it is once it was stored as JSON: tuples are lists."""
    if isinstance(value, tuple | list):
        return [as_kept(one) for one in value]
    if isinstance(value, Mapping):
        return {key: as_kept(one) for key, one in value.items()}
    return value


def _language(field: str, language: str | None) -> str:
    if field not in MAPS:
        if language:
            raise _wrong("language", "language-unused", "Leave it out; the field is no text.")
        return ""
    tag = languages.tag(language) if language else None
    if tag is None:
        raise _wrong("language", "language-invalid", "Use a BCP 47 tag, such as en.")
    return tag


def _wrong(pointer: str, code: str, mend: str) -> Invalid:
    problem = FieldProblem(pointer, code, mend)
    return Invalid("The field cannot be written over like this.", fields=[problem])
