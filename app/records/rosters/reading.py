"""From a file's rows to completions, each with what is wrong in it, by row and field."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any

from pydantic import ValidationError

from app.platform.problems import FieldProblem
from app.records import rules
from app.records.rosters import cells, columns
from app.records.rosters.columns import letter, named
from app.records.rosters.files import NumberedCells, Pieces, Unreadable, json_objects, table_rows
from app.records.rosters.model import Format, Problem, ReadRow
from app.records.wire import CompletionIn

_HEADER_WITHIN = 20
_NEEDED = (
    ("title", "course_id"),
    ("completed_on",),
    ("mode",),
    ("assessed",),
    ("contact_minutes", "workload_minutes", "full_days"),
    ("register_number", "membership_number", "account_id", "holder_id"),
)
"""Of each of these a table needs at least one."""
_PRIVATE = ("holder",)


def read(pieces: Pieces, kind: Format, *, at: datetime) -> Iterator[ReadRow]:
    """Every row of a roster. Raises ``Unreadable`` when the file, not a row of it, is at fault."""
    if kind is Format.JSON:
        return (_object(number, value, at=at) for number, value in json_objects(pieces))
    return _table(table_rows(pieces, kind), at=at)


def _table(rows: Iterator[NumberedCells], *, at: datetime) -> Iterator[ReadRow]:
    looked_at = list(islice(rows, _HEADER_WITHIN))
    if not looked_at:
        raise Unreadable("The table is empty.")
    best = max(range(len(looked_at)), key=lambda n: columns.score(looked_at[n][1]))
    headers = looked_at[best][1]
    fields = _fields(headers)
    for number, row in chain(looked_at[best + 1 :], rows):
        yield _row(number, row, headers, fields, at=at)


def _fields(headers: Sequence[str]) -> dict[str, int]:
    """The place of each column. Raises ``Unreadable`` naming what is missing or unknown."""
    fields: dict[str, int] = {}
    problems = []
    for position, header in enumerate(headers):
        name = named(header) if header else None
        place = f"{letter(position)}: {header}"[:100]
        if header and name is None:
            problems.append(
                FieldProblem(place, "column-unknown", "Take it out, or name it as the template.")
            )
        elif name in fields:
            problems.append(FieldProblem(place, "column-twice", "Keep one of the two."))
        elif name is not None:
            fields[name] = position
    there = {name.partition("@")[0] for name in fields}
    problems += [
        FieldProblem(wanted[0], "column-missing", f"Add the column {' or '.join(wanted)}.")
        for wanted in _NEEDED
        if there.isdisjoint(wanted)
    ]
    if problems:
        told = "; ".join(f"{problem.pointer}: {problem.detail}" for problem in problems[:5])
        raise Unreadable(f"The table's columns are not those of a roster. {told}", fields=problems)
    return fields


def _row(
    number: int,
    row: Sequence[str],
    headers: Sequence[str],
    fields: Mapping[str, int],
    *,
    at: datetime,
) -> ReadRow:
    held = {name: row[place] if place < len(row) else "" for name, place in fields.items()}
    beyond = [cell for cell in row[len(headers) :] if cell]
    completion, found = cells.completion_of(held, at=at)
    if beyond:
        found = [cells.CellProblem("", "row-wide", "The row has more cells than the header.")]
        completion = None
    problems = []
    for problem in found:
        place = fields.get(problem.column)
        problems.append(
            Problem(
                row=number,
                letter=None if place is None else letter(place),
                field=problem.column if place is None else headers[place][:200],
                value=cells.shown(problem.column, held),
                code=problem.code,
                mend=problem.mend,
            )
        )
    return ReadRow(number, completion, tuple(problems))


def _object(number: int, value: Any, *, at: datetime) -> ReadRow:
    try:
        completion = CompletionIn.model_validate(value).completion()
    except ValidationError as error:
        problems = tuple(
            _json_problem(number, one["loc"], one["type"], one["msg"], value)
            for one in error.errors(include_url=False, include_input=False)
        )
        return ReadRow(number, None, problems)
    found = rules.check(completion, at=at)
    told = tuple(
        _json_problem(number, one.pointer.split("/")[1:], one.code, one.detail, value)
        for one in found
    )
    return ReadRow(number, None if told else completion, told)


def _json_problem(
    number: int, location: Sequence[int | str], code: str, mend: str, value: Any
) -> Problem:
    for part in location:
        value = _inside(value, part)
    hidden = value is None or not location or location[0] in _PRIVATE
    return Problem(
        row=number,
        letter=None,
        field=("/" + "/".join(map(str, location)))[:200],
        value=None if hidden or isinstance(value, dict | list) else str(value)[:80],
        code=code,
        mend=mend,
    )


def _inside(value: Any, part: int | str) -> Any:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list) and str(part).isdigit() and int(part) < len(value):
        return value[int(part)]
    return None
