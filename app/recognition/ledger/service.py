"""What other packages use of the ledger: everything it can do, by one name each."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import NotFound
from app.recognition.deciding.facts import Supplement
from app.recognition.deciding.model import Outcome
from app.recognition.ledger import reading, store
from app.recognition.ledger.appealing import (
    APPEAL_DAYS,
    answer,
    appeal,
    appeal_page,
    appealable,
    appeals_of,
    get_appeal,
    looks_automatic,
    open_appeal,
)
from app.recognition.ledger.appealing import withdraw as withdraw_appeal
from app.recognition.ledger.cycles import (
    NoPolicy,
    cycle_on,
    cycle_view,
    own_policy,
    today_of,
)
from app.recognition.ledger.declaring import KINDS, MEASURES, declare
from app.recognition.ledger.model import (
    Appeal,
    AppealKind,
    AppealState,
    CapUse,
    Cause,
    Changed,
    CycleView,
    DecisionMade,
    Declared,
    Evidence,
    Judged,
    Origin,
    Review,
    ReviewState,
    Run,
    RunScope,
    RunState,
    Submission,
    Submitted,
    Verdict,
)
from app.recognition.ledger.reading import Filter, credited
from app.recognition.ledger.rerunning import dry_run
from app.recognition.ledger.reviewing import (
    confirm,
    get_review,
    review,
    review_page,
    reviews_of,
)
from app.recognition.ledger.rulings import categories
from app.recognition.ledger.running import RunChange
from app.recognition.ledger.running import cancel as cancel_run
from app.recognition.ledger.running import changes as run_changes
from app.recognition.ledger.running import get as get_run
from app.recognition.ledger.running import page as run_page
from app.recognition.ledger.running import start as rerun
from app.recognition.ledger.submitting import Desk, Incoming, submit, submit_many
from app.recognition.ledger.telling import choose_mail, get_briefs, wants_mail


def get(session: Session, registry_id: str, submission_id: str) -> Submission:
    """Raises ``NotFound``, also for another registry's."""
    found = reading.find(session, submission_id)
    if found is None or found.registry_id != registry_id:
        raise NotFound("There is no such submission.")
    return found


def of_registrant(session: Session, registrant_id: str) -> Sequence[Submission]:
    """Everything that a registrant submitted, in the order of submission."""
    return reading.of_registrant(session, registrant_id)


def page(
    session: Session,
    registry_id: str,
    *,
    wanted: Filter | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> Slice[Submission]:
    """A registry's submissions, the newest first, narrowed by what is wanted."""
    before = None if cursor is None else decode_cursor(cursor)
    found = reading.page(
        session, registry_id, wanted=wanted or Filter(), before=before, limit=limit + 1
    )
    more = len(found) > limit
    return Slice(found[:limit], encode_cursor(found[limit - 1].id) if more else None)


def count(session: Session, registry_id: str, *, wanted: Filter) -> int:
    """How many submissions there are of what is wanted."""
    return reading.count(session, registry_id, wanted=wanted)


def counts(session: Session, registry_id: str) -> Mapping[Outcome, int]:
    """How many submissions stand where."""
    return reading.counts_by_outcome(session, registry_id)


def history(session: Session, submission_id: str) -> Sequence[DecisionMade]:
    """Every decision on a submission, the first one first."""
    return reading.history(session, submission_id)


def last_decided(session: Session, registrant_ids: Collection[str]) -> Mapping[str, datetime]:
    """When something was last decided on each of these registrants; who is left out, never."""
    return reading.last_decided(session, registrant_ids)


def decision_page(
    session: Session, registry_id: str, *, cursor: str | None = None, limit: int = 100
) -> Slice[DecisionMade]:
    """Decisions as they were made, the first one first: for who follows them."""
    after = None if cursor is None else decode_cursor(cursor)
    found = reading.decision_page(session, registry_id, after=after, limit=limit + 1)
    more = len(found) > limit
    return Slice(found[:limit], encode_cursor(found[limit - 1].id) if more else None)


def record_of(session: Session, registry_id: str, submission_id: str) -> bytes | None:
    """The record as it was received; nothing for an entry by hand. Raises ``NotFound``."""
    get(session, registry_id, submission_id)
    return store.record_of(session, submission_id)


def report_of(session: Session, registry_id: str, submission_id: str) -> Mapping[str, Any] | None:
    """The verification as ``verification.saying`` tells it. Raises ``NotFound``."""
    get(session, registry_id, submission_id)
    found: Mapping[str, Any] | None = store.report_of(session, submission_id)
    return found


__all__ = [
    "APPEAL_DAYS",
    "KINDS",
    "MEASURES",
    "Appeal",
    "AppealKind",
    "AppealState",
    "CapUse",
    "Cause",
    "Changed",
    "CycleView",
    "DecisionMade",
    "Declared",
    "Desk",
    "Evidence",
    "Filter",
    "Incoming",
    "Judged",
    "NoPolicy",
    "Origin",
    "Review",
    "ReviewState",
    "Run",
    "RunChange",
    "RunScope",
    "RunState",
    "Submission",
    "Submitted",
    "Supplement",
    "Verdict",
    "answer",
    "appeal",
    "appeal_page",
    "appealable",
    "appeals_of",
    "cancel_run",
    "categories",
    "choose_mail",
    "confirm",
    "count",
    "counts",
    "credited",
    "cycle_on",
    "cycle_view",
    "decision_page",
    "declare",
    "dry_run",
    "get",
    "get_appeal",
    "get_briefs",
    "get_review",
    "get_run",
    "history",
    "last_decided",
    "looks_automatic",
    "of_registrant",
    "open_appeal",
    "own_policy",
    "page",
    "record_of",
    "report_of",
    "rerun",
    "review",
    "review_page",
    "reviews_of",
    "run_changes",
    "run_page",
    "submit",
    "submit_many",
    "today_of",
    "wants_mail",
    "withdraw_appeal",
]
