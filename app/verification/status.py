"""Has the record been revoked? Answered from the status lists in the bundle.

W3C Bitstring Status List 1.0, section 3.2. A list counts only when the record's own issuer signed
it. A list that is absent or out of date gives ``Unknown``: not knowing is not the same as valid.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.proof import status_list
from app.proof.errors import ProofError
from app.proof.parse import STATUS_LIST, Object
from app.proof.times import read_time
from app.verification import reading, securing
from app.verification.bundle import Bundle, IssuerEntry
from app.verification.keyring import key_for

_ENTRY = "BitstringStatusListEntry"


class Unknown(ProofError):
    """A question that what we hold cannot answer."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old a status list may be, and how far two clocks may differ."""

    oldest: timedelta
    leeway: timedelta


def check_status(
    document: Object, *, issuer: IssuerEntry, bundle: Bundle, at: datetime, fresh: Freshness
) -> dict[str, str]:
    """Raise ``ProofError`` when a status bit is set; give the evidence when none is."""
    evidence: dict[str, str] = {}
    for entry in reading.objects(document, "credentialStatus"):
        if reading.text(entry, "type") != _ENTRY:
            raise Unknown("status-type", "The record's kind of status is not one we can read.")
        url = reading.text(entry, "statusListCredential")
        held = bundle.status_lists.get(url)
        if held is None:
            raise Unknown("status-absent", f"The bundle does not hold the status list {url}.")
        try:
            subject = _list_subject(held.body, url=url, issuer=issuer, at=at, leeway=fresh.leeway)
        except Unknown:
            raise
        except ProofError as error:
            message = f"The status list {url} cannot be believed: {error.message}"
            raise ProofError(error.code, message) from error
        if at - held.fetched_at > fresh.oldest:
            raise Unknown("status-stale", f"The status list {url} was fetched too long ago.")
        if _is_set(entry, subject):
            purpose = reading.text(entry, "statusPurpose")
            raise ProofError("status-set", f"The issuer has withdrawn the record ({purpose}).")
        evidence |= {"list": url, "fetched_at": held.fetched_at.isoformat()}
    return evidence


def _list_subject(
    body: bytes, *, url: str, issuer: IssuerEntry, at: datetime, leeway: timedelta
) -> Object:
    """Verify a status list credential and give what it says."""
    secured = securing.recognise(securing.read(body, limits=STATUS_LIST), limits=STATUS_LIST)
    document = secured.document
    if reading.identifier(document.get("issuer")) != issuer.id:
        raise ProofError("status-issuer", "The status list is not one of the record's issuer.")
    if document.get("id") != url:
        raise ProofError("status-id", "The status list is not the one that the record names.")
    if "BitstringStatusListCredential" not in reading.texts(document.get("type")):
        raise ProofError("status-type", "The status list is a credential of another kind.")
    _check_period(document, url=url, at=at, leeway=leeway)
    entry = key_for(secured, issuer=issuer, at=at, leeway=leeway)
    securing.verify(secured, key=entry.key)
    subject = reading.nested(document, "credentialSubject")
    if reading.text(subject, "type") != "BitstringStatusList":
        raise ProofError("status-type", "The status list has no list in it.")
    return subject


def _check_period(document: Object, *, url: str, at: datetime, leeway: timedelta) -> None:
    start = reading.optional_text(document, "validFrom")
    end = reading.optional_text(document, "validUntil")
    if end is not None and at - read_time(end) > leeway:
        raise Unknown("status-stale", f"The status list {url} has expired; fetch a newer one.")
    if start is not None and read_time(start) - at > leeway:
        raise Unknown("status-future", f"The status list {url} is not valid yet.")


def _is_set(entry: Object, subject: Object) -> bool:
    purpose = reading.text(entry, "statusPurpose")
    if purpose not in reading.texts(subject.get("statusPurpose")):
        raise ProofError("status-purpose", f"The status list is not one for {purpose!r}.")
    if entry.get("statusSize", 1) != 1:
        raise Unknown("status-size", "Statuses of more than one bit are not supported.")
    index = reading.text(entry, "statusListIndex")
    if not index.isascii() or not index.isdigit() or len(index) > 9:
        raise ProofError("status-index", f"{index[:20]!r} is not an index into a list.")
    bits = status_list.decode(reading.text(subject, "encodedList"))
    return status_list.get(bits, index=int(index))
