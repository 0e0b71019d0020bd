"""Places in status lists: random, never given twice, gone when they are given.

A list has 131,072 entries; a record gets a random free one, so that its place says nothing about
when it was issued or to whom, and a list is closed to new records when half full, so that finding a
free one stays quick. What is given away stands in one bitmap, changed under its row's lock. A crash
between a reservation and the intent it was for loses the place, which does no harm.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.platform.db import Database
from app.platform.problems import Unavailable
from app.records.model import Slot
from app.records.status import store
from app.records.status.model import SIZE, SlotList, list_url
from app.records.status.publication import begin
from app.trust.signer import Signer

_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Begin:
    """How to begin a list when the last one has no room."""

    signer: Signer
    society_id: str
    public_url: str
    at: datetime


def reserve(
    database: Database,
    signer: Signer,
    *,
    society_id: str,
    count: int,
    public_url: str,
    at: datetime,
) -> list[tuple[Slot, str]]:
    """Give away ``count`` places, each with the address of its list; begins lists as needed.

    The places are the caller's when this returns: nobody else ever gets them. A list is published,
    for every purpose, before the first of its places is given.
    """
    begun = _Begin(signer, society_id, public_url, at)
    found: list[tuple[Slot, str]] = []
    tries = _TRIES
    while len(found) < count:
        try:
            with database.write() as session:
                given = _reserve(session, begun, count - len(found))
        except IntegrityError as error:
            # Somebody else began the same list just before us; it is there now.
            tries -= 1
            if not tries:
                raise Unavailable("Too many status lists are begun at once; try again.") from error
            continue
        found += given
    return found


def _reserve(session: Session, begun: _Begin, count: int) -> list[tuple[Slot, str]]:
    """Some places of one list, at least one."""
    held = store.newest(session, begun.society_id)
    if held is None or held.room <= 0:
        held = _next(session, begun, 1 if held is None else held.number + 1)
    chosen, taken = draw(held.taken, count=min(count, held.room))
    store.take(session, held, allocated=held.allocated + len(chosen), taken=taken)
    return [(Slot(held.number, index), held.url) for index in chosen]


def _next(session: Session, begun: _Begin, number: int) -> SlotList:
    held = SlotList(
        society_id=begun.society_id,
        number=number,
        url=list_url(begun.public_url, begun.society_id, number),
        size=SIZE,
        allocated=0,
        taken=bytes(SIZE // 8),
    )
    store.insert(session, held)
    begin(session, begun.signer, held, at=begun.at)
    return held


def draw(taken: bytes, *, count: int) -> tuple[list[int], bytes]:
    """``count`` free places, each as likely as any other, and the bitmap with them taken."""
    bitmap, chosen = bytearray(taken), list[int]()
    size = len(bitmap) * 8
    while len(chosen) < count:
        index = secrets.randbelow(size)
        mask = 0x80 >> (index & 7)
        if not bitmap[index >> 3] & mask:
            bitmap[index >> 3] |= mask
            chosen.append(index)
    return chosen, bytes(bitmap)
