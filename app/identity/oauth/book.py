"""Use cases: what people let programs do, and the codes and refresh tokens that come of it.

A code is good once, for a minute; a refresh token once. Whoever uses one again may have stolen it,
or it was stolen before: nobody can tell, so everything that came of that code ends (RFC 6749
§4.1.2 and §10.4, RFC 9700 §4.14). Each function is one transaction of its own, since an end must
stand although the request that caused it is refused.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.model import Client
from app.identity.oauth import store
from app.identity.oauth.model import (
    AUTHORIZATION_LIFETIME,
    CODE_LIFETIME,
    REFRESH_LIFETIME,
    Authorization,
    Permission,
    RefreshToken,
)
from app.platform.db import Database
from app.platform.ids import new_id
from app.platform.problems import NotFound

REFRESH_PREFIX = "ocpr_"
"""What a refresh token begins with, so that scanners can find one that was published."""


def new_refresh_token() -> str:
    """A refresh token of 256 random bits."""
    return REFRESH_PREFIX + secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a program asks a person for, as it was checked."""

    client: Client
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str


def allow(
    session: Session, asked: Asked, *, person_id: str, organisation_id: str, at: datetime
) -> str:
    """Let a program in and remember that the person did; gives the code.

    What the person had allowed before stays allowed.
    """
    permission = _permission(session, asked, person_id, organisation_id, at=at)
    code = secrets.token_urlsafe(32)
    authorization = Authorization(
        id=new_id(),
        permission_id=permission.id,
        client_id=asked.client.id,
        person_id=person_id,
        organisation_id=organisation_id,
        scopes=asked.scopes,
        redirect_uri=asked.redirect_uri,
        code_challenge=asked.challenge,
        redeemed_at=None,
        ends_at=at + CODE_LIFETIME,
    )
    store.insert_authorization(session, authorization, code_hash=hash_of(code), at=at)
    return code


def _permission(
    session: Session, asked: Asked, person_id: str, organisation_id: str, *, at: datetime
) -> Permission:
    """The permission for what is asked, made or widened as far as it must be."""

    def held() -> Permission | None:
        return store.find_permission(
            session,
            person_id=person_id,
            client_id=asked.client.id,
            organisation_id=organisation_id,
            lock=True,
        )

    known = held()
    if known is None:  # or somebody enters the same just now: then that one is widened
        nothing = Permission(
            new_id(), person_id, asked.client.id, organisation_id, frozenset(), at, at
        )
        store.insert_permission(session, nothing)
        known = held() or nothing
    if asked.scopes <= known.scopes:
        return known
    wider = replace(known, scopes=known.scopes | asked.scopes, changed_at=at)
    store.widen_permission(session, wider.id, wider.scopes, at=at)
    audit.record(
        session,
        who=f"person:{person_id}",
        action="permission.give",
        subject=f"person:{person_id}",
        organisation_id=organisation_id or None,
        at=at,
        before=_told(known) if known.scopes else None,
        after=_told(wider),
    )
    return wider


def permissions(session: Session, person_id: str) -> Sequence[Permission]:
    """Everything that a person lets programs do."""
    return store.permissions(session, person_id)


def end_permission(session: Session, person_id: str, permission_id: str, *, at: datetime) -> None:
    """Take a permission back: the program's tokens end with it. Raises ``NotFound``."""
    mine = [one for one in store.permissions(session, person_id) if one.id == permission_id]
    if not mine:
        raise NotFound("You let no program do that.")
    store.delete_permissions(session, [permission_id])
    audit.record(
        session,
        who=f"person:{person_id}",
        action="permission.end",
        subject=f"person:{person_id}",
        organisation_id=mine[0].organisation_id or None,
        at=at,
        before=_told(mine[0]),
    )


def code(database: Database, given: str, *, client_id: str, at: datetime) -> Authorization | None:
    """What a code of that program stands for; ``None`` when it is not good, or not its code."""
    with database.read() as session:
        found = store.authorization_of_code(session, hash_of(given))
    if found is None or found.client_id != client_id:
        return None
    if found.redeemed_at is not None:
        _end_all(database, found, "code", at=at)
        return None
    return found if at < found.ends_at else None


def redeem(database: Database, found: Authorization, token: str, *, at: datetime) -> bool:
    """Use a code up and keep its refresh token; says whether nobody was faster."""
    ends_at = at + AUTHORIZATION_LIFETIME
    with database.write() as session:
        first = store.redeem(session, found.id, ends_at=ends_at, at=at)
        if first:
            store.insert_refresh_token(
                session,
                hash_of(token),
                authorization_id=found.id,
                ends_at=at + REFRESH_LIFETIME,
                at=at,
            )
    if not first:
        _end_all(database, found, "code", at=at)
    return first


def refresh_token(
    database: Database, given: str, *, client_id: str, at: datetime
) -> RefreshToken | None:
    """A refresh token of that program; ``None`` when it is not good, or not its own."""
    with database.read() as session:
        found = store.find_refresh_token(session, hash_of(given))
    if found is None or found.authorization.client_id != client_id:
        return None
    if found.used_at is not None:
        _end_all(database, found.authorization, "refresh token", at=at)
        return None
    return found if at < min(found.ends_at, found.authorization.ends_at) else None


def rotate(database: Database, found: RefreshToken, token: str, *, at: datetime) -> bool:
    """Use a refresh token up and keep its successor; says whether nobody was faster."""
    with database.write() as session:
        first = store.use_refresh_token(session, found.hash, at=at)
        if first:
            store.insert_refresh_token(
                session,
                hash_of(token),
                authorization_id=found.authorization.id,
                ends_at=min(at + REFRESH_LIFETIME, found.authorization.ends_at),
                at=at,
            )
    if not first:
        _end_all(database, found.authorization, "refresh token", at=at)
    return first


def end_authorization(database: Database, found: Authorization, *, at: datetime) -> None:
    """End a refresh token and all that came of the same code, as its program asks."""
    _end(database, found, "authorization.end", at=at, before={"authorization": found.id})


def _end_all(database: Database, found: Authorization, what: str, *, at: datetime) -> None:
    said = {"authorization": found.id, "used_twice": what}
    _end(database, found, "authorization.reuse", at=at, before=said)


def _end(
    database: Database, found: Authorization, action: str, *, at: datetime, before: dict[str, str]
) -> None:
    with database.write() as session:
        if store.end_authorization(session, found.id):
            audit.record(
                session,
                who=f"client:{found.client_id}",
                action=action,
                subject=f"person:{found.person_id}",
                organisation_id=found.organisation_id or None,
                at=at,
                before=before,
            )


def hash_of(secret: str) -> str:
    """A secret of 256 random bits needs no slow hash: there is nothing to guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _told(permission: Permission) -> dict[str, object]:
    return {
        "permission": permission.id,
        "client": permission.client_id,
        "organisation": permission.organisation_id,
        "scopes": sorted(permission.scopes),
    }
