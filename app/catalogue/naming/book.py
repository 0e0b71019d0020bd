"""Which society a provider's words stand for. Pure once it is read.

A name that two societies bear stands for neither. Names are compared as titles are: letters and
digits, case and width folded, so that any script will do.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit

from app.catalogue import texts
from app.catalogue.model import Society

_ROR = re.compile(
    r"^(?:https?://)?(?:ror\.org/)?(0[a-hj-km-np-tv-z0-9]{6}[0-9]{2})$", re.ASCII | re.IGNORECASE
)
_DOMAIN = re.compile(r"^(?=.{4,190}$)([a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$")
LONGEST = 190


class AliasKind(StrEnum):
    """What an alias is."""

    NAME = "name"
    DOMAIN = "domain"
    ROR = "ror"


@dataclass(frozen=True, slots=True)
class Book:
    """All societies by what they are called."""

    known: Mapping[str, str | None]

    def society(self, provider: str | None) -> str | None:
        """The society that a provider's name, domain or ROR identifier stands for."""
        if not provider:
            return None
        for kind in (AliasKind.ROR, AliasKind.DOMAIN, AliasKind.NAME):
            key = alias_key(kind, provider)
            if key and (found := self.known.get(f"{kind}:{key}")):
                return found
        return None


@lru_cache(maxsize=1024)
def alias_key(kind: AliasKind, value: str) -> str | None:
    """How an alias is compared; ``None`` for what is none of its kind."""
    text = value.strip()
    if kind is AliasKind.ROR:
        found = _ROR.match(text)
        return found[1].lower() if found else None
    if kind is AliasKind.DOMAIN:
        host = _host(text)
        return host if _DOMAIN.match(host) else None
    key = texts.title_key(text)
    return key if 0 < len(key) <= LONGEST else None


def make(societies: Iterable[Society], aliases: Iterable[tuple[AliasKind, str, str]]) -> Book:
    """``aliases`` are kind, key and society, as they were entered; names of societies come too."""
    known: dict[str, str | None] = {}
    for society in societies:
        names = [*society.names.values(), *society.aliases]
        for key in {alias_key(AliasKind.NAME, name) for name in names} - {None}:
            name = f"{AliasKind.NAME}:{key}"
            known[name] = society.id if known.get(name, society.id) == society.id else None
    for kind, key, society_id in aliases:
        known[f"{kind}:{key}"] = society_id
    return Book(known)


def _host(text: str) -> str:
    try:
        host = urlsplit(text if "://" in text else f"https://{text}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.").rstrip(".")
