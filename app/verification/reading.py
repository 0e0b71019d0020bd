"""Members of a JSON object read with their kind: a wrong kind is a ``ProofError``, never a leak."""

from datetime import UTC, datetime
from functools import lru_cache

from app.proof.errors import ProofError
from app.proof.parse import JSON, Object
from app.proof.times import read_time

time_of = lru_cache(maxsize=4096)(read_time)
"""A time as records write it. The same few days stand in the records of one course."""


def text(members: Object, name: str) -> str:
    """A text that must be there."""
    value = members.get(name)
    if not isinstance(value, str):
        raise ProofError("member-kind", f"{name!r} must be a text.")
    return value


def optional_text(members: Object, name: str) -> str | None:
    """A text, or nothing when the member is absent."""
    return text(members, name) if name in members else None


def optional_time(members: Object, name: str) -> datetime | None:
    """A time, or nothing when the member is absent."""
    return time_of(text(members, name)) if name in members else None


def instant(seconds: float) -> datetime:
    """A time given as seconds since 1970, such as a token's claims."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ProofError("time-malformed", f"{seconds} is not a time.") from error


def number(members: Object, name: str) -> int:
    """An integer that must be there."""
    value = members.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ProofError("member-kind", f"{name!r} must be an integer.")
    return value


def nested(members: Object, name: str) -> Object:
    """An object that must be there."""
    return as_object(members.get(name), name)


def objects(members: Object, name: str) -> list[Object]:
    """A list of objects; an absent member is an empty list, one object is a list of one."""
    value = members.get(name, [])
    listed = value if isinstance(value, list) else [value]
    found = [item for item in listed if isinstance(item, dict)]
    if len(found) != len(listed):
        raise ProofError("member-kind", f"{name!r} must be an object.")
    return found


def as_object(value: JSON, name: str) -> Object:
    """The value, when it is an object."""
    if not isinstance(value, dict):
        raise ProofError("member-kind", f"{name!r} must be an object.")
    return value


def texts(value: JSON) -> list[str]:
    """The texts of a member that may hold one or several, such as ``type``."""
    return [
        item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)
    ]


def identifier(value: JSON) -> str | None:
    """The id of a party that may be given as a text or as an object."""
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) else None
