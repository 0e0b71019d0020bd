"""What an auditor takes along of one registrant: records, reports, decisions, rules, as one file.

Made on disk, not in memory. Everything in it is as it was kept: records byte for byte, so that the
auditor verifies and decides again with software of his own.
"""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.model import Actor
from app.platform.db import Database
from app.platform.problems import NotFound
from app.recognition.adoption import service as adoption
from app.recognition.deciding.stored import decision_as_json, facts_as_json
from app.recognition.ledger import service as ledger
from app.recognition.ledger.model import DecisionMade, Submission
from app.recognition.office.samples import service as samples
from app.recognition.register import service as register
from app.recognition.register.model import Registrant

_PIECE = 64 * 1024
_FIRST_TIME = (1980, 1, 1, 0, 0, 0)
READ_ME = """\
What was kept of one registrant, for an audit.

registrant.json        as the register has it
submissions.json       every record and entry by hand, with its current result
records/NUMBER.json    the record as it came (.jwt for a token)
reports/NUMBER.json    its verification when it was last looked at
decisions/NUMBER.json  every decision on it, the first one first, with the facts it was made on
policies/HASH.yaml     the rules that decided, and the registry's signature beside them (.jws)

A decision can be made again from facts and rules: opencpd recognise RECORD --policy FILE
"""


def bundle(
    database: Database, actor: Actor, sample_id: str, registrant_id: str, *, at: datetime
) -> Iterator[bytes]:
    """The file of a registrant who was drawn. Raises ``NotFound`` for everybody else."""
    registry_id = actor.organisation_id
    with database.write() as session:
        sample = samples.get(session, registry_id, sample_id)
        if registrant_id not in sample.chosen:
            raise NotFound("This registrant was not drawn in this sample.")
        one = register.get(session, registry_id, registrant_id)
        audit.record(
            session,
            who=actor.who,
            action="sample.evidence",
            subject=f"registrant:{registrant_id}",
            at=at,
            after={"sample": sample_id},
            organisation_id=registry_id,
        )
    return _pieces(database, one, at)


def _pieces(database: Database, one: Registrant, at: datetime) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as held:
        with database.read() as session:
            _write(session, one, held, at)
        held.seek(0)
        while piece := held.read(_PIECE):
            yield piece


def _write(session: Session, one: Registrant, held: IO[bytes], at: datetime) -> None:
    when = max(at.timetuple()[:6], _FIRST_TIME)
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:

        def put(name: str, content: bytes) -> None:
            packed.writestr(zipfile.ZipInfo(name, when), content, zipfile.ZIP_DEFLATED)

        put("README.txt", READ_ME.encode())
        put("registrant.json", _json(_registrant(one, register.numbers(session, one))))
        submissions = ledger.of_registrant(session, one.id)
        put("submissions.json", _json([_submission(each) for each in submissions]))
        rules: set[tuple[str, int]] = set()
        for each in submissions:
            history = ledger.history(session, each.id)
            rules |= {(made.decision.policy_id, made.decision.policy_version) for made in history}
            put(f"decisions/{each.number}.json", _json([_decision(made) for made in history]))
            if (record := ledger.record_of(session, one.registry_id, each.id)) is not None:
                ending = "json" if record.lstrip().startswith(b"{") else "jwt"
                put(f"records/{each.number}.{ending}", record)
            if (report := ledger.report_of(session, one.registry_id, each.id)) is not None:
                put(f"reports/{each.number}.json", _json(report))
        for version in adoption.versions(session, one.registry_id):
            if (version.policy_id, version.version) in rules:
                put(f"policies/{version.hash}.yaml", version.text.encode())
                if version.statement is not None:
                    put(f"policies/{version.hash}.jws", version.statement.encode())


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _registrant(one: Registrant, numbers: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id": one.id,
        "registry": one.registry_id,
        "number": one.number,
        "former_numbers": list(numbers[1:]),
        "name": one.name,
        "registered_on": one.registered_on.isoformat() if one.registered_on else None,
        "ended_on": one.ended_on.isoformat() if one.ended_on else None,
    }


def _submission(one: Submission) -> dict[str, Any]:
    credited = one.decision.decision.credited
    return {
        "number": one.number,
        "id": one.id,
        "record": one.record_id,
        "issuer": one.issuer_id,
        "title": one.title,
        "completed": one.completed.isoformat() if one.completed else None,
        "self_declared": one.self_declared,
        "evidence": [
            {"name": each.name, "sha256": each.digest, "text": each.text} for each in one.evidence
        ],
        "sha256": one.digest,
        "outcome": one.outcome.value,
        "credited": None if credited is None else str(credited),
    }


def _decision(made: DecisionMade) -> dict[str, Any]:
    return {
        "id": made.id,
        "sequence": made.sequence,
        "cause": made.cause.value,
        "at": made.at.isoformat(),
        "by": made.by,
        "today": made.today.isoformat(),
        "note": made.note,
        "facts": facts_as_json(made.facts),
        "decision": decision_as_json(made.decision),
    }
