"""Agreements in the database."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from app.proof.jcs import canonical_json
from app.proof.parse import Object, load_object
from app.recognition.agreements.carrying import FILE
from app.recognition.agreements.model import Agreement, Ending, Kept, Signature
from app.recognition.agreements.reading import read_agreement
from app.recognition.agreements.tables import AgreementRow, AnnexRow, EndingRow, SignatureRow


def insert_version(
    session: Session, agreement: Agreement, *, drafted_by: str, at: datetime, who: str
) -> None:
    """Raises SQLAlchemy's ``IntegrityError`` when there is this version already."""
    session.execute(
        insert(AgreementRow).values(
            id=agreement.id,
            version=agreement.version,
            drafted_by=drafted_by,
            created_at=at,
            created_by=who,
            **_columns(agreement),
        )
    )


def change_version(session: Session, agreement: Agreement) -> None:
    session.execute(
        update(AgreementRow)
        .where(AgreementRow.id == agreement.id, AgreementRow.version == agreement.version)
        .values(**_columns(agreement))
    )


def delete_version(session: Session, agreement_id: str, version: int) -> None:
    session.execute(
        delete(AgreementRow).where(AgreementRow.id == agreement_id, AgreementRow.version == version)
    )


def versions(session: Session, agreement_id: str, *, lock: bool = False) -> Sequence[Kept]:
    """Every version of one agreement, the oldest first; ``lock`` holds them until the commit."""
    query = select(AgreementRow).where(AgreementRow.id == agreement_id)
    if lock:
        query = query.with_for_update()
    return _kept(session, session.scalars(query.order_by(AgreementRow.version)).all())


def ids(
    session: Session, *, party: str | None = None, after: str | None, limit: int
) -> Sequence[str]:
    """Ids of agreements, the newest first, of one party or of everybody."""
    query = select(AgreementRow.id).distinct()
    if party is not None:
        query = query.where(
            or_(AgreementRow.first_party == party, AgreementRow.second_party == party)
        )
    if after is not None:
        query = query.where(AgreementRow.id < after)
    return session.scalars(query.order_by(AgreementRow.id.desc()).limit(limit)).all()


def put_signature(
    session: Session, agreement: Agreement, party_id: str, token: str, *, at: datetime, who: str
) -> None:
    session.execute(
        insert(SignatureRow).values(
            agreement_id=agreement.id,
            version=agreement.version,
            party_id=party_id,
            token=token,
            received_at=at,
            received_by=who,
        )
    )


def replace_signature(
    session: Session, agreement: Agreement, party_id: str, token: str, *, at: datetime, who: str
) -> None:
    """Put another in the place of one that does not hold any more."""
    session.execute(
        update(SignatureRow)
        .where(
            SignatureRow.agreement_id == agreement.id,
            SignatureRow.version == agreement.version,
            SignatureRow.party_id == party_id,
        )
        .values(token=token, received_at=at, received_by=who)
    )


def put_ending(session: Session, agreement: Agreement, ending: Ending) -> None:
    session.execute(
        insert(EndingRow).values(
            agreement_id=agreement.id,
            version=agreement.version,
            party_id=ending.party_id,
            token=ending.token,
            ends_on=ending.ends_on,
            received_at=ending.received_at,
            received_by=ending.received_by,
        )
    )


def endings(session: Session, agreement_id: str) -> Mapping[int, list[Ending]]:
    """The notices about each version of an agreement."""
    found: dict[int, list[Ending]] = {}
    rows = session.scalars(
        select(EndingRow).where(EndingRow.agreement_id == agreement_id).order_by(EndingRow.party_id)
    )
    for row in rows:
        one = Ending(row.party_id, row.token, row.ends_on, row.received_at, row.received_by)
        found.setdefault(row.version, []).append(one)
    return found


def put_annexes(session: Session, annexes: Mapping[str, Object]) -> None:
    known = set(session.scalars(select(AnnexRow.hash).where(AnnexRow.hash.in_(annexes))))
    for digest, document in annexes.items():
        if digest not in known:
            session.execute(
                insert(AnnexRow).values(hash=digest, body=json.dumps(document, ensure_ascii=False))
            )


def annexes(session: Session, hashes: Collection[str]) -> Mapping[str, Object]:
    """The annexed policies that are here, by their hashes."""
    rows = session.execute(select(AnnexRow.hash, AnnexRow.body).where(AnnexRow.hash.in_(hashes)))
    return {row.hash: load_object(row.body.encode(), limits=FILE) for row in rows}


def _columns(agreement: Agreement) -> dict[str, str]:
    first, second = agreement.parties
    return {
        "hash": agreement.hash,
        "body": canonical_json(agreement.document).decode(),
        "first_party": first.id,
        "second_party": second.id,
    }


def _kept(session: Session, rows: Iterable[AgreementRow]) -> list[Kept]:
    found = list(rows)
    signed: dict[tuple[str, int], list[Signature]] = {}
    for row in session.scalars(
        select(SignatureRow)
        .where(SignatureRow.agreement_id.in_({one.id for one in found}))
        .order_by(SignatureRow.party_id)
    ):
        one = Signature(row.party_id, row.token, row.received_at, row.received_by)
        signed.setdefault((row.agreement_id, row.version), []).append(one)
    return [
        Kept(
            agreement=read_agreement(load_object(one.body.encode(), limits=FILE)),
            drafted_by=one.drafted_by,
            created_at=one.created_at,
            created_by=one.created_by,
            signatures=tuple(signed.get((one.id, one.version), ())),
        )
        for one in found
    ]
