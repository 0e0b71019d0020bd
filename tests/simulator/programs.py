"""Programs that ask for tokens, and what answers them where there is no whole node."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from fastapi.testclient import TestClient
from httpx import Response
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from app.identity.model import AuthMethod, Client
from app.identity.oauth import assertions
from app.identity.oauth.client_keys import ClientKeys
from app.identity.oauth.proving import Prover, Rates
from app.identity.oauth.server import Desk
from app.identity.oauth.token_keys import TokenKey
from app.identity.oauth.tokens import AccessTokens
from app.platform.db import Database
from app.platform.limits import RateLimits
from app.platform.problems import Unavailable
from tests.conftest import NOW

OFTEN = Rates(client="10000/second", address="10000/second")


class MemoryKeys:
    """One key for access tokens that lasts as long as the test."""

    def __init__(self) -> None:
        self.key = TokenKey(ECKey.generate_key("P-256"), NOW)

    def good(self, *, at: datetime) -> Sequence[TokenKey]:
        return [self.key]


def no_network(url: str) -> bytes:
    raise Unavailable(f"{url}: nothing is fetched here")


def make_desk(
    database: Database,
    tokens: AccessTokens,
    *,
    fetch: Callable[[str], bytes] = no_network,
    rates: Rates = OFTEN,
) -> Desk:
    """Where programs ask for tokens; it counts their questions, but allows many."""
    prover = Prover(database, ClientKeys(fetch), RateLimits(), rates, issuer=tokens.issuer)
    return Desk(database, tokens, prover)


def public_set(*keys: ECKey | OKPKey | RSAKey, **more: Any) -> dict[str, Any]:
    """The JWK set of these keys."""
    return {"keys": [{**key.as_dict(private=False), **more} for key in keys]}


def assertion(
    key: Any, client_id: str, *, aud: Any, at: datetime, alg: str = "ES256", **changes: Any
) -> dict[str, str]:
    """The form parameters by which a program proves itself; a claim that is ``None`` is left out.

    ``header`` among ``changes`` are members to add to the token's header.
    """
    header = {"alg": alg, **changes.pop("header", {})}
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": aud,
        "iat": int(at.timestamp()),
        "exp": int((at + timedelta(minutes=5)).timestamp()),
        "jti": secrets.token_urlsafe(12),
        **changes,
    }
    said = {name: value for name, value in claims.items() if value is not None}
    return {
        "client_assertion_type": assertions.TYPE,
        "client_assertion": jwt.encode(header, said, key, algorithms=[alg]),
    }


@dataclass
class Program:
    """A program that acts for people: it sends them to decide, and redeems what comes back."""

    http: TestClient
    """The program's own way to the node, without anybody's cookie."""
    client: Client
    secret: str | None = None
    redirect_uri: str = ""
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def __post_init__(self) -> None:
        self.redirect_uri = self.redirect_uri or self.client.redirect_uris[0]

    def query(self, **changes: Any) -> dict[str, str]:
        """The parameters of the address it sends people to; ``None`` leaves one out."""
        usual = {
            "response_type": "code",
            "client_id": self.client.id,
            "redirect_uri": self.redirect_uri,
            "scope": " ".join(sorted(self.client.scopes)),
            "state": "of the program",
            "code_challenge": create_s256_code_challenge(self.verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in usual.items() if value is not None}

    def ask(self, browser: TestClient, **changes: Any) -> Response:
        """What somebody's browser is shown, or where it is sent, coming from the program."""
        headers = {"Sec-Fetch-Site": "cross-site"} | changes.pop("headers", {})
        query = self.query(**changes)
        return browser.get("/oauth/authorize", params=query, headers=headers)

    def allow(
        self, browser: TestClient, *, organisation: str = "", decision: str = "allow",
        **changes: Any,
    ) -> Response:  # fmt: skip
        """What follows when somebody decides."""
        return browser.post(
            "/oauth/authorize",
            params=self.query(**changes),
            data={"organisation": organisation, "decision": decision},
        )

    def code(self, browser: TestClient, **how: Any) -> str:
        """The code that somebody's decision gave."""
        answer = self.allow(browser, **how)
        assert answer.status_code == 303, answer.text
        return came_back(answer)["code"]

    def post(self, path: str, **form: Any) -> Response:
        """A question to the node, with the program's proof."""
        if self.client.method is AuthMethod.NONE:
            return self.http.post(path, data={"client_id": self.client.id, **form})
        return self.http.post(path, data=form, auth=(self.client.id, str(self.secret)))

    def redeem(self, code: str, **changes: Any) -> Response:
        """What the program gets for a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
            **changes,
        }
        return self.post("/oauth/token", **{k: v for k, v in form.items() if v is not None})

    def refresh(self, token: str, **more: Any) -> Response:
        """What the program gets for a refresh token."""
        return self.post("/oauth/token", grant_type="refresh_token", refresh_token=token, **more)

    def tokens(self, browser: TestClient, **how: Any) -> dict[str, Any]:
        """All the way from the person to the tokens."""
        answer = self.redeem(self.code(browser, **how))
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made


def came_back(answer: Response) -> dict[str, str]:
    """What an answer that leads away says in its address."""
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))
