"""The one answer to "may this actor do that?". Pure."""

from collections.abc import Collection
from datetime import datetime

from app.identity.model import Actor, Grant


def may(
    actor: Actor,
    action: str,
    organisation_id: str,
    *,
    grants: Collection[Grant] = (),
    at: datetime | None = None,
) -> bool:
    """Whether ``actor`` may do ``action`` (a scope) to what belongs to ``organisation_id``.

    A client acts within the scopes of its token: for its own organisation, and for another one by
    a grant of that one that holds at ``at``. Without a time no grant holds.
    """
    if action not in actor.scopes:
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


def holds(grant: Grant, *, at: datetime) -> bool:
    """Whether a grant has begun and neither run out nor been ended."""
    ends = [end for end in (grant.valid_until, grant.ended_at) if end is not None]
    return grant.valid_from <= at and all(at < end for end in ends)
