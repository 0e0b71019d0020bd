"""What a program may be and may be given. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.identity.clients import redirects
from app.identity.model import (
    OPERATORS_ALONE,
    PERSONAL_SCOPES,
    SCOPES,
    AuthMethod,
    Client,
    ClientKind,
    Kind,
)
from app.platform.problems import FieldProblem

NEVER_LENT = frozenset({OPERATORS_ALONE, "admin:clients", "admin:organisation"})
"""What nobody can let a program do in his or her stead: whoever decides who else may act could
keep for ever what was lent for a while."""

SECRET_METHODS = frozenset({AuthMethod.SECRET_BASIC, AuthMethod.SECRET_POST})
_PLAIN = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/?\[\]-]{1,1000}")
_THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class NewClient:
    """A program as its organisation describes it; checked by ``problems``."""

    organisation_id: str
    name: str
    scopes: frozenset[str]
    kind: ClientKind = ClientKind.SERVICE
    method: AuthMethod = AuthMethod.SECRET_BASIC
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str | None = None
    redirect_uris: tuple[str, ...] = ()
    sandbox: bool = False


def choosable(kind: ClientKind, organisation_kind: Kind) -> tuple[str, ...]:
    """The scopes that a program of this kind can have, in their order."""
    if kind is not ClientKind.SERVICE:
        return tuple(name for name in (*SCOPES, *PERSONAL_SCOPES) if name not in NEVER_LENT)
    runs = organisation_kind is Kind.OPERATOR
    return tuple(name for name in SCOPES if runs or name != OPERATORS_ALONE)


def may_give(given: Collection[str], wanted: Collection[str]) -> bool:
    """Whether who has the scopes ``given`` may make, or change, a program that has ``wanted``.

    Nobody gives more than he has: a new secret of another program is as good as its scopes. What
    only a person can allow is nobody else's to give, so anybody may let a program ask for it.
    """
    return set(wanted) - set(PERSONAL_SCOPES) <= set(given)


def problems(new: NewClient, organisation_kind: Kind) -> list[FieldProblem]:
    """Everything that is wrong with ``new``; its keys are checked where they are read."""
    return [
        *_scopes(new, organisation_kind),
        *_method(new),
        *key_problems(new),
        *_redirects(new),
    ]


def is_secure(uri: str) -> bool:
    """Whether keys may be fetched from there: over TLS, or from this very machine.

    Which network address that is, is judged when it is connected to.
    """
    try:
        parts = urlsplit(uri)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        return False
    if not _PLAIN.fullmatch(uri) or not host or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _THIS_MACHINE)


def _scopes(new: NewClient, organisation_kind: Kind) -> Iterator[FieldProblem]:
    known = choosable(new.kind, organisation_kind)
    unfit = ", ".join(sorted(new.scopes - set(known)))
    if not new.scopes:
        yield FieldProblem("/scopes", "scope-missing", "Choose what the program may do.")
    elif unfit:
        mend = f"Such a program cannot have {unfit}. Choose from {', '.join(known)}."
        yield FieldProblem("/scopes", "scope-unknown", mend)


def _method(new: NewClient) -> Iterator[FieldProblem]:
    if (new.kind is ClientKind.NATIVE) != (new.method is AuthMethod.NONE):
        mend = "A native program keeps no secret: its method is none, and no other program's is."
        yield FieldProblem("/method", "method-unfit", mend)


def key_problems(new: NewClient) -> list[FieldProblem]:
    """What is wrong with how keys are given; the keys themselves are judged by ``keys``."""
    given = [one for one in (new.jwks, new.jwks_uri) if one is not None]
    if new.method is not AuthMethod.PRIVATE_KEY_JWT:
        mend = "Keys are for the method private_key_jwt alone."
        return [FieldProblem("/jwks", "keys-unfit", mend)] if given else []
    if len(given) != 1:
        mend = "Give the public keys as jwks, or where they are as jwks_uri; one of the two."
        return [FieldProblem("/jwks", "keys-missing", mend)]
    if new.jwks_uri is not None and not is_secure(new.jwks_uri):
        mend = "Give an https address without a name, a password or a '#' in it."
        return [FieldProblem("/jwks_uri", "uri-form", mend)]
    return []


def _redirects(new: NewClient) -> Iterator[FieldProblem]:
    asks_people = new.kind is not ClientKind.SERVICE
    if asks_people != bool(new.redirect_uris) or len(new.redirect_uris) > redirects.MOST:
        mend = (
            f"A program that acts for people has 1 to {redirects.MOST} addresses to come back to; "
            "one that acts for its organisation has none."
        )
        yield FieldProblem("/redirect_uris", "redirects-number", mend)
    for number, uri in enumerate(new.redirect_uris[: redirects.MOST]):
        trouble = redirects.trouble(uri, native=new.kind is ClientKind.NATIVE)
        if trouble:
            yield FieldProblem(f"/redirect_uris/{number}", "redirect-form", trouble)


def keeps_secret(client: Client) -> bool:
    """Whether a program proves itself by a secret."""
    return client.method in SECRET_METHODS
