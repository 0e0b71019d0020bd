"""The names behind the numbers of the trail: of an organisation's own members and clients.

The trail itself holds none of people, so a name goes when its account or membership goes.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.people.tables import MembershipRow, PersonRow
from app.identity.tables import ClientRow


def names_of(session: Session, organisation_id: str, actors: Iterable[str]) -> Mapping[str, str]:
    """The names of those ``who`` of audit rows that are the organisation's own."""
    ids: dict[str, list[str]] = {"person": [], "client": []}
    for who in actors:
        kind, _, number = who.partition(":")
        ids.get(kind, []).append(number)
    people = session.execute(
        select(PersonRow.id, PersonRow.name)
        .join(MembershipRow, MembershipRow.person_id == PersonRow.id)
        .where(MembershipRow.organisation_id == organisation_id, PersonRow.id.in_(ids["person"]))
    )
    clients = session.execute(
        select(ClientRow.id, ClientRow.name).where(
            ClientRow.organisation_id == organisation_id, ClientRow.id.in_(ids["client"])
        )
    )
    found = {f"person:{row.id}": row.name for row in people}
    found |= {f"client:{row.id}": row.name for row in clients}
    return {who: name for who, name in found.items() if name}
