"""This node's own bundle, signed: what partners fetch and what goes on a stick.

Each bundle has a higher version than the one before, kept in the database: the time in seconds, or
one more than the last when the clock has been set back. It is signed with the node's newest ES256
key, and with its earlier ones that are not compromised, so that a reader who was away while the key
changed can still tell that it is the same publisher.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.identity import audit
from app.platform.db import Database
from app.platform.problems import Unavailable
from app.proof.keys import Algorithm, PublicKey
from app.trust import keys, service, store
from app.trust.model import Issuer, Publication, State
from app.trust.signer import KeyMissing, Signer
from app.verification.signed_bundle import UnsignedBundle

OLDEST = timedelta(hours=1)
"""How long a bundle is served while nothing changes: its time is that of the lists in it."""
_MOST_KEYS = 4


class NoBundleKey(Unavailable):
    """The node has no key to sign a bundle with."""

    code = "bundle-without-key"


def export_bundle(
    session: Session, signer: Signer, *, at: datetime, who: str = "system"
) -> Publication:
    """Sign everything this node trusts, as the next version, and keep it to be served.

    Raises ``NotFound`` or ``NoBundleKey`` on a node without keys, and what the signer raises.
    """
    # Held until the commit, so that two exports give two versions, the very first ones too.
    node = keys.own_issuer(session, service.node_issuer(session).id, lock=True)
    last = store.find_publication(session, node.id)
    trusted = store.trust_version(session)
    version = int(at.timestamp())
    if last is not None:
        version = max(last.version + 1, version)
    bundle = replace(service.bundle(session, at=at), version=version, publisher=node.id)
    unsigned = UnsignedBundle(bundle)
    body = unsigned.attach(
        [(key, signer.sign(key.id, unsigned.signing_input(key))) for key in _keys(node, signer)]
    )
    digest = hashlib.sha256(body).hexdigest()
    made = Publication(node.id, version, trusted, digest, body, at)
    store.put_publication(session, made)
    audit.record(
        session,
        who=who,
        action="bundle.export",
        subject="trust:bundle",
        at=at,
        after={"version": version, "issuers": len(bundle.issuers), "sha256": digest},
    )
    return made


class Served:
    """The bundle that this node serves; made anew when it is no longer true, or no longer fresh."""

    def __init__(self, database: Database, signer: Signer, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._signer = signer
        self._now = now
        self._kept: Publication | None = None

    def newest(self) -> Publication:
        """Raises what ``export_bundle`` raises."""
        at = self._now()
        with self._database.read() as session:
            found = self._fit(session, at)
        if found is None:
            with self._database.write() as session:
                # Another request may have made it while this one waited.
                found = self._fit(session, at) or export_bundle(session, self._signer, at=at)
        self._kept = found
        return found

    def _fit(self, session: Session, at: datetime) -> Publication | None:
        node_id = service.node_issuer(session).id
        trusted, newest = store.trust_version(session), store.newest_publication(session, node_id)
        if newest is None:
            return None
        digest, trusted_then, made_at = newest
        if trusted_then != trusted or not timedelta(0) <= at - made_at <= OLDEST:
            return None
        if self._kept is not None and self._kept.digest == digest:
            return self._kept
        return store.find_publication(session, node_id)


def _keys(node: Issuer, signer: Signer) -> list[PublicKey]:
    """The keys that sign: the current one first, then earlier ones that the signer still has."""
    newest = node.signing_key(Algorithm.ES256)
    if newest is None:
        raise NoBundleKey(
            "This node has no current ES256 key to sign a bundle with; mend it with: "
            "opencpd keys rotate --node"
        )
    earlier = [
        held.key
        for held in reversed(node.keys)
        if held.key.algorithm is Algorithm.ES256
        and held.state is not State.COMPROMISED
        and held.key.id != newest.id
        and _has(signer, held.key)
    ]
    return [newest, *earlier[: _MOST_KEYS - 1]]


def _has(signer: Signer, key: PublicKey) -> bool:
    try:
        return signer.public(key.id).multibase == key.multibase
    except KeyMissing:
        return False
