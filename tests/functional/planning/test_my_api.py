"""A person's cycles and decisions over HTTP, for a program that he or she allowed."""

from typing import Any

import pytest

from app.identity.clients import service as clients
from app.identity.clients.rules import NewClient
from app.identity.model import ClientKind
from tests.simulator.programs import Program
from tests.simulator.studying import BARE, BOARD, SOCIETY, Studying

pytestmark = pytest.mark.slow

MINE = "/api/v1/me/cycles"
Header = dict[str, str]


@pytest.fixture(scope="module")
def allowed(study: Studying) -> Header:
    """The token of a program that Ada allowed to read and to hand in."""
    return token(study, frozenset({"cpd:read", "cpd:submit"}))


def token(study: Studying, scopes: frozenset[str]) -> Header:
    new = NewClient(
        SOCIETY, "A wallet", scopes, kind=ClientKind.WEB,
        redirect_uris=("https://lms.example/callback",),
    )  # fmt: skip
    with study.house.node.database.write() as session:
        client, secret = clients.add(session, new, at=study.house.now)
    given = Program(study.house.browser(), client, secret).tokens(study.ada)
    return {"Authorization": f"Bearer {given['access_token']}"}


def place(study: Studying, registry: str = BOARD) -> str:
    return f"{MINE}/{study.registrants[registry]}"


def submit(study: Studying, header: Header, *records: str, **headers: str) -> Any:
    return study.house.http.post(
        f"{place(study)}/submissions",
        json={"records": list(records)},
        headers={**header, **headers},
    )


def read(study: Studying, header: Header, path: str, **params: str) -> Any:
    answer = study.house.http.get(path, headers=header, params=params)
    assert answer.status_code == 200, answer.text
    assert "no-store" in answer.headers["cache-control"]
    return answer.json()


def test_records_are_handed_in_and_told_with_their_reasons(
    study: Studying, allowed: Header
) -> None:
    record = study.kept(contact_minutes=90)
    answer = submit(study, allowed, record)
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["results"]
    decision = result["submission"]["decision"]
    assert result["created"] is True
    assert decision["credited"] == {"exact": "3/2", "decimal": "1.5"}
    assert (decision["rule"], decision["policy_id"]) == ("course", "board-rules")
    (again,) = submit(study, allowed, record).json()["results"]
    assert again["created"] is False
    whole = read(
        study, allowed, f"{place(study)}/submissions/{result['submission']['id']}", language="fr"
    )
    assert [step["gate"] for step in whole["trace"]][:3] == ["signature", "status", "holder"]
    assert whole["trace"][0]["said"] != "The signature is valid."
    assert len(whole["decisions"]) == 1
    assert "by" not in whole["decisions"][0]


def test_a_request_that_is_sent_again_gets_the_same_answer(
    study: Studying, allowed: Header
) -> None:
    record = study.kept()
    key = {"Idempotency-Key": "one-and-the-same"}
    first, second = (submit(study, allowed, record, **key) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert submit(study, allowed, study.kept(), **key).status_code == 422


def test_cycles_say_what_is_there_and_what_is_short(study: Studying, allowed: Header) -> None:
    submit(study, allowed, study.kept())
    found = {one["registry"]: one for one in read(study, allowed, MINE)["cycles"]}
    board = found[BOARD]["cycle"]
    assert board["unit"] == "PDH"
    assert board["required"]["exact"] == "30"
    assert {one["code"] for one in board["shortfalls"]} >= {"SHORT_TOTAL"}
    assert found[BARE]["cycle"] is None


def test_a_path_is_told_with_whether_it_was_proven(study: Studying, allowed: Header) -> None:
    path = read(study, allowed, f"{place(study)}/path")
    assert path["least"]["proven"] is True
    assert path["least"]["compliant"] is True
    assert all(step["kind"] for step in path["least"]["steps"])


def test_submissions_are_read_page_by_page(study: Studying, allowed: Header) -> None:
    submit(study, allowed, study.kept(), study.kept())
    first = read(study, allowed, f"{place(study)}/submissions", limit="1")
    then = read(
        study, allowed, f"{place(study)}/submissions", limit="1", cursor=first["next_cursor"]
    )
    assert first["submissions"][0]["id"] > then["submissions"][0]["id"]


def test_what_is_not_ones_own_is_not_there(study: Studying, allowed: Header) -> None:
    assert submit(study, allowed, "0190-none").status_code == 404
    elsewhere = study.house.http.get(f"{MINE}/0190-none/path", headers=allowed)
    assert elsewhere.status_code == 404
    empty = study.house.http.post(
        f"{place(study)}/submissions", json={"records": []}, headers=allowed
    )
    assert empty.status_code == 422


def test_each_scope_lets_in_for_its_own_alone(study: Studying) -> None:
    reads, submits = token(study, frozenset({"cpd:read"})), token(study, frozenset({"cpd:submit"}))
    assert submit(study, reads, "x").status_code == 403
    assert study.house.http.get(MINE, headers=submits).status_code == 403
    of_society = study.house.token(SOCIETY)
    assert study.house.http.get(MINE, headers=of_society).status_code == 403
