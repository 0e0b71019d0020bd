"""What a bundle remembers between verifications, so that a thousand records cost less than each.

Only what depends on nothing but bytes that are the same again: a status list that was verified and
inflated, a course that was checked member by member. Never a verdict, and nothing that depends on
the time: those are asked anew for every record. Who remembers something says in its key, or checks
on the way out, what it was made from; nothing here is believed because of where it lies.
"""

from collections.abc import Hashable
from typing import TypeVar

_Kind = TypeVar("_Kind")
_MOST = 4096


class Memory:
    """A bounded store of values by kind and key. Lost with the bundle, never written anywhere."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[tuple[type, Hashable], object] = {}

    def get(self, kind: type[_Kind], *, key: Hashable) -> _Kind | None:
        """The value of this kind under ``key``, if there is one."""
        found = self._held.get((kind, key))
        return found if isinstance(found, kind) else None

    def put(self, value: object, *, key: Hashable) -> None:
        """Remember a value; when there are too many, all are forgotten."""
        if len(self._held) >= _MOST:
            self._held.clear()
        self._held[type(value), key] = value

    def __reduce__(self) -> tuple[type["Memory"], tuple[()]]:
        return Memory, ()  # a copy of a bundle remembers for itself
