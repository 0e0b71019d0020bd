"""Who is calling, and may they come in: the dependency that every route carries.

A route for programs is either open to anybody (``Depends(guard.public)``) or names the scope it
needs (``actor: Actor = Depends(guard.scope("records:issue"))``). A page is open to anybody, for who
is signed in (``guard.person``), for members of the organisation in its path
(``guard.member("catalogue:write")``) or for who runs the node (``guard.operator``). A test walks
all routes and fails on one that says none of this. Which organisation's things an actor may touch
is decided in ``rules.may``.

Errors of tokens follow RFC 6750 §3: 401 ``invalid_token`` or 403 ``insufficient_scope``, with
``WWW-Authenticate``. Nothing here reads a key, a database or a clock: ``authenticate`` and
``visit``, which do, are handed in.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Security
from fastapi.routing import iter_route_contexts
from fastapi.security import OAuth2

from app.identity import rules
from app.identity.model import OPERATORS_ALONE, PERSONAL_SCOPES, SCOPES, Actor, Visitor
from app.platform.problems import DomainError, NotFound

AUTHORIZE_PATH = "/oauth/authorize"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - the address of the endpoint, not a token
MARK = "opencpd_access"
"""The attribute by which a test recognises an access dependency: ``public`` or the scope's name."""

OrganisationId = Annotated[str, Path(pattern="^[a-z0-9][a-z0-9-]{0,62}$", examples=["cse"])]
"""An organisation's or society's id in a route's path."""

_scheme = OAuth2(
    flows={
        "clientCredentials": {"tokenUrl": TOKEN_PATH, "scopes": dict(SCOPES)},
        "authorizationCode": {
            "authorizationUrl": AUTHORIZE_PATH,
            "tokenUrl": TOKEN_PATH,
            "refreshUrl": TOKEN_PATH,
            "scopes": {**SCOPES, **PERSONAL_SCOPES},
        },
    },
    description="OAuth 2.0. A program acts for its own organisation by client credentials, or for "
    "a person who allows it by an authorization code with PKCE (S256). The token is sent as "
    "`Authorization: Bearer`.",
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


class SignInNeeded(DomainError):
    """A page for people who are signed in; ``web.errors`` leads a browser to the door."""

    code = "sign-in-needed"
    status = 401


def _nobody(_secret: str) -> Visitor | None:
    return None


class Guard:
    """Makes the access dependencies.

    ``authenticate`` turns a token into an ``Actor`` or raises ``Unauthenticated``. ``visit`` turns
    the secret in the session cookie, whose name is ``cookie``, into a ``Visitor``, or into ``None``
    when it opens no session that lasts.
    """

    def __init__(
        self,
        authenticate: Callable[[str], Actor],
        visit: Callable[[str], Visitor | None] = _nobody,
        *,
        cookie: str = "opencpd",
    ) -> None:
        self._authenticate = authenticate
        self._visit = visit
        self.cookie = cookie

    @staticmethod
    async def public() -> None:
        """Anybody may call this route. A coroutine, since it need not wait for a thread."""

    def scope(self, name: str, *, sandbox: bool = False) -> Callable[..., Actor]:
        """A dependency that lets in actors whose token carries the scope ``name``.

        An actor of a sandbox comes in only where ``sandbox`` says that the route knows of it.
        """
        _known(name)

        def actor(authorization: Annotated[str | None, Security(_scheme, scopes=[name])]) -> Actor:
            found = self._authenticate(bearer_token(authorization))
            if name not in found.scopes:
                raise Forbidden(f"The token lacks the scope {name}.", scope=name)
            if not rules.comes_in(found, sandbox=sandbox):
                raise Forbidden("A client of the sandbox can try out publishing and nothing else.")
            return found

        setattr(actor, MARK, name)
        return actor

    def visitor(self, request: Request) -> Visitor | None:
        """Who is signed in, if anybody. Decides nothing, so it is no dependency by itself."""
        secret = request.cookies.get(self.cookie)
        return self._visit(secret) if secret else None

    @property
    def person(self) -> Callable[..., Visitor]:
        """A dependency that lets in whoever is signed in. Raises ``SignInNeeded``."""

        def visitor(request: Request) -> Visitor:
            return self._signed_in(request)

        setattr(visitor, MARK, "person")
        return visitor

    def member(self, scope: str) -> Callable[..., Actor]:
        """A dependency that lets in members of the path's ``organisation_id`` who may do ``scope``.

        To everybody else the organisation has no such page.
        """
        _known(scope)

        def member(request: Request, organisation_id: OrganisationId) -> Actor:
            actor = rules.as_member(self._signed_in(request), organisation_id)
            return _within(actor, scope)

        setattr(member, MARK, f"member:{scope}")
        return member

    @property
    def operator(self) -> Callable[..., Actor]:
        """A dependency that lets in who runs this node."""

        def operator(request: Request) -> Actor:
            return _within(rules.as_operator(self._signed_in(request)), OPERATORS_ALONE)

        setattr(operator, MARK, f"member:{OPERATORS_ALONE}")
        return operator

    def _signed_in(self, request: Request) -> Visitor:
        found = self.visitor(request)
        if found is None:
            raise SignInNeeded("This page is for people who are signed in.")
        return found


setattr(Guard.public, MARK, "public")


def _known(scope: str) -> None:
    if scope not in SCOPES and scope not in PERSONAL_SCOPES:
        known = ", ".join((*SCOPES, *PERSONAL_SCOPES))
        raise ValueError(f"there is no scope {scope!r}; known: {known}")


def _within(actor: Actor | None, scope: str) -> Actor:
    """The actor, if there is one and it may do ``scope`` for its organisation."""
    if actor is None:
        raise NotFound("There is no such page for you.")
    if not rules.may(actor, scope, actor.organisation_id):
        raise Forbidden("Your role in this organisation does not include this.")
    return actor


def bearer_token(authorization: str | None) -> str:
    """The token of an ``Authorization`` header (RFC 6750 §2.1)."""
    if not authorization:
        raise Unauthenticated("This needs an access token; send it as a Bearer token.", error=None)
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Unauthenticated("The Authorization header does not hold a Bearer token.")
    return token.strip()


def routes(app: FastAPI) -> Iterator[tuple[str, frozenset[str], str | None]]:
    """Each route's path, its methods and what it asks for.

    That is ``public``, a scope, ``person``, ``member:<scope>``, or ``None`` for nothing.
    """
    for route in iter_route_contexts(app.routes):
        waiting: list[Any] = [getattr(route, "dependant", None)]
        mark = None
        while waiting and mark is None:
            needed = waiting.pop()
            mark = getattr(getattr(needed, "call", None), MARK, None)
            waiting.extend(getattr(needed, "dependencies", ()))
        yield str(route.path), frozenset(getattr(route, "methods", None) or ()), mark
