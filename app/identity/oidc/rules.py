"""What of a provider's words may be used, and as what. Pure."""

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from app.identity.people import rules as people
from app.identity.people.rules import LONGEST_NAME
from app.platform.problems import DomainError, Invalid
from app.platform.settings import is_loopback

ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}
)
"""Signatures whose verifier holds no secret. ``HS256`` is out: its key could be a public one."""

_ADDRESS = re.compile(r"[!-~]{1,2000}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
_LONGEST_SHOWN = 200


class ProviderWrong(DomainError):
    """A provider said something that cannot be relied upon; the sign-in ends."""

    code = "provider-wrong"
    status = 502


def endpoint(url: object, *, issuer: str) -> str:
    """An address that a provider's metadata names. Raises ``ProviderWrong``.

    https, or http on this machine for a provider that is itself there (tests, development).
    """
    if not isinstance(url, str) or not _ADDRESS.fullmatch(url):
        raise ProviderWrong("The provider names an endpoint that is no address.")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise ProviderWrong("The provider names an endpoint that is no address.") from error
    of_here = urlsplit(issuer)
    here = of_here.scheme == "http" and is_loopback(of_here.hostname) and is_loopback(host)
    if not host or parts.username or parts.fragment or parts.scheme not in {"https", "http"}:
        raise ProviderWrong("The provider names an endpoint that is no address.")
    if parts.scheme == "http" and not here:
        raise ProviderWrong("The provider names an endpoint that is not protected by TLS.")
    return url


def algorithms(advertised: Collection[str]) -> frozenset[str]:
    """With which algorithms this provider may sign. Raises ``ProviderWrong`` for none of ours."""
    found = ALGORITHMS.intersection(advertised)
    if not found:
        raise ProviderWrong("The provider signs with no algorithm that is safe here.")
    return found


def token_auth(advertised: Collection[str]) -> str:
    """How to show the client's secret to the token endpoint; Discovery §3 names the default."""
    for method in ("client_secret_basic", "client_secret_post"):
        if method in advertised:
            return method
    raise ProviderWrong("The provider takes a client's secret in no way that is known here.")


def check_issuer(given: str | None, *, issuer: str, names_itself: bool) -> None:
    """That an answer is the provider's who was asked (RFC 9207 §2.4). Raises ``ProviderWrong``.

    Else a provider that is dishonest could have another's code sent to itself (mix-up attack).
    """
    if (given is None and names_itself) or (given is not None and given != issuer):
        raise ProviderWrong("The answer is not of the provider that was asked.")


def name(claims: Mapping[str, Any]) -> str:
    """A person's name as the provider gives it; empty where it gives none that can be used."""
    given = claims.get("name")
    if not isinstance(given, str) or not given.strip():
        parts = (claims.get("given_name"), claims.get("family_name"))
        given = " ".join(part for part in parts if isinstance(part, str))
    try:
        return people.name(given[:LONGEST_NAME])
    except Invalid:
        return ""


def email(claims: Mapping[str, Any]) -> str | None:
    """The address, if the provider itself has seen that the person reads it (Core §5.7)."""
    given = claims.get("email")
    if not isinstance(given, str) or claims.get("email_verified") is not True:
        return None
    try:
        return people.email(given)
    except Invalid:
        return None


def language(claims: Mapping[str, Any]) -> str | None:
    """The person's language as BCP 47; some providers write it with an underscore (Core §5.1)."""
    given = claims.get("locale")
    tag = given.replace("_", "-") if isinstance(given, str) else ""
    return tag if _LANGUAGE.fullmatch(tag) and len(tag) <= 35 else None


def shown(claims: Mapping[str, Any]) -> str:
    """By what the owner of an identity will know it again: an address, a name, a number."""
    for member in ("email", "preferred_username", "name", "sub"):
        given = claims.get(member)
        if isinstance(given, str):
            try:
                return people.name(given[:_LONGEST_SHOWN])
            except Invalid:
                continue
    return ""
