"""A registry drafts, adopts and withdraws its policies; a stranger reads and verifies them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from app.identity.model import Kind, Role
from app.recognition.policies.reading import read_policy
from app.recognition.policies.shipped import texts
from app.trust import statements
from app.verification.signed_bundle import open_bundle
from tests.conftest import own_database
from tests.simulator.members import House, house
from tests.simulator.registries import policy_text

pytestmark = pytest.mark.slow

PEC, EBK = "/api/v1/registries/pec/policies", "/api/v1/registries/ebk/policies"


@pytest.fixture(scope="module")
def node(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("policies")
    with own_database(request, folder) as url, house(folder, url) as made:
        made.add("pec", Kind.REGISTRY)
        made.add("ebk", Kind.REGISTRY)
        made.add("cse")
        yield made


def ask(
    node: House, method: str, path: str, body: Any = None, *, who: str = "pec", **how: str
) -> Response:
    headers = {**node.token(who), "Content-Type": "application/json", **how}
    content = None if body is None else json.dumps(body)
    return node.http.request(method, path, content=content, headers=headers)


def drafted(node: House, text: str) -> dict[str, Any]:
    answer = ask(node, "POST", PEC, {"text": text})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_stranger_reads_the_exact_text_and_verifies_who_adopted_it(node: House) -> None:
    text = policy_text("pec", policy_id="public") + "# 工程师 — a remark\n"
    made = drafted(node, text)
    hidden = node.http.get(f"{PEC}/adopted/public/1")
    assert hidden.status_code == 404
    adopted = ask(node, "POST", f"{PEC}/{made['id']}/adopt", **{"If-Match": "*"})
    assert (adopted.status_code, adopted.json()["status"]) == (200, "adopted")

    told = node.http.get(f"{PEC}/adopted/public/1").json()
    assert (told["text"], told["sound"]) == (text, True)
    assert node.http.get(f"{PEC}/adopted/public/1/text").content == text.encode()
    listed = node.http.get(f"{PEC}/adopted").json()["items"]
    assert ("public", 1) in {(one["policy_id"], one["version"]) for one in listed}
    served = node.http.get("/trust/bundle").content
    bundle = open_bundle(served, publisher_keys=None, least_version=None).bundle
    said = statements.read(told["statement"], kind="policy-adoption", bundle=bundle, at=node.now)
    assert said.claims["policy_hash"] == read_policy(told["text"]).hash
    assert (said.claims["registry"], said.claims["policy_id"]) == ("pec", "public")
    private = {"created_by", "changed_by", "adopted_by", "withdrawn_by"}
    assert private.isdisjoint(told)


def test_a_draft_is_changed_compared_and_thrown_away(node: House) -> None:
    first = drafted(node, policy_text("pec", policy_id="changing"))
    assert ask(node, "POST", f"{PEC}/{first['id']}/adopt").status_code == 200
    second = ask(node, "POST", PEC, {"text": policy_text("pec", policy_id="changing", version=2)})
    place, seen = f"{PEC}/{second.json()['id']}", {"If-Match": second.headers["ETag"]}
    text = policy_text("pec", policy_id="changing", version=2, credit="2")
    assert ask(node, "PUT", place, {"text": text}, **seen).status_code == 200
    assert ask(node, "PUT", place, {"text": text}, **seen).status_code == 412
    compared = ask(node, "GET", f"{place}/changes").json()
    assert compared["old"]["version"] == 1
    assert any("2" in one["said"] for one in compared["changes"])
    taken = ask(node, "POST", PEC, {"text": policy_text("pec", policy_id="changing")})
    assert (taken.status_code, taken.json()["code"]) == (409, "policy-version-taken")
    assert ask(node, "DELETE", place).status_code == 204
    assert ask(node, "GET", place).status_code == 404
    kept = ask(node, "DELETE", f"{PEC}/{first['id']}")
    assert (kept.status_code, kept.json()["code"]) == (409, "policy-not-a-draft")


def test_a_text_is_looked_through_and_nothing_is_kept(node: House) -> None:
    good = ask(node, "POST", f"{PEC}:check", {"text": policy_text("pec", policy_id="looked")})
    assert (good.json()["faults"], good.json()["policy_id"]) == ([], "looked")
    assert good.json()["findings"], "such as a policy that names no sources"
    bad = ask(node, "POST", f"{PEC}:check", {"text": "policy_id: x\nunit: [\n"})
    (fault,) = bad.json()["faults"]
    assert fault["line"] is not None
    refused = ask(node, "POST", PEC, {"text": "policy_id: x\nunit: [\n"})
    assert (refused.status_code, refused.json()["code"]) == (422, "policy-faulty")
    assert refused.json()["errors"][0]["pointer"] == "/text"
    ids = {one["policy_id"] for one in ask(node, "GET", PEC).json()["items"]}
    assert ids.isdisjoint({"looked", "x"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: &a [*a]",
        "!!python/object/apply:os.system ['true']",
        "- " * 5000,
        "[" * 50_000,
        json.dumps({"policy_id": "x", "map": [{"id": "a"}] * 2000}),
        "policy_id: \ud83d",
        "policy_id: \x00",
        "policy_id: 1.6e400",
        "x" * 131_072,
    ],
)
def test_a_hostile_text_is_refused_with_a_reason(node: House, text: str) -> None:
    for path in (PEC, f"{PEC}:check"):
        answer = ask(node, "POST", path, {"text": text})
        said = answer.json()
        assert answer.status_code == 422 or said["faults"], said


def test_an_illustrative_policy_begins_a_draft_that_is_the_registrys_own(node: House) -> None:
    names = list(texts())
    made = ask(node, "POST", f"{PEC}:import", {"name": names[0]}, **{"Idempotency-Key": "i"})
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["status"], told["version"]) == ("draft", 1)
    assert told["document"]["registry"] == "pec"
    assert told["text"].startswith("# Made from the illustrative policy")
    again = ask(node, "POST", f"{PEC}:import", {"name": names[0]})
    assert again.json()["version"] == 2
    assert ask(node, "POST", f"{PEC}:import", {"name": "../../etc/passwd"}).status_code == 404
    as_it_is = drafted(node, texts()["za-ecsa-v1"])
    refused = ask(node, "POST", f"{PEC}/{as_it_is['id']}/adopt")
    assert (refused.status_code, refused.json()["code"]) == (409, "policy-not-yours")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(texts()))
def test_every_illustrative_policy_can_be_made_a_registrys_own(node: House, name: str) -> None:
    made = ask(node, "POST", f"{PEC}:import", {"name": name}).json()
    adopted = ask(node, "POST", f"{PEC}/{made['id']}/adopt")
    assert adopted.status_code == 200, adopted.text


def test_another_registry_can_neither_read_nor_adopt_a_draft(node: House) -> None:
    made = drafted(node, policy_text("pec", policy_id="ours"))["id"]
    text = {"text": policy_text("ebk")}
    asked: list[tuple[str, str, Any]] = [
        ("GET", f"/{made}", None),
        ("GET", f"/{made}/changes", None),
        ("PUT", f"/{made}", text),
        ("DELETE", f"/{made}", None),
        ("POST", f"/{made}/adopt", None),
        ("POST", f"/{made}/withdraw", {"reason": "Mine."}),
    ]
    for method, path, body in asked:
        assert ask(node, method, EBK + path, body, who="ebk").status_code == 404, path
        assert ask(node, method, PEC + path, body, who="ebk").status_code == 403, path
    own = ask(node, "POST", EBK, text, who="ebk").json()["id"]
    assert ask(node, "GET", f"{PEC}/{made}/changes?since={own}").status_code == 404
    assert node.http.get("/api/v1/registries/cse/policies/adopted").status_code == 404
    assert node.http.get("/api/v1/registries/nobody/policies/adopted").status_code == 404


def test_what_was_withdrawn_stays_readable_with_its_reason(node: House) -> None:
    made = drafted(node, policy_text("pec", policy_id="gone"))["id"]
    ask(node, "POST", f"{PEC}/{made}/adopt")
    how = {"reason": "Repealed.", "on": "2026-07-01"}
    assert ask(node, "POST", f"{PEC}/{made}/withdraw", how).json()["status"] == "withdrawn"
    told = node.http.get(f"{PEC}/adopted/gone/1").json()
    assert (told["status"], told["withdrawn_from"]) == ("withdrawn", "2026-07-01")
    assert told["withdrawn_reason"] == "Repealed."
    again = ask(node, "POST", f"{PEC}/{made}/withdraw", how)
    assert (again.status_code, again.json()["code"]) == (409, "policy-not-adopted")


def test_a_program_does_not_adopt_where_two_people_can(node: House) -> None:
    for name in ("one", "two"):
        node.sign_in(f"{name}@ebk.example", ebk=Role.OWNER)
    made = ask(node, "POST", EBK, {"text": policy_text("ebk", policy_id="two")}, who="ebk").json()
    refused = ask(node, "POST", f"{EBK}/{made['id']}/adopt", who="ebk")
    assert (refused.status_code, refused.json()["code"]) == (403, "second-person-needed")
