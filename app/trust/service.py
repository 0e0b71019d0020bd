"""Use cases: issuers, their keys, the documents that publish them, and the trust bundle."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.problems import Conflict, Invalid, NotFound
from app.proof.did import did_web
from app.proof.errors import ProofError
from app.proof.keys import Algorithm
from app.trust import store
from app.trust.model import Issuer, IssuerKey, Role, State
from app.trust.signer import Signer
from app.verification.bundle import Bundle, IssuerEntry, KeyEntry, StatusListEntry

OWN = (Role.NODE, Role.SOCIETY)
_NUMBERED = {Algorithm.ES256: "es256", Algorithm.ED25519: "ed25519"}


def add_issuer(
    session: Session,
    signer: Signer,
    *,
    society_id: str,
    name: str,
    url: str | None,
    public_url: str,
    at: datetime,
    who: str = "system",
) -> Issuer:
    """Make a society an issuer, with one key of each kind. Raises ``Conflict`` or ``Invalid``."""
    did = _did(public_url, "societies", society_id)
    issuer = Issuer(did, Role.SOCIETY, society_id, name, url)
    return _add_own(session, signer, issuer, at=at, who=who)


def add_node_issuer(
    session: Session, signer: Signer, *, name: str, public_url: str, at: datetime
) -> Issuer:
    """The node's own identity, made on first use; ``/.well-known/did.json`` publishes it."""
    did = _did(public_url)
    found = store.issuers(session, ids=[did], roles=[Role.NODE])
    if found:
        return found[0]
    issuer = Issuer(did, Role.NODE, None, name, public_url)
    return _add_own(session, signer, issuer, at=at, who="system")


def add_key(
    session: Session,
    signer: Signer,
    *,
    issuer_id: str,
    algorithm: Algorithm,
    at: datetime,
    who: str = "system",
) -> IssuerKey:
    """Give an issuer of this node one more key, which signs from now on."""
    issuer = _own_issuer(session, issuer_id)
    held = _new_key(signer, issuer, algorithm, at=at)
    store.insert_key(session, held)
    audit.record(
        session,
        who=who,
        action="key.add",
        subject=f"issuer:{issuer_id}",
        at=at,
        after={"key": held.key.id, "multibase": held.key.multibase},
    )
    return held


def retire_key(session: Session, key_id: str, *, at: datetime, who: str = "system") -> None:
    """Sign nothing new with a key; what it signed until now stays good."""
    _change_key(session, key_id, at=at, who=who, state=State.RETIRED)


def compromise_key(session: Session, key_id: str, *, at: datetime, who: str = "system") -> None:
    """Trust nothing that a key signed from ``at`` on."""
    _change_key(session, key_id, at=at, who=who, state=State.COMPROMISED)


def issuer_of(session: Session, society_id: str) -> Issuer:
    """The issuer that signs for a society of this node. Raises ``NotFound``."""
    found = store.issuers(session, society_id=society_id, roles=[Role.SOCIETY])
    if not found:
        raise NotFound(f"The society {society_id} is not an issuer on this node.")
    return found[0]


def node_issuer(session: Session) -> Issuer:
    """The node's own identity. Raises ``NotFound`` before it has one."""
    found = store.issuers(session, roles=[Role.NODE])
    if not found:
        raise NotFound("This node has no keys of its own.")
    return found[0]


def own_issuers(session: Session) -> tuple[Issuer, ...]:
    """Everybody whose private keys this node holds."""
    return tuple(store.issuers(session, roles=OWN))


def bundle(
    session: Session,
    *,
    at: datetime,
    issuer_ids: Collection[str] | None = None,
    status_urls: Collection[str] | None = None,
) -> Bundle:
    """What verifying offline needs: issuers, keys with history, status lists as served.

    Narrowed to ``issuer_ids`` and ``status_urls`` when those are given.
    """
    return Bundle(
        version=int(at.timestamp()),
        issued_at=at,
        issuers={
            issuer.id: IssuerEntry(
                issuer.id,
                issuer.name,
                tuple(
                    KeyEntry(
                        key=held.key,
                        valid_from=held.valid_from,
                        retired_at=held.retired_at,
                        compromised_since=held.compromised_since,
                    )
                    for held in issuer.keys
                ),
            )
            for issuer in store.issuers(session, ids=issuer_ids)
        },
        status_lists={
            # What this node serves itself is as fresh as the question.
            copy.url: StatusListEntry(copy.url, copy.body, at if copy.own else copy.fetched_at)
            for copy in store.status_lists(session, urls=status_urls)
        },
    )


def store_status_list(session: Session, url: str, body: bytes, *, at: datetime) -> None:
    """Keep this node's own list as it is served, for bundles."""
    store.put_status_list(session, store.StatusListCopy(url, own=True, body=body, fetched_at=at))


def import_bundle(
    session: Session, untrusted: Bundle, *, at: datetime, who: str = "system"
) -> tuple[int, int]:
    """Trust the issuers of a bundle that a person chose; gives how many issuers and lists it took.

    What this node signs with itself is never taken from a file. A key already known keeps its
    value, and what was retired or compromised before stays so. Raises ``Conflict`` for a key id
    that comes with another key.
    """
    known = {issuer.id: issuer for issuer in store.issuers(session)}
    taken = 0
    for entry in untrusted.issuers.values():
        existing = known.get(entry.id)
        if existing is None or existing.role is Role.FOREIGN:
            _take_issuer(session, entry, existing, at=at)
            taken += 1
    lists = 0
    have = {copy.url: copy for copy in store.status_lists(session)}
    for listed in untrusted.status_lists.values():
        copy, fetched_at = have.get(listed.url), min(listed.fetched_at, at)
        if copy is None or (not copy.own and copy.fetched_at < fetched_at):
            store.put_status_list(
                session,
                store.StatusListCopy(
                    listed.url, own=False, body=listed.body, fetched_at=fetched_at
                ),
            )
            lists += 1
    audit.record(
        session,
        who=who,
        action="bundle.import",
        subject="trust:bundle",
        at=at,
        after={"issuers": sorted(untrusted.issuers), "version": untrusted.version},
    )
    return taken, lists


def _take_issuer(
    session: Session, entry: IssuerEntry, existing: Issuer | None, *, at: datetime
) -> None:
    if existing is None:
        existing = Issuer(entry.id, Role.FOREIGN, None, entry.name, None)
        store.insert_issuer(session, existing, at=at)
    known = {held.key.id: held for held in existing.keys}
    for new in entry.keys:
        if new.key.controller != entry.id:
            raise Conflict(f"The bundle gives {entry.id} a key of {new.key.controller}.")
        held = known.get(new.key.id)
        if held is None:
            store.insert_key(
                session,
                IssuerKey(new.key, new.valid_from, new.retired_at, new.compromised_since),
            )
        elif held.key.multibase != new.key.multibase:
            raise Conflict(f"The bundle has another key under the id {new.key.id}.")
        else:
            store.update_key(
                session,
                new.key.id,
                valid_from=held.valid_from,
                retired_at=_earliest(held.retired_at, new.retired_at),
                compromised_since=_earliest(held.compromised_since, new.compromised_since),
            )


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)


def _did(public_url: str, *path: str) -> str:
    try:
        return did_web(public_url, *path)
    except ProofError as error:
        raise Invalid(f"No issuer id can be made of {public_url}: {error.message}") from error


def _add_own(session: Session, signer: Signer, issuer: Issuer, *, at: datetime, who: str) -> Issuer:
    if store.issuers(session, ids=[issuer.id]):
        raise Conflict(f"{issuer.id} is an issuer already.")
    store.insert_issuer(session, issuer, at=at)
    for algorithm in Algorithm:
        add_key(session, signer, issuer_id=issuer.id, algorithm=algorithm, at=at, who=who)
    return _own_issuer(session, issuer.id)


def _own_issuer(session: Session, issuer_id: str) -> Issuer:
    found = store.issuers(session, ids=[issuer_id], roles=OWN)
    if not found:
        raise NotFound(f"{issuer_id} is not an issuer of this node.")
    return found[0]


def _new_key(signer: Signer, issuer: Issuer, algorithm: Algorithm, *, at: datetime) -> IssuerKey:
    number = 1 + sum(held.key.algorithm is algorithm for held in issuer.keys)
    public = signer.create(f"{issuer.id}#{_NUMBERED[algorithm]}-{number}", algorithm=algorithm)
    # Records carry whole seconds; a key must not begin after the second it signs in.
    return IssuerKey(public, at.replace(microsecond=0))


def _change_key(session: Session, key_id: str, *, at: datetime, who: str, state: State) -> None:
    issuer = _own_issuer(session, key_id.partition("#")[0])
    held = next((held for held in issuer.keys if held.key.id == key_id), None)
    if held is None:
        raise NotFound(f"{issuer.id} has no key {key_id}.")
    retired = state is State.RETIRED
    store.update_key(
        session,
        key_id,
        valid_from=held.valid_from,
        retired_at=_earliest(held.retired_at, at) if retired else held.retired_at,
        compromised_since=(
            held.compromised_since if retired else _earliest(held.compromised_since, at)
        ),
    )
    audit.record(
        session,
        who=who,
        action=f"key.{state}",
        subject=f"issuer:{issuer.id}",
        at=at,
        before={"key": key_id, "state": held.state.value},
        after={"key": key_id, "state": state.value, "at": at.isoformat()},
    )
