"""The columns of a roster that is a table: their names, what they mean, what they may hold.

A header is compared by its words alone, whatever its case and punctuation. What is not a column of
ours is an error, said once for the file: a column that is left out in silence would be a fact lost.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.records.model import Kind, Mode, Role, Tag, Unit
from app.records.rules import COMPETENCES


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    meaning: str
    example: str = ""
    also: tuple[str, ...] = ()
    """Other headers it goes by."""
    choices: tuple[str, ...] = ()
    many: bool = False
    """Whether a cell may hold several, separated by semicolons."""
    private: bool = False
    """Whether its cells tell who the holder is."""


COLUMNS = (
    Column("register_number", "The holder's number in the register of engineers; enters the record "
           "as a salted hash only. One of the three numbers, or holder_id, is needed. A column "
           "register_number@pec says in which registry it is, by the registry's id.", "CN-4711",
           ("registration number", "licence number", "license number", "注册号"), private=True),
    Column("membership_number", "The holder's number as a member; enters hashed like it.", "",
           ("member number", "member no", "membership no", "会员号"), private=True),
    Column("account_id", "The holder's account in your system; enters as a salted hash only.", "",
           ("account", "user id"), private=True),
    Column("holder_id", "The opaque urn:uuid that your earlier records used for this holder.", "",
           private=True),
    Column("title", "The title of the activity. More languages in columns title@zh, title@ar ...",
           "Seismic design of bridges", ("course", "course title", "activity", "课程名称")),
    Column("title_language", "The language of title and description, such as en.", "en",
           ("language of title",)),
    Column("description", "What it was about. More languages in columns description@zh ...", "",
           ("summary",)),
    Column("course_url", "The course's page.", "https://society.example/courses/7",
           ("url", "course link", "link")),
    Column("course_id", "A course of this node's catalogue, in place of title and course_url.", ""),
    Column("course_run", "Which delivery of the course, in your own words or numbers.", "2026-11",
           ("run", "delivery", "class", "期次")),
    Column("completed_on", "The day it was completed, YYYY-MM-DD.", "2026-11-20",
           ("completed", "completion date", "date", "完成日期")),
    Column("started_on", "The first day of the activity.", "", ("start date", "started", "start")),
    Column("ended_on", "The last day of the activity.", "", ("end date", "ended", "end")),
    Column("kind", "What sort of activity it was; course when left empty.", "course",
           ("kind of activity", "activity type"), tuple(map(str, Kind))),
    Column("mode", "How it was given.", "onsite", ("delivery mode", "mode of delivery"),
           tuple(map(str, Mode))),
    Column("role", "What the holder did; participant when left empty.", "participant", (),
           tuple(map(str, Role))),
    Column("assessed", "Whether the holder was assessed.", "yes", ("assessment",), ("yes", "no")),
    Column("result", "The result of the assessment.", "passed", ("assessment result", "grade")),
    Column("contact_minutes", "Minutes of contact, without breaks. One of the three measures is "
           "needed.", "360", ("contact time in minutes", "minutes")),
    Column("workload_minutes", "Minutes of all work, contact included.", "480", ("workload",)),
    Column("full_days", "Full days, in halves.", "1", ("days",)),
    Column("tags", "What it was about, as far as registries ask.", "technical", ("content tags",),
           tuple(map(str, Tag)), many=True),
    Column("competences", "EC1 to EC13 of the IEA's professional competences.", "EC1; EC4",
           ("competencies",), COMPETENCES, many=True),
    Column("fields", "ISCED-F 2013 codes of four digits.", "0732", ("isced", "isced f"), many=True),
    Column("standards", "Technical standards, as one writes them.", "EN 1998-2:2005",
           ("technical standards",), many=True),
    Column("languages", "The languages it was given in.", "en", ("teaching languages",), many=True),
    Column("country", "Where it took place, ISO 3166-1; empty when it was online.", "KE"),
    Column("credits", "What you yourselves claim it to be worth; binds no registry.", "6",
           ("credit", "claimed credits", "学时")),
    Column("credit_unit", "The unit of credits.", "CPDHours", ("unit",), tuple(map(str, Unit))),
    Column("approvals", "Approvals given beforehand, each as body: number.", "PEC: CPD-2026-17",
           ("approval number", "approval no"), many=True),
    Column("files", "Files that belong to it, each as its address and its SHA-256.", ""),
    Column("supersedes", "The id of the record that this row corrects.", "", ("corrects",)),
)  # fmt: skip

BY_NAME = {column.name: column for column in COLUMNS}
TEXTS = ("title", "description")
"""Columns that may be there in several languages, as ``title@zh``."""

OF_A_REGISTRY = "register_number"
"""A column that may be there for several registries, as ``register_number@pec``."""

_HEADERS = {
    " ".join(header.replace("_", " ").split()): column.name
    for column in COLUMNS
    for header in (column.name, *column.also)
}
_REGISTRY = re.compile(r"(.+?)\s*[@(\[]\s*([A-Za-z0-9][A-Za-z0-9-]{0,40})\s*[)\]]?$")
_LANGUAGE = re.compile(r"(.+?)\s*[@(\[]\s*([A-Za-z]{2,4}(?:-[A-Za-z0-9]{2,4})*)\s*[)\]]?$")


@lru_cache(maxsize=1024)
def named(header: str) -> str | None:
    """The column that a header names: ``title``, ``title@zh-Hans``, ``register_number@pec``."""
    told = header[:200].strip().rstrip("*").casefold()
    if found := _HEADERS.get(_words(told)):
        return found
    match = _LANGUAGE.match(header[:200].strip())
    base = _HEADERS.get(_words(match[1].casefold())) if match else None
    if match and base in TEXTS:
        return f"{base}@{_tag(match[2])}"
    match = _REGISTRY.match(header[:200].strip())
    base = _HEADERS.get(_words(match[1].casefold())) if match else None
    return f"{base}@{match[2].lower()}" if match and base == OF_A_REGISTRY else None


def letter(position: int) -> str:
    """The letter of a table's column, from 0: A, B, ..., Z, AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def score(cells: Sequence[str]) -> int:
    """How much a row looks like the header of a roster."""
    return len({name for cell in cells if cell and (name := named(cell))})


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.replace("_", " ")))


def _tag(text: str) -> str:
    """A language tag in the case that is usual: zh-Hans, ur-PK."""
    first, *rest = text.split("-")
    cased = [part.title() if len(part) == 4 else part.upper() for part in rest]
    return "-".join([first.lower(), *cased])
