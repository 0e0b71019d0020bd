"""How much one look may take: a ``Fetch`` that counts, and says when it is enough.

``Enough`` is no ``ConnectorError``, so no connector takes it for trouble of its source: it goes
through to the inspection, which says that the feed was not read to its end.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.harvest.inspecting.model import Cut
from connectors.addresses import AddressRefused
from connectors.contract import Fetch, Fetched, SourceMisconfigured

MEGABYTE = 1024 * 1024


class Enough(Exception):
    """A bound is reached; nothing is wrong with the source."""

    def __init__(self, cut: Cut) -> None:
        super().__init__(cut.value)
        self.cut = cut


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that one look takes; ``shown`` is how many findings of one code are kept."""

    items: int = 1_000
    bytes: int = 20 * MEGABYTE
    requests: int = 60
    seconds: float = 45.0
    shown: int = 20
    preview: int = 10


class Meter:
    """A bounded way out, and the clock of one look. ``ticks`` are seconds of any origin."""

    def __init__(self, fetch: Fetch, bounds: Bounds, ticks: Callable[[], float]) -> None:
        self.bytes = self.requests = 0
        self._fetch = fetch
        self._bounds = bounds
        self._ticks = ticks
        self._ends = ticks() + bounds.seconds

    def check_time(self) -> None:
        """Raises ``Enough`` when the time is up."""
        if self._ticks() > self._ends:
            raise Enough(Cut.TIME)

    def __call__(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        accept: Sequence[int] = (),
    ) -> Fetched:
        """Fetch, as long as it is not enough. Addresses found out on the way are not told."""
        self.check_time()
        if self.requests >= self._bounds.requests:
            raise Enough(Cut.REQUESTS)
        if self.bytes >= self._bounds.bytes:
            raise Enough(Cut.BYTES)
        self.requests += 1
        try:
            answer = self._fetch(url, params, headers=headers, data=data, accept=accept)
        except AddressRefused as error:
            told = f"{url}: its host is at an address that this node does not speak to"
            raise SourceMisconfigured(told) from error
        self.bytes += len(answer.body)
        return answer
