"""Publishing status lists: signed anew whenever a bit changes, and before they end.

A list's bits are kept with it, so that publishing costs the same however many records are revoked;
they are computed anew from the records at each renewal, and a list that is lost is made again.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.db import Database
from app.platform.problems import DomainError, NotFound
from app.proof import status_list
from app.proof.errors import ProofError
from app.records.status import store
from app.records.status.credential import SignedList, document, sign
from app.records.status.model import (
    PATIENCE,
    RENEWAL,
    VALIDITY,
    Published,
    Purpose,
    SlotList,
    purpose_url,
    urls,
)
from app.trust import service as trust
from app.trust.model import Issuer
from app.trust.signer import Signer

_ALL = tuple(Purpose)


class ListRefused(DomainError):
    """What was signed does not verify, so it is not published; the last good list stays."""

    code = "status-list-refused"
    status = 500


def begin(session: Session, signer: Signer, held: SlotList, *, at: datetime) -> None:
    """Publish a new list for every purpose, with nothing in it."""
    issuer = trust.issuer_of(session, held.society_id)
    for purpose in Purpose:
        _publish(session, signer, held, purpose, issuer=issuer, bits=bytes(held.size // 8), at=at)


def lock(session: Session, lists: Iterable[tuple[str, int]]) -> None:
    """Lock lists, by society and number, before any of their bits is changed.

    All of them, for every purpose, and in one order: so two changes that touch the same lists wait
    for each other and never both for ever.
    """
    for society_id, number in sorted(set(lists)):
        store.lock(session, society_id=society_id, number=number)


def set_bits(
    session: Session,
    *,
    society_id: str,
    number: int,
    changes: Mapping[Purpose, Mapping[int, bool]],
    at: datetime,
) -> None:
    """Change what lists must say, in the caller's transaction; ``publish`` then signs them.

    The lists have to be locked before (``lock``).
    """
    held = store.published(
        session, society_id=society_id, number=number, purposes=changes.keys(), lock=True
    )
    for purpose, one in held.items():
        bits = bytearray(one.bits)
        for index, value in changes[purpose].items():
            mask = 0x80 >> (index & 7)
            bits[index >> 3] = bits[index >> 3] | mask if value else bits[index >> 3] & ~mask
        if bits != one.bits:
            store.change_bits(session, one, bits=bytes(bits), at=at)


def publish(
    session: Session,
    signer: Signer,
    *,
    society_id: str,
    number: int,
    at: datetime,
    purposes: Collection[Purpose] = _ALL,
) -> int:
    """Sign those lists whose bits changed since they were signed; says how many they were.

    In the caller's transaction: what changed and the list that says so become visible together.
    A list that is not there, since it was lost, is made from the records.
    """
    held = _slots(session, society_id=society_id, number=number)
    there = store.published(
        session, society_id=society_id, number=number, purposes=purposes, lock=True
    )
    waiting = [
        purpose for purpose in purposes if purpose not in there or there[purpose].dirty_since
    ]
    issuer = trust.issuer_of(session, society_id) if waiting else None
    for purpose in waiting:
        if issuer is not None:
            before = there.get(purpose)
            bits = computed(session, held, purpose) if before is None else before.bits
            _publish(session, signer, held, purpose, issuer=issuer, bits=bits, at=at, before=before)
    return len(waiting)


def renew(session: Session, signer: Signer, *, society_id: str, number: int, at: datetime) -> None:
    """Sign all lists of one number as the records say, whatever was kept.

    Kept bits that differ from the records are put right, and the audit trail says so.
    """
    held = _slots(session, society_id=society_id, number=number)
    there = store.published(session, society_id=society_id, number=number, lock=True)
    issuer = trust.issuer_of(session, society_id)
    for purpose in Purpose:
        before = there.get(purpose)
        bits = computed(session, held, purpose)
        if before is not None and before.bits != bits:
            _note_repair(session, before, bits, at=at)
        _publish(session, signer, held, purpose, issuer=issuer, bits=bits, at=at, before=before)


def renew_all(session: Session, signer: Signer, *, society_id: str, at: datetime) -> int:
    """Sign all lists of a society anew, in the caller's transaction; says how many numbers.

    For a change of its keys: a list that a compromised key signed is not believed from that moment
    on, so the change and the lists that outlive it become visible together.
    """
    every = store.numbers(session, society_id=society_id)
    for owner, number in every:
        store.lock(session, society_id=owner, number=number)
        renew(session, signer, society_id=owner, number=number, at=at)
    return len(every)


def publish_due(database: Database, signer: Signer, *, at: datetime) -> int:
    """Renew every list that ends soon or waits to be signed, each in its own transaction.

    Says how many. One that cannot be signed holds up no other: the first such error is raised
    after the last list. Its records' status becomes unknown to verifiers when it ends.
    """
    with database.read() as session:
        due = store.due(session, ending=at + RENEWAL, changed=at - PATIENCE)
    return _renew_each(database, signer, due, at=at)


def publish_all(
    database: Database, signer: Signer, *, at: datetime, society_id: str | None = None
) -> int:
    """Sign every list anew with the keys of now, as the records say; says how many numbers.

    For a key that was compromised: what it signed from then on is worth nothing, its lists too.
    Safe to repeat. Errors are raised as ``publish_due`` does.
    """
    with database.read() as session:
        every = store.numbers(session, society_id=society_id)
    return _renew_each(database, signer, every, at=at)


def differing(session: Session, *, society_id: str | None = None) -> list[str]:
    """The addresses of lists whose kept bits are not what the records say; none, if all is well.

    Read in one transaction, for a person to look at; ``publish_all`` mends what this finds.
    """
    found = []
    for owner, number in store.numbers(session, society_id=society_id):
        held = _slots(session, society_id=owner, number=number)
        there = store.published(session, society_id=owner, number=number)
        for purpose in Purpose:
            kept = there.get(purpose)
            if kept is None or kept.bits != computed(session, held, purpose):
                found.append(purpose_url(held.url, purpose))
    return found


def published_list(
    session: Session, *, society_id: str, number: int, purpose: Purpose = Purpose.REVOCATION
) -> Published:
    """A status list as it is published. Raises ``NotFound``."""
    found = store.published(session, society_id=society_id, number=number, purposes=[purpose])
    if purpose not in found:
        raise NotFound(f"{society_id} has no status list {number}.")
    return found[purpose]


def listed_urls(session: Session, *, society_id: str, number: int) -> tuple[str, ...]:
    """The addresses of all lists in which the records of one number have their places."""
    held = store.find(session, society_id=society_id, number=number)
    return () if held is None else urls(held.url)


def computed(session: Session, held: SlotList, purpose: Purpose) -> bytes:
    """A list's bits as the records say."""
    ones = store.indexes(session, society_id=held.society_id, number=held.number, purpose=purpose)
    return status_list.bits(held.size, ones=ones)


def _slots(session: Session, *, society_id: str, number: int) -> SlotList:
    held = store.find(session, society_id=society_id, number=number)
    if held is None:
        raise NotFound(f"{society_id} has no status list {number}.")
    return held


def _renew_each(
    database: Database, signer: Signer, lists: Iterable[tuple[str, int]], *, at: datetime
) -> int:
    errors: list[DomainError] = []
    done = 0
    for society_id, number in lists:
        try:
            with database.write() as session:
                renew(session, signer, society_id=society_id, number=number, at=at)
            done += 1
        except DomainError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return done


def _publish(
    session: Session,
    signer: Signer,
    held: SlotList,
    purpose: Purpose,
    *,
    issuer: Issuer,
    bits: bytes,
    at: datetime,
    before: Published | None = None,
) -> None:
    url = purpose_url(held.url, purpose)
    signed = _signed(signer, url, issuer=issuer, purpose=purpose, bits=bits, at=at)
    # Times of publication never go back, although callers took theirs before they queued here.
    published_at = at if before is None else max(at, before.published_at)
    store.put(
        session,
        Published(
            society_id=held.society_id,
            number=held.number,
            purpose=purpose,
            url=url,
            bits=bits,
            dirty_since=None,
            json=signed.json,
            jwt=signed.jwt,
            digest=signed.digest,
            published_at=published_at,
            dated=before is None
            or before.published_at.replace(microsecond=0) < published_at.replace(microsecond=0),
            valid_until=at.replace(microsecond=0) + VALIDITY,
        ),
    )
    trust.store_status_list(session, url, signed.jwt.encode(), at=at)


def _signed(
    signer: Signer, url: str, *, issuer: Issuer, purpose: Purpose, bits: bytes, at: datetime
) -> SignedList:
    unsecured = document(url, issuer_id=issuer.id, purpose=purpose, bits=bits, at=at)
    try:
        return sign(unsecured, signer, issuer=issuer, at=at)
    except ProofError as error:
        raise ListRefused(f"The status list {url} does not verify: {error.message}") from error


def _note_repair(session: Session, before: Published, bits: bytes, *, at: datetime) -> None:
    """Names numbers alone: which records they are is not for the trail of a list."""
    pairs = list(zip(before.bits, bits, strict=False))
    audit.record(
        session,
        who="system:status",
        action="status.repair",
        subject=f"status-list:{before.url}"[:200],
        organisation_id=before.society_id,
        at=at,
        before={"set": sum(byte.bit_count() for byte in before.bits)},
        after={
            "set": sum(byte.bit_count() for byte in bits),
            "missing": sum((new & ~old).bit_count() for old, new in pairs),
            "surplus": sum((old & ~new).bit_count() for old, new in pairs),
        },
    )
