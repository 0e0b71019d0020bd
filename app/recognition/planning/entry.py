"""An activity as its engineer declares it, and whether what was filled in can be kept. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from urllib.parse import urlsplit

from app.platform.ids import new_id
from app.platform.problems import FieldProblem, Invalid
from app.records.model import Kind, Tag
from app.records.rules import COMPETENCES

KINDS = (*(str(kind) for kind in Kind), "engineering_work")
MODES = ("in_person", "live_online", "self_paced_online", "blended", "self_study")
ROLES = (
    "participant", "presenter", "instructor_first", "instructor_repeat", "author", "mentor",
)  # fmt: skip
"""In the words of policies, which tell teaching for the first time from teaching again."""
_BY_WORK = frozenset({"work_learning", "private_study", "mentoring", "service", "engineering_work"})
_BY_PIECE = frozenset({"publication", "membership", "service"})
LONGEST_TITLE, LONGEST_PROVIDER, LONGEST_LINK, LONGEST_DETAILS = 300, 200, 1000, 4000
LONGEST_TAG = 35
MOST_HOURS = 2000
FIRST_DAY = date(1950, 1, 1)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
_TIME = re.compile(r"(\d{1,4})(?:([:.,])(\d{1,2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry as somebody fills it in; unchecked. Times are hours and minutes: ``2:30``."""

    title: str = ""
    completed: str = ""
    kind: str = ""
    provider: str = ""
    mode: str = ""
    role: str = ""
    contact: str = ""
    workload: str = ""
    assessed: str = ""
    tags: tuple[str, ...] = ()
    competences: tuple[str, ...] = ()
    language: str = ""
    link: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An activity as its engineer declares it."""

    id: str
    person_id: str
    title: str
    provider: str
    completed: date
    kind: str
    mode: str | None
    role: str | None
    contact_minutes: int | None
    workload_minutes: int | None
    assessed: bool | None
    tags: tuple[str, ...]
    competences: tuple[str, ...]
    language: str | None
    link: str
    details: str
    created_at: datetime
    changed_at: datetime

    @property
    def measures(self) -> Mapping[str, Fraction]:
        """How much it was, in the measures of policies."""
        found: dict[str, Fraction] = {}
        if self.contact_minutes:
            found["contact_minutes"] = Fraction(self.contact_minutes)
        if self.workload_minutes:
            found["workload_minutes"] = Fraction(self.workload_minutes)
            if self.kind in _BY_WORK:
                found["work_hours"] = Fraction(self.workload_minutes, 60)
        if self.kind in _BY_PIECE:
            found["count"] = Fraction(1)
        return found


def check(new: NewEntry, *, today: date, at: datetime, person_id: str) -> Entry:
    """The entry, if it can be kept like this. Raises ``Invalid`` with every fault."""
    faults: list[FieldProblem] = []
    title = _line(new.title, "title", LONGEST_TITLE, faults)
    if not title:
        faults.append(FieldProblem("/title", "required", "Say what it was."))
    contact = _minutes(new.contact, "contact", faults)
    workload = _minutes(new.workload, "workload", faults)
    if not contact and not workload and new.kind not in _BY_PIECE:
        faults.append(FieldProblem("/contact", "required", "Say how long it took."))
    made = Entry(
        id=new_id(),
        person_id=person_id,
        title=title,
        provider=_line(new.provider, "provider", LONGEST_PROVIDER, faults),
        completed=_day(new.completed, today, faults),
        kind=_known(new.kind, "kind", KINDS, faults) or "",
        mode=_known(new.mode, "mode", MODES, faults, needed=False),
        role=_known(new.role, "role", ROLES, faults, needed=False),
        contact_minutes=contact,
        workload_minutes=workload,
        assessed={"yes": True, "no": False}.get(new.assessed),
        tags=_all_known(new.tags, "tags", [*map(str, Tag)], faults),
        competences=_all_known(new.competences, "competences", COMPETENCES, faults),
        language=_tag(new.language, faults),
        link=_link(new.link, faults),
        details=_text(new.details, faults),
        created_at=at,
        changed_at=at,
    )
    if faults:
        raise Invalid("The entry cannot be kept like this.", fields=faults)
    return made


def _line(text: str, field: str, longest: int, faults: list[FieldProblem]) -> str:
    line = " ".join(text.split())
    if len(line) > longest or not line.isprintable():
        detail = f"Write it in one line of up to {longest} characters."
        faults.append(FieldProblem(f"/{field}", "text-form", detail))
    return line


def _text(text: str, faults: list[FieldProblem]) -> str:
    plain = text.replace("\r\n", "\n").strip()
    if len(plain) > LONGEST_DETAILS or "\0" in plain:
        detail = f"Write it in up to {LONGEST_DETAILS} characters."
        faults.append(FieldProblem("/details", "text-form", detail))
    return plain


def _day(text: str, today: date, faults: list[FieldProblem]) -> date:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        faults.append(FieldProblem("/completed", "date-form", "Write the day as 2026-05-31."))
        return today
    if not FIRST_DAY <= day <= today:
        detail = "Give the day on which it was over; that is not still to come."
        faults.append(FieldProblem("/completed", "time-order", detail))
    return day


def _known(
    value: str,
    field: str,
    known: Collection[str],
    faults: list[FieldProblem],
    *,
    needed: bool = True,
) -> str | None:
    if not value and not needed:
        return None
    if value not in known:
        faults.append(FieldProblem(f"/{field}", "unknown", "Choose one of the list."))
    return value


def _all_known(
    values: Sequence[str], field: str, known: Collection[str], faults: list[FieldProblem]
) -> tuple[str, ...]:
    if not set(values) <= set(known):
        faults.append(FieldProblem(f"/{field}", "unknown", "Choose from the list."))
    return tuple(sorted(set(values)))


def _minutes(text: str, field: str, faults: list[FieldProblem]) -> int | None:
    """``2``, ``2:30`` and ``2.5`` hours, in minutes."""
    written = text.strip()
    if not written:
        return None
    found = _TIME.fullmatch(written)
    minutes = 0
    if found:
        hours, rest = int(found[1]), found[3] or "0"
        decimal = found[2] in {".", ","}
        part = Fraction(f"0.{rest}") * 60 if decimal else Fraction(int(rest))
        if part.denominator == 1 and part < 60:
            minutes = hours * 60 + int(part)
    if not 0 < minutes <= MOST_HOURS * 60:
        detail = "Write hours and minutes as 2:30."
        faults.append(FieldProblem(f"/{field}", "time-form", detail))
        return None
    return minutes


def _tag(text: str, faults: list[FieldProblem]) -> str | None:
    tag = text.strip()
    if tag and (not _LANGUAGE.fullmatch(tag) or len(tag) > LONGEST_TAG):
        faults.append(FieldProblem("/language", "language-form", "Write a tag such as en or zh."))
    return tag or None


def _link(text: str, faults: list[FieldProblem]) -> str:
    link = text.strip()
    if not link:
        return ""
    try:
        parts = urlsplit(link)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
    except ValueError:
        good = False
    if not good or len(link) > LONGEST_LINK or not link.isprintable() or " " in link:
        detail = "Give an address that begins with https:// or http://."
        faults.append(FieldProblem("/link", "address-form", detail))
    return link
