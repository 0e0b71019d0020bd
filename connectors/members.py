"""Members of JSON objects that strangers wrote: each of the type wanted, or nothing.

Pure and total; nothing here raises, whatever it is given.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

_LATEST_EPOCH = 7_258_118_400  # 2200-01-01: what is later is no date but a fault


def text(value: Any) -> str:
    """A string or a number as text, without the space around it."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    try:
        return str(value).strip()
    except ValueError:  # an integer of thousands of digits
        return ""


def entries(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects in a list."""
    return (one for one in entries(value) if isinstance(one, dict))


def members(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def first(*values: Any) -> str | None:
    """The first that is a text."""
    return next((told for value in values if (told := text(value))), None)


def integer(value: Any) -> int | None:
    """A whole number, also one written as digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    told = value.strip() if isinstance(value, str) else ""
    return int(told) if told.isascii() and told.isdecimal() and len(told) <= 18 else None


def epoch(value: Any) -> str | None:
    """Seconds since 1970 in ISO 8601; 0 and what is no time gives nothing."""
    seconds = integer(value)
    if seconds is None or not 0 < seconds < _LATEST_EPOCH:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def web_address(value: Any) -> str | None:
    """An absolute http or https address."""
    told = text(value)
    return told if told.lower().startswith(("http://", "https://")) else None
