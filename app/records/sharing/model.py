"""What sharing speaks of."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 bits in base64url."""


@dataclass(frozen=True, slots=True)
class HolderLink:
    """The way of a holder to one record."""

    id: str
    record_id: str
    created_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None = None
    secret: str = field(default="", repr=False)
    """Known only where it was just made, or by whoever came with it."""

    def open(self, *, at: datetime) -> bool:
        """Whether it leads anywhere."""
        return self.ended_at is None and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True, slots=True)
class ShareLink:
    """The way of somebody whom the holder shows the record to."""

    id: str
    record_id: str
    holder_link_id: str
    label: str
    downloads: bool
    """Whether the record itself may be taken along, or only looked at."""
    created_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None
    secret: str = field(default="", repr=False)
    """Known to the holder whose link it was made with."""

    @property
    def last_day(self) -> date:
        """The last day, in UTC, on which it leads somewhere."""
        return (self.ends_at - timedelta(microseconds=1)).date()

    def open(self, *, at: datetime) -> bool:
        """Whether it leads anywhere."""
        return self.ended_at is None and at < self.ends_at


@dataclass(frozen=True, slots=True)
class NewShare:
    """What a holder asks for; unchecked."""

    label: str
    ends_at: datetime
    downloads: bool
