"""From a version in the database to a policy that may decide: only what the registry signed.

1. The text is read again, and is the policy, the version and the hash that the row says.
2. The statement is signed by a key of that registry which was good when it signed.
3. The statement names this registry, policy, version, hash and these days.

What was found once is remembered, for as long as nothing of what this node trusts has changed: a
key that turns out to have been stolen is asked about again.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from sqlalchemy.orm import Session

from app.platform.problems import Conflict
from app.proof.errors import ProofError
from app.recognition.adoption.model import PolicyVersion
from app.recognition.policies.model import Policy, Status
from app.recognition.policies.reading import PolicyInvalid, read_policy
from app.trust import service as trust
from app.trust import statements
from app.trust import store as trust_store
from app.verification.bundle import Bundle

KIND = "policy-adoption"
_MOST_REMEMBERED = 512


class PolicyDoubtful(Conflict):
    """What is kept is not what the registry signed; nothing is decided by it."""

    code = "policy-doubtful"


def claims(registry_id: str, policy: Policy) -> dict[str, str | int | None]:
    """What a registry says when it adopts a policy."""
    return {
        "registry": registry_id,
        "policy_id": policy.policy_id,
        "policy_version": policy.policy_version,
        "policy_hash": policy.hash,
        "valid_from": policy.valid.first.isoformat() if policy.valid.first else None,
        "valid_to": policy.valid.last.isoformat() if policy.valid.last else None,
    }


_remembered: dict[tuple[object, ...], Policy] = {}
"""Policies that were found to be what their registry signed."""


def forget() -> None:
    """Look through everything again, as after a start."""
    _remembered.clear()


@dataclass(frozen=True, slots=True)
class _Trust:
    """What this node trusts: which database, and as of which change."""

    place: str
    version: int

    def key_of(self, one: PolicyVersion) -> tuple[object, ...]:
        """What a finding rests on; the text is not among it, since the hash names what it says."""
        named = (one.id, one.registry_id, one.policy_id, one.version, one.hash, one.valid)
        return (self.place, self.version, *named, one.statement)


def _trust(session: Session) -> _Trust:
    return _Trust(str(session.get_bind().engine.url), trust_store.trust_version(session))


class Known:
    """The policies that were looked through before, as of one moment."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._as_of: _Trust | None = None

    def get(self, one: PolicyVersion) -> Policy | None:
        """The policy, if this version was looked through before."""
        if self._as_of is None:
            self._as_of = _trust(self._session)
        return _remembered.get(self._as_of.key_of(one))


def trusted(session: Session, one: PolicyVersion) -> Policy:
    """The policy of a version that was adopted. Raises ``PolicyDoubtful``."""
    key = _trust(session).key_of(one)
    found = _remembered.get(key)
    if found is None:
        found = _looked_through(session, one)
        if len(_remembered) >= _MOST_REMEMBERED:
            forget()
        _remembered[key] = found
    return found


def is_sound(session: Session, one: PolicyVersion) -> bool:
    """Whether a version that was adopted still is what its registry signed."""
    try:
        trusted(session, one)
    except PolicyDoubtful:
        return False
    return True


def parsed(one: PolicyVersion) -> Policy:
    """What a version's text says, with the status that the version has. Raises ``PolicyDoubtful``.

    Nothing is decided by this: a signature is not looked at.
    """
    try:
        policy = _read(one.text)
    except PolicyInvalid as error:
        raise _doubt(one, "its text cannot be read any more") from error
    named = (policy.policy_id, policy.policy_version, policy.hash, policy.valid)
    if named != (one.policy_id, one.version, one.hash, one.valid):
        raise _doubt(one, "its text is not what was written")
    return replace(policy, status=one.status, status_note=_status_note(one))


@lru_cache(maxsize=64)
def _read(text: str) -> Policy:
    return read_policy(text)


def _looked_through(session: Session, one: PolicyVersion) -> Policy:
    # 1
    policy = parsed(one)
    # 2
    issuer = trust.organisation_issuer(session, one.registry_id)
    if one.statement is None or one.adopted_at is None or issuer is None:
        raise _doubt(one, "the registry's signature is missing")
    bundle = trust.bundle(session, at=one.adopted_at, issuer_ids=[issuer.id], status_urls=[])
    said = _said(one, one.statement, bundle)
    # 3
    if said.issuer_id != issuer.id or dict(said.claims) != claims(one.registry_id, policy):
        raise _doubt(one, "the registry signed something else")
    return replace(policy, status=Status.ADOPTED)


def _said(one: PolicyVersion, token: str, bundle: Bundle) -> statements.Statement:
    try:
        return statements.read(token, kind=KIND, bundle=bundle, at=bundle.issued_at)
    except ProofError as error:
        raise _doubt(one, f"the registry's signature does not hold: {error.message}") from error


def _status_note(one: PolicyVersion) -> str:
    """In words, for who is shown the policy: not what its text said before it was adopted."""
    if one.status is Status.WITHDRAWN:
        return f"withdrawn with effect from {one.withdrawn_from}"
    adopted = one.adopted_at.date() if one.adopted_at else None
    return f"adopted on {adopted}" if adopted else "draft"


def _doubt(one: PolicyVersion, why: str) -> PolicyDoubtful:
    return PolicyDoubtful(
        f"Version {one.version} of the policy {one.policy_id} decides nothing: {why}. "
        "Adopt it again under a new version, and find out who changed the database."
    )
