"""Courses from an uploaded spreadsheet: checked first, published when somebody has seen the result.

1. ``keep``: the file is read and its rows kept for a day; nothing is published.
2. ``preview``: what publishing would do now, and what is to be mended, by row and column.
3. ``publish``: every row that can be listed is published; the others change nothing.

Reading is ``harvest.sheets``, so that an uploaded table means what a harvested one means.
"""

import io
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.harvest.sheets import Column, Sheet, SheetRow, read_sheet
from app.platform.db import Database
from app.platform.ids import new_id
from app.platform.problems import NotFound
from app.publishing import items
from app.publishing.answers import IssueOut, ResultOut
from app.publishing.batch import Batch
from app.publishing.model import Outcome, Place
from app.publishing.tables import CourseSheetRow

KEPT = timedelta(hours=24)
MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 2_000
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One finding about one row, in the words of the sheet."""

    row: int
    letter: str
    header: str
    code: str
    error: bool
    """Whether it keeps the row from being published."""
    message: str
    value: str | None
    mend: str


@dataclass(frozen=True, slots=True)
class Kept:
    """An uploaded sheet, until it is forgotten."""

    id: str
    name: str
    sheet: Sheet
    kept_at: datetime
    published_at: datetime | None
    counts: Mapping[str, int]
    """What publishing did; empty before."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing a sheet would do, or has done."""

    counts: Mapping[str, int]
    lines: tuple[Line, ...]

    @property
    def changes(self) -> int:
        """How many courses would come or change."""
        return self.counts.get(Outcome.NEW, 0) + self.counts.get(Outcome.CHANGED, 0)


def keep(
    session: Session, society_id: str, *, name: str, data: bytes, who: str, at: datetime
) -> str:
    """Read a file and keep its rows; gives their id. Raises ``SheetUnreadable``."""
    sheet = read_sheet(data, most_rows=MOST_ROWS)
    sheet_id = new_id()
    written = json.dumps(asdict(sheet)).encode()
    session.execute(
        insert(CourseSheetRow).values(
            id=sheet_id,
            society_id=society_id,
            name="".join(c for c in name if c.isprintable())[:LONGEST_NAME],
            sheet=zlib.compress(written),
            who=who,
            kept_at=at,
            ends_at=at + KEPT,
            counts={},
        )
    )
    return sheet_id


def get(session: Session, society_id: str, sheet_id: str, *, at: datetime) -> Kept:
    """Raises ``NotFound``, also for the sheet of another society."""
    row = session.execute(
        select(
            CourseSheetRow.id,
            CourseSheetRow.name,
            CourseSheetRow.sheet,
            CourseSheetRow.kept_at,
            CourseSheetRow.published_at,
            CourseSheetRow.counts,
        ).where(
            CourseSheetRow.id == sheet_id,
            CourseSheetRow.society_id == society_id,
            CourseSheetRow.ends_at > at,
        )
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such sheet any more; upload it again.")
    sheet = _sheet(json.loads(zlib.decompress(row.sheet)))
    return Kept(row.id, row.name, sheet, row.kept_at, row.published_at, row.counts)


def preview(database: Database, place: Place, kept: Kept, *, quota: int, at: datetime) -> Preview:
    """What publishing would do now; changes nothing."""
    return _told(kept.sheet, _run(database, place, kept, quota=quota, at=at, who="", validate=True))


def publish(
    database: Database, place: Place, kept: Kept, *, quota: int, who: str, at: datetime
) -> Preview:
    """Publish every row that can be. Doing it twice changes nothing more."""
    done = _told(kept.sheet, _run(database, place, kept, quota=quota, at=at, who=who))
    with database.write() as session:
        session.execute(
            update(CourseSheetRow)
            .where(CourseSheetRow.id == kept.id)
            .values(published_at=at, counts=dict(done.counts))
        )
    return done


def prune(session: Session, *, at: datetime) -> None:
    """Forget sheets whose day has passed."""
    session.execute(delete(CourseSheetRow).where(CourseSheetRow.ends_at <= at))


def _run(
    database: Database, place: Place, kept: Kept, *, quota: int, at: datetime, who: str,
    validate: bool = False,
) -> Iterator[tuple[SheetRow, ResultOut]]:  # fmt: skip
    rows = [row for row in kept.sheet.rows if row.draft is not None]
    body = io.BytesIO(b"".join(_item(row) + b"\n" for row in rows))
    batch = Batch(
        database=database,
        place=place,
        who=who,
        now=lambda: at,
        quota=quota,
        items=items.split(body, array=False, spare=io.BytesIO()) if rows else items.Items(body, ()),
        batch_id=kept.id,
        validate=validate,
    )
    for start in batch.chunks():
        for result in batch.work(start):
            yield rows[result.index], result


def _item(row: SheetRow) -> bytes:
    return json.dumps({"remote_id": row.remote_id, "course": _document(row.draft or {})}).encode()


def _document(draft: Mapping[str, Any]) -> dict[str, Any]:
    """A connector's draft in the form of ``wire.CourseIn``."""
    made = _filled(draft)
    if "identifiers" in made:
        pairs = made["identifiers"]
        made["identifiers"] = [{"scheme": scheme, "value": value} for scheme, value in pairs]
    if "runs" in made:
        made["runs"] = [
            {"id" if name == "source_id" else name: value for name, value in run.items()}
            for run in map(_filled, made["runs"])
        ]
    return made


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", (), [], {})}


def _told(sheet: Sheet, results: Iterator[tuple[SheetRow, ResultOut]]) -> Preview:
    counts: Counter[str] = Counter()
    lines: list[Line] = []
    for row, result in results:
        counts[str(result.outcome)] += 1
        lines += _findings(sheet, row, result)
    for row in sheet.rows:
        if row.draft is None:
            counts[str(Outcome.REJECTED)] += 1
            lines.append(_unread(sheet, row))
    return Preview(dict(counts), tuple(sorted(lines, key=lambda one: (one.row, not one.error))))


def _findings(sheet: Sheet, row: SheetRow, result: ResultOut) -> Iterator[Line]:
    for one in result.issues:
        yield _of_issue(sheet, row, one)
    if result.error is not None and not result.issues:
        error = result.error
        for field in error.errors:
            yield _line(sheet, row, _path(field.pointer), field.code, field.detail, error=True)
        if not error.errors:
            yield _line(sheet, row, "", error.code, error.detail, error=True)
    if not row.has_id:
        yield _line(
            sheet, row, "id", "W-ROW-NO-ID",
            "The row has no id, so one was made of its title; another title makes another course.",
            mend="Give the course an id of its own in a column id.",
        )  # fmt: skip


def _unread(sheet: Sheet, row: SheetRow) -> Line:
    """What keeps a row from being a course at all; the mend stands behind a semicolon."""
    told, _, mend = row.problem.removeprefix(f"row {row.number}: ").rpartition("; ")
    path = "id" if row.code == "W-DUP-ID" else "title"
    return _line(sheet, row, path, row.code, told or mend, mend=mend if told else "", error=True)


def _of_issue(sheet: Sheet, row: SheetRow, issue: IssueOut) -> Line:
    return _line(
        sheet, row, _path(issue.pointer), issue.code, issue.message, value=issue.value,
        mend=issue.hint or "", error=issue.severity == "error",
    )  # fmt: skip


def _line(
    sheet: Sheet, row: SheetRow, path: str, code: str, message: str, *, value: str | None = None,
    mend: str = "", error: bool = False,
) -> Line:  # fmt: skip
    column = sheet.column_of(path) or Column("", "")
    return Line(row.number, column.letter, column.header, code, error, message, value, mend)


def _path(pointer: str) -> str:
    return pointer.removeprefix("/").replace("/", ".")


def _sheet(value: Mapping[str, Any]) -> Sheet:
    return Sheet(
        rows=tuple(SheetRow(**row) for row in value["rows"]),
        columns={field: Column(**column) for field, column in value["columns"].items()},
        unused=tuple(Column(**column) for column in value["unused"]),
        warnings=tuple((code, text) for code, text in value["warnings"]),
    )
