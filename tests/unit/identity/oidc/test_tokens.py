"""ID tokens and logout tokens: the good ones are read, the others are refused."""

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey

from app.identity.oidc.model import Ended
from app.identity.oidc.providers import Providers
from app.identity.oidc.tokens import TokenRefused, read_id_token, read_logout_token
from tests.simulator.oidc import CLIENT_ID, SimulatedProvider, signed, unsigned


@pytest.fixture
def provider(now: datetime) -> SimulatedProvider:
    return SimulatedProvider(lambda: now)


class Reader:
    """What a node does with a provider's tokens."""

    def __init__(self, provider: SimulatedProvider, at: datetime) -> None:
        self.provider, self.at = provider, at
        self.providers = Providers([provider.settings()], provider)

    def __call__(self, token: str, **changes: Any) -> dict[str, Any]:
        return read_id_token(
            token, **(self._expected() | {"nonce": "n", "access_token": "a"} | changes)
        )

    def logout(self, token: str) -> Ended:
        return read_logout_token(token, **self._expected())

    def _expected(self) -> dict[str, Any]:
        settings = self.provider.settings()
        return {
            "issuer": self.provider.issuer,
            "client_id": CLIENT_ID,
            "algorithms": self.providers.metadata(settings, at=self.at).algorithms,
            "find_keys": lambda known: self.providers.keys(settings, known=known, at=self.at),
            "at": self.at,
        }


@pytest.fixture
def read(provider: SimulatedProvider, now: datetime) -> Reader:
    return Reader(provider, now)


def good(provider: SimulatedProvider) -> str:
    return provider.id_token(nonce="n", access_token="a")


def test_a_good_id_token_is_read(provider: SimulatedProvider, read: Reader) -> None:
    assert read(good(provider))["sub"] == "248289761001"


def test_a_good_id_token_with_rsa_is_read(provider: SimulatedProvider, read: Reader) -> None:
    provider.sign_with_rsa()
    assert read(good(provider))["sub"] == "248289761001"


def test_a_clock_that_is_a_little_wrong_does_no_harm(
    provider: SimulatedProvider, read: Reader, now: datetime
) -> None:
    provider.now = lambda: now + timedelta(seconds=50)
    assert read(good(provider))
    provider.now = lambda: now - timedelta(seconds=340)
    assert read(good(provider))


LIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another nonce": lambda c: c.update(nonce="m"),
    "no nonce": lambda c: c.pop("nonce"),
    "another audience": lambda c: c.update(aud="somebody-else"),
    "no audience": lambda c: c.pop("aud"),
    "an empty audience": lambda c: c.update(aud=[]),
    "an audience that is a number": lambda c: c.update(aud=7),
    "several audiences and no party": lambda c: c.update(aud=[CLIENT_ID, "another"]),
    "several audiences and another party": lambda c: c.update(
        aud=[CLIENT_ID, "another"], azp="another"
    ),
    "another party": lambda c: c.update(azp="another"),
    "another issuer": lambda c: c.update(iss="https://evil.example"),
    "the issuer with a slash": lambda c: c.update(iss=c["iss"] + "/"),
    "no issuer": lambda c: c.pop("iss"),
    "no subject": lambda c: c.pop("sub"),
    "an empty subject": lambda c: c.update(sub=""),
    "a subject that is a list": lambda c: c.update(sub=["248289761001"]),
    "a subject that is too long": lambda c: c.update(sub="s" * 256),
    "expired": lambda c: c.update(exp=c["iat"] - 61),
    "no expiry": lambda c: c.pop("exp"),
    "an expiry that is text": lambda c: c.update(exp="9999999999"),
    "an expiry that is true": lambda c: c.update(exp=True),
    "issued in the future": lambda c: c.update(iat=c["iat"] + 120, exp=c["exp"] + 120),
    "not issued": lambda c: c.pop("iat"),
    "not yet valid": lambda c: c.update(nbf=c["iat"] + 120),
    "the hash of another access token": lambda c: c.update(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "a hash that is a number": lambda c: c.update(at_hash=5),
    "a sid that is a list": lambda c: c.update(sid=["s"]),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_an_id_token_that_says_something_wrong_is_refused(
    provider: SimulatedProvider, read: Reader, lie: Callable[[dict[str, Any]], Any]
) -> None:
    provider.lie = lie
    with pytest.raises(TokenRefused):
        read(good(provider))


def test_several_audiences_are_fine_where_the_token_is_given_to_us(
    provider: SimulatedProvider, read: Reader
) -> None:
    provider.lie = lambda c: c.update(aud=[CLIENT_ID, "another"], azp=CLIENT_ID)
    assert read(good(provider))


def test_a_token_as_orcid_writes_it_is_read(provider: SimulatedProvider, read: Reader) -> None:
    provider.sign_with_rsa()
    provider.lie = lambda c: c.update(
        amr="pwd", auth_time=c["iat"], given_name="Sofia", family_name="Garcia", jti="abc"
    )
    assert read(good(provider))["given_name"] == "Sofia"


def test_a_token_without_signature_is_refused(provider: SimulatedProvider, read: Reader) -> None:
    provider.forge = unsigned
    with pytest.raises(TokenRefused):
        read(good(provider))
    with pytest.raises(TokenRefused, match="in a way that its provider does not name"):
        read(good(provider) + "AAAA")


def test_a_public_key_is_no_secret_to_sign_with(provider: SimulatedProvider, read: Reader) -> None:
    key = provider.sign_with_rsa()
    for form in (key.as_pem(private=False), json.dumps(provider.published[0]).encode()):
        secret = OctKey.import_key(form if b"BEGIN" not in form else base64.b64encode(form))
        provider.forge = lambda c, k=secret: signed(c, k, {"alg": "HS256", "kid": "rsa"})
        with pytest.raises(TokenRefused, match="in a way that its provider does not name"):
            read(good(provider))


def test_a_published_secret_is_no_key(provider: SimulatedProvider, read: Reader) -> None:
    secret = OctKey.generate_key(256)
    provider.published.append(secret.as_dict(private=True) | {"kid": "secret"})
    provider.forge = lambda c: signed(c, secret, {"alg": "HS256", "kid": "secret"})
    with pytest.raises(TokenRefused):
        read(good(provider))


def test_a_key_that_the_token_brings_along_is_not_used(
    provider: SimulatedProvider, read: Reader
) -> None:
    mine = ECKey.generate_key("P-256")
    header = {"alg": "ES256", "kid": "mine", "jwk": mine.as_dict(private=False)}
    provider.forge = lambda c: signed(c, mine, header)
    with pytest.raises(TokenRefused, match="names no key"):
        read(good(provider))


def test_a_signature_by_another_key_under_the_same_name_is_refused(
    provider: SimulatedProvider, read: Reader
) -> None:
    other = ECKey.generate_key("P-256")
    provider.forge = lambda c: signed(c, other, provider.header)
    with pytest.raises(TokenRefused):
        read(good(provider))


def test_a_key_for_encryption_verifies_nothing(provider: SimulatedProvider, read: Reader) -> None:
    provider.published[0]["use"] = "enc"
    with pytest.raises(TokenRefused, match="names no key"):
        read(good(provider))


def test_a_changed_token_is_refused(provider: SimulatedProvider, read: Reader) -> None:
    header, payload, signature = good(provider).split(".")
    other = base64.urlsafe_b64encode(b'{"sub":"another"}').rstrip(b"=").decode()
    for parts in ((header, other, signature), (header, payload, "AAAA"), (header, payload)):
        with pytest.raises(TokenRefused):
            read(".".join(parts))


@pytest.mark.parametrize(
    "token",
    ["", "a", "a.b.c", "....", "." * 200_000, "eyJhbGciOiJFUzI1NiJ9." + "A" * 300_000 + ".AA"],
    ids=["empty", "a word", "three letters", "dots", "many dots", "long"],
)
def test_what_is_no_token_is_refused(read: Reader, token: str) -> None:
    with pytest.raises(TokenRefused):
        read(token)


def test_a_token_that_nests_deeply_is_refused(provider: SimulatedProvider, read: Reader) -> None:
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    provider.lie = lambda c: c.update(deep=deep)
    with pytest.raises(TokenRefused):
        read(good(provider))


def test_without_a_kid_there_must_be_one_key(provider: SimulatedProvider, read: Reader) -> None:
    del provider.header["kid"]
    assert read(good(provider))
    second = ECKey.generate_key("P-256").as_dict(private=False) | {"kid": "second"}
    provider.published.append(second)
    read.providers = Providers([provider.settings()], provider)
    with pytest.raises(TokenRefused, match="names no key"):
        read(good(provider))


def test_a_refusal_never_says_what_was_in_the_token(
    provider: SimulatedProvider, read: Reader
) -> None:
    provider.lie = lambda c: c.update(aud="private thing", sub=["private thing"])
    with pytest.raises(TokenRefused) as refused:
        read(good(provider))
    assert "private thing" not in str(refused.value)


# Logout tokens


def test_a_logout_token_says_whose_sign_in_ended(provider: SimulatedProvider, read: Reader) -> None:
    ended = read.logout(provider.logout_token(sid="s"))
    assert (ended.issuer, ended.subject, ended.session) == (provider.issuer, "248289761001", "s")
    assert read.logout(provider.logout_token(sub=None, sid="s")).subject is None


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"iat": 1},
        {"exp": None},
        {"jti": None},
        {"sub": None},
        {"nonce": "n"},
        {"events": {}},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": "x"}},
        {"events": "http://schemas.openid.net/event/backchannel-logout"},
        {"events": None},
        {"sid": 5},
    ],
    ids=str,
)
def test_a_wrong_logout_token_ends_nothing(
    provider: SimulatedProvider, read: Reader, changes: dict[str, Any]
) -> None:
    with pytest.raises(TokenRefused):
        read.logout(provider.logout_token(**changes))


def test_an_id_token_ends_nothing(provider: SimulatedProvider, read: Reader) -> None:
    with pytest.raises(TokenRefused):
        read.logout(good(provider))


def test_a_logout_token_signs_nobody_in(provider: SimulatedProvider, read: Reader) -> None:
    with pytest.raises(TokenRefused):
        read(provider.logout_token())


def test_a_token_of_another_type_ends_nothing(provider: SimulatedProvider, read: Reader) -> None:
    provider.header["typ"] = "at+jwt"
    claims = json.loads(base64.urlsafe_b64decode(provider.logout_token().split(".")[1] + "=="))
    with pytest.raises(TokenRefused, match="another kind"):
        read.logout(signed(claims, provider.key, provider.header))
