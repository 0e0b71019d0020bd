"""Versions of policies in the database."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.recognition.adoption.model import PolicyVersion
from app.recognition.adoption.tables import PolicyVersionRow
from app.recognition.policies.model import Span, Status

_VERSION = (
    PolicyVersionRow.id,
    PolicyVersionRow.registry_id,
    PolicyVersionRow.policy_id,
    PolicyVersionRow.version,
    PolicyVersionRow.status,
    PolicyVersionRow.text,
    PolicyVersionRow.hash,
    PolicyVersionRow.valid_from,
    PolicyVersionRow.valid_to,
    PolicyVersionRow.statement,
    PolicyVersionRow.created_at,
    PolicyVersionRow.created_by,
    PolicyVersionRow.changed_at,
    PolicyVersionRow.changed_by,
    PolicyVersionRow.adopted_at,
    PolicyVersionRow.adopted_by,
    PolicyVersionRow.withdrawn_at,
    PolicyVersionRow.withdrawn_by,
    PolicyVersionRow.withdrawn_from,
    PolicyVersionRow.withdrawn_reason,
)
_OUTLINES = (
    select(*(one for one in _VERSION if one.key != "text"))
    .where(
        PolicyVersionRow.registry_id.in_(bindparam("registries", expanding=True)),
        PolicyVersionRow.status != str(Status.DRAFT),
    )
    .order_by(
        PolicyVersionRow.registry_id, PolicyVersionRow.policy_id, PolicyVersionRow.version.desc()
    )
)
"""Built once: it is asked with every search that counts."""


def put(session: Session, one: PolicyVersion) -> None:
    """Write down a version, a new one or one that is known."""
    values = {
        "id": one.id,
        "registry_id": one.registry_id,
        "policy_id": one.policy_id,
        "version": one.version,
        "status": str(one.status),
        "text": one.text,
        "hash": one.hash,
        "valid_from": one.valid.first,
        "valid_to": one.valid.last,
        "statement": one.statement,
        "created_at": one.created_at,
        "created_by": one.created_by,
        "changed_at": one.changed_at,
        "changed_by": one.changed_by,
        "adopted_at": one.adopted_at,
        "adopted_by": one.adopted_by,
        "withdrawn_at": one.withdrawn_at,
        "withdrawn_by": one.withdrawn_by,
        "withdrawn_from": one.withdrawn_from,
        "withdrawn_reason": one.withdrawn_reason,
    }
    known = session.scalar(
        update(PolicyVersionRow)
        .where(PolicyVersionRow.id == one.id)
        .values(**values)
        .returning(PolicyVersionRow.id)
    )
    if known is None:
        session.execute(insert(PolicyVersionRow).values(**values))


def delete_draft(session: Session, version_id: str) -> None:
    session.execute(
        delete(PolicyVersionRow).where(
            PolicyVersionRow.id == version_id, PolicyVersionRow.status == str(Status.DRAFT)
        )
    )


def find(session: Session, registry_id: str, version_id: str) -> PolicyVersion | None:
    row = session.execute(
        select(*_VERSION).where(
            PolicyVersionRow.id == version_id, PolicyVersionRow.registry_id == registry_id
        )
    ).one_or_none()
    return None if row is None else _made(row)


def find_by_id(session: Session, version_id: str) -> PolicyVersion | None:
    row = session.execute(select(*_VERSION).where(PolicyVersionRow.id == version_id)).one_or_none()
    return None if row is None else _made(row)


def find_version(
    session: Session, registry_id: str, policy_id: str, version: int
) -> PolicyVersion | None:
    row = session.execute(
        select(*_VERSION).where(
            PolicyVersionRow.registry_id == registry_id,
            PolicyVersionRow.policy_id == policy_id,
            PolicyVersionRow.version == version,
        )
    ).one_or_none()
    return None if row is None else _made(row)


def newest_adopted(session: Session, registry_id: str, policy_id: str) -> int:
    """The highest number under which a version was ever adopted; 0 before the first."""
    found = session.scalar(
        select(func.max(PolicyVersionRow.version)).where(
            PolicyVersionRow.registry_id == registry_id,
            PolicyVersionRow.policy_id == policy_id,
            PolicyVersionRow.status != str(Status.DRAFT),
        )
    )
    return int(found or 0)


def newest(session: Session, registry_id: str, policy_id: str) -> int:
    """The highest number of a version, drafts too; 0 before the first."""
    found = session.scalar(
        select(func.max(PolicyVersionRow.version)).where(
            PolicyVersionRow.registry_id == registry_id, PolicyVersionRow.policy_id == policy_id
        )
    )
    return int(found or 0)


def versions(
    session: Session, registry_id: str, *, adopted_alone: bool = False, policy_id: str | None = None
) -> Sequence[PolicyVersion]:
    """Every version of a registry's policies, by policy, the newest first."""
    query = select(*_VERSION).where(PolicyVersionRow.registry_id == registry_id)
    if adopted_alone:
        query = query.where(PolicyVersionRow.status != str(Status.DRAFT))
    if policy_id is not None:
        query = query.where(PolicyVersionRow.policy_id == policy_id)
    rows = session.execute(
        query.order_by(PolicyVersionRow.policy_id, PolicyVersionRow.version.desc())
    )
    return list(map(_made, rows))


def outlines(session: Session, registry_ids: Collection[str]) -> Sequence[PolicyVersion]:
    """Every version that these adopted, without its text: what is asked for often.

    By registry and policy, the newest first.
    """
    rows = session.connection().execute(_OUTLINES, {"registries": list(registry_ids)})
    return [_made((*row[:5], "", *row[5:])) for row in rows]


def drafts(session: Session, registry_id: str) -> int:
    """How many drafts there are."""
    query = select(func.count()).where(
        PolicyVersionRow.registry_id == registry_id, PolicyVersionRow.status == str(Status.DRAFT)
    )
    return session.scalar(query) or 0


def registries(session: Session) -> Sequence[str]:
    """The ids of the registries that have adopted a policy."""
    rows = session.scalars(
        select(PolicyVersionRow.registry_id)
        .where(PolicyVersionRow.status == str(Status.ADOPTED))
        .distinct()
        .order_by(PolicyVersionRow.registry_id)
    )
    return list(rows)


def _made(row: Row[*tuple[Any, ...]] | tuple[Any, ...]) -> PolicyVersion:
    version_id, registry_id, policy_id, version, status, text, hashed, first, last, *rest = row
    return PolicyVersion(
        version_id,
        registry_id,
        policy_id,
        version,
        Status(status),
        text,
        hashed,
        Span(first, last),
        *rest,
    )
