"""The only module that reads the clock; everywhere else the time is an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, in UTC, with microseconds."""
    return datetime.now(UTC)
