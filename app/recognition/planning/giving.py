"""Use case: hand an entry to a registry, with its files, as what it is: self-declared."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.people.store import lock_person
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Declared, Evidence, Submission
from app.recognition.planning import entries, evidence
from app.recognition.planning.entry import Entry
from app.recognition.planning.tables import EntryGivenRow
from app.recognition.register.service import Registrant


def give(
    session: Session, registrant: Registrant, person_id: str, entry_id: str, *, at: datetime
) -> Submission:
    """Hand an entry of one's own to a registry; once more is the same as once.

    ``registrant`` is who the person is there. Raises ``NotFound`` and ``Invalid``.
    """
    lock_person(session, person_id)
    entry = entries.get(session, person_id, entry_id)
    registry_id = registrant.registry_id
    made = ledger.declare(
        session,
        registry_id,
        registrant.id,
        declared(entry, evidence.of_entry(session, person_id, entry_id)),
        who=f"person:{person_id}",
        at=at,
    )
    evidence.hand_over(
        session, person_id, entry_id, registry_id=registry_id, submission_id=made.id, at=at
    )
    known = {(one.entry_id, one.registry_id) for one in entries.given(session, person_id)}
    if (entry_id, registry_id) not in known:
        session.execute(
            insert(EntryGivenRow).values(
                entry_id=entry_id,
                registry_id=registry_id,
                person_id=person_id,
                submission_id=made.id,
                given_at=at,
            )
        )
        audit.record(
            session,
            who=f"person:{person_id}",
            action="cpd-entry.give",
            subject=f"person:{person_id}",
            at=at,
            after={"entry": entry_id, "registry": registry_id, "submission": made.id},
        )
    return made


def declared(entry: Entry, files: Sequence[evidence.Evidence]) -> Declared:
    """The entry as a registry is told of it."""
    proofs = [Evidence(one.name, one.media_type, one.digest) for one in files]
    if entry.link:
        proofs.append(Evidence("link", text=entry.link))
    if entry.details:
        proofs.append(Evidence("details", text=entry.details))
    delivery = {}
    if entry.assessed is not None:
        delivery = {"assessed": entry.assessed, "assessment_mechanism": entry.assessed}
    return Declared(
        title=entry.title,
        completed=entry.completed,
        kind=entry.kind,
        mode=entry.mode,
        role=entry.role,
        provider=entry.provider or None,
        measures=entry.measures,
        tags=entry.tags,
        competences=entry.competences,
        languages=(entry.language,) if entry.language else (),
        delivery=delivery,
        evidence=tuple(proofs),
        key=f"entry:{entry.id}",
    )
