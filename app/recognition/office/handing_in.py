"""Use case: somebody at a registry hands in what came to it: a file, a pasted record, a link.

Whose a record is: the number that the file or the form names, or else the registrant to whom the
record's holder is bound. Reading the holder out of a record that nobody has verified yet only leads
it to a registrant's ledger; whether it is that registrant's is asked there, of the verified record.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.db import Database
from app.platform.problems import DomainError, FieldProblem, Invalid, NotFound
from app.proof.encoding import base64url_decode
from app.proof.errors import ProofError
from app.proof.parse import load_object
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import Origin, Submitted
from app.recognition.ledger.service import Desk, Incoming
from app.recognition.office.intake import Piece, pieces
from app.recognition.register import service as register
from app.records import service as records
from app.records.sharing import service as sharing

_LINK = re.compile(r"(https?://[^\s]+?)/(holder|share)/([A-Za-z0-9_-]{16,200})/?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Given:
    """What was handed in, and for which registrant if that was said."""

    data: bytes
    number: str = ""


class NobodysRecord(Invalid):
    """Nothing says to which registrant a record belongs."""

    code = "registrant-unknown"


def hand_in(
    database: Database,
    desk: Desk,
    registry_id: str,
    given: Given,
    *,
    public_url: str,
    who: str,
    at: datetime,
) -> Sequence[Submitted]:
    """Submit every record of it; one answer for each. Raises ``Invalid`` where there is none."""
    link = _LINK.fullmatch(given.data[:2000].decode("utf-8", "replace").strip())
    with database.read() as session:
        found = [_opened(session, link, public_url, at=at)] if link else list(pieces(given.data))
        coming = list(_Sorter(session, registry_id, given.number).sorted(found))
    origin = Origin.LINK if link else Origin.MEMBER
    made = list(
        ledger.submit_many(database, desk, registry_id, coming, origin=origin, who=who, at=at)
    )
    with database.write() as session:
        counts = {"records": len(made), "new": sum(one.created for one in made)}
        audit.record(
            session,
            who=who,
            action="inbox.hand-in",
            subject=f"organisation:{registry_id}",
            at=at,
            after=counts,
        )
    return made


def _opened(session: Session, link: re.Match[str], public_url: str, *, at: datetime) -> Piece:
    """The record behind a link of this node; nothing is fetched from any other."""
    if link[1].casefold() != public_url.casefold():
        mend = "Only links of this node can be opened here; ask for the record's file."
        raise Invalid(mend, fields=[FieldProblem("/pasted", "link-elsewhere", mend)])
    opened = sharing.enter if link[2].lower() == "holder" else sharing.look
    record_id = opened(session, link[3], at=at).record_id
    return Piece(records.get_record(session, record_id).json)


@dataclass
class _Sorter:
    """Leads records to registrants."""

    session: Session
    registry_id: str
    number: str
    known: dict[str, str | DomainError] = field(default_factory=dict)

    def sorted(self, found: Sequence[Piece]) -> Iterator[Incoming]:
        for piece in found:
            if piece.error is not None:
                yield Incoming("", b"", piece.error)
                continue
            registrant = self._registrant(piece)
            if isinstance(registrant, DomainError):
                yield Incoming("", b"", registrant)
            else:
                yield Incoming(registrant, piece.record)

    def _registrant(self, piece: Piece) -> str | DomainError:
        number = piece.number or self.number
        holder = "" if number else _holder(piece.record)
        key = f"number:{number}" if number else f"holder:{holder}"
        if key not in self.known:
            self.known[key] = self._by_number(number) if number else self._by_holder(holder)
        return self.known[key]

    def _by_number(self, number: str) -> str | DomainError:
        found = register.find(self.session, self.registry_id, number)
        if found is None:
            return NotFound(f"Nobody in the register has the number {number[:100]}.")
        return found.id

    def _by_holder(self, holder: str) -> str | DomainError:
        found = (
            register.registrant_of_holder(self.session, self.registry_id, holder)
            if holder
            else None
        )
        if found is None:
            return NobodysRecord(
                "Nobody in the register is known as this record's holder; name the number."
            )
        return found.id


def _holder(record: bytes) -> str:
    """The holder that a record names, unverified; empty where it names none."""
    try:
        if not record.lstrip().startswith(b"{"):
            record = base64url_decode(record.split(b".")[1].decode())
        subject = load_object(record).get("credentialSubject")
    except (ProofError, IndexError, UnicodeDecodeError):
        return ""
    holder = subject.get("id") if isinstance(subject, dict) else None
    return holder if isinstance(holder, str) and len(holder) <= 300 else ""
