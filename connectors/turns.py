"""Whose turn it is to ask a host: one rhythm for each host, however many fetches ask it.

Takes the time as it is given; waits for nothing itself.
"""

import threading

_MOST = 1000


class Turns:
    """Turns at hosts, for all fetches of a process and all of its threads."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, host: str, *, interval: float, now: float) -> float:
        """Take the host's next turn; says how many seconds there are until then."""
        with self._lock:
            if len(self._next) >= _MOST:  # a connector may be led to ever new hosts
                self._next = {one: at for one, at in self._next.items() if at > now}
            turn = max(now, self._next.get(host, now))
            self._next[host] = turn + interval
        return turn - now
