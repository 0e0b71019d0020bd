"""How often something may be asked for, by whom: rate limits, counted by the library ``limits``.

A limit is written as ``10/minute`` or ``100 per 5 minutes``. Who is over it is told when to come
back (RFC 6585 §4, RFC 9110 §10.2.3). Counting is a moving window, so no burst fits across the edge
of two of them.
"""

from dataclasses import dataclass, field
from functools import cache

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, Storage
from limits.strategies import MovingWindowRateLimiter, RateLimiter

from app.platform import clock
from app.platform.problems import DomainError


class TooManyRequests(DomainError):
    """Somebody asks more often than is good for the others."""

    code = "too-many-requests"
    status = 429

    def __init__(self, *, seconds: int) -> None:
        super().__init__(
            f"That was asked for too often. Try again in {seconds} seconds.",
            headers={"Retry-After": str(seconds)},
        )


@cache
def _parsed(rate: str) -> RateLimitItem:
    return parse(rate)


def _moving_window() -> RateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Counts in this process; ``over`` another storage in many processes together."""

    limiter: RateLimiter = field(default_factory=_moving_window)

    @classmethod
    def over(cls, storage: Storage) -> "RateLimits":
        """Limits that count in ``storage``."""
        return cls(MovingWindowRateLimiter(storage))

    def take(self, what: str, who: str, *, rate: str) -> None:
        """Count one ``what`` by ``who`` (a client's id, an address). Raises ``TooManyRequests``."""
        item = _parsed(rate)
        if self.limiter.hit(item, what, who):
            return
        resets = self.limiter.get_window_stats(item, what, who).reset_time
        raise TooManyRequests(seconds=max(1, round(resets - clock.now().timestamp())))
