"""Ask for a source's file only if it is another than last time (RFC 9110 §13).

This serves feeds that are one file, and nothing else: a run that asked for one thing alone and
read all of it to a good end leaves the file's validators behind. The next one sends them along,
and when the file is the same, nothing needs to be read. Of a list in pages the first page says
nothing of the others, so there the rule never holds. Only connectors that say so
(``conditional``) are trusted with it, and only as long as configuration, connector and normaliser
are the same.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from app.catalogue.document import digest
from app.catalogue.rules import NORMALISER
from app.harvest.model import Source
from app.harvest.registry import Registry
from connectors.contract import Fetch, Fetched, Paced

_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,998}"')
_DATE = re.compile(r"[A-Za-z0-9,: +-]{1,64}")
_NOT_MODIFIED = 304
_SURE = timedelta(seconds=60)
"""A file that was changed twice within a second may have one date for both (RFC 9110 §8.8.2.2)."""


@dataclass(frozen=True, slots=True)
class Validators:
    """Of which version an answer was. ``url_hash`` says what was asked for."""

    url_hash: str
    etag: str | None
    last_modified: str | None


class NotModified(Exception):
    """The source's file is the one that was read last time."""


class ConditionalFetch:
    """A fetch that asks on condition, and remembers what would make the next condition."""

    def __init__(self, fetch: Fetch, known: Validators | None) -> None:
        self._fetch = fetch
        self._known = known
        self._asked = 0
        self._first: Validators | None = None

    def __call__(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        accept: Sequence[int] = (),
    ) -> Fetched:
        """Fetch as ``Fetch`` says. Raises ``NotModified`` as well."""
        self._asked += 1
        sent: dict[str, Any] = {"headers": headers, "accept": accept}
        if data is not None:
            return self._fetch(url, params, data=data, **sent)
        url_hash = _hash(url, params)
        own = self._condition(url_hash, headers)
        if own:
            sent = {"headers": {**(headers or {}), **own}, "accept": (*accept, _NOT_MODIFIED)}
        answer = self._fetch(url, params, **sent)
        if own and answer.status == _NOT_MODIFIED and _NOT_MODIFIED not in accept:
            raise NotModified(url)
        if self._asked == 1 and answer.status == 200:
            self._first = validators(url_hash, answer.headers)
        return answer

    def slow_down(self, url: str, seconds: float) -> None:
        """Leave at least so many seconds between two requests to the host of ``url``."""
        if isinstance(self._fetch, Paced):
            self._fetch.slow_down(url, seconds)

    @property
    def only(self) -> Validators | None:
        """Of which version the one thing was that was asked for, if it was one and says it."""
        return self._first if self._asked == 1 else None

    def _condition(self, url_hash: str, headers: Mapping[str, str] | None) -> dict[str, str]:
        known = self._known
        if known is None or self._asked > 1 or known.url_hash != url_hash:
            return {}
        if any(name.lower().startswith("if-") for name in headers or {}):
            return {}
        found = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        return {name: value for name, value in found.items() if value}


def validators(url_hash: str, headers: Mapping[str, str]) -> Validators | None:
    """What an answer's headers say of its version, as far as it can be relied on."""
    etag = headers.get("etag", "").strip()
    kept = etag if _ETAG.fullmatch(etag) else None
    dated = headers.get("last-modified", "").strip()
    modified = dated if _is_sure(dated, headers.get("date", "")) else None
    return Validators(url_hash, kept, modified) if kept or modified else None


def reading(source: Source, registry: Registry) -> str:
    """What a source is read with: another one reads the same file in another way."""
    version = registry.versions.get(source.connector, "")
    parts = {"config": dict(source.config), "version": version, "normaliser": NORMALISER}
    return digest(source.connector, parts)


def _hash(url: str, params: Mapping[str, str] | None) -> str:
    return hashlib.sha256(f"{url} {urlencode(params or {})}".encode()).hexdigest()


def _is_sure(modified: str, date: str) -> bool:
    if not _DATE.fullmatch(modified):
        return False
    try:
        return parsedate_to_datetime(date) - parsedate_to_datetime(modified) >= _SURE
    except (ValueError, TypeError, IndexError, OverflowError):  # all seen on broken dates
        return False
