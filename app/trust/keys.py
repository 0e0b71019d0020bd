"""The life of this node's signing keys: made, rotated, retired, compromised.

A key is in one of three states, and a record's verdict follows from the key's (``keyring``):

current      signs, and what it signed is good
retired      signs nothing more, and what it signed until then stays good
compromised  somebody else may have signed with it. What it signed from that moment on is bad; what
             claims to be older is not good either, since whoever holds the key can write any time
             into a record, and nothing but the record says when it was signed. An independent proof
             of the time would change that; there is none yet. Such records are issued again.

States only get worse. Every change is audited, and counts up the version of what is trusted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.problems import Conflict, Invalid, NotFound
from app.proof.did import without_fragment
from app.proof.keys import SIGNING, Algorithm
from app.trust import store
from app.trust.model import Issuer, IssuerKey, Role, State
from app.trust.signer import Signer

OWN = (Role.NODE, Role.SOCIETY, Role.REGISTRY)
_NUMBERED = {Algorithm.ES256: "es256", Algorithm.ED25519: "ed25519"}


class LastKey(Conflict):
    """An issuer would be left without a key that signs."""

    code = "key-last"


@dataclass(frozen=True, slots=True)
class Rotated:
    """A new key, and those that it takes over from."""

    fresh: IssuerKey
    retired: tuple[IssuerKey, ...]


@dataclass(frozen=True, slots=True)
class Compromised:
    """A key that is worth nothing any more, and the one that signs in its place."""

    key: IssuerKey
    successor: IssuerKey | None


def own_issuer(session: Session, issuer_id: str, *, lock: bool = False) -> Issuer:
    """An issuer of this node. Raises ``NotFound``."""
    found = store.issuers(session, ids=[issuer_id], roles=OWN, lock=lock)
    if not found:
        raise NotFound(f"{issuer_id} is not an issuer of this node.")
    return found[0]


def add(
    session: Session,
    signer: Signer,
    *,
    issuer_id: str,
    algorithm: Algorithm,
    at: datetime,
    who: str = "system",
) -> IssuerKey:
    """Give an issuer of this node one more key, which signs from now on."""
    issuer = own_issuer(session, issuer_id, lock=True)
    held = _fresh(signer, issuer, algorithm, at=at)
    store.insert_key(session, held)
    audit.record(
        session,
        who=who,
        action="key.add",
        subject=f"issuer:{issuer_id}",
        organisation_id=issuer.organisation_id,
        at=at,
        after={"key": held.key.id, "multibase": held.key.multibase},
    )
    return held


def rotate(
    session: Session,
    signer: Signer,
    *,
    issuer_id: str,
    algorithms: Iterable[Algorithm] = SIGNING,
    at: datetime,
    who: str = "system",
) -> tuple[Rotated, ...]:
    """Sign with new keys from now on; the old ones are retired and what they signed stays good."""
    done = []
    for algorithm in algorithms:
        issuer = own_issuer(session, issuer_id, lock=True)
        before = issuer.current(algorithm)
        fresh = add(session, signer, issuer_id=issuer_id, algorithm=algorithm, at=at, who=who)
        retired = [_worsen(session, issuer, held, retired_at=at, at=at, who=who) for held in before]
        done.append(Rotated(fresh, tuple(retired)))
    return tuple(done)


def retire(
    session: Session, key_id: str, *, at: datetime, who: str = "system", last: bool = False
) -> IssuerKey:
    """Sign nothing new with a key; what it signed until now stays good.

    Raises ``LastKey`` when the issuer has no other of its kind, unless that is meant (``last``):
    such an issuer cannot renew its status lists, and then its records' status is unknown.
    """
    issuer, held = _find(session, key_id)
    others = [one for one in issuer.current(held.key.algorithm) if one.key.id != key_id]
    if held.state is State.CURRENT and not others and not last:
        raise LastKey(
            f"{key_id} is the last {held.key.algorithm} key of {issuer.name}: without one it "
            "cannot issue or renew its status lists. Rotate it instead, or say that it is meant."
        )
    return _worsen(session, issuer, held, retired_at=at, at=at, who=who)


def compromise(
    session: Session,
    signer: Signer,
    key_id: str,
    *,
    since: datetime,
    at: datetime,
    who: str = "system",
) -> Compromised:
    """Say that somebody else may have signed with a key from ``since`` on.

    One that was the last of its kind is replaced at once: the issuer's status lists have to be
    signed anew with a key that is worth something (``app.records`` does that).
    """
    if since > at:
        raise Invalid(f"A key cannot be compromised since {since.isoformat()}: that is to come.")
    issuer, held = _find(session, key_id)
    worse = _worsen(session, issuer, held, compromised_since=since, at=at, who=who)
    algorithm = held.key.algorithm
    left = [one for one in issuer.current(algorithm) if one.key.id != key_id]
    if held.state is not State.CURRENT or left:
        return Compromised(worse, None)
    return Compromised(
        worse, add(session, signer, issuer_id=issuer.id, algorithm=algorithm, at=at, who=who)
    )


def history(session: Session, issuer_id: str) -> tuple[audit.Entry, ...]:
    """Who changed which key of an issuer, when and to what; oldest first."""
    trail = audit.trail(session, f"issuer:{own_issuer(session, issuer_id).id}")
    return tuple(entry for entry in trail if entry.action.startswith("key."))


def find(session: Session, key_id: str) -> IssuerKey:
    """A key of this node. Raises ``NotFound``."""
    return _find(session, key_id, lock=False)[1]


def _find(session: Session, key_id: str, *, lock: bool = True) -> tuple[Issuer, IssuerKey]:
    issuer = own_issuer(session, without_fragment(key_id), lock=lock)
    held = next((held for held in issuer.keys if held.key.id == key_id), None)
    if held is None:
        known = ", ".join(held.key.id.partition("#")[2] for held in issuer.keys)
        raise NotFound(f"{issuer.id} has no key {key_id}; it has {known}.")
    return issuer, held


def _fresh(signer: Signer, issuer: Issuer, algorithm: Algorithm, *, at: datetime) -> IssuerKey:
    number = 1 + sum(held.key.algorithm is algorithm for held in issuer.keys)
    public = signer.create(f"{issuer.id}#{_NUMBERED[algorithm]}-{number}", algorithm=algorithm)
    # Records carry whole seconds; a key must not begin after the second it signs in.
    return IssuerKey(public, at.replace(microsecond=0))


def _worsen(
    session: Session,
    issuer: Issuer,
    held: IssuerKey,
    *,
    at: datetime,
    who: str,
    retired_at: datetime | None = None,
    compromised_since: datetime | None = None,
) -> IssuerKey:
    """Retire a key or mark it compromised; of two such times the earlier counts."""
    worse = replace(
        held,
        retired_at=earliest(held.retired_at, retired_at),
        compromised_since=earliest(held.compromised_since, compromised_since),
    )
    store.update_key(session, worse)
    said = State.RETIRED if compromised_since is None else State.COMPROMISED
    since = retired_at or compromised_since or at
    audit.record(
        session,
        who=who,
        action=f"key.{said}",
        subject=f"issuer:{issuer.id}",
        organisation_id=issuer.organisation_id,
        at=at,
        before={"key": held.key.id, "state": held.state.value},
        after={"key": held.key.id, "state": worse.state.value, "at": since.isoformat()},
    )
    return worse


def earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two times that may be absent."""
    return min(filter(None, (one, other)), default=None)
