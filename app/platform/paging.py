"""Cursor pages: a list that may be read to its end while it changes.

A cursor is opaque to the client: the last key of a page, in base64url.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.platform.problems import FieldProblem, Invalid

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Slice(Generic[Item]):
    """One page of a list and the cursor of the next, ``None`` at the end."""

    items: Sequence[Item]
    next_cursor: str | None


def encode_cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """The key inside ``cursor``. Raises ``Invalid`` for one that this node did not make."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise Invalid(
            "The cursor is not one that this node gave out; start again without it.",
            fields=[FieldProblem("cursor", "cursor-invalid", "Leave it out to start again.")],
        ) from error
