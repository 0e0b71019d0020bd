"""What a sample is, before it is drawn and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

FIRST_SHARE, LAST_SHARE = Fraction(1, 100), Fraction(5, 100)


@dataclass(frozen=True, slots=True)
class NewSample:
    """What somebody asks for; unchecked."""

    percent: str
    """1 to 5, such as ``2.5``."""
    public_source: str = ""
    """Which public figure of a later day will be used, in words."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample that was announced, and once it is drawn, what came out."""

    id: str
    registry_id: str
    number: int
    """The registry's first, second, third: none can be left out unnoticed."""
    share: Fraction
    commitment: str
    """SHA-256, in hexadecimal, of the secret as bytes."""
    public_source: str
    list_hash: str
    """SHA-256 of the sorted ids, each with a line feed after it."""
    population: int
    size: int
    announced_at: datetime
    announced_by: str
    secret: str | None = None
    """In hexadecimal; published with the draw."""
    public_value: str | None = None
    seed: str | None = None
    chosen: Sequence[str] = ()
    """Ids of registrants, lowest rank first."""
    drawn_at: datetime | None = None
    drawn_by: str | None = None
