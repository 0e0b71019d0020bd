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
    if completion:
        opened, value = _of_completion(document, REVOCATION, asked=asked)
        if value:
            raise _withdrawn(document, asked=asked)
        return Finding(_STANDING, opened.evidence)
    entries = reading.objects(document, "credentialStatus")
    if not entries:
        return Finding("The record names no status list: it cannot be withdrawn.")
    mine = [entry for entry in entries if entry.get("statusPurpose") != SUSPENSION]
    if not mine:
        return Finding("The record names no list of revocations: it cannot be withdrawn.")
    return Finding(_STANDING, _answer(mine, asked=asked))


def check_suspension(document: Object, *, completion: bool, asked: Asked) -> Finding:
    """Raise ``ProofError`` when the record is suspended, ``Unknown`` when that cannot be told."""
    if completion:
        return _check_beside(document, asked=asked)
    entries = reading.objects(document, "credentialStatus")
    mine = [entry for entry in entries if entry.get("statusPurpose") == SUSPENSION]
    if not mine:
        return Finding("The record names no list of suspensions: it cannot be suspended.")
    return Finding(_UNSUSPENDED, _answer(mine, asked=asked))


def _check_beside(document: Object, *, asked: Asked) -> Finding:
    """A completion record does not name its list of suspensions: absent is not unknown."""
    try:
        opened, value = _of_completion(document, SUSPENSION, asked=asked)
    except Unknown as error:
        if error.code != "status-absent":
            raise
        detail = "The bundle holds no list of suspensions for the record, and it names none."
        return Finding(detail, (("suspension", "not published"),))
    if value:
        raise _suspended()
    return Finding(_UNSUSPENDED, opened.evidence)


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
        return opened.evidence
    if purpose == REVOCATION:
        raise ProofError("status-set", "The issuer has withdrawn the record (revocation).")
    if purpose == SUSPENSION:
        raise _suspended()
    if purpose == REFRESH:
        return (*opened.evidence, ("refresh", "a newer version is to be had"))
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


def _of_completion(document: Object, purpose: str, *, asked: Asked) -> tuple[OpenedList, int]:
    """Look up the bit of a completion record in the list that it names, or in one beside that."""
    entry = reading.nested(document, "credentialStatus")
    url = reading.text(entry, "statusListCredential")
    return _look_up(
        url if purpose == REVOCATION else f"{url}/{purpose}",
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


def _withdrawn(document: Object, *, asked: Asked) -> ProofError:
    """Say that a completion record is withdrawn, or that a corrected one stands in its place."""
    try:
        superseded = _of_completion(document, REFRESH, asked=asked)[1] != 0
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
