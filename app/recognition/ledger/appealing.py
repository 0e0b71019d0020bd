"""Use cases: whoever is not content with a decision says so, and somebody else looks at it.

1. The registrant, or the registry in his stead, appeals against what was rejected, cut by a cap or
   left in review, within some days of the decision.
2. What rules alone have rejected, he may have people look at whenever he likes.
3. Somebody who had no part in the decision, and is not concerned, answers: upheld, with a verdict
   that makes another decision; or dismissed, with the reason.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.ids import new_id
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.recognition.deciding.model import Outcome
from app.recognition.ledger.model import (
    Appeal,
    AppealKind,
    AppealsClosed,
    AppealState,
    Cause,
    DecisionMade,
    Submission,
    Verdict,
)
from app.recognition.ledger.reviewing import (
    LONGEST_NOTE,
    NeedsAPerson,
    apply,
    checked,
    locked,
    refuse_deciders,
    refuse_registrant,
)
from app.recognition.ledger.settling import Why
from app.recognition.ledger.tables import AppealRow

APPEAL_DAYS = 60
"""How long after a decision it may be appealed against, unless the node says otherwise."""
_APPEALABLE = frozenset({Outcome.REJECT, Outcome.ACCEPT_CAPPED, Outcome.REVIEW})
_PERSON = "person:"
_APPEAL = (
    AppealRow.id,
    AppealRow.registry_id,
    AppealRow.submission_id,
    AppealRow.decision_id,
    AppealRow.kind,
    AppealRow.state,
    AppealRow.text,
    AppealRow.filed_by,
    AppealRow.filed_at,
    AppealRow.answered_by,
    AppealRow.answered_at,
    AppealRow.answer,
    AppealRow.result_id,
)


class AppealOpen(Conflict):
    """There is an appeal that was not answered yet."""

    code = "appeal-open"


class AppealAnswered(Conflict):
    """It was answered or withdrawn already."""

    code = "appeal-answered"


def appeal(
    session: Session,
    registry_id: str,
    submission_id: str,
    text: str,
    *,
    kind: AppealKind = AppealKind.APPEAL,
    in_stead: bool = False,
    who: str,
    at: datetime,
    days: int = APPEAL_DAYS,
) -> Appeal:
    """Appeal against the current decision on a submission.

    ``in_stead``: the registry does so for the registrant; else ``who`` must be the registrant. To
    everybody else there is no such submission. Raises ``NotFound``, ``Invalid``, ``AppealsClosed``,
    ``AppealOpen``.
    """
    submission, registrant = locked(session, registry_id, submission_id)
    is_own = registrant.person_id is not None and who == f"{_PERSON}{registrant.person_id}"
    if not is_own and not in_stead:
        raise NotFound("There is no such submission.")
    _checked_text(text, "/text")
    _refuse_closed(submission, kind, at=at, days=days)
    if open_appeal(session, submission_id) is not None:
        raise AppealOpen("An appeal is open already; its answer will come.")
    made = Appeal(
        new_id(),
        registry_id,
        submission_id,
        submission.decision.id,
        kind,
        AppealState.OPEN,
        text.strip(),
        who,
        at,
    )
    session.execute(
        insert(AppealRow).values(
            id=made.id,
            registry_id=registry_id,
            submission_id=submission_id,
            decision_id=made.decision_id,
            kind=kind.value,
            state=made.state.value,
            text=made.text,
            filed_by=who,
            filed_at=at,
        )
    )
    _note(session, "appeal.file", made, who=who, at=at)
    return made


def answer(
    session: Session,
    registry_id: str,
    appeal_id: str,
    *,
    upheld: bool,
    reason: str,
    verdict: Verdict | None = None,
    who: str,
    at: datetime,
) -> Appeal:
    """Answer an appeal: upheld, with the verdict that decides now, or dismissed; with the reason.

    Raises ``NotFound``, ``Invalid``, ``NotYours``, ``NeedsAPerson``, ``AppealAnswered``.
    """
    found = get_appeal(session, registry_id, appeal_id)
    submission, registrant = locked(session, registry_id, found.submission_id)
    found = get_appeal(session, registry_id, appeal_id)  # once more, under the lock
    if not who.startswith(_PERSON):
        raise NeedsAPerson("An appeal is answered by a person, not by a program.")
    refuse_registrant(registrant, who)
    refuse_deciders(session, submission, who)
    if found.state is not AppealState.OPEN:
        raise AppealAnswered("This appeal has been answered or withdrawn already.")
    _checked_text(reason, "/reason")
    if upheld and verdict is None:
        mend = "Say what is decided instead."
        raise Invalid(mend, fields=[FieldProblem("/verdict", "verdict-missing", mend)])
    result: DecisionMade | None = None
    if upheld and verdict is not None:
        checked(session, submission, verdict, reason)
        why = Why(Cause.APPEAL, who, at, reason.strip())
        result = apply(session, registrant, submission, verdict, why)
    made = replace(
        found,
        state=AppealState.UPHELD if upheld else AppealState.DISMISSED,
        answered_by=who,
        answered_at=at,
        answer=reason.strip(),
        result_id=result.id if result else None,
    )
    _keep(session, made)
    _note(session, "appeal.answer", made, who=who, at=at)
    return made


def withdraw(
    session: Session, registry_id: str, appeal_id: str, *, who: str, at: datetime
) -> Appeal:
    """Take an appeal back; whoever filed it may. Raises ``NotFound``, ``AppealAnswered``."""
    found = get_appeal(session, registry_id, appeal_id)
    locked(session, registry_id, found.submission_id)
    found = get_appeal(session, registry_id, appeal_id)
    if found.filed_by != who:
        raise NotFound("There is no such appeal.")
    if found.state is not AppealState.OPEN:
        raise AppealAnswered("This appeal has been answered or withdrawn already.")
    made = replace(found, state=AppealState.WITHDRAWN, answered_by=who, answered_at=at)
    _keep(session, made)
    _note(session, "appeal.withdraw", made, who=who, at=at)
    return made


def get_appeal(session: Session, registry_id: str, appeal_id: str) -> Appeal:
    """Raises ``NotFound``, also for another registry's."""
    row = session.execute(
        select(*_APPEAL).where(AppealRow.id == appeal_id, AppealRow.registry_id == registry_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such appeal.")
    return _made(row)


def open_appeal(session: Session, submission_id: str) -> Appeal | None:
    """The appeal on a submission that waits for an answer."""
    row = session.execute(
        select(*_APPEAL)
        .where(AppealRow.submission_id == submission_id, AppealRow.state == AppealState.OPEN.value)
        .limit(1)
    ).one_or_none()
    return None if row is None else _made(row)


def appeals_of(session: Session, submission_id: str) -> Sequence[Appeal]:
    """Every appeal on a submission, the first one first."""
    rows = session.execute(
        select(*_APPEAL).where(AppealRow.submission_id == submission_id).order_by(AppealRow.id)
    )
    return [_made(row) for row in rows]


def appeal_page(
    session: Session,
    registry_id: str,
    *,
    state: AppealState | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Slice[Appeal]:
    """A registry's appeals, the newest first."""
    query = select(*_APPEAL).where(AppealRow.registry_id == registry_id)
    if state is not None:
        query = query.where(AppealRow.state == state.value)
    if cursor is not None:
        query = query.where(AppealRow.id < decode_cursor(cursor))
    rows = session.execute(query.order_by(AppealRow.id.desc()).limit(limit + 1)).all()
    found = [_made(row) for row in rows[:limit]]
    return Slice(found, encode_cursor(found[-1].id) if len(rows) > limit else None)


def appealable(submission: Submission, *, at: datetime, days: int = APPEAL_DAYS) -> bool:
    """Whether an appeal against the current decision would be taken now."""
    in_time = at <= submission.decision.at + timedelta(days=days)
    return submission.outcome in _APPEALABLE and in_time


def looks_automatic(submission: Submission) -> bool:
    """Whether rules alone rejected it, so that people may be asked to look whenever one likes."""
    return submission.outcome is Outcome.REJECT and submission.decision.verdict is None


def _refuse_closed(submission: Submission, kind: AppealKind, *, at: datetime, days: int) -> None:
    if kind is AppealKind.HUMAN_LOOK:
        if not looks_automatic(submission):
            said = "People have a look at what rules alone have rejected; this is no such decision."
            raise AppealsClosed(said)
        return
    if submission.outcome not in _APPEALABLE:
        raise AppealsClosed("There is nothing to appeal against in this decision.")
    if not appealable(submission, at=at, days=days):
        raise AppealsClosed(f"An appeal was to be made within {days} days of the decision.")


def _checked_text(text: str, pointer: str) -> None:
    if not text.strip() or len(text) > LONGEST_NOTE or "\x00" in text:
        mend = f"Say why, in up to {LONGEST_NOTE} characters."
        raise Invalid(mend, fields=[FieldProblem(pointer, "text-form", mend)])


def _keep(session: Session, made: Appeal) -> None:
    session.execute(
        update(AppealRow)
        .where(AppealRow.id == made.id)
        .values(
            state=made.state.value,
            answered_by=made.answered_by,
            answered_at=made.answered_at,
            answer=made.answer,
            result_id=made.result_id,
        )
    )


def _note(session: Session, action: str, one: Appeal, *, who: str, at: datetime) -> None:
    """Without its words, which may be about people."""
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"submission:{one.submission_id}",
        organisation_id=one.registry_id,
        at=at,
        after={
            "appeal": one.id,
            "kind": one.kind.value,
            "state": one.state.value,
            "result": one.result_id,
        },
    )


def _made(row: Sequence[object]) -> Appeal:
    given: list[Any] = list(row)  # in the order of the fields
    given[4], given[5] = AppealKind(str(given[4])), AppealState(str(given[5]))
    return Appeal(*given)
