"""The one answer to "may this actor do that?", and what it follows from. Pure."""

from collections.abc import Collection
from datetime import datetime

from app.identity.model import OPERATORS_ALONE, ROLES, Actor, Grant, Kind, Role, Visitor


def may(
    actor: Actor,
    action: str,
    organisation_id: str,
    *,
    grants: Collection[Grant] = (),
    at: datetime | None = None,
) -> bool:
    """Whether ``actor`` may do ``action`` (a scope) to what belongs to ``organisation_id``.

    An actor acts within its scopes: for its own organisation, and for another one by a grant of
    that one that holds at ``at``. Without a time no grant holds.
    """
    if action not in actor.scopes or not organisation_id:
        return False
    if actor.organisation_id == organisation_id:
        return True
    return at is not None and any(
        grant.society_id == organisation_id
        and grant.grantee_id == actor.organisation_id
        and grant.action == action
        and holds(grant, at=at)
        for grant in grants
    )


def comes_in(actor: Actor, *, sandbox: bool) -> bool:
    """Whether a route is open to this kind of actor; ``sandbox`` says whether it keeps one.

    Who tries things out must leave no trace, so the routes that know of the sandbox are the only
    ones open to such an actor.
    """
    return sandbox or not actor.sandbox


def holds(grant: Grant, *, at: datetime) -> bool:
    """Whether a grant has begun and neither run out nor been ended."""
    ends = [end for end in (grant.valid_until, grant.ended_at) if end is not None]
    return grant.valid_from <= at and all(at < end for end in ends)


def allowed(roles: Collection[Role], kind: Kind) -> frozenset[str]:
    """The scopes that these roles give in an organisation of this kind."""
    given = frozenset().union(*(ROLES[role] for role in roles))
    return given if kind is Kind.OPERATOR else given - {OPERATORS_ALONE}


def as_member(visitor: Visitor, organisation_id: str) -> Actor | None:
    """The visitor as one who acts for the organisation; ``None`` for who is no member of it."""
    for membership in visitor.memberships:
        if membership.organisation.id == organisation_id:
            scopes = allowed(membership.roles, membership.organisation.kind)
            return Actor("", organisation_id, scopes, person_id=visitor.person_id)
    return None


def as_operator(visitor: Visitor) -> Actor | None:
    """The visitor as one who runs this node; ``None`` for who does not."""
    for membership in visitor.memberships:
        if membership.organisation.kind is Kind.OPERATOR:
            return as_member(visitor, membership.organisation.id)
    return None
