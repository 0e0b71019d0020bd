"""Programs in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select, update
from sqlalchemy.orm import Session

from app.identity.model import AuthMethod, Client, ClientKind
from app.identity.tables import ClientRow


def insert(session: Session, client: Client) -> None:
    session.add(
        ClientRow(
            id=client.id,
            organisation_id=client.organisation_id,
            name=client.name,
            kind=client.kind,
            method=client.method,
            secret_hash=client.secret_hash,
            former_secret_hash=client.former_secret_hash,
            former_secret_ends_at=client.former_secret_ends_at,
            jwks=client.jwks,
            jwks_uri=client.jwks_uri,
            redirect_uris=list(client.redirect_uris),
            scopes=sorted(client.scopes),
            sandbox=client.sandbox,
            created_at=client.created_at,
            revoked_at=client.revoked_at,
        )
    )
    session.flush()


def find(session: Session, client_id: str, *, lock: bool = False) -> Client | None:
    """``lock`` keeps others from changing it until this transaction ends."""
    query = _query().where(ClientRow.id == client_id)
    row = session.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _client(row)


def of_organisation(
    session: Session, organisation_id: str, *, after: str = "", limit: int | None = None
) -> Sequence[Client]:
    """An organisation's programs by their ids, those that were revoked too."""
    query = _query().where(ClientRow.organisation_id == organisation_id, ClientRow.id > after)
    return [_client(row) for row in session.execute(query.order_by(ClientRow.id).limit(limit))]


def set_secrets(session: Session, client: Client) -> None:
    """Keep the hashes of the program's secrets."""
    session.execute(
        update(ClientRow)
        .where(ClientRow.id == client.id)
        .values(
            secret_hash=client.secret_hash,
            former_secret_hash=client.former_secret_hash,
            former_secret_ends_at=client.former_secret_ends_at,
        )
    )


def set_keys(session: Session, client: Client) -> None:
    """Keep the program's public keys, or where they are."""
    session.execute(
        update(ClientRow)
        .where(ClientRow.id == client.id)
        .values(jwks=client.jwks, jwks_uri=client.jwks_uri)
    )


def mark_revoked(session: Session, client_id: str, *, at: datetime) -> None:
    session.execute(update(ClientRow).where(ClientRow.id == client_id).values(revoked_at=at))


def _query() -> Select[*tuple[Any, ...]]:
    return select(
        ClientRow.id,
        ClientRow.organisation_id,
        ClientRow.name,
        ClientRow.kind,
        ClientRow.method,
        ClientRow.secret_hash,
        ClientRow.former_secret_hash,
        ClientRow.former_secret_ends_at,
        ClientRow.jwks,
        ClientRow.jwks_uri,
        ClientRow.redirect_uris,
        ClientRow.scopes,
        ClientRow.sandbox,
        ClientRow.created_at,
        ClientRow.revoked_at,
    )


def _client(row: Row[Any]) -> Client:
    return Client(
        id=row.id,
        organisation_id=row.organisation_id,
        name=row.name,
        kind=ClientKind(row.kind),
        method=AuthMethod(row.method),
        secret_hash=row.secret_hash,
        former_secret_hash=row.former_secret_hash,
        former_secret_ends_at=row.former_secret_ends_at,
        jwks=row.jwks,
        jwks_uri=row.jwks_uri,
        redirect_uris=tuple(row.redirect_uris),
        scopes=frozenset(row.scopes),
        sandbox=row.sandbox,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )
