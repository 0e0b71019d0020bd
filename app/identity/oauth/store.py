"""Ended tokens, used assertions, permissions and what came of them, in the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.identity.oauth.assertions import TrustedAssertion
from app.identity.oauth.model import Authorization, Permission, RefreshToken
from app.identity.oauth.tables import (
    AuthorizationRow,
    EndedTokenRow,
    PermissionRow,
    RefreshTokenRow,
    UsedAssertionRow,
)


def remember_assertion(session: Session, assertion: TrustedAssertion, *, at: datetime) -> bool:
    """Note that an assertion was used; says whether this was the first time."""
    session.execute(delete(UsedAssertionRow).where(UsedAssertionRow.ends_at <= at))
    return _insert_once(
        session, UsedAssertionRow, hash=assertion.fingerprint, ends_at=assertion.ends_at
    )


def end_token(session: Session, token_id: str, *, ends_at: datetime, at: datetime) -> bool:
    """Note that an access token is good no more; says whether that is new."""
    session.execute(delete(EndedTokenRow).where(EndedTokenRow.ends_at <= at))
    return _insert_once(session, EndedTokenRow, id=token_id, ends_at=ends_at)


def is_ended(session: Session, token_id: str) -> bool:
    return bool(session.scalar(select(exists().where(EndedTokenRow.id == token_id))))


def _insert_once(session: Session, table: Any, **values: Any) -> bool:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    made = dialect.insert(table).values(**values).on_conflict_do_nothing()
    key = next(iter(table.__table__.primary_key))
    return session.scalar(made.returning(key)) is not None


def find_permission(
    session: Session,
    *,
    person_id: str,
    client_id: str,
    organisation_id: str,
    lock: bool = False,
) -> Permission | None:
    """``lock`` keeps others from changing or ending it until this transaction ends."""
    query = _permissions().where(
        PermissionRow.person_id == person_id,
        PermissionRow.client_id == client_id,
        PermissionRow.organisation_id == organisation_id,
    )
    row = session.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _permission(row)


def permissions(session: Session, person_id: str) -> Sequence[Permission]:
    """Everything that a person lets programs do, the newest first."""
    query = _permissions().where(PermissionRow.person_id == person_id)
    rows = session.execute(query.order_by(PermissionRow.created_at.desc(), PermissionRow.id))
    return [_permission(row) for row in rows]


def insert_permission(session: Session, permission: Permission) -> None:
    """Keep a permission, unless the same person, program and organisation have one already."""
    _insert_once(
        session,
        PermissionRow,
        id=permission.id,
        person_id=permission.person_id,
        client_id=permission.client_id,
        organisation_id=permission.organisation_id,
        scopes=sorted(permission.scopes),
        created_at=permission.created_at,
        changed_at=permission.changed_at,
    )


def widen_permission(
    session: Session, permission_id: str, scopes: Collection[str], *, at: datetime
) -> None:
    """Let a permission cover these scopes."""
    session.execute(
        update(PermissionRow)
        .where(PermissionRow.id == permission_id)
        .values(scopes=sorted(scopes), changed_at=at)
    )


def delete_permissions(session: Session, ids: Collection[str]) -> None:
    """Forget permissions, and end all that came of them."""
    of_them = select(AuthorizationRow.id).where(AuthorizationRow.permission_id.in_(ids))
    _delete_authorizations(session, session.scalars(of_them).all())
    session.execute(delete(PermissionRow).where(PermissionRow.id.in_(ids)))


def insert_authorization(
    session: Session, authorization: Authorization, *, code_hash: str, at: datetime
) -> None:
    ended = select(AuthorizationRow.id).where(AuthorizationRow.ends_at <= at)
    _delete_authorizations(session, session.scalars(ended).all())
    session.execute(
        insert(AuthorizationRow).values(
            id=authorization.id,
            permission_id=authorization.permission_id,
            code_hash=code_hash,
            scopes=sorted(authorization.scopes),
            redirect_uri=authorization.redirect_uri,
            challenge=authorization.code_challenge,
            created_at=at,
            redeemed_at=None,
            ends_at=authorization.ends_at,
        )
    )


def authorization_of_code(session: Session, code_hash: str) -> Authorization | None:
    query = _authorizations().where(AuthorizationRow.code_hash == code_hash)
    row = session.execute(query).one_or_none()
    return None if row is None else _authorization(row)


def find_authorization(session: Session, authorization_id: str) -> Authorization | None:
    query = _authorizations().where(AuthorizationRow.id == authorization_id)
    row = session.execute(query).one_or_none()
    return None if row is None else _authorization(row)


def redeem(session: Session, authorization_id: str, *, ends_at: datetime, at: datetime) -> bool:
    """Use up a code; says whether this was the first time."""
    used = (
        update(AuthorizationRow)
        .where(AuthorizationRow.id == authorization_id, AuthorizationRow.redeemed_at.is_(None))
        .values(redeemed_at=at, ends_at=ends_at)
    )
    return session.scalar(used.returning(AuthorizationRow.id)) is not None


def end_authorization(session: Session, authorization_id: str) -> bool:
    """End all that came of a code; says whether there was anything to end."""
    return _delete_authorizations(session, [authorization_id])


def _delete_authorizations(session: Session, ids: Collection[str]) -> bool:
    if not ids:
        return False
    tokens = RefreshTokenRow.authorization_id.in_(ids)
    session.execute(delete(RefreshTokenRow).where(tokens))
    gone = delete(AuthorizationRow).where(AuthorizationRow.id.in_(ids))
    return bool(session.scalars(gone.returning(AuthorizationRow.id)).all())


def insert_refresh_token(
    session: Session, token_hash: str, *, authorization_id: str, ends_at: datetime, at: datetime
) -> None:
    session.execute(
        insert(RefreshTokenRow).values(
            hash=token_hash,
            authorization_id=authorization_id,
            created_at=at,
            ends_at=ends_at,
            used_at=None,
        )
    )


def find_refresh_token(session: Session, token_hash: str) -> RefreshToken | None:
    query = (
        _authorizations()
        .add_columns(
            RefreshTokenRow.ends_at.label("token_ends_at"), RefreshTokenRow.used_at.label("used_at")
        )
        .join(RefreshTokenRow, RefreshTokenRow.authorization_id == AuthorizationRow.id)
        .where(RefreshTokenRow.hash == token_hash)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    return RefreshToken(token_hash, _authorization(row), row.token_ends_at, row.used_at)


def use_refresh_token(session: Session, token_hash: str, *, at: datetime) -> bool:
    """Use up a refresh token; says whether this was the first time."""
    used = (
        update(RefreshTokenRow)
        .where(RefreshTokenRow.hash == token_hash, RefreshTokenRow.used_at.is_(None))
        .values(used_at=at)
    )
    return session.scalar(used.returning(RefreshTokenRow.hash)) is not None


def _permissions() -> Select[*tuple[Any, ...]]:
    return select(
        PermissionRow.id,
        PermissionRow.person_id,
        PermissionRow.client_id,
        PermissionRow.organisation_id,
        PermissionRow.scopes,
        PermissionRow.created_at,
        PermissionRow.changed_at,
    )


def _permission(row: Row[Any]) -> Permission:
    return Permission(
        id=row.id,
        person_id=row.person_id,
        client_id=row.client_id,
        organisation_id=row.organisation_id,
        scopes=frozenset(row.scopes),
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def _authorizations() -> Select[*tuple[Any, ...]]:
    return select(
        AuthorizationRow.id,
        AuthorizationRow.permission_id,
        AuthorizationRow.scopes,
        AuthorizationRow.redirect_uri,
        AuthorizationRow.challenge,
        AuthorizationRow.redeemed_at,
        AuthorizationRow.ends_at,
        PermissionRow.client_id,
        PermissionRow.person_id,
        PermissionRow.organisation_id,
    ).join(PermissionRow, PermissionRow.id == AuthorizationRow.permission_id)


def _authorization(row: Row[Any]) -> Authorization:
    return Authorization(
        id=row.id,
        permission_id=row.permission_id,
        client_id=row.client_id,
        person_id=row.person_id,
        organisation_id=row.organisation_id,
        scopes=frozenset(row.scopes),
        redirect_uri=row.redirect_uri,
        code_challenge=row.challenge,
        redeemed_at=row.redeemed_at,
        ends_at=row.ends_at,
    )
