"""Identifiers: random enough not to be guessed, ordered enough to be kind to an index."""

import secrets
import time
import uuid

_VERSION_AND_VARIANT = (7 << 76) | (0b10 << 62)
_RANDOM_A = ((1 << 12) - 1) << 64
_RANDOM_B = (1 << 62) - 1


def new_id() -> str:
    """A UUID version 7 (RFC 9562 §5.7) as text; sorts by the millisecond it was made in."""
    milliseconds = time.time_ns() // 1_000_000
    noise = secrets.randbits(80)
    value = (milliseconds << 80) | (noise & (_RANDOM_A | _RANDOM_B)) | _VERSION_AND_VARIANT
    return str(uuid.UUID(int=value))
