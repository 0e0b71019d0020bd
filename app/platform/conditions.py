"""Changes that are made only to what the caller saw: entity tags and ``If-Match`` (RFC 9110 §13).

Nobody overwrites what somebody else changed in between without having seen it.
"""

import hashlib
import json
import re
from typing import Any

from app.platform.problems import MEDIA_TYPE, DomainError

CHANGED_SINCE: dict[int | str, dict[str, Any]] = {
    412: {
        "description": "It was changed since it was read; nothing is done.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
"""What a route that takes ``If-Match`` says in the API's description."""

_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')


class PreconditionFailed(DomainError):
    """The thing is not, or is no longer, as the caller saw it."""

    code = "precondition-failed"
    status = 412


def entity_tag(value: Any) -> str:
    """A strong tag of something that JSON can say."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def require_match(if_match: str | None, tag: str) -> None:
    """Go on if there is no ``If-Match``, or it names ``tag``. Raises ``PreconditionFailed``.

    Tags are compared strongly (§8.8.3.2), so a weak one never matches. ``*`` matches whatever is
    there, and the caller has found it already.
    """
    if if_match is None or if_match.strip() == "*":
        return
    if tag not in _TAG.findall(if_match):
        raise PreconditionFailed("It was changed since you read it; read it again.")
