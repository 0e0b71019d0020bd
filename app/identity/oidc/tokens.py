"""The tokens that providers sign: who somebody is, and that a sign-in has ended.

Checked in this order, and refused at the first thing that is wrong (OpenID Connect Core 1.0
§3.1.3.7, Back-Channel Logout 1.0 §2.6):

1. the token is a compact JWS of a sane size, whose header asks for nothing that is not understood,
2. its algorithm is one that the provider advertises and that is safe here, never ``none`` and never
   one with a secret,
3. its key is one that the provider publishes now, for that algorithm,
4. the signature holds,
5. the claims have the types they must have,
6. they say what was asked for: issuer, audience, times, and nonce or event.

The time is always an argument.
"""

import warnings
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, KeySet, RSAKey
from joserfc.jwt import JWTClaimsRegistry
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.identity.oidc.model import Ended
from app.platform.problems import DomainError
from app.proof import jose
from app.proof.errors import ProofError
from app.proof.parse import Object, load_object

LEEWAY_SECONDS = 60
"""How far two clocks may be apart."""

LOGOUT_LASTS = timedelta(minutes=10)
"""How old a logout token may be at most, whatever it says of itself."""

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

FindKey = Callable[[Callable[[KeySet], bool]], KeySet]
"""From "are these keys enough?" to the provider's keys (``Providers.keys``)."""

_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}

Name = Annotated[str, Field(min_length=1, max_length=255)]


class TokenRefused(DomainError):
    """A token is not the provider's, not for us, or not of now. Nothing in it was believed."""

    code = "token-refused"
    status = 400


class _Claims(BaseModel):
    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    iss: str
    aud: str | Annotated[list[str], Field(min_length=1, max_length=20)]
    iat: int | float
    exp: int | float
    sid: Name | None = None


class _IdToken(_Claims):
    sub: Name
    nonce: str
    azp: str | None = None
    at_hash: str | None = None
    auth_time: int | float | None = None


class _LogoutToken(_Claims):
    jti: Annotated[str, Field(min_length=1, max_length=1000)]
    sub: Name | None = None
    events: dict[str, Any]


def read_id_token(
    token: str,
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str | None,
    algorithms: frozenset[str],
    find_keys: FindKey,
    at: datetime,
) -> Object:
    """The claims of a good ID token. Raises ``TokenRefused`` for any other."""
    header, claims = _verified(token, algorithms=algorithms, find_keys=find_keys)
    try:
        _IdToken.model_validate(claims)
        CodeIDToken(
            # Not used here, and ORCID writes it as a text instead of a list.
            {name: value for name, value in claims.items() if name != "amr"},
            header,
            {
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": client_id},
                "nonce": {"essential": True, "value": nonce},
            },
            {"nonce": nonce, "client_id": client_id, "access_token": access_token},
        ).validate(now=int(at.timestamp()), leeway=LEEWAY_SECONDS)
    except (ValidationError, JoseError) as error:
        raise _refused(error) from error
    return claims


def read_logout_token(
    token: str,
    *,
    issuer: str,
    client_id: str,
    algorithms: frozenset[str],
    find_keys: FindKey,
    at: datetime,
) -> Ended:
    """What a good logout token says has ended. Raises ``TokenRefused`` for any other token."""
    header, claims = _verified(token, algorithms=algorithms, find_keys=find_keys)
    if str(header.get("typ", "logout+jwt")).lower() not in {"logout+jwt", "jwt"}:
        raise TokenRefused("This is a token of another kind.")
    try:
        said = _LogoutToken.model_validate(claims)
        JWTClaimsRegistry(
            now=int(at.timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": client_id},
        ).validate(claims)
    except (ValidationError, JoseError) as error:
        raise _refused(error) from error
    if "nonce" in claims or not isinstance(said.events.get(LOGOUT_EVENT), dict):
        raise TokenRefused("This is a token of another kind.")  # such as an ID token
    if said.sub is None and said.sid is None:
        raise TokenRefused("The token does not say whose sign-in has ended.")
    if at.timestamp() - said.iat > LOGOUT_LASTS.total_seconds() + LEEWAY_SECONDS:
        raise TokenRefused("The token is too old.")
    return Ended(said.iss, said.sub, said.sid, said.jti)


def _verified(
    token: str, *, algorithms: frozenset[str], find_keys: FindKey
) -> tuple[Object, Object]:
    """Steps 1 to 4: header and claims of a token that the provider signed."""
    try:
        header = jose.split(token).header  # 1
        alg, kid = header.get("alg"), header.get("kid")
        if not isinstance(alg, str) or alg not in algorithms:  # 2
            raise TokenRefused("The token is signed in a way that its provider does not name.")
        keys = find_keys(lambda keys: _pick(keys, kid, alg) is not None)  # 3
        key = _pick(keys, kid, alg)
        if key is None:
            raise TokenRefused("The token names no key that its provider publishes.")
        with warnings.catch_warnings():
            warnings.simplefilter("error", SecurityWarning)
            registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
            signed = jws.deserialize_compact(token, key, registry=registry)  # 4
        return header, load_object(signed.payload)
    except (ProofError, JoseError, ValueError, SecurityWarning) as error:
        raise _refused(error) from error


def _pick(keys: KeySet, kid: object, alg: str) -> RSAKey | ECKey | None:
    """The key that a header means; without a ``kid`` it must be the only one (Core §10.1)."""
    fitting = [key for key in keys if isinstance(key, RSAKey | ECKey) and _fits(key, alg)]
    if kid is None:
        return fitting[0] if len(fitting) == 1 else None
    return next((key for key in fitting if key.kid == kid), None)


def _fits(key: RSAKey | ECKey, alg: str) -> bool:
    said = key.as_dict(private=False)
    if said.get("alg", alg) != alg:
        return False
    if isinstance(key, ECKey):
        return said.get("crv") == _CURVES.get(alg)
    return alg not in _CURVES


def _refused(error: Exception) -> TokenRefused:
    """Never says what was in the token: the reason is the kind of error and no more."""
    return TokenRefused(f"The token cannot be trusted ({type(error).__name__}).")
