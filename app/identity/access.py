"""Who is calling, and may they come in: the dependency that every route carries.

A route is either open to anybody (``Depends(guard.public)``) or names the scope it needs
(``actor: Actor = Depends(guard.scope("records:issue"))``); a test walks all routes and fails on
one that does neither. Which organisation's things an actor may touch is decided in ``rules.may``.

Errors follow RFC 6750 §3: 401 ``invalid_token`` or 403 ``insufficient_scope``, with
``WWW-Authenticate``. Nothing here reads a key or a clock: ``authenticate``, which does, is handed
in.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from fastapi import FastAPI, Path, Security
from fastapi.routing import iter_route_contexts
from fastapi.security import OAuth2

from app.identity.model import SCOPES, Actor
from app.platform.problems import DomainError

TOKEN_PATH = "/oauth/token"  # noqa: S105 - the address of the endpoint, not a token
MARK = "opencpd_access"
"""The attribute by which a test recognises an access dependency: ``public`` or the scope's name."""

OrganisationId = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9-]{0,62}$", examples=["cse"])]
"""An organisation's or society's id in a route's path."""

_scheme = OAuth2(
    flows={"clientCredentials": {"tokenUrl": TOKEN_PATH, "scopes": dict(SCOPES)}},
    description="OAuth 2.0 client credentials; the token is sent as `Authorization: Bearer`.",
    auto_error=False,
)


class Unauthenticated(DomainError):
    """No token, or one that this node did not give out, or one that has ended."""

    code = "unauthenticated"
    status = 401

    def __init__(self, detail: str, *, error: str | None = "invalid_token") -> None:
        challenge = 'Bearer realm="opencpd"' + (f', error="{error}"' if error else "")
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class Forbidden(DomainError):
    """The caller is known and may not do this."""

    code = "forbidden"
    status = 403

    def __init__(self, detail: str, *, scope: str | None = None) -> None:
        challenge = f'Bearer realm="opencpd", error="insufficient_scope", scope="{scope}"'
        super().__init__(detail, headers={"WWW-Authenticate": challenge} if scope else {})


class Guard:
    """Makes the access dependencies.

    ``authenticate`` turns a token into an ``Actor`` or raises ``Unauthenticated``.
    """

    def __init__(self, authenticate: Callable[[str], Actor]) -> None:
        self._authenticate = authenticate

    @staticmethod
    async def public() -> None:
        """Anybody may call this route. A coroutine, since it need not wait for a thread."""

    def scope(self, name: str) -> Callable[..., Actor]:
        """A dependency that lets in actors whose token carries the scope ``name``."""
        if name not in SCOPES:
            raise ValueError(f"there is no scope {name!r}; known: {', '.join(SCOPES)}")

        def actor(authorization: Annotated[str | None, Security(_scheme, scopes=[name])]) -> Actor:
            found = self._authenticate(bearer_token(authorization))
            if name not in found.scopes:
                raise Forbidden(f"The token lacks the scope {name}.", scope=name)
            return found

        setattr(actor, MARK, name)
        return actor


setattr(Guard.public, MARK, "public")


def bearer_token(authorization: str | None) -> str:
    """The token of an ``Authorization`` header (RFC 6750 §2.1)."""
    if not authorization:
        raise Unauthenticated("This needs an access token; send it as a Bearer token.", error=None)
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Unauthenticated("The Authorization header does not hold a Bearer token.")
    return token.strip()


def routes(app: FastAPI) -> Iterator[tuple[str, str | None]]:
    """Each route's path and what it asks for: ``public``, a scope, or ``None`` for nothing."""
    for route in iter_route_contexts(app.routes):
        waiting: list[Any] = [getattr(route, "dependant", None)]
        mark = None
        while waiting and mark is None:
            needed = waiting.pop()
            mark = getattr(getattr(needed, "call", None), MARK, None)
            waiting.extend(getattr(needed, "dependencies", ()))
        yield str(route.path), mark
