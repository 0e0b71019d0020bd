"""Keys of Open edX: which course an entry of a list speaks of."""

import re
from collections.abc import Mapping
from typing import Any

from connectors.members import text

_PART = r"([^\s+/:]{1,120})"
_RUN = re.compile(rf"course-v1:{_PART}\+{_PART}\+{_PART}")
_OLD_RUN = re.compile(rf"{_PART}/{_PART}/{_PART}")
_COURSE = re.compile(rf"(?:course-v1:)?{_PART}\+{_PART}")


def course_key(entry: Mapping[str, Any]) -> str | None:
    """``MITx+6.002x`` of a course or of one of its runs; ``None`` when it has no key."""
    for name in ("key", "id", "course_id", "courseware_id", "readable_id"):
        told = text(entry.get(name))
        for form in (_RUN, _OLD_RUN, _COURSE):
            if found := form.fullmatch(told):
                return f"{found[1]}+{found[2]}"
    return None


def number(key: str) -> str:
    """The course's number in its organisation."""
    return key.partition("+")[2]


def organisation(key: str) -> str:
    return key.partition("+")[0]


def listed(document: Any) -> list[Any] | None:
    """The entries of one page; ``None`` when there is no list."""
    entries = document.get("results") if isinstance(document, dict) else document
    return entries if isinstance(entries, list) else None
