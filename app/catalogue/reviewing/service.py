"""Use cases of reviewing: accept a pair, never again, split, lift. The caller owns the transaction.

Every decision is a row and is noted in the audit trail of each society that it touches. ``within``
is the society for which an editor decides; a pair that touches anything of another society's is
not for that editor. Who runs the node decides without it, and alone may join what two societies
said where one of them pushed it (``catalogue.matching``).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import store as catalogue
from app.catalogue import texts
from app.catalogue.reviewing import joining, links, pairs, store
from app.catalogue.reviewing.model import Decision, Found, Kind, Record, Suggestion, Verdict
from app.identity import audit
from app.platform.ids import new_id
from app.platform.paging import decode_cursor
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound

LONGEST_NOTE = 1000
MOST_RECORDS = 100
"""Source records of one course that a decision may be about."""
_BY_HAND = "person"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two source records, and all that their courses are made of."""

    left: Record
    right: Record
    lefts: Sequence[str]
    rights: Sequence[str]
    societies: frozenset[str]


@dataclass(frozen=True, slots=True)
class Word:
    """Who decides, when and why."""

    by: str
    at: datetime
    note: str = ""
    within: str | None = None


def accept(
    session: Session,
    found: Found,
    word: Word,
    *,
    keep: str | None = None,
    original: str | None = None,
) -> Decision:
    """Merge a pair's courses, or link them where they are one course in two languages.

    Of two courses the older one keeps its id, unless ``keep`` names the other. ``original`` names
    the record of the course that the other one was translated from. Raises ``Conflict`` where a
    person said that they are never one.
    """
    catalogue.lock_matching(session)
    pair = get_pair(session, found.record_a, found.record_b, within=word.within)
    _refuse_if_decided(session, pair)
    if found.kind is Kind.TRANSLATION:
        return _link(session, pair, found, word, original=original)
    courses = (pair.left.course_id, pair.right.course_id)
    kept = keep or store.oldest(session, courses)
    if kept not in courses:
        problem = FieldProblem("/keep", "not-of-the-pair", "Name one of the pair's two courses.")
        raise Invalid("That course is not one of the two.", fields=[problem])
    gone = courses[1] if kept == courses[0] else courses[0]
    store.drop_suggestions(session, pair.lefts, pair.rights)
    moved = joining.join(session, keep=kept, gone=gone, at=word.at)
    made = _decide(
        session, found, word, Verdict.SAME, kept_course=kept, gone_course=gone, moved=tuple(moved)
    )
    _note(session, "match.accept", made, pair.societies, word, after={"kept": kept, "gone": gone})
    return made


def _link(
    session: Session, pair: Pair, found: Found, word: Word, *, original: str | None
) -> Decision:
    if original not in {None, pair.left.id, pair.right.id}:
        problem = FieldProblem("/original", "not-of-the-pair", "Name one of the two records.")
        raise Invalid("That record is not one of the two.", fields=[problem])
    courses = [pair.left.course_id, pair.right.course_id]
    if len(links.group_of(session, courses[0])[0] | links.group_of(session, courses[1])[0]) > (
        links.MOST
    ):
        raise Conflict(f"No course has more than {links.MOST} translations.")
    store.drop_suggestions(session, pair.lefts, pair.rights)
    made = _decide(session, found, word, Verdict.TRANSLATION, original=original)
    links.refresh(session, courses, at=word.at)
    _note(session, "match.link", made, pair.societies, word, after={"courses": courses})
    return made


def never(session: Session, found: Found, word: Word) -> Decision:
    """Remember that the two are not one course, so that nobody is asked and nothing joins them."""
    catalogue.lock_matching(session)
    pair = get_pair(session, found.record_a, found.record_b, within=word.within)
    if pair.left.course_id == pair.right.course_id:
        raise Conflict("They are one course now; split it to say that they are not.")
    store.drop_suggestions(session, pair.lefts, pair.rights)
    known = store.between(session, [found.record_a], [found.record_b], Verdict.NEVER)
    if known:
        return known[0]
    made = _decide(session, found, word, Verdict.NEVER)
    _note(session, "match.never", made, pair.societies, word)
    return made


def split(session: Session, record_id: str, word: Word) -> str:
    """Take a source record out of its course, for good; gives the course that it is now.

    Also where it came there by itself: the record stays what it is from harvest to harvest, and
    that it is none of the others is remembered.
    """
    catalogue.lock_matching(session)
    record = get_record(session, record_id)
    rest = [one for one in store.records_of(session, record.course_id) if one != record_id]
    if not rest:
        raise Conflict("The course has no other source record, so there is nothing to split.")
    societies = _societies(session, [record_id, *rest])
    _within(societies, word.within)
    if len(rest) > MOST_RECORDS:
        raise Conflict(f"A course of more than {MOST_RECORDS} source records cannot be split.")
    merges = [
        one
        for one in store.standing(session, [record_id])
        if one.verdict is Verdict.SAME and {one.record_a, one.record_b} <= {record_id, *rest}
    ]
    store.lift(session, [one.id for one in merges], by=word.by, at=word.at)
    came_from = store.came_from(session, record_id, now_in=record.course_id)
    made = joining.part(session, [record_id], back_to=came_from, at=word.at)
    for other in rest:
        a, b = sorted((record_id, other))
        rule = Found(a, b, Kind.SAME, 0, ("split",))
        decided = _decide(session, rule, word, Verdict.NEVER)
    _note(
        session, "match.split", decided, societies, word,
        before={"course": record.course_id}, after={"course": made, "record": record_id},
    )  # fmt: skip
    return made


def lift(session: Session, decision_id: str, word: Word) -> Decision:
    """Undo a decision: part what it merged, unlink what it linked, ask again about the pair."""
    catalogue.lock_matching(session)
    known = store.decision(session, decision_id)
    if known is None:
        raise NotFound(f"There is no decision {decision_id}.")
    if known.lifted_at is not None:
        raise Conflict("This decision was lifted already.")
    records = store.records(session, [known.record_a, known.record_b])
    courses = {one.course_id for one in records.values()}
    together = [one for course in courses for one in store.records_of(session, course)]
    societies = _societies(session, together)
    _within(societies, word.within)
    store.lift(session, [decision_id], by=word.by, at=word.at)
    if known.verdict is Verdict.SAME:
        _part_again(session, known, at=word.at)
    elif known.verdict is Verdict.TRANSLATION:
        links.refresh(session, courses, at=word.at)
    store.look_again(session, [known.record_a, known.record_b])
    _note(session, "match.lift", known, societies, word, before={"verdict": str(known.verdict)})
    return known


def _part_again(session: Session, known: Decision, *, at: datetime) -> None:
    """The records that a merge moved go back, those that are still where it put them."""
    where = store.records(session, [*known.moved, known.record_a, known.record_b])
    side = {known.record_a, known.record_b} - set(known.moved)
    here = {where[one].course_id for one in side if one in where}
    still = [one for one in known.moved if one in where and where[one].course_id in here]
    if still:
        joining.part(session, still, back_to=known.gone_course, at=at)


def found_of(suggestion: Suggestion) -> Found:
    """A pair of the queue as something to decide on."""
    return Found(
        suggestion.record_a, suggestion.record_b, suggestion.kind, suggestion.score,
        suggestion.evidence,
    )  # fmt: skip


def get_suggestion(session: Session, suggestion_id: str) -> Suggestion:
    """A pair of the queue. Raises ``NotFound``, also where somebody has decided already."""
    found = pairs.get(session, suggestion_id)
    if found is None:
        raise NotFound("There is no such pair in the queue; somebody may have decided already.")
    return found


def place_of(cursor: str) -> tuple[int, str]:
    """The score and id that a cursor of the queue stands for. Raises ``Invalid``."""
    score, _, last = decode_cursor(cursor).partition(".")
    if not score.isascii() or not score.isdigit() or len(score) > 3 or not last:
        raise Invalid(
            "The cursor is not one that this node gave out; start again without it.",
            fields=[FieldProblem("cursor", "cursor-invalid", "Leave it out to start again.")],
        )
    return int(score), last


def get_record(session: Session, record_id: str) -> Record:
    """Raises ``NotFound``."""
    found = store.records(session, [record_id]).get(record_id)
    if found is None:
        raise NotFound(f"There is no source record {record_id}.")
    return found


def get_pair(session: Session, a: str, b: str, *, within: str | None) -> Pair:
    """Two records with their courses. Raises ``NotFound``, also where the pair is not one's own."""
    found = store.records(session, [a, b])
    if len(found) < 2:
        raise NotFound("There is no such pair of source records.")
    left, right = found[a], found[b]
    lefts = store.records_of(session, left.course_id)
    rights = store.records_of(session, right.course_id)
    societies = _societies(session, [*lefts, *rights])
    _within(societies, within)
    return Pair(left, right, lefts, rights, societies)


def _refuse_if_decided(session: Session, pair: Pair) -> None:
    if pair.left.course_id == pair.right.course_id:
        raise Conflict("They are one course already.")
    if store.between(session, pair.lefts, pair.rights, Verdict.NEVER):
        raise Conflict("Somebody said that they are never one; lift that decision first.")
    if store.between(session, pair.lefts, pair.rights, Verdict.TRANSLATION):
        raise Conflict("They are linked as translations; lift that decision first.")


def _societies(session: Session, record_ids: Collection[str]) -> frozenset[str]:
    return store.societies_of(session, record_ids)


def _within(societies: Collection[str], only: str | None) -> None:
    if only is not None and set(societies) != {only}:
        raise NotFound("There is no such pair among this society's own courses.")


def _decide(session: Session, found: Found, word: Word, verdict: Verdict, **more: Any) -> Decision:
    note = texts.characters(word.note).strip()
    if len(note) > LONGEST_NOTE:
        problem = FieldProblem("/note", "too-long", f"Keep it under {LONGEST_NOTE} characters.")
        raise Invalid("The note is too long.", fields=[problem])
    rule = found.evidence[0].partition(":")[0] if found.evidence else _BY_HAND
    given: dict[str, Any] = {
        "kept_course": None, "gone_course": None, "moved": (), "original": None, **more,
    }  # fmt: skip
    made = Decision(
        new_id(), found.record_a, found.record_b, verdict, rule, found.score or None,
        found.evidence, by=word.by, at=word.at, note=note, **given,
    )  # fmt: skip
    store.insert_decision(session, made)
    return made


def _note(
    session: Session,
    action: str,
    decided: Decision,
    societies: Collection[str],
    word: Word,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Each society that a decision touches finds it in its own history."""
    said = {"records": [decided.record_a, decided.record_b], **(after or {})}
    for society_id in sorted(societies):
        audit.record(
            session,
            who=word.by,
            action=action,
            subject=f"match:{decided.id}",
            at=word.at,
            before=before,
            after=said,
            organisation_id=society_id,
        )
