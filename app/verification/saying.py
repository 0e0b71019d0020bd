"""How a report is said: to people in lines, to programs in JSON. Nothing is judged here."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum

from app.proof.parse import JSON, Object
from app.verification.model import NotAccepted, Outcome, Report

_MARKS = {Outcome.PASS: "ok", Outcome.FAIL: "FAIL", Outcome.UNKNOWN: "?"}
ACCEPTED, REFUSED, UNREADABLE = 0, 1, 2
"""The exit codes of ``opencpd verify``; of several records the worst counts."""


def verdict(report: Report) -> int:
    """The exit code that a report comes to."""
    try:
        report.accept()
    except NotAccepted as refused:
        return UNREADABLE if refused.check.code == "record.readable" else REFUSED
    return ACCEPTED


def as_json(report: Report) -> Object:
    """A report for programs, its outcome first."""
    members = plain(report)
    return {"outcome": report.outcome.value, **(members if isinstance(members, dict) else {})}


def plain(value: object) -> JSON:
    """A value of this package as JSON can say it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Sequence | Set):
        return [plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else str(value)


def in_full(report: Report) -> str:
    """Every check and the verdict, in lines."""
    lines = [
        f"{check.number:>2} {_MARKS[check.outcome]:<4} {check.code}: {check.detail}"
        for check in report.checks
    ]
    return "\n".join([*lines, "", *_closing(report)])


def in_a_line(report: Report) -> str:
    """The verdict and what it rests on, as one of many."""
    try:
        record = report.accept()
    except NotAccepted as refused:
        return f"{_word(report)}  {refused.check.code}: {refused.check.detail}"
    return f"accepted  {record.id}  {record.title}"


def _word(report: Report) -> str:
    if verdict(report) == UNREADABLE:
        return "not readable"
    undecided = report.outcome is Outcome.UNKNOWN
    return "not accepted, undecided" if undecided else "not accepted"


def _closing(report: Report) -> list[str]:
    try:
        record = report.accept()
    except NotAccepted:
        undecided = report.outcome is Outcome.UNKNOWN
        return ["NOT ACCEPTED: undecided" if undecided else "NOT ACCEPTED"]
    held_by = f" to {record.holder_id}" if record.holder_id else ""
    return [f"ACCEPTED: {record.title}", f"issued by {record.issuer_name}{held_by}"]
