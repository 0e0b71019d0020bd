"""Clients that nobody here wrote, against a node: Authlib's, requests-oauthlib, openid-client.

Each finds what it needs in the metadata, gets tokens in every way that is its own, and uses them.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc.jwk import ECKey
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

from app.identity.clients import service as clients
from app.identity.clients.rules import NewClient
from app.identity.clients.service import Made
from app.identity.model import AuthMethod, ClientKind, Role
from tests.conftest import skip_or_fail
from tests.foreign import run
from tests.servers import free_port
from tests.simulator.members import House, house
from tests.simulator.programs import public_set
from tests.simulator.site import served

pytestmark = [pytest.mark.foreign, pytest.mark.slow]
METADATA = "/.well-known/oauth-authorization-server"


@dataclass
class World:
    """A served node with one program of each kind."""

    made: House
    url: str
    key: ECKey

    def add(self, **how: Any) -> Made:
        new = NewClient(organisation_id="cse", **{"name": "foreign", **how})
        with self.made.node.database.write() as session:
            return clients.add(session, new, at=self.made.now)

    def service(self, method: AuthMethod) -> Made:
        keyed = method is AuthMethod.PRIVATE_KEY_JWT
        return self.add(
            scopes=frozenset({"records:read", "records:issue"}),
            method=method,
            jwks=public_set(self.key) if keyed else None,
        )

    def records(self, token: str) -> int:
        """Whether the token opens what it is for."""
        return httpx.get(
            f"{self.url}/api/v1/societies/cse/records",
            headers={"Authorization": f"Bearer {token}"},
        ).status_code


@pytest.fixture
def world(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # oauthlib knows no loopback exception
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with house(tmp_path, database_url, public_url=url) as made:
        made.add("cse")
        with served(made.app, port=port):
            yield World(made, url, ECKey.generate_key("P-256"))


def test_the_metadata_is_what_the_standard_wants(world: World) -> None:
    metadata = AuthorizationServerMetadata(httpx.get(world.url + METADATA).json())
    metadata.validate()
    for name, address in metadata.items():
        if name.endswith("_endpoint") and name != "authorization_endpoint":
            assert httpx.post(address).status_code in (400, 401), name
    assert httpx.get(metadata["jwks_uri"]).json()["keys"]
    assert httpx.get(metadata["authorization_endpoint"]).status_code == 401


@pytest.mark.parametrize("method", [AuthMethod.SECRET_BASIC, AuthMethod.SECRET_POST])
def test_authlibs_client_gets_uses_and_ends_a_token(world: World, method: AuthMethod) -> None:
    made = world.service(method)
    with OAuth2Client(
        made.client.id, made.secret, token_endpoint_auth_method=str(method),
        revocation_endpoint_auth_method=str(method),
    ) as session:  # fmt: skip
        token = session.fetch_token(f"{world.url}/oauth/token", grant_type="client_credentials")
        assert token["scope"] == "records:issue records:read"
        assert session.get(f"{world.url}/api/v1/societies/cse/records").status_code == 200
        text = token["access_token"]
        said = session.introspect_token(f"{world.url}/oauth/introspect", token=text).json()
        assert (said["active"], said["client_id"]) == (True, made.client.id)
        assert session.revoke_token(f"{world.url}/oauth/revoke", token=text).status_code == 200
        assert world.records(text) == 401


def test_authlibs_client_proves_itself_by_a_key(world: World) -> None:
    made = world.service(AuthMethod.PRIVATE_KEY_JWT)
    endpoint = f"{world.url}/oauth/token"
    with OAuth2Client(
        made.client.id, world.key, token_endpoint_auth_method="private_key_jwt"
    ) as session:
        # Left to itself it lets an assertion last an hour, which is too long here.
        soon = {"exp": int(world.made.now.timestamp()) + 300}
        session.register_client_auth_method(PrivateKeyJWT(endpoint, claims=soon, alg="ES256"))
        token = session.fetch_token(endpoint, grant_type="client_credentials")
        assert world.records(token["access_token"]) == 200


def test_requests_oauthlib_gets_a_token(world: World) -> None:
    made = world.service(AuthMethod.SECRET_BASIC)
    with OAuth2Session(client=BackendApplicationClient(made.client.id)) as session:
        token = session.fetch_token(
            f"{world.url}/oauth/token", auth=(made.client.id, made.secret), scope=["records:read"]
        )
        assert token["scope"] == ["records:read"]
        answer = session.get(f"{world.url}/api/v1/societies/cse/records")
        assert answer.status_code == 200


def test_openid_client_goes_every_way(world: World) -> None:
    if reason := run.install():
        skip_or_fail(reason)
    web = world.add(
        kind=ClientKind.WEB, scopes=frozenset({"catalogue:write"}),
        redirect_uris=("https://lms.example/callback",),
    )  # fmt: skip
    native = world.add(
        kind=ClientKind.NATIVE, method=AuthMethod.NONE, scopes=frozenset({"profile:read"}),
        redirect_uris=("http://127.0.0.1/callback",),
    )  # fmt: skip
    services = {method: world.service(method) for method in AuthMethod if method != "none"}
    ada = world.made.sign_in("ada@example.org", cse=Role.EDITOR)
    cookie = world.made.node.guard.cookie
    keyed = services[AuthMethod.PRIVATE_KEY_JWT].client
    given = {
        "issuer": world.url,
        "cookie": f"{cookie}={ada.cookies[cookie]}",
        "organisation": "cse",
        "clients": {
            "basic": told(services[AuthMethod.SECRET_BASIC]),
            "post": told(services[AuthMethod.SECRET_POST]),
            "keyed": {"id": keyed.id, "jwk": world.key.as_dict(private=True)},
            "web": told(web) | {"redirect_uri": web.client.redirect_uris[0]},
            "native": told(native) | {"redirect_uri": "http://127.0.0.1:49152/callback"},
        },
    }
    done = subprocess.run(
        ["node", "oauth_client.mjs", json.dumps(given)],
        cwd=run.HOME,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.strip().splitlines()[-1])
    for name in ("basic", "post", "keyed"):
        assert said[name]["scope"] == "records:read"
        assert said[name]["active"] == [True, False]
        assert said[name]["client"] == given["clients"][name]["id"]
    for name, scope in (("web", "catalogue:write"), ("native", "profile:read")):
        assert said[name]["scope"] == scope
        assert said[name]["rotated"] is True
        assert said[name]["reused"] == "invalid_grant"
        assert said[name]["stolen"] == "OAUTH_INVALID_RESPONSE"
    assert said["metadata"]["issuer"] == world.url


def told(made: Made) -> dict[str, Any]:
    return {"id": made.client.id, "secret": made.secret}
