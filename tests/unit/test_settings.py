"""Settings that are structured: what is taken, and that what is refused is not repeated."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from app.platform.settings import OidcProvider, Settings

ORCID = {"id": "orcid", "label": "ORCID", "issuer": "https://orcid.org", "client_id": "APP-1"}


def settings(monkeypatch: pytest.MonkeyPatch, providers: Any) -> tuple[OidcProvider, ...]:
    monkeypatch.setenv("OPENCPD_OIDC_PROVIDERS", json.dumps(providers))
    return Settings(_env_file=None).oidc_providers


def test_several_providers_are_set_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    local = {"id": "local", "label": "Local", "issuer": "http://127.0.0.1:9", "client_id": "c"}
    orcid = ORCID | {"client_secret": "hush", "scopes": ["openid"]}
    found = settings(monkeypatch, [orcid, local | {"trust_email": True}])
    assert [one.id for one in found] == ["orcid", "local"]
    assert found[0].scopes == ("openid",)
    assert found[0].client_secret is not None
    assert "hush" not in repr(found)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://orcid.org"},
        {"issuer": "https://orcid.org?a=b"},
        {"issuer": "orcid.org"},
        {"issuer": "https://name:word@orcid.org"},
        {"id": "Or cid"},
        {"label": ""},
        {"scopes": ["email"]},
        {"trust_mail": True},
    ],
    ids=str,
)
def test_a_provider_that_is_set_up_wrongly_is_refused_without_its_secret(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(monkeypatch, [ORCID | {"client_secret": "hush"} | changes])
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize("same", ["id", "issuer"])
def test_two_providers_are_told_apart(monkeypatch: pytest.MonkeyPatch, same: str) -> None:
    other = {"id": "other", "label": "Other", "issuer": "https://id.example", "client_id": "c"}
    with pytest.raises(ValidationError, match=f"the same {same}"):
        settings(monkeypatch, [ORCID, other | {same: ORCID[same]}])
