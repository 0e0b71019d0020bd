"""Use cases: the agreements of one registry, and those that everybody may read."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.platform.db import Database
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import DomainError, NotFound
from app.recognition.agreements import desk as desks
from app.recognition.agreements import store
from app.recognition.agreements.desk import Desk, Which
from app.recognition.agreements.exchanging import settle
from app.recognition.agreements.model import Standing, State
from app.recognition.policies.model import Policy
from app.recognition.policies.reading import PolicyInvalid, read_document
from app.trust import service as trust

_AT_ONCE = 200
BOTH = 2


def own_id(session: Session, registry_id: str) -> str | None:
    """The DID by which a registry of this node agrees; ``None`` before it has keys."""
    issuer = trust.organisation_issuer(session, registry_id)
    return None if issuer is None else issuer.id


def of_registry(
    session: Session,
    desk: Desk,
    registry_id: str,
    *,
    cursor: str | None = None,
    limit: int = 50,
    at: datetime,
) -> Slice[Standing]:
    """Every version that the registry sees, agreement by agreement, the newest first."""
    did = own_id(session, registry_id)
    if did is None:
        return Slice([], None)
    found, more = _page(session, did, cursor, limit)
    seen = [
        one
        for agreement_id in found
        for one in reversed(desks.standings(session, desk, agreement_id, at=at))
        if desks.seen_by(one, did, registry_id)
    ]
    return Slice(seen, more)


def one_of(
    session: Session, desk: Desk, registry_id: str, which: Which, *, at: datetime
) -> Standing:
    """One version that the registry sees. Raises ``NotFound``."""
    did = own_id(session, registry_id)
    if did is None:
        raise NotFound("There is no such agreement.")
    return desks.mine(session, desk, did, registry_id, which, at=at)[1]


def public(
    session: Session, desk: Desk, *, cursor: str | None = None, limit: int = 50, at: datetime
) -> Slice[Standing]:
    """What both sides have signed, the newest first; a page may have fewer than ``limit``."""
    found, more = _page(session, None, cursor, limit)
    shown = [
        one
        for agreement_id in found
        for one in reversed(desks.standings(session, desk, agreement_id, at=at))
        if is_public(one)
    ]
    return Slice(shown, more)


def public_one(session: Session, desk: Desk, which: Which, *, at: datetime) -> Standing:
    """One version that everybody may read. Raises ``NotFound``."""
    for one in desks.standings(session, desk, which.id, at=at):
        if one.agreement.version == which.version and is_public(one):
            return one
    raise NotFound("There is no such agreement.")


def is_public(one: Standing) -> bool:
    """Whether both have signed it, and a signature that does not hold any more is told too."""
    signed = {signature.party_id for signature in one.kept.signatures}
    return len(signed) == BOTH and one.state not in {State.DRAFT, State.OFFERED}


def annexed(session: Session, one: Standing, party_id: str) -> Policy | None:
    """The policy under which a party decides, if its text is here."""
    party = one.agreement.party(party_id)
    if party is None or party.recognises is None:
        return None
    digest = party.recognises.annex.hash
    document = store.annexes(session, [digest]).get(digest)
    if document is None:
        return None
    try:
        policy = read_document(document)
    except PolicyInvalid:
        return None  # it was read when it came in; a later program reads it otherwise
    return policy if policy.hash == digest else None


def settle_all(database: Database, desk: Desk, *, at: datetime) -> int:
    """Bring the lists of issuers up to every agreement; says how many listings changed.

    One that cannot be settled holds up no other: the first such error is raised after the last.
    """
    errors: list[DomainError] = []
    changed, after = 0, None
    while True:
        with database.read() as session:
            found: Sequence[str] = store.ids(session, after=after, limit=_AT_ONCE)
        for agreement_id in found:
            try:
                with database.write() as session:
                    changed += settle(session, desk, agreement_id, at=at)
            except DomainError as error:
                errors.append(error)
        if len(found) < _AT_ONCE:
            break
        after = found[-1]
    if errors:
        raise errors[0]
    return changed


def _page(
    session: Session, party: str | None, cursor: str | None, limit: int
) -> tuple[Sequence[str], str | None]:
    after = None if cursor is None else decode_cursor(cursor)
    found = store.ids(session, party=party, after=after, limit=limit + 1)
    return found[:limit], encode_cursor(found[limit - 1]) if len(found) > limit else None
