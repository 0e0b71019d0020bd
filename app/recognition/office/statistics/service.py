"""Use case: a registry's numbers, by two things at a time, without small counts (``hiding``)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import TypeVar

from app.platform.db import Database
from app.platform.problems import FieldProblem, Invalid
from app.recognition.deciding.model import Outcome
from app.recognition.ledger.model import Submission
from app.recognition.office import people
from app.recognition.office.people import ALWAYS
from app.recognition.office.statistics.hiding import Line, Table, line, table
from app.recognition.policies.model import Span
from app.trust import service as trust


class By(StrEnum):
    """By what records are counted."""

    OUTCOME = "outcome"
    REASON = "reason"
    """The first of a decision's reasons, without what stands after its colon."""
    SOCIETY = "society"
    KIND = "kind"
    MONTH = "month"


_Key = TypeVar("_Key")
UNKNOWN = "-"
"""Where a record does not say."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Every total, and the table of the two things asked for."""

    totals: Mapping[By, Line]
    rows: By
    columns: By
    table: Table
    names: Mapping[str, str]
    """What issuers are called, where that is known."""


def numbers(
    database: Database,
    registry_id: str,
    *,
    completed: Span = ALWAYS,
    rows: By = By.SOCIETY,
    columns: By = By.OUTCOME,
) -> Numbers:
    """What came of the records that were completed in those days. Raises ``Invalid``."""
    if rows is columns:
        mend = "Choose another thing for the columns than for the rows."
        raise Invalid(mend, fields=[FieldProblem("columns", "same-twice", mend)])
    singles: dict[By, dict[str, int]] = {by: {} for by in By}
    singles[By.OUTCOME] = {outcome.value: 0 for outcome in Outcome}
    pairs: dict[tuple[str, str], int] = {}
    pieces = people.submissions(database, registry_id, completed=completed)
    for submission in chain.from_iterable(pieces):
        for by, counts in singles.items():
            _count(counts, _OF[by](submission))
        _count(pairs, (_OF[rows](submission), _OF[columns](submission)))
    ordered = {by: dict(_ordered(by, counts)) for by, counts in singles.items()}
    with database.read() as session:
        issuers = [one for one in ordered[By.SOCIETY] if one != UNKNOWN]
        names = dict(trust.issuer_names(session, issuers))
    return Numbers(
        {by: line(counts) for by, counts in ordered.items()},
        rows,
        columns,
        table(pairs, ordered[rows], ordered[columns]),
        names,
    )


def _count(counts: dict[_Key, int], key: _Key) -> None:
    counts[key] = counts.get(key, 0) + 1


def _ordered(by: By, counts: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    if by is By.OUTCOME:
        yield from counts.items()
    else:
        yield from sorted(counts.items())


_OF: Mapping[By, Callable[[Submission], str]] = {
    By.OUTCOME: lambda one: one.outcome.value,
    By.REASON: lambda one: one.decision.decision.reasons[0].partition(":")[0],
    By.SOCIETY: lambda one: one.issuer_id or UNKNOWN,
    By.KIND: lambda one: one.decision.facts.kind,
    By.MONTH: lambda one: one.completed.isoformat()[:7] if one.completed else UNKNOWN,
}
