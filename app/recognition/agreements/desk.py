"""What every use case of agreements needs: this node's keys, what it knows, and who may ask."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import rules as access
from app.identity.access import Forbidden
from app.identity.model import Actor, Kind, Organisation
from app.identity.people import store as people_store
from app.platform.problems import NotFound
from app.recognition.agreements import rules, store
from app.recognition.agreements.model import Kept, Standing
from app.trust.statements import Statements
from app.verification.bundle import Bundle

SCOPE = "recognition:policy"
"""What it takes to draft, sign and end one: an agreement binds as a policy does."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where agreements are made and read."""

    statements: Statements
    bundle: Callable[[Session, datetime], Bundle]
    """What this node knows of issuers and their keys at a time."""


@dataclass(frozen=True, slots=True)
class Which:
    """One version of one agreement."""

    id: str
    version: int


def hold(session: Session, actor: Actor) -> Organisation:
    """The actor's registry, held until the commit; the actor is asked again whether he or she may.

    Raises ``NotFound`` and ``Forbidden``.
    """
    registry = people_store.lock_organisation(session, actor.organisation_id)
    if registry is None or registry.kind is not Kind.REGISTRY:
        raise NotFound("There is no such registry.")
    may = access.may(actor, SCOPE, registry.id)
    if may and actor.person_id:
        member = people_store.find_member(session, registry.id, actor.person_id)
        may = member is not None and SCOPE in access.allowed(member.roles, registry.kind)
    if not may:
        raise Forbidden("You may not make agreements for this registry.")
    return registry


def standings(
    session: Session, desk: Desk, agreement_id: str, *, at: datetime, lock: bool = False
) -> tuple[Standing, ...]:
    """Every version of an agreement with its standing, the oldest first."""
    return standings_of(session, desk, store.versions(session, agreement_id, lock=lock), at=at)


def standings_of(
    session: Session, desk: Desk, versions: Sequence[Kept], *, at: datetime
) -> tuple[Standing, ...]:
    """The same, of versions that were read already."""
    if not versions:
        return ()
    return rules.standings(
        versions,
        store.endings(session, versions[0].agreement.id),
        bundle=desk.bundle(session, at),
        at=at,
        on=at.date(),
    )


def mine(
    session: Session,
    desk: Desk,
    did: str,
    registry_id: str,
    which: Which,
    *,
    at: datetime,
    lock: bool = False,
) -> tuple[tuple[Standing, ...], Standing]:
    """All versions, and the one meant, of an agreement that this registry may see.

    Raises ``NotFound``.
    """
    found = standings(session, desk, which.id, at=at, lock=lock)
    for one in found:
        if one.agreement.version == which.version and seen_by(one, did, registry_id):
            return found, one
    raise NotFound("There is no such agreement.")


def seen_by(one: Standing, did: str, registry_id: str) -> bool:
    """Whether a registry sees a version: its own drafts, and what somebody signed with it."""
    if one.agreement.party(did) is None:
        return False
    return one.kept.drafted_by == registry_id or bool(one.kept.signatures)
