"""Strict JSON: one text, one meaning, for every reader of it.

RFC 8259 leaves open what to do with duplicate names, numbers beyond a double, and text that is not
Unicode; two programs that choose differently see two different records under one signature. So all
of that is refused here (RFC 7493, I-JSON), as are texts too large or too deep to be a record.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from app.proof.errors import ProofError

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
Object: TypeAlias = dict[str, JSON]

# Half a pair can come into a decoded text through an escape only.
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_LARGEST_INTEGER = 2**53 - 1
_LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a text is read at most."""

    size: int = 64 * 1024
    depth: int = 32


RECORD = Limits()
STATUS_LIST = Limits(size=4 * 1024 * 1024)
BUNDLE = Limits(size=256 * 1024 * 1024)


def load(data: bytes, *, limits: Limits = RECORD) -> JSON:
    """Read one JSON text, or raise ``ProofError`` saying what is wrong with it."""
    if len(data) > limits.size:
        raise ProofError("json-too-large", f"The text is longer than {limits.size} bytes.")
    try:
        value: JSON = _DECODER.decode(data.decode("utf-8"))
        if _SURROGATE.search(data):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError as error:
        raise ProofError("json-not-unicode", "The text is not valid UTF-8 throughout.") from error
    except ValueError as error:
        raise ProofError("json-malformed", f"The text is not JSON: {error}.") from error
    except RecursionError as error:
        raise _too_deep(limits.depth) from error
    _check_depth(value, limits.depth)
    return value


def load_object(data: bytes, *, limits: Limits = RECORD) -> Object:
    """Read one JSON object."""
    value = load(data, limits=limits)
    if not isinstance(value, dict):
        raise ProofError("json-not-an-object", "The text is JSON, but not an object.")
    return value


def dump(value: Mapping[str, JSON]) -> bytes:
    """Write an object compactly; members keep their order. For texts of our own making."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode("utf-8")
    except ValueError as error:
        raise ProofError("json-not-writable", f"The value cannot be written: {error}.") from error


def _check_depth(value: JSON, deepest: int) -> None:
    """Go down level by level. The parser itself stops long before it runs out of stack."""
    level: list[Object | list[JSON]] = [value] if isinstance(value, dict | list) else []
    depth = 0
    while level:
        depth += 1
        if depth > deepest:
            raise _too_deep(deepest)
        level = [
            inner
            for held in level
            for inner in (held.values() if type(held) is dict else held)
            if type(inner) is dict or type(inner) is list
        ]


def _too_deep(deepest: int) -> ProofError:
    return ProofError("json-too-deep", f"The text nests deeper than {deepest} levels.")


def _object(pairs: list[tuple[str, JSON]]) -> Object:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ProofError("json-duplicate-name", f"The member {twice!r} is there twice.")
    return members


def _constant(name: str) -> NoReturn:
    raise ProofError("json-number", f"{name} is not a JSON number.")


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER or abs(int(text)) > _LARGEST_INTEGER:
        raise ProofError("json-number", "An integer is larger than 2^53 - 1.")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if len(text) > _LONGEST_NUMBER or not math.isfinite(number):
        raise ProofError("json-number", "A number is beyond what a double can hold.")
    return number


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=_constant,
    parse_int=_integer,
    parse_float=_float,
)
