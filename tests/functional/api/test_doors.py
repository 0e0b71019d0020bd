"""A page for people who are signed in, asked for by somebody who is not."""

from pathlib import Path

from fastapi import Depends
from fastapi.testclient import TestClient

from app.identity.model import Role
from tests.simulator.members import House, house


def with_page(made: House) -> TestClient:
    @made.app.get("/organisations/{organisation_id}/test", include_in_schema=False)
    def shown(_actor: object = Depends(made.node.guard.member("catalogue:write"))) -> str:
        return "shown"

    return made.http


def test_a_stranger_is_led_to_the_door_and_a_member_comes_in(
    tmp_path: Path, database_url: str
) -> None:
    with house(tmp_path, database_url) as made:
        made.add("cse")
        stranger = with_page(made)
        answer = stranger.get("/organisations/cse/test?page=2")
        assert answer.status_code == 303
        assert answer.headers["location"] == (
            "/sign-in?next=%2Forganisations%2Fcse%2Ftest%3Fpage%3D2"
        )
        program = stranger.get("/organisations/cse/test", headers={"Accept": "application/json"})
        assert (program.status_code, program.json()["code"]) == (401, "sign-in-needed")

        member = made.sign_in("ada@example.org", cse=Role.EDITOR)
        assert member.get("/organisations/cse/test").text == '"shown"'
        other = made.sign_in("eve@example.org")
        assert other.get("/organisations/cse/test").status_code == 404
