"""From a completion to the credential that is signed. Pure.

The profile it follows, member by member, is ``app.verification.profile``.

Facts that have a unit become a ``result`` beside a ``resultDescription`` whose ``resultType`` names
the unit. VC Data Model 2.0 would take a list of texts by language for a name, the schema of Open
Badges takes one text: so name and description are in the first language given, named in
``inLanguage``, and each further language is a ``related`` entry of the achievement with its own
``inLanguage``, ``name`` and ``description``. Files are named with the digest of their bytes
(``relatedResource``, VC Data Model 2.0 section 5.3). No name, birth date, number or address of the
holder enters; identifiers enter as salted hashes, which protect no better than the identifier is
hard to guess.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote_plus

from app.proof.encoding import base64url_encode
from app.proof.parse import JSON, Object
from app.proof.times import write_time
from app.records.model import CourseFacts, File, NewCompletion, Slot
from app.trust.model import Issuer
from app.verification.profile import CONTEXTS, TYPES

_IEA = "IEA Graduate Attributes and Professional Competencies, version 4"
_IEA_URL = "https://www.internationalengineeringalliance.org/"
_ISCED = "ISCED-F 2013"
_ISCED_URL = "http://data.europa.eu/esco/isced-f/"
_LONGEST_QUERY = 300
_SHA256_MULTIHASH = b"\x12\x20"


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a record is made of, decided."""

    record_id: str
    holder_id: str
    society_id: str
    issuer: Issuer
    completion: NewCompletion
    course: CourseFacts
    achievement_id: str
    """The https address that stands for the course, with its version where it has one."""
    slot: Slot
    list_url: str
    public_url: str
    salts: Sequence[str]
    """One fresh 128-bit salt for each identifier of the holder."""
    at: datetime


def document(draft: Draft) -> Object:
    """The credential, not yet secured."""
    title = next(iter(draft.course.title.values()))
    issuer: Object = {"id": draft.issuer.id, "type": ["Profile"], "name": draft.issuer.name}
    if draft.issuer.url:
        issuer["url"] = draft.issuer.url
    credential: Object = {
        "@context": list(CONTEXTS),
        "id": f"urn:uuid:{draft.record_id}",
        "type": list(TYPES),
        "name": title,
        "issuer": issuer,
        "validFrom": write_time(draft.at),
        "awardedDate": _midnight(draft.completion.completed_on),
        "credentialSubject": _subject(draft, title),
        "credentialStatus": {
            "id": f"{draft.list_url}#{draft.slot.index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(draft.slot.index),
            "statusListCredential": draft.list_url,
        },
    }
    if draft.completion.files:
        credential["relatedResource"] = [_related_file(file) for file in draft.completion.files]
    return credential


def digest_multibase(sha256: str) -> str:
    """A SHA-256 as a multihash in base64url: ``digestMultibase`` of VC Data Model 2.0."""
    return "u" + base64url_encode(_SHA256_MULTIHASH + bytes.fromhex(sha256))


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def _related_file(file: File) -> Object:
    related: Object = {"id": file.id, "digestMultibase": digest_multibase(file.sha256)}
    if file.media_type is not None:
        related["mediaType"] = file.media_type
    return related


def identity_hash(value: str, *, salt: str) -> str:
    """An ``IdentityHash`` of Open Badges 3.0: SHA-256 over the value and the salt."""
    return "sha256$" + hashlib.sha256((value + salt).encode()).hexdigest()


def _subject(draft: Draft, title: str) -> Object:
    facts = list(_facts(draft.completion))
    subject: Object = {
        "id": draft.holder_id,
        "type": ["AchievementSubject"],
        "role": str(draft.completion.role),  # a word of an enum is written as plain text
        "achievement": _achievement(draft, title, facts),
        "result": [
            {
                "type": ["Result"],
                "resultDescription": _result_id(code),
                "value": value,
            }
            for code, _, value in facts
        ],
    }
    if draft.completion.started_on is not None:
        subject["activityStartDate"] = _midnight(draft.completion.started_on)
    if draft.completion.ended_on is not None:
        subject["activityEndDate"] = _midnight(draft.completion.ended_on)
    if draft.completion.holder.identifiers:
        subject["identifier"] = [
            {
                "type": "IdentityObject",
                "hashed": True,
                "identityHash": identity_hash(identifier.value, salt=salt),
                "identityType": identifier.type,
                "salt": salt,
            }
            for identifier, salt in zip(
                draft.completion.holder.identifiers, draft.salts, strict=True
            )
        ]
    return subject


def _facts(completion: NewCompletion) -> Iterator[tuple[str, str, str]]:
    """Result type without ``ext:``, its name for people, and the value."""
    if completion.contact_minutes is not None:
        yield "ContactMinutes", "Contact time in minutes", str(completion.contact_minutes)
    if completion.workload_minutes is not None:
        yield "WorkloadMinutes", "Workload in minutes", str(completion.workload_minutes)
    if completion.full_days is not None:
        yield "FullDays", "Full days", f"{completion.full_days:g}"
    yield "ActivityKind", "Kind of activity", str(completion.kind)
    yield "DeliveryMode", "Mode of delivery", str(completion.mode)
    yield "Assessed", "Whether it was assessed", "true" if completion.assessed else "false"
    if completion.result is not None:
        yield "AssessmentResult", "Result of the assessment", completion.result
    for credit in completion.credits:
        yield credit.unit, f"Claimed by the issuer, in {credit.unit}", f"{credit.value:.10g}"
    if completion.languages:
        yield "TeachingLanguages", "Languages it was given in", ", ".join(completion.languages)
    if completion.country is not None:
        yield "Country", "Country it took place in", completion.country


def _result_id(code: str) -> str:
    """The same in every record: what a code means does not depend on who completed what."""
    return f"urn:opencpd:result:{code}"


def _achievement(draft: Draft, title: str, facts: Sequence[tuple[str, str, str]]) -> Object:
    language = next(iter(draft.course.title))
    criteria: Object = {"narrative": f"Completion of the activity, as {draft.issuer.name} records."}
    if draft.course.url and draft.course.url != draft.achievement_id:
        criteria["id"] = draft.course.url
    achievement: Object = {
        "id": draft.achievement_id,
        "type": ["Achievement"],
        "achievementType": (
            "Course" if draft.completion.kind == "course" else f"ext:{draft.completion.kind}"
        ),
        "name": title,
        "description": draft.course.description.get(language, title),
        "criteria": criteria,
        "inLanguage": language,
        "resultDescription": [
            {
                "id": _result_id(code),
                "type": ["ResultDescription"],
                "name": name,
                "resultType": f"ext:{code}",
            }
            for code, name, _ in facts
        ],
    }
    further: dict[str, list[JSON]] = {
        "alignment": list(_alignments(draft)),
        "otherIdentifier": list(_approvals(draft)),
        "related": list(_translations(draft)),
    }
    achievement |= {name: entries for name, entries in further.items() if entries}
    if draft.completion.tags:
        achievement["tag"] = list(map(str, draft.completion.tags))
    return achievement


def _translations(draft: Draft) -> Iterator[Object]:
    """The further languages of the title; a resource of their own each, so that none is mixed."""
    within = "-" if "#" in draft.achievement_id else "#"
    for language, title in list(draft.course.title.items())[1:]:
        related: Object = {
            "id": f"{draft.achievement_id}{within}in-{language}",
            "type": ["Related"],
            "inLanguage": language,
            "name": title,
        }
        if language in draft.course.description:
            related["description"] = draft.course.description[language]
        yield related


def _approvals(draft: Draft) -> Iterator[Object]:
    for approval in draft.completion.approvals:
        yield {
            "type": "IdentifierEntry",
            "identifier": approval.number,
            "identifierType": f"ext:Approval.{approval.body}",
        }


def _alignments(draft: Draft) -> Iterator[Object]:
    for code in map(str, draft.completion.competences):
        yield _alignment(code, _IEA_URL, kind="ceasn:Competency", framework=_IEA)
    for code in draft.completion.fields:
        yield _alignment(code, _ISCED_URL + code, kind="ext:FieldOfStudy", framework=_ISCED)
    for text in draft.completion.standards:
        # Standards have no address in common; this one finds the courses that treat it.
        url = f"{draft.public_url}/?q={_query(text)}"
        yield _alignment(text, url, kind="ext:TechnicalStandard", framework=None)


def _query(text: str) -> str:
    """As much of ``text`` as has room in an address: a letter may take twelve signs there."""
    while len(quoted := quote_plus(text)) > _LONGEST_QUERY:
        text = text[:-1]
    return quoted


def _alignment(code: str, url: str, *, kind: str, framework: str | None) -> Object:
    alignment: Object = {
        "type": ["Alignment"],
        "targetName": f"{framework}: {code}" if framework else code,
        "targetUrl": url,
        "targetType": kind,
        "targetCode": code,
    }
    if framework:
        alignment["targetFramework"] = framework
    return alignment
