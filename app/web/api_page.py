"""The API for people: every operation, what it needs, what it answers, and how to call it.

Made from the same description that programs read (``/api/openapi.json``); nothing comes from
another site and nothing needs a script.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from fastapi import APIRouter, Depends, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from app.identity.access import Guard
from app.web.rendering import Site

METHODS = ("get", "put", "post", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, or one member of a body."""

    name: str
    place: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    id: str
    tag: str
    method: str
    path: str
    text: str
    scopes: tuple[str, ...]
    fields: tuple[Field, ...]
    answers: tuple[tuple[str, str], ...]
    example: str


def operations(description: Mapping[str, Any], *, base_url: str) -> list[Operation]:
    """Every operation, those of one subject together, in the order of their paths."""
    found = [
        _operation(description, method, path, operation, base_url=base_url)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    return sorted(found, key=lambda one: (one.tag, one.path, one.method))


def _operation(
    description: Mapping[str, Any],
    method: str,
    path: str,
    operation: Mapping[str, Any],
    *,
    base_url: str,
) -> Operation:
    fields = tuple(_parameters(operation)) + tuple(_members(description, operation))
    scopes = tuple(
        scope for one in operation.get("security", ()) for given in one.values() for scope in given
    )
    return Operation(
        id=f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""),
        tag=next(iter(operation.get("tags", ())), ""),
        method=method.upper(),
        path=path,
        text=operation.get("description") or operation.get("summary", ""),
        scopes=scopes,
        fields=fields,
        answers=tuple((code, told["description"]) for code, told in operation["responses"].items()),
        example=_example(method, base_url + path, fields, needs_token=bool(scopes)),
    )


def _kind(schema: Mapping[str, Any]) -> str:
    """A schema in a word or two, such as ``integer`` or ``list of string``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return json.dumps(schema["const"])
    choices = [_kind(one) for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    if choices:
        return " | ".join(dict.fromkeys(choices))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "JSON")


def _parameters(operation: Mapping[str, Any]) -> Iterator[Field]:
    for one in operation.get("parameters", ()):
        yield Field(
            one["name"],
            one["in"],
            _kind(one.get("schema", {})),
            one.get("required", False),
            one.get("description", ""),
        )


def _members(description: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[Field]:
    """The members of the request's body, one level deep."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        schema = media.get("schema", {})
        if reference := schema.get("$ref"):
            schema = description["components"]["schemas"][reference.rpartition("/")[2]]
        for name, member in schema.get("properties", {}).items():
            required = name in schema.get("required", ())
            yield Field(name, "body", _kind(member), required, member.get("description", ""))


def _example(method: str, url: str, fields: tuple[Field, ...], *, needs_token: bool) -> str:
    lines = [f"curl {'' if method == 'get' else f'-X {method.upper()} '}{url}"]
    if needs_token:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    lines += [
        f'-H "{field.name.title()}: ..."'
        for field in fields
        if field.place == "header" and field.name == "idempotency-key"
    ]
    if any(field.place == "body" for field in fields):
        form = "token" in url.rpartition("/")[2]
        lines.append("-d grant_type=client_credentials" if form else "--json @request.json")
    return " \\\n  ".join(lines)


def build_router(*, guard: Guard, site: Site, public_url: str) -> APIRouter:
    router = APIRouter(include_in_schema=False, dependencies=[Depends(guard.public)])

    @router.api_route("/api/docs", methods=["GET", "HEAD"])
    def api(request: Request) -> Response:
        description = cast(FastAPI, request.app).openapi()
        return site.render(
            request,
            "api.html",
            values={"operations": operations(description, base_url=public_url)},
        )

    return router
