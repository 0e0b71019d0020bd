"""What a policy says, read and checked. Numbers are exact fractions; nothing here is code.

A policy is a document (YAML or JSON) of a registry. Its parts are named as in the document; what a
part leaves out is not asked. ``reading`` makes these values, ``deciding.evaluate`` applies them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any


class Status(StrEnum):
    """How far a policy has come. Only an adopted one, under the registry's signature, decides."""

    DRAFT = "draft"
    ADOPTED = "adopted"
    WITHDRAWN = "withdrawn"
    ILLUSTRATIVE = "illustrative"
    """An encoding of published rules that the body named has not adopted; it decides nothing."""


class Otherwise(StrEnum):
    """What becomes of a record that does not meet a condition."""

    REVIEW = "review"
    REJECT = "reject"


class Regime(StrEnum):
    """A registry that does not count hours, or whose table nobody has given yet."""

    EVIDENCE_ONLY = "evidence_only"
    UNIT_TABLE_MISSING = "unit_table_missing"


class SelfDeclared(StrEnum):
    """What becomes of an activity that an engineer declares and nobody signed."""

    ACCEPT = "accept"
    REVIEW = "review"
    REJECT = "reject"


class Period(StrEnum):
    """Over what a cap holds."""

    RECORD = "record"
    YEAR = "year"
    CYCLE = "cycle"
    QUALIFYING_PERIOD = "qualifying_period"


class Mode(StrEnum):
    """How an amount is rounded to a multiple of a step."""

    NONE = "none"
    FLOOR = "floor"
    NEAREST = "nearest"


class Tie(StrEnum):
    """Where an amount halfway between two steps goes."""

    UP = "up"
    DOWN = "down"


class Anchor(StrEnum):
    """Where cycles begin."""

    CALENDAR = "calendar"
    """At ``Cycle.first`` and every ``months`` from there, the same for everybody."""
    REGISTRATION = "registration"
    """At the day on which the registrant was registered; at ``first`` where that is not known."""
    ROLLING = "rolling"
    """Always the months that end with the day asked about."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last, both included; an open end is ``None``."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        """Whether ``day`` is within it."""
        begun = self.first is None or self.first <= day
        return begun and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Basis:
    """On what ground records of others are taken: an agreement, and its annex."""

    type: str
    ref: str
    annex: str | None = None


@dataclass(frozen=True, slots=True)
class Issuers:
    """Whose records are taken, by the tags that the registry gives to issuers."""

    accept_any: bool = False
    accept_tags: tuple[str, ...] = ()
    reject_tags: tuple[str, ...] = ()
    review_tags: tuple[str, ...] = ()
    applies_to_kinds: tuple[str, ...] | None = None
    """The kinds of activity for which the issuer matters; all when it is left out."""
    otherwise: Otherwise = Otherwise.REVIEW
    standing_on_completion: Otherwise | None = None
    """What becomes of a record whose issuer's standing on the day of completion is not shown."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which kinds of activity the policy covers."""

    kinds: tuple[str, ...]
    otherwise: Otherwise = Otherwise.REVIEW


@dataclass(frozen=True, slots=True)
class Window:
    """When it must have been completed."""

    span: Span = Span()
    max_age_months: int | None = None


@dataclass(frozen=True, slots=True)
class Languages:
    """In which languages the registry reads, by BCP 47 tags; ``zh`` takes ``zh-Hans`` too."""

    accept: tuple[str, ...]
    otherwise: Otherwise = Otherwise.REVIEW


@dataclass(frozen=True, slots=True)
class Competences:
    """Competences of which a record must name one."""

    any_of: tuple[str, ...]
    otherwise: Otherwise = Otherwise.REVIEW


@dataclass(frozen=True, slots=True)
class Delivery:
    """What must be known of a completion that was given in some mode."""

    require: tuple[str, ...]
    on_missing: Otherwise = Otherwise.REVIEW


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """A body whose approval of the activity is needed."""

    body: str
    on_missing: Otherwise = Otherwise.REVIEW
    on_expired: Otherwise = Otherwise.REJECT


@dataclass(frozen=True, slots=True)
class Rounding:
    """How an amount is rounded, record by record."""

    mode: Mode = Mode.NONE
    step: Fraction | None = None
    tie: Tie | None = None


@dataclass(frozen=True, slots=True)
class When:
    """Which records a rule is for: all that it names must hold; nothing named, every record."""

    kind_in: tuple[str, ...] | None = None
    has_measure: str | None = None
    role: str | None = None
    mode: str | None = None
    tag: str | None = None
    min_contact_minutes: Fraction | None = None
    max_contact_minutes: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: how much of what counts how much. The first that fits is taken.

    ``credit`` for every ``per`` of ``measure``; or a ``decision`` with its ``reason``, and nothing
    is counted.
    """

    id: str
    when: When
    measure: str | None = None
    per: Fraction | None = None
    credit: Fraction | None = None
    category: str | None = None
    rounding: Rounding | None = None
    decision: Otherwise | None = None
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that counts: of one category, or of everything when none is named."""

    id: str
    max: Fraction
    period: Period
    category: str | None = None


@dataclass(frozen=True, slots=True)
class TagRule:
    """A content tag counts towards a minimum only with one of these competences on the record."""

    tag: str
    requires_any_competence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Minimum:
    """The least that a cycle needs of a category or of a tag."""

    id: str
    category: str | None = None
    tag: str | None = None
    min: Fraction | None = None
    min_share: Fraction | None = None
    """A share of the larger of what there is and what is required in total."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """What a registrant must reach, and in what time."""

    months: int
    total: Fraction
    minimums: tuple[Minimum, ...] = ()
    min_categories: int | None = None
    category_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    carry_over_max: Fraction | None = None
    """What may be taken into the next cycle; ``None`` where the rules do not speak of it."""
    anchor: Anchor = Anchor.CALENDAR
    first: date = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Policy:
    """A registry's rules for what counts, one version of them."""

    policy_id: str
    policy_version: int
    registry: str
    status: Status
    status_note: str
    """The status in the document's own words, shown wherever the policy is."""
    unit: str | None
    issuers: Issuers
    rules: tuple[Rule, ...]
    """``map`` in the document."""
    hash: str
    """SHA-256 in hexadecimal of the document's canonical JSON (RFC 8785), ``status`` left out:
    it names the rules, however far they have come."""
    document: Mapping[str, Any]
    """All of it as it was given, for whoever reads it again."""
    title: str | None = None
    basis: Basis | None = None
    valid: Span = Span()
    time_zone: str = "UTC"
    """The registry's zone (IANA): which day it is there decides what lies in the future."""
    rule_sources: tuple[str, ...] = ()
    regime: Regime | None = None
    approval: ApprovalRule | None = None
    scope: Scope | None = None
    window: Window | None = None
    languages: Languages | None = None
    excluded_tags: tuple[str, ...] = ()
    """``content.exclude_if_all_tags_in``: a record of nothing but these is not counted."""
    required_competences: Competences | None = None
    delivery: Mapping[str, Delivery] = field(default_factory=dict)
    rounding: Rounding = Rounding()
    min_award: Fraction | None = None
    caps: tuple[Cap, ...] = ()
    tag_rules: tuple[TagRule, ...] = ()
    cycle: Cycle | None = None
    self_declared: SelfDeclared = SelfDeclared.REVIEW

    @property
    def decides(self) -> bool:
        """Whether it may decide in earnest."""
        return self.status is Status.ADOPTED
