"""Use case: an entry by hand. Nobody signed it, so it is marked wherever it is shown.

It goes to people: what it would count for if it is true is in the decision's trace, and nothing is
credited before somebody of the registry has said so.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction

from sqlalchemy.orm import Session

from app.platform.problems import FieldProblem, Invalid
from app.recognition.deciding.model import Binding, Facts, Signature, Standing
from app.recognition.ledger import reading, store
from app.recognition.ledger.figures import Book
from app.recognition.ledger.model import (
    Cause,
    DecisionMade,
    Declared,
    Evidence,
    Origin,
    Submission,
)
from app.recognition.ledger.rules import Rules
from app.recognition.ledger.rulings import Case
from app.recognition.ledger.seeing import digest_of
from app.recognition.ledger.settling import Why, lock, tell
from app.recognition.ledger.store import NewSubmission
from app.recognition.ledger.submitting import decided
from app.records.model import Kind

LONGEST_TITLE = 300
LONGEST_TEXT = 4000
MOST_EVIDENCE = 20
MEASURES = (
    "contact_minutes",
    "workload_minutes",
    "full_days",
    "work_hours",
    "ceu",
    "ects",
    "count",
)
"""What may be declared of an activity's size."""
KINDS = (*(kind.value for kind in Kind), "engineering_work")
_MOST_AMOUNT = 1_000_000
_MOST_PARTS = 1_000
_MOST_CODES = 50
_CODE = re.compile(r"[\w][\w .:+/()-]{0,99}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FIRST = date(1950, 1, 1)


def declare(
    session: Session,
    registry_id: str,
    registrant_id: str,
    new: Declared,
    *,
    who: str,
    at: datetime,
    origin: Origin = Origin.DECLARED,
) -> Submission:
    """Enter an activity by hand. Raises ``NotFound``, and ``Invalid`` naming each bad field.

    The same entry again is the same submission.
    """
    problems = list(_problems(new))
    if problems:
        raise Invalid("The entry cannot be kept like this.", fields=problems)
    registrant, number = lock(session, registry_id, registrant_id)
    key = _key(registrant_id, new)
    known = store.known_keys(session, registrant_id, [key])
    if key in known:
        return _found(session, known[key])
    rules, why = Rules(session, registry_id), Why(Cause.SUBMITTED, who, at)
    book = Book.of(store.entries(session, registrant_id), registered_on=registrant.registered_on)
    columns = {
        "registry_id": registry_id,
        "registrant_id": registrant_id,
        "origin": origin.value,
        "submitted_by": who,
        "submitted_at": at,
        "self_declared": True,
        "record_key": key,
        "record": None,
        "digest": None,
        "issuer_id": None,
        "holder_id": None,
        "achievement_id": None,
        "title": _line(new.title),
        "report": None,
        "verified_at": None,
    }
    given: list[NewSubmission] = []
    made: list[DecisionMade] = []
    submission_id = decided(
        book,
        NewSubmission(columns, new.evidence),
        Case(_facts(new, key), self_declared=True),
        number=number + 1,
        rules=rules,
        why=why,
        into=(given, made),
    )
    store.insert_submissions(session, given)
    store.insert_decisions(session, made)
    store.set_last_number(session, registrant_id, number + 1)
    tell(session, made, [None], why)
    return _found(session, submission_id)


def _found(session: Session, submission_id: str) -> Submission:
    found = reading.find(session, submission_id)
    if found is None:
        raise LookupError(f"submission {submission_id} is gone")
    return found


def _key(registrant_id: str, new: Declared) -> str:
    if new.key:
        return digest_of(("declared", registrant_id, "key", new.key))
    said = (
        _line(new.title),
        new.completed.isoformat(),
        new.kind,
        new.role or "",
        _line(new.provider or ""),
        *(f"{name}={amount}" for name, amount in sorted(new.measures.items())),
    )
    return digest_of(("declared", registrant_id, *said))


def _facts(new: Declared, key: str) -> Facts:
    said = (new.provider or "", new.title, new.completed.isoformat(), new.role or "")
    return Facts(
        record_id=f"urn:opencpd:declared:{key}",
        completed=new.completed,
        kind=new.kind,
        activity_key=f"declared|{digest_of([_line(one).casefold() for one in said])}",
        mode=new.mode,
        role=new.role,
        measures=dict(new.measures),
        tags=new.tags,
        competences=new.competences,
        languages=new.languages,
        delivery=dict(new.delivery),
        signature=Signature.UNKNOWN,
        status=Standing.UNKNOWN,
        holder=Binding.UNKNOWN,
    )


def _problems(new: Declared) -> Sequence[FieldProblem]:
    found: list[FieldProblem] = []

    def bad(pointer: str, code: str, mend: str) -> None:
        found.append(FieldProblem(pointer, code, mend))

    title = _line(new.title)
    if not title or len(title) > LONGEST_TITLE or not title.isprintable():
        bad("/title", "title-form", f"Say in up to {LONGEST_TITLE} characters what it was.")
    provider = _line(new.provider or "")
    if len(provider) > LONGEST_TITLE or not provider.isprintable():
        bad("/provider", "provider-form", f"Name it in up to {LONGEST_TITLE} characters.")
    if new.kind not in KINDS:
        bad("/kind", "kind-unknown", f"Choose from {', '.join(KINDS)}.")
    if new.completed < _FIRST:
        bad("/completed", "date-form", "Give the day on which it was completed.")
    found += _bad_measures(new.measures)
    for name in ("tags", "competences", "languages"):
        given: tuple[str, ...] = getattr(new, name)
        if len(given) > _MOST_CODES or not all(_CODE.fullmatch(one) for one in given):
            bad(f"/{name}", "code-form", f"Give up to {_MOST_CODES} short codes.")
    for name in ("mode", "role"):
        text: str | None = getattr(new, name)
        if text is not None and not _CODE.fullmatch(text):
            bad(f"/{name}", "code-form", "Give one short code.")
    if len(new.delivery) > _MOST_CODES or not all(map(_CODE.fullmatch, new.delivery)):
        bad("/delivery", "code-form", f"Give up to {_MOST_CODES} short codes.")
    return [*found, *_bad_evidence(new.evidence)]


def _bad_measures(measures: Mapping[str, Fraction]) -> Sequence[FieldProblem]:
    found = []
    for name, amount in measures.items():
        pointer = f"/measures/{name[:50]}"
        if name not in MEASURES:
            known = ", ".join(MEASURES)
            found.append(FieldProblem(pointer, "measure-unknown", f"Choose from {known}."))
        elif not 0 < amount <= _MOST_AMOUNT or amount.denominator > _MOST_PARTS:
            mend = f"Give an amount above nothing, up to {_MOST_AMOUNT}."
            found.append(FieldProblem(pointer, "amount-form", mend))
    if not measures:
        mend = f"Say how much it was: one of {', '.join(MEASURES)}."
        found.append(FieldProblem("/measures", "measure-missing", mend))
    return found


def _bad_evidence(given: Sequence[Evidence]) -> Sequence[FieldProblem]:
    found = []
    if len(given) > MOST_EVIDENCE:
        mend = f"Give up to {MOST_EVIDENCE} pieces of evidence."
        found.append(FieldProblem("/evidence", "too-many", mend))
    for number, one in enumerate(given[:MOST_EVIDENCE]):
        pointer = f"/evidence/{number}"
        if not one.name.strip() or len(one.name) > 200 or not one.name.isprintable():
            found.append(FieldProblem(f"{pointer}/name", "name-form", "Name it in one line."))
        if one.digest is None and not (one.text or "").strip():
            mend = "Give a file's SHA-256, or a text."
            found.append(FieldProblem(pointer, "evidence-empty", mend))
        if one.digest is not None and not _DIGEST.fullmatch(one.digest):
            mend = "Write the SHA-256 as 64 hexadecimal digits in lower case."
            found.append(FieldProblem(f"{pointer}/digest", "digest-form", mend))
        if len(one.text or "") > LONGEST_TEXT or "\x00" in (one.text or ""):
            mend = f"Give a text of up to {LONGEST_TEXT} characters."
            found.append(FieldProblem(f"{pointer}/text", "text-form", mend))
        if one.media_type is not None and not re.fullmatch(
            r"[\w.+-]{1,50}/[\w.+-]{1,49}", one.media_type
        ):
            mend = "Write it as application/pdf."
            found.append(FieldProblem(f"{pointer}/media_type", "media-type-form", mend))
    return found


def _line(text: str) -> str:
    return " ".join(text.split())
