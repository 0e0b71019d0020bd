"""Use cases: drafts of a registry's policies, and what changing a version has in common.

1. Whoever changes a registry's policies holds its row, so changes come one after another; and he or
   she is asked again whether it is allowed, since the door was some moments ago.
2. A version's number is higher than that of every version of the policy that was ever adopted.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import audit, rules
from app.identity.access import Forbidden
from app.identity.model import Actor, Kind, Organisation
from app.identity.people import store as people_store
from app.platform.conditions import entity_tag, require_match
from app.platform.ids import new_id
from app.platform.problems import Conflict, FieldProblem, Invalid, NotFound
from app.recognition.adoption import store
from app.recognition.adoption.model import PolicyVersion
from app.recognition.deciding import cycle
from app.recognition.policies import shipped
from app.recognition.policies.finding import Finding
from app.recognition.policies.lint import lint_text
from app.recognition.policies.model import Policy, Status
from app.recognition.policies.reading import Fault, PolicyInvalid, read_policy

SCOPE = "recognition:policy"
MOST_DRAFTS = 100


class PolicyFaulty(Invalid):
    """The text is not a policy; ``faults`` names each with its line."""

    code = "policy-faulty"

    def __init__(self, faults: Sequence[Fault]) -> None:
        fields = [FieldProblem("/text", one.code, str(one)) for one in faults]
        super().__init__("The text is not a policy yet.", fields=fields)
        self.faults = tuple(faults)


class VersionTaken(Conflict):
    """There is a version of this number, or one with a higher number was adopted."""

    code = "policy-version-taken"


class NotADraft(Conflict):
    """What was adopted is not changed; a new version takes its place."""

    code = "policy-not-a-draft"


class TooManyDrafts(Conflict):
    """There are more drafts than anybody works on."""

    code = "too-many-drafts"


def read(text: str) -> Policy:
    """What a text says. Raises ``PolicyFaulty`` with each fault, its line and its mend."""
    try:
        return read_policy(text)
    except PolicyInvalid as error:
        raise PolicyFaulty(error.faults) from error


def check(text: str, *, at: datetime) -> tuple[Policy | None, Sequence[Fault], Sequence[Finding]]:
    """What a text says, what keeps it from being a policy, and what to look at again."""
    try:
        policy = read_policy(text)
        _, findings = lint_text(text, today=cycle.today(policy, at))
    except PolicyInvalid as error:
        return None, error.faults, ()
    return policy, (), findings


def draft(session: Session, actor: Actor, text: str, *, at: datetime) -> PolicyVersion:
    """Keep a text as the draft of a version of the actor's registry.

    Raises ``NotARegistry``, ``Forbidden``, ``PolicyFaulty`` and ``VersionTaken``.
    """
    hold(session, actor)
    policy = read(text)
    refuse_taken(session, actor.organisation_id, policy)
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
    note(session, "policy.draft", made, at=at, who=actor.who)
    return made


def import_shipped(session: Session, actor: Actor, name: str, *, at: datetime) -> PolicyVersion:
    """Begin a draft with an illustrative policy that comes with this program.

    Its words say so; its status, its registry and its version are the draft's own. Raises as
    ``draft``, and ``NotFound``.
    """
    text = shipped.texts().get(name)
    if text is None:
        raise NotFound(f"There is no such policy; there are {', '.join(shipped.texts())}.")
    policy = read(text)
    taken = store.newest(session, actor.organisation_id, policy.policy_id)
    own = {
        "policy_version": str(taken + 1),
        "registry": f'"{actor.organisation_id}"',
        "status": str(Status.DRAFT),
    }
    for member, value in own.items():
        text = re.sub(rf"^{member}:.*$", f"{member}: {value}", text, count=1, flags=re.MULTILINE)
    remark = f"# Made from the illustrative policy {name}, which no body has adopted.\n"
    return draft(session, actor, remark + text, at=at)


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
    hold(session, actor)
    before = draft_of(session, actor, version_id, seen)
    policy = read(text)
    refuse_taken(session, actor.organisation_id, policy, but=before.id)
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
    note(session, "policy.change", made, before=before, at=at, who=actor.who)
    return made


def discard(
    session: Session, actor: Actor, version_id: str, *, at: datetime, seen: str | None = None
) -> None:
    """Throw a draft away. Raises ``NotFound``, ``NotADraft`` and ``PreconditionFailed``."""
    hold(session, actor)
    before = draft_of(session, actor, version_id, seen)
    store.delete_draft(session, before.id)
    note(session, "policy.discard", before, at=at, who=actor.who)


def get(session: Session, registry_id: str, version_id: str) -> PolicyVersion:
    """Raises ``NotFound``, also for another registry's."""
    found = store.find(session, registry_id, version_id)
    if found is None:
        raise NotFound("There is no such version of a policy.")
    return found


def tag(one: PolicyVersion) -> str:
    """The entity tag of what can be changed of a version."""
    return entity_tag([one.id, str(one.status), one.text])


def hold(session: Session, actor: Actor) -> Organisation:
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


def draft_of(session: Session, actor: Actor, version_id: str, seen: str | None) -> PolicyVersion:
    """A draft as the caller saw it. Raises ``NotFound``, ``NotADraft``, ``PreconditionFailed``."""
    found = get(session, actor.organisation_id, version_id)
    require_match(seen, tag(found))
    if found.status is not Status.DRAFT:
        raise NotADraft("What was adopted is not changed; draft a new version.")
    return found


def refuse_taken(session: Session, registry_id: str, policy: Policy, *, but: str = "") -> None:
    """Raise ``VersionTaken`` unless the policy has a number of its own that is high enough."""
    newest = store.newest_adopted(session, registry_id, policy.policy_id)
    if policy.policy_version <= newest:
        mend = f"Version {newest} was adopted; give this one a higher number."
        raise VersionTaken(mend, fields=[FieldProblem("/text", "taken", mend)])
    same = store.find_version(session, registry_id, policy.policy_id, policy.policy_version)
    if same is not None and same.id != but:
        mend = "There is a draft of this version; change that one, or give this a higher number."
        raise VersionTaken(mend, fields=[FieldProblem("/text", "taken", mend)])


def note(
    session: Session,
    action: str,
    one: PolicyVersion,
    *,
    at: datetime,
    who: str,
    before: PolicyVersion | None = None,
    **more: str,
) -> None:
    """Note what happened to a version."""
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
