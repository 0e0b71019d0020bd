"""An organisation's auditor reads its history, and nobody else's."""

import csv
import io
import json
import re

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from app.identity.model import Role
from tests.functional.history.conftest import issue, seal
from tests.simulator.members import House

pytestmark = pytest.mark.slow

PAGE = "/organisations/cse/audit"
API = "/api/v1/organisations/cse/audit"


def actions(answer: Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [entry["action"] for entry in answer.json()["entries"]]


def shown(answer: Response) -> list[str]:
    return re.findall(r'<strong><bdi dir="ltr">([a-z.-]+)</bdi>', answer.text)


def test_a_program_reads_its_organisations_history_alone(made: House) -> None:
    record = issue(made, "cse", 1)
    issue(made, "ebk", 2)
    token = made.token("cse")
    found = made.http.get(API, headers=token)
    assert (
        actions(found)
        == ["record.issue", "client.new", "key.add", "key.add"][:2] + actions(found)[2:]
    )
    assert {entry["subject"].partition(":")[2] for entry in found.json()["entries"]} >= {record}
    assert "ebk" not in found.text
    answer = made.http.get("/api/v1/organisations/ebk/audit", headers=token)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_the_history_is_searched_by_who_what_and_when(made: House) -> None:
    record = issue(made, "cse", 1)
    token = made.token("cse")

    def search(**wanted: str) -> list[str]:
        return actions(made.http.get(API, headers=token, params=wanted))

    assert search(action="record") == search(action="record.issue") == ["record.issue"]
    assert search(action="rec") == []
    assert search(subject=f"record:{record}") == ["record.issue"]
    assert search(who=f"client:{made.credentials['cse'].client_id}") == ["record.issue"]
    assert search(until="2020-01-01T00:00:00Z") == []
    assert "record.issue" in search(since="2020-01-01T00:00:00+08:00")
    for wrong in ({"since": "yesterday"}, {"cursor": "x"}, {"limit": "0"}, {"when": "now"}):
        answer = made.http.get(API, headers=token, params=wrong)
        assert answer.status_code == 422, wrong
    answer = made.http.get(API, headers=token, params={"cursor": "OTk5OTk5OTk5OTk5OTk5OTk5OTk"})
    assert answer.json()["errors"][0]["code"] == "cursor-invalid"


def test_every_entry_is_met_once_while_more_are_written(made: House) -> None:
    token = made.token("cse")
    seen: list[int] = []
    cursor, number = "", 0
    while True:
        answer = made.http.get(API, headers=token, params={"limit": "2", "cursor": cursor})
        seen += [entry["id"] for entry in answer.json()["entries"]]
        number += 1
        issue(made, "cse", number)
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(set(seen), reverse=True)
    assert number > 1


def test_an_auditor_sees_names_numbers_and_nothing_of_others(made: House) -> None:
    auditor = made.sign_in("auditor@example.org", cse=Role.AUDITOR)
    issue(made, "cse", 1)
    issue(made, "ebk", 2)
    seal(made)
    answer = auditor.get(PAGE)
    assert answer.status_code == 200
    assert {"record.issue", "client.new", "member.set"} <= set(shown(answer))
    assert "<bdi>LMS</bdi>" in answer.text  # the client, by its name
    assert re.search(r"Number [0-9]+ of the chain", answer.text)
    assert "ebk" not in answer.text
    assert "auditor@example.org" not in answer.text
    assert auditor.get("/organisations/ebk/audit").status_code == 404
    assert auditor.get("/organisations/ebk/audit/export.csv").status_code == 404
    assert auditor.get("/node/audit").status_code in {403, 404}
    for role in (Role.EDITOR, Role.READER, Role.ISSUER):
        other = made.sign_in(f"{role}@example.org", cse=role)
        assert other.get(PAGE).status_code == 403
        assert other.get(f"{PAGE}/export.ndjson").status_code == 403
    assert made.http.get(PAGE).headers["location"].startswith("/sign-in")


def test_the_form_keeps_what_was_asked_and_says_what_is_wrong(made: House) -> None:
    owner = made.sign_in("owner@example.org", cse=Role.OWNER)
    answer = owner.get(PAGE, params={"action": "client", "first": "2020-01-01"})
    assert set(shown(answer)) == {"client.new"}
    assert 'value="client"' in answer.text
    answer = owner.get(PAGE, params={"first": "<b>", "cursor": "x"})
    assert answer.status_code == 422
    assert "Write a day as" in answer.text
    assert "&lt;b&gt;" in answer.text
    assert owner.get(PAGE, params={"last": "9999-12-31"}).status_code == 422
    assert "Nothing that fits" in owner.get(PAGE, params={"who": "person:nobody"}).text


def test_older_entries_are_a_link_away(made: House) -> None:
    owner = made.sign_in("owner@example.org", cse=Role.OWNER)
    for number in range(60):
        issue(made, "cse", number) if number < 2 else member(made, number)
    first = owner.get(PAGE, params={"action": "member.set"})
    older = re.search(r'href="([^"]+)" rel="next"', first.text)
    assert older is not None
    address = older[1].replace("&amp;", "&")
    assert "action=member.set" in address
    second = owner.get(address)
    assert len(shown(first)) == 50
    assert set(shown(second)) == {"member.set"}
    assert "Newest" in second.text


def member(made: House, number: int) -> TestClient:
    return made.sign_in(f"p{number}@example.org", cse=Role.READER)


def test_the_history_is_taken_away_as_a_file(made: House) -> None:
    owner = made.sign_in("owner@example.org", cse=Role.OWNER)
    issue(made, "cse", 1)
    assert owner.get(f"{PAGE}/export.ndjson").text == ""  # nothing is sealed yet
    seal(made)
    lines = owner.get(f"{PAGE}/export.ndjson")
    assert "attachment" in lines.headers["content-disposition"]
    rows = [json.loads(line) for line in lines.text.splitlines()]
    assert {row["row"]["organisation_id"] for row in rows} == {"cse"}
    table = owner.get(f"{PAGE}/export.csv", params={"action": "record"})
    (row,) = list(csv.DictReader(io.StringIO(table.text)))
    assert (row["action"], row["organisation_id"]) == ("record.issue", "cse")
    assert json.loads(row["after"])["state"] == "issued"
    assert owner.get(f"{PAGE}/export.pdf").status_code == 422


def test_the_operator_sees_all_of_the_node(made: House) -> None:
    operator = made.sign_in("root@example.org", operator=Role.OWNER)
    issue(made, "ebk", 1)
    seal(made)
    answer = operator.get("/node/audit")
    assert answer.status_code == 200
    assert {"record.issue", "session.begin", "organisation.add"} <= set(shown(answer))
    rows = operator.get("/node/audit/export.ndjson").text.splitlines()
    assert [json.loads(row)["position"] for row in rows] == list(range(1, len(rows) + 1))
    assert operator.get("/organisations/cse/audit").status_code == 404
    owner = made.sign_in("owner@example.org", cse=Role.OWNER)
    assert owner.get("/node/audit/export.ndjson").status_code == 404
