"""The form of a policy document: which members there are, and of what kind.

The published JSON Schema is made from it (``schema``), ``reading`` turns it into a ``Policy``.
Numbers are exact: whole numbers, or texts such as ``"8/5"`` and ``"1.6"``.
"""

import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.recognition.policies.model import (
    Anchor,
    Mode,
    Otherwise,
    Period,
    Regime,
    SelfDeclared,
    Tie,
)

LONGEST_TEXT = 2000
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?(/[1-9][0-9]{0,11})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _amount(given: Any) -> Fraction:
    """An exact number. Never a binary float: nobody knows what the author had meant."""
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str) or not _AMOUNT.fullmatch(given):
        raise ValueError('write an exact amount that is not negative, such as "8/5", "1.6" or 12')
    whole, _, parts = given.partition("/")
    return Fraction(whole) / Fraction(parts or 1)


def _positive(given: Any) -> Fraction:
    amount = _amount(given)
    if amount == 0:
        raise ValueError("must be above zero")
    return amount


def _day(given: Any) -> Any:
    if given is not None and not (isinstance(given, str) and _DATE.fullmatch(given)):
        raise ValueError("write a day as YYYY-MM-DD, such as 2026-01-31")
    return given


_EXACT = {
    "anyOf": [
        {"type": "string", "pattern": f"^{_AMOUNT.pattern}$"},
        {"type": "integer", "minimum": 0, "maximum": 999_999_999_999},
    ]
}
Amount = Annotated[Fraction, BeforeValidator(_amount), Field(json_schema_extra=_EXACT)]
Positive = Annotated[Fraction, BeforeValidator(_positive), Field(json_schema_extra=_EXACT)]
Day = Annotated[date, BeforeValidator(_day)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Code = Annotated[str, StringConstraints(pattern=r"^[\w][\w .:+/()-]{0,99}$")]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Codes = Annotated[tuple[Code, ...], Field(max_length=500)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    note: Text | None = None
    """A remark for people, in any part; it decides nothing."""


class BasisPart(_Part):
    type: Code
    ref: Name
    annex: Name | None = None


class ValidPart(_Part):
    from_: Day | None = Field(None, alias="from")
    to: Day | None = None


class IssuersPart(_Part):
    accept_any: Annotated[bool, Field(strict=True)] = False
    accept_tags: Codes = ()
    reject_tags: Codes = ()
    review_tags: Codes = ()
    applies_to_kinds: Codes | None = None
    otherwise: Otherwise = Otherwise.REVIEW
    standing_on_completion: Otherwise | None = None


class ScopePart(_Part):
    kinds: Codes
    otherwise: Otherwise = Otherwise.REVIEW


class WindowPart(ValidPart):
    max_age_months: Annotated[int, Field(strict=True, ge=1, le=1200)] | None = None


class LanguagesPart(_Part):
    accept: Codes
    otherwise: Otherwise = Otherwise.REVIEW


class ContentPart(_Part):
    exclude_if_all_tags_in: Codes


class CompetencesPart(_Part):
    any_of: Codes
    otherwise: Otherwise = Otherwise.REVIEW


class DeliveryPart(_Part):
    require: Codes
    on_missing: Otherwise = Otherwise.REVIEW


class ApprovalPart(_Part):
    body: Name
    on_missing: Otherwise = Otherwise.REVIEW
    on_expired: Otherwise = Otherwise.REJECT


class RoundingPart(_Part):
    mode: Mode
    step: Positive | None = None
    tie: Tie | None = None


class WhenPart(_Part):
    kind_in: Codes | None = None
    has_measure: Code | None = None
    role: Code | None = None
    mode: Code | None = None
    tag: Code | None = None
    min_contact_minutes: Amount | None = None
    max_contact_minutes: Amount | None = None


class RulePart(_Part):
    id: Id
    when: WhenPart
    measure: Code | None = None
    per: Positive | None = None
    credit: Amount | None = None
    category: Code | None = None
    rounding: RoundingPart | None = None
    decision: Otherwise | None = None
    reason: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{1,63}$")] | None = None


class CapPart(_Part):
    id: Id
    category: Code | None = None
    period: Period
    max: Amount


class TagRulePart(_Part):
    tag: Code
    requires_any_competence: Codes


class MinimumPart(_Part):
    id: Id
    category: Code | None = None
    tag: Code | None = None
    min: Amount | None = None
    min_share: Amount | None = None
    tag_rules: Text | None = None
    """A remark that documents of this form have carried; the rules are the document's own."""


class CyclePart(_Part):
    months: Annotated[int, Field(strict=True, ge=1, le=1200)]
    total: Amount
    min_categories: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None
    category_groups: Mapping[Code, Codes] = Field(default_factory=dict)
    minimums: Annotated[tuple[MinimumPart, ...], Field(max_length=100)] = ()
    carry_over_max: Amount | None = None
    anchor: Anchor = Anchor.CALENDAR
    first: Day | None = None
    """A day on which a cycle began; 1 January 2000 when it is left out."""


class PolicyDocument(_Part):
    """The whole document."""

    policy_id: Id
    policy_version: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    registry: Name
    title: Name | None = None
    rule_sources: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    status: Annotated[
        str, StringConstraints(pattern=r"^(draft|adopted|withdrawn|illustrative.{0,300})$")
    ]
    basis: BasisPart | None = None
    valid: ValidPart = ValidPart()
    time_zone: Name = "UTC"
    unit: Name | None
    regime: Regime | None = None
    issuers: IssuersPart
    scope: ScopePart | None = None
    window: WindowPart | None = None
    languages: LanguagesPart | None = None
    content: ContentPart | None = None
    required_competences: CompetencesPart | None = None
    delivery: Mapping[Code, DeliveryPart] = Field(default_factory=dict)
    approval: ApprovalPart | None = None
    map: Annotated[tuple[RulePart, ...], Field(max_length=500)]
    rounding: RoundingPart = RoundingPart(mode=Mode.NONE)
    min_award: Amount | None = None
    caps: Annotated[tuple[CapPart, ...], Field(max_length=200)] = ()
    tag_rules: Annotated[tuple[TagRulePart, ...], Field(max_length=200)] = ()
    cycle: CyclePart | None = None
    self_declared: SelfDeclared = SelfDeclared.REVIEW
    """What becomes of an activity that nobody signed, when all else would count it."""
    schema_: Literal[1] = Field(1, alias="schema")
    """The version of this form."""
