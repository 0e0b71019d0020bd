"""Deciding anew, in batches: after a new policy, a correction, a revocation, or to try a policy.

A batch is some registrants, each with everything that he submitted; it is one transaction with the
run's cursor, so a run that is killed anywhere goes on after the last batch that was whole. Deciding
a registrant twice would do no harm: what says the same as before is not written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.platform.problems import NotFound
from app.recognition.adoption import service as adoption
from app.recognition.ledger import reading, running, settling, store
from app.recognition.ledger.model import Changed, DecisionMade, Run, RunScope
from app.recognition.ledger.replaying import Change, Replay
from app.recognition.ledger.rules import Rules
from app.recognition.ledger.seeing import Seer
from app.recognition.ledger.settling import Why, brief, elsewhere
from app.recognition.ledger.store import Held
from app.recognition.ledger.verifying import verify_again
from app.recognition.policies.model import Policy
from app.recognition.register import service as register
from app.recognition.register.service import Registrant
from app.verification.bundle import Bundle

BATCH = 50
"""Registrants in one transaction."""
MOST_DECIDED, MOST_VERIFIED = 2_500, 500
"""And how many submissions they have, so that nobody else waits long: SQLite has one writer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which submissions a run decides anew."""

    scope: RunScope
    rules: Rules

    def __call__(self, held: Held) -> bool:
        scope, completed = self.scope, held.facts.completed
        if scope.submissions and held.id not in scope.submissions:
            return False
        if scope.since is not None and completed < scope.since:
            return False
        if scope.until is not None and completed > scope.until:
            return False
        return scope.policy_id is None or self._is_under(scope.policy_id, held)

    def _is_under(self, policy_id: str, held: Held) -> bool:
        """Whether the policy decided on it, or would now."""
        if held.body["policy_id"] == policy_id:
            return True
        chosen = self.rules.for_facts(held.facts)
        return chosen is not None and chosen.policy_id == policy_id


def batch(session: Session, run: Run, bundle: Bundle, *, at: datetime) -> bool:
    """Decide the next registrants of a run anew; false when there are none left.

    In a transaction of its own, which also moves the run's cursor.
    """
    after, _ = running.cursors(session, run.id)
    most = MOST_VERIFIED if run.scope.verify else MOST_DECIDED
    coming = running.next_registrants(session, run, after=after, limit=BATCH, submissions=most)
    if not coming:
        return False
    rules = Rules(session, run.registry_id, instead=_tried(session, run))
    looked, rows = _decide(session, run, coming, rules, bundle, at=at)
    running.insert_changes(session, run.id, rows)
    running.change(
        session,
        run.id,
        cursor=coming[-1],
        looked=run.looked + looked,
        changed=run.changed + len(rows),
        heard_at=at,
    )
    return True


_Row = tuple[str, str, Any, Any]


def _decide(
    session: Session,
    run: Run,
    registrants: Sequence[str],
    rules: Rules,
    bundle: Bundle,
    *,
    at: datetime,
) -> tuple[int, list[_Row]]:
    """How many submissions were looked at, and what changed."""
    why = Why(run.cause, run.started_by, at, run.why, run.id)
    known = settling.lock_many(session, run.registry_id, registrants)
    all_held = store.held(session, registrants)
    wanted, seer = Wanted(run.scope, rules), Seer(session, run.registry_id)
    rows: list[_Row] = []
    changed: list[tuple[Registrant, list[Change]]] = []
    for registrant in known:
        held = all_held.get(registrant.id, [])
        if run.scope.verify:
            ids = [one.id for one in held if wanted(one)]
            made = verify_again(session, bundle, registrant, ids, why, seer=seer)
            before = {one.id: one for one in held}
            rows += [
                (registrant.id, one.submission_id, _old(before[one.submission_id]), told(one))
                for one in made
            ]
            continue
        replay = Replay(
            rules, at, wanted, registrant.registered_on, elsewhere(session, registrant, held)
        )
        found = list(replay.changes(held))
        rows += [
            (registrant.id, one.held.id, _old(one.held), {**brief(one.new), "anew": one.anew})
            for one in found
        ]
        changed.append((registrant, found))
    if not run.dry:
        settling.keep(session, changed, why)
    return sum(map(len, all_held.values())), rows


def dry_run(
    session: Session,
    registry_id: str,
    policy: Policy,
    *,
    since: date | None = None,
    limit: int = 1000,
    at: datetime,
) -> Iterator[Changed]:
    """What a policy would make of what was submitted: old, new, why. Nothing is kept.

    The policy is tried in the place of its other versions, whatever days it is for. At most
    ``limit`` changes are told; the code is that of a run in earnest.
    """
    rules = Rules(session, registry_id, instead=policy)
    scope = RunScope(policy_id=policy.policy_id, since=since)
    wanted, after, told_of = Wanted(scope, rules), "", 0
    while coming := running.accounts(session, registry_id, after=after, limit=BATCH):
        after = coming[-1]
        all_held = store.held(session, coming)
        for registrant_id in coming:
            registrant = register.get(session, registry_id, registrant_id)
            held = all_held.get(registrant_id, [])
            replay = Replay(
                rules, at, wanted, registrant.registered_on, elsewhere(session, registrant, held)
            )
            found = list(replay.changes(held))[: limit - told_of]
            yield from _changed(session, found)
            told_of += len(found)
            if told_of >= limit:
                return


def _changed(session: Session, found: Sequence[Change]) -> Iterator[Changed]:
    known = reading.find_many(session, [one.held.id for one in found])
    for one in found:
        yield Changed(known[one.held.id], one.old, one.new)


def _tried(session: Session, run: Run) -> Policy | None:
    scope = run.scope
    if not run.dry or scope.policy_id is None or scope.policy_version is None:
        return None
    try:
        return adoption.get_policy(session, run.registry_id, scope.policy_id, scope.policy_version)
    except NotFound:  # a draft that somebody has thrown away since
        return None


def _old(held: Held) -> dict[str, Any]:
    body = held.body
    names = {"policy": "policy_id", "version": "policy_version"}
    same = ("outcome", "credited", "category", "reasons")
    return {name: body[name] for name in same} | {new: body[old] for new, old in names.items()}


def told(made: DecisionMade) -> dict[str, Any]:
    """A decision in a few words, and whether it was asked for or follows from another."""
    return {**brief(made.decision), "anew": made.note != settling.FOLLOWS}
