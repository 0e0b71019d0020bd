"""A file in the place of a feed: it is at an address that nothing else has, and nothing is fetched.

So a connector reads an uploaded file as it reads one from the web. Also what was fetched once to
find out its format, so that it is not fetched a second time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from connectors.contract import Fetch, Fetched, SourceMisconfigured

NOWHERE = "https://upload.invalid/"
"""Stands for the address that a harvested file has; never fetched (RFC 6761 §6.4)."""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """The one document that can be fetched."""

    name: str
    data: bytes

    @property
    def address(self) -> str:
        """Where it is, for the connector's configuration."""
        return NOWHERE + (quote(self.name.replace("\x00", "")[:200], safe="") or "file")

    def __call__(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        accept: Sequence[int] = (),
    ) -> Fetched:
        """The file at its own address. Raises ``SourceMisconfigured`` for every other one."""
        if url != self.address or data:
            raise SourceMisconfigured(f"the file leads on to {url}; only the file itself is read")
        return Fetched(url, 200, {}, self.data)


@dataclass(frozen=True, slots=True)
class Remembering:
    """A way out that answers one address from what it has answered before."""

    fetch: Fetch
    url: str
    known: Fetched

    def __call__(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        accept: Sequence[int] = (),
    ) -> Fetched:
        """Fetch, unless it is known already."""
        if url == self.url and not params and not data:
            return self.known
        return self.fetch(url, params, headers=headers, data=data, accept=accept)
