"""Use cases of who runs this node: its organisations, listed and renamed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import audit, store
from app.identity.access import Forbidden
from app.identity.model import Actor, Kind, Organisation
from app.identity.service import get_organisation
from app.platform.conditions import entity_tag, require_match
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import FieldProblem, Invalid

LONGEST_NAME = 300


def require_operator(session: Session, actor: Actor) -> None:
    """Raise ``Forbidden`` unless the actor's organisation runs this node.

    The scope alone does not say so: it could have been given to a client of any organisation.
    """
    found = store.find_organisation(session, actor.organisation_id)
    if found is None or found.kind is not Kind.OPERATOR:
        raise Forbidden("Only the operator of this node may do this.")


def list_organisations(
    session: Session, *, kind: Kind | None, cursor: str | None, limit: int
) -> Slice[Organisation]:
    """A page of the organisations, in the order of their ids."""
    after = "" if cursor is None else decode_cursor(cursor)
    found = store.organisations(session, kind=kind, after=after, limit=limit + 1)
    more = len(found) > limit
    return Slice(found[:limit], encode_cursor(found[limit - 1].id) if more else None)


def member_counts(session: Session, organisations: Sequence[Organisation]) -> Mapping[str, int]:
    """How many members each has; who has none is left out."""
    return store.member_counts(session, [one.id for one in organisations])


def tag(one: Organisation) -> str:
    """The entity tag of what can be changed of an organisation."""
    return entity_tag([one.id, one.name])


def rename(
    session: Session,
    organisation_id: str,
    name: str,
    *,
    at: datetime,
    who: str,
    seen: str | None = None,
) -> Organisation:
    """Call an organisation otherwise; ``seen`` is an ``If-Match``.

    Raises ``NotFound``, ``PreconditionFailed`` and ``Invalid``.
    """
    before = get_organisation(session, organisation_id)
    require_match(seen, tag(before))
    made = " ".join(name.split())
    if not made or len(made) > LONGEST_NAME or not made.isprintable():
        detail = f"Give a name of up to {LONGEST_NAME} characters."
        raise Invalid(detail, fields=[FieldProblem("/name", "name-form", detail)])
    if made == before.name:
        return before
    store.rename_organisation(session, organisation_id, made)
    audit.record(
        session,
        who=who,
        action="organisation.rename",
        subject=f"organisation:{organisation_id}",
        at=at,
        before={"name": before.name},
        after={"name": made},
    )
    return Organisation(before.id, before.kind, made)
