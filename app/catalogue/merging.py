"""Making one course of several source records, and saying where each field came from.

The order of the records decides, and does not depend on the order of their arrival: first those of
the course's own society, then the pushed ones, then the fuller ones, then the older ones. A field
is taken whole from the first record that has it; languages, identifiers, credits and course runs
of the others are added, because several bodies may credit one course, each in its own unit (DESIGN
§3).

A society may push a course itself and be harvested as well. What it pushed is its word (``heard``):
its feeds add only the fields that it did not push, and nothing at all once it has taken the course
back. So a feed that lags behind changes nothing, however often it is harvested.

What an editor wrote over a field (``Override``) stands above all sources, until it is lifted.
"""

import uuid
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from app.catalogue import document
from app.catalogue.model import MANUAL, CourseData, CourseRun, Recognised

_RUNS = uuid.UUID("6f0d7c1e-5f3b-5c7e-9a43-3d2f8f3b6a10")
MAPS = frozenset({"title", "summary", "description", "outcomes", "prerequisites"})
_UNIONS = frozenset({"identifiers", "credits"})
_NAMES = tuple(one.name for one in fields(CourseData))
_SAID = tuple(name for name in _NAMES if name != "recognised")
"""What a record can say; what is recognised in it, the node adds itself."""
_EMPTY = CourseData(title={})


@dataclass(frozen=True, slots=True)
class Part:
    """One live source record, as far as merging needs it."""

    source_record_id: str
    society_id: str
    data: CourseData
    age: tuple[datetime, str, str]
    """When it came first, its source, its id there: the older goes first, the same each time."""
    pushed: bool = False
    """Whether the society pushed it, rather than one of its feeds being harvested."""
    live: bool = True


@dataclass(frozen=True, slots=True)
class Override:
    """A field, or one language of a text, as an editor wants it."""

    field: str
    language: str
    """Empty for what is no text in languages."""
    value: Any
    """As ``document`` writes it; ``None`` where the field shall be empty."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The course's data and, by field, the source record it comes from, or ``MANUAL``."""

    data: CourseData
    provenance: Mapping[str, str]


def heard(parts: Sequence[Part]) -> list[Part]:
    """The records that count, each with the fields that count; none when the course is withdrawn.

    1. What is not live does not count.
    2. Beside a record that its society pushed and took back, and no other one that it pushed, the
       society's feeds do not count.
    3. Beside one that it pushed, its feeds count for what that does not say. Identifiers add up,
       since none contradicts another.
    """
    pushed = [part for part in parts if part.pushed]
    own = {part.society_id: part for part in pushed if not part.live}
    said: dict[str, set[str]] = {}
    for part in pushed:
        if part.live:
            own.pop(part.society_id, None)
            said.setdefault(part.society_id, set()).update(_said(part))
    counting = [part for part in parts if part.live and (part.pushed or part.society_id not in own)]
    return [
        part if part.pushed else _without(part, said.get(part.society_id, set()))
        for part in counting
    ]


def merge(parts: Sequence[Part], *, course_id: str, society_id: str) -> Merged:
    """Merge at least one record; ``parts`` are those that count (``heard``)."""
    if len(parts) == 1:
        return _alone(parts[0], course_id=course_id)
    ranked = sorted(
        parts,
        key=lambda part: (
            part.society_id != society_id, not part.pushed, -_filled(part), part.source_record_id,
        ),
    )  # fmt: skip
    made: dict[str, Any] = {}
    provenance: dict[str, str] = {}
    for name in _NAMES:
        if name in MAPS:
            made[name] = _languages(name, ranked, provenance)
        elif name in _UNIONS:
            made[name] = _union(name, ranked, provenance)
        elif name == "runs":
            made[name] = _runs(course_id, ranked, provenance)
        elif name == "metadata_language":  # a stated one before a guessed one
            made[name] = _first(name, sorted(ranked, key=_guesses), provenance)
        elif name == "recognised":
            made[name] = _recognised(made, ranked)
        else:
            made[name] = _first(name, ranked, provenance)
    return Merged(CourseData(**made), provenance)


def _alone(part: Part, *, course_id: str) -> Merged:
    """What one record says, since no other one says anything: most courses have but one."""
    data, record_id = part.data, part.source_record_id
    provenance = {name: record_id for name in _SAID if getattr(data, name) not in (None, (), {})}
    if data.runs:
        data = replace(data, runs=_runs(course_id, [part], {}))
    return Merged(data, provenance)


def overridden(merged: Merged, overrides: Iterable[Override]) -> Merged:
    """The course as its editors want it. A title that would be gone altogether stays."""
    changed: dict[str, Any] = {}
    provenance = dict(merged.provenance)
    for one in overrides:
        if one.field in MAPS:
            texts = {**changed.get(one.field, getattr(merged.data, one.field))}
            texts.pop(one.language, None)
            if one.value is not None:
                texts[one.language] = one.value
            if one.field == "title" and not texts:
                continue
            changed[one.field] = texts
            provenance[f"{one.field}.{one.language}"] = MANUAL
        else:
            changed[one.field] = value_of(one.field, one.value)
            for name in [each for each in provenance if each.split(".")[0] == one.field]:
                del provenance[name]
            provenance[one.field] = MANUAL
    if not changed:
        return merged
    left = tuple(one for one in merged.data.recognised if one.field not in changed)
    return Merged(replace(merged.data, **{**changed, "recognised": left}), provenance)


def value_of(field: str, value: Any) -> Any:
    """A field's value as ``document`` wrote it, as ``CourseData`` has it."""
    given = {} if value is None else {field: value}
    return getattr(document.from_json({"title": {}, **given}), field)


def _runs(
    course_id: str, ranked: Iterable[Part], provenance: dict[str, str]
) -> tuple[CourseRun, ...]:
    """The runs of all records; one that two of them tell of is listed once."""
    made: dict[str, CourseRun] = {}
    told: set[Hashable] = set()
    for part in ranked:
        of_this_record: set[Hashable] = set()
        for run in part.data.runs:
            when = (run.start, run.end, run.place_name, run.place_country, run.url)
            of_this_record.add(when)
            run_id = _run_id(course_id, part.source_record_id, run)
            if when not in told and run_id not in made:
                _came_from(provenance, "runs", str(len(made)), part.source_record_id)
                made[run_id] = replace(run, id=run_id)
        told |= of_this_record
    return tuple(made.values())


def _run_id(course_id: str, record_id: str, run: CourseRun) -> str:
    """The same for the same run of the same course, so that others may hold it.

    The source's own id for it, where there is one, outlives a change of date or place.
    """
    if run.source_id:
        named: tuple[str | None, ...] = (record_id, run.source_id)
    else:
        named = (run.start, run.end, run.place_name, run.place_country, run.url, run.delivery,
                 run.language)  # fmt: skip
    return str(uuid.uuid5(_RUNS, "\n".join(map(str, (course_id, *named)))))


def _filled(part: Part) -> int:
    return len(_said(part))


def _said(part: Part) -> set[str]:
    """The fields that a record has."""
    return {name for name in _SAID if getattr(part.data, name) not in (None, (), {})}


def _without(part: Part, names: Collection[str]) -> Part:
    """The record without these fields and what was recognised in them; its identifiers stay."""
    emptied = {name: getattr(_EMPTY, name) for name in names if name != "identifiers"}
    if not emptied:
        return part
    kept = tuple(one for one in part.data.recognised if _place(one) not in names)
    return replace(part, data=replace(part.data, **{**emptied, "recognised": kept}))


def _place(one: Recognised) -> str:
    """The field in which something was recognised."""
    return one.where.split(".")[0].split("[")[0]


def _guesses(part: Part) -> bool:
    return any(one.field == "metadata_language" for one in part.data.recognised)


def _recognised(made: Mapping[str, Any], ranked: Iterable[Part]) -> tuple[Recognised, ...]:
    """What was recognised in any record and no record states; each value once."""
    found: dict[tuple[str, str], Recognised] = {}
    for part in ranked:
        for one in part.data.recognised:
            if one.field == "metadata_language":
                if one.value == made["metadata_language"]:
                    found.setdefault((one.field, one.value), one)
            elif not made[one.field]:
                found.setdefault((one.field, one.value), one)
    return tuple(found.values())


def _first(name: str, ranked: Iterable[Part], provenance: dict[str, str]) -> Any:
    for part in ranked:
        value = getattr(part.data, name)
        if value not in (None, ()):
            provenance[name] = part.source_record_id
            return value
    return getattr(_EMPTY, name)


def _languages(name: str, ranked: Iterable[Part], provenance: dict[str, str]) -> dict[str, str]:
    made: dict[str, str] = {}
    for part in ranked:
        for tag, text in getattr(part.data, name).items():
            if tag not in made:
                made[tag] = text
                _came_from(provenance, name, tag, part.source_record_id)
    return made


def _union(name: str, ranked: Iterable[Part], provenance: dict[str, str]) -> tuple[Any, ...]:
    made: dict[Hashable, Any] = {}
    for part in ranked:
        for value in getattr(part.data, name):
            if value not in made:
                made[value] = value
                _came_from(provenance, name, str(len(made) - 1), part.source_record_id)
    return tuple(made.values())


def _came_from(provenance: dict[str, str], name: str, member: str, record_id: str) -> None:
    """Note a member only where it does not come from the record the field began with."""
    if provenance.setdefault(name, record_id) != record_id:
        provenance[f"{name}.{member}"] = record_id
