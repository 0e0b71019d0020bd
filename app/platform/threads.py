"""Costly work in few threads of its own, so that the requests of others find one free.

Endpoints share a pool of threads. If it were full of verifications, nobody could even ask whether
the node runs. More threads would not help: such work is for the processor, and takes turns.
"""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

T = TypeVar("T")

_AT_ONCE = 4
_places: RunVar[CapacityLimiter] = RunVar("opencpd_costly_work")


async def run_costly(work: Callable[[], T]) -> T:
    """Do ``work`` in a thread, as soon as fewer than four others are at such work."""
    places = _places.get(None)
    if places is None:
        places = CapacityLimiter(_AT_ONCE)
        _places.set(places)
    return await to_thread.run_sync(work, limiter=places)
