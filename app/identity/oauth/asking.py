"""What a program asks a person for, read from the address that the browser came with. Pure.

Whether a browser may be sent back at all is decided first (RFC 6749 §4.1.2.1): while the program or
the address to come back to is in doubt, trouble is shown here and goes nowhere else. After that,
errors go back to the program. Authlib's own reading of this request is not used: it puts texts of
the request into descriptions that it then refuses with ``ValueError``, which anybody could cause.

1. The program is one that acts for people; the address is one of its own.
2. No parameter is given twice, and none that would change the meaning and is not known here.
3. It asks for a code, with a challenge by S256 (RFC 7636 §4.3; without a method it would be plain).
4. It asks for scopes that it was registered with.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from app.identity.clients import redirects
from app.identity.model import PERSONAL_SCOPES, Client, ClientKind
from app.platform.problems import DomainError

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_DECIDE_WHERE_TO = ("client_id", "redirect_uri")
_UNSUPPORTED = {"request": "request_not_supported", "request_uri": "request_uri_not_supported"}


class NotAskable(DomainError):
    """It is not certain who asks, so nobody is sent anywhere."""

    code = "authorization-request"
    status = 400


class SentBack(Exception):
    """The request is refused, and the program is told so at ``location``."""

    def __init__(self, location: str) -> None:
        super().__init__("the authorization request is refused")
        self.location = location


@dataclass(frozen=True, slots=True)
class WayBack:
    """Where the browser goes in the end. ``issuer`` says from whom it comes (RFC 9207)."""

    redirect_uri: str
    state: str | None
    issuer: str

    def to(self, **answer: str) -> str:
        """The address with the answer in it."""
        said = answer | ({"state": self.state} if self.state is not None else {})
        glue = "&" if "?" in self.redirect_uri else "?"
        return self.redirect_uri + glue + urlencode({**said, "iss": self.issuer})

    def refused(self, error: str, description: str) -> SentBack:
        """What to raise in the place of asking."""
        return SentBack(self.to(error=error, error_description=description))


@dataclass(frozen=True, slots=True)
class Asking:
    """A request that may be put before a person."""

    client: Client
    scopes: frozenset[str]
    challenge: str
    way_back: WayBack
    organisation_id: str | None = None
    """The one organisation that the program means, when it says so."""

    @property
    def for_organisation(self) -> frozenset[str]:
        """The scopes that only somebody with a role in an organisation can lend."""
        return self.scopes - set(PERSONAL_SCOPES)


def read(
    pairs: Sequence[tuple[str, str]], *, find_client: Callable[[str], Client | None], issuer: str
) -> Asking:
    """The request in ``pairs``, its parameters as they came.

    Raises ``NotAskable``, or ``SentBack`` once it is certain to whom.
    """
    given = dict(pairs)
    repeated = {name for name, _ in pairs if [other for other, _ in pairs].count(name) > 1}
    client = find_client(given.get("client_id", ""))
    if client is None or client.kind is ClientKind.SERVICE:
        raise NotAskable("The program that sent you here is not known on this node.")
    uri = given.get("redirect_uri", "")
    if repeated.intersection(_DECIDE_WHERE_TO) or not redirects.allows(client.redirect_uris, uri):
        raise NotAskable(
            "The program that sent you here wants you back at an address that is not its own."
        )
    state = None if "state" in repeated else given.get("state")
    way_back = WayBack(uri, state, issuer)
    if repeated:
        raise way_back.refused("invalid_request", "A parameter is given more than once.")
    _check_form(given, way_back)
    scopes = frozenset(given["scope"].split()) if given.get("scope") else client.scopes
    if not scopes or not scopes <= client.scopes:
        raise way_back.refused("invalid_scope", "The client was not registered with these scopes.")
    return Asking(
        client, scopes, given["code_challenge"], way_back, given.get("organisation") or None
    )


def _check_form(given: Mapping[str, str], way_back: WayBack) -> None:
    for name, error in _UNSUPPORTED.items():
        if name in given:
            raise way_back.refused(error, f"The parameter {name} is not supported.")
    if "response_type" not in given:
        raise way_back.refused("invalid_request", "Say which response_type is wanted.")
    if given["response_type"] != "code":
        raise way_back.refused("unsupported_response_type", "The response_type must be code.")
    if given.get("response_mode", "query") != "query":
        raise way_back.refused("invalid_request", "The response_mode must be query.")
    if given.get("code_challenge_method") != "S256":
        raise way_back.refused("invalid_request", "The code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(given.get("code_challenge", "")):
        raise way_back.refused("invalid_request", "Give a code_challenge of 43 characters.")
