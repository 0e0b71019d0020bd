"""A planned activity as somebody fills it in, checked field by field: the calculator's only door.

Everything may be left empty; what is empty is not known. What is filled in and cannot be meant
(a day that is none, more minutes than a year has) is refused with the field's name and its mend.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from sqlalchemy.orm import Session

from app.catalogue import codes, languages
from app.catalogue import service as catalogue
from app.platform.problems import FieldProblem, Invalid, NotFound
from app.recognition.deciding.facts import COUNTED, WORK
from app.recognition.offering.facts import MODES
from app.recognition.offering.model import Planned
from app.records.model import Kind, Mode, Tag

MEASURES: Mapping[str, int] = {
    "contact_minutes": 527_040,
    "workload_minutes": 527_040,
    "full_days": 366,
    "ceu": 1_000,
    "ects": 1_000,
}
"""What can be stated, and the most that can be meant."""

_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,4})?", re.ASCII)
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_ANSWERS = {"": None, "yes": True, "no": False}
_MOST_VALUES = 20
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


@dataclass(frozen=True, slots=True)
class Entered:
    """What was filled in; unchecked."""

    kind: str = ""
    mode: str = ""
    measures: Mapping[str, str] = field(default_factory=dict)
    assessed: str = ""
    """``yes``, ``no``, or empty."""
    tags: Sequence[str] = ()
    competences: Sequence[str] = ()
    languages: Sequence[str] = ()
    society: str = ""
    on: str = ""


def planned(session: Session, entered: Entered) -> Planned:
    """The activity. Raises ``Invalid`` naming each field that is wrong."""
    wrong: list[FieldProblem] = []
    kind = _choice("kind", entered.kind, list(Kind), wrong)
    mode = _choice("mode", entered.mode, list(Mode), wrong)
    if entered.assessed not in _ANSWERS:
        wrong.append(FieldProblem("/assessed", "not-a-choice", "Use yes, no, or nothing."))
    made = Planned(
        kind=kind,
        mode=MODES[mode] if mode else None,
        measures=_with_derived(kind, _measures(entered.measures, wrong)),
        assessed=_ANSWERS.get(entered.assessed),
        tags=_several("tags", entered.tags, _tag, "Use words such as ethics.", wrong),
        competences=_several(
            "competences", entered.competences, codes.competence, "Use EC1 to EC13.", wrong
        ),
        languages=_several(
            "languages", entered.languages, languages.tag, "Use tags such as en or zh.", wrong
        ),
        society_id=_society(session, entered.society.strip(), wrong),
        on=_day(entered.on.strip(), wrong),
    )
    if wrong:
        raise Invalid("The activity cannot be reckoned like this.", fields=wrong)
    return made


def _choice(name: str, value: str, known: Sequence[str], wrong: list[FieldProblem]) -> str:
    value = value.strip()
    if value and value not in known:
        wrong.append(FieldProblem(f"/{name}", "not-a-choice", f"Use one of: {', '.join(known)}."))
        return ""
    return value


def _measures(given: Mapping[str, str], wrong: list[FieldProblem]) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    for name, text in given.items():
        if name not in MEASURES:
            detail = f"Known are: {', '.join(MEASURES)}."
            wrong.append(FieldProblem(f"/measures/{name[:40]}", "not-a-choice", detail))
            continue
        if not text.strip():
            continue
        amount = Fraction(text.strip()) if _NUMBER.fullmatch(text.strip()) else None
        if amount is None or not 0 < amount <= MEASURES[name]:
            detail = f"Use a number above 0, at most {MEASURES[name]}, such as 90 or 1.5."
            wrong.append(FieldProblem(f"/measures/{name}", "not-in-range", detail))
            continue
        found[name] = amount
    return found


def _with_derived(kind: str, found: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """What ``deciding.facts`` would derive from the same record."""
    made = dict(found)
    if kind in WORK and "workload_minutes" in found:
        made["work_hours"] = found["workload_minutes"] / 60
    if kind in COUNTED:
        made["count"] = Fraction(1)
    return made


def _several(
    name: str,
    given: Sequence[str],
    read: Callable[[str], str | None],
    mend: str,
    wrong: list[FieldProblem],
) -> tuple[str, ...]:
    if len(given) > _MOST_VALUES:
        detail = f"Give at most {_MOST_VALUES}."
        wrong.append(FieldProblem(f"/{name}", "too-many", detail))
        return ()
    found = [read(text) for text in given if text.strip()]
    if None in found:
        wrong.append(FieldProblem(f"/{name}", "not-a-choice", mend))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _tag(text: str) -> str | None:
    return text if text in list(Tag) else None


def _society(session: Session, society_id: str, wrong: list[FieldProblem]) -> str | None:
    if not society_id:
        return None
    known = _ID.fullmatch(society_id) and _is_known(session, society_id)
    if not known:
        wrong.append(FieldProblem("/society", "society-unknown", "Choose a society of this node."))
    return society_id if known else None


def _is_known(session: Session, society_id: str) -> bool:
    try:
        catalogue.get_society(session, society_id)
    except NotFound:
        return False
    return True


def _day(text: str, wrong: list[FieldProblem]) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        wrong.append(FieldProblem("/on", "date-form", "Write the day as 2027-05-31."))
        return None
    return day
