"""Rate limits that one process counts, in its memory.

The storage that comes with the library ``limits`` looks at all of its keys after every hit, in a
thread that it starts for that: who asks from a hundred thousand addresses would keep a processor
busy with forgetting. This one looks at a few keys a hit, so that forgetting costs the same however
many there are. Otherwise it behaves alike; a test compares.
"""

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from limits.storage import MovingWindowSupport, Storage

from app.platform import clock

LOOKED_AT = 4
"""How many keys each hit looks at; more than the one it may add, so that old ones go."""


@dataclass(slots=True)
class _Kept:
    """What one key has used: the moments of its last hits, or a count."""

    ends_at: float = 0.0
    hits: deque[float] = field(default_factory=deque)
    """The newest first."""
    count: int = 0


class MemoryWindows(Storage, MovingWindowSupport):
    """Counts for this process alone."""

    STORAGE_SCHEME = None

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._windows: dict[str, _Kept] = {}
        self._counts: dict[str, _Kept] = {}
        self._hand: Iterator[str] = iter(())

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return ValueError

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Take ``amount`` hits, or none when that would be more than ``limit`` in ``expiry``."""
        if amount > limit:
            return False
        now = clock.now().timestamp()
        with self._lock:
            self._forget(now)
            kept = self._windows.setdefault(key, _Kept())
            last = limit - amount
            if len(kept.hits) > last and kept.hits[last] >= now - expiry:
                return False
            kept.hits.extendleft([now] * amount)
            while len(kept.hits) > limit:
                kept.hits.pop()
            kept.ends_at = now + expiry
            return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the window's oldest hit was, and how many there are."""
        now = clock.now().timestamp()
        with self._lock:
            kept = self._windows.get(key)
            hits = [hit for hit in kept.hits if hit >= now - expiry] if kept else []
        return (hits[-1] if hits else now), len(hits)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = clock.now().timestamp()
        with self._lock:
            self._forget(now)
            kept = self._counts.get(key)
            if kept is None or kept.ends_at <= now:
                kept = self._counts[key] = _Kept(now + expiry)
            kept.count += amount
            return kept.count

    def get(self, key: str) -> int:
        kept = self._counts.get(key)
        return kept.count if kept and kept.ends_at > clock.now().timestamp() else 0

    def get_expiry(self, key: str) -> float:
        kept = self._counts.get(key)
        return kept.ends_at if kept else clock.now().timestamp()

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        with self._lock:
            count = len(self)
            self._windows.clear()
            self._counts.clear()
        return count

    def clear(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)
            self._counts.pop(key, None)

    def __len__(self) -> int:
        """How many keys are kept."""
        return len(self._windows) + len(self._counts)

    def _forget(self, now: float) -> None:
        """Look at the next few keys, and begin again after the last."""
        for _ in range(LOOKED_AT):
            key = next(self._hand, None)
            if key is None:
                self._hand = iter([*self._windows, *self._counts])
                return
            for keeping in (self._windows, self._counts):
                kept = keeping.get(key)
                if kept is not None and kept.ends_at < now:
                    del keeping[key]
