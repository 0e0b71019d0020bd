"""Who is at a piece of work, and whether they still live: one at a time, none stuck for ever.

A piece of work (a run, a roster) notes its process with every step. Another may take it over when
that process is known to be dead, or has not been heard of for so long that it must be.
"""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.platform.ids import new_id

SILENCE = timedelta(minutes=15)
"""Longer than one step may take, a page with all its retries (``connectors.http``) included."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process: where it runs, its number, and a name that no later process has."""

    host: str
    pid: int
    name: str


THIS_PROCESS = Process(socket.gethostname(), os.getpid(), new_id())


def is_dead(holder: Process, *, heard_at: datetime, at: datetime, asking: Process) -> bool:
    """Whether the process that holds a piece of work can be taken for dead."""
    if holder == asking:
        return False
    if at - heard_at > SILENCE:
        return True
    if holder.host != asking.host:
        return False
    return holder.pid == asking.pid or not _exists(holder.pid)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is there, and somebody else's
        return True
    return True
