"""Where anybody asks for a look at a feed: so often, so many at once, and not while others verify.

A look mostly waits for somebody else's server, up to a minute. So looks have threads' places of
their own: who finds none is told to come back, and nobody else waits for a slow feed.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from app.harvest.inspecting.bounds import Bounds
from app.harvest.inspecting.looking import Asked, Looked, MakeTrial, look, offered
from app.harvest.registry import Registry
from app.platform.limits import RateLimits
from app.platform.problems import Unavailable

MOST_BYTES = 960 * 1024
"""Of an uploaded file: with the form around it, no more than is taken in from strangers."""
RATE = "30 per 10 minutes"
"""How often one address may ask."""
AT_ONCE = 3

T = TypeVar("T")


class Busy(Unavailable):
    """As many feeds are being looked at as this node looks at together."""

    code = "busy"


def _places() -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class LookDesk:
    """What looking at feeds needs of its node."""

    registry: Registry
    make_trial: MakeTrial
    limits: RateLimits
    bounds: Bounds = field(default_factory=Bounds)
    places: threading.BoundedSemaphore = field(default_factory=_places)

    @property
    def formats(self) -> list[str]:
        """The connectors that may be chosen."""
        return offered(self.registry)

    def look(self, asked: Asked, *, who: str) -> Looked:
        """Look at what ``who``, an address, asks for.

        Raises what ``looking.look`` raises, ``TooManyRequests`` and ``Busy``.
        """
        self.limits.take("looks at feeds", who, rate=RATE)
        return self.in_turn(
            lambda: look(
                asked, registry=self.registry, make_trial=self.make_trial, bounds=self.bounds
            )
        )

    def in_turn(self, work: Callable[[], T]) -> T:
        """Do it if there is a place. Raises ``Busy``."""
        if not self.places.acquire(blocking=False):
            raise Busy("Other feeds are being looked at just now; try again in a minute.")
        try:
            return work()
        finally:
            self.places.release()
