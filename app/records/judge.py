"""What completions come to when they are held against what this node already knows.

Step 1 of the cycle in ``issue``, for one completion and for many alike: reads the database, changes
nothing. A completion is fresh, or was recorded before, or was begun before and not finished, or
repeats an earlier one of the same batch, or cannot become a record and says why.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.catalogue.model import Course
from app.platform.ids import new_id
from app.platform.problems import Conflict, DomainError, FieldProblem, Invalid, NotFound
from app.records import intents, rules, store
from app.records.encoding import facts_hash, hash_of
from app.records.intents import Known
from app.records.issue import Decided
from app.records.model import CourseFacts, Holder, Intent, IssuedRecord, NewCompletion, State
from app.records.rules import MOST
from app.records.texts import LONGEST, clean, is_language, is_web_address

_REFUSED = "The completion cannot become a record as given."


@dataclass(frozen=True, slots=True)
class Request:
    """One completion that somebody asks a record for."""

    completion: NewCompletion
    idempotency_key: str
    roster_id: str | None = None


@dataclass(frozen=True, slots=True)
class Fresh:
    """A completion that may become a record, with its course's facts filled in."""

    record_id: str
    holder_id: str
    fingerprint: str | None
    """To be remembered with the holder's id, when that was made just now."""
    decided: Decided
    completion: NewCompletion
    facts: CourseFacts
    achievement_id: str


@dataclass(frozen=True, slots=True)
class Repeats:
    """The same completion as an earlier one of this batch."""

    position: int


Judged = Fresh | Intent | IssuedRecord | Repeats | DomainError


@dataclass(slots=True)
class _Desk:
    """Everything read for one batch, and what the batch itself has come to so far."""

    society_id: str
    public_url: str
    holders: Mapping[str, str]
    by_key: dict[str, Known] = field(default_factory=dict)
    by_activity: dict[str, Known] = field(default_factory=dict)
    by_superseded: dict[str, Known] = field(default_factory=dict)
    corrected: Mapping[str, store.Corrected] = field(default_factory=dict)
    courses: dict[str, tuple[Course | None, str]] = field(default_factory=dict)
    new_holders: dict[str, str] = field(default_factory=dict)
    seen: dict[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request with what identifies it."""

    request: Request
    holder_id: str
    fingerprint: str | None
    facts_hash: str
    activity_key: str


def problems_of(completion: NewCompletion, *, at: datetime) -> Invalid | None:
    """What the rules have against a completion."""
    found = rules.check(completion, at=at)
    return Invalid(_REFUSED, fields=found) if found else None


def judge(
    session: Session, requests: Sequence[Request], *, society_id: str, public_url: str
) -> list[Judged]:
    """Say what each of ``requests`` comes to; all of them keep the rules already."""
    prints = [_fingerprint(one.completion.holder, society_id) for one in requests]
    desk = _Desk(
        society_id,
        public_url,
        holders=intents.holders(session, society_id=society_id, fingerprints=_known(prints)),
    )
    asked = [
        _asked(desk, request, fingerprint)
        for request, fingerprint in zip(requests, prints, strict=True)
    ]
    superseded = _known(request.completion.supersedes for request in requests)
    for known in intents.known(
        session,
        society_id=society_id,
        idempotency_keys=[one.idempotency_key for one in requests],
        activity_keys=[one.activity_key for one in asked],
        superseded=superseded,
    ):
        desk.by_key[known.idempotency_key] = known
        if known.activity_key is not None:
            desk.by_activity[known.activity_key] = known
        if known.supersedes is not None:
            desk.by_superseded[known.supersedes] = known
    desk.corrected = store.corrected(session, superseded)
    found = [_judge(session, desk, one, position) for position, one in enumerate(asked)]
    return _loaded(session, found)


def activity_of(completion: NewCompletion, *, society_id: str) -> str:
    """Of holder, course and run as they are told: two rows of a roster with one are twice there."""
    holder = completion.holder.id or _fingerprint(completion.holder, society_id)
    return _activity(completion, holder or "", society_id=society_id)


def _known(values: Iterable[str | None]) -> list[str]:
    return sorted({value for value in values if value is not None})


def _asked(desk: _Desk, request: Request, fingerprint: str | None) -> _Asked:
    holder_id, is_new = request.completion.holder.id, False
    if holder_id is None and fingerprint is not None:
        known = desk.holders.get(fingerprint)
        is_new = known is None
        holder_id = known or desk.new_holders.setdefault(fingerprint, f"urn:uuid:{uuid.uuid4()}")
    if holder_id is None:
        raise ValueError("a completion without a holder keeps no rule")
    return _Asked(
        request=request,
        holder_id=holder_id,
        fingerprint=fingerprint if is_new else None,
        facts_hash=facts_hash(request.completion),
        activity_key=_activity(request.completion, holder_id, society_id=desk.society_id),
    )


def _judge(
    session: Session, desk: _Desk, asked: _Asked, position: int
) -> Known | Fresh | Repeats | DomainError:
    supersedes = asked.request.completion.supersedes
    try:
        before = _before(desk, asked)
        if before is not None:
            return before
        pending = None if supersedes is None else _correction(desk, asked, supersedes)
        before = _same_activity(desk, asked)
        if before is not None:
            return before
        fresh = _fresh(session, desk, asked, pending)
    except DomainError as error:
        return error
    names = [f"key {asked.request.idempotency_key}", f"activity {asked.activity_key}"]
    names += [] if supersedes is None else [f"supersedes {supersedes}"]
    for name in names:
        if name in desk.seen:
            first, its_facts = desk.seen[name]
            return Repeats(first) if its_facts == asked.facts_hash else _twice(first)
    for name in names:
        desk.seen[name] = (position, asked.facts_hash)
    return fresh


def _twice(first: int) -> Conflict:
    return Conflict(
        f"Number {first + 1} of the same request has this key or is the same completion, with "
        "other facts; leave out the one that is wrong."
    )


def _before(desk: _Desk, asked: _Asked) -> Known | None:
    """What the same key, or the same correction, became before."""
    supersedes = asked.request.completion.supersedes
    for known, detail in (
        (
            desk.by_key.get(asked.request.idempotency_key),
            "This Idempotency-Key was used for another completion; use a new one.",
        ),
        (
            desk.by_superseded.get(supersedes or ""),
            f"The record {supersedes} was corrected before, otherwise; correct the newer one.",
        ),
    ):
        if known is not None and known.facts_hash != asked.facts_hash:
            raise Conflict(detail)
        if known is not None:
            return known
    return None


def _same_activity(desk: _Desk, asked: _Asked) -> Known | None:
    """What the same activity became before, unless that is what is to be corrected."""
    known = desk.by_activity.get(asked.activity_key)
    if known is None or known.id == asked.request.completion.supersedes:
        return None
    if known.facts_hash != asked.facts_hash:
        raise Conflict(
            f"This completion was recorded before, with other facts, as {known.id}; name that "
            "record in supersedes to correct it."
        )
    return known


def _correction(desk: _Desk, asked: _Asked, supersedes: str) -> str | None:
    """The activity key that the new record takes over from the one it corrects, if it does."""
    old = desk.corrected.get(supersedes)
    if old is None or old.society_id != desk.society_id or old.state is not State.ISSUED:
        raise _wrong("/supersedes", "record-unknown", "Name an issued record of the same society.")
    if old.revoked:
        raise Conflict(
            f"The record {supersedes} was revoked; issue the completion anew, without supersedes."
        )
    if old.holder_id != asked.holder_id:
        raise _wrong(
            "/supersedes",
            "record-of-another",
            "A correction is about the same holder; revoke that record and issue a new one.",
        )
    return asked.activity_key if old.activity_key == asked.activity_key else None


def _fresh(session: Session, desk: _Desk, asked: _Asked, pending: str | None) -> Fresh:
    request, record_id = asked.request, new_id()
    completion, facts, achievement_id = _course(session, desk, request.completion, record_id)
    return Fresh(
        record_id=record_id,
        holder_id=asked.holder_id,
        fingerprint=asked.fingerprint,
        decided=Decided(
            idempotency_key=request.idempotency_key,
            facts_hash=asked.facts_hash,
            activity_key=None if pending else asked.activity_key,
            pending_activity=pending,
            roster_id=request.roster_id,
        ),
        completion=completion,
        facts=facts,
        achievement_id=achievement_id,
    )


def _loaded(
    session: Session, found: Sequence[Known | Fresh | Repeats | DomainError]
) -> list[Judged]:
    """Put the records and the intents in the place of what is known of them."""
    known = [one for one in found if isinstance(one, Known)]
    begun = intents.find(session, [one.id for one in known if one.state is State.INTENDED])
    # Also those that were intents a moment ago: somebody may have finished them since.
    records = store.find_records(session, [one.id for one in known if one.id not in begun])
    return [
        one
        if not isinstance(one, Known)
        else begun.get(one.id) or records.get(one.id) or _gone(one)
        for one in found
    ]


def _gone(known: Known) -> Conflict:
    return Conflict(f"The record {known.id} has been taken out just now; send the request again.")


def _fingerprint(holder: Holder, society_id: str) -> str | None:
    """By which a society's records know a holder who has no id.

    A society's records use one id for one set of identifiers, and another society's another, so
    that records of two societies cannot be put together by the id.
    """
    if holder.id is not None:
        return None
    return hash_of([society_id, sorted([i.type, i.value] for i in holder.identifiers)])


def _activity(completion: NewCompletion, holder_id: str, *, society_id: str) -> str:
    course = completion.course_id or (
        [completion.course.url, dict(completion.course.title)] if completion.course else None
    )
    when = completion.course_run or completion.completed_on
    return hash_of([society_id, holder_id, course, when])


def _course(
    session: Session, desk: _Desk, completion: NewCompletion, record_id: str
) -> tuple[NewCompletion, CourseFacts, str]:
    """The course's facts; a catalogue course also lends what the completion leaves open."""
    if completion.course is not None:
        fallback = f"{desk.public_url}/api/v1/records/{record_id}#achievement"
        return completion, completion.course, completion.course.url or fallback
    course = _catalogued(session, desk, completion.course_id or "")
    data = course.data
    standards = [clean(one.text, longest=LONGEST["standard"]) for one in data.standards]
    filled = replace(
        completion,
        competences=completion.competences or data.competences[:MOST],
        fields=completion.fields or tuple(code for code in data.fields if len(code) == 4)[:MOST],
        standards=completion.standards or tuple(dict.fromkeys(filter(None, standards)))[:MOST],
    )
    address = f"{desk.public_url}/courses/{course.id}?version={course.version}"
    return filled, _facts(course), address


def _catalogued(session: Session, desk: _Desk, course_id: str) -> Course:
    if course_id not in desk.courses:
        try:
            course = catalogue.get_course(session, course_id)
            societies = {course.society_id, *(ref.society_id for ref in course.sources)}
            is_own = desk.society_id in societies
            desk.courses[course_id] = (course, "") if is_own else (None, "course-foreign")
        except NotFound:
            desk.courses[course_id] = (None, "course-unknown")
    found, code = desk.courses[course_id]
    if found is None:
        own = "Name a course of your own society."
        mend = own if code == "course-foreign" else "Name a course of this node's catalogue."
        raise _wrong("/course_id", code, mend)
    return found


def _facts(course: Course) -> CourseFacts:
    """What the catalogue says, in what a record may say; the metadata's language comes first."""
    data = course.data
    languages = sorted(data.title, key=lambda language: language != data.metadata_language)

    def texts(held: Mapping[str, str], longest: int) -> dict[str, str]:
        cleaned = {
            language if is_language(language) else "und": clean(held[language], longest=longest)
            for language in languages
            if language in held
        }
        return {language: text for language, text in cleaned.items() if text}

    titles = texts(data.title, LONGEST["title"])
    summaries = texts(data.summary, LONGEST["description"])
    return CourseFacts(
        title=titles,
        url=data.url if data.url and is_web_address(data.url) else None,
        description={language: summaries[language] for language in titles if language in summaries},
    )


def _wrong(pointer: str, code: str, mend: str) -> Invalid:
    return Invalid(_REFUSED, fields=[FieldProblem(pointer, code, mend)])
