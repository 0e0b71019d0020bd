"""What a register holds of a person of this node: that a registry says who he or she is.

The link goes with the account. The register is the registry's own and stays: it names a registrant,
who need not be a person of this node at all.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.identity.people.holdings import Entry, Holding, Owner
from app.recognition.register import registrants
from app.recognition.register.model import Registrant
from app.recognition.register.tables import RegistrantLinkRow


def _with_entries(session: Session, owner: Owner, entries: Sequence[Entry]) -> Sequence[Entry]:
    known = {one.id: one for one in registrants.of_person(session, owner.person_id)}
    return [entry | _entry(known[entry["registrant_id"]]) for entry in entries]


def _entry(one: Registrant) -> Entry:
    return {
        "registry_id": one.registry_id,
        "number": one.number,
        "name": one.name,
        "language": one.language,
        "registered_on": one.registered_on and one.registered_on.isoformat(),
        "ended_on": one.ended_on and one.ended_on.isoformat(),
    }


HOLDINGS = (
    Holding(
        "registers",
        RegistrantLinkRow,
        ("registrant_id", "linked_at"),
        ("person_id",),
        tell=_with_entries,
    ),
)
