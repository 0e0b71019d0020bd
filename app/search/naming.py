"""The names people read for the values of facets: the port to whoever knows them.

Search knows codes (``0732``, ``lakeside``, ``zh``); what they are called in the reader's language
is known above it. ``Codes`` is for where nobody is asked: a value is called what it is.
"""

from collections.abc import Mapping
from typing import Protocol


class Names(Protocol):
    """Whoever knows what values are called."""

    def of(self, facet: str, value: str, *, locale: str) -> str:
        """What ``value`` is called; the value itself where it has no other name."""

    def known(self, facet: str, *, locale: str) -> Mapping[str, str]:
        """The name of every value that ``facet`` may have, where that is settled; else nothing."""


class Codes:
    """Values by themselves."""

    def of(self, facet: str, value: str, *, locale: str) -> str:
        return value

    def known(self, facet: str, *, locale: str) -> Mapping[str, str]:
        return {}
