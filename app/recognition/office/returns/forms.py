"""The forms: which columns, and what of a decision goes into each. Pure.

What is known of PEC's CPD Return-1 and Return-2: registered professional engineering bodies file
the participants and the resource persons of each activity; the appendices with their exact columns
are not public. Of NCEES: its tool reports a licensee's activities, each with its date, sponsor,
title and hours, to boards. Our columns hold what these purposes need; none was checked by the body.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.recognition.ledger.model import Submission
from app.recognition.office.returns.model import Cell, Form
from app.recognition.register.model import Registrant

TEACHING = frozenset({"instructor_first", "instructor_repeat", "instructor", "presenter", "author"})
"""The roles of resource persons."""


@dataclass(frozen=True, slots=True)
class Line:
    """One submission on its way into a list."""

    submission: Submission
    registrant: Registrant
    issuer_name: str

    @property
    def role(self) -> str:
        facts = self.submission.decision.facts
        return (facts.role or "") if facts else ""

    @property
    def minutes(self) -> Fraction | None:
        facts = self.submission.decision.facts
        return facts.measures.get("contact_minutes") if facts else None


@dataclass(frozen=True, slots=True)
class Layout:
    """A form: its name, its columns and how each is filled."""

    title: str
    columns: Mapping[str, Callable[[Line], Cell]]
    takes: Callable[[Line], bool]
    unverified: str | None = None


def decimal(amount: Fraction | None) -> str:
    """An amount for people, to the hundredth, halves up; exact ones stand beside it."""
    if amount is None:
        return ""
    hundredths = (amount * 200 + 1) // 2
    text = f"{hundredths // 100}.{hundredths % 100:02}"
    return text.rstrip("0").rstrip(".")


def activity(submission: Submission) -> str | None:
    """What all records of one activity have in common, whatever the role."""
    facts = submission.decision.facts
    key = facts.activity_key if facts else None
    return key.rpartition("|")[0] if key else None


def _credited(line: Line) -> Fraction | None:
    decision = line.submission.decision.decision
    return decision.credited if decision.outcome.counts else None


def _numerator(line: Line) -> Cell:
    credited = _credited(line)
    return credited.numerator if credited is not None else None


def _denominator(line: Line) -> Cell:
    credited = _credited(line)
    return credited.denominator if credited is not None else None


def _hours(line: Line) -> str:
    minutes = line.minutes
    return decimal(minutes / 60) if minutes is not None else ""


def _counts(line: Line) -> bool:
    return line.submission.outcome.counts


def _ethics(line: Line) -> Cell:
    return "yes" if "ethics" in line.submission.decision.decision.counted_tags else "no"


_WHO: Mapping[str, Callable[[Line], Cell]] = {
    "registration_number": lambda line: line.registrant.number,
    "name": lambda line: line.registrant.name,
}
_ACTIVITY: Mapping[str, Callable[[Line], Cell]] = {
    "completed": lambda line: line.submission.completed,
    "activity": lambda line: line.submission.title,
    "provider": lambda line: line.issuer_name,
}
_CREDIT: Mapping[str, Callable[[Line], Cell]] = {
    "credited": lambda line: decimal(_credited(line)),
    "credited_numerator": _numerator,
    "credited_denominator": _denominator,
}
_PEC = (
    "The exact columns of this body's form are not public; this list holds what the form is for. "
    "The body has not looked at it (unverified form)."
)
LAYOUTS: Mapping[Form, Layout] = {
    Form.DECISIONS: Layout(
        "Decisions",
        {
            **_WHO,
            **_ACTIVITY,
            "outcome": lambda line: line.submission.outcome.value,
            **_CREDIT,
            "category": lambda line: line.submission.decision.decision.category or "",
            "rule": lambda line: line.submission.decision.decision.rule or "",
            "reasons": lambda line: " ".join(line.submission.decision.decision.reasons),
            "policy": lambda line: line.submission.decision.decision.policy_id,
            "policy_version": lambda line: line.submission.decision.decision.policy_version,
            "cause": lambda line: line.submission.decision.cause.value,
            "decided": lambda line: line.submission.decision.at.date(),
            "origin": lambda line: line.submission.origin.value,
            "record": lambda line: line.submission.record_id,
            "issuer": lambda line: line.submission.issuer_id or "",
            "decision": lambda line: line.submission.decision.id,
        },
        lambda _: True,
    ),
    Form.RETURN_1: Layout(
        "CPD Return-1: participants",
        {**_WHO, **_ACTIVITY, "contact_hours": _hours, "result": lambda line: (
            line.submission.outcome.value), **_CREDIT},
        lambda line: line.role not in TEACHING,
        _PEC,
    ),
    Form.RETURN_2: Layout(
        "CPD Return-2: resource persons",
        {**_WHO, **_ACTIVITY, "role": lambda line: line.role, "contact_hours": _hours,
         "result": lambda line: line.submission.outcome.value, **_CREDIT},
        lambda line: line.role in TEACHING,
        _PEC,
    ),
    Form.NCEES: Layout(
        "Record of professional development (NCEES style)",
        {**_ACTIVITY, "role": lambda line: line.role, "hours": _hours, "ethics": _ethics, **_CREDIT,
         "record": lambda line: line.submission.record_id},
        _counts,
        "Made after descriptions of NCEES's reports; NCEES has not looked at it (unverified form). "
        "The amounts are in this registry's unit, not in PDH of a board.",
    ),
}  # fmt: skip


def row(layout: Layout, line: Line) -> Sequence[Cell]:
    """A line's cells, in the order of the columns."""
    return [fill(line) for fill in layout.columns.values()]
