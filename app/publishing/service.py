"""Use cases of publishing, one function a verb. The caller owns the transaction.

What is refused is refused before anything was written, so that in a batch one item's fault undoes
nothing of the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import rules as catalogue_rules
from app.catalogue import service as catalogue
from app.catalogue.document import to_json
from app.catalogue.model import Issue
from app.catalogue.model import Outcome as TakenOutcome
from app.identity import audit
from app.platform.ids import new_id
from app.platform.paging import Slice, decode_cursor, encode_cursor
from app.platform.problems import DomainError, NotFound
from app.publishing import rules, store, wire
from app.publishing.model import (
    Conditions,
    Document,
    Done,
    Outcome,
    Place,
    Pushed,
    State,
    Wanted,
)
from app.publishing.rules import CourseRejected, QuotaReached

NO_CONDITIONS = Conditions()


class CourseWithdrawn(DomainError):
    """The society took the course back; pushed again it is there again."""

    code = "course-withdrawn"
    status = 410


@dataclass(slots=True)
class Allowance:
    """How many more live courses a place may have; counted when it is first asked."""

    most: int
    left: int | None = None

    def take(self, session: Session, place: Place) -> None:
        """Raises ``QuotaReached``."""
        if self.left is None:
            self.left = self.most - store.count_live(session, place)
        if self.left <= 0:
            raise QuotaReached(self.most)
        self.left -= 1

    def give_back(self) -> None:
        """One course fewer is live."""
        if self.left is not None:
            self.left += 1


@dataclass(frozen=True, slots=True)
class Push:
    """One push: where, by whom, under which conditions."""

    place: Place
    who: str
    at: datetime
    allowance: Allowance
    conditions: Conditions = NO_CONDITIONS


def get(session: Session, place: Place, remote_id: str) -> Pushed:
    """What stands. Raises ``NotFound``, or ``CourseWithdrawn`` once it was taken back."""
    return _live(store.find(session, place, remote_id))


def listing(
    session: Session, place: Place, wanted: Wanted, *, cursor: str | None, limit: int
) -> Slice[Pushed]:
    """The pushed courses, the newest first."""
    before = decode_cursor(cursor) if cursor else None
    found = store.listed(session, place, wanted, before=before, limit=limit + 1)
    more = len(found) > limit
    return Slice(found[:limit], encode_cursor(found[limit - 1].id) if more else None)


def put(session: Session, push: Push, remote_id: str, document: Document) -> Done:
    """Let the course be as the document says.

    Raises ``PreconditionFailed``, ``CourseRejected``, ``QuotaReached``.
    """
    store.lock(session, push.place)
    known = store.find(session, push.place, remote_id)
    done = put_known(session, push, known, remote_id, document)
    _note(session, push, "course.publish", known, done)
    return done


def edit(
    session: Session, push: Push, remote_id: str, change: Callable[[Document], Document]
) -> Done:
    """Change what stands. Raises what ``put``, ``get`` and ``change`` raise."""
    store.lock(session, push.place)
    known = _live(store.find(session, push.place, remote_id))
    done = put_known(session, push, known, remote_id, change(known.document))
    _note(session, push, "course.publish", known, done)
    return done


def check(
    session: Session,
    push: Push,
    remote_id: str,
    *,
    document: Document | None = None,
    change: Callable[[Document], Document] | None = None,
) -> Done:
    """What ``put`` (a document) or ``edit`` (a change) would do, with all findings; writes nothing.

    Raises ``PreconditionFailed``, and for a change what ``get`` raises.
    """
    known = store.find(session, push.place, remote_id)
    wanted = document if change is None else change(_live(known).document)
    return check_known(push, known, wanted or {})


def check_known(push: Push, known: Pushed | None, document: Document) -> Done:
    """The same of a course that was looked up already."""
    digest = rules.digest(document)
    rules.demand(push.conditions, known, digest=digest)
    checked = catalogue_rules.check(rules.untrusted(document))
    issues = rules.fewer(checked.issues)
    if checked.data is None:
        return Done(Outcome.REJECTED, known, issues)
    return Done(rules.outcome_of(known, digest=digest), known, issues)


def put_known(
    session: Session, push: Push, known: Pushed | None, remote_id: str, document: Document
) -> Done:
    """``put`` under the place's lock, of a course that was looked up already. Notes nothing."""
    digest = rules.digest(document)
    rules.demand(push.conditions, known, digest=digest)
    outcome = rules.outcome_of(known, digest=digest)
    if known is not None and outcome is Outcome.UNCHANGED:
        return Done(outcome, known, known.issues)
    if outcome is Outcome.NEW:
        push.allowance.take(session, push.place)
    try:
        course_id, issues = _taken(session, push, remote_id, document, digest=digest, known=known)
    except CourseRejected:
        if outcome is Outcome.NEW:
            push.allowance.give_back()
        raise
    made = Pushed(
        id=known.id if known else new_id(),
        remote_id=remote_id,
        course_id=course_id,
        state=State.LIVE,
        version=known.version + 1 if known else 1,
        digest=digest,
        document=document,
        title=rules.title_of(document)[:500],
        issues=issues,
        created_at=known.created_at if known else push.at,
        changed_at=push.at,
    )
    if known is None:
        store.insert_pushed(session, push.place, made)
    else:
        store.update_pushed(session, made)
    return Done(outcome, made, issues)


def withdraw(session: Session, push: Push, remote_id: str) -> Done:
    """Take the course back; doing it twice changes nothing. Raises ``NotFound``."""
    store.lock(session, push.place)
    known = store.find(session, push.place, remote_id)
    done = withdraw_known(session, push, known)
    _note(session, push, "course.withdraw", known, done)
    return done


def withdraw_known(session: Session, push: Push, known: Pushed | None) -> Done:
    """``withdraw`` under the place's lock, of a course that was looked up already."""
    if known is None:
        raise NotFound("There is no such course that you pushed.")
    if not known.live:
        return Done(Outcome.UNCHANGED, known)
    rules.demand(push.conditions, known)
    if not push.place.sandbox:
        catalogue.withdraw(
            session,
            source_id=catalogue.pushed_source(push.place.society_id),
            remote_id=known.remote_id,
            at=push.at,
        )
    made = replace(known, state=State.WITHDRAWN, version=known.version + 1, changed_at=push.at)
    store.update_pushed(session, made)
    push.allowance.give_back()
    return Done(Outcome.WITHDRAWN, made)


def check_withdrawal(push: Push, known: Pushed | None) -> Done:
    """What ``withdraw_known`` would do. Raises what it raises."""
    if known is None:
        raise NotFound("There is no such course that you pushed.")
    if not known.live:
        return Done(Outcome.UNCHANGED, known)
    rules.demand(push.conditions, known)
    return Done(Outcome.WITHDRAWN, known)


def empty_sandbox(session: Session, society_id: str, *, who: str, at: datetime) -> int:
    """Forget everything that the society tried out; says how many courses."""
    place = Place(society_id, sandbox=True)
    store.lock(session, place)
    count = store.delete_all(session, place)
    if count:
        audit.record(
            session, who=who, action="sandbox.empty", subject=f"organisation:{society_id}", at=at,
            before={"courses": count}, after={"courses": 0},
        )  # fmt: skip
    return count


def with_run(run_id: str, run: Document) -> Callable[[Document], Document]:
    """A change: this run in its place among the course's runs, or behind them."""

    def change(document: Document) -> Document:
        new = {**run, "id": run_id}
        runs = list(document.get("runs", []))
        places = [number for number, one in enumerate(runs) if one.get("id") == run_id]
        if places:
            runs[places[0]] = new
        else:
            runs.append(new)
        return wire.course({**document, "runs": runs})

    return change


def without_run(run_id: str) -> Callable[[Document], Document]:
    """A change: the course's runs but this one. Raises ``NotFound``."""

    def change(document: Document) -> Document:
        runs = [one for one in document.get("runs", []) if one.get("id") != run_id]
        if len(runs) == len(document.get("runs", [])):
            raise NotFound("The course has no such run.")
        return wire.course({**document, "runs": runs})

    return change


def replaced(**parts: Any) -> Callable[[Document], Document]:
    """A change: these fields as given, the others as they are."""
    return lambda document: wire.course({**document, **parts})


def has_run(document: Document, run_id: str) -> bool:
    return any(one.get("id") == run_id for one in document.get("runs", []))


def society_place(session: Session, society_id: str, *, sandbox: bool) -> Place:
    """Where the society's courses go. Raises ``NotFound`` where there is no such society."""
    return Place(catalogue.get_society(session, society_id).id, sandbox)


def normalised(pushed: Pushed) -> tuple[Mapping[str, Any], tuple[Issue, ...]]:
    """The course in the catalogue's own form, and its issues, as the check finds them today."""
    checked = catalogue_rules.check(rules.untrusted(pushed.document))
    data = {} if checked.data is None else to_json(checked.data)
    return data, rules.fewer(checked.issues)


def _live(known: Pushed | None) -> Pushed:
    if known is None:
        raise NotFound("There is no such course that you pushed.")
    if not known.live:
        raise CourseWithdrawn("The course was withdrawn; PUT it to offer it again.")
    return known


def _taken(
    session: Session, push: Push, remote_id: str, document: Document, *, digest: str,
    known: Pushed | None,
) -> tuple[str, tuple[Issue, ...]]:  # fmt: skip
    """Bring the course into the catalogue; gives its id there and its issues.

    A sandbox makes up an id and keeps the course from everybody. Raises ``CourseRejected``, and
    has written nothing then.
    """
    if push.place.sandbox:
        checked = catalogue_rules.check(rules.untrusted(document))
        issues = rules.fewer(checked.issues)
        if checked.data is None:
            raise CourseRejected(issues)
        return known.course_id if known else new_id(), issues
    society_id = push.place.society_id
    taken = catalogue.take(
        session,
        rules.untrusted(document),
        society_id=society_id,
        source_id=catalogue.pushed_source(society_id),
        remote_id=remote_id,
        digest=digest,
        at=push.at,
        pushed=True,
    )
    issues = rules.fewer(taken.issues)
    if taken.course_id is None or taken.outcome is TakenOutcome.REJECTED:
        raise CourseRejected(issues)
    return taken.course_id, issues


def _note(session: Session, push: Push, action: str, known: Pushed | None, done: Done) -> None:
    """Tell the audit trail of a change."""
    if done.outcome is Outcome.UNCHANGED or done.pushed is None:
        return
    audit.record(
        session,
        who=push.who,
        action=action,
        subject=f"course:{done.pushed.course_id}",
        at=push.at,
        organisation_id=push.place.society_id,
        before=_told(push, known) if known else None,
        after=_told(push, done.pushed),
    )


def _told(push: Push, pushed: Pushed) -> dict[str, Any]:
    told = {
        "society": push.place.society_id,
        "remote_id": pushed.remote_id,
        "state": str(pushed.state),
        "version": pushed.version,
    }
    return {**told, "sandbox": True} if push.place.sandbox else told
