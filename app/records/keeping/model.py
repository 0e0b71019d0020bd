"""What keeping speaks of."""

from dataclasses import dataclass
from datetime import datetime

from app.records.model import IssuedRecord
from app.records.standing.model import Standing


@dataclass(frozen=True, slots=True)
class Kept:
    """A record in somebody's account, as it stands today."""

    record: IssuedRecord
    kept_at: datetime
    standing: Standing
    title: str
    """As the record has it; empty where it has none."""
    language: str | None
