"""From the cells of one row to a completion, and everything that is wrong with them. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from app.records import rules
from app.records.model import (
    Approval,
    CourseFacts,
    Credit,
    File,
    Holder,
    Identifier,
    NewCompletion,
)
from app.records.rosters.columns import BY_NAME, OF_A_REGISTRY, TEXTS

UNTOLD = "und"
"""The language tag of a text whose language nobody told (ISO 639-2)."""

_IDENTIFIERS = {
    "register_number": "ext:RegisterNumber",
    "membership_number": "ext:MembershipNumber",
    "account_id": "ext:AccountId",
}
_DATE = re.compile(r"([0-9]{4})[-/.]?([0-9]{2})[-/.]?([0-9]{2})(?:[T ]00:00(?::00)?)?")
_NUMBER = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,4})?")
_LISTS = re.compile(r"[;|\n；、]")
_COMMAS = re.compile(r"[,，]")
_YES = frozenset({"yes", "true", "y", "1", "x", "是"})
_NO = frozenset({"no", "false", "n", "0", "否"})
_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong in one column of a row."""

    column: str
    code: str
    mend: str


@dataclass(slots=True)
class _Cells:
    """One row's cells by column, and what was found wrong in them so far."""

    held: Mapping[str, str]
    problems: list[CellProblem] = field(default_factory=list)

    def one(self, name: str) -> str | None:
        return self.held.get(name) or None

    def wrong(self, column: str, code: str, mend: str) -> None:
        self.problems.append(CellProblem(column, code, mend))

    def many(self, name: str) -> tuple[str, ...]:
        """A list: by semicolons, bars or lines; by commas if it has none of them."""
        held = self.one(name) or ""
        parts = (_LISTS if _LISTS.search(held) else _COMMAS).split(held)
        return tuple(part.strip() for part in parts if part.strip())

    def word(self, name: str, *, otherwise: str | None = None) -> str:
        """One of a column's choices, however it is spelt."""
        held = self.one(name) or otherwise
        if held is None:
            self.wrong(name, "missing", f"Choose from {', '.join(BY_NAME[name].choices)}.")
            return ""
        return _spelt(name, held)

    def words(self, name: str) -> tuple[str, ...]:
        return tuple(_spelt(name, held) for held in self.many(name))

    def day(self, name: str) -> date | None:
        held = self.one(name)
        if held is None:
            return None
        match = _DATE.fullmatch(held)
        try:
            if match:
                return date(*map(int, match.groups()))
        except ValueError:
            pass  # the 31st of a month that has none: told like any other that is no date
        self.wrong(name, "date-form", "Write the date as YYYY-MM-DD, such as 2026-11-20.")
        return None

    def number(self, name: str) -> float | None:
        held = self.one(name)
        if held is None:
            return None
        if not _NUMBER.fullmatch(held):
            self.wrong(name, "number-form", "Write a plain number, without its unit.")
            return None
        return float(held.replace(",", "."))

    def whole(self, name: str) -> int | None:
        found = self.number(name)
        if found is not None and not found.is_integer():
            self.wrong(name, "number-form", "Write whole minutes.")
            return None
        return None if found is None else int(found)

    def yes(self, name: str) -> bool:
        held = (self.one(name) or "").casefold()
        if held not in _YES | _NO:
            self.wrong(name, "missing" if not held else "value-unknown", "Write yes or no.")
        return held in _YES


def completion_of(
    cells: Mapping[str, str], *, at: datetime
) -> tuple[NewCompletion | None, list[CellProblem]]:
    """The completion that a row tells of, or what is wrong with the row."""
    row = _Cells(cells)
    completed_on = row.day("completed_on")
    if completed_on is None and not cells.get("completed_on"):
        row.wrong("completed_on", "missing", "Write the day it was completed, YYYY-MM-DD.")
    identifiers = tuple(
        Identifier(type_, held) for name, type_ in _types(cells).items() if (held := row.one(name))
    )
    completion = NewCompletion(
        holder=Holder(row.one("holder_id"), identifiers),
        completed_on=completed_on or date.min,
        kind=row.word("kind", otherwise="course"),
        mode=row.word("mode"),
        role=row.word("role", otherwise="participant"),
        assessed=row.yes("assessed"),
        course_id=row.one("course_id"),
        course=_course(row),
        course_run=row.one("course_run"),
        contact_minutes=row.whole("contact_minutes"),
        workload_minutes=row.whole("workload_minutes"),
        full_days=row.number("full_days"),
        result=row.one("result"),
        tags=row.words("tags"),
        competences=row.words("competences"),
        fields=row.many("fields"),
        standards=row.many("standards"),
        started_on=row.day("started_on"),
        ended_on=row.day("ended_on"),
        credits=_credits(row),
        approvals=_approvals(row),
        languages=row.many("languages"),
        country=row.one("country"),
        files=_files(row),
        supersedes=row.one("supersedes"),
    )
    seen = {problem.column for problem in row.problems}
    for problem in rules.check(completion, at=at):
        column = _column(problem.pointer, completion, cells)
        if column not in seen:  # what could not be read has been told already
            row.wrong(column, problem.code, problem.detail)
    return (None, row.problems) if row.problems else (completion, [])


def shown(column: str, cells: Mapping[str, str]) -> str | None:
    """What an error may tell of a cell."""
    known = BY_NAME.get(column.partition("@")[0])
    held = cells.get(column)
    return held[:_LONGEST_SHOWN] if held and known and not known.private else None


def _spelt(name: str, held: str) -> str:
    told = re.sub(r"[\s_-]+", "-", held.strip().casefold())
    for choice in BY_NAME[name].choices:
        if re.sub(r"[\s_-]+", "-", choice.casefold()) == told:
            return choice
    return held


def _course(row: _Cells) -> CourseFacts | None:
    language = row.one("title_language") or UNTOLD
    texts: dict[str, dict[str, str]] = {name: {} for name in TEXTS}
    for name in TEXTS:
        if plain := row.one(name):
            texts[name][language] = plain
        for column, held in row.held.items():
            base, at, tag = column.partition("@")
            if base == name and at and held:
                texts[name].setdefault(tag, held)
    if not texts["title"] and not texts["description"] and row.one("course_url") is None:
        return None
    return CourseFacts(texts["title"], row.one("course_url"), texts["description"])


def _credits(row: _Cells) -> tuple[Credit, ...]:
    value = row.number("credits")
    if row.one("credits") and not row.one("credit_unit"):
        row.wrong("credit_unit", "missing", "Say the unit of the credits: a number has none.")
        return ()
    if row.one("credit_unit") and not row.one("credits"):
        row.wrong("credits", "missing", "Say how many, or leave the unit out.")
    return () if value is None else (Credit(value, row.word("credit_unit")),)


def _approvals(row: _Cells) -> tuple[Approval, ...]:
    found = []
    for part in row.many("approvals"):
        body, colon, number = part.partition(":")
        if not colon or not number.strip():
            row.wrong("approvals", "approval-form", "Write each as body: number.")
            return ()
        found.append(Approval(body.strip(), number.strip()))
    return tuple(found)


def _files(row: _Cells) -> tuple[File, ...]:
    parts = (row.one("files") or "").replace("sha256:", " ").split()
    if len(parts) % 2:
        row.wrong("files", "file-form", "Write each as its address, a space, and its SHA-256.")
        return ()
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return tuple(File(url, digest.rstrip(";").lower()) for url, digest in pairs)


def _types(cells: Mapping[str, str]) -> dict[str, str]:
    """The type of the identifier in each column that holds one: also of one registry's number."""
    prefix = f"{OF_A_REGISTRY}@"
    numbers = (name for name in cells if name.startswith(prefix))
    kind = _IDENTIFIERS[OF_A_REGISTRY]
    return _IDENTIFIERS | {name: f"{kind}.{name.removeprefix(prefix)}" for name in numbers}


_COLUMNS = {"course": "title", "holder": "register_number"}


def _column(pointer: str, completion: NewCompletion, cells: Mapping[str, str]) -> str:
    """The column that a JSON pointer of the completion stands for."""
    parts = pointer.split("/")[1:]
    found = _COLUMNS.get(parts[0], parts[0])
    match parts:
        case ["holder", "id"]:
            found = "holder_id"
        case ["holder", "identifiers", number, *_]:
            kind = completion.holder.identifiers[int(number)].type
            found = next((name for name, type_ in _types(cells).items() if type_ == kind), found)
        case ["course", "url"]:
            found = "course_url"
        case ["course", ("title" | "description") as name, tag]:
            found = f"{name}@{tag}" if f"{name}@{tag}" in cells else name
        case ["course", "description"]:
            found = "description"
        case ["credits", _, "unit"]:
            found = "credit_unit"
    return found
