"""Verifying records that were submitted before with what is known now, and deciding by that."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from app.recognition.deciding.model import Facts, Signature, Standing
from app.recognition.ledger import store
from app.recognition.ledger.model import Cause, DecisionMade
from app.recognition.ledger.seeing import Seer, columns_of, key_of
from app.recognition.ledger.settling import Known, Why, decide_anew
from app.recognition.register.service import Registrant
from app.verification.bundle import Bundle
from app.verification.model import Outcome, Report
from app.verification.verify import verify_many


def look_again(
    session: Session,
    bundle: Bundle,
    registrant: Registrant,
    ids: Sequence[str],
    why: Why,
    *,
    seer: Seer,
) -> bool:
    """Verify some of a registrant's records again; whether any decision changed. Under the lock."""
    return bool(verify_again(session, bundle, registrant, ids, why, seer=seer))


def verify_again(
    session: Session,
    bundle: Bundle,
    registrant: Registrant,
    ids: Sequence[str],
    why: Why,
    *,
    seer: Seer,
) -> Sequence[DecisionMade]:
    """Verify records again, and decide anew on those about which something else is known now."""
    again = store.to_verify(session, ids)
    reports = verify_many((one.record for one in again), bundle=bundle, at=why.at)
    facts: dict[str, Facts] = {}
    for one, report in zip(again, reports, strict=True):
        found = remembering(
            seer.facts(
                registrant,
                report,
                submitted_on=one.submitted_at.date(),
                supplement=one.supplement,
                holder_confirmed=one.holder_confirmed,
                before=one.number,
            ),
            one.facts,
            report,
        )
        if found == one.facts:
            continue
        facts[one.id] = found
        _keep_report(session, registrant, one, report)
    if not facts:
        return ()
    return decide_anew(
        session, registrant, list(facts), _because(why, facts), known=Known(facts, {})
    )


def remembering(found: Facts, known: Facts, report: Report) -> Facts:
    """What is known now, where less is known than before with what was known.

    A status list that has run out, or an issuer whom this node has not heard of lately, says
    nothing against what was verified when it was submitted; a key that turns out to be
    compromised, or a revocation, does. That a record has ended since does not either: what was
    completed stays so.
    """
    if known.signature is not Signature.VALID:
        return found
    if found.signature is Signature.UNKNOWN:
        return known
    if report.record is None:
        return replace(known, signature=found.signature)
    if found.signature is Signature.INVALID and _has_only_ended(report):
        found = replace(found, signature=known.signature)
    if found.status is Standing.UNKNOWN:
        found = replace(found, status=known.status)
    return found


def _has_only_ended(report: Report) -> bool:
    failed = [one.code for one in report.checks if one.outcome is Outcome.FAIL]
    return failed == ["record.dates"]


def _keep_report(
    session: Session, registrant: Registrant, one: store.ToVerify, report: Report
) -> None:
    """Keep what the verification found; the key too, of a record that was not proven before."""
    columns = columns_of(report)
    if report.record is None:
        columns = {name: columns[name] for name in ("report", "verified_at")}
    key = key_of(report)
    is_new = report.record is not None and key != one.record_key
    if is_new and not store.known_keys(session, registrant.id, [key]):
        columns["record_key"] = key
    store.update_submissions(session, [{"id": one.id, **columns}])


def _because(why: Why, facts: dict[str, Facts]) -> Why:
    """A revocation is said to be one."""
    gone = {Standing.REVOKED}
    if why.cause is Cause.CORRECTED and all(one.status in gone for one in facts.values()):
        return Why(Cause.REVOKED, why.who, why.at, why.note, why.run_id)
    return why
