"""The words of the catalogue as values: society, course, course run, offer, source record.

Values only: nothing here reads, checks or stores. Whatever stands in a ``CourseData`` has passed
``rules.check``: texts are clean, codes are of their vocabulary, dates, durations and amounts are in
the one form written beside the field. Follows DESIGN §3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

MANUAL = "manual"
"""What a field's provenance says where an editor wrote over it, in place of a source record."""

LanguageMap: TypeAlias = Mapping[str, str]
"""Texts by BCP 47 language tag; ``und`` when the language is not known. Plain text, except
``CourseData.description``, which is HTML reduced to a few harmless elements."""


class Delivery(StrEnum):
    """How a course is given."""

    ONLINE_ASYNC = "online-async"
    ONLINE_LIVE = "online-live"
    ONSITE = "onsite"
    BLENDED = "blended"
    SELF_STUDY = "self-study"


class Kind(StrEnum):
    """What sort of learning resource it is."""

    COURSE = "course"
    PROGRAMME = "programme"
    WEBINAR = "webinar"
    EVENT_SERIES = "event-series"
    SELF_STUDY = "self-study"
    CONFERENCE = "conference"
    MICROCREDENTIAL = "microcredential"


class Access(StrEnum):
    """Who may take it."""

    OPEN = "open"
    REGISTRATION = "registration"
    MEMBERS = "members"


class Price(StrEnum):
    """Whether it costs anything."""

    FREE = "free"
    PAID = "paid"
    SUBSCRIPTION = "subscription"


class Status(StrEnum):
    """Whether the course is offered; a withdrawn one stays readable for those who took it."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


class Severity(StrEnum):
    """An error rejects the item; a warning says what was mended, guessed or left out."""

    ERROR = "error"
    WARNING = "warning"


class Outcome(StrEnum):
    """What taking one item did."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class NewSociety:
    """A society as somebody enters it. ``id`` is a short name such as ``cse``, made when absent."""

    names: LanguageMap
    id: str | None = None
    country: str | None = None
    url: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Society:
    """A member body. ``country`` is ISO 3166-1 alpha-2."""

    id: str
    names: LanguageMap
    country: str | None = None
    url: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing wrong with one item. ``code`` is stable: ``E-TITLE-MISSING``, ``W-DATE-ORDER``."""

    code: str
    severity: Severity
    path: str
    """Where in the item: ``credits[0].unit``."""
    message: str
    value: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Credit:
    """Credit that a body gives. ``value`` is a decimal number as text, never without its unit."""

    value: str
    unit: str | None
    """``hour``, ``contact-hour``, ``class-hour`` (the 学时 of 45 minutes), ``PDH``, ``PDU``,
    ``CEU``, ``CPD-point`` or ``ECTS``, else the source's own word for it; ``None`` when it did not
    say, and then the number must not be counted."""
    framework: str | None = None
    jurisdiction: str | None = None
    """ISO 3166-1 alpha-2 or ISO 3166-2."""
    category: str | None = None
    approval_no: str | None = None


@dataclass(frozen=True, slots=True)
class Standard:
    """A technical standard: ISO 9001:2015, GB 50010-2010, EN 1992-1-1."""

    body: str
    number: str
    part: str | None = None
    year: str | None = None
    text: str = ""
    """The standard as one writes it: ``EN 1992-1-1:2004``."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A value that the source did not state and its words show, with the evidence.

    It stands beside the data and never among what was stated: no record, policy or credit relies on
    it.
    """

    field: str
    """``metadata_language``, ``fields``, ``standards`` or ``competences``."""
    value: str
    """``de``, ``0732``, ``EN 1992-1-1:2004`` or ``EC5``."""
    rule: str
    """How it was recognised: ``language-model``, ``isced-label``, ``isced-terms``,
    ``standard-named`` or ``competence-named``."""
    where: str
    """The text it was found in: ``title.en``, ``subjects[0]``."""
    snippet: str = ""
    """The words around it, as plain text."""
    position: int = 0
    """Where it begins in that text, in characters of its plain form."""
    certainty: int | None = None
    """The model's own, in percent, where there is one."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A price. ``amount`` is a decimal number as text, ``currency`` ISO 4217."""

    amount: str | None = None
    currency: str | None = None
    category: str | None = None
    """A value of ``Price``."""
    audience: str | None = None
    """``public`` or ``member``."""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class CourseRun:
    """One dated delivery. Dates are ISO 8601: ``2026-03-01`` or ``2026-03-01T09:00:00+08:00``."""

    id: str = ""
    """Set once the course is stored; the same run keeps it from harvest to harvest."""
    source_id: str | None = None
    start: str | None = None
    end: str | None = None
    enrol_start: str | None = None
    enrol_end: str | None = None
    timezone: str | None = None
    place_name: str | None = None
    place_country: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    delivery: str | None = None
    """A value of ``Delivery``."""
    language: str | None = None
    url: str | None = None
    instructors: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class CourseData:
    """What is known of a course, checked and in one form."""

    title: LanguageMap
    url: str | None = None
    summary: LanguageMap = field(default_factory=dict)
    description: LanguageMap = field(default_factory=dict)
    """The one field that holds HTML; sanitised, safe to show as it is."""
    outcomes: LanguageMap = field(default_factory=dict)
    prerequisites: LanguageMap = field(default_factory=dict)
    kind: str | None = None
    """A value of ``Kind``."""
    metadata_language: str | None = None
    teaching_languages: tuple[str, ...] = ()
    provider: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    """(scheme, value), the scheme in lower case: ``("doi", "10.5555/12345678")``."""
    fields: tuple[str, ...] = ()
    """ISCED-F 2013 codes of two to four digits: ``0732``."""
    subjects: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    competences: tuple[str, ...] = ()
    """``EC1`` to ``EC13`` of the IEA's professional competences."""
    standards: tuple[Standard, ...] = ()
    level: str | None = None
    credits: tuple[Credit, ...] = ()
    duration: str | None = None
    """How long it lasts, ISO 8601: ``PT12H``, ``P6W``."""
    effort: str | None = None
    """How much work it is, ISO 8601."""
    delivery: tuple[str, ...] = ()
    """Values of ``Delivery``."""
    licence: str | None = None
    """An SPDX identifier (``CC-BY-4.0``) where there is one, else the address or words given."""
    access: str | None = None
    """A value of ``Access``."""
    image: str | None = None
    runs: tuple[CourseRun, ...] = ()
    offers: tuple[Offer, ...] = ()
    created: str | None = None
    modified: str | None = None
    recognised: tuple[Recognised, ...] = ()
    """What no field states, but the words show."""


@dataclass(frozen=True, slots=True)
class SourceRef:
    """One source record that a course is made of."""

    source_record_id: str
    source_id: str
    society_id: str
    remote_id: str


@dataclass(frozen=True, slots=True)
class Course:
    """A course as the catalogue shows it: merged from its live source records."""

    id: str
    society_id: str
    """The society whose source named it first; the others stand in ``sources``."""
    status: Status
    data: CourseData
    sources: tuple[SourceRef, ...]
    provenance: Mapping[str, str]
    """Which source record each field comes from: ``title``; ``title.zh`` and ``credits.1`` where a
    further source record added one language or one entry. ``MANUAL`` where an editor wrote it."""
    quality: int
    """0 to 100; what is missing for 100 stands in ``missing``."""
    missing: tuple[str, ...]
    version: int
    created_at: datetime
    modified_at: datetime
    merged_into: str | None = None
    """The course that this one was found to be, whose sources and whose page are now one."""
    translations: tuple[str, ...] = ()
    """The same course in other languages, each a course of its own; withdrawn ones too."""
    translation_of: str | None = None
    """Which of them was there first, unless it is this one."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What must be known of a course by who only points to it."""

    id: str
    society_id: str
    societies: frozenset[str]
    """Every society whose source tells of it, or told of it last."""
    status: Status
    version: int
    merged_into: str | None = None
    """The course that it was found to be."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose items are taken, and from where."""

    society_id: str
    source_id: str
    pushed: bool = False
    """Whether the society pushed them itself, rather than one of its feeds being harvested."""


@dataclass(frozen=True, slots=True)
class NewItem:
    """One item as a source has it now, unjudged. ``digest`` is the same for the same content."""

    remote_id: str
    untrusted: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class Lacking:
    """A course of a source that lacks something."""

    remote_id: str
    course_id: str
    title: LanguageMap


@dataclass(frozen=True, slots=True)
class Taken:
    """What ``service.take`` did with one item, and everything it found wrong with it."""

    outcome: Outcome
    course_id: str | None
    issues: tuple[Issue, ...] = ()
    as_before: bool = False
    """Whether it was what it had been, so that it was not checked again: what was found wrong with
    it then still is."""
