"""Our side of the code flow, by Authlib: the way to a provider, and a code turned into claims.

Holds no state: what has to be remembered between the two is an ``Attempt``.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlencode

from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client

from app.identity.oidc import rules, tokens
from app.identity.oidc.model import Attempt, Metadata, Said
from app.identity.oidc.providers import Ask, Providers, ProviderSilent, read_object
from app.identity.oidc.rules import ProviderWrong
from app.platform.fetch import Answer, NoAnswer
from app.platform.settings import OidcProvider
from app.proof.parse import Object


def callback_path(provider_id: str) -> str:
    """Where a provider sends people back to; one for each, against mix-up (RFC 9700 §4.4.2.2)."""
    return f"/sign-in/oidc/{provider_id}/callback"


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer in the form that Authlib reads."""

    status_code: int
    body: Object

    def json(self) -> Object:
        return self.body

    def raise_for_status(self) -> None:
        """Nothing to raise: ``_Way`` hands on nothing that Authlib would raise for."""


@dataclass(frozen=True, slots=True)
class _Way:
    """A session as Authlib wants one, over our own way out."""

    ask: Ask

    def post(
        self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: ClientAuth
    ) -> _Said:
        sent, body = dict(headers), urlencode(data)
        url, sent, body = auth.prepare("POST", url, sent, body)
        try:
            answer = self.ask("POST", url, headers=sent, content=body.encode("ascii"))
        except NoAnswer as error:
            raise ProviderSilent("The provider does not answer; try again in a moment.") from error
        return _Said(answer.status, _spoken(answer))


def _spoken(answer: Answer) -> Object:
    """What a token endpoint said; its errors come with the status 400 or 401 (RFC 6749 §5.2)."""
    if answer.status in {400, 401}:
        answer = Answer(200, answer.content_type, answer.body)
    return read_object(answer)


def _client(
    provider: OidcProvider, metadata: Metadata, *, ask: Ask, public_url: str
) -> OAuth2Client:
    secret = provider.client_secret.get_secret_value() if provider.client_secret else None
    made = OAuth2Client(
        session=_Way(ask),
        client_id=provider.client_id,
        client_secret=secret,
        token_endpoint_auth_method=metadata.token_auth if secret else "none",
        scope=" ".join(provider.scopes),
        redirect_uri=public_url + callback_path(provider.id),
        code_challenge_method="S256",
    )
    made.register_client_auth_method(("client_secret_basic", _basic))
    return made


def _basic(
    client: ClientAuth, _method: str, url: str, headers: dict[str, str], body: str
) -> tuple[str, dict[str, str], str]:
    """RFC 6749 §2.3.1 wants both encoded as in a form first, which Authlib does not do."""
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
    headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    return url, headers, body


def way_there(
    providers: Providers,
    provider: OidcProvider,
    attempt: Attempt,
    *,
    state: str,
    public_url: str,
    again: bool = False,
    at: datetime,
) -> str:
    """The address to send a browser to (Core §3.1.2.1).

    ``again`` has the provider ask who it is even if it knows: it is the person before the screen
    that must show to be the one, not the browser.

    Raises ``ProviderSilent`` or ``ProviderWrong``.
    """
    metadata = providers.metadata(provider, at=at)
    made = _client(provider, metadata, ask=providers.ask, public_url=public_url)
    url, _state = made.create_authorization_url(
        metadata.authorization_endpoint,
        state=state,
        code_verifier=attempt.verifier,
        nonce=attempt.nonce,
        # It means the same as `prompt=login`, which some providers answer with an error.
        max_age="0" if again else None,
    )
    return str(url)


def way_out(metadata: Metadata, provider: OidcProvider, *, then: str) -> str | None:
    """Where to end the sign-in at the provider too (RP-Initiated Logout 1.0 §2), if it can.

    Names the client instead of an ID token, which is not kept; the provider may ask the person.
    """
    if metadata.end_session_endpoint is None:
        return None
    query = urlencode({"client_id": provider.client_id, "post_logout_redirect_uri": then})
    joint = "&" if "?" in metadata.end_session_endpoint else "?"
    return f"{metadata.end_session_endpoint}{joint}{query}"


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a code was good for."""

    claims: Object
    """Those of the ID token, which is verified."""
    access_token: str | None

    @property
    def issuer(self) -> str:
        return str(self.claims["iss"])

    @property
    def subject(self) -> str:
        return str(self.claims["sub"])

    @property
    def sid(self) -> str | None:
        """The provider's own id of the sign-in, by which it can end it."""
        sid = self.claims.get("sid")
        return sid if isinstance(sid, str) else None


def redeem(
    providers: Providers,
    provider: OidcProvider,
    attempt: Attempt,
    *,
    code: str,
    public_url: str,
    at: datetime,
) -> Redeemed:
    """Turn a code into who came back with it (Core §3.1.3).

    Raises ``ProviderSilent``, ``ProviderWrong`` or ``TokenRefused``.
    """
    metadata = providers.metadata(provider, at=at)
    made = _client(provider, metadata, ask=providers.ask, public_url=public_url)
    try:
        answer: Mapping[str, Any] = made.fetch_token(
            metadata.token_endpoint,
            grant_type="authorization_code",
            code=code,
            code_verifier=attempt.verifier,
        )
    except AuthlibBaseError as error:
        raise ProviderWrong("The provider does not take the code that it gave.") from error
    id_token, access_token = answer.get("id_token"), answer.get("access_token")
    if not isinstance(id_token, str):
        raise ProviderWrong("The provider does not say who signed in.")
    access_token = access_token if isinstance(access_token, str) else None
    claims = tokens.read_id_token(
        id_token,
        issuer=provider.issuer,
        client_id=provider.client_id,
        nonce=attempt.nonce,
        access_token=access_token,
        algorithms=metadata.algorithms,
        find_keys=lambda known: providers.keys(provider, known=known, at=at),
        at=at,
    )
    return Redeemed(claims, access_token)


def introduce(
    providers: Providers, provider: OidcProvider, redeemed: Redeemed, *, at: datetime
) -> Said:
    """What is known of who came back: the ID token's words, and the userinfo endpoint's if needed.

    Raises ``ProviderSilent`` or ``ProviderWrong``.
    """
    claims: Mapping[str, Any] = redeemed.claims
    endpoint = providers.metadata(provider, at=at).userinfo_endpoint
    wanted = {"name": "profile", "email": "email"}
    missing = any(wanted[claim] in provider.scopes and claim not in claims for claim in wanted)
    if endpoint and missing and redeemed.access_token:
        claims = _userinfo(providers.ask, endpoint, redeemed) | redeemed.claims
    return Said(
        issuer=redeemed.issuer,
        subject=redeemed.subject,
        shown=rules.shown(claims),
        name=rules.name(claims),
        email=rules.email(claims),
        language=rules.language(claims),
    )


def _userinfo(ask: Ask, endpoint: str, redeemed: Redeemed) -> Object:
    """Core §5.3; an answer about somebody else is no answer (§5.3.2)."""
    headers = {"Accept": "application/json", "Authorization": f"Bearer {redeemed.access_token}"}
    try:
        found = read_object(ask("GET", endpoint, headers=headers))
    except NoAnswer as error:
        raise ProviderSilent("The provider does not answer; try again in a moment.") from error
    if found.get("sub") != redeemed.subject:
        raise ProviderWrong("The provider tells of somebody else than who signed in.")
    return found
