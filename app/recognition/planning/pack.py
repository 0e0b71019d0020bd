"""The audit pack: everything about one cycle in one file that can be read without any server.

A ZIP with a summary for people (``index.html``), a table (``activities.csv``), each record as it
was submitted with its verification and every decision on it with its trace, the policies that
decided, the evidence, and the notes that the engineer chose. ``manifest.json`` has the SHA-256 of
each file. Nothing goes in that the engineer could not see here already.
"""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from sqlalchemy.orm import Session

from app.platform.problems import Conflict
from app.recognition.adoption import service as adoption
from app.recognition.deciding.stored import decision_as_json, facts_as_json
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import DecisionMade, Submission
from app.recognition.planning import evidence, notes
from app.recognition.planning.notes import Note
from app.recognition.planning.outlook import Outlook
from app.recognition.policies.model import Policy

MOST_SUBMISSIONS = 2000
"""Of one cycle; more than anybody has."""
_DECIMALS = 6
_IN_MEMORY = 8 * 1024 * 1024
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "number", "completed", "title", "issuer", "kind", "mode", "contact_minutes", "tags",
    "competences", "self_declared", "outcome", "credited", "unit", "category", "rule", "reasons",
    "policy", "policy_version", "decided_at", "submission",
)  # fmt: skip


class PackTooLarge(Conflict):
    """Nobody has as much in one cycle."""

    code = "pack-too-large"


@dataclass(frozen=True, slots=True)
class Item:
    """One submission with everything that belongs to it."""

    number: int
    submission: Submission
    history: Sequence[DecisionMade]
    record: bytes | None
    report: Mapping[str, Any] | None
    files: Sequence[evidence.Evidence]

    @property
    def record_form(self) -> str:
        """How the record's file ends: it is kept as JSON or as a token."""
        return "json" if (self.record or b"").lstrip()[:1] == b"{" else "jwt"

    def file_name(self, file: evidence.Evidence) -> str:
        """What a piece of evidence is called in the pack."""
        return f"{self.number:04}-{file.digest[:8]}-{safe_name(file.name)}"


@dataclass(frozen=True, slots=True)
class Pack:
    """What goes into the file, gathered."""

    look: Outlook
    items: Sequence[Item]
    notes: Sequence[Note]
    policies: Sequence[Policy]
    made_at: datetime


def gather(
    session: Session, look: Outlook, person_id: str, *, with_notes: bool, at: datetime
) -> Pack:
    """Everything of the cycle. Raises ``PackTooLarge``."""
    registry_id, span = look.registrant.registry_id, look.view.span
    inside = [
        one
        for one in ledger.of_registrant(session, look.registrant.id)
        if span.holds(one.completed)
    ]
    if len(inside) > MOST_SUBMISSIONS:
        raise PackTooLarge(f"A pack holds up to {MOST_SUBMISSIONS} activities.")
    items = [
        Item(
            number,
            one,
            ledger.history(session, one.id),
            ledger.record_of(session, registry_id, one.id),
            ledger.report_of(session, registry_id, one.id),
            evidence.given(session, registry_id, one.id),
        )
        for number, one in enumerate(inside, start=1)
    ]
    chosen: Sequence[Note] = ()
    if with_notes:
        chosen = notes.chosen(session, person_id, registry_id, first=span.first, last=span.last)
    return Pack(look, items, chosen, _policies(session, look, items), at)


def _policies(session: Session, look: Outlook, items: Sequence[Item]) -> Sequence[Policy]:
    made = (each.decision for one in items for each in one.history)
    wanted = {(one.policy_id, one.policy_version) for one in made if one.policy_id}
    wanted.add((look.view.policy.policy_id, look.view.policy.policy_version))
    registry_id = look.registrant.registry_id
    return [
        adoption.get_policy(session, registry_id, policy_id, version)
        for policy_id, version in sorted(wanted)
    ]


def write(session: Session, pack: Pack, *, summary: str) -> IO[bytes]:
    """The file, from its beginning; ``summary`` is a whole HTML document."""
    made = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller's from here on
    digests: dict[str, str] = {}
    stamp = pack.made_at.timetuple()[:6]
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _files(session, pack, summary):
            digests[name] = hashlib.sha256(data).hexdigest()
            archive.writestr(_entry(name, stamp), data)
        manifest = {"format": "opencpd-audit-pack/1", "made_at": pack.made_at.isoformat()}
        archive.writestr(_entry("manifest.json", stamp), _json({**manifest, "sha256": digests}))
    made.seek(0)
    return made


def _entry(name: str, stamp: tuple[int, ...]) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (stamp[0], stamp[1], stamp[2], stamp[3], stamp[4], stamp[5]))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _files(session: Session, pack: Pack, summary: str) -> Iterator[tuple[str, bytes]]:
    yield "index.html", summary.encode()
    yield "activities.csv", table(pack)
    for item in pack.items:
        base = f"{item.number:04}"
        yield f"decisions/{base}.json", _json(_told(item))
        if item.record is not None:
            yield f"records/{base}.{item.record_form}", item.record
        if item.report is not None:
            yield f"reports/{base}.json", _json(item.report)
        for file in item.files:
            whole = evidence.fetch_given(
                session, item.submission.registry_id, item.submission.id, file.digest
            )
            yield f"evidence/{item.file_name(file)}", whole.data
    for policy in pack.policies:
        name = safe_name(f"{policy.policy_id}-v{policy.policy_version}.json")
        yield f"policies/{name}", _json(policy.document)
    if pack.notes:
        yield "notes.json", _json([_note(one) for one in pack.notes])


def safe_name(name: str) -> str:
    """A file name that every system takes and none reads as a path."""
    return _NOT_A_NAME.sub("_", name).strip("._")[-80:] or "file"


def table(pack: Pack) -> bytes:
    """The activities as CSV; a cell that would be a formula in a spreadsheet is told as text."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for item in pack.items:
        writer.writerow(_harmless(cell) for cell in _row(item, pack))
    return text.getvalue().encode("utf-8-sig")


def _row(item: Item, pack: Pack) -> Sequence[object]:
    one, made = item.submission, item.submission.decision
    facts, decision = made.facts, made.decision
    minutes = facts.measures.get("contact_minutes")
    return (
        item.number, one.completed, one.title, one.issuer_id, facts.kind, facts.mode,
        None if minutes is None else exact(minutes), " ".join(facts.tags),
        " ".join(facts.competences), "yes" if one.self_declared else "no", decision.outcome,
        None if decision.credited is None else exact(decision.credited),
        pack.look.view.policy.unit, decision.category, decision.rule, " ".join(decision.reasons),
        decision.policy_id, decision.policy_version, made.at.isoformat(), one.id,
    )  # fmt: skip


def exact(amount: Fraction) -> str:
    """``3/2`` as ``1.5`` where a short decimal says it exactly, else as it is."""
    scaled = amount * 10**_DECIMALS
    if scaled.denominator != 1:
        return str(amount)
    whole = Decimal(scaled.numerator).scaleb(-_DECIMALS)
    return f"{whole:f}".rstrip("0").rstrip(".") if whole % 1 else f"{whole:.0f}"


def _harmless(cell: object) -> object:
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return cell


def _told(item: Item) -> Mapping[str, Any]:
    one = item.submission
    return {
        "submission": one.id,
        "record": one.record_id,
        "title": one.title,
        "self_declared": one.self_declared,
        "submitted_at": one.submitted_at.isoformat(),
        "decisions": [
            {
                "sequence": each.sequence,
                "cause": each.cause.value,
                "made_at": each.at.isoformat(),
                "day": each.today.isoformat(),
                "by_people": each.verdict is not None,
                "facts": facts_as_json(each.facts),
                "decision": decision_as_json(each.decision),
            }
            for each in item.history
        ],
        "evidence": [
            {"name": each.name, "digest": each.digest, "text": each.text} for each in one.evidence
        ],
    }


def _note(note: Note) -> Mapping[str, Any]:
    return {"stage": note.stage.value, "day": note.day.isoformat(), "text": note.text}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_plain).encode()


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value)} is not for JSON")
