"""Which statements were withdrawn: status lists of each registry, as records have them.

A short-lived statement would need no list, but it would stay good until it ended although the
ledger no longer bears it out, and a holder would have to come back for each use. So a statement has
a place in a list, drawn at random, which is signed by the registry, published, carried in trust
bundles and renewed like the lists of records. Its bits follow from the statements that are kept.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.platform.db import Database
from app.platform.problems import DomainError, NotFound
from app.proof import status_list
from app.proof.parse import STATUS_LIST
from app.recognition.compliance import list_store, store
from app.recognition.compliance.model import StatusList
from app.records.status.credential import digest_of, document
from app.records.status.model import RENEWAL, SIZE, VALIDITY, Purpose
from app.records.status.slots import draw
from app.trust import service as trust
from app.trust.statements import Statements


@dataclass(frozen=True, slots=True)
class Desk:
    """Where statements of compliance are made and kept true."""

    statements: Statements
    public_url: str


def list_url(public_url: str, registry_id: str, number: int) -> str:
    """Where a list is published; statements name it."""
    return f"{public_url}/registries/{registry_id}/status/{number}"


def reserve(
    session: Session, desk: Desk, registry_id: str, *, at: datetime
) -> tuple[StatusList, int]:
    """Give a place away, in the caller's transaction; a list begins when none has room."""
    held = list_store.newest(session, registry_id)
    if held is None or held.allocated >= SIZE // 2:
        held = _begin(session, desk, registry_id, 1 if held is None else held.number + 1, at=at)
    (index,), taken = draw(held.taken, count=1)
    made = replace(held, taken=taken, allocated=held.allocated + 1)
    list_store.put(session, made)
    return made, index


def publish(session: Session, desk: Desk, registry_id: str, number: int, *, at: datetime) -> None:
    """Sign a list anew, as the statements say, in the caller's transaction."""
    held = list_store.find(session, registry_id, number, lock=True)
    if held is None:
        raise NotFound(f"{registry_id} has no status list {number}.")
    _sign(session, desk, held, at=at)


def renew_all(session: Session, desk: Desk, registry_id: str, *, at: datetime) -> int:
    """Sign all lists of a registry anew, for a change of its keys; says how many."""
    every = list_store.lists(session, registry_id=registry_id)
    for _, number in every:
        publish(session, desk, registry_id, number, at=at)
    return len(every)


def publish_due(database: Database, desk: Desk, *, at: datetime) -> int:
    """Renew every list that ends soon, each in its own transaction; says how many.

    One that cannot be signed holds up no other: the first such error is raised after the last.
    """
    with database.read() as session:
        due = list_store.lists(session, ending=at + RENEWAL)
    errors: list[DomainError] = []
    for registry_id, number in due:
        try:
            with database.write() as session:
                publish(session, desk, registry_id, number, at=at)
        except DomainError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return len(due)


def published(session: Session, registry_id: str, number: int) -> StatusList:
    """A list as it is served. Raises ``NotFound``."""
    found = list_store.find(session, registry_id, number)
    if found is None:
        raise NotFound(f"{registry_id} has no status list {number}.")
    return found


def _begin(
    session: Session, desk: Desk, registry_id: str, number: int, *, at: datetime
) -> StatusList:
    empty = StatusList(
        registry_id=registry_id,
        number=number,
        url=list_url(desk.public_url, registry_id, number),
        allocated=0,
        taken=bytes(SIZE // 8),
        json=b"",
        jwt="",
        digest="",
        published_at=at,
        valid_until=at,
    )
    return _sign(session, desk, empty, at=at)


def _sign(session: Session, desk: Desk, held: StatusList, *, at: datetime) -> StatusList:
    ones = store.withdrawn_places(session, held.registry_id, held.number)
    issuer = desk.statements.issuer(session, held.registry_id, at=at)
    unsecured = document(
        held.url,
        issuer_id=issuer.id,
        purpose=Purpose.REVOCATION,
        bits=status_list.bits(SIZE, ones=ones),
        at=at,
    )
    signed = desk.statements.secure(
        session, unsecured, organisation_id=held.registry_id, at=at, limits=STATUS_LIST
    )
    made = replace(
        held,
        json=signed.json,
        jwt=signed.jwt,
        digest=digest_of(signed.json),
        published_at=max(at, held.published_at),
        valid_until=at.replace(microsecond=0) + VALIDITY,
    )
    list_store.put(session, made)
    trust.store_status_list(session, held.url, signed.jwt.encode(), at=at)
    return made
