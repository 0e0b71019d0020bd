"""Use cases: the versions of a registry's policies, drafted, adopted and withdrawn.

1. Whoever changes a registry's policies holds its row, so changes come one after another.
2. A version's number is higher than that of every version of the policy that was ever adopted.
3. Where two members may adopt, the one whose words it is in does not: another person does.
4. An illustrative policy is nobody's: it must be made the registry's own before it is adopted.
5. Of the versions of a policy that are in force on a day, the newest decides.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby

from sqlalchemy.orm import Session

from app.identity import audit, rules
from app.identity.access import Forbidden
from app.identity.model import Actor, Kind, Organisation
from app.identity.people import store as people_store
from app.platform import outbox
from app.platform.conditions import entity_tag, require_match
from app.platform.ids import new_id
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.recognition.adoption import POLICY_CHANGED, store, trusting
from app.recognition.adoption.model import PolicyVersion
from app.recognition.adoption.trusting import PolicyDoubtful, forget
from app.recognition.deciding import cycle
from app.recognition.policies.model import Policy, Status
from app.recognition.policies.reading import PolicyInvalid, read_policy
from app.trust.statements import Statements

__all__ = ["PolicyDoubtful", "PolicyVersion", "forget"]

SCOPE = "recognition:policy"
LONGEST_REASON = 500
MOST_DRAFTS = 100


class PolicyFaulty(Invalid):
    """The text is not a policy; each fault is named with its line."""

    code = "policy-faulty"


class VersionTaken(Conflict):
    """There is a version of this number, or one with a higher number was adopted."""

    code = "policy-version-taken"


class NotADraft(Conflict):
    """What was adopted is not changed; a new version takes its place."""

    code = "policy-not-a-draft"


class NotInForce(Conflict):
    """It was not adopted, or was withdrawn before."""

    code = "policy-not-adopted"


class SecondPersonNeeded(Forbidden):
    """Its author cannot adopt it, since another member can."""

    code = "second-person-needed"


class NotYours(Conflict):
    """The text is of another registry, or of none."""

    code = "policy-not-yours"


class TooManyDrafts(Conflict):
    """There are more drafts than anybody works on."""

    code = "too-many-drafts"


def read(text: str) -> Policy:
    """What a text says. Raises ``PolicyFaulty`` with each fault, its line and its mend."""
    try:
        return read_policy(text)
    except PolicyInvalid as error:
        raise PolicyFaulty(
            "The text is not a policy yet.",
            fields=[FieldProblem(f"/text#{one.path}", one.code, str(one)) for one in error.faults],
        ) from error


def draft(session: Session, actor: Actor, text: str, *, at: datetime) -> PolicyVersion:
    """Keep a text as the draft of a version of the actor's registry.

    Raises ``NotARegistry``, ``Forbidden``, ``PolicyFaulty`` and ``VersionTaken``.
    """
    _hold(session, actor)
    policy = read(text)
    _refuse_taken(session, actor.organisation_id, policy)
    if store.drafts(session, actor.organisation_id) >= MOST_DRAFTS:
        raise TooManyDrafts(f"There are {MOST_DRAFTS} drafts; discard one first.")
    made = PolicyVersion(
        id=new_id(),
        registry_id=actor.organisation_id,
        policy_id=policy.policy_id,
        version=policy.policy_version,
        status=Status.DRAFT,
        text=text,
        hash=policy.hash,
        valid=policy.valid,
        statement=None,
        created_at=at,
        created_by=actor.who,
        changed_at=at,
        changed_by=actor.who,
    )
    store.put(session, made)
    _note(session, "policy.draft", made, at=at, who=actor.who)
    return made


def change(
    session: Session,
    actor: Actor,
    version_id: str,
    text: str,
    *,
    at: datetime,
    seen: str | None = None,
) -> PolicyVersion:
    """Write a draft anew; ``seen`` is an ``If-Match``.

    Raises as ``draft``, ``NotFound``, ``NotADraft`` and ``PreconditionFailed``.
    """
    _hold(session, actor)
    before = _draft(session, actor, version_id, seen)
    policy = read(text)
    _refuse_taken(session, actor.organisation_id, policy, but=before.id)
    made = replace(
        before,
        policy_id=policy.policy_id,
        version=policy.policy_version,
        text=text,
        hash=policy.hash,
        valid=policy.valid,
        changed_at=at,
        changed_by=actor.who,
    )
    if text == before.text:
        return before
    store.put(session, made)
    _note(session, "policy.change", made, before=before, at=at, who=actor.who)
    return made


def discard(
    session: Session, actor: Actor, version_id: str, *, at: datetime, seen: str | None = None
) -> None:
    """Throw a draft away. Raises ``NotFound``, ``NotADraft`` and ``PreconditionFailed``."""
    _hold(session, actor)
    before = _draft(session, actor, version_id, seen)
    store.delete_draft(session, before.id)
    _note(session, "policy.discard", before, at=at, who=actor.who)


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
    registry = _hold(session, actor)
    before = _draft(session, actor, version_id, seen)
    policy = trusting.parsed(before)
    _refuse_taken(session, registry.id, policy, but=before.id)
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
    _note(session, "policy.adopt", made, before=before, at=at, who=actor.who)
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
    _hold(session, actor)
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
    _note(session, "policy.withdraw", made, before=before, at=at, who=actor.who, reason=said)
    outbox.publish(session, POLICY_CHANGED, [made.id], at=at)
    return made


def get(session: Session, registry_id: str, version_id: str) -> PolicyVersion:
    """Raises ``NotFound``, also for another registry's."""
    found = store.find(session, registry_id, version_id)
    if found is None:
        raise NotFound("There is no such version of a policy.")
    return found


def versions(session: Session, registry_id: str) -> Sequence[PolicyVersion]:
    """Every version of a registry's policies, by policy, the newest first."""
    return store.versions(session, registry_id)


def adopted(session: Session, registry_id: str) -> Sequence[PolicyVersion]:
    """Those that were adopted, withdrawn ones too: what anybody may read."""
    return store.versions(session, registry_id, adopted_alone=True)


def changed_version(session: Session, version_id: str) -> PolicyVersion | None:
    """The version that an entry of ``POLICY_CHANGED`` names."""
    return store.find_by_id(session, version_id)


def in_force(session: Session, registry_id: str, *, on: date) -> Sequence[Policy]:
    """The registry's policies that decide of what was completed on that day, by their ids.

    Raises ``PolicyDoubtful`` where one is not what the registry signed: an older version does not
    take its place.
    """
    return by_day(session, registry_id)(on)


def by_day(session: Session, registry_id: str) -> Callable[[date], Sequence[Policy]]:
    """``in_force`` for whoever asks about many days: the versions are looked up once.

    What is given raises ``PolicyDoubtful`` as ``in_force`` does.
    """
    outlines = store.outlines(session, registry_id)
    read: dict[str, Policy] = {}

    def on(day: date) -> Sequence[Policy]:
        return list(_in_force(session, outlines, day, read))

    return on


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


def tag(one: PolicyVersion) -> str:
    """The entity tag of what can be changed of a version."""
    return entity_tag([one.id, str(one.status), one.text])


def _in_force(
    session: Session, outlines: Sequence[PolicyVersion], on: date, read: dict[str, Policy]
) -> Iterator[Policy]:
    for _, group in groupby(outlines, key=lambda one: one.policy_id):
        newest = next((one for one in group if one.in_force(on)), None)
        if newest is None:
            continue
        if newest.id not in read:
            found = trusting.known(session, newest)
            if found is None:
                found = trusting.trusted(session, get(session, newest.registry_id, newest.id))
            read[newest.id] = replace(found, status=Status.ADOPTED)
        yield read[newest.id]


def _hold(session: Session, actor: Actor) -> Organisation:
    """The actor's registry, held still; the actor is asked again whether he or she may."""
    registry = people_store.lock_organisation(session, actor.organisation_id)
    if registry is None or registry.kind is not Kind.REGISTRY:
        raise NotFound("There is no such registry.")
    may = rules.may(actor, SCOPE, registry.id)
    if may and actor.person_id:
        member = people_store.find_member(session, registry.id, actor.person_id)
        may = member is not None and SCOPE in rules.allowed(member.roles, registry.kind)
    if not may:
        raise Forbidden("You may not change this registry's policies.")
    return registry


def _draft(session: Session, actor: Actor, version_id: str, seen: str | None) -> PolicyVersion:
    found = get(session, actor.organisation_id, version_id)
    require_match(seen, tag(found))
    if found.status is not Status.DRAFT:
        raise NotADraft("What was adopted is not changed; draft a new version.")
    return found


def _refuse_taken(session: Session, registry_id: str, policy: Policy, *, but: str = "") -> None:
    newest = store.newest_adopted(session, registry_id, policy.policy_id)
    if policy.policy_version <= newest:
        mend = f"Version {newest} was adopted; give this one a higher number."
        raise VersionTaken(mend, fields=[FieldProblem("/text#policy_version", "taken", mend)])
    same = store.find_version(session, registry_id, policy.policy_id, policy.policy_version)
    if same is not None and same.id != but:
        mend = "There is a draft of this version; change that one, or give this a higher number."
        raise VersionTaken(mend, fields=[FieldProblem("/text#policy_version", "taken", mend)])


def _require_own(registry: Organisation, policy: Policy) -> None:
    if policy.status is Status.ILLUSTRATIVE:
        mend = "An illustrative policy is nobody's. Write `status: draft` into it to make it yours."
        raise NotYours(mend, fields=[FieldProblem("/text#status", "illustrative", mend)])
    if policy.registry.casefold() not in {registry.id.casefold(), registry.name.casefold()}:
        mend = f"It says to be of {policy.registry}. Write `registry: {registry.id}` into it."
        raise NotYours(mend, fields=[FieldProblem("/text#registry", "registry", mend)])


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


def _note(
    session: Session,
    action: str,
    one: PolicyVersion,
    *,
    at: datetime,
    who: str,
    before: PolicyVersion | None = None,
    **more: str,
) -> None:
    audit.record(
        session,
        who=who,
        action=action,
        subject=f"policy-version:{one.id}",
        at=at,
        before=None if before is None else _told(before),
        after={**_told(one), **more},
        organisation_id=one.registry_id,
    )


def _told(one: PolicyVersion) -> dict[str, str | int]:
    return {
        "policy": one.policy_id,
        "version": one.version,
        "status": str(one.status),
        "hash": one.hash,
    }
