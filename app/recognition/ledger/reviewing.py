"""Use cases: a person proposes a verdict, and another one confirms it or sends it back.

1. A reviewer proposes: accept with an amount, evidence only, reject, or let the policy decide again
   with facts that were missing. He says why.
2. A second person confirms, and the decision is made; or sends it back, and it waits again.
3. Whoever is the registrant does neither. A program may propose and never confirms.
4. When another decision came in between, the verdict was about something else: it is out of date.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.ids import new_id
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.recognition.deciding.facts import Supplement
from app.recognition.deciding.model import Facts, Outcome
from app.recognition.ledger import reading, store
from app.recognition.ledger.declaring import MEASURES
from app.recognition.ledger.encoding import verdict_as_json, verdict_from_json
from app.recognition.ledger.model import (
    Cause,
    DecisionMade,
    Judged,
    NotYours,
    Review,
    ReviewState,
    Submission,
    Verdict,
)
from app.recognition.ledger.rules import Rules
from app.recognition.ledger.rulings import categories, confirmed, supplemented
from app.recognition.ledger.settling import Known, Why, decide_anew, lock
from app.recognition.ledger.tables import AppealRow, ReviewRow
from app.recognition.register.service import Registrant

LONGEST_NOTE = 4000
_MOST_AMOUNT = 1_000_000
_MOST_PARTS = 1_000_000_000
_MOST_CODES = 50
_CODE = re.compile(r"[\w][\w .:+/()-]{0,99}")
_PERSON = "person:"
_REVIEW = (
    ReviewRow.id,
    ReviewRow.registry_id,
    ReviewRow.submission_id,
    ReviewRow.decision_id,
    ReviewRow.appeal_id,
    ReviewRow.state,
    ReviewRow.verdict,
    ReviewRow.note,
    ReviewRow.proposed_by,
    ReviewRow.proposed_at,
    ReviewRow.settled_by,
    ReviewRow.settled_at,
    ReviewRow.settled_note,
    ReviewRow.result_id,
)


class NothingToReview(Conflict):
    """The decision stands; an appeal is what opens it again."""

    code = "nothing-to-review"


class ReviewOpen(Conflict):
    """Somebody has proposed a verdict that waits for a second person."""

    code = "review-open"


class ReviewSettled(Conflict):
    """It was confirmed, sent back or overtaken already."""

    code = "review-settled"


class NeedsAPerson(Conflict):
    """Programs propose; people decide."""

    code = "needs-a-person"


def review(
    session: Session,
    registry_id: str,
    submission_id: str,
    verdict: Verdict,
    *,
    note: str,
    who: str,
    at: datetime,
) -> Review:
    """Propose a verdict. Raises ``NotFound``, ``Invalid``, ``NotYours`` and three ``Conflict``."""
    submission, registrant = locked(session, registry_id, submission_id)
    refuse_registrant(registrant, who)
    appeal_id = session.scalar(
        select(AppealRow.id).where(
            AppealRow.submission_id == submission_id, AppealRow.state == "open"
        )
    )
    if submission.outcome is not Outcome.REVIEW and appeal_id is None:
        raise NothingToReview("Nothing is to be reviewed here; an appeal would open it again.")
    if appeal_id is not None:
        refuse_deciders(session, submission, who)
    if _open_review(session, submission) is not None:
        raise ReviewOpen("A verdict was proposed already; let a second person look at it first.")
    checked(session, submission, verdict, note)
    made = Review(
        new_id(),
        registry_id,
        submission_id,
        submission.decision.id,
        appeal_id,
        ReviewState.PROPOSED,
        verdict,
        note.strip(),
        who,
        at,
    )
    session.execute(
        insert(ReviewRow).values(
            id=made.id,
            registry_id=registry_id,
            submission_id=submission_id,
            decision_id=made.decision_id,
            appeal_id=appeal_id,
            state=made.state.value,
            verdict=verdict_as_json(verdict),
            note=made.note,
            proposed_by=who,
            proposed_at=at,
        )
    )
    _note(session, "review.propose", made, who=who, at=at, judged=verdict.judged.value)
    return made


def confirm(
    session: Session,
    registry_id: str,
    review_id: str,
    *,
    agree: bool,
    note: str = "",
    who: str,
    at: datetime,
) -> Review:
    """Confirm a proposed verdict, which decides, or send it back with a reason.

    Raises ``NotFound``, ``Invalid``, ``NotYours``, ``NeedsAPerson``, ``ReviewSettled``.
    """
    found = get_review(session, registry_id, review_id)
    submission, registrant = locked(session, registry_id, found.submission_id)
    found = get_review(session, registry_id, review_id)  # once more, under the lock
    if not who.startswith(_PERSON):
        raise NeedsAPerson("A verdict is confirmed by a person, not by a program.")
    refuse_registrant(registrant, who)
    if who == found.proposed_by:
        raise NotYours("You proposed this verdict; somebody else confirms it or sends it back.")
    if found.appeal_id is not None:
        refuse_deciders(session, submission, who)
    if found.state is not ReviewState.PROPOSED:
        raise ReviewSettled("This verdict has been settled already.")
    if not agree and not note.strip():
        mend = "Say why it is sent back."
        raise Invalid(mend, fields=[FieldProblem("/note", "note-missing", mend)])
    if len(note) > LONGEST_NOTE:
        mend = f"Say it in up to {LONGEST_NOTE} characters."
        raise Invalid(mend, fields=[FieldProblem("/note", "note-form", mend)])
    state, result = ReviewState.SENT_BACK, None
    if found.decision_id != submission.decision.id:
        state = ReviewState.OUTDATED
    elif agree:
        cause = Cause.APPEAL if found.appeal_id else Cause.REVIEWED
        why = Why(cause, who, at, found.note)
        result = apply(session, registrant, submission, found.verdict, why)
        state = ReviewState.CONFIRMED
    made = replace(
        found,
        state=state,
        settled_by=who,
        settled_at=at,
        settled_note=note.strip() or None,
        result_id=result.id if result else None,
    )
    _settle(session, made)
    _note(session, f"review.{state.value.replace('_', '-')}", made, who=who, at=at)
    return made


def apply(
    session: Session,
    registrant: Registrant,
    submission: Submission,
    verdict: Verdict,
    why: Why,
) -> DecisionMade:
    """Decide by a verdict: keep what it adds to the facts, and its word if it is one."""
    facts: Facts = submission.decision.facts
    if verdict.supplement is not None:
        facts = supplemented(facts, verdict.supplement)
    if verdict.holder_confirmed:
        facts = confirmed(facts)
    if verdict.supplement is not None or verdict.holder_confirmed:
        store.add_supplement(session, submission.id, verdict)
    known = Known({submission.id: facts}, {submission.id: verdict})
    made = decide_anew(session, registrant, [submission.id], why, known=known)
    return next(one for one in made if one.submission_id == submission.id)


def get_review(session: Session, registry_id: str, review_id: str) -> Review:
    """Raises ``NotFound``, also for another registry's."""
    row = session.execute(
        select(*_REVIEW).where(ReviewRow.id == review_id, ReviewRow.registry_id == registry_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such review.")
    return _made(row)


def reviews_of(session: Session, submission_id: str) -> Sequence[Review]:
    """Every verdict that was proposed on a submission, the first one first."""
    rows = session.execute(
        select(*_REVIEW).where(ReviewRow.submission_id == submission_id).order_by(ReviewRow.id)
    )
    return [_made(row) for row in rows]


def review_page(
    session: Session,
    registry_id: str,
    *,
    state: ReviewState | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Slice[Review]:
    """Proposed and settled verdicts, the newest first."""
    query = select(*_REVIEW).where(ReviewRow.registry_id == registry_id)
    if state is not None:
        query = query.where(ReviewRow.state == state.value)
    if cursor is not None:
        query = query.where(ReviewRow.id < decode_cursor(cursor))
    rows = session.execute(query.order_by(ReviewRow.id.desc()).limit(limit + 1)).all()
    found = [_made(row) for row in rows[:limit]]
    return Slice(found, encode_cursor(found[-1].id) if len(rows) > limit else None)


def locked(session: Session, registry_id: str, submission_id: str) -> tuple[Submission, Registrant]:
    """A submission, whose registrant's ledger is ours until the transaction ends."""
    place = store.registrant_of(session, submission_id)
    if place is None or place[0] != registry_id:
        raise NotFound("There is no such submission.")
    registrant, _ = lock(session, *place)
    found = reading.find(session, submission_id)
    if found is None:
        raise NotFound("There is no such submission.")
    return found, registrant


def refuse_registrant(registrant: Registrant, who: str) -> None:
    """Nobody decides in his own affairs. Raises ``NotYours``."""
    if registrant.person_id is not None and who == f"{_PERSON}{registrant.person_id}":
        raise NotYours("This is about yourself; somebody else has to decide.")


def deciders(session: Session, submission: Submission) -> frozenset[str]:
    """Who had a part in the current decision, by their own word."""
    made = submission.decision
    if made.verdict is None:
        return frozenset()  # rules alone decided
    proposed = session.scalars(
        select(ReviewRow.proposed_by).where(ReviewRow.result_id == made.id)
    ).all()
    return frozenset({made.by, *proposed})


def refuse_deciders(session: Session, submission: Submission, who: str) -> None:
    """Nobody answers an appeal against himself. Raises ``NotYours``."""
    if who in deciders(session, submission):
        raise NotYours("You had a part in this decision; somebody else answers the appeal.")


def checked(session: Session, submission: Submission, verdict: Verdict, note: str) -> None:
    """Raise ``Invalid`` naming each bad field of a verdict."""
    problems: list[FieldProblem] = []
    if not note.strip() or len(note) > LONGEST_NOTE or "\x00" in note:
        mend = f"Say why, in up to {LONGEST_NOTE} characters."
        problems.append(FieldProblem("/note", "note-form", mend))
    if verdict.judged is Judged.ACCEPT:
        policy = Rules(session, submission.registry_id).for_facts(submission.decision.facts)
        known = categories(policy) if policy else frozenset()
        rules = [one.id for one in policy.rules] if policy else []
        problems += _bad_amount(verdict, known, rules)
    elif verdict.amount is not None:
        mend = "Only a record that is accepted has an amount."
        problems.append(FieldProblem("/amount", "amount-unwanted", mend))
    if verdict.supplement is not None:
        problems += _bad_supplement(verdict.supplement)
    if problems:
        raise Invalid("The verdict cannot be given like this.", fields=problems)


def _bad_amount(
    verdict: Verdict, known: frozenset[str], rules: Sequence[str]
) -> Sequence[FieldProblem]:
    found = []
    amount = verdict.amount
    if amount is None or not 0 < amount <= _MOST_AMOUNT or amount.denominator > _MOST_PARTS:
        mend = 'Give an amount above nothing, such as "8/5".'
        found.append(FieldProblem("/amount", "amount-form", mend))
    if verdict.rule is not None and verdict.rule not in rules:
        mend = f"Choose a rule of the policy: {', '.join(rules)}." if rules else "No policy fits."
        found.append(FieldProblem("/rule", "rule-unknown", mend))
    if verdict.rule is None and verdict.category not in known:
        named = ", ".join(sorted(known))
        mend = f"Name a rule, or a category of the policy: {named}."
        found.append(FieldProblem("/category", "category-unknown", mend))
    return found


def _bad_supplement(added: Supplement) -> Sequence[FieldProblem]:
    found = []
    for name in ("tags", "competences", "languages", "issuer_tags"):
        given: tuple[str, ...] = getattr(added, name)
        if len(given) > _MOST_CODES or not all(_CODE.fullmatch(one) for one in given):
            mend = f"Give up to {_MOST_CODES} short codes."
            found.append(FieldProblem(f"/supplement/{name}", "code-form", mend))
    if len(added.delivery) > _MOST_CODES or not all(map(_CODE.fullmatch, added.delivery)):
        mend = f"Give up to {_MOST_CODES} short codes."
        found.append(FieldProblem("/supplement/delivery", "code-form", mend))
    for name, amount in added.measures.items():
        good = 0 < amount <= _MOST_AMOUNT and amount.denominator <= _MOST_PARTS
        if name not in MEASURES or not good:
            mend = f"Give an amount above nothing of one of {', '.join(MEASURES)}."
            pointer = f"/supplement/measures/{name[:50]}"
            found.append(FieldProblem(pointer, "measure-form", mend))
    texts = [one for each in added.approvals for one in (each.body, each.number)]
    if len(texts) > _MOST_CODES or not all(
        one.strip() and one.isprintable() and len(one) <= 200 for one in texts
    ):
        mend = "Give body and number of each approval."
        found.append(FieldProblem("/supplement/approvals", "approval-form", mend))
    spans = [each.span for each in added.approvals]
    if any((one.first or date.min) > (one.last or date.max) for one in spans):
        mend = "Let an approval end after it began."
        found.append(FieldProblem("/supplement/approvals", "time-order", mend))
    return found


def _open_review(session: Session, submission: Submission) -> str | None:
    return session.scalar(
        select(ReviewRow.id).where(
            ReviewRow.submission_id == submission.id,
            ReviewRow.decision_id == submission.decision.id,
            ReviewRow.state == ReviewState.PROPOSED.value,
        )
    )


def _settle(session: Session, made: Review) -> None:
    session.execute(
        update(ReviewRow)
        .where(ReviewRow.id == made.id)
        .values(
            state=made.state.value,
            settled_by=made.settled_by,
            settled_at=made.settled_at,
            settled_note=made.settled_note,
            result_id=made.result_id,
        )
    )
    if made.state is ReviewState.CONFIRMED and made.appeal_id is not None:
        session.execute(
            update(AppealRow)
            .where(AppealRow.id == made.appeal_id, AppealRow.state == "open")
            .values(
                state="upheld" if made.verdict.judged is not Judged.REJECT else "dismissed",
                answered_by=made.settled_by,
                answered_at=made.settled_at,
                answer=made.note,
                result_id=made.result_id,
            )
        )


def _note(
    session: Session, action: str, one: Review, *, who: str, at: datetime, **more: str
) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"submission:{one.submission_id}",
        organisation_id=one.registry_id,
        at=at,
        after={"review": one.id, "state": one.state.value, "result": one.result_id, **more},
    )


def _made(row: Sequence[object]) -> Review:
    given: list[Any] = list(row)  # in the order of the fields
    given[5] = ReviewState(str(given[5]))
    given[6] = verdict_from_json(given[6])
    return Review(*given)
