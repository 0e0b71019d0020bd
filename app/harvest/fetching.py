"""How this node reaches addresses that others gave: the guarded fetch, told what is allowed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urlsplit

from app import __version__
from app.platform.problems import Unavailable
from connectors.contract import SourceMisconfigured, SourceUnavailable
from connectors.http import HttpFetch
from connectors.turns import Turns

DOCUMENT_BYTES = 64 * 1024
DOCUMENT_SECONDS = 4.0
TRIAL_BYTES = 10 * 1024 * 1024
TRIAL_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class FetchMaker:
    """Makes one run's way out to the hosts of its source.

    ``allow`` are networks that may be reached although they are not public; ``contact`` tells a
    feed's owner whom to write to.
    """

    allow: Sequence[IPv4Network | IPv6Network] = ()
    contact: str | None = None
    turns: Turns = field(default_factory=Turns)
    """So that all runs of this process together ask a host no faster than one."""

    def __call__(self, hosts: frozenset[str]) -> HttpFetch:
        where = f"; {self.contact}" if self.contact else ""
        return HttpFetch(
            hosts=hosts,
            allow=self.allow,
            turns=self.turns,
            user_agent=f"OpenCPD/{__version__} (harvester{where})",
        )

    def trial(self, hosts: frozenset[str]) -> HttpFetch:
        """A way out for a look at a feed while somebody waits: less, sooner, and never twice."""
        where = f"; {self.contact}" if self.contact else ""
        return HttpFetch(
            hosts=hosts,
            allow=self.allow,
            max_bytes=TRIAL_BYTES,
            timeout=TRIAL_SECONDS,
            deadline=TRIAL_SECONDS,
            retries=0,
            patience=0.0,
            user_agent=f"OpenCPD/{__version__} (looks at a feed{where})",
        )

    def document(self, url: str) -> bytes:
        """A small document that somebody waits for, such as a program's keys.

        Never waits long nor reads much, follows no redirect to another host, and never asks twice.
        Raises ``Unavailable``.
        """
        try:
            with HttpFetch(
                hosts=frozenset({urlsplit(url).hostname or ""}),
                allow=self.allow,
                max_bytes=DOCUMENT_BYTES,
                timeout=DOCUMENT_SECONDS,
                deadline=DOCUMENT_SECONDS,
                retries=0,
                interval=0.0,
                user_agent=f"OpenCPD/{__version__}",
            ) as fetch:
                return fetch(url).body
        except (SourceUnavailable, SourceMisconfigured) as error:
            raise Unavailable(str(error)) from error
