"""Verifying records that were submitted before with what is known now, and deciding by that."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.recognition.deciding.model import Facts, Standing
from app.recognition.ledger import store
from app.recognition.ledger.model import Cause, DecisionMade
from app.recognition.ledger.seeing import Seer, columns_of, key_of
from app.recognition.ledger.settling import Known, Why, decide_anew
from app.recognition.register.service import Registrant
from app.verification.bundle import Bundle
from app.verification.model import Report
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
    columns = []
    for one, report in zip(again, reports, strict=True):
        found = seer.facts(
            registrant,
            report,
            submitted_on=one.submitted_at.date(),
            supplement=one.supplement,
            holder_confirmed=one.holder_confirmed,
            before=one.number,
        )
        if found != one.facts:
            facts[one.id] = found
        columns.append({"id": one.id, **columns_of(report)})
        key = _key_now_known(session, registrant, one, report)
        if key is not None:
            store.update_submissions(session, [{"id": one.id, "record_key": key}])
    store.update_submissions(session, columns)
    if not facts:
        return ()
    return decide_anew(
        session, registrant, list(facts), _because(why, facts), known=Known(facts, {})
    )


def _key_now_known(
    session: Session, registrant: Registrant, one: store.ToVerify, report: Report
) -> str | None:
    """The key of a record that could not be proven before, unless the registrant has that too."""
    key = key_of(report)
    if key == one.record_key or store.known_keys(session, registrant.id, [key]):
        return None
    return key


def _because(why: Why, facts: dict[str, Facts]) -> Why:
    """A revocation is said to be one."""
    gone = {Standing.REVOKED}
    if why.cause is Cause.CORRECTED and all(one.status in gone for one in facts.values()):
        return Why(Cause.REVOKED, why.who, why.at, why.note, why.run_id)
    return why
