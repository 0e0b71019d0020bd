"""A program's credentials, from a terminal."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result
from joserfc.jwk import ECKey

from app.platform.problems import Conflict, Invalid, NotFound
from tests.simulator.programs import public_set

Opencpd = Callable[..., Result]


def test_a_clients_secret_is_shown_once_and_its_access_can_be_ended(opencpd: Opencpd) -> None:
    opencpd("society", "add", "ksoc", "--name", "en=Kenyan Society")
    made = json.loads(opencpd("client", "new", "ksoc", "--scope", "records:read", "--json").stdout)
    assert made["client_secret"].startswith("ocpd_")
    assert opencpd("client", "revoke", made["client_id"]).exit_code == 0


def test_revoking_a_client_that_is_not_there_says_so(opencpd: Opencpd) -> None:
    assert isinstance(opencpd("client", "revoke", "nobody").exception, NotFound)


def test_a_program_is_made_in_each_kind_and_shown(opencpd: Opencpd, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(public_set(ECKey.generate_key("P-256"))))
    opencpd("society", "add", "ksoc", "--name", "en=Kenyan Society")

    def new(*words: str) -> dict[str, Any]:
        done = opencpd("client", "new", "ksoc", *words, "--json")
        assert done.exit_code == 0, done.exception
        made: dict[str, Any] = json.loads(done.stdout)
        return made

    plain = new("--scope", "records:read", "--sandbox", "--name", "try")
    keyed = new("--scope", "records:read", "--jwks", str(keys))
    web = new("--scope", "catalogue:write", "--redirect-uri", "https://lms.example/cb",
              "--method", "client_secret_post")  # fmt: skip
    native = new("--scope", "profile:read", "--redirect-uri", "http://127.0.0.1/cb", "--public")
    assert [made["kind"] for made in (plain, keyed, web, native)] == [
        "service", "service", "web", "native"
    ]  # fmt: skip
    assert [made["method"] for made in (keyed, web, native)] == [
        "private_key_jwt", "client_secret_post", "none"
    ]  # fmt: skip
    assert [bool(made["client_secret"]) for made in (plain, keyed, web, native)] == [
        True, False, True, False
    ]  # fmt: skip
    said = opencpd("client", "new", "ksoc", "--scope", "records:read").stdout
    assert "client_id" in said
    assert "client_secret  ocpd_" in said

    listed = json.loads(opencpd("client", "list", "ksoc", "--json").stdout)
    assert [one["id"] for one in listed][:4] == [
        made["client_id"] for made in (plain, keyed, web, native)
    ]
    assert plain["client_id"] in opencpd("client", "list", "ksoc").stdout
    shown = json.loads(opencpd("client", "show", keyed["client_id"], "--json").stdout)
    assert shown["jwks"]["keys"]
    assert "hash" not in opencpd("client", "show", plain["client_id"]).stdout

    renewed = opencpd("client", "rotate-secret", plain["client_id"], "--json")
    assert json.loads(renewed.stdout)["client_secret"] != plain["client_secret"]
    assert "good until" in opencpd("client", "rotate-secret", plain["client_id"]).stdout
    assert isinstance(opencpd("client", "rotate-secret", keyed["client_id"]).exception, Conflict)
    uri = "https://lms.example/keys"
    assert opencpd("client", "set-keys", keyed["client_id"], "--jwks-uri", uri).exit_code == 0
    refused = opencpd("client", "set-keys", keyed["client_id"], "--jwks-uri", "http://a.example/")
    assert isinstance(refused.exception, Invalid)
    assert isinstance(opencpd("client", "new", "ksoc", "--scope", "admin:node").exception, Invalid)


def test_the_keys_of_tokens_are_listed_and_changed(opencpd: Opencpd) -> None:
    (first,) = json.loads(opencpd("token-keys", "list", "--json").stdout)
    fresh = json.loads(opencpd("token-keys", "rotate", "--json").stdout)
    now, before = json.loads(opencpd("token-keys", "list", "--json").stdout)
    assert (now["id"], before["id"]) == (fresh["id"], first["id"])
    assert (now["verifies_until"], bool(before["verifies_until"])) == (None, True)
    assert "signs" in opencpd("token-keys", "list").stdout
    assert "signs from now on" in opencpd("token-keys", "rotate", "--drop").stdout
    assert len(json.loads(opencpd("token-keys", "list", "--json").stdout)) == 1
