"""Statements of home compliance: a registrant met a registry's cycle under its rules, or did not.

A credential of VC Data Model 2.0 of the type ``ComplianceStatement``, whose terms stand in it
(``app.proof.vocabulary.compliance``). It names no activity and no person: the subject is an opaque
``urn:uuid:`` of this one statement, with salted hashes of the numbers by which registries know the
registrant, which protect no better than the numbers are hard to guess.

Signed and withdrawn as records are, so everybody's verifier will do. What only claims to be one, or
lacks a member, or has one too many, is refused: who reads it must not guess.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from app.proof.errors import ProofError
from app.proof.parse import JSON, Object
from app.proof.times import write_time
from app.proof.vocabulary import COMPLIANCE_CONTEXT, CREDENTIALS_V2
from app.verification import reading
from app.verification.model import HomeCompliance, Identity

TYPE = "ComplianceStatement"
TYPES = ("VerifiableCredential", TYPE)
_REQUIRED = frozenset(
    {"id", "type", "requirementsMet", "cycleFirstDay", "cycleLastDay", "judgedOn"}
    | {"policyId", "policyVersion", "policyHash"}
)
_OPTIONAL = frozenset({"purpose", "audience", "identifier"})
_NUMBER = frozenset({"type", "identityType", "identityHash", "salt"})
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_OPAQUE = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement's status is published."""

    list_url: str
    index: int


def document(
    said: HomeCompliance,
    *,
    statement_id: str,
    subject_id: str,
    issuer: tuple[str, str],
    numbers: tuple[Identity, ...],
    place: Place,
    at: datetime,
) -> Object:
    """The statement, not yet secured; ``issuer`` is DID and name."""
    subject: Object = {
        "id": subject_id,
        "type": "Registrant",
        "requirementsMet": said.met,
        "cycleFirstDay": said.first.isoformat(),
        "cycleLastDay": said.last.isoformat(),
        "judgedOn": said.judged_on.isoformat(),
        "policyId": said.policy_id,
        "policyVersion": said.policy_version,
        "policyHash": said.policy_hash,
    }
    if said.purposes:
        subject["purpose"] = list(said.purposes)
    if said.audience is not None:
        subject["audience"] = said.audience
    if numbers:
        subject["identifier"] = [_number(one) for one in numbers]
    return {
        "@context": [CREDENTIALS_V2.url, COMPLIANCE_CONTEXT],
        "id": statement_id,
        "type": list(TYPES),
        "name": said.sentence,
        "issuer": {"id": issuer[0], "name": issuer[1]},
        "validFrom": write_time(at),
        "credentialSubject": subject,
        "credentialStatus": {
            "id": f"{place.list_url}#{place.index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(place.index),
            "statusListCredential": place.list_url,
        },
    }


def is_statement(document: Object) -> bool:
    """Whether a credential says that it is one, under the contexts that give that its meaning."""
    return TYPE in reading.texts(document.get("type")) and document.get("@context") == [
        CREDENTIALS_V2.url,
        COMPLIANCE_CONTEXT,
    ]


def check(document: Object) -> None:
    """Raise ``ProofError`` unless a statement has exactly what one must have."""
    if document.get("type") != [*TYPES]:
        raise _wrong("its types are not those of one")
    if "credentialStatus" not in document:
        raise _wrong("it names no list in which it could be withdrawn")
    read(document)
    identities(document)


def read(document: Object) -> HomeCompliance:
    """What a statement says. Raises ``ProofError``."""
    subject = _subject(document)
    met, version = subject["requirementsMet"], reading.number(subject, "policyVersion")
    if not isinstance(met, bool):
        raise _wrong("whether the requirements are met is neither true nor false")
    first, last = _day(subject, "cycleFirstDay"), _day(subject, "cycleLastDay")
    if last < first:
        raise _wrong("its cycle ends before it begins")
    policy_hash = reading.text(subject, "policyHash")
    if not _SHA256.fullmatch(policy_hash) or version < 1:
        raise _wrong("it does not name a version of a policy")
    return HomeCompliance(
        met=met,
        first=first,
        last=last,
        judged_on=_day(subject, "judgedOn"),
        policy_id=_line(reading.text(subject, "policyId")),
        policy_version=version,
        policy_hash=policy_hash,
        purposes=tuple(_lines(subject.get("purpose", []))),
        audience=reading.optional_text(subject, "audience"),
    )


def identities(document: Object) -> tuple[Identity, ...]:
    """The numbers by which registries know the registrant, hidden. Raises ``ProofError``."""
    found = []
    for entry in reading.objects(_subject(document), "identifier"):
        if entry.keys() != _NUMBER or entry["type"] != "RegisterNumberHash":
            raise _wrong("a number in it is not hidden as it must be")
        names = ("identityType", "identityHash", "salt")
        found.append(Identity(*(reading.text(entry, name) for name in names)))
    return tuple(found)


def _subject(document: Object) -> Object:
    subject = reading.nested(document, "credentialSubject")
    if not _REQUIRED <= subject.keys() <= _REQUIRED | _OPTIONAL:
        odd = ", ".join(sorted(_REQUIRED ^ (subject.keys() - _OPTIONAL)))
        raise _wrong(f"it lacks, or has beside what it may have: {odd}")
    if subject["type"] != "Registrant" or not _OPAQUE.fullmatch(reading.text(subject, "id")):
        raise _wrong("it is not about an opaque registrant")
    return subject


def _day(members: Object, name: str) -> date:
    text = reading.text(members, name)
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise _wrong(f"{name} is not a day such as 2026-12-31")


def _line(text: str) -> str:
    if not text or not text.isprintable():
        raise _wrong("a text in it cannot be shown")
    return text


def _lines(value: JSON) -> Iterator[str]:
    listed = value if isinstance(value, list) else [value]
    for entry in listed:
        if not isinstance(entry, str):
            raise _wrong("a purpose in it is not a text")
        yield _line(entry)


def _number(one: Identity) -> Object:
    return {
        "type": "RegisterNumberHash",
        "identityType": one.kind,
        "identityHash": one.hash,
        "salt": one.salt,
    }


def _wrong(what: str) -> ProofError:
    return ProofError("compliance", f"It is no statement of compliance: {what}.")
