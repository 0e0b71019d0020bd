"""What providers say of themselves: kept for a while, believed within limits."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import KeySet, RSAKey

from app.identity.oidc import rules
from app.identity.oidc.providers import Providers, ProviderSilent, read_keys
from app.identity.oidc.rules import ProviderWrong
from app.platform.fetch import Answer, NoAnswer
from app.platform.problems import DomainError, NotFound
from tests.simulator.oidc import JSON_TYPE, SimulatedProvider

DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def provider(now: datetime) -> SimulatedProvider:
    return SimulatedProvider(lambda: now)


def look(provider: SimulatedProvider, at: datetime) -> Any:
    settings = provider.settings()
    return Providers([settings], provider).metadata(settings, at=at)


def test_a_description_is_read_and_kept_for_an_hour(
    provider: SimulatedProvider, now: datetime
) -> None:
    settings = provider.settings()
    providers = Providers([settings], provider)
    for minutes in (0, 30, 59):
        found = providers.metadata(settings, at=now + timedelta(minutes=minutes))
    assert found.algorithms == {"RS256", "ES256"}
    assert found.names_itself
    assert provider.asked == [DISCOVERY]
    providers.metadata(settings, at=now + timedelta(minutes=61))
    assert provider.asked == [DISCOVERY] * 2


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example"},
        {"issuer": "https://id.example/"},
        {"authorization_endpoint": "http://id.example/auth"},
        {"token_endpoint": "http://127.0.0.1/token"},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": None},
        {"userinfo_endpoint": "https://user:word@id.example/me"},
        {"end_session_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://id.example/a b"},
        {"authorization_endpoint": "https://[::1/auth"},
        {"authorization_endpoint": "https://id.example:99999999/auth"},
        {"authorization_endpoint": "https:///auth"},
        {"authorization_endpoint": "https://id.example/auth\r\nSet-Cookie: a=b"},
        {"authorization_endpoint": ["https://id.example/auth"]},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
        {"id_token_signing_alg_values_supported": "RS256"},
        {"token_endpoint_auth_methods_supported": ["tls_client_auth"]},
        {"code_challenge_methods_supported": ["plain"]},
    ],
    ids=str,
)
def test_a_description_that_is_not_safe_is_refused(
    provider: SimulatedProvider, now: datetime, document: dict[str, Any]
) -> None:
    provider.document = document
    with pytest.raises(ProviderWrong):
        look(provider, now)


@pytest.mark.parametrize(
    "answer",
    [
        NoAnswer("no whole answer within 5 s"),
        NoAnswer("the answer is over 262144 bytes"),
        Answer(302, JSON_TYPE, b""),
        Answer(500, JSON_TYPE, b"{}"),
        Answer(200, "text/html", b"<html>"),
        Answer(200, JSON_TYPE, b"[]"),
        Answer(200, JSON_TYPE, b"[" * 100_000),
        Answer(200, JSON_TYPE, b"\xff\xfe"),
        Answer(200, JSON_TYPE, b"{" + b" " * 300_000 + b"}"),
    ],
    ids=["slow", "huge", "redirect", "broken", "page", "list", "deep", "bytes", "spaces"],
)
def test_a_provider_that_gives_no_use_is_not_asked_again_at_once(
    provider: SimulatedProvider, now: datetime, answer: Answer | Exception
) -> None:
    settings = provider.settings()
    providers = Providers([settings], provider)
    provider.answers[DISCOVERY] = answer
    for seconds in (0, 9):
        with pytest.raises(ProviderSilent):
            providers.metadata(settings, at=now + timedelta(seconds=seconds))
    assert len(provider.asked) == 1
    del provider.answers[DISCOVERY]
    assert providers.metadata(settings, at=now + timedelta(seconds=10))


def test_keys_are_fetched_again_for_one_that_is_not_known_but_not_at_will(
    provider: SimulatedProvider, now: datetime
) -> None:
    settings = provider.settings()
    providers = Providers([settings], provider)

    def knows(kid: str) -> Callable[[KeySet], bool]:
        return lambda keys: any(key.kid == kid for key in keys)

    def kids(kid: str, seconds: int) -> list[str | None]:
        at = now + timedelta(seconds=seconds)
        return [key.kid for key in providers.keys(settings, known=knows(kid), at=at)]

    assert kids("first", 0) == ["first"]
    provider.turn_keys("second")
    assert kids("first", 20) == ["first"]
    assert kids("second", 20) == ["second"]
    asked = len(provider.asked)
    for seconds in range(21, 30):
        assert kids("a name that a stranger thought of", seconds) == ["second"]
    assert len(provider.asked) == asked


def test_keys_that_cannot_verify_here_are_passed_over() -> None:
    weak = RSAKey.import_key(
        {"kty": "RSA", "e": "AQAB", "n": RSAKey.generate_key(2048).as_dict()["n"]}
    ).as_dict()
    good = weak | {"kid": "good"}
    keys = read_keys(
        {
            "keys": [
                good,
                weak | {"n": str(weak["n"])[:170], "kid": "short"},
                weak | {"n": "A" * 4000, "kid": "long"},
                {"kty": "oct", "k": "AAAA", "kid": "secret"},
                {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "no point"},
                {"kty": "EC", "crv": 5},
                {"kty": ["RSA"]},
                "RSA",
                None,
            ]
        }
    )
    assert [key.kid for key in keys] == ["good"]


@pytest.mark.parametrize("document", [{}, {"keys": {}}, {"keys": "RSA"}], ids=str)
def test_what_is_no_key_set_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ProviderWrong):
        read_keys(document)


def test_a_provider_on_this_machine_may_speak_http(now: datetime) -> None:
    provider = SimulatedProvider(lambda: now, issuer="http://127.0.0.1:9000")
    assert look(provider, now).token_endpoint == "http://127.0.0.1:9000/token"
    provider.document = {"token_endpoint": "http://192.0.2.1/token"}
    with pytest.raises(ProviderWrong):
        look(provider, now)


def test_a_provider_that_is_not_set_up_is_not_there(provider: SimulatedProvider) -> None:
    with pytest.raises(NotFound):
        Providers([provider.settings()], provider).get("another")


@pytest.mark.parametrize(
    ("given", "named", "refused"),
    [
        ("https://id.example", True, False),
        ("https://id.example", False, False),
        (None, False, False),
        (None, True, True),
        ("https://evil.example", True, True),
        ("https://evil.example", False, True),
        ("", True, True),
    ],
)
def test_an_answer_is_of_who_was_asked(given: str | None, *, named: bool, refused: bool) -> None:
    try:
        rules.check_issuer(given, issuer="https://id.example", names_itself=named)
    except DomainError:
        assert refused
    else:
        assert not refused


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"email": "Ada@Example.org", "email_verified": True}, "ada@example.org"),
        ({"email": "ada@example.org", "email_verified": False}, None),
        ({"email": "ada@example.org", "email_verified": "true"}, None),
        ({"email": "ada@example.org", "email_verified": 1}, None),
        ({"email": "ada@example.org"}, None),
        ({"email": "no address", "email_verified": True}, None),
        ({"email": ["ada@example.org"], "email_verified": True}, None),
        ({"email_verified": True}, None),
    ],
    ids=str,
)
def test_only_an_address_that_the_provider_verified_counts(
    claims: dict[str, Any], email: str | None
) -> None:
    assert rules.email(claims) == email


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Ada  Lovelace\u202e\n"}, "Ada Lovelace"),
        ({"given_name": "Ada", "family_name": "Lovelace"}, "Ada Lovelace"),
        ({"name": "", "given_name": "Ada", "family_name": 5}, "Ada"),
        ({"name": "a" * 5000}, "a" * 200),
        ({"name": ["Ada"]}, ""),
        ({}, ""),
    ],
    ids=["hidden", "parts", "a part", "long", "list", "none"],
)
def test_a_name_is_kept_as_names_are(claims: dict[str, Any], name: str) -> None:
    assert rules.name(claims) == name


@pytest.mark.parametrize(
    ("given", "kept"),
    [("en", "en"), ("pt_BR", "pt-BR"), ("zh-Hant-TW", "zh-Hant-TW"), ("x'--", None), (5, None)],
)
def test_a_language_is_kept_as_a_tag(given: Any, kept: str | None) -> None:
    assert rules.language({"locale": given}) == kept
