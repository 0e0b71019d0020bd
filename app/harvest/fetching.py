"""How this node's runs reach a source: the guarded fetch, told what the operator allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from app import __version__
from connectors.http import HttpFetch


@dataclass(frozen=True, slots=True)
class FetchMaker:
    """Makes one run's way out to the hosts of its source.

    ``allow`` are networks that may be reached although they are not public; ``contact`` tells a
    feed's owner whom to write to.
    """

    allow: Sequence[IPv4Network | IPv6Network] = ()
    contact: str | None = None

    def __call__(self, hosts: frozenset[str]) -> HttpFetch:
        where = f"; {self.contact}" if self.contact else ""
        return HttpFetch(
            hosts=hosts, allow=self.allow, user_agent=f"OpenCPD/{__version__} (harvester{where})"
        )
