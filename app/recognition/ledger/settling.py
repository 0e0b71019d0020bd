"""Keeping what was decided: new decisions, who holds a record, the history, who is told.

Whoever comes here holds the registrant's ledger (``store.lock_account``) until the transaction
ends, so of two who decide at once the second sees the figures of the first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.identity import audit
from app.identity.audit import Entry as AuditEntry
from app.platform import outbox
from app.platform.ids import new_id
from app.platform.problems import Conflict
from app.recognition.deciding.model import Decision, Facts, Outcome
from app.recognition.ledger import DECISION_MADE, store
from app.recognition.ledger.model import Cause, DecisionMade, Verdict
from app.recognition.ledger.replaying import Change, Replay, with_facts
from app.recognition.ledger.rules import Rules
from app.recognition.ledger.store import Held
from app.recognition.register import service as register
from app.recognition.register.service import Registrant


class RecordOvertaken(Conflict):
    """What was free when it was looked at is another registrant's now."""

    code = "record-overtaken"


@dataclass(frozen=True, slots=True)
class Why:
    """Why decisions are made, by whom, and when."""

    cause: Cause
    who: str
    at: datetime
    note: str | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What has become known of submissions, by their ids."""

    facts: Mapping[str, Facts]
    verdicts: Mapping[str, Verdict | None]


NOTHING_NEW = Known({}, {})


def lock(session: Session, registry_id: str, registrant_id: str) -> tuple[Registrant, int]:
    """The registrant, whose ledger nobody else changes until the transaction ends.

    With the number of the last submission. Raises ``NotFound``.
    """
    registrant = register.get(session, registry_id, registrant_id)
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    number = store.lock_account(session, registry_id, registrant_id, is_sqlite=is_sqlite)
    return registrant, number


def lock_many(
    session: Session, registry_id: str, registrant_ids: Sequence[str]
) -> Sequence[Registrant]:
    """Registrants who submitted something, all locked, in the order of their ids.

    Everybody locks in that order, so that nobody waits in a circle.
    """
    locked = store.lock_accounts(session, registrant_ids)
    return [register.get(session, registry_id, one) for one in locked]


def decide_anew(
    session: Session,
    registrant: Registrant,
    ids: Sequence[str],
    why: Why,
    *,
    known: Known = NOTHING_NEW,
) -> Sequence[DecisionMade]:
    """Decide some submissions of a registrant anew, and whatever follows from that; keep it all.

    Under the lock. Each of ``ids`` gets a decision, even one that says the same as before.
    """
    wanted = set(ids)
    held = store.held(session, [registrant.id]).get(registrant.id, [])
    held = with_facts(held, known.facts, known.verdicts)
    replay = Replay(
        Rules(session, registrant.registry_id),
        why.at,
        lambda one: one.id in wanted,
        registrant.registered_on,
        elsewhere(session, registrant, held),
        always=True,
    )
    return keep(session, [(registrant, list(replay.changes(held)))], why, known=known)


def elsewhere(session: Session, registrant: Registrant, held: Sequence[Held]) -> frozenset[str]:
    """Of the records that the registrant does not hold, those that another one does."""
    free = [one.record_key for one in held if not one.claimed]
    return store.claimed_by_others(session, registrant.registry_id, registrant.id, free)


def keep(
    session: Session,
    changed: Sequence[tuple[Registrant, Sequence[Change]]],
    why: Why,
    *,
    known: Known = NOTHING_NEW,
) -> Sequence[DecisionMade]:
    """Keep new decisions, registrant by registrant; gives them in that order.

    ``known`` says of which submissions facts or verdicts are other than before.
    """
    pairs = [
        (change, _made(registrant, change, why))
        for registrant, changes in changed
        for change in changes
    ]
    made = [one for _, one in pairs]
    store.insert_decisions(session, made)
    try:
        store.update_submissions(session, [_after(*pair) for pair in pairs])
    except IntegrityError as error:
        said = "Another registrant came to hold the same record at this moment; try again."
        raise RecordOvertaken(said) from error
    learned = known.facts.keys() | known.verdicts.keys()
    store.update_submissions(
        session, [_learned(one) for one in made if one.submission_id in learned]
    )
    if why.run_id is None:
        tell(session, made, [change.old for change, _ in pairs], why)
    else:
        _tell_of_run(session, made, why)
    return made


def tell(
    session: Session,
    made: Sequence[DecisionMade],
    before: Sequence[Decision | None],
    why: Why,
) -> None:
    """Note decisions in the history, and let whoever follows them hear."""
    audit.record_many(
        session,
        [
            AuditEntry(
                why.at,
                why.who,
                "decision.made",
                f"submission:{one.submission_id}",
                None if old is None else brief(old),
                {"decision": one.id, "cause": one.cause.value, **brief(one.decision)},
                one.registry_id,
            )
            for one, old in zip(made, before, strict=True)
        ],
    )
    outbox.announce(session, DECISION_MADE, [one.id for one in made], at=why.at)


def _tell_of_run(session: Session, made: Sequence[DecisionMade], why: Why) -> None:
    """Of a run, which keeps each of its changes itself, the history has a line a registrant."""
    counted = Counter((one.registry_id, one.registrant_id) for one in made)
    audit.record_many(
        session,
        [
            AuditEntry(
                why.at,
                why.who,
                "decisions.made",
                f"registrant:{registrant_id}",
                None,
                {"run": why.run_id, "cause": why.cause.value, "decisions": number},
                registry_id,
            )
            for (registry_id, registrant_id), number in counted.items()
        ],
    )
    outbox.announce(session, DECISION_MADE, [one.id for one in made], at=why.at)


def brief(decision: Decision) -> dict[str, object]:
    """A decision in a few words, for the history and for lists of changes."""
    return {
        "outcome": decision.outcome.value,
        "credited": None if decision.credited is None else str(decision.credited),
        "category": decision.category,
        "reasons": list(decision.reasons),
        "policy": decision.policy_id,
        "version": decision.policy_version,
    }


def _made(registrant: Registrant, change: Change, why: Why) -> DecisionMade:
    held = change.held
    return DecisionMade(
        id=new_id(),
        submission_id=held.id,
        registry_id=registrant.registry_id,
        registrant_id=registrant.id,
        sequence=held.sequence + 1,
        previous_id=held.decision_id,
        cause=why.cause,
        at=why.at,
        by=why.who,
        today=change.today,
        decision=change.new,
        facts=held.facts,
        verdict=held.verdict,
        run_id=why.run_id,
        note=why.note if change.anew else FOLLOWS,
    )


FOLLOWS = "follows from another decision of this registrant"
"""The note of a decision that changes because others before it did."""


def _after(change: Change, made: DecisionMade) -> dict[str, object]:
    is_free = made.decision.outcome is Outcome.REJECT or change.elsewhere
    return {
        "id": change.held.id,
        "outcome": made.decision.outcome.value,
        "decision_id": made.id,
        "sequence": made.sequence,
        "claim": None if is_free else change.held.record_key,
    }


def _learned(made: DecisionMade) -> dict[str, object]:
    return {
        "id": made.submission_id,
        "facts": store.stored_facts(made.facts),
        "verdict": store.stored_verdict(made.verdict),
        "completed": made.facts.completed,
        "activity_key": made.facts.activity_key,
        "record_id": made.facts.record_id,
    }
