"""What records speaks of: completions, and the records made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """What sort of activity it was; neutral, each registry maps it to its own categories."""

    COURSE = "course"
    CONFERENCE = "conference"
    WEBINAR_LIVE = "webinar_live"
    SELF_PACED = "self_paced"
    FORMAL_STUDY = "formal_study"
    IN_HOUSE = "in_house"
    PRIVATE_STUDY = "private_study"
    WORK_LEARNING = "work_learning"
    MENTORING = "mentoring"
    TEACHING = "teaching"
    PUBLICATION = "publication"
    SERVICE = "service"
    MEMBERSHIP = "membership"


class Mode(StrEnum):
    """How it was given."""

    ONSITE = "onsite"
    ONLINE_LIVE = "online-live"
    ONLINE_ASYNC = "online-async"
    BLENDED = "blended"
    SELF_STUDY = "self-study"


class Role(StrEnum):
    """What the holder did in it."""

    PARTICIPANT = "participant"
    PRESENTER = "presenter"
    INSTRUCTOR = "instructor"
    AUTHOR = "author"
    MENTOR = "mentor"


class Tag(StrEnum):
    """What it was about, as far as registries ask."""

    TECHNICAL = "technical"
    ETHICS = "ethics"
    LAW_REGULATION = "law_regulation"
    HEALTH_SAFETY = "health_safety"
    RISK_MANAGEMENT = "risk_management"
    BUSINESS_MANAGEMENT = "business_management"
    SUSTAINABILITY = "sustainability"
    LOCAL_PRACTICE = "local_practice"
    PUBLIC_REQUIRED = "public_required"
    SOFT_SKILLS = "soft_skills"


class Unit(StrEnum):
    """Units in which issuers state what an activity is worth to them; none equals another."""

    CPD_HOURS = "CPDHours"
    CPD_POINTS = "CPDPoints"
    CPD_UNITS = "CPDUnits"
    PDH = "PDH"
    PDU = "PDU"
    CEU = "CEU"
    ECTS = "ECTS"
    CLASS_HOURS = "ClassHours"
    """The 学时 of 45 minutes."""
    CREDIT_HOURS = "CreditHours"


class State(StrEnum):
    """How far a record has come; only an issued one is ever shown."""

    INTENDED = "intended"
    ISSUED = "issued"


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something by which a registry knows the holder; only its salted hash enters the record."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Holder:
    """The engineer. ``id`` is an opaque ``urn:uuid``, made when it is not given."""

    id: str | None = None
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class CourseFacts:
    """The course as the record names it."""

    title: Mapping[str, str]
    """By BCP 47 language tag; the first is the one that counts."""
    url: str | None = None
    description: Mapping[str, str] = field(default_factory=dict)
    """By the same tags; a language that has a description has a title."""


@dataclass(frozen=True, slots=True)
class Credit:
    """What the issuer itself claims the activity to be worth; no registry is bound by it."""

    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Approval:
    """The number under which some body approved this activity beforehand."""

    body: str
    number: str


@dataclass(frozen=True, slots=True)
class File:
    """A programme or a piece of evidence that belongs to the completion, fixed by its digest."""

    id: str
    """Its address, or ``ni:///sha-256;...`` (RFC 6920) when it has none."""
    sha256: str
    """In hexadecimal."""
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class NewCompletion:
    """A completion as somebody reports it; unchecked until ``rules.check`` found nothing."""

    holder: Holder
    completed_on: date
    kind: str
    mode: str
    role: str
    assessed: bool
    course_id: str | None = None
    """A course of this node's catalogue, or else ``course`` says what it was."""
    course: CourseFacts | None = None
    course_run: str | None = None
    """Which delivery of the course, in the society's own words or numbers."""
    contact_minutes: int | None = None
    workload_minutes: int | None = None
    full_days: float | None = None
    result: str | None = None
    tags: tuple[str, ...] = ()
    competences: tuple[str, ...] = ()
    """``EC1`` to ``EC13`` of the IEA's professional competences."""
    fields: tuple[str, ...] = ()
    """ISCED-F 2013 codes of four digits."""
    standards: tuple[str, ...] = ()
    """As one writes them: ``EN 1992-1-1:2004``."""
    started_on: date | None = None
    ended_on: date | None = None
    """When the activity itself began and ended, whenever the holder was through with it."""
    credits: tuple[Credit, ...] = ()
    approvals: tuple[Approval, ...] = ()
    languages: tuple[str, ...] = ()
    """The languages it was given in."""
    country: str | None = None
    """Where it took place, by ISO 3166-1; nowhere when it was online."""
    files: tuple[File, ...] = ()
    supersedes: str | None = None
    """The id of the record that this one corrects."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A record's place in a status list."""

    list_no: int
    index: int


@dataclass(frozen=True, slots=True)
class Intent:
    """A record that was decided and stored, and may not have been signed yet."""

    id: str
    society_id: str
    issuer_id: str
    holder_id: str
    course_id: str | None
    idempotency_key: str
    facts_hash: str
    """Of the completion as it was reported; tells a repetition from another completion."""
    activity_key: str | None
    """Of society, holder and course run: two of these are the same completion. A correction that
    keeps its record's activity has none until it takes that record's place."""
    slot: Slot
    document: bytes
    """The credential before it is secured, in the exact bytes that were decided on."""
    proof_key_id: str
    jwt_key_id: str
    prepared_at: datetime
    supersedes: str | None = None
    pending_activity: str | None = None
    """The activity key that a correction takes over when it is finished."""
    course_run: str | None = None
    roster_id: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedRecord:
    """A record that is out."""

    id: str
    society_id: str
    holder_id: str
    course_id: str | None
    json: bytes
    """The record with its embedded proof, exactly as signed and checked."""
    jwt: str
    issued_at: datetime
    revoked_at: datetime | None = None
    revocation_reason: str | None = None
    suspended_at: datetime | None = None
    course_run: str | None = None
    roster_id: str | None = None
    supersedes: str | None = None
    superseded_by: str | None = None
    idempotency_key: str = ""
    created: bool = False
    """Whether this very call issued it, or it had been issued before."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What finishing the intents of a crash came to."""

    finished: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    """Record id and reason of those that a person must look at."""
