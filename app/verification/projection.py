"""From a verified credential to the facts that may be shown and counted.

Only members that the profile knows are taken; the issuer's name is the bundle's. Called after the
signature is verified, never before.
"""

from datetime import date
from functools import lru_cache

from app.proof.parse import Object
from app.verification import compliance, reading
from app.verification.bundle import IssuerEntry
from app.verification.course import Course
from app.verification.model import Identity, Record, Result


def project(document: Object, *, issuer: IssuerEntry, course: Course | None) -> Record:
    """Give the facts of a verified credential; ``course`` is that of a completion record."""
    if course is None:
        return _generic(document, issuer)
    subject = reading.nested(document, "credentialSubject")
    credits_earned = subject.get("creditsEarned")
    return Record(
        id=reading.text(document, "id"),
        title=reading.text(document, "name"),
        issuer_id=issuer.id,
        issuer_name=issuer.name,
        holder_id=reading.text(subject, "id"),
        valid_from=reading.optional_time(document, "validFrom"),
        awarded_at=reading.optional_time(document, "awardedDate"),
        achievement_id=course.id,
        achievement_type=course.type,
        description=course.description,
        language=course.language,
        activity_start=_date(subject, "activityStartDate"),
        activity_end=_date(subject, "activityEndDate"),
        role=reading.optional_text(subject, "role"),
        credits_earned=float(credits_earned) if isinstance(credits_earned, int | float) else None,
        results=tuple([_result(entry, course) for entry in reading.objects(subject, "result")]),
        alignments=course.alignments,
        tags=course.tags,
        identifiers=course.identifiers,
        identities=_identities(subject),
    )


def _generic(document: Object, issuer: IssuerEntry) -> Record:
    """What any credential has. Its own members are not read: we do not know what they mean.

    But of a statement of compliance we do; its title is what it states, however it is named.
    """
    name = document.get("name")
    said = compliance.read(document) if compliance.is_statement(document) else None
    title = name if isinstance(name, str) else ", ".join(reading.texts(document.get("type")))
    return Record(
        id=reading.optional_text(document, "id") or "",
        title=title if said is None else said.sentence,
        issuer_id=issuer.id,
        issuer_name=issuer.name,
        holder_id=reading.identifier(document.get("credentialSubject")),
        valid_from=reading.optional_time(document, "validFrom"),
        awarded_at=None,
        identities=() if said is None else compliance.identities(document),
        compliance=said,
    )


def _result(entry: Object, course: Course) -> Result:
    kind, name = course.results[reading.text(entry, "resultDescription")]
    value, status = entry.get("value"), entry.get("status")
    return _measured(
        kind,
        name,
        value if isinstance(value, str) else None,
        status if isinstance(status, str) else None,
    )


_measured = lru_cache(maxsize=2048)(Result)
"""One fact; the same few stand in the records of one course."""


def _identities(subject: Object) -> tuple[Identity, ...]:
    found = [
        Identity(
            reading.text(entry, "identityType"),
            reading.text(entry, "identityHash"),
            reading.text(entry, "salt"),
        )
        for entry in reading.objects(subject, "identifier")
    ]
    return tuple(sorted(found, key=lambda one: one.salt))  # no two have the same


def _date(members: Object, name: str) -> date | None:
    return reading.time_of(reading.text(members, name)).date() if name in members else None
