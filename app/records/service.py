"""Use cases: issue a record for a completion, read it, revoke it, finish what a crash left."""

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.catalogue.model import Course
from app.identity import audit
from app.platform.db import Database
from app.platform.ids import new_id
from app.platform.problems import (
    Conflict,
    DomainError,
    FieldProblem,
    Invalid,
    NotFound,
    Unavailable,
)
from app.records import rules, status, store
from app.records.build import Draft
from app.records.issue import Decided, Prepared, finish, new_salts, prepare
from app.records.model import (
    CourseFacts,
    Holder,
    Intent,
    IssuedRecord,
    NewCompletion,
    Recovery,
    RevocationReason,
    State,
)
from app.records.rules import LONGEST, MOST, clean
from app.trust import service as trust
from app.trust.signer import Signer

_TRIES = 5
IN_FLIGHT = timedelta(minutes=1)
"""An intent older than this belongs to nobody who is still at work."""


def complete(
    database: Database,
    signer: Signer,
    completion: NewCompletion,
    *,
    society_id: str,
    idempotency_key: str,
    public_url: str,
    at: datetime,
    who: str = "system",
) -> IssuedRecord:
    """Issue a record, or give the one that this completion got before.

    Raises ``Invalid`` naming each bad field, ``NotFound`` for a society that issues nothing here,
    and ``Conflict`` when the key or the activity was used with other facts.
    """
    problems = rules.check(completion, at=at)  # step 1 of the cycle in ``issue``
    if problems:
        raise Invalid("The completion cannot become a record as given.", fields=problems)
    request = _Request(completion, society_id, idempotency_key, public_url, at, who)
    for _ in range(_TRIES):
        try:
            return _complete(database, signer, request)
        except IntegrityError:
            # Somebody else took the key, the activity or the holder's id just before
            # us: look again, now that theirs is there to be seen.
            continue
    raise Unavailable("Too many completions are being recorded at once; try again.")


def get_record(session: Session, record_id: str) -> IssuedRecord:
    """An issued record. Raises ``NotFound``."""
    found = store.find_record(session, record_id) if _is_uuid(record_id) else None
    if found is None:
        raise NotFound("There is no such record.")
    return found[0]


def revoke(
    database: Database,
    signer: Signer,
    record_id: str,
    *,
    reason: RevocationReason,
    at: datetime,
    who: str = "system",
) -> IssuedRecord:
    """Revoke a record; its status list says so when this returns. Twice is the same as once."""
    with database.write() as session:
        record = get_record(session, record_id)
        if not store.mark_revoked(session, record_id, reason=reason, at=at):
            return get_record(session, record_id)
        found = store.find_record(session, record_id)
        if found is None:
            raise NotFound("There is no such record.")
        revoked, slot = found
        status.set_bits(
            session,
            society_id=record.society_id,
            number=slot.list_no,
            changes={status.Purpose.REVOCATION: {slot.index: True}},
        )
        status.publish(session, signer, society_id=record.society_id, number=slot.list_no, at=at)
        audit.record(
            session,
            who=who,
            action="record.revoke",
            subject=f"record:{record_id}",
            at=at,
            before={"status": "valid"},
            after={"status": "revoked", "reason": reason.value},
        )
        return revoked


def recover(
    database: Database,
    signer: Signer,
    *,
    at: datetime,
    older_than: timedelta = IN_FLIGHT,
    limit: int = 100,
    who: str = "system:recover",
) -> Recovery:
    """Finish the intents that a crash or a signer's trouble left, and report the rest.

    An ``older_than`` of nothing tries them all, those too that failed a moment ago.
    """
    with database.read() as session:
        waiting = store.intents(session, at=at, older_than=older_than, limit=limit)
    finished: list[str] = []
    failed: list[tuple[str, str]] = []
    for intent in waiting:
        try:
            finish(database, signer, intent, at=at, who=who)
            finished.append(intent.id)
        except DomainError as error:
            failed.append((intent.id, error.detail))
    return Recovery(tuple(finished), tuple(failed))


@dataclass(frozen=True, slots=True)
class _Request:
    """One call of ``complete``."""

    completion: NewCompletion
    society_id: str
    idempotency_key: str
    public_url: str
    at: datetime
    who: str


def _complete(database: Database, signer: Signer, request: _Request) -> IssuedRecord:
    society_id, at = request.society_id, request.at
    with database.read() as session:
        issuer = trust.issuer_of(session, society_id)
        holder_id, fingerprint = _holder(session, request.completion.holder, society_id=society_id)
        decided = Decided(
            idempotency_key=request.idempotency_key,
            facts_hash=_hash(asdict(request.completion)),
            activity_key=_activity(request.completion, holder_id, society_id=society_id),
        )
        before = _earlier(session, decided, society_id=society_id)
        if isinstance(before, IssuedRecord):
            return before
        taken = _course(session, request)
    if before is not None:
        return _finished(database, signer, before, request)
    ((slot, list_url),) = status.reserve(
        database, signer, society_id=society_id, count=1, public_url=request.public_url, at=at
    )
    draft = Draft(
        record_id=taken.record_id,
        holder_id=holder_id,
        society_id=society_id,
        issuer=issuer,
        completion=taken.completion,
        course=taken.facts,
        achievement_id=taken.achievement_id,
        slot=slot,
        list_url=list_url,
        public_url=request.public_url,
        salts=new_salts(len(taken.completion.holder.identifiers)),
        at=at.replace(microsecond=0),
    )
    prepared = prepare(draft, decided)  # 2
    with database.write() as session:  # 3
        store.insert_intent(session, prepared.intent, fingerprint=fingerprint)
    return _finished(database, signer, prepared.intent, request, prepared)  # 4 to 6


def _finished(
    database: Database,
    signer: Signer,
    intent: Intent,
    request: _Request,
    prepared: Prepared | None = None,
) -> IssuedRecord:
    issued = finish(database, signer, intent, at=request.at, who=request.who, prepared=prepared)
    return replace(issued, created=True)


def _earlier(
    session: Session, decided: Decided, *, society_id: str
) -> IssuedRecord | Intent | None:
    """What the same key, or the same activity, became before."""
    for intent, state in store.earlier(
        session,
        society_id=society_id,
        idempotency_key=decided.idempotency_key,
        activity_key=decided.activity_key,
    ):
        same_key = intent.idempotency_key == decided.idempotency_key
        if intent.facts_hash != decided.facts_hash:
            raise Conflict(
                "This Idempotency-Key was used for another completion; use a new one."
                if same_key
                else f"This completion was recorded before, with other facts, as {intent.id}; "
                "revoke that record first if it is wrong."
            )
        return get_record(session, intent.id) if state is State.ISSUED else intent
    return None


def _holder(session: Session, holder: Holder, *, society_id: str) -> tuple[str, str | None]:
    """The holder's opaque id, and the fingerprint to remember when the id is new.

    A society's records use one id for one set of identifiers, and another society's another, so
    that records of two societies cannot be put together by the id.
    """
    if holder.id is not None:
        return holder.id, None
    fingerprint = _hash([society_id, sorted([i.type, i.value] for i in holder.identifiers)])
    known = store.find_holder(session, society_id=society_id, fingerprint=fingerprint)
    return (known, None) if known else (f"urn:uuid:{uuid.uuid4()}", fingerprint)


def _activity(completion: NewCompletion, holder_id: str, *, society_id: str) -> str:
    course = completion.course_id or (
        [completion.course.url, dict(completion.course.title)] if completion.course else None
    )
    when = completion.course_run or completion.completed_on
    return _hash([society_id, holder_id, course, when])


@dataclass(frozen=True, slots=True)
class _Taken:
    """A completion with its course's facts filled in."""

    record_id: str
    completion: NewCompletion
    facts: CourseFacts
    achievement_id: str


def _course(session: Session, request: _Request) -> _Taken:
    """The course's facts; a catalogue course also lends what the completion leaves open."""
    completion, record_id = request.completion, new_id()
    if completion.course is not None:
        fallback = f"{request.public_url}/api/v1/records/{record_id}#achievement"
        return _Taken(record_id, completion, completion.course, completion.course.url or fallback)
    try:
        course = catalogue.get_course(session, completion.course_id or "")
    except NotFound as error:
        raise _wrong_course("course-unknown", "Name a course of this node's catalogue.") from error
    if request.society_id not in {course.society_id, *(ref.society_id for ref in course.sources)}:
        raise _wrong_course("course-foreign", "Name a course of your own society.")
    data = course.data
    standards = [clean(one.text, longest=LONGEST["standard"]) for one in data.standards]
    filled = replace(
        completion,
        competences=completion.competences or data.competences[:MOST],
        fields=completion.fields or tuple(code for code in data.fields if len(code) == 4)[:MOST],
        standards=completion.standards or tuple(dict.fromkeys(filter(None, standards)))[:MOST],
    )
    address = f"{request.public_url}/courses/{course.id}?version={course.version}"
    return _Taken(record_id, filled, _facts(course), address)


def _facts(course: Course) -> CourseFacts:
    """What the catalogue says, in what a record may say; the metadata's language comes first."""
    data = course.data
    languages = sorted(data.title, key=lambda language: language != data.metadata_language)
    titles = {
        language if rules.is_language(language) else "und": clean(
            data.title[language], longest=LONGEST["title"]
        )
        for language in languages
    }
    summary = data.summary.get(languages[0])
    return CourseFacts(
        title=titles,
        url=data.url if data.url and rules.is_web_address(data.url) else None,
        description=clean(summary, longest=LONGEST["description"]) if summary else None,
    )


def _wrong_course(code: str, mend: str) -> Invalid:
    return Invalid(
        "The completion cannot become a record as given.",
        fields=[FieldProblem("/course_id", code, mend)],
    )


def _hash(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
