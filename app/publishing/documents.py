"""Reading what is sent: strict JSON of a bounded size, whole documents and patches of them."""

from collections.abc import Mapping
from typing import Any

from app.platform.problems import DomainError
from app.proof.errors import ProofError
from app.proof.parse import Limits, load

MOST_BYTES = 256 * 1024
"""Of one course."""
DEEPEST = 32
_LIMITS = Limits(size=MOST_BYTES, depth=DEEPEST)


class Unreadable(DomainError):
    """The body is not the JSON that it has to be."""

    code = "json-unreadable"

    def __init__(self, error: ProofError) -> None:
        super().__init__(error.message)
        self.code = error.code


def read(body: bytes) -> Any:
    """A JSON text of one meaning (RFC 7493). Raises ``Unreadable``."""
    try:
        return load(body, limits=_LIMITS)
    except ProofError as error:
        raise Unreadable(error) from error


def merged(target: Any, patch: Any) -> Any:
    """``target`` changed by a JSON Merge Patch (RFC 7396 §2)."""
    if not isinstance(patch, Mapping):
        return patch
    made = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = merged(made.get(name), value)
    return made
