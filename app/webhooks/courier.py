"""The courier: what is to be sent is sent, endpoint by endpoint, until it is taken or given up.

1. An endpoint for which something is due is claimed, for a minute at a time; a courier that dies
   loses its claim, and what it was sending is sent again by another, under the same id.
2. What is due for it is sent in order, over one connection, one after the other.
3. After each attempt its outcome is stored, and the claim renewed, before the next one begins.
4. The turn ends when nothing more is due, with the first failure, or when it has lasted long
   enough; then others have their turn.

So one endpoint is sent to by one thread of one process at a time, and a slow one costs a thread for
one deadline; after a failure it rests, longer each time. Nothing here knows HTTP or reads a clock.
"""

import random
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

import structlog
from sqlalchemy.orm import Session

from app.harvest.posting import Posted
from app.platform.db import Database
from app.platform.ids import new_id
from app.platform.mail import Mailer
from app.webhooks import notices, rules, service, store
from app.webhooks.model import DeliveryState, Endpoint, Parcel, Why
from app.webhooks.signing import SigningKey
from app.webhooks.spreading import spread

logger = structlog.get_logger(__name__)

AT_ONCE = 8
"""To how many endpoints one process sends at once."""
CLAIM = timedelta(minutes=1)
"""Longer than one attempt may take, its look-up of a name included."""
LONGEST_TURN = timedelta(seconds=20)
MOST_IN_A_TURN = 100
PRUNE_EVERY = timedelta(hours=1)
_SHOWN_CHARACTERS = 1000
_GONE = 410

Post = Callable[[str, bytes, Mapping[str, str]], Posted]
MakePost = Callable[[], AbstractContextManager[Post]]
"""Makes a guarded way out that one thread may use."""


@dataclass(frozen=True, slots=True)
class Outfit:
    """What a courier needs of its node."""

    database: Database
    key: SigningKey
    make_post: MakePost
    mailer: Mailer
    public_url: str
    now: Callable[[], datetime]


class Courier:
    """One process's courier. ``turn`` may be called as often as wanted, by one thread."""

    def __init__(self, outfit: Outfit) -> None:
        self._outfit = outfit
        self._name = new_id()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhooks")
        self._running: set[Future[int]] = set()
        self._closing = Event()
        self._pruned: datetime | None = None
        self._jitter = random.SystemRandom()

    def turn(self) -> int:
        """Begin whatever is due; says how much that was. Raises what went wrong in the last turn.

        What an endpoint does wrong is no error here.
        """
        outfit, at = self._outfit, self._outfit.now()
        self._collect()
        begun = spread(outfit.database, public_url=outfit.public_url, at=at)
        while len(self._running) < AT_ONCE and not self._closing.is_set():
            endpoint_id = self._claim()
            if endpoint_id is None:
                break
            self._running.add(self._pool.submit(self._serve, endpoint_id))
            begun += 1
        begun += notices.send_due(
            outfit.database, outfit.mailer, public_url=outfit.public_url, at=at
        )
        return begun + self._prune(at)

    def rest(self, seconds: float) -> None:
        """Wait until an endpoint's turn has ended, or for so long."""
        if self._running:
            wait(self._running, timeout=seconds, return_when=FIRST_COMPLETED)
        else:
            self._closing.wait(seconds)

    def finish(self) -> None:
        """Do all that is due now, and wait for it."""
        while self.turn() or self._running:
            wait(self._running, return_when=FIRST_COMPLETED)

    def close(self) -> None:
        """End after the attempts at hand."""
        self._closing.set()
        self._pool.shutdown(cancel_futures=True)

    def _collect(self) -> None:
        done = {future for future in self._running if future.done()}
        self._running -= done
        for future in done:
            if not future.cancelled():
                future.result()

    def _claim(self) -> str | None:
        at = self._outfit.now()
        with self._outfit.database.read() as session:  # mostly nothing is due
            if not store.is_any_due(session, at=at):
                return None
        with self._outfit.database.write() as session:
            return store.claim(session, self._name, at=at, until=at + CLAIM)

    def _serve(self, endpoint_id: str) -> int:
        """Give one endpoint its turn; says how many attempts were made."""
        outfit, began, count = self._outfit, self._outfit.now(), 0
        with outfit.database.write() as session:
            parcel = self._next(session, endpoint_id)
        with outfit.make_post() as post:
            while parcel is not None:
                at = outfit.now()
                posted = self._post(post, parcel, at=at)
                count += 1
                took, well = outfit.now() - at, _is_well(posted)
                over = outfit.now() - began >= LONGEST_TURN or count >= MOST_IN_A_TURN
                with outfit.database.write() as session:
                    why = self._settle(session, parcel, posted, took=took)
                    go_on = well and not over and not self._closing.is_set()
                    following = self._next(session, endpoint_id) if go_on else None
                if why is not None:
                    self._disable(parcel.endpoint, why)
                parcel = following
        with outfit.database.write() as session:
            store.release(session, endpoint_id, self._name)
        return count

    def _next(self, session: Session, endpoint_id: str) -> Parcel | None:
        at = self._outfit.now()
        return store.next_parcel(session, endpoint_id, self._name, at=at, until=at + CLAIM)

    def _post(self, post: Post, parcel: Parcel, *, at: datetime) -> Posted:
        data = parcel.body.encode()
        signed = self._outfit.key.headers(
            parcel.endpoint, event_id=parcel.event_id, body=data, at=at
        )
        return post(parcel.endpoint.url, data, {"Content-Type": "application/json", **signed})

    def _settle(
        self, session: Session, parcel: Parcel, posted: Posted, *, took: timedelta
    ) -> Why | None:
        """Store what became of one attempt; gives the reason why the endpoint is to be disabled.

        Whoever has taken the endpoint over meanwhile knows better.
        """
        at, well = self._outfit.now(), _is_well(posted)
        endpoint = store.held(session, parcel.endpoint.id, self._name)
        if endpoint is None:
            return None
        attempts = parcel.attempts + 1
        pause = rules.pause(
            attempts, jitter=self._jitter.uniform(-1, 1), retry_after=posted.retry_after
        )
        state = DeliveryState.WAITING
        if well or pause is None:
            state = DeliveryState.DELIVERED if well else DeliveryState.FAILED
        store.update_delivery(
            session,
            parcel.delivery_id,
            state=state,
            attempts=attempts,
            due_at=at + (pause or timedelta()),
            last_at=at,
            status=posted.status,
            milliseconds=round(took.total_seconds() * 1000),
            reason=None if well else _reason(posted),
            answer=_shown(posted.body),
        )
        if well:
            store.update_endpoint(
                session, endpoint.id, failures=0, failing_since=None, resting_until=None
            )
            return None
        failures = endpoint.failures + 1
        store.update_endpoint(
            session,
            endpoint.id,
            failures=failures,
            failing_since=endpoint.failing_since or at,
            resting_until=at + rules.rest(failures, retry_after=posted.retry_after),
        )
        if posted.status == _GONE:
            return Why.GONE
        return Why.FAILING if rules.given_up(endpoint.failing_since, at=at) else None

    def _disable(self, endpoint: Endpoint, why: Why) -> None:
        with self._outfit.database.write() as session:
            service.disable(session, endpoint, why, at=self._outfit.now())
        logger.warning("a webhook was disabled", webhook=endpoint.id, why=why.value)

    def _prune(self, at: datetime) -> int:
        if self._pruned is not None and at - self._pruned < PRUNE_EVERY:
            return 0
        with self._outfit.database.write() as session:
            count = store.prune(session, at=at, kept=rules.KEPT)
        if not count:
            self._pruned = at
        return count


def _is_well(posted: Posted) -> bool:
    return posted.status is not None and 200 <= posted.status < 300


def _reason(posted: Posted) -> str:
    if posted.status is None:
        return posted.trouble
    if 300 <= posted.status < 400:
        return "It redirects, which is not followed; enter the new address."
    return f"It answered {posted.status}."


def _shown(body: bytes) -> str | None:
    """The beginning of an answer as text, whatever it was."""
    text = body.decode("utf-8", "replace").replace("\x00", "\ufffd")
    return text[:_SHOWN_CHARACTERS] or None
