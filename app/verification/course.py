"""A completion record checked quickly: whether every rule of the profile holds, yes or no.

``profile.check`` explains; this only answers, with compiled tests, and passes over what the bundle
saw before: the records of one course say the same of it, byte for byte. Both must agree on every
document; ``tests/unit/verification/test_course.py`` holds them to it with thousands of changed
records, and whoever changes a rule there changes it here.
"""

import marshal
from collections.abc import Mapping
from dataclasses import dataclass

from app.proof.did import did_web_url
from app.proof.errors import ProofError
from app.proof.parse import JSON, Object
from app.verification import profile, reading
from app.verification.memory import Memory
from app.verification.model import Alignment
from app.verification.shape import Anything

_OUTER = profile.record_shape(party=Anything(), achievement=Anything()).test()
_PARTY = profile.PARTY.test()
_ACHIEVEMENT = profile.ACHIEVEMENT.test()
_LARGEST = 16 * 1024


@dataclass(frozen=True, slots=True)
class Party:
    """An issuer as a record describes it, checked."""

    id: str


@dataclass(frozen=True, slots=True)
class Course:
    """What a completion record says of its course, checked and read."""

    id: str
    type: str
    description: str
    language: str | None
    ids: frozenset[str]
    """The ids of the achievement and of everything in it; none twice."""
    results: Mapping[str, tuple[str, str]]
    """Kind and name of each result description, by its id."""
    alignments: tuple[Alignment, ...]
    tags: tuple[str, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    """Kind and number of each."""


def quick(document: Object, *, memory: Memory) -> Course | None:
    """The course of a completion record that keeps every rule; nothing when one may be broken."""
    if not _OUTER(document):
        return None
    subject = reading.nested(document, "credentialSubject")
    course = _course(subject["achievement"], memory)
    party = _party(document["issuer"], memory)
    if course is None or party is None:
        return None
    return course if rules_hold(document, issuer=party.id, course=course) else None


def rules_hold(document: Object, *, issuer: str, course: Course) -> bool:
    """Whether the rules between the members of a record hold, whose shape is right."""
    subject = reading.nested(document, "credentialSubject")
    return (
        _ids_hold(document, subject, issuer, course)
        and _times_hold(document, subject)
        and _facts_hold(subject, course)
    )


def read_course(achievement: Object) -> Course:
    """Read the achievement of a completion record; one that is none raises ``ProofError``."""
    described = reading.objects(achievement, "resultDescription")
    ids = [found for _, found in profile.ids(achievement)]
    if len(set(ids)) != len(ids):
        raise ProofError("profile", "Two parts of the achievement have the same id.")
    return Course(
        id=reading.text(achievement, "id"),
        type=reading.text(achievement, "achievementType"),
        description=reading.text(achievement, "description"),
        language=reading.optional_text(achievement, "inLanguage"),
        ids=frozenset(ids),
        results={
            reading.text(entry, "id"): (
                reading.text(entry, "resultType"),
                reading.text(entry, "name"),
            )
            for entry in described
        },
        alignments=tuple(map(_alignment, reading.objects(achievement, "alignment"))),
        # An RDF proof covers which there are, not in which order they are written, nor how often.
        tags=tuple(sorted(set(reading.texts(achievement.get("tag", []))))),
        identifiers=tuple(
            sorted(
                (reading.text(entry, "identifierType"), reading.text(entry, "identifier"))
                for entry in reading.objects(achievement, "otherIdentifier")
            )
        ),
    )


def _course(achievement: JSON, memory: Memory) -> Course | None:
    # Unlike a comparison, marshalled bytes tell 1 from 1.0 and from true.
    written = marshal.dumps(achievement, 2)
    known = memory.get(Course, key=written)
    if known is not None:
        return known
    if not isinstance(achievement, dict) or not _ACHIEVEMENT(achievement):
        return None
    if not _has_two_decimals(achievement.get("creditsAvailable")):
        return None
    try:
        course = read_course(achievement)
    except ProofError:
        return None
    if len(written) <= _LARGEST:
        memory.put(course, key=written)
    return course


def _party(issuer: JSON, memory: Memory) -> Party | None:
    written = marshal.dumps(issuer, 2)
    known = memory.get(Party, key=written)
    if known is not None:
        return known
    if not isinstance(issuer, dict) or not _PARTY(issuer):
        return None
    party = Party(reading.text(issuer, "id"))
    try:
        did_web_url(party.id)
    except ProofError:
        return None
    if len(written) <= _LARGEST:
        memory.put(party, key=written)
    return party


def _ids_hold(document: Object, subject: Object, issuer: str, course: Course) -> bool:
    status = reading.nested(document, "credentialStatus")
    ids = [document["id"], issuer, subject["id"], status["id"]]
    ids += [entry["id"] for entry in reading.objects(document, "relatedResource")]
    distinct = {found for found in ids if isinstance(found, str)}
    return len(distinct) == len(ids) and course.ids.isdisjoint(distinct)


def _times_hold(document: Object, subject: Object) -> bool:
    try:
        issued = reading.time_of(reading.text(document, "validFrom"))
        awarded = reading.time_of(reading.text(document, "awardedDate"))
        start = reading.optional_time(subject, "activityStartDate")
        end = reading.optional_time(subject, "activityEndDate")
    except ProofError:
        return False
    return awarded <= issued and (start is None or end is None or start <= end)


def _facts_hold(subject: Object, course: Course) -> bool:
    salts = [entry["salt"] for entry in reading.objects(subject, "identifier")]
    named = [entry["resultDescription"] for entry in reading.objects(subject, "result")]
    return (
        len({salt for salt in salts if isinstance(salt, str)}) == len(salts)
        and len({name for name in named if name in course.results}) == len(named)
        and _has_two_decimals(subject.get("creditsEarned"))
    )


def _has_two_decimals(amount: JSON) -> bool:
    return not isinstance(amount, float) or round(amount, 2) == amount


def _alignment(entry: Object) -> Alignment:
    return Alignment(
        name=reading.text(entry, "targetName"),
        url=reading.text(entry, "targetUrl"),
        kind=reading.optional_text(entry, "targetType"),
        framework=reading.optional_text(entry, "targetFramework"),
        code=reading.optional_text(entry, "targetCode"),
    )
