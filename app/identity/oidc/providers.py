"""The providers that this node's settings name, and what each says of itself.

What a provider publishes is kept for an hour (Discovery §4, Core §10.1.1); a key that nobody knows
has the keys fetched again, though not more than once in ten seconds, since whoever sends us a
token can name any key. A provider that does not answer is not asked again for as long.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Generic, Protocol, TypeVar

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, RSAKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.identity.oidc import rules
from app.identity.oidc.model import Metadata
from app.identity.oidc.rules import ProviderWrong
from app.platform.fetch import Answer, NoAnswer
from app.platform.problems import NotFound, Unavailable
from app.platform.settings import OidcProvider
from app.proof.errors import ProofError
from app.proof.parse import Limits, Object, load_object

logger = structlog.get_logger(__name__)

KEPT = timedelta(hours=1)
PAUSE = timedelta(seconds=10)
_LIMITS = Limits(size=256 * 1024, depth=16)
_MOST_KEYS = 50
_RSA_BITS = range(2048, 8193)
_KINDS: Mapping[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}


class ProviderSilent(Unavailable):
    """A provider gives no answer that could be used."""

    code = "provider-silent"


class Ask(Protocol):
    """The way to a provider: ``platform.fetch.BoundedClient``, or a simulated provider."""

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b""
    ) -> Answer:
        """Ask once. Raises ``NoAnswer``."""

    def close(self) -> None:
        """Let connections go."""


Texts = Annotated[list[str], Field(max_length=200)]


class _Document(BaseModel):
    """A discovery document, as far as we read it."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    id_token_signing_alg_values_supported: Texts = ["RS256"]
    token_endpoint_auth_methods_supported: Texts = ["client_secret_basic"]
    code_challenge_methods_supported: Texts | None = None
    authorization_response_iss_parameter_supported: bool = False


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    value: T
    since: datetime


class Providers:
    """Where to look a provider up. One for the whole process; for any number of threads."""

    def __init__(self, listed: Sequence[OidcProvider], ask: Ask) -> None:
        self.listed = tuple(listed)
        self.ask = ask
        self._lock = threading.Lock()
        self._metadata: dict[str, _Kept[Metadata]] = {}
        self._keys: dict[str, _Kept[KeySet]] = {}
        self._silent: dict[str, datetime] = {}
        """Since when an address has not answered."""

    def close(self) -> None:
        """Let the connections to providers go."""
        self.ask.close()

    def get(self, provider_id: str) -> OidcProvider:
        """Raises ``NotFound``."""
        for provider in self.listed:
            if provider.id == provider_id:
                return provider
        raise NotFound("There is no such way to sign in.")

    @property
    def issuers(self) -> frozenset[str]:
        """Whose accounts open accounts here."""
        return frozenset(provider.issuer for provider in self.listed)

    def label(self, issuer: str) -> str:
        """What people call a provider; the issuer itself for one that is not set up any more."""
        return next((one.label for one in self.listed if one.issuer == issuer), issuer)

    def metadata(self, provider: OidcProvider, *, at: datetime) -> Metadata:
        """What the provider says of itself. Raises ``ProviderSilent`` or ``ProviderWrong``."""
        kept = self._metadata.get(provider.id)
        if kept is not None and timedelta(0) <= at - kept.since < KEPT:
            return kept.value
        url = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = read_metadata(self._document(url, at=at), issuer=provider.issuer)
        with self._lock:
            self._metadata[provider.id] = _Kept(found, at)
        return found

    def keys(
        self, provider: OidcProvider, *, known: Callable[[KeySet], bool], at: datetime
    ) -> KeySet:
        """The provider's keys; fetched anew when those that are kept are old or not ``known``."""
        kept = self._keys.get(provider.id)
        if kept is not None:
            age = at - kept.since
            if timedelta(0) <= age < PAUSE or (age < KEPT and known(kept.value)):
                return kept.value
        metadata = self.metadata(provider, at=at)
        found = read_keys(self._document(metadata.jwks_uri, at=at))
        with self._lock:
            self._keys[provider.id] = _Kept(found, at)
        return found

    def _document(self, url: str, *, at: datetime) -> Object:
        silent = self._silent.get(url)
        if silent is not None and timedelta(0) <= at - silent < PAUSE:
            raise ProviderSilent("The provider does not answer; try again in a moment.")
        try:
            found = read_object(self.ask("GET", url, headers={"Accept": "application/json"}))
        except (NoAnswer, ProviderSilent, ProviderWrong) as error:
            logger.warning("a sign-in provider does not answer", url=url, reason=str(error))
            with self._lock:
                self._silent[url] = at
            raise ProviderSilent("The provider does not answer; try again in a moment.") from error
        with self._lock:
            self._silent.pop(url, None)
        return found


def read_object(answer: Answer) -> Object:
    """The JSON object that a provider answered with. Raises ``ProviderWrong``."""
    if answer.status != 200:
        raise ProviderWrong(f"The provider answered with the status {answer.status}.")
    try:
        return load_object(answer.body, limits=_LIMITS)
    except ProofError as error:
        raise ProviderWrong("The provider's answer is no JSON object.") from error


def read_metadata(document: Object, *, issuer: str) -> Metadata:
    """What a discovery document says (Discovery §4.2, §4.3). Raises ``ProviderWrong``."""
    try:
        said = _Document.model_validate(document)
    except ValidationError as error:
        raise ProviderWrong("The provider's description lacks what is needed.") from error
    if said.issuer != issuer:
        raise ProviderWrong("The provider's description is of another issuer.")
    challenges = said.code_challenge_methods_supported
    if challenges is not None and "S256" not in challenges:
        raise ProviderWrong("The provider does not know PKCE with S256.")

    def maybe(url: str | None) -> str | None:
        return None if url is None else rules.endpoint(url, issuer=issuer)

    return Metadata(
        issuer=issuer,
        authorization_endpoint=rules.endpoint(said.authorization_endpoint, issuer=issuer),
        token_endpoint=rules.endpoint(said.token_endpoint, issuer=issuer),
        jwks_uri=rules.endpoint(said.jwks_uri, issuer=issuer),
        userinfo_endpoint=maybe(said.userinfo_endpoint),
        end_session_endpoint=maybe(said.end_session_endpoint),
        algorithms=rules.algorithms(said.id_token_signing_alg_values_supported),
        token_auth=rules.token_auth(said.token_endpoint_auth_methods_supported),
        names_itself=said.authorization_response_iss_parameter_supported,
    )


def read_keys(document: Object) -> KeySet:
    """The public keys of a JWK Set that can verify here; others are passed over (RFC 7517 §5)."""
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise ProviderWrong("The provider's keys are no JWK Set.")
    found: list[Key] = [key for each in listed[:_MOST_KEYS] if (key := _key(each)) is not None]
    return KeySet(found)


def _key(given: Any) -> RSAKey | ECKey | None:
    if not isinstance(given, dict) or given.get("use", "sig") != "sig":
        return None
    kind = _KINDS.get(str(given.get("kty")))
    wanted = {"kty", "kid", "alg", "n", "e", "crv", "x", "y"}
    public = {name: value for name, value in given.items() if name in wanted}
    if kind is None or not all(isinstance(value, str) for value in public.values()):
        return None
    if kind is RSAKey and not _fitting(public.get("n", "")):
        return None
    try:
        return kind.import_key(public)
    except (JoseError, ValueError):
        return None


def _fitting(modulus: str) -> bool:
    """Neither breakable nor so large that verifying with it takes long."""
    return len(modulus) * 6 // 8 * 8 in range(_RSA_BITS.start, _RSA_BITS.stop + 8)
