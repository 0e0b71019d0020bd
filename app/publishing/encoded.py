"""Addresses whose last parts are a society's own ids, in which anything may stand, slashes too.

A server decodes an address before it is routed, so that the ``%2F`` of an id would end it. Here the
address is decoded anew with a stand-in for such a slash, which ``RemoteId`` turns back into one.
"""

import re
from typing import Annotated
from urllib.parse import unquote_to_bytes

from fastapi import Path
from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError
from starlette.types import ASGIApp, Receive, Scope, Send

from app.publishing.rules import LONGEST_ID, sound_id

_SLASH = "\ufdd0"
"""A noncharacter (Unicode §23.7): no text that prints has it."""
_OURS = re.compile(rb"/api/v1/societies/[^/]+/courses/")
_ENCODED_SLASH = re.compile(rb"%2[Ff]")


class KeepSlashes:
    """ASGI middleware: lets encoded slashes reach the routes of pushed courses."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get("raw_path") or b""
        if scope["type"] == "http" and _OURS.search(raw):
            scope = {**scope, "path": decoded(raw)}
        await self._app(scope, receive, send)


def decoded(raw: bytes) -> str:
    """The path that ``raw`` encodes; what is no text stands as U+FFFD, as with any server."""
    whole = raw.split(b"?")[0]
    parts = (
        unquote_to_bytes(part).decode(errors="replace") for part in _ENCODED_SLASH.split(whole)
    )
    return _SLASH.join(part.replace(_SLASH, "\ufffd") for part in parts)


def _sound(value: str) -> str:
    if not sound_id(value) or "\ufffd" in value:
        raise PydanticCustomError(
            "id-unusable",
            "Use 1 to {most} printable characters, percent-encoded UTF-8, without blanks around.",
            {"most": LONGEST_ID},
        )
    return value


def _with_slashes(value: str) -> str:
    return value.replace(_SLASH, "/")


RemoteId = Annotated[
    str,
    Path(
        description="Your own id of the course: up to 500 printable characters, percent-encoded, "
        "slashes too (`%2F`).",
        examples=["C-101"],
    ),
    BeforeValidator(_with_slashes),
    AfterValidator(_sound),
]
RunId = Annotated[
    str,
    Path(description="Your own id of the run, encoded alike.", examples=["2027-spring"]),
    BeforeValidator(_with_slashes),
    AfterValidator(_sound),
]
