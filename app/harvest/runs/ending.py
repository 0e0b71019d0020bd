"""How a run ends: swept, held, failed, put back, or with nothing kept but its report."""

from collections.abc import Sequence

import structlog
from sqlalchemy.orm import Session

from app.harvest import rules, store, sweep
from app.harvest.model import Counters, Failure, ItemIssue, Run, RunState
from app.harvest.rules import Listing
from app.harvest.runs import store as runs
from app.harvest.runs.begin import close, lock_source
from app.harvest.runs.conditional import Validators, reading
from app.harvest.runs.trial import Trial
from app.harvest.runs.work import Work, keep_notes
from app.harvest.tables import RunRow

logger = structlog.get_logger(__name__)


def end(work: Work) -> Run:
    """The list has ended: sweep, or hold; then set the source's cursor for the next run."""
    if work.trial is not None:
        return _end_trial(work, work.trial)
    at = work.now()
    with work.database.write() as session:
        row = _locked(session, work)
        reasons = sweep.hold_or_sweep(session, row, at=at) if work.mode.lists else ()
        if work.mode.lists:
            runs.update_source(session, row.source_id, cursor=row.cursor)
        if reasons:
            told = f"Nothing was withdrawn: {'; '.join(reasons)}. Release the run or refuse it."
            close(session, row, RunState.HELD, at=at, message=told)
        else:
            close(session, row, end_state(session, row), at=at, message=None)
            _keep_validators(session, row, work)
        return runs.as_run(row)


def end_state(session: Session, row: RunRow) -> RunState:
    """Done, or done with something to look at; a list that does not add up is noted."""
    notes = _notes(sweep.listing(session, row))
    keep_notes(
        session,
        row,
        [ItemIssue(row.id, None, "warning", *one, None, None) for one in notes],
    )
    return RunState.DONE_WITH_ERRORS if notes or row.rejected else RunState.DONE


def _notes(known: Listing) -> list[tuple[str, str, str]]:
    """Code, path and message of what a list's end says of it."""
    notes: list[tuple[str, str, str]] = []
    if not rules.adds_up(known):
        told = f"The source speaks of {known.expected} items and listed {known.seen}."
        notes.append(("W-COUNT-MISMATCH", "", told))
    if known.from_beginning and not known.complete:
        notes.append(("W-LIST-OPEN", "", "The source did not say that its list had ended."))
    return notes


def _end_trial(work: Work, trial: Trial) -> Run:
    """Keep the report, and what a harvest would have done in the end."""
    with work.database.write() as session:
        row = _locked(session, work)
        live = list(store.live_hashes(session, row.source_id))
        vanishing = sum(one not in trial.seen for one in live)
        known = sweep.described(row, known_before=len(live), vanishing=vanishing)
        told: Sequence[str] = ()
        notes: list[tuple[str, str, str]] = []
        if not trial.was_cut:
            notes = _notes(known)
            if rules.may_sweep(known):
                row.vanishing, told = vanishing, rules.brake(known)
        trial.note_once(ItemIssue(row.id, None, "warning", *one, None, None) for one in notes)
        row.report = trial.report()
        state = RunState.DONE_WITH_ERRORS if notes or row.rejected else RunState.DONE
        message = f"A harvest would be held: {'; '.join(told)}." if told else None
        close(session, row, state, at=work.now(), message=message, quietly=True)
        return runs.as_run(row)


def end_unchanged(work: Work) -> Run:
    """The source's file is the one of the last run: everything stands as it was."""
    with work.database.write() as session:
        row = _locked(session, work)
        answer = runs.answer(session, row.source_id)
        last = runs.run_row(session, answer.run_id) if answer else None
        if answer is None or last is None:
            row.failure = Failure.FAULT
            told = "The source calls its file unchanged, and nothing is known of that file."
            close(session, row, RunState.FAILED, at=work.now(), message=told)
            return runs.as_run(row)
        before = runs.counters(last)
        unchanged = before.new + before.changed + before.unchanged
        runs.set_counters(
            row,
            Counters(
                seen=before.seen, unchanged=unchanged, rejected=before.rejected,
                tombstone=before.tombstone, repeated=before.repeated,
            ),
        )  # fmt: skip
        row.expected, row.deletions, row.complete = last.expected, last.deletions, True
        state = RunState.DONE_WITH_ERRORS if before.rejected else RunState.DONE
        told = "The source says that its file is the one that was read last time."
        close(session, row, state, at=work.now(), message=told)
        answer.run_id = row.id
        return runs.as_run(row)


def fail(work: Work, failure: Failure, message: str) -> Run:
    """Stop with a reason; the cursor is kept."""
    with work.database.write() as session:
        row = _locked(session, work)
        row.failure = failure
        told = message.replace("\x00", "")[:2000]
        quietly = work.trial is not None
        close(session, row, RunState.FAILED, at=work.now(), message=told, quietly=quietly)
        logger.warning("run stopped", source=row.source_id, run=row.id, failure=failure)
        return runs.as_run(row)


def put_back(work: Work) -> Run:
    """Let others go on with the run from where it stands."""
    with work.database.write() as session:
        row = _locked(session, work)
        row.state, row.lease, row.heartbeat_at = RunState.QUEUED, None, work.now()
        return runs.as_run(row)


def _locked(session: Session, work: Work) -> RunRow:
    runs.end_when_idle(session)
    lock_source(session, work.source.id)
    return work.own(session, lock=True)


def _keep_validators(session: Session, row: RunRow, work: Work) -> None:
    """Remember which version of its file the source's items come from, if that is known."""
    asking = work.asking
    whole = row.from_beginning and row.complete
    if not work.mode.lists:
        return
    runs.forget_answer(session, row.source_id)
    known: Validators | None = asking.only if asking and whole else None
    if known is None or _notes(sweep.listing(session, row)):
        return
    runs.set_answer(session, row, known, reading=reading(work.source, work.tools.registry))
