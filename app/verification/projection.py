"""From a verified credential to the facts that may be shown and counted.

Only members that the profile knows are taken; the issuer's name is the bundle's. Called after the
signature is verified, never before.
"""

from datetime import date, datetime

from app.proof.parse import Object
from app.proof.times import read_time
from app.verification import reading
from app.verification.bundle import IssuerEntry
from app.verification.model import COMPLETION, Alignment, Record, Result


def project(document: Object, *, issuer: IssuerEntry, profile: str) -> Record:
    """Give the facts of a verified credential."""
    if profile != COMPLETION:
        return _generic(document, issuer)
    subject = reading.nested(document, "credentialSubject")
    achievement = reading.nested(subject, "achievement")
    credits_earned = subject.get("creditsEarned")
    return Record(
        id=reading.text(document, "id"),
        title=reading.text(document, "name"),
        issuer_id=issuer.id,
        issuer_name=issuer.name,
        holder_id=reading.text(subject, "id"),
        valid_from=_time(document, "validFrom"),
        awarded_at=_time(document, "awardedDate"),
        achievement_id=reading.text(achievement, "id"),
        achievement_type=reading.text(achievement, "achievementType"),
        description=reading.text(achievement, "description"),
        language=reading.optional_text(achievement, "inLanguage"),
        activity_start=_date(subject, "activityStartDate"),
        activity_end=_date(subject, "activityEndDate"),
        role=reading.optional_text(subject, "role"),
        credits_earned=float(credits_earned) if isinstance(credits_earned, int | float) else None,
        results=_results(subject, achievement),
        alignments=tuple(map(_alignment, reading.objects(achievement, "alignment"))),
    )


def _generic(document: Object, issuer: IssuerEntry) -> Record:
    """What any credential has. Its own members are not read: we do not know what they mean."""
    name = document.get("name")
    return Record(
        id=reading.optional_text(document, "id") or "",
        title=name if isinstance(name, str) else ", ".join(reading.texts(document.get("type"))),
        issuer_id=issuer.id,
        issuer_name=issuer.name,
        holder_id=reading.identifier(document.get("credentialSubject")),
        valid_from=_time(document, "validFrom"),
        awarded_at=None,
    )


def _results(subject: Object, achievement: Object) -> tuple[Result, ...]:
    described = {
        reading.text(entry, "id"): entry
        for entry in reading.objects(achievement, "resultDescription")
    }
    found = []
    for entry in reading.objects(subject, "result"):
        description = described[reading.text(entry, "resultDescription")]
        found.append(
            Result(
                kind=reading.text(description, "resultType"),
                name=reading.text(description, "name"),
                value=reading.optional_text(entry, "value"),
                status=reading.optional_text(entry, "status"),
            )
        )
    return tuple(found)


def _alignment(entry: Object) -> Alignment:
    return Alignment(
        name=reading.text(entry, "targetName"),
        url=reading.text(entry, "targetUrl"),
        kind=reading.optional_text(entry, "targetType"),
        framework=reading.optional_text(entry, "targetFramework"),
        code=reading.optional_text(entry, "targetCode"),
    )


def _time(members: Object, name: str) -> datetime | None:
    found = reading.optional_text(members, name)
    return None if found is None else read_time(found)


def _date(members: Object, name: str) -> date | None:
    found = _time(members, name)
    return None if found is None else found.date()
