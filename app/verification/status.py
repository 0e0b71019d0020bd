"""Has the record been withdrawn or suspended? Answered from the status lists in the bundle.

W3C Bitstring Status List 1.0, section 3.2. Of the purposes that it names, ``revocation`` and
``suspension`` say that a record does not stand, ``refresh`` says that a newer one is to be had, and
``message`` says something that only a person can weigh. A purpose that nobody explained to us is
unknown, never a pass.

A completion record names its list of revocations only, since Open Badges 3.0 allows one entry. By
our profile's rule the list's address with ``/suspension`` or ``/refresh`` behind it is that of a
list for the other purpose, with the same index; a record that is both revoked and refreshed has
been superseded by a corrected one.
"""

import re
from datetime import datetime
from typing import NamedTuple

from app.proof.errors import ProofError
from app.proof.parse import Object
from app.verification import reading
from app.verification.bundle import Bundle, IssuerEntry
from app.verification.lists import OpenedList, check_age, entry_size, open_list, read_value
from app.verification.options import Options, Unknown
from app.verification.sheet import Finding

REVOCATION, SUSPENSION, REFRESH, MESSAGE = "revocation", "suspension", "refresh", "message"
_ENTRY = "BitstringStatusListEntry"
_STATUS = re.compile(r"0x[0-9a-fA-F]{1,8}")
_STANDING = "The issuer has not withdrawn the record."
_UNSUSPENDED = "The issuer has not suspended the record."


class Asked(NamedTuple):
    """Whose record it is, and by what and when it is judged."""

    issuer: IssuerEntry
    bundle: Bundle
    at: datetime
    options: Options


def check_revocation(document: Object, *, completion: bool, asked: Asked) -> Finding:
    """Raise ``ProofError`` when the record is withdrawn, ``Unknown`` when that cannot be told."""
    entries = reading.objects(document, "credentialStatus")
    if not entries:
        return Finding("The record names no status list: it cannot be withdrawn.")
    mine = [entry for entry in entries if entry.get("statusPurpose") != SUSPENSION]
    if not mine:
        return Finding("The record names no list of revocations: it cannot be withdrawn.")
    if not completion:
        return Finding(_STANDING, _answer(mine, asked=asked))
    opened, value = _value(mine[0], asked=asked)
    if value:
        raise _withdrawn(mine[0], asked=asked)
    return Finding(_STANDING, _evidence(opened))


def check_suspension(document: Object, *, completion: bool, asked: Asked) -> Finding:
    """Raise ``ProofError`` when the record is suspended, ``Unknown`` when that cannot be told."""
    entries = reading.objects(document, "credentialStatus")
    if not completion:
        mine = [entry for entry in entries if entry.get("statusPurpose") == SUSPENSION]
        if not mine:
            return Finding("The record names no list of suspensions: it cannot be suspended.")
        return Finding(_UNSUSPENDED, _answer(mine, asked=asked))
    url = f"{reading.text(entries[0], 'statusListCredential')}/{SUSPENSION}"
    if url not in asked.bundle.status_lists:
        detail = "The bundle holds no list of suspensions for the record, and it names none."
        return Finding(detail, (("suspension", "not published"),))
    opened, value = _beside(entries[0], SUSPENSION, asked=asked)
    if value:
        raise _suspended()
    return Finding(_UNSUSPENDED, _evidence(opened))


def _answer(entries: list[Object], *, asked: Asked) -> tuple[tuple[str, str], ...]:
    """Ask every entry; one that says no outweighs one that cannot be read."""
    evidence: list[tuple[str, str]] = []
    unknown: Unknown | None = None
    for entry in entries:
        try:
            evidence += _ask(entry, asked=asked)
        except Unknown as error:
            unknown = unknown or error
    if unknown is not None:
        raise unknown
    return tuple(evidence)


def _ask(entry: Object, *, asked: Asked) -> tuple[tuple[str, str], ...]:
    if _ENTRY not in reading.texts(entry.get("type")):
        raise Unknown("status-type", "The record's kind of status is not one we can read.")
    purpose = reading.text(entry, "statusPurpose")
    if purpose not in {REVOCATION, SUSPENSION, REFRESH, MESSAGE}:
        raise Unknown("status-purpose", f"What a status of {purpose!r} means is not known here.")
    opened, value = _value(entry, asked=asked)
    if not value:
        return _evidence(opened)
    if purpose == REVOCATION:
        raise ProofError("status-set", "The issuer has withdrawn the record (revocation).")
    if purpose == SUSPENSION:
        raise _suspended()
    if purpose == REFRESH:
        return (*_evidence(opened), ("refresh", "a newer version is to be had"))
    said = _message(entry, value)
    raise Unknown("status-message", f"The issuer says of the record: {said}. A person must decide.")


def _value(entry: Object, *, asked: Asked) -> tuple[OpenedList, int]:
    """Look up the value of the list that an entry names."""
    size = entry_size(entry)
    if size > 1:
        _messages(entry, size)
    return _look_up(
        reading.text(entry, "statusListCredential"),
        index=reading.text(entry, "statusListIndex"),
        purpose=reading.text(entry, "statusPurpose"),
        asked=asked,
        size=size,
    )


def _beside(entry: Object, purpose: str, *, asked: Asked) -> tuple[OpenedList, int]:
    """Look up the value of the list beside the one that a completion record names."""
    return _look_up(
        f"{reading.text(entry, 'statusListCredential')}/{purpose}",
        index=reading.text(entry, "statusListIndex"),
        purpose=purpose,
        asked=asked,
    )


def _look_up(
    url: str, *, index: str, purpose: str, asked: Asked, size: int = 1
) -> tuple[OpenedList, int]:
    opened = open_list(url, issuer=asked.issuer, bundle=asked.bundle, options=asked.options)
    check_age(opened, at=asked.at, options=asked.options)
    return opened, read_value(opened, index=index, purpose=purpose, size=size)


def _evidence(opened: OpenedList) -> tuple[tuple[str, str], ...]:
    return (("list", opened.held.url), ("fetched_at", opened.held.fetched_at.isoformat()))


def _withdrawn(entry: Object, *, asked: Asked) -> ProofError:
    """Say that a completion record is withdrawn, or that a corrected one stands in its place."""
    try:
        superseded = _beside(entry, REFRESH, asked=asked)[1] != 0
    except ProofError:
        superseded = False  # it is withdrawn either way
    if superseded:
        message = "The issuer has superseded the record: a corrected one stands in its place."
        return ProofError("status-superseded", message)
    return ProofError("status-set", "The issuer has withdrawn the record (revocation).")


def _suspended() -> ProofError:
    message = "The issuer has suspended the record; it may be reinstated later."
    return ProofError("status-suspended", message)


def _messages(entry: Object, size: int) -> dict[int, str]:
    """What each value of an entry of several bits says (section 2.1, ``statusMessage``)."""
    said: dict[int, str] = {}
    for item in reading.objects(entry, "statusMessage"):
        written = reading.text(item, "status")
        if not _STATUS.fullmatch(written):
            raise ProofError("status-message", f"{written[:20]!r} is not a status such as 0x1.")
        said[int(written, 16)] = reading.text(item, "message")
    if len(said) != 1 << size:
        raise ProofError("status-message", f"A status of {size} bits needs {1 << size} messages.")
    return said


def _message(entry: Object, value: int) -> str:
    size = entry_size(entry)
    return _messages(entry, size).get(value, hex(value)) if "statusMessage" in entry else hex(value)
