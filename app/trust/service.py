"""Use cases: the issuers of this node, and the bundle of everything that verifying needs."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.platform.problems import Conflict, Invalid, NotFound
from app.proof.did import did_web
from app.proof.errors import ProofError
from app.proof.keys import SIGNING
from app.trust import keys, store
from app.trust.model import Issuer, Role
from app.trust.signer import Signer
from app.verification.bundle import Bundle, IssuerEntry, KeyEntry, StatusListEntry


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


def add_registry_issuer(
    session: Session,
    signer: Signer,
    *,
    registry_id: str,
    name: str,
    public_url: str,
    at: datetime,
    who: str = "system",
) -> Issuer:
    """Make a registry an issuer of statements, or give the one that it is already."""
    if found := store.issuers(session, organisation_id=registry_id, roles=[Role.REGISTRY]):
        return found[0]
    did = _did(public_url, "registries", registry_id)
    issuer = Issuer(did, Role.REGISTRY, registry_id, name, None)
    try:
        with session.begin_nested():
            return _add_own(session, signer, issuer, at=at, who=who)
    except IntegrityError:  # made at the same moment, by somebody who needed it too
        return registry_issuer(session, registry_id)


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


def issuer_of(session: Session, society_id: str) -> Issuer:
    """The issuer that signs for a society of this node. Raises ``NotFound``."""
    found = store.issuers(session, organisation_id=society_id, roles=[Role.SOCIETY])
    if not found:
        raise NotFound(f"The society {society_id} is not an issuer on this node.")
    return found[0]


def registry_issuer(session: Session, registry_id: str) -> Issuer:
    """The issuer that signs for a registry of this node. Raises ``NotFound``."""
    found = store.issuers(session, organisation_id=registry_id, roles=[Role.REGISTRY])
    if not found:
        raise NotFound(f"The registry {registry_id} has no keys on this node.")
    return found[0]


def organisation_issuer(session: Session, organisation_id: str) -> Issuer | None:
    """The issuer that signs for a society or a registry of this node, if it has keys."""
    found = store.issuers(session, organisation_id=organisation_id, roles=keys.OWN)
    return found[0] if found else None


def issuer_ids(session: Session, society_ids: Collection[str]) -> dict[str, str]:
    """The id of the issuer of each of these societies; those that issue nothing are absent."""
    return store.issuer_ids(session, society_ids)


def node_issuer(session: Session) -> Issuer:
    """The node's own identity. Raises ``NotFound`` before it has one."""
    found = store.issuers(session, roles=[Role.NODE])
    if not found:
        raise NotFound("This node has no keys of its own; set OPENCPD_KEY_PASSPHRASE.")
    return found[0]


def own_issuers(session: Session) -> tuple[Issuer, ...]:
    """Everybody whose private keys this node holds."""
    return tuple(store.issuers(session, roles=keys.OWN))


def issuers(session: Session) -> tuple[Issuer, ...]:
    """Everybody this node knows, those it no longer trusts too."""
    return tuple(store.issuers(session))


def issuer_names(session: Session, ids: Collection[str]) -> Mapping[str, str]:
    """Under which names this node knows these issuers; those it does not know are left out."""
    return {one.id: one.name for one in store.issuers(session, ids=ids)} if ids else {}


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
    return assemble(
        store.issuers(session, ids=issuer_ids),
        store.status_lists(session, urls=status_urls),
        version=int(at.timestamp()),
        at=at,
    )


def assemble(
    issuers: Collection[Issuer],
    lists: Collection[store.StatusListCopy],
    *,
    version: int,
    at: datetime,
) -> Bundle:
    """The bundle of these issuers and lists, of whom only the trusted are in it."""
    nodes = [issuer.id for issuer in issuers if issuer.role is Role.NODE]
    return Bundle(
        version=version,
        issued_at=at,
        issuers={issuer.id: _entry(issuer) for issuer in issuers if issuer.trusted},
        status_lists={
            # What this node serves itself is as fresh as the question.
            copy.url: StatusListEntry(copy.url, copy.body, at if copy.own else copy.fetched_at)
            for copy in lists
        },
        publisher=nodes[0] if nodes else None,
    )


def store_status_list(session: Session, url: str, body: bytes, *, at: datetime) -> None:
    """Keep this node's own list as it is served, for bundles."""
    store.put_status_list(session, store.StatusListCopy(url, own=True, body=body, fetched_at=at))


def _entry(issuer: Issuer) -> IssuerEntry:
    return IssuerEntry(
        id=issuer.id,
        name=issuer.name,
        keys=tuple(
            KeyEntry(
                key=held.key,
                valid_from=held.valid_from,
                retired_at=held.retired_at,
                compromised_since=held.compromised_since,
            )
            for held in issuer.keys
            if held.listed
        ),
        status_issuers=issuer.status_issuers,
        via=issuer.publisher_id,
    )


def _did(public_url: str, *path: str) -> str:
    try:
        return did_web(public_url, *path)
    except ProofError as error:
        raise Invalid(f"No issuer id can be made of {public_url}: {error.message}") from error


def _add_own(session: Session, signer: Signer, issuer: Issuer, *, at: datetime, who: str) -> Issuer:
    if store.issuers(session, ids=[issuer.id]):
        raise Conflict(f"{issuer.id} is an issuer already.")
    store.insert_issuer(session, issuer, at=at)
    for algorithm in SIGNING:
        keys.add(session, signer, issuer_id=issuer.id, algorithm=algorithm, at=at, who=who)
    return keys.own_issuer(session, issuer.id)
