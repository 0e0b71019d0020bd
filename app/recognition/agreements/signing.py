"""The parties' signatures on an agreement, and their notices that it ends.

A signature is a statement (``app.trust.statements``) of the kind ``agreement`` that names the
agreement, its version and the SHA-256 of its canonical form; a notice is one of the kind
``agreement-end``, with the last day. Each is read with what this node knows of keys now: what a
compromised key signed holds no longer, whenever that came out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.proof.errors import ProofError
from app.proof.parse import Object
from app.recognition.agreements.model import Agreement, Ending, Held, Signature
from app.trust import statements
from app.trust.statements import Statement
from app.verification import reading
from app.verification.bundle import Bundle

KIND, ENDING_KIND = "agreement", "agreement-end"


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that verifies: whose it is and on which day the agreement ends by it."""

    party_id: str
    ends_on: date
    token: str


def claims(agreement: Agreement) -> Object:
    """What a party states when it signs."""
    return {
        "agreement": f"urn:uuid:{agreement.id}",
        "version": agreement.version,
        "sha256": agreement.hash,
    }


def ending_claims(agreement: Agreement, *, ends_on: date) -> Object:
    """What a party states when it ends the agreement."""
    return {**claims(agreement), "ends_on": ends_on.isoformat()}


def read_signature(token: str, *, agreement: Agreement, bundle: Bundle, at: datetime) -> Statement:
    """A party's signature on exactly this version. Raises ``ProofError``."""
    said = statements.read(token, kind=KIND, bundle=bundle, at=at)
    if said.claims != claims(agreement):
        raise ProofError("agreement-other", "The signature is on something else.")
    if agreement.party(said.issuer_id) is None:
        raise ProofError("agreement-stranger", f"{said.issuer_id} is no party to it.")
    return said


def read_ending(token: str, *, agreement: Agreement, bundle: Bundle, at: datetime) -> Notice:
    """A party's notice, given in time. Raises ``ProofError``."""
    said = statements.read(token, kind=ENDING_KIND, bundle=bundle, at=at)
    if agreement.party(said.issuer_id) is None:
        raise ProofError("agreement-stranger", f"{said.issuer_id} is no party to it.")
    try:
        ends_on = date.fromisoformat(reading.text(said.claims, "ends_on"))
    except ValueError as error:
        raise ProofError("agreement-day", "The notice names no day.") from error
    if said.claims != ending_claims(agreement, ends_on=ends_on):
        raise ProofError("agreement-other", "The notice is about something else.")
    if ends_on < earliest_end(agreement, on=said.issued_at.date()):
        raise ProofError(
            "agreement-notice", f"Notice is to be given {agreement.notice_days} days before."
        )
    return Notice(said.issuer_id, ends_on, token)


def earliest_end(agreement: Agreement, *, on: date) -> date:
    """The first day that may be the last, by a notice given ``on`` a day."""
    try:
        return on + timedelta(days=agreement.notice_days)
    except OverflowError:
        return date.max


def held(
    agreement: Agreement, signatures: Sequence[Signature], *, bundle: Bundle, at: datetime
) -> tuple[Held, ...]:
    """What is known of each signature now."""
    return tuple(_held(agreement, signatures, bundle=bundle, at=at))


def standing_endings(
    agreement: Agreement, endings: Sequence[Ending], *, bundle: Bundle, at: datetime
) -> tuple[Ending, ...]:
    """The notices that hold now."""
    found = []
    for one in endings:
        try:
            read_ending(one.token, agreement=agreement, bundle=bundle, at=at)
        except ProofError:
            continue
        found.append(one)
    return tuple(found)


def _held(
    agreement: Agreement, signatures: Sequence[Signature], *, bundle: Bundle, at: datetime
) -> Iterator[Held]:
    for one in signatures:
        try:
            said = read_signature(one.token, agreement=agreement, bundle=bundle, at=at)
        except ProofError as error:
            yield Held(one.party_id, error.message)
            continue
        if said.issuer_id != one.party_id:
            yield Held(one.party_id, "It is another party's signature.")
        else:
            yield Held(one.party_id, None, said.issued_at)
