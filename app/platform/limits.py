"""How often something may be asked for, by whom: rate limits, counted by the library ``limits``.

A limit is written as ``10/minute`` or ``100 per 5 minutes``. Who is over it is told when to come
back (RFC 6585 §4, RFC 9110 §10.2.3). Counting is a moving window, so no burst fits across the edge
of two of them. One process counts in its memory (``memory_limits``); several count together in
PostgreSQL (``shared_limits``). These are the limits of single things that are worth guarding, such
as guesses at a secret; ``quotas`` bounds all requests together.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import structlog
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import Storage
from limits.strategies import MovingWindowRateLimiter, RateLimiter

from app.platform import clock
from app.platform.memory_limits import MemoryWindows
from app.platform.problems import DomainError, Unavailable
from app.platform.requests import counted_as

logger = structlog.get_logger(__name__)


class TooManyRequests(DomainError):
    """Somebody asks more often than is good for the others."""

    code = "too-many-requests"
    status = 429

    def __init__(self, *, seconds: int) -> None:
        super().__init__(
            f"That was asked for too often. Try again in {seconds} seconds.",
            headers={"Retry-After": str(seconds)},
        )


class CannotCount(Unavailable):
    """Nothing can be counted now, and what is limited must not go uncounted."""

    code = "cannot-count"


@cache
def _parsed(rate: str) -> RateLimitItem:
    return parse(rate)


def _moving_window() -> RateLimiter:
    return MovingWindowRateLimiter(MemoryWindows())


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Counts in this process; ``over`` another storage in many processes together."""

    limiter: RateLimiter = field(default_factory=_moving_window)

    @classmethod
    def over(cls, storage: Storage) -> "RateLimits":
        """Limits that count in ``storage``."""
        return cls(MovingWindowRateLimiter(storage))

    def take(
        self,
        what: str,
        who: str,
        *,
        rate: str,
        uncounted: Literal["refuse", "pass"] = "refuse",
    ) -> None:
        """Count one ``what`` by ``who`` (a client's id, an address). Raises ``TooManyRequests``.

        When the storage does not answer, nothing is let through uncounted (``CannotCount``), unless
        ``uncounted`` says that it may: right for reading, wrong where secrets can be guessed.
        """
        item, one = _parsed(rate), counted_as(who)
        try:
            if self.limiter.hit(item, what, one):
                return
            resets = self.limiter.get_window_stats(item, what, one).reset_time
        except StorageError as error:
            logger.warning("a limit cannot be counted", what=what, then=uncounted, error=str(error))
            if uncounted == "pass":
                return
            raise CannotCount("This cannot be done safely now. Try again soon.") from error
        left = round(resets - clock.now().timestamp())
        raise TooManyRequests(seconds=min(max(1, left), item.get_expiry()))

    def close(self) -> None:
        """Let go of what the storage holds open."""
        close = getattr(self.limiter.storage, "close", None)
        if close is not None:
            close()
