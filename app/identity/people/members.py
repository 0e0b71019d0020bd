"""Use cases: an organisation's members, as those see and change them who manage it.

1. Whoever changes a member's roles, or removes one, holds all that these roles allow.
2. An organisation that has an owner keeps one: the last can neither leave nor lose the role.
3. Who is removed, or stops being an owner, by somebody else takes along the invitations that he or
   she made and that nobody accepted yet. Who leaves freely does not. (Done in ``service``, which
   the node's terminal uses too.)
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity.model import Actor, Role
from app.identity.people import rules, service, store
from app.identity.people.managing import hold, refuse_beyond
from app.identity.people.model import Member
from app.platform.conditions import entity_tag, require_match
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import NotFound


def list_members(
    session: Session, organisation_id: str, *, cursor: str | None, limit: int
) -> Slice[Member]:
    """A page of the members, in the order of their ids."""
    after = "" if cursor is None else decode_cursor(cursor)
    found = store.members(session, organisation_id, after=after, limit=limit + 1)
    more = len(found) > limit
    return Slice(found[:limit], encode_cursor(found[limit - 1].person_id) if more else None)


def get_member(session: Session, organisation_id: str, person_id: str) -> Member:
    """Raises ``NotFound``."""
    found = store.find_member(session, organisation_id, person_id)
    if found is None:
        raise NotFound("There is no such member.")
    return found


def owners(session: Session, organisation_id: str) -> list[Member]:
    """Whom a member can ask."""
    found = store.members(session, organisation_id)
    return [member for member in found if Role.OWNER in member.roles]


def tag(member: Member) -> str:
    """The entity tag of what can be changed of a member."""
    return entity_tag([member.person_id, sorted(member.roles)])


def change(
    session: Session,
    actor: Actor,
    person_id: str,
    roles: Collection[str],
    *,
    at: datetime,
    seen: str | None = None,
) -> Member:
    """Give a member of the actor's organisation these roles, and no others.

    ``seen`` is an ``If-Match``. Raises ``NotFound``, ``PreconditionFailed``, ``Invalid``,
    ``Forbidden`` and ``LastOwner``.
    """
    wanted, organisation = rules.roles(roles), hold(session, actor)
    member = _as_seen(session, actor, person_id, seen)
    refuse_beyond(actor, wanted ^ member.roles, organisation)
    service.set_roles(session, actor.organisation_id, person_id, wanted, at=at, who=actor.who)
    return get_member(session, actor.organisation_id, person_id)


def remove(
    session: Session, actor: Actor, person_id: str, *, at: datetime, seen: str | None = None
) -> None:
    """End a membership in the actor's organisation. Raises as ``change`` does."""
    organisation = hold(session, actor)
    member = _as_seen(session, actor, person_id, seen)
    refuse_beyond(actor, member.roles, organisation)
    service.end_membership(session, actor.organisation_id, person_id, at=at, who=actor.who)


def leave(session: Session, organisation_id: str, person_id: str, *, at: datetime) -> None:
    """End one's own membership. Raises ``NotFound`` and ``LastOwner``."""
    who = f"person:{person_id}"
    service.end_membership(session, organisation_id, person_id, at=at, who=who)


def _as_seen(session: Session, actor: Actor, person_id: str, seen: str | None) -> Member:
    member = get_member(session, actor.organisation_id, person_id)
    require_match(seen, tag(member))
    return member
