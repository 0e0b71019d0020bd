"""A registry's program keeps its register and lists, and nobody else's can look or touch."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from httpx import Response

from app.identity.model import Kind
from app.identity.people import registrations
from app.identity.people import service as people
from app.identity.people.model import NewRegistration
from app.main import MAX_BODY_BYTES
from app.recognition.deciding.model import Binding
from app.recognition.register import service
from app.recognition.register.sheets import MOST_BYTES
from app.trust import service as trust
from app.verification import verify
from tests.conftest import own_database
from tests.simulator.members import House, house
from tests.simulator.node import COMPLETION

PEC, EBK = "/api/v1/registries/pec", "/api/v1/registries/ebk"
HOLDER = "urn:uuid:0190d5a8-0000-7000-8000-00000000000{}"


@pytest.fixture(scope="module")
def node(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("register")
    with own_database(request, folder) as url, house(folder, url) as made:
        made.add("pec", Kind.REGISTRY)
        made.add("ebk", Kind.REGISTRY)
        made.add("cse")
        yield made


class Program:
    """A registry's program."""

    def __init__(self, node: House, organisation_id: str) -> None:
        self._http, self._token = node.http, node.token(organisation_id)

    def __call__(self, method: str, path: str, body: Any = None, **how: str) -> Response:
        return self._http.request(method, path, json=body, headers={**self._token, **how})

    def send(self, path: str, data: bytes) -> Response:
        return self._http.post(path, content=data, headers=self._token)

    def made(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        answer = self("POST", path, body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
def pec(node: House) -> Program:
    return Program(node, "pec")


@pytest.fixture(scope="module")
def ebk(node: House) -> Program:
    return Program(node, "ebk")


def test_a_registrant_is_entered_once_for_each_key(pec: Program) -> None:
    new = {"number": "K-1", "name": "Ada Obi", "language": "en", "registered_on": "2020-01-01"}
    first = pec("POST", f"{PEC}/registrants", new, **{"Idempotency-Key": "one"})
    again = pec("POST", f"{PEC}/registrants", new, **{"Idempotency-Key": "one"})
    assert (first.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    other = pec("POST", f"{PEC}/registrants", {**new, "name": "B"}, **{"Idempotency-Key": "one"})
    assert other.status_code == 422
    taken = pec("POST", f"{PEC}/registrants", new)
    assert (taken.status_code, taken.json()["code"]) == (409, "number-taken")
    found = pec("GET", f"{PEC}/registrants?number=K-1").json()["items"]
    assert [one["name"] for one in found] == ["Ada Obi"]
    assert pec("GET", f"{PEC}/registrants?text=obi").json()["items"] == found


def test_nobody_overwrites_what_was_changed_since(pec: Program) -> None:
    made = pec.made(f"{PEC}/registrants", {"number": "E-1", "name": "Ada"})
    place = f"{PEC}/registrants/{made['id']}"
    seen = {"If-Match": pec("GET", place).headers["ETag"]}
    changed = pec("PUT", place, {"number": "E-1", "name": "Ada King"}, **seen)
    assert changed.json()["name"] == "Ada King"
    late = pec("PUT", place, {"number": "E-1", "name": "Eve"}, **seen)
    assert (late.status_code, late.json()["code"]) == (412, "precondition-failed")
    ended = pec("POST", f"{place}/end", {"on": "2026-01-31", "reason": "Left."})
    assert ended.json()["ended_on"] == "2026-01-31"


def test_wrong_fields_are_each_named(pec: Program) -> None:
    wrong = pec("POST", f"{PEC}/registrants", {"number": "=1+1", "name": " ", "language": "??"})
    assert wrong.status_code == 422
    assert {one["pointer"] for one in wrong.json()["errors"]} == {"/number", "/name", "/language"}
    unknown = pec("POST", f"{PEC}/registrants", {"number": "1", "name": "A", "born": "1990-01-01"})
    assert unknown.status_code == 422


def test_a_file_is_taken_row_by_row(pec: Program) -> None:
    data = b"number,name\nF-1,Ada\nF-2,=cmd()\n,Eve\n"
    trial = pec.send(f"{PEC}/registrants:import?dry_run=true", data).json()
    done = pec.send(f"{PEC}/registrants:import", data).json()
    assert trial == {**done, "dry_run": True}
    assert (done["rows"], done["added"], done["faulty"]) == (3, 1, 2)
    assert [(one["row"], one["column"]) for one in done["faults"]] == [(3, "name"), (4, "number")]
    assert pec.send(f"{PEC}/registrants:import", data).json()["unchanged"] == 1
    broken = pec.send(f"{PEC}/registrants:import", b"<html>")
    assert (broken.status_code, broken.json()["code"]) == (422, "file-unreadable")


def test_a_file_that_is_too_large_is_refused(pec: Program) -> None:
    assert MOST_BYTES > MAX_BODY_BYTES
    answer = pec.send(f"{PEC}/registrants:import", b"number,name\n" + b"x" * MOST_BYTES)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_a_holder_is_one_registrants(pec: Program) -> None:
    ada = pec.made(f"{PEC}/registrants", {"number": "H-1", "name": "Ada"})["id"]
    eve = pec.made(f"{PEC}/registrants", {"number": "H-2", "name": "Eve"})["id"]
    bound = pec.made(f"{PEC}/registrants/{ada}/holders", {"holder_id": HOLDER.format(1)})
    taken = pec("POST", f"{PEC}/registrants/{eve}/holders", {"holder_id": HOLDER.format(1)})
    assert (taken.status_code, taken.json()["code"]) == (409, "holder-taken")
    undone = pec("POST", f"{PEC}/holders/{bound['id']}/undo", {"reason": "Mixed up."}).json()
    assert (undone["reason"], undone["undone_by"]) == ("Mixed up.", undone["bound_by"])
    pec.made(f"{PEC}/registrants/{eve}/holders", {"holder_id": HOLDER.format(1)})
    held = pec("GET", f"{PEC}/registrants/{ada}/holders").json()["items"]
    assert [one["id"] for one in held] == [bound["id"]]


def test_the_types_of_numbers_are_the_registrys_to_say(pec: Program) -> None:
    assert pec("GET", f"{PEC}/number-types").json() == {
        "own": "ext:RegisterNumber.pec", "types": [],
    }  # fmt: skip
    told = pec("PUT", f"{PEC}/number-types", {"types": ["ext:RegisterNumber"]})
    assert told.json()["types"] == ["ext:RegisterNumber"]
    stolen = pec("PUT", f"{PEC}/number-types", {"types": ["ext:RegisterNumber.ebk"]})
    assert (stolen.status_code, stolen.json()["errors"][0]["code"]) == (422, "types-foreign")


def test_who_states_to_be_registered_is_answered_and_reads_it(node: House, pec: Program) -> None:
    pec.made(f"{PEC}/registrants", {"number": "S-1", "name": "Ada"})
    browser = node.sign_in("ada@example.org")
    with node.node.database.write() as session:
        person = people.person_of_email(session, "ada@example.org", at=node.now).id
        one, other = (
            registrations.add(session, person, NewRegistration("pec", number), at=node.now).id
            for number in ("S-1", "S-2")
        )
    waiting = pec("GET", f"{PEC}/registrations").json()["items"]
    registrants = {
        each["id"]: each["registrant"] and each["registrant"]["number"] for each in waiting
    }
    assert registrants == {one: "S-1", other: None}
    confirmed = pec("POST", f"{PEC}/registrations/{one}/confirm")
    assert confirmed.json()["person"] == person
    unknown = pec("POST", f"{PEC}/registrations/{other}/confirm")
    assert (unknown.status_code, unknown.json()["code"]) == (409, "number-unknown")
    refused = pec("POST", f"{PEC}/registrations/{other}/refuse", {"reason": "Not <b>ours</b>."})
    assert refused.status_code == 204
    page = browser.get("/account/registrations").text
    assert "Not &lt;b&gt;ours&lt;/b&gt;." in page
    unlinked = pec("DELETE", f"{PEC}/registrants/{confirmed.json()['id']}/person")
    assert unlinked.status_code == 204


def test_a_record_of_a_society_is_known_by_the_number_in_this_registry(
    node: House, pec: Program, ebk: Program
) -> None:
    ada = pec.made(f"{PEC}/registrants", {"number": "R-1", "name": "Ada"})["id"]
    eve = pec.made(f"{PEC}/registrants", {"number": "R-2", "name": "Eve"})["id"]
    abroad = ebk.made(f"{EBK}/registrants", {"number": "R-1", "name": "Ada"})["id"]
    identifiers = [
        {"type": "ext:RegisterNumber.pec", "value": "R-1"},
        {"type": "ext:RegisterNumber", "value": "R-1"},
    ]
    society = Program(node, "cse")
    issued = society(
        "POST",
        "/api/v1/societies/cse/completions",
        {**COMPLETION, "holder": {"identifiers": identifiers}},
        **{"Idempotency-Key": "bound"},
    ).json()
    with node.node.database.read() as session:
        bundle = trust.bundle(session, at=node.now)
        for ending in ("", ".jwt"):
            record = society("GET", f"/api/v1/records/{issued['id']}{ending}").content
            report = verify(record, bundle=bundle, at=node.now)
            assert b"R-1" not in record
            found = {
                one: service.binding(session, service.get(session, registry, one), report)
                for registry, one in (("pec", ada), ("pec", eve), ("ebk", abroad))
            }
            assert found == {
                ada: Binding.BOUND, eve: Binding.MISMATCH, abroad: Binding.UNKNOWN,
            }  # fmt: skip


def test_lists_are_kept_with_their_history(pec: Program) -> None:
    issuer = {"issuer_id": "did:web:cse.example", "tag": "listed", "valid_from": "2026-01-01"}
    made = pec.made(f"{PEC}/issuers", issuer)
    twice = pec("POST", f"{PEC}/issuers", issuer)
    assert (twice.status_code, twice.json()["code"]) == (409, "listed-already")
    place = f"{PEC}/issuers/{made['id']}"
    assert pec("POST", f"{place}/end", {"on": "2025-01-01", "reason": "x"}).status_code == 422
    ended = pec("POST", f"{place}/end", {"on": "2026-06-30", "reason": "It left."}).json()
    assert (ended["valid_to"], ended["struck"]) == ("2026-06-30", False)
    struck = pec("POST", f"{place}/strike", {"reason": "A mistake."}).json()
    assert struck["struck"] is True
    assert [one["id"] for one in pec("GET", f"{PEC}/issuers").json()["items"]] == [made["id"]]
    assert pec("GET", f"{PEC}/issuers?on=2026-03-01").json()["items"] == []
    approval = pec.made(f"{PEC}/approvals", {"body": "PEC", "number": "17"})
    pec("POST", f"{PEC}/approvals/{approval['id']}/end", {"on": "2026-06-30", "reason": "Over."})
    found = pec("GET", f"{PEC}/approvals?text=17").json()["items"]
    assert [one["valid_to"] for one in found] == ["2026-06-30"]


def test_another_registry_finds_nothing_of_it_in_its_own_and_may_not_ask_there(
    node: House, pec: Program, ebk: Program
) -> None:
    registrant = pec.made(f"{PEC}/registrants", {"number": "X-1", "name": "Ada"})["id"]
    holder = {"holder_id": HOLDER.format(9)}
    binding = pec.made(f"{PEC}/registrants/{registrant}/holders", holder)["id"]
    issuer = {"issuer_id": "did:web:x.example", "tag": "listed"}
    listed = pec.made(f"{PEC}/issuers", issuer)["id"]
    approval = pec.made(f"{PEC}/approvals", {"body": "PEC", "number": "X"})["id"]
    with node.node.database.write() as session:
        person = people.person_of_email(session, "x@example.org", at=node.now).id
        new = NewRegistration("pec", "X-1")
        stated = registrations.add(session, person, new, at=node.now).id
    why, ending = {"reason": "Mine now."}, {"on": "2026-06-30", "reason": "Over."}
    asked: list[tuple[str, str, Any]] = [
        ("GET", f"/registrants/{registrant}", None),
        ("PUT", f"/registrants/{registrant}", {"number": "1", "name": "E"}),
        ("POST", f"/registrants/{registrant}/end", ending),
        ("DELETE", f"/registrants/{registrant}/person", None),
        ("GET", f"/registrants/{registrant}/holders", None),
        ("POST", f"/registrants/{registrant}/holders", holder),
        ("POST", f"/holders/{binding}/undo", why),
        ("POST", f"/registrations/{stated}/confirm", None),
        ("POST", f"/registrations/{stated}/refuse", why),
        ("POST", f"/issuers/{listed}/end", ending),
        ("POST", f"/issuers/{listed}/strike", why),
        ("POST", f"/approvals/{approval}/end", ending),
        ("POST", f"/approvals/{approval}/strike", why),
    ]
    for method, path, body in asked:
        assert ebk(method, EBK + path, body).status_code == 404, path
        assert ebk(method, PEC + path, body).status_code == 403, path
    society = Program(node, "cse")
    assert society("GET", "/api/v1/registries/cse/registrants").status_code == 404
    assert pec("GET", "/api/v1/registries/pec/registrants?number=X-1").json()["items"]
    for place in ("registrants?text=x", "registrations", "issuers", "approvals"):
        assert "X-1" not in json.dumps(ebk("GET", f"{EBK}/{place}").json())
