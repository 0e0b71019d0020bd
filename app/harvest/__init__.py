"""Bring the societies' courses in: sources, runs, raw items, and the brake before anything goes.

Delivery is at least once and storing is idempotent by source, remote id and content, so a run may
stop anywhere and go on from its cursor. The only domain that imports ``connectors``; it hands what
it reads to ``catalogue.service.take`` and never writes a course itself.

Others use ``service``, ``registry`` and the values below.
"""

from app.harvest.model import (
    Backlog,
    Counters,
    Failure,
    ItemIssue,
    Mode,
    NewSource,
    Report,
    Run,
    RunState,
    Source,
    Window,
)

RUN_FINISHED = "run.finished"
"""A topic of the outbox for whoever follows it: a run has ended, or is held until a person answers.
Its key is the run's id; ``telling`` takes it away."""

__all__ = [
    "RUN_FINISHED",
    "Backlog",
    "Counters",
    "Failure",
    "ItemIssue",
    "Mode",
    "NewSource",
    "Report",
    "Run",
    "RunState",
    "Source",
    "Window",
]
