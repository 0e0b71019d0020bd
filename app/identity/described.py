"""Every answer that the doors and the frame around a route may give, in the API's description.

A route tells what it answers itself; what happens before it is reached (no token, too large, too
often) is the same for all and is added here, so that a program reading the description knows each
status it may meet. Errors are problem documents (RFC 9457).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI

from app.identity.access import routes
from app.platform.problems import MEDIA_TYPE

PROBLEM = {
    "type": "object",
    "description": "What went wrong, by RFC 9457.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:opencpd:problem:not-found"]},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; programs may rely upon it."},
        "detail": {"type": "string", "description": "What happened and what mends it."},
        "errors": {
            "type": "array",
            "description": "One entry for each bad field.",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer (RFC 6901) in the body, or a parameter.",
                    },
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

_FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")
_UNSAFE = frozenset({"post", "put", "patch", "delete"})
_METHODS = _UNSAFE | {"get", "head"}


def install(app: FastAPI) -> None:
    """Let ``app.openapi()`` tell what this module adds."""
    of_the_routes = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = completed(of_the_routes(), dict(_marks(app)))
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way to extend it


def _marks(app: FastAPI) -> Iterator[tuple[tuple[str, str], str | None]]:
    for path, methods, mark in routes(app):
        yield from (((path, method.lower()), mark) for method in methods)


def completed(
    description: dict[str, Any], marks: Mapping[tuple[str, str], str | None]
) -> dict[str, Any]:
    """``description`` with the common answers; ``marks`` say which door each operation has."""
    schemas = description.setdefault("components", {}).setdefault("schemas", {})
    for name in _FRAMEWORKS_OWN:
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            if method in _METHODS:
                guarded = marks.get((path, method)) not in {None, "public"}
                _complete(operation, path, method, guarded=guarded)
    return description


def _complete(operation: dict[str, Any], path: str, method: str, *, guarded: bool) -> None:
    answers = operation["responses"]
    _tell_the_truth(answers)
    for status, text in _common(operation, path, method, guarded=guarded):
        told = answers.setdefault(status, {"description": text})
        told.setdefault("content", {}).setdefault(MEDIA_TYPE, _content())
    operation["responses"] = dict(sorted(answers.items()))


def _common(
    operation: Mapping[str, Any], path: str, method: str, *, guarded: bool
) -> Iterator[tuple[str, str]]:
    if guarded:
        yield "401", "No token, or one that is not good any more."
        yield "403", "The token's client may not do this."
    elif method in _UNSAFE:
        yield "403", "A page of another site made a browser send this."
    if "{" in path:
        yield "404", "There is no such thing, or not for this caller."
    if guarded and method in _UNSAFE:
        yield "409", "It stands against the state that things are in."
    if "requestBody" in operation:
        yield "400", "The body cannot be read as what it says it is."
        yield "413", "The body is larger than what is taken here."
    if "requestBody" in operation or operation.get("parameters"):
        yield "422", "Something given is not as it must be; `errors` names each field."
    yield "429", "Asked too often; `Retry-After` says when to come back."
    yield "503", "Something that this needs does not answer; try again later."


def _tell_the_truth(answers: dict[str, Any]) -> None:
    """The framework announces its own form of 422, in which no route here answers."""
    if "HTTPValidationError" in str(answers.get("422", {}).get("content", "")):
        del answers["422"]


def _content() -> dict[str, Any]:
    return {"schema": {"$ref": "#/components/schemas/Problem"}}
