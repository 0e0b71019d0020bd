"""From a verified record, and what the registry adds to it, to the facts that a policy asks about.

Pure. What a record does not say is absent; nothing is assumed in a registry's favour or against
the engineer. How each fact is found:

- ``completed``: the day of ``awardedDate``; a date without a time, wherever it was.
- ``kind``: as recorded, or else the type of the achievement. ``mode``: as recorded; ``onsite`` is
  ``in_person``, ``online-live`` is ``live_online``, ``online-async`` is ``self_paced_online``.
- ``role``: as recorded; an instructor is ``instructor_first`` or ``instructor_repeat``, which the
  registry's ledger knows.
- measures: ``contact_minutes``, ``workload_minutes``, ``full_days`` and, of what the issuer claims,
  ``ceu`` and ``ects``. ``work_hours`` is the workload of work, study, mentoring and service in
  hours; ``count`` is one paper, one membership, one service, for each record of it.
- ``delivery``: ``organiser`` and ``participation_proof`` are what an issuer's signature on a record
  of a completion means; ``assessed``, ``delivery_mode``, ``subject_area`` and ``objectives`` are
  met where the record states them. ``assessment_mechanism`` is met where it was assessed,
  ``evaluation_process`` where a result is stated. Whatever else is wanted, a person supplies.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from app.recognition.deciding.model import (
    Approval,
    Binding,
    Facts,
    Signature,
    Standing,
)
from app.recognition.policies.model import Span
from app.verification.model import Outcome, Record, Report

_MODES = {
    "onsite": "in_person",
    "online-live": "live_online",
    "online-async": "self_paced_online",
    "self-study": "self_study",
}
_MEASURES = {
    "ext:ContactMinutes": "contact_minutes",
    "ext:WorkloadMinutes": "workload_minutes",
    "ext:FullDays": "full_days",
    "ext:CEU": "ceu",
    "ext:ECTS": "ects",
}
WORK = frozenset({"work_learning", "private_study", "mentoring", "service", "engineering_work"})
COUNTED = frozenset({"publication", "membership", "service"})
_STATUS_CHECKS = frozenset({"status.revocation", "status.suspension"})
_IEA = "IEA "
_LONGEST_NUMBER = 20


@dataclass(frozen=True, slots=True)
class Supplement:
    """Facts that a person at the registry found elsewhere, and answers for."""

    measures: Mapping[str, Fraction] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    competences: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    issuer_tags: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()
    delivery: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the registry knows beside the record."""

    holder: Binding
    issuer_tags: tuple[str, ...] = ()
    issuer_standing: Span | None = None
    approvals: tuple[Approval, ...] = ()
    """Of those that the record claims, the ones whose dates the registry has."""
    taught_before: bool = False
    """Whether the same activity was counted for the holder as its instructor."""
    supplement: Supplement = field(default_factory=Supplement)


def facts_of(report: Report, *, seen: Seen) -> Facts | None:
    """The facts of a record as its verification found them.

    Nothing comes of a report without a record, or of one that names no day of completion: there is
    nothing to decide on.
    """
    record = report.record
    if record is None or record.awarded_at is None:
        return None
    said = {one.kind: one.value for one in record.results if one.value is not None}
    kind = said.get("ext:ActivityKind") or _kind_of(record.achievement_type)
    mode = said.get("ext:DeliveryMode")
    added = seen.supplement
    languages = [one.strip() for one in said.get("ext:TeachingLanguages", "").split(",")]
    return Facts(
        record_id=record.id,
        completed=record.awarded_at.date(),
        kind=kind,
        activity_key=activity_key(record),
        mode=_MODES.get(mode, mode) if mode else None,
        role=_role(record, seen),
        measures={**dict(_measures(kind, said)), **added.measures},
        tags=_joined(record.tags, added.tags),
        competences=_joined(_competences(record), added.competences),
        languages=_joined([one for one in languages if one], added.languages),
        issuer_tags=_joined(seen.issuer_tags, added.issuer_tags),
        issuer_standing=seen.issuer_standing,
        approvals=(*seen.approvals, *added.approvals),
        delivery={**_delivery(record, said), **added.delivery},
        signature=_signature(report),
        status=_status(report),
        holder=seen.holder,
    )


def unproven(report: Report, *, on: date) -> Facts:
    """Of a record about which nothing is proven: what stops it at the first gate, and no more.

    ``on`` is the day it was submitted; what the record says of itself is not taken.
    """
    found = _signature(report)
    return Facts(
        record_id=f"urn:sha256:{report.digest}",
        completed=on,
        kind="unknown",
        signature=Signature.UNKNOWN if found is Signature.VALID else found,
    )


def activity_key(record: Record) -> str | None:
    """What two records of one thing have in common: issuer, activity, day and role."""
    if record.achievement_id is None or record.awarded_at is None:
        return None
    day = record.awarded_at.date().isoformat()
    return "|".join((record.issuer_id, record.achievement_id, day, record.role or ""))


def claimed_approvals(record: Record) -> tuple[tuple[str, str], ...]:
    """Body and number of each approval that the record names; its dates are the registry's."""
    prefix = "ext:Approval."
    return tuple(
        (kind.removeprefix(prefix), number)
        for kind, number in record.identifiers
        if kind.startswith(prefix)
    )


def _kind_of(achievement_type: str | None) -> str:
    """What other issuers' records say of it: ``Course``, or a kind of ours as an extension."""
    return (achievement_type or "unknown").removeprefix("ext:").lower()


def _role(record: Record, seen: Seen) -> str | None:
    if record.role == "instructor":
        return "instructor_repeat" if seen.taught_before else "instructor_first"
    return record.role


def _measures(kind: str, said: Mapping[str, str]) -> Iterator[tuple[str, Fraction]]:
    for code, name in _MEASURES.items():
        amount = exact(said.get(code))
        if amount is None:
            continue
        yield name, amount
        if name == "workload_minutes" and kind in WORK:
            yield "work_hours", amount / 60
    if kind in COUNTED:
        yield "count", Fraction(1)


def exact(text: str | None) -> Fraction | None:
    """A measured value as a fraction; nothing where it is none, is negative, or is absurd."""
    digits = (text or "").replace(".", "", 1)
    if not text or len(text) > _LONGEST_NUMBER or not (digits.isascii() and digits.isdigit()):
        return None
    return Fraction(text)


def _competences(record: Record) -> tuple[str, ...]:
    return tuple(
        one.code
        for one in record.alignments
        if one.code and one.framework and one.framework.startswith(_IEA)
    )


def _delivery(record: Record, said: Mapping[str, str]) -> dict[str, bool]:
    assessed = said.get("ext:Assessed")
    found = {
        "organiser": True,
        "participation_proof": True,
        "delivery_mode": "ext:DeliveryMode" in said,
        "subject_area": bool(record.tags)
        or any(one.kind == "ext:FieldOfStudy" for one in record.alignments),
        "objectives": bool(_competences(record)) or record.description not in {None, record.title},
        "evaluation_process": "ext:AssessmentResult" in said,
    }
    if assessed is not None:
        found["assessed"] = found["assessment_mechanism"] = assessed == "true"
    return found


def _signature(report: Report) -> Signature:
    """Of a society that the bundle does not know nothing is shown, neither for nor against."""
    checks = [one for one in report.checks if one.code not in _STATUS_CHECKS]
    failed = [one for one in checks if one.outcome is Outcome.FAIL]
    if any(one.evidence.get("error") != "issuer-unknown" for one in failed):
        return Signature.INVALID
    known = all(one.outcome is Outcome.PASS for one in checks)
    return Signature.VALID if known else Signature.UNKNOWN


def _status(report: Report) -> Standing:
    revocation = report.check("status.revocation")
    suspension = report.check("status.suspension")
    for check in (revocation, suspension):
        if check.outcome is Outcome.FAIL:
            # Any other fault is one of the list: it says nothing about the record.
            return _STANDINGS.get(check.evidence.get("error", ""), Standing.UNKNOWN)
    if Outcome.UNKNOWN in {revocation.outcome, suspension.outcome}:
        return Standing.UNKNOWN
    return Standing.VALID


_STANDINGS = {
    "status-set": Standing.REVOKED,
    "status-superseded": Standing.SUPERSEDED,
    "status-suspended": Standing.SUSPENDED,
}


def _joined(first: tuple[str, ...] | list[str], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *more)))
