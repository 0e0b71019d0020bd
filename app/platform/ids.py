"""Identifiers: random enough not to be guessed, ordered enough to be kind to an index."""

import os
import threading
import time

_VERSION_AND_VARIANT = (7 << 76) | (0b10 << 62)
_TICKS = 1 << 12  # of a millisecond: what the twelve bits after it can tell apart


class _Ticks:
    """The time in 4096ths of a millisecond, each given once and never one before the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        with self._lock:
            now = time.time_ns() * _TICKS // 1_000_000
            self._last = max(now, self._last + 1)
            return self._last


_ticks = _Ticks()


def new_id() -> str:
    """A UUID version 7 (RFC 9562 §5.7) as text; later ones of a process sort after earlier ones.

    The twelve bits after the milliseconds are a finer clock (§6.2, method 3), so that what is
    made in one go keeps its order; the other 62 are random.
    """
    milliseconds, tick = divmod(_ticks.next(), _TICKS)
    value = (milliseconds << 80) | (tick << 64) | int.from_bytes(os.urandom(8)) >> 2
    text = f"{value | _VERSION_AND_VARIANT:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
