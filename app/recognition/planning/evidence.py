"""Use cases: files that show that an activity took place.

What a file is, is told by its first bytes and never by its name. It is kept as it came, with its
digest, and handed out as a download alone. What goes to a registry is copied for the registry, so
that neither can change or lose it for the other.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.people.store import lock_person
from app.platform.ids import new_id
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.recognition.planning.entries import get
from app.recognition.planning.tables import EvidenceRow, GivenEvidenceRow

MOST_BYTES = 5 * 1024 * 1024
MOST_FILES = 10
MOST_BYTES_OF_PERSON = 50 * 1024 * 1024
LONGEST_NAME = 200
_KINDS = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
)
_TEXT = ("text/plain", "txt")
ENDINGS = {media_type: ending for _, media_type, ending in _KINDS} | dict([_TEXT])


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file; its bytes only where they were asked for."""

    id: str
    name: str
    media_type: str
    size: int
    digest: str
    created_at: datetime
    data: bytes = field(default=b"", repr=False)


class TooMuchEvidence(Conflict):
    """There is as much as is kept for an entry, or for a person."""

    code = "too-much-evidence"


_SHOWN = (
    EvidenceRow.id, EvidenceRow.name, EvidenceRow.media_type, EvidenceRow.size,
    EvidenceRow.digest, EvidenceRow.created_at,
)  # fmt: skip


def attach(
    session: Session, person_id: str, entry_id: str, *, name: str, data: bytes, at: datetime
) -> Evidence:
    """Keep a file with an entry; the same bytes twice are kept once.

    Raises ``NotFound``, ``Invalid`` and ``TooMuchEvidence``.
    """
    lock_person(session, person_id)
    get(session, person_id, entry_id)
    media_type = _media_type(data)
    digest = hashlib.sha256(data).hexdigest()
    there = of_entry(session, person_id, entry_id)
    same = next((one for one in there if one.digest == digest), None)
    if same is not None:
        return same
    used = session.scalar(
        select(func.coalesce(func.sum(EvidenceRow.size), 0)).where(
            EvidenceRow.person_id == person_id
        )
    )
    if len(there) >= MOST_FILES or (used or 0) + len(data) > MOST_BYTES_OF_PERSON:
        raise TooMuchEvidence(
            f"An entry keeps {MOST_FILES} files, and an account "
            f"{MOST_BYTES_OF_PERSON // 1024**2} MB in all; remove one that you do not need."
        )
    made = Evidence(new_id(), _name(name, media_type), media_type, len(data), digest, at, data)
    session.execute(
        insert(EvidenceRow).values(
            id=made.id,
            entry_id=entry_id,
            person_id=person_id,
            name=made.name,
            media_type=media_type,
            size=made.size,
            digest=digest,
            data=data,
            created_at=at,
        )
    )
    _note(session, person_id, "cpd-evidence.add", made.id, at=at)
    return made


def of_entry(session: Session, person_id: str, entry_id: str) -> Sequence[Evidence]:
    """The files of an entry, the oldest first, without their bytes."""
    rows = session.execute(
        select(*_SHOWN)
        .where(EvidenceRow.entry_id == entry_id, EvidenceRow.person_id == person_id)
        .order_by(EvidenceRow.id)
    )
    return [Evidence(*row) for row in rows]


def fetch(session: Session, person_id: str, evidence_id: str) -> Evidence:
    """A file of one's own, with its bytes. Raises ``NotFound``."""
    row = session.execute(
        select(*_SHOWN, EvidenceRow.data).where(
            EvidenceRow.id == evidence_id, EvidenceRow.person_id == person_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound("You have no such file.")
    return Evidence(*row)


def remove(session: Session, person_id: str, evidence_id: str, *, at: datetime) -> None:
    """Take a file away; a registry keeps its copy. Raises ``NotFound``."""
    gone = session.execute(
        delete(EvidenceRow)
        .where(EvidenceRow.id == evidence_id, EvidenceRow.person_id == person_id)
        .returning(EvidenceRow.id)
    ).one_or_none()
    if gone is None:
        raise NotFound("You have no such file.")
    _note(session, person_id, "cpd-evidence.remove", evidence_id, at=at)


def hand_over(
    session: Session,
    person_id: str,
    entry_id: str,
    *,
    registry_id: str,
    submission_id: str,
    at: datetime,
) -> None:
    """Copy the files of an entry for the registry that has it as a submission."""
    held = {one.digest for one in given(session, registry_id, submission_id)}
    for one in of_entry(session, person_id, entry_id):
        if one.digest not in held:
            whole = fetch(session, person_id, one.id)
            session.execute(
                insert(GivenEvidenceRow).values(
                    submission_id=submission_id,
                    digest=whole.digest,
                    registry_id=registry_id,
                    name=whole.name,
                    media_type=whole.media_type,
                    size=whole.size,
                    data=whole.data,
                    given_at=at,
                )
            )


_GIVEN = (
    GivenEvidenceRow.submission_id, GivenEvidenceRow.name, GivenEvidenceRow.media_type,
    GivenEvidenceRow.size, GivenEvidenceRow.digest, GivenEvidenceRow.given_at,
)  # fmt: skip


def given(session: Session, registry_id: str, submission_id: str) -> Sequence[Evidence]:
    """The files that a registry has of a submission, without their bytes."""
    rows = session.execute(
        select(*_GIVEN)
        .where(
            GivenEvidenceRow.registry_id == registry_id,
            GivenEvidenceRow.submission_id == submission_id,
        )
        .order_by(GivenEvidenceRow.name, GivenEvidenceRow.digest)
    )
    return [Evidence(*row) for row in rows]


def fetch_given(session: Session, registry_id: str, submission_id: str, digest: str) -> Evidence:
    """A registry's copy of a file, with its bytes. Raises ``NotFound``."""
    row = session.execute(
        select(*_GIVEN, GivenEvidenceRow.data).where(
            GivenEvidenceRow.registry_id == registry_id,
            GivenEvidenceRow.submission_id == submission_id,
            GivenEvidenceRow.digest == digest,
        )
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such file with this submission.")
    return Evidence(*row)


def _media_type(data: bytes) -> str:
    """What the bytes are. Raises ``Invalid``."""
    if not data:
        problem = FieldProblem("/file", "file-missing", "Choose a file that is not empty.")
        raise Invalid("No file was given.", fields=[problem])
    if len(data) > MOST_BYTES:
        detail = f"Give a file of up to {MOST_BYTES // 1024**2} MB."
        problem = FieldProblem("/file", "file-too-large", detail)
        raise Invalid("The file is too large.", fields=[problem])
    known = next((kind for begin, kind, _ in _KINDS if data.startswith(begin)), None)
    if known is None and _is_text(data):
        known = _TEXT[0]
    if known is None:
        detail = "Give a PDF, a PNG or JPEG picture, or a plain text in UTF-8."
        problem = FieldProblem("/file", "file-kind", detail)
        raise Invalid("The file is of no kind that is kept here.", fields=[problem])
    return known


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return all(each.isprintable() or each in "\r\n\t\ufeff" for each in text)


def _name(name: str, media_type: str) -> str:
    """The file's name without its folders and control characters, ending as what it is."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(each for each in bare if each.isprintable()).strip(". ") or "file"
    ending = ENDINGS[media_type]
    if plain.lower().endswith((f".{ending}", ".jpeg" if ending == "jpg" else f".{ending}")):
        return plain[-LONGEST_NAME:]
    return f"{plain[: LONGEST_NAME - 5]}.{ending}"


def _note(session: Session, person_id: str, action: str, subject: str, *, at: datetime) -> None:
    audit.record(
        session,
        who=f"person:{person_id}",
        action=action,
        subject=f"person:{person_id}",
        at=at,
        after={"evidence": subject},
    )
