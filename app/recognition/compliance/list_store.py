"""Status lists of statements in the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.recognition.compliance.model import StatusList
from app.recognition.compliance.tables import ListRow


def newest(session: Session, registry_id: str) -> StatusList | None:
    """The list that new statements go into, locked until the transaction ends."""
    row = session.scalars(
        select(ListRow)
        .where(ListRow.registry_id == registry_id)
        .order_by(ListRow.number.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()
    return None if row is None else _list(row)


def find(
    session: Session, registry_id: str, number: int, *, lock: bool = False
) -> StatusList | None:
    query = select(ListRow).where(ListRow.registry_id == registry_id, ListRow.number == number)
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _list(row)


def lists(
    session: Session, *, registry_id: str | None = None, ending: datetime | None = None
) -> Sequence[tuple[str, int]]:
    """Lists by registry and number: of one registry, those that end before a time."""
    query = select(ListRow.registry_id, ListRow.number)
    if registry_id is not None:
        query = query.where(ListRow.registry_id == registry_id)
    if ending is not None:
        query = query.where(ListRow.valid_until < ending)
    rows = session.execute(query.order_by(ListRow.registry_id, ListRow.number))
    return [(row.registry_id, row.number) for row in rows]


def put(session: Session, one: StatusList) -> None:
    session.merge(
        ListRow(
            registry_id=one.registry_id,
            number=one.number,
            url=one.url,
            allocated=one.allocated,
            taken=one.taken,
            json=one.json.decode(),
            jwt=one.jwt,
            digest=one.digest,
            published_at=one.published_at,
            valid_until=one.valid_until,
        )
    )
    session.flush()


def _list(row: ListRow) -> StatusList:
    return StatusList(
        registry_id=row.registry_id,
        number=row.number,
        url=row.url,
        allocated=row.allocated,
        taken=row.taken,
        json=row.json.encode(),
        jwt=row.jwt,
        digest=row.digest,
        published_at=row.published_at,
        valid_until=row.valid_until,
    )
