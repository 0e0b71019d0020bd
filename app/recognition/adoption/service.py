"""Use cases: the versions of a registry's policies, adopted, withdrawn and in force.

1. Where two members may adopt, the one whose words it is in does not: another person does.
2. An illustrative policy is nobody's: it must be made the registry's own before it is adopted.
3. Of the versions of a policy that are in force on a day, the newest decides.

What comes before adopting is in ``drafting`` and can be asked for here too.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby

from sqlalchemy.orm import Session

from app.identity import rules
from app.identity.access import Forbidden
from app.identity.model import Actor, Organisation
from app.identity.people import store as people_store
from app.platform import outbox
from app.platform.conditions import require_match
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.recognition.adoption import POLICY_CHANGED, drafting, store, trusting
from app.recognition.adoption.drafting import (
    SCOPE,
    NotADraft,
    PolicyFaulty,
    TooManyDrafts,
    VersionTaken,
    change,
    check,
    discard,
    draft,
    get,
    import_shipped,
    read,
    tag,
)
from app.recognition.adoption.model import PolicyVersion
from app.recognition.adoption.trusting import PolicyDoubtful, forget
from app.recognition.deciding import cycle
from app.recognition.policies.changes import Change, changes
from app.recognition.policies.model import Policy, Status
from app.trust.statements import Statements

__all__ = [
    "SCOPE",
    "NotADraft",
    "NotInForce",
    "NotYours",
    "PolicyDoubtful",
    "PolicyFaulty",
    "PolicyVersion",
    "SecondPersonNeeded",
    "TooManyDrafts",
    "VersionTaken",
    "adopt",
    "adopted",
    "by_day",
    "change",
    "changed_version",
    "check",
    "compare",
    "discard",
    "draft",
    "forget",
    "get",
    "get_adopted",
    "get_policy",
    "import_shipped",
    "in_force",
    "read",
    "registries_in_force",
    "tag",
    "versions",
    "withdraw",
]

LONGEST_REASON = 500


class NotInForce(Conflict):
    """It was not adopted, or was withdrawn before."""

    code = "policy-not-adopted"


class SecondPersonNeeded(Forbidden):
    """Its author cannot adopt it, since another member can."""

    code = "second-person-needed"


class NotYours(Conflict):
    """The text is of another registry, or of none."""

    code = "policy-not-yours"


def adopt(
    session: Session,
    statements: Statements,
    actor: Actor,
    version_id: str,
    *,
    at: datetime,
    seen: str | None = None,
) -> PolicyVersion:
    """Adopt a draft in the registry's name, under its signature.

    Raises ``NotFound``, ``Forbidden``, ``NotADraft``, ``VersionTaken``, ``SecondPersonNeeded``,
    ``NotYours``, ``PreconditionFailed``, and what the signer raises.
    """
    registry = drafting.hold(session, actor)
    before = drafting.draft_of(session, actor, version_id, seen)
    policy = trusting.parsed(before)
    drafting.refuse_taken(session, registry.id, policy, but=before.id)
    _require_own(registry, read(before.text))
    _require_second_person(session, registry, actor, before)
    statement = statements.sign(
        session,
        organisation_id=registry.id,
        kind=trusting.KIND,
        claims=trusting.claims(registry.id, policy),
        at=at,
    )
    made = replace(
        before,
        status=Status.ADOPTED,
        statement=statement,
        adopted_at=at,
        adopted_by=actor.who,
    )
    trusting.trusted(session, made)  # as everybody will read it, before anybody can
    store.put(session, made)
    drafting.note(session, "policy.adopt", made, before=before, at=at, who=actor.who)
    outbox.publish(session, POLICY_CHANGED, [made.id], at=at)
    return made


def withdraw(
    session: Session,
    actor: Actor,
    version_id: str,
    *,
    why: str,
    at: datetime,
    on: date | None = None,
    seen: str | None = None,
) -> PolicyVersion:
    """Let a version decide no more of what is completed ``on`` a day or later; else from today.

    Raises ``NotFound``, ``Forbidden``, ``Invalid``, ``NotInForce`` and ``PreconditionFailed``.
    """
    drafting.hold(session, actor)
    before = get(session, actor.organisation_id, version_id)
    require_match(seen, tag(before))
    said = " ".join(why.split())
    if not said or len(said) > LONGEST_REASON:
        detail = f"Say why, in up to {LONGEST_REASON} characters."
        raise Invalid(detail, fields=[FieldProblem("/reason", "reason", detail)])
    if before.status is not Status.ADOPTED:
        raise NotInForce("Only what was adopted can be withdrawn, and once.")
    made = replace(
        before,
        status=Status.WITHDRAWN,
        withdrawn_at=at,
        withdrawn_by=actor.who,
        withdrawn_from=on or cycle.today(trusting.parsed(before), at),
        withdrawn_reason=said,
    )
    store.put(session, made)
    drafting.note(
        session, "policy.withdraw", made, before=before, at=at, who=actor.who, reason=said
    )
    outbox.publish(session, POLICY_CHANGED, [made.id], at=at)
    return made


def versions(session: Session, registry_id: str) -> Sequence[PolicyVersion]:
    """Every version of a registry's policies, by policy, the newest first."""
    return store.versions(session, registry_id)


def adopted(session: Session, registry_id: str) -> Sequence[PolicyVersion]:
    """Those that were adopted, withdrawn ones too: what anybody may read."""
    return store.versions(session, registry_id, adopted_alone=True)


def get_adopted(session: Session, registry_id: str, policy_id: str, version: int) -> PolicyVersion:
    """A version that anybody may read. Raises ``NotFound``, also for a draft."""
    found = store.find_version(session, registry_id, policy_id, version)
    if found is None or found.status is Status.DRAFT:
        raise NotFound("No such version of a policy was adopted.")
    return found


def compare(
    session: Session, registry_id: str, version_id: str, *, since: str | None = None
) -> tuple[PolicyVersion | None, PolicyVersion, Sequence[Change]]:
    """A version, another one (or the one adopted before it), and what differs in words.

    Raises ``NotFound`` and ``PolicyDoubtful``.
    """
    new = get(session, registry_id, version_id)
    old: PolicyVersion | None
    if since is not None:
        old = get(session, registry_id, since)
    else:
        same = store.versions(session, registry_id, adopted_alone=True, policy_id=new.policy_id)
        old = next((one for one in same if one.version < new.version), None)
    if old is None:
        return None, new, ()
    return old, new, changes(trusting.parsed(old), trusting.parsed(new))


def changed_version(session: Session, version_id: str) -> PolicyVersion | None:
    """The version that an entry of ``POLICY_CHANGED`` names."""
    return store.find_by_id(session, version_id)


def in_force(session: Session, registry_id: str, *, on: date) -> Sequence[Policy]:
    """The registry's policies that decide of what was completed on that day, by their ids.

    Raises ``PolicyDoubtful`` where one is not what the registry signed: an older version does not
    take its place.
    """
    return by_day(session, [registry_id])[registry_id](on)


def by_day(
    session: Session, registry_ids: Sequence[str]
) -> dict[str, Callable[[date], Sequence[Policy]]]:
    """``in_force`` of several registries, for whoever asks about many days.

    Their versions are looked up once. What is given raises ``PolicyDoubtful`` as ``in_force`` does.
    """
    outlines = store.outlines(session, registry_ids)
    known = trusting.Known(session)

    def of(registry_id: str) -> Callable[[date], Sequence[Policy]]:
        own = [one for one in outlines if one.registry_id == registry_id]
        return lambda day: list(_in_force(session, own, day, known))

    return {one: of(one) for one in registry_ids}


def get_policy(session: Session, registry_id: str, policy_id: str, version: int) -> Policy:
    """One version as a policy, with the status it has. Raises ``NotFound``, ``PolicyDoubtful``."""
    found = store.find_version(session, registry_id, policy_id, version)
    if found is None:
        raise NotFound("There is no such version of a policy.")
    if found.status is Status.DRAFT:
        return trusting.parsed(found)
    return replace(trusting.trusted(session, found), status=found.status)


def registries_in_force(session: Session) -> Sequence[str]:
    """The ids of the registries that have adopted a policy."""
    return store.registries(session)


def _in_force(
    session: Session, outlines: Sequence[PolicyVersion], on: date, known: trusting.Known
) -> Iterator[Policy]:
    for _, group in groupby(outlines, key=lambda one: one.policy_id):
        newest = next((one for one in group if one.in_force(on)), None)
        if newest is None:
            continue
        found = known.get(newest)
        if found is None:
            found = trusting.trusted(session, get(session, newest.registry_id, newest.id))
        yield found if found.decides else replace(found, status=Status.ADOPTED)


def _require_own(registry: Organisation, policy: Policy) -> None:
    if policy.status is Status.ILLUSTRATIVE:
        mend = "An illustrative policy is nobody's. Write `status: draft` into it to make it yours."
        raise NotYours(mend, fields=[FieldProblem("/text", "illustrative", mend)])
    if policy.registry.casefold() not in {registry.id.casefold(), registry.name.casefold()}:
        mend = f"It says to be of {policy.registry}. Write `registry: {registry.id}` into it."
        raise NotYours(mend, fields=[FieldProblem("/text", "registry", mend)])


def _require_second_person(
    session: Session, registry: Organisation, actor: Actor, one: PolicyVersion
) -> None:
    able = [
        f"person:{member.person_id}"
        for member in people_store.members(session, registry.id)
        if SCOPE in rules.allowed(member.roles, registry.kind)
    ]
    if len(able) < 2:
        return
    if not actor.person_id or actor.who == one.changed_by:
        raise SecondPersonNeeded("Another member than its author must adopt it.", scope=SCOPE)
