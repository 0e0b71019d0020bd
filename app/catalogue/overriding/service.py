"""Use cases: write over a field of a course, and lift that again. The caller owns the transaction.

An editor of the course's own society may, and who runs the node. What was written stands above all
sources until it is lifted; it is shown as written by hand, and noted in the society's history.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import document, merging, upkeep
from app.catalogue import store as catalogue
from app.catalogue.merging import MAPS
from app.catalogue.model import Course, CourseData
from app.catalogue.overriding import rules, store
from app.catalogue.overriding.model import Shown, Written
from app.identity import audit
from app.platform.problems import Conflict, NotFound

MOST = 100
"""Overrides of one course; enough for every field in many languages."""


@dataclass(frozen=True, slots=True)
class Editor:
    """Who writes, and for which organisation; ``society_id`` is whose courses that may be."""

    by: str
    organisation_id: str
    society_id: str | None = None
    """``None`` for who runs the node, who may edit any."""


def get_course(session: Session, course_id: str, editor: Editor) -> Course:
    """A course that this editor may edit, by its own id. Raises ``NotFound``."""
    found = catalogue.courses(session, [course_id])
    if not found or found[0].merged_into is not None:
        raise NotFound(f"There is no course {course_id}.")
    if editor.society_id is not None and found[0].society_id != editor.society_id:
        raise NotFound(f"There is no course {course_id} of this society.")
    return found[0]


def write(
    session: Session,
    course_id: str,
    field: str,
    language: str | None,
    untrusted: Any,
    *,
    reason: str,
    editor: Editor,
    at: datetime,
) -> tuple[Course, tuple[str, ...]]:
    """Write over a field; gives the course as it is now, and what was mended in the value.

    Raises ``Invalid`` naming what is wrong with the value, and ``NotFound``.
    """
    accepted = rules.check(field, language, untrusted, reason=reason)
    catalogue.lock_matching(session)
    get_course(session, course_id, editor)
    known = {(one.field, one.language): one for one in store.written(session, course_id)}
    before = known.get((field, accepted.language))
    if before is None and len(known) >= MOST:
        raise Conflict(f"A course has {MOST} overrides at most; lift one first.")
    said = of_sources(session, course_id)
    if field == "title" and accepted.value is None and len(said.title) < 2:
        raise Conflict("A course without a title cannot be listed; write another one instead.")
    made = Written(
        course_id=course_id, field=field, language=accepted.language, value=accepted.value,
        replaced=said_in(said, field, accepted.language), reason=accepted.reason, by=editor.by,
        organisation_id=editor.organisation_id, at=at,
    )  # fmt: skip
    store.put(session, made)
    catalogue.update_course(session, course_id, overridden=True)
    _settle(session, "override.write", made, before, editor, at=at)
    return get_course(session, course_id, editor), accepted.warnings


def lift(
    session: Session, course_id: str, field: str, language: str | None, *, editor: Editor,
    at: datetime,
) -> Course:  # fmt: skip
    """Let the sources speak again. Raises ``NotFound``."""
    catalogue.lock_matching(session)
    get_course(session, course_id, editor)
    known = {(one.field, one.language): one for one in store.written(session, course_id)}
    before = known.get((field, language or ""))
    if before is None:
        raise NotFound(f"Nobody wrote over {field} of this course.")
    store.remove(session, course_id, field, language or "")
    _settle(session, "override.lift", None, before, editor, at=at)
    if len(known) == 1:
        catalogue.update_course(session, course_id, overridden=False)
    return get_course(session, course_id, editor)


def shown(session: Session, course_id: str) -> list[Shown]:
    """The overrides of a course, each beside what its sources say now."""
    written = store.written(session, course_id)
    said = of_sources(session, course_id) if written else CourseData(title={})
    return [Shown(one, said_in(said, one.field, one.language)) for one in written]


def of_sources(session: Session, course_id: str) -> CourseData:
    """The course as its sources alone say it is."""
    row = catalogue.course_row(session, course_id)
    parts = [part for part, _ in upkeep.counting(session, course_id)]
    if row is None or not parts:
        return CourseData(title={})
    return merging.merge(parts, course_id=course_id, society_id=row.society_id).data


def said_in(data: CourseData, field: str, language: str) -> Any:
    """One field, or one language of a text, in the form in which overrides are kept."""
    value = document.to_json(data).get(field)
    return (value or {}).get(language) if field in MAPS else rules.as_kept(value)


def _settle(
    session: Session, action: str, made: Written | None, before: Written | None, editor: Editor, *,
    at: datetime,
) -> None:  # fmt: skip
    """Merge anew, and note it in the history of the course's society."""
    one = made or before
    if one is None:
        raise RuntimeError("an override is written or lifted")
    session.expire_all()
    upkeep.refresh(session, one.course_id, at=at)
    row = catalogue.course_row(session, one.course_id)
    audit.record(
        session,
        who=editor.by,
        action=action,
        subject=f"course:{one.course_id}",
        at=at,
        before=_noted(before),
        after=_noted(made),
        organisation_id=row.society_id if row else editor.organisation_id,
    )


def _noted(one: Written | None) -> dict[str, Any] | None:
    if one is None:
        return None
    said = str(one.value)
    return {
        "field": one.field,
        "language": one.language,
        "value": said[:200],
        "reason": one.reason,
    }
