"""Times as records write them: W3C VC Data Model 2.0, section 4.9 (XML Schema dateTimeStamp)."""

import re
from datetime import UTC, datetime

from app.proof.errors import ProofError

_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


def read_time(text: str) -> datetime:
    """Read a time with its zone and give it in UTC."""
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ProofError("time-malformed", f"{text[:40]!r} is not a time with its zone.") from error


def write_time(at: datetime) -> str:
    """Write a time in UTC with whole seconds, such as ``2026-11-23T12:00:00Z``."""
    if at.tzinfo is None:
        raise ProofError("time-malformed", "A time without a zone cannot be signed.")
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
