"""Pure decisions of harvesting: when absence means withdrawal, and when a person must be asked.

A list that was cut, shrank or broke must never empty a catalogue. So what is absent goes only after
a list that began at the beginning, that its source itself ended, from a source that promises to
list everything (DESIGN §4); and even then not more than a little without being asked.
"""

from dataclasses import dataclass

from app.harvest.model import ItemOutcome
from connectors.contract import Deletions

FEW = 5
SHARE = 0.20
INVALID_SHARE = 0.10


@dataclass(frozen=True, slots=True)
class Listing:
    """What is known when a source's list has ended."""

    deletions: Deletions
    from_beginning: bool
    complete: bool
    expected: int | None
    seen: int
    repeated: int
    rejected: int
    known_before: int
    """Live items that earlier runs had brought."""
    vanishing: int
    """Of these, how many are not on the list."""


def may_sweep(listing: Listing) -> bool:
    """Whether absence from this list means anything."""
    return listing.deletions is Deletions.SNAPSHOT and listing.from_beginning and listing.complete


def adds_up(listing: Listing) -> bool:
    """Whether as many items came as the source said it has."""
    if listing.expected is None or not (listing.from_beginning and listing.complete):
        return True
    return listing.seen <= listing.expected <= listing.seen + listing.repeated


def brake(listing: Listing) -> tuple[str, ...]:
    """Why a person must be asked before what is absent is withdrawn; empty if nobody need be."""
    if listing.vanishing == 0:
        return ()
    reasons: list[str] = []
    if listing.vanishing > max(FEW, SHARE * listing.known_before):
        reasons.append(
            f"{listing.vanishing} of {listing.known_before} courses would be withdrawn at once"
        )
    if listing.rejected > INVALID_SHARE * listing.seen:
        reasons.append(f"{listing.rejected} of {listing.seen} items could not be taken")
    if not adds_up(listing):
        reasons.append(f"the source speaks of {listing.expected} items and listed {listing.seen}")
    return tuple(reasons)


def combined(before: ItemOutcome, now: ItemOutcome) -> ItemOutcome:
    """What a run did with an item that it had to read twice."""
    if now is ItemOutcome.UNCHANGED:
        return before
    if before is ItemOutcome.NEW and now is ItemOutcome.CHANGED:
        return ItemOutcome.NEW
    return now
