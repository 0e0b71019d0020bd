"""Taking items of a source: check each, recognise its course, merge, tell the others.

1. An item with the digest it had last time is left as it is: nothing is written.
2. An item that fails the check changes nothing; the last good version of it stays.
3. A source record keeps its course; only a new one is matched.
4. Merge; the outbox is told only if the merged course differs.

The result is that of taking one item after another. New ones that follow one another are looked up
and written together, since a page of a first harvest holds nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED, document, doubts, matching, rules, store, upkeep
from app.catalogue.matching import Candidate
from app.catalogue.model import CourseData, Issue, NewItem, Origin, Outcome, Status, Taken
from app.catalogue.naming import service as naming
from app.catalogue.reviewing import contested
from app.platform.ids import new_id
from app.platform.outbox import publish


@dataclass(frozen=True, slots=True)
class _Good:
    """An item that passed the check and differs from what is known of it."""

    item: NewItem
    data: CourseData
    issues: tuple[Issue, ...]
    keys: tuple[str, ...]


def take(
    session: Session, items: Sequence[NewItem], *, origin: Origin, at: datetime
) -> list[Taken]:
    """Take the items, in their order; gives what became of each. Each has an id of its own."""
    ids = [item.remote_id for item in items]
    if len(set(ids)) != len(ids):
        raise ValueError("two items of one id cannot be taken together")
    known = store.records(session, source_id=origin.source_id, remote_ids=ids)
    judged = [_judge(session, item, known.get(item.remote_id), origin) for item in items]
    if any(isinstance(one, _Good) for one in judged):
        store.lock_matching(session)
    taken: dict[str, Taken] = {}
    new: list[_Good] = []
    passed: list[tuple[str, int]] = []

    def enter() -> None:
        nonlocal known
        made, parted = _enter(session, new, origin=origin, at=at)
        taken.update(made)
        if parted is not None:  # records that were there before may be of another course now
            known = store.records(session, source_id=origin.source_id, remote_ids=ids)
            for one, before in passed:
                if one in known and before > parted:
                    taken[one] = replace(taken[one], course_id=known[one].course_id)
        new.clear()
        passed.clear()

    for item, one in zip(items, judged, strict=True):
        if isinstance(one, Taken):
            taken[item.remote_id] = one
            passed.append((item.remote_id, len(new)))
        elif item.remote_id not in known:
            new.append(one)
        else:  # what is looked up for new ones may depend on it
            enter()
            record = known[item.remote_id]
            taken[item.remote_id] = _renew(session, record, one, origin=origin, at=at)
    enter()
    return [taken[one] for one in ids]


def _judge(
    session: Session, item: NewItem, known: store.Known | None, origin: Origin
) -> Taken | _Good:
    # 1
    live = known is not None and known.status == Status.ACTIVE
    if known and live and (known.digest, known.normaliser) == (item.digest, rules.NORMALISER):
        return Taken(Outcome.UNCHANGED, known.course_id, as_before=True)
    # 2
    checked = rules.check(item.untrusted)
    if checked.data is None:
        return Taken(Outcome.REJECTED, known.course_id if known else None, checked.issues)
    # 3
    keys = matching.keys(checked.data, society_id=_whose(session, checked.data, origin))
    return _Good(item, checked.data, checked.issues, keys)


def _whose(session: Session, data: CourseData, origin: Origin) -> str:
    """Whose course it is among those of one title: the provider's, where that is known here.

    What a society pushes is its own, whomever it names.
    """
    if origin.pushed or data.provider is None:
        return origin.society_id
    return naming.book(session).society(data.provider) or origin.society_id


def _in_doubt(session: Session, data: CourseData, origin: Origin, course_id: str) -> bool:
    """Whether a record that has no more than the title of a course says something else than it."""
    return any(
        doubts.differ(data, part.data, one_society=part.society_id == origin.society_id)
        for part, _ in store.parts(session, course_id)
    )


def _columns(good: _Good, origin: Origin, *, at: datetime) -> dict[str, Any]:
    return {
        "society_id": origin.society_id,
        "pushed": origin.pushed,
        "digest": good.item.digest,
        "normaliser": rules.NORMALISER,
        "data": document.to_json(good.data),
        "changed_at": at,
    }


def _renew(
    session: Session, known: store.Known, good: _Good, *, origin: Origin, at: datetime
) -> Taken:
    """A source record that was there before."""
    columns = _columns(good, origin, at=at)
    store.update_record(session, known.id, status=str(Status.ACTIVE), search_due=True, **columns)
    store.replace_keys(session, known.id, good.keys)
    # 4
    changed = upkeep.refresh(session, known.course_id, at=at)
    outcome = Outcome.CHANGED if changed else Outcome.UNCHANGED
    return Taken(outcome, known.course_id, good.issues)


def _enter(
    session: Session, new: Sequence[_Good], *, origin: Origin, at: datetime
) -> tuple[dict[str, Taken], int | None]:
    """Source records that are new, and the courses with them that are new too.

    Gives as well which of them was the first that parted what had been joined, if one did.
    """
    evidence = _Evidence(session, new, origin)
    rows, taken = store.NewRows(), {}
    told: list[str] = []
    parted: int | None = None

    def write() -> None:
        store.write(session, rows)
        publish(session, COURSE_CHANGED, told, at=at)
        told.clear()

    for number, good in enumerate(new):
        record = {
            "id": new_id(), "source_id": origin.source_id, "remote_id": good.item.remote_id,
            "created_at": at, **_columns(good, origin, at=at),
        }  # fmt: skip
        in_doubt = partial(_in_doubt, session, good.data, origin)
        course_id = matching.choose(good.keys, evidence.for_keys(good.keys), in_doubt=in_doubt)
        contended = () if course_id is not None else evidence.contended(good.keys)
        known = course_id is not None
        if known or contended:
            write()
        if contended and _part(session, contended, good.keys, origin, at=at):
            evidence = _Evidence(session, new[number:], origin)
            parted = number if parted is None else parted
        if course_id is None:
            course_id = upkeep.new_course(rows, record, good.data, at=at)
            told.append(course_id)
        record["data"] = document.as_text(record["data"])
        rows.add_record(good.keys, course_id=course_id, **record)
        if known:
            store.write(session, rows)
            upkeep.refresh(session, course_id, at=at)
        evidence.add(good.keys, course_id)
        taken[good.item.remote_id] = Taken(Outcome.NEW, course_id, good.issues)
    write()
    return taken, parted


def _part(
    session: Session, course_ids: Sequence[str], keys: Sequence[str], origin: Origin, *,
    at: datetime,
) -> bool:  # fmt: skip
    """Take back what was joined by a key that two items of this source turn out to share."""
    parted = [
        contested.part(session, one, void=keys, source_id=origin.source_id, at=at)
        for one in course_ids
    ]
    return any(parted)


class _Evidence:
    """Which courses share a key with new records: those of the database and of these records."""

    def __init__(self, session: Session, new: Sequence[_Good], origin: Origin) -> None:
        self._courses: dict[str, set[str]] = {}
        self._of_this_source: set[str] = set()
        keys = {key for good in new for key in good.keys}
        for one in store.candidates(session, keys, origin=origin) if keys else ():
            self._courses.setdefault(one.key, set()).add(one.course_id)
            if one.same_source:
                self._of_this_source.add(one.course_id)

    def for_keys(self, keys: Sequence[str]) -> list[Candidate]:
        return [
            Candidate(key, course_id, course_id in self._of_this_source)
            for key in keys
            for course_id in self._courses.get(key, ())
        ]

    def add(self, keys: Sequence[str], course_id: str) -> None:
        """A record of this source, with these keys, is now one of the course's."""
        self._of_this_source.add(course_id)
        for key in keys:
            self._courses.setdefault(key, set()).add(course_id)

    def contended(self, keys: Sequence[str]) -> tuple[str, ...]:
        """The courses that a key pointed to as long as no other item of this source had it."""
        found = [
            next(iter(courses))
            for key in keys
            if not key.startswith("id:")
            and len(courses := self._courses.get(key, set())) == 1
            and courses <= self._of_this_source
        ]
        return tuple(dict.fromkeys(found))
