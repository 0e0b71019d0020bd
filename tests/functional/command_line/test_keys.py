"""Keys and bundles from a terminal, as an operator uses them."""

import json
from pathlib import Path

import pytest

from tests.functional.command_line.conftest import Opencpd
from tests.simulator import rosters

pytestmark = pytest.mark.slow


@pytest.fixture
def signing(opencpd: Opencpd, monkeypatch: pytest.MonkeyPatch) -> Opencpd:
    """The command on a node with keys and one society."""
    monkeypatch.setenv("OPENCPD_KEY_PASSPHRASE", "correct horse")
    made = opencpd("society", "add", "cse", "--issues", "--name", "en=Society of Civil Engineers")
    assert made.exit_code == 0, made.output
    return opencpd


def listed(opencpd: Opencpd, *words: str) -> list[dict[str, str]]:
    answer = opencpd("keys", "list", *words, "--json")
    assert answer.exit_code == 0, answer.output
    found: list[dict[str, str]] = json.loads(answer.stdout)
    return found


def test_keys_are_rotated_retired_and_compromised(signing: Opencpd) -> None:
    assert [key["state"] for key in listed(signing, "--society", "cse")] == ["current"] * 2
    rotated = signing("keys", "rotate", "--society", "cse")
    assert rotated.exit_code == 0, rotated.output
    assert "status lists signed anew" in rotated.stdout
    keys = {key["id"].partition("#")[2]: key for key in listed(signing, "--society", "cse")}
    assert {name: key["state"] for name, key in keys.items()} == {
        "ed25519-1": "retired",
        "es256-1": "retired",
        "ed25519-2": "current",
        "es256-2": "current",
    }
    compromised = signing("keys", "compromise", keys["es256-1"]["id"])
    assert f"compromised {keys['es256-1']['id']}" in compromised.stdout
    refused = signing("keys", "retire", keys["es256-2"]["id"])
    assert refused.exit_code == 1
    assert "last" in str(refused.exception)


def test_a_registry_has_keys_from_the_start_and_they_are_rotated(signing: Opencpd) -> None:
    added = signing("organisation", "add", "pec", "--kind", "registry", "--name", "Council")
    assert added.exit_code == 0, added.output
    assert [key["state"] for key in listed(signing, "--registry", "pec")] == ["current"] * 2
    rotated = signing("keys", "rotate", "--registry", "pec", "--kind", "ES256")
    assert rotated.exit_code == 0, rotated.output
    assert "registries:pec#es256-2" in rotated.stdout


def test_a_change_of_keys_is_told_in_json_and_kept_in_their_history(signing: Opencpd) -> None:
    rotated = json.loads(
        signing("keys", "rotate", "--society", "cse", "--kind", "ES256", "--json").stdout
    )
    old = "did:web:127.0.0.1%3A8000:societies:cse#es256-1"
    assert (rotated["retired"], rotated["compromised"]) == ([old], None)
    assert [key["id"].partition("#")[2] for key in rotated["new"]] == ["es256-2"]
    since = "2026-11-01T00:00:00Z"
    burnt = json.loads(signing("keys", "compromise", old, "--since", since, "--json").stdout)
    assert (burnt["compromised"], burnt["new"], burnt["records"]) == (old, [], 0)
    told = json.loads(signing("keys", "history", "--society", "cse", "--json").stdout)
    assert [entry["action"] for entry in told] == [
        "key.add", "key.add", "key.add", "key.retired", "key.compromised"
    ]  # fmt: skip
    assert (told[-1]["who"], told[-1]["after"]["at"]) == ("operator", "2026-11-01T00:00:00+00:00")
    assert "es256-2" in signing("keys", "history", "--society", "cse").stdout


def test_the_records_that_a_compromise_touches_are_counted_and_listed(
    signing: Opencpd, tmp_path: Path
) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_bytes(rosters.as_csv(rosters.rows(3)))
    assert signing("issue", str(roster), "--society", "cse").exit_code == 0
    key = "did:web:127.0.0.1%3A8000:societies:cse#es256-1"
    lines = signing("keys", "touched", key, "--json").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert [(one["form"], one["standing"]) for one in found] == [("token", "stands")] * 3
    revoked = signing("status", "revoke", found[0]["id"], "--reason", "error")
    assert revoked.exit_code == 0, revoked.output
    burnt = signing("keys", "compromise", key)
    assert "3 records carry its signature in their token form" in burnt.stdout
    assert f"opencpd keys touched {key}" in burnt.stdout
    after = signing("keys", "touched", key).stdout.splitlines()
    assert [line.split()[2] for line in after] == ["revoked", "stands", "stands"]
    assert signing("keys", "touched", key.replace("es256-1", "es256-2")).stdout == ""


def test_whose_keys_are_meant_has_to_be_said(signing: Opencpd) -> None:
    for words in (["rotate"], ["rotate", "--node", "--society", "cse"], ["new", "--node"]):
        refused = signing("keys", *words)
        assert refused.exit_code == 1
        assert "Say wh" in str(refused.exception)


def test_a_time_that_is_none_is_refused_with_its_name(signing: Opencpd) -> None:
    key = listed(signing, "--node")[0]["id"]
    refused = signing("keys", "compromise", key, "--since", "yesterday")
    assert "--since" in str(refused.exception)


def test_the_passphrase_is_changed(
    signing: Opencpd, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fresh = tmp_path / "fresh"
    fresh.write_text("battery staple\n")
    fresh.chmod(0o600)
    assert "--new FILE" in str(signing("keys", "passphrase").exception)
    changed = signing("keys", "passphrase", "--new", str(fresh))
    assert changed.exit_code == 0, changed.output
    assert changed.stdout.startswith("4 key files")
    assert signing("keys", "rotate", "--node").exit_code == 1
    monkeypatch.delenv("OPENCPD_KEY_PASSPHRASE")
    monkeypatch.setenv("OPENCPD_KEY_PASSPHRASE_FILE", str(fresh))
    assert signing("keys", "rotate", "--node").exit_code == 0


def test_a_bundle_goes_out_is_looked_into_and_comes_in_elsewhere(
    signing: Opencpd, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.json"
    assert signing("trust", "export", "-o", str(file)).exit_code == 0
    shown = signing("trust", "show", str(file), "--json")
    key = json.loads(shown.stdout)["issuers"][0]["keys"]
    assert "Society of Civil Engineers" in signing("trust", "show").stdout
    monkeypatch.setenv("OPENCPD_DATA_DIR", str(tmp_path / "partner"))
    monkeypatch.setenv("OPENCPD_DATABASE_URL", f"sqlite:///{tmp_path / 'partner.sqlite3'}")
    monkeypatch.setenv("OPENCPD_PUBLIC_URL", "https://partner.example")
    first = signing("trust", "import", str(file))
    assert first.exit_code == 1
    assert "--publisher-key" in str(first.exception)
    mine = next(
        one["publicKeyMultibase"] for one in key if one["id"].endswith("127.0.0.1%3A8000#es256-1")
    )
    taken = signing("trust", "import", str(file), "--publisher-key", mine)
    assert taken.exit_code == 0, taken.output
    assert "new: did:web:127.0.0.1%3A8000:societies:cse" in taken.stdout
    assert "did:web:127.0.0.1%3A8000" in signing("trust", "publishers").stdout
    assert "imported before" in signing("trust", "import", str(file)).stdout
    forgot = signing("trust", "forget", "did:web:127.0.0.1%3A8000")
    assert forgot.stdout.strip().endswith("2 issuers are not trusted any more")
