"""One page's items into the catalogue, inside the page's transaction.

Idempotent: an item that comes again as it was leaves everything as it was, save the mark that this
run has seen it. Every item of a page is counted exactly once (``model.Counters``).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.catalogue.model import Issue, NewItem, Origin, Severity
from app.harvest import rules, store
from app.harvest.model import ItemIssue, ItemOutcome, ItemState, Source
from app.harvest.reading import Reading, mapped, storable
from app.harvest.store import Kept
from connectors.contract import Connector, Rejected, Tombstone, Upsert

_GOOD = frozenset({ItemOutcome.NEW, ItemOutcome.CHANGED, ItemOutcome.UNCHANGED})
_AT_ONCE = 500
"""Items looked up together; a page may hold more than a query can name."""


@dataclass(frozen=True, slots=True)
class Task:
    """What an item is taken for."""

    source: Source
    run_id: str
    pass_no: int
    connector: Connector
    read_with: str
    """What items are read with (``conditional.reading``): one that is the same, and was read with
    the same before, comes to the same."""
    anew: bool = False
    """Whether it is mapped and checked again all the same."""


@dataclass(frozen=True, slots=True)
class _Item:
    """One item, and what is known of it from before."""

    key: str
    reading: Reading
    given: Upsert | Tombstone | Rejected
    before: Kept | None

    @property
    def is_as_before(self) -> bool:
        before = self.before
        return (
            before is not None
            and before.sha256 == self.reading.sha256
            and before.state == ItemState.LIVE
            and before.outcome in _GOOD
        )


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of one item. ``issues`` is ``None`` when the known ones still stand."""

    outcome: ItemOutcome
    course_id: str | None
    issues: tuple[Issue, ...] | None
    withdrawn: bool = False


def take_page(
    session: Session,
    items: Sequence[Upsert | Tombstone | Rejected],
    *,
    task: Task,
    at: datetime,
) -> dict[str, int]:
    """Take every item; gives what is to be added to the run's counters."""
    tally: Counter[str] = Counter(pages=1)
    for start in range(0, len(items), _AT_ONCE):
        _take_some(session, items[start : start + _AT_ONCE], tally, task=task, at=at)
    return dict(tally)


def _take_some(
    session: Session,
    given: Sequence[Upsert | Tombstone | Rejected],
    tally: Counter[str],
    *,
    task: Task,
    at: datetime,
) -> None:
    readings = [storable(one, read_with=task.read_with) for one in given]
    keys = [store.remote_hash(one.remote_id) for one in readings]
    known = store.items(session, task.source.id, keys)
    held = {
        key: row.sha256
        for key, row in known.items()
        if (row.seen_run_id, row.seen_pass) == (task.run_id, task.pass_no)
    }
    fresh: list[_Item] = []
    other: list[_Item] = []
    for key, reading, one in zip(keys, readings, given, strict=True):
        item = _Item(key, reading, one, known.get(key))
        if key not in held:
            held[key] = reading.sha256
            fresh.append(item)
            continue
        tally["repeated"] += 1
        if held[key] != reading.sha256:
            other.append(item)
    done = _take(session, fresh, task=task, at=at)
    writing = _Writing(session, task, at)
    for item, became in zip(fresh, done, strict=True):
        _count(tally, became, row=item.before, run_id=task.run_id)
        writing.mark(item, became)
    writing.write()
    _set_issues(session, task, fresh, done, other)


def _take(session: Session, items: Sequence[_Item], *, task: Task, at: datetime) -> list[_Done]:
    """What becomes of the items, in their order; those that need no other are taken together."""
    origin = Origin(task.source.society_id, task.source.id)
    standing = _standing(session, items, task)
    done: dict[str, _Done] = {}
    waiting: list[_Item] = []

    def take_waiting() -> None:
        new = [NewItem(one.reading.remote_id, one.reading.draft or {}, one.reading.digest)
               for one in waiting]  # fmt: skip
        taken = catalogue.take_many(session, new, origin=origin, at=at) if new else []
        for item, one in zip(waiting, taken, strict=True):
            told = item.before is not None and item.before.outcome != ItemOutcome.REJECTED
            issues = None if one.as_before and told else one.issues
            done[item.key] = _Done(ItemOutcome(one.outcome), one.course_id, issues)
        waiting.clear()

    for given in items:
        if course_id := standing.get(given.reading.remote_id):
            done[given.key] = _Done(ItemOutcome.UNCHANGED, course_id, None)
            continue
        reading = mapped(given.reading, given.given, task.connector)
        item = _Item(given.key, reading, given.given, given.before)
        if item.reading.draft is not None:
            waiting.append(item)
            continue
        take_waiting()  # it may be that they are recognised by what is gone now
        done[item.key] = _without_course(session, item, source_id=task.source.id, at=at)
    take_waiting()
    return [done[item.key] for item in items]


def _standing(session: Session, items: Sequence[_Item], task: Task) -> dict[str, str]:
    """The courses of items that need not be mapped, since the catalogue has them as they are."""
    if task.anew:
        return {}
    ids = [item.reading.remote_id for item in items if item.is_as_before]
    return catalogue.standing(session, source_id=task.source.id, remote_ids=ids) if ids else {}


def _without_course(session: Session, item: _Item, *, source_id: str, at: datetime) -> _Done:
    """What is gone, or cannot be read."""
    reading, course_id = item.reading, item.before.course_id if item.before else None
    if not reading.gone:
        problem = (reading.problem,) if reading.problem else ()
        return _Done(ItemOutcome.REJECTED, course_id, problem)
    gone = catalogue.withdraw(session, source_id=source_id, remote_id=reading.remote_id, at=at)
    return _Done(ItemOutcome.TOMBSTONE, course_id, (), withdrawn=gone)


def _count(tally: Counter[str], done: _Done, *, row: Kept | None, run_id: str) -> None:
    outcome = done.outcome
    if row and row.seen_run_id == run_id:  # an earlier pass of this run has counted it
        before = ItemOutcome(row.outcome)
        tally[before] -= 1
        outcome = rules.combined(before, outcome)
    else:
        tally["seen"] += 1
    tally[outcome] += 1
    tally["withdrawn"] += done.withdrawn
    if done.outcome in {ItemOutcome.NEW, ItemOutcome.CHANGED} and done.issues:
        tally["warned"] += 1


@dataclass(slots=True)
class _Writing:
    """A page's raw items, and that this run has seen them: what is alike is written at once."""

    session: Session
    task: Task
    at: datetime
    new: list[dict[str, Any]] = field(default_factory=list)
    differing: list[dict[str, Any]] = field(default_factory=list)
    seen: dict[str, list[str]] = field(default_factory=dict)
    """By outcome: those of which nothing else has changed."""

    def mark(self, item: _Item, done: _Done) -> None:
        """Keep the raw item, and that this run has seen it."""
        reading, before = item.reading, item.before
        columns: dict[str, Any] = {
            "state": str(_state(before, done.outcome)),
            "unread": reading.unread,
            "outcome": str(self._outcome(before, done.outcome)),
            "course_id": done.course_id,
            "seen_run_id": self.task.run_id,
            "seen_pass": self.task.pass_no,
        }
        if before is None or before.sha256 != reading.sha256:
            columns |= {"raw": reading.raw, "sha256": reading.sha256, "changed_at": self.at}
        key = {"source_id": self.task.source.id, "remote_hash": item.key}
        if before is None:
            first = {"remote_id": reading.remote_id, "first_run_id": self.task.run_id}
            self.new.append({**key, **first, **columns})
        elif "raw" not in columns and all(
            getattr(before, name) == columns[name] for name in ("state", "course_id", "unread")
        ):
            self.seen.setdefault(columns["outcome"], []).append(item.key)
        else:
            self.differing.append({**key, **columns})

    def _outcome(self, before: Kept | None, outcome: ItemOutcome) -> ItemOutcome:
        if before and before.seen_run_id == self.task.run_id:
            return rules.combined(ItemOutcome(before.outcome), outcome)
        return outcome

    def write(self) -> None:
        store.insert_items(self.session, self.new)
        for one in self.differing:
            store.update_item(self.session, **one)
        for outcome, keys in self.seen.items():
            store.mark_seen(
                self.session, self.task.source.id, keys, outcome=outcome,
                run_id=self.task.run_id, pass_no=self.task.pass_no,
            )  # fmt: skip


def _state(before: Kept | None, outcome: ItemOutcome) -> ItemState:
    if outcome is ItemOutcome.TOMBSTONE:
        return ItemState.WITHDRAWN
    if outcome is ItemOutcome.REJECTED and not (before and before.state == ItemState.LIVE):
        return ItemState.REJECTED
    return ItemState.LIVE


def _set_issues(
    session: Session,
    task: Task,
    items: Sequence[_Item],
    done: Sequence[_Done],
    repeated: Sequence[_Item],
) -> None:
    """Let what was found be the items' open issues; nothing is written when they are so already."""
    differ = [(item, one) for item, one in zip(items, done, strict=True) if one.issues is not None]
    asked = {item.key for item, _ in differ if item.before} | {
        item.key for item in repeated if item.before
    }
    standing = store.open_issues(session, task.source.id, asked) if asked else {}
    found = {item.key: _told(task, item, one.issues or ()) for item, one in differ}
    for item in repeated:
        so_far = found.get(item.key, standing.get(item.key, []))
        kept = [one for one in so_far if one.code != "W-DUP-ID"]
        found[item.key] = [*_told(task, item, _kept(kept)), *_told(task, item, (_repeated(),))]
    new = {
        key: told
        for key, told in found.items()
        if [_shown(one) for one in told] != [_shown(one) for one in standing.get(key, ())]
    }
    if gone := new.keys() & standing.keys():
        store.close_issues(session, task.source.id, gone)
    store.insert_issues(session, task.source.id, [one for told in new.values() for one in told])


def _kept(issues: Sequence[ItemIssue]) -> tuple[Issue, ...]:
    return tuple(
        Issue(one.code, Severity(one.severity), one.path, one.message, one.value, one.hint)
        for one in issues
    )


def _repeated() -> Issue:
    return Issue(
        code="W-DUP-ID",
        severity=Severity.WARNING,
        path="",
        message="The source lists several items under this id; the first one counts.",
        hint="Give every item an id of its own.",
    )


def _told(task: Task, item: _Item, found: Sequence[Issue]) -> list[ItemIssue]:
    return [
        ItemIssue(
            task.run_id, item.reading.remote_id, str(one.severity), one.code, one.path, one.message,
            one.value, one.hint,
        )
        for one in found
    ]  # fmt: skip


def _shown(issue: ItemIssue) -> tuple[str | None, ...]:
    return (issue.severity, issue.code, issue.path, issue.message, issue.value, issue.hint)
