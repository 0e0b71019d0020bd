"""What a status list is: its purposes, its addresses, what is published of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.proof import status_list

SIZE = status_list.SMALLEST
"""The entries of a new list: the fewest that the standard allows, which is many enough."""
VALIDITY = timedelta(days=7)
RENEWAL = VALIDITY / 2
"""A list with less than this left is signed anew."""
PATIENCE = timedelta(minutes=1)
"""How long changed bits wait for whoever changed them to sign, before the worker does."""
TIME_TO_LIVE = timedelta(minutes=5)
"""How long a verifier may rest before it asks again; the standard's own default."""


class Purpose(StrEnum):
    """What a set bit says (Bitstring Status List 1.0, section 2.2)."""

    REVOCATION = "revocation"
    SUSPENSION = "suspension"
    """Not for now; the only bit that may be cleared again."""
    REFRESH = "refresh"
    """A corrected record takes this one's place. It is then revoked, too."""


def list_url(public_url: str, society_id: str, number: int) -> str:
    """Where the list of revocations is published; records name this one."""
    return f"{public_url}/societies/{society_id}/status/{number}"


def purpose_url(url: str, purpose: Purpose) -> str:
    """Where the list for ``purpose`` is, beside the one at ``url`` that records name."""
    return url if purpose is Purpose.REVOCATION else f"{url}/{purpose}"


def urls(url: str) -> tuple[str, ...]:
    """All lists in which a record that names the one at ``url`` has its place."""
    return tuple(purpose_url(url, purpose) for purpose in Purpose)


@dataclass(frozen=True, slots=True)
class SlotList:
    """One list number of a society, and which of its places are given away."""

    society_id: str
    number: int
    url: str
    size: int
    allocated: int
    taken: bytes

    @property
    def room(self) -> int:
        """How many more places may be given: a list is half full at most, to hide who is in it."""
        return self.size // 2 - self.allocated


@dataclass(frozen=True, slots=True)
class Published:
    """A status list as it is served, in both forms."""

    society_id: str
    number: int
    purpose: Purpose
    url: str
    bits: bytes
    dirty_since: datetime | None
    """When bits changed that are not signed yet; nothing, when it says what it must."""
    json: bytes
    jwt: str
    digest: str
    """Of what was signed: the strong part of the ETags."""
    published_at: datetime
    dated: bool
    """Whether its second of publication is its alone, so that it can be told by it."""
    valid_until: datetime
