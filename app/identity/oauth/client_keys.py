"""A program's public keys when it proves itself: from its row, or from the address it gave.

What is fetched is kept for a while and fetched anew when a key is asked for that is not in it, but
never more than once a minute for one address, whether that works or not: anybody can send a token
that names any key. While an address does not answer, what it said last is believed for some hours.
The way out is guarded by whoever made ``fetch``: this knows no network.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from app.identity.clients import keys
from app.identity.clients.keys import ClientKey, KeysUnusable
from app.identity.model import Client
from app.platform.problems import Unavailable
from app.proof.errors import ProofError
from app.proof.parse import load_object

logger = structlog.get_logger(__name__)

FetchDocument = Callable[[str], bytes]
"""Gives what is at an address, or raises ``Unavailable`` saying why not."""

FRESH = timedelta(minutes=10)
STALE = timedelta(hours=12)
AGAIN = timedelta(minutes=1)
MOST_ADDRESSES = 1000


@dataclass(slots=True)
class _Kept:
    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: tuple[ClientKey, ...] = ()
    fetched_at: datetime | None = None
    tried_at: datetime | None = None


class ClientKeys:
    """Finds the keys of programs; remembers what it fetched, in this process."""

    def __init__(self, fetch: FetchDocument) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def of(self, client: Client, *, kid: str | None, at: datetime) -> Sequence[ClientKey]:
        """The program's keys, of which ``kid`` is the one asked for; none when there are none."""
        if client.jwks is not None:
            return keys.read_keys(client.jwks)
        if client.jwks_uri is None:
            return ()
        kept = self._entry(client.jwks_uri)
        with kept.lock:  # of many at once, one fetches and the others wait for what it got
            if self._is_due(kept, kid, at=at):
                self._refresh(kept, client.jwks_uri, at=at)
            return kept.keys

    def _entry(self, address: str) -> _Kept:
        with self._lock:
            kept = self._kept.setdefault(address, _Kept())
            self._kept.move_to_end(address)
            if len(self._kept) > MOST_ADDRESSES:
                self._kept.popitem(last=False)
            return kept

    @staticmethod
    def _is_due(kept: _Kept, kid: str | None, *, at: datetime) -> bool:
        if kept.tried_at is not None and at < kept.tried_at + AGAIN:
            return False
        if kept.fetched_at is None or at >= kept.fetched_at + FRESH:
            return True
        return kid is not None and kid not in {key.kid for key in kept.keys}

    def _refresh(self, kept: _Kept, address: str, *, at: datetime) -> None:
        kept.tried_at = at
        try:
            kept.keys = keys.read_keys(load_object(self._fetch(address)))
            kept.fetched_at = at
        except (Unavailable, ProofError, KeysUnusable) as error:
            logger.warning(
                "the keys of a program cannot be had", address=address, reason=str(error)
            )
            if kept.fetched_at is None or at >= kept.fetched_at + STALE:
                kept.keys = ()
