"""Status lists: which of an issuer's records were revoked, signed, for everybody to fetch.

W3C Bitstring Status List 1.0. A list has 131,072 entries; a record gets a random free one, so that
its place says nothing about when it was issued or to whom, and a list is closed to new records when
half full, so that finding a free one stays quick. A list is signed anew in the transaction of a
revocation, and by the worker before it ends. Its bits are always computed from the records, so a
list that is lost can be made again.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.platform.db import Database
from app.platform.problems import DomainError
from app.proof import jose, status_list
from app.proof.data_integrity import prepare_proof, verify_proof
from app.proof.keys import PublicKey
from app.proof.parse import Object, dump
from app.proof.times import write_time
from app.proof.vocabulary import CREDENTIALS_V2
from app.records import store
from app.records.issue import signing_keys
from app.records.model import Slot
from app.records.store import StatusList
from app.trust import service as trust
from app.trust.signer import Signer

SIZE = status_list.SMALLEST
VALIDITY = timedelta(days=7)
RENEWAL = VALIDITY / 2
"""A list with less than this left is signed anew."""
_CANDIDATES = 32


def list_url(public_url: str, society_id: str, number: int) -> str:
    """Where a list is published."""
    return f"{public_url}/societies/{society_id}/status/{number}"


def document(url: str, *, issuer_id: str, size: int, revoked: list[int], at: datetime) -> Object:
    """The list as a credential, not yet secured."""
    return {
        "@context": [CREDENTIALS_V2.url],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer_id,
        "validFrom": write_time(at),
        "validUntil": write_time(at + VALIDITY),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": status_list.encode(status_list.bits(size, ones=revoked)),
        },
    }


def open_slot(
    database: Database, signer: Signer, *, society_id: str, public_url: str, at: datetime
) -> tuple[Slot, str]:
    """A place that is free now, and its list's address; begins a list when none has room.

    Nothing is taken by this: the place is the caller's once his intent is stored, and the table's
    unique constraint says which of two callers got it.
    """
    with database.read() as session:
        newest = store.newest_list(session, society_id)
    if newest is None or newest.allocated * 2 >= newest.size:
        newest = _begin(
            database,
            signer,
            society_id=society_id,
            number=1 if newest is None else newest.number + 1,
            public_url=public_url,
            at=at,
        )
    candidates = [secrets.randbelow(newest.size) for _ in range(_CANDIDATES)]
    with database.read() as session:
        taken = store.taken_indexes(
            session, society_id=society_id, number=newest.number, among=candidates
        )
    free = [candidate for candidate in candidates if candidate not in taken]
    # Half of a list is free, so all candidates are taken once in 4 billion; the store says so.
    return Slot(newest.number, (free or candidates)[0]), newest.url


def publish(
    session: Session, signer: Signer, *, society_id: str, number: int, at: datetime
) -> None:
    """Sign a list as it now stands and publish it, in the caller's transaction."""
    current = store.find_list(session, society_id=society_id, number=number, lock=True)
    if current is None:
        raise LookupError(f"{society_id} has no status list {number}")
    _publish(session, signer, current, at=at)


def publish_due(database: Database, signer: Signer, *, at: datetime) -> int:
    """Sign anew every list that ends soon, each in its own transaction; says how many.

    One that cannot be signed holds up no other: the first such error is raised after the last
    list. Its records' status becomes unknown to verifiers when it ends.
    """
    with database.read() as session:
        due = store.lists_ending(session, before=at + RENEWAL)
    errors: list[DomainError] = []
    for society_id, number in due:
        try:
            with database.write() as session:
                publish(session, signer, society_id=society_id, number=number, at=at)
        except DomainError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return len(due)


def _begin(
    database: Database,
    signer: Signer,
    *,
    society_id: str,
    number: int,
    public_url: str,
    at: datetime,
) -> StatusList:
    empty = StatusList(
        society_id=society_id,
        number=number,
        url=list_url(public_url, society_id, number),
        size=SIZE,
        allocated=0,
        json=b"",
        jwt="",
        published_at=at,
        valid_until=at,
    )
    with database.write() as session:
        begun = store.find_list(session, society_id=society_id, number=number)
        return begun or _publish(session, signer, empty, at=at)


def _publish(session: Session, signer: Signer, current: StatusList, *, at: datetime) -> StatusList:
    issuer = trust.issuer_of(session, current.society_id)
    proof_key_id, jwt_key_id = signing_keys(issuer)
    revoked = store.revoked_indexes(session, society_id=current.society_id, number=current.number)
    unsecured = document(
        current.url, issuer_id=issuer.id, size=current.size, revoked=list(revoked), at=at
    )
    prepared = prepare_proof(unsecured, verification_method=proof_key_id, created=at)
    secured = prepared.attach(signer.sign(proof_key_id, prepared.hash_data))
    token = jose.signing_input(unsecured, kid=jwt_key_id)
    jwt = jose.assemble(token, signer.sign(jwt_key_id, token))
    keys: dict[str, PublicKey] = {held.key.id: held.key for held in issuer.keys}
    verify_proof(secured, key=keys[proof_key_id])
    jose.verify_jwt(jwt, key=keys[jwt_key_id])
    published = StatusList(
        society_id=current.society_id,
        number=current.number,
        url=current.url,
        size=current.size,
        allocated=current.allocated,
        json=dump(secured),
        jwt=jwt,
        published_at=at,
        valid_until=at.replace(microsecond=0) + VALIDITY,
    )
    store.put_list(session, published)
    trust.store_status_list(session, current.url, published.json, at=at)
    return published
