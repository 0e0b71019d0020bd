"""Access tokens: what they say, and what is none of this node."""

import base64
from datetime import datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from app.identity.access import Unauthenticated
from app.identity.oauth.token_keys import LIFETIME
from app.identity.oauth.tokens import AccessTokens
from tests.simulator.programs import MemoryKeys

NODE = "https://cpd.example.org"


def issue(tokens: AccessTokens, scope: str, at: datetime) -> str:
    return tokens.issue("client-1", organisation_id="cse", scope=scope, at=at)


@pytest.fixture
def tokens() -> AccessTokens:
    return AccessTokens(MemoryKeys(), NODE)


def test_a_token_says_who_and_what(tokens: AccessTokens, now: datetime) -> None:
    read = tokens.read(issue(tokens, "records:issue records:read", now), at=now)
    assert (read.client_id, read.organisation_id) == ("client-1", "cse")
    assert read.scopes == {"records:issue", "records:read"}
    assert (read.person_id, read.authorization_id, read.subject) == ("", "", "client-1")
    assert read.ends_at == now + LIFETIME


def test_a_token_for_a_person_says_who_that_is(tokens: AccessTokens, now: datetime) -> None:
    token = tokens.issue(
        "client-1", organisation_id="", scope="profile:read", at=now,
        person_id="person-1", authorization_id="authorization-1",
    )  # fmt: skip
    read = tokens.read(token, at=now)
    assert (read.subject, read.person_id, read.client_id) == ("person-1", "person-1", "client-1")
    assert read.authorization_id == "authorization-1"


def test_a_token_has_the_form_of_the_standard(tokens: AccessTokens, now: datetime) -> None:
    # RFC 9068 §2.1 and §2.2
    token = jwt.decode(issue(tokens, "records:read", now), tokens.keys.good(at=now)[0].key)
    assert token.header["typ"] == "at+jwt"
    assert {"iss", "aud", "sub", "client_id", "scope", "iat", "exp", "jti", "org"} == set(
        token.claims
    )


def test_a_token_ends(tokens: AccessTokens, now: datetime) -> None:
    token = issue(tokens, "records:issue", now)
    tokens.read(token, at=now + LIFETIME)
    with pytest.raises(Unauthenticated):
        tokens.read(token, at=now + LIFETIME + timedelta(minutes=1))


def test_a_token_of_another_node_or_key_is_refused(tokens: AccessTokens, now: datetime) -> None:
    for other in (
        AccessTokens(tokens.keys, "https://other.example.org"),
        AccessTokens(MemoryKeys(), NODE),
    ):
        with pytest.raises(Unauthenticated):
            tokens.read(issue(other, "records:issue", now), at=now)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.b", "é.é.é", "." * 400, "null", "{}"])
def test_what_is_no_token_is_refused(tokens: AccessTokens, now: datetime, token: str) -> None:
    with pytest.raises(Unauthenticated):
        tokens.read(token, at=now)


def test_other_algorithms_types_and_missing_claims_are_refused(
    tokens: AccessTokens, now: datetime
) -> None:
    good = {
        "iss": NODE, "aud": NODE, "sub": "c", "client_id": "c", "org": "cse", "jti": "1",
        "scope": "records:read", "iat": int(now.timestamp()), "exp": int(now.timestamp()) + 60,
    }  # fmt: skip
    key = tokens.keys.good(at=now)[0].key
    header = {"alg": "ES256", "typ": "at+jwt", "kid": key.thumbprint()}
    assert tokens.read(jwt.encode(header, good, key), at=now)
    forged = [jwt.encode({**header, "typ": "JWT"}, good, key)]
    forged += [jwt.encode(header, {**good, "jti": 5}, key)]
    # A program's own token cannot be taken for a person's, nor the other way round.
    forged += [jwt.encode(header, {**good, "sub": "person"}, key)]
    forged += [jwt.encode(header, {**good, "authorization": "a"}, key)]
    forged.append(
        jwt.encode(
            {**header, "alg": "HS256"},
            good,
            OctKey.import_key(key.as_pem(private=False).replace(b"-", b"_")),
        )
    )
    forged += [
        jwt.encode(header, {k: v for k, v in good.items() if k != left_out}, key)
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
