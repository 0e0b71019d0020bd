"""Access tokens and the key that signs them."""

import base64
import stat
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from app.identity.access import Unauthenticated
from app.identity.oauth.tokens import LIFETIME, AccessTokens, load_key

NODE = "https://cpd.example.org"


@pytest.fixture
def tokens() -> AccessTokens:
    return AccessTokens(ECKey.generate_key("P-256"), NODE)


def test_a_token_says_who_and_what(tokens: AccessTokens, now: datetime) -> None:
    token = tokens.issue("client-1", scope="records:issue records:read", at=now)
    assert tokens.read(token, at=now) == ("client-1", {"records:issue", "records:read"})


def test_a_token_ends(tokens: AccessTokens, now: datetime) -> None:
    token = tokens.issue("client-1", scope="records:issue", at=now)
    tokens.read(token, at=now + LIFETIME)
    with pytest.raises(Unauthenticated):
        tokens.read(token, at=now + LIFETIME + timedelta(minutes=1))


def test_a_token_of_another_node_or_key_is_refused(tokens: AccessTokens, now: datetime) -> None:
    for other in (
        AccessTokens(tokens.key, "https://other.example.org"),
        AccessTokens(ECKey.generate_key("P-256"), NODE),
    ):
        with pytest.raises(Unauthenticated):
            tokens.read(other.issue("client-1", scope="records:issue", at=now), at=now)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.b", "é.é.é", "." * 400, "null", "{}"])
def test_what_is_no_token_is_refused(tokens: AccessTokens, now: datetime, token: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.read(token, at=now)


def test_other_algorithms_types_and_missing_claims_are_refused(
    tokens: AccessTokens, now: datetime
) -> None:
    good = {
        "iss": NODE, "aud": NODE, "sub": "c", "scope": "records:read",
        "exp": int(now.timestamp()) + 60,
    }  # fmt: skip
    header = {"alg": "ES256", "typ": "at+jwt", "kid": tokens.key.thumbprint()}
    assert tokens.read(jwt.encode(header, good, tokens.key), at=now)
    forged = [jwt.encode({**header, "typ": "JWT"}, good, tokens.key)]
    forged.append(
        jwt.encode(
            {**header, "alg": "HS256"},
            good,
            OctKey.import_key(tokens.key.as_pem(private=False).replace(b"-", b"_")),
        )
    )
    forged += [
        jwt.encode(header, {k: v for k, v in good.items() if k != left_out}, tokens.key)
        for left_out in good
    ]
    for token in forged:
        with pytest.raises(Unauthenticated):
            tokens.read(token, at=now)


@pytest.mark.parametrize(
    "header",
    [b"null", b"[]", b"1", b'"x"', b"{}", b'{"alg":{}}', b'{"alg":"none"}', b"\xff", b"[" * 5000,
     b'{"alg":"ES256","crit":1}', b'{"alg":"ES256","crit":["b64"],"b64":false}',
     b'{"alg":"ES256","kid":5}', b'{"alg":"ES256","zip":"DEF"}'],
)  # fmt: skip
def test_a_hostile_header_is_refused_like_any_other_bad_token(
    tokens: AccessTokens, now: datetime, header: bytes
) -> None:
    parts = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (header, b"{}", b"x")]
    with pytest.raises(Unauthenticated):
        tokens.read(".".join(parts), at=now)


def test_the_key_is_made_once_and_is_the_nodes_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "tokens.pem"
    found: list[str] = []
    threads = [Thread(target=lambda: found.append(load_key(path).thumbprint())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokens.pem"
    load_key(path)
    path.chmod(0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        load_key(path)
