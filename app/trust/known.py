"""The bundle of everything this node knows, kept in memory for whoever verifies.

At each question one number is read from the database: how often what is trusted has changed. While
it is the same, the bundle in memory is the one the database would give, in every process; when it
is another, what changed is read again before the question is answered.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.platform.db import Database
from app.trust import service, store
from app.verification.bundle import Bundle

OLDEST = timedelta(minutes=10)
"""A bundle's time is that at which its own lists were fresh; so it is renewed now and then."""
_AT_ONCE = 500
"""A statement takes only so many values."""


@dataclass(frozen=True, slots=True)
class _Memory:
    trust_version: int
    bundle: Bundle
    copies: Mapping[str, tuple[int, store.StatusListCopy]]
    """Each status list by its address, with its revision."""

    def fresh(self, at: datetime) -> bool:
        return timedelta(0) <= at - self.bundle.issued_at <= OLDEST


class KnownBundle:
    """What this node knows, as a bundle. One for each process; safe from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._memory: _Memory | None = None
        self._loading = threading.Lock()

    def at(self, time: datetime) -> Bundle:
        """The bundle for a question asked at ``time``."""
        with self._database.read() as session:
            return self.read(session, time)

    def read(self, session: Session, at: datetime) -> Bundle:
        """The same, in a session that the caller has open."""
        version = store.trust_version(session)  # before what it counts, never after
        memory = self._memory
        if memory is not None and memory.trust_version == version and memory.fresh(at):
            return memory.bundle
        with self._loading:
            memory = self._memory  # what another thread read meanwhile may be newer still
            if memory is None or memory.trust_version < version or not memory.fresh(at):
                memory = self._memory = _load(session, memory, version=version, at=at)
            return memory.bundle


def _load(session: Session, old: _Memory | None, *, version: int, at: datetime) -> _Memory:
    """Read what changed; the bodies of lists that did not are kept."""
    revisions = store.status_list_revisions(session)
    kept = {
        url: found
        for url, found in (old.copies.items() if old else ())
        if revisions.get(url) == found[0]
    }
    changed = [url for url in revisions if url not in kept]
    fresh = {
        copy.url: (revisions[copy.url], copy)
        for start in range(0, len(changed), _AT_ONCE)
        for copy in store.status_lists(session, urls=changed[start : start + _AT_ONCE])
    }
    copies = dict(sorted((kept | fresh).items()))
    bundle = service.assemble(
        service.issuers(session),
        [copy for _, copy in copies.values()],
        version=int(at.timestamp()),
        at=at,
    )
    return _Memory(version, bundle, copies)
