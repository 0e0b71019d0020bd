"""By which way a program says who it is, in a request to one of our endpoints. Pure.

A program uses one way at a time (RFC 6749 §2.3). What is given twice, or in two ways, is refused
before anything of it is believed: of two names, one would be checked and the other one used.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus

from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

from app.identity.model import AuthMethod
from app.identity.oauth import assertions
from app.identity.oauth.assertions import AssertionRefused, UntrustedAssertion

BASIC, POST = AuthMethod.SECRET_BASIC, AuthMethod.SECRET_POST


@dataclass(frozen=True, slots=True)
class Presented:
    """Who a request says it is from. Nothing of it is verified."""

    method: AuthMethod
    client_id: str
    secret: str = ""
    assertion: UntrustedAssertion | None = None


def form_of(pairs: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """The parameters of a form. Raises ``InvalidRequestError`` (RFC 6749 §3.2)."""
    form = dict(pairs)
    if len(form) != len(pairs):
        raise InvalidRequestError(description="A parameter is given more than once.")
    return form


def presented(form: Mapping[str, str], authorization: str | None) -> Presented | None:
    """Who says to be asking, if anybody does.

    Raises ``InvalidRequestError``, or ``InvalidClientError`` for a way that there is not.
    """
    ways = [
        bool(authorization),
        "client_secret" in form,
        "client_assertion" in form or "client_assertion_type" in form,
    ]
    if sum(ways) > 1:
        raise InvalidRequestError(description="Client credentials are given in two ways.")
    if authorization:
        found = _basic(authorization)
    elif "client_secret" in form:
        found = Presented(POST, form.get("client_id", ""), form["client_secret"])
    elif ways[2]:
        found = _asserted(form)
    elif "client_id" in form:
        found = Presented(AuthMethod.NONE, form["client_id"])
    else:
        return None
    if form.get("client_id", found.client_id) != found.client_id:
        raise InvalidRequestError(description="Two different clients are named.")
    return found


def _basic(authorization: str) -> Presented:
    """RFC 6749 §2.3.1: the parts of HTTP Basic are encoded as those of a form."""
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        raise InvalidClientError(
            status_code=401, description="An Authorization header must be HTTP Basic here."
        )
    if not encoded.strip():
        raise InvalidRequestError(description="The Basic credentials are empty.")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
        client_id, _, secret = text.partition(":")
        return Presented(
            BASIC,
            unquote_plus(client_id, errors="strict"),
            unquote_plus(secret, errors="strict"),
        )
    except ValueError as error:  # not ASCII, not base64, not UTF-8
        raise InvalidRequestError(description="The Basic credentials are garbled.") from error


def _asserted(form: Mapping[str, str]) -> Presented:
    if form.get("client_assertion_type") != assertions.TYPE or not form.get("client_assertion"):
        raise InvalidRequestError(
            description=f"Give a client_assertion with the client_assertion_type {assertions.TYPE}."
        )
    try:
        read = assertions.read(form["client_assertion"])
    except AssertionRefused as error:
        raise InvalidClientError(status_code=401, description=str(error)) from error
    return Presented(AuthMethod.PRIVATE_KEY_JWT, read.client_id, assertion=read)
