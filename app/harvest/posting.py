"""How this node tells others: a guarded POST, told what the operator allows.

It lies here because harvesting alone imports ``connectors``, whose guard it uses.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from app import __version__
from connectors.addresses import AddressRefused, Resolve, may_connect, resolve
from connectors.answers import retry_after
from connectors.contract import SourceMisconfigured, SourceUnavailable
from connectors.http import HttpFetch


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one POST."""

    status: int | None
    """``None`` when there was no answer; ``trouble`` says why."""
    body: bytes = b""
    """The beginning of the answer."""
    retry_after: float | None = None
    """Seconds, when the answer asks for a pause."""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Postman:
    """Posts to any public address, or one that the operator allows; for one thread at a time."""

    fetch: HttpFetch

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """Post once. Whoever asks may be a stranger, so addresses found out here are not told."""
        try:
            answer = self.fetch.post(url, body, headers=headers)
        except AddressRefused:
            return Posted(None, trouble="Its host is at an address that is not spoken to.")
        except SourceMisconfigured:
            return Posted(None, trouble="Its address cannot be used.")
        except SourceUnavailable:
            return Posted(None, trouble="There was no answer in time.")
        return Posted(answer.status, answer.body, retry_after(answer.headers))


@dataclass(frozen=True, slots=True)
class PostMaker:
    """Makes ways out for what this node tells others. ``deadline`` is in seconds, for each POST."""

    allow: Sequence[IPv4Network | IPv6Network] = ()
    contact: str | None = None
    deadline: float = 10.0
    max_bytes: int = 4096
    resolver: Resolve = resolve

    @contextmanager
    def __call__(self) -> Iterator[Postman]:
        """A way out that keeps its connections as long as the block runs."""
        where = f"; {self.contact}" if self.contact else ""
        with HttpFetch(
            hosts=None,
            allow=self.allow,
            max_bytes=self.max_bytes,
            timeout=self.deadline,
            deadline=self.deadline,
            interval=0.0,
            resolver=self.resolver,
            user_agent=f"OpenCPD/{__version__} (webhooks{where})",
        ) as fetch:
            yield Postman(fetch)

    def speaks_to(self, host: str) -> bool:
        """Whether ``host`` is a name, which is judged when it is resolved, or an address to use."""
        try:
            return may_connect(host, allow=self.allow)
        except ValueError:
            return True
