"""Every page and form that is not for everybody, asked by everybody who must be kept out."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import update

from app.identity import rules
from app.identity.model import Kind, Role
from app.identity.people import sessions
from app.identity.people.tables import SessionRow
from tests.functional.access.asking_pages import PAGES
from tests.functional.access.matrix import Guarded, guarded_routes, is_of_a_page, prepared, state
from tests.simulator.members import House, house
from tests.simulator.scene import OWN, Scene

pytestmark = [pytest.mark.slow, pytest.mark.once]
DOOR = "led to the door"
PROGRAM = {"Accept": "application/json"}
CROSS_SITE = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
OF_ANOTHERS = (
    "{session_id}", "{registration_id}", "{record_id}", "{passkey_id}", "/emails/link/{secret}",
    "/invitations/{secret}", "{permission_id}", "{registrant_id}", "{entry_id}", "{note_id}",
    "/choices/{course_id}",
)  # fmt: skip
"""Parts of paths that name something of one person's: another person may ask, and gets nothing."""


class Strangers:
    """Browsers that must not get in, by why."""

    def __init__(self, scene: Scene) -> None:
        self.made = made = scene.house
        self.outside = {
            "nobody": made.browser(),
            "a made-up cookie": made.browser(secret=secrets.token_urlsafe(32)),
            "a session that was ended": self.ended(),
            "a session not used for a week": self.idle(),
        }
        self.lacking = {
            scope: made.sign_in(f"without-{number}@example.org", cse=role, pec=role)
            for number, (scope, role) in enumerate(self.roles_without().items())
        }
        self.token = made.token(OWN)

    def everything(self, email: str) -> str:
        """The secret of a session of somebody who may do everything."""
        browser = self.made.sign_in(email, cse=Role.OWNER, operator=Role.OWNER)
        return str(browser.cookies[self.made.node.guard.cookie])

    def ended(self) -> TestClient:
        """A browser that kept its cookie although it has signed out."""
        secret = self.everything("ended@example.org")
        assert self.made.browser(secret=secret).post("/sign-out").status_code == 303
        return self.made.browser(secret=secret)

    def idle(self) -> TestClient:
        secret = self.everything("idle@example.org")
        with self.made.node.database.write() as session:
            found = sessions.visit(self.made.node.database, now=lambda: self.made.now)(secret)
            assert found is not None
            session.execute(
                update(SessionRow)
                .where(SessionRow.id == found.session_id)
                .values(seen_at=self.made.now - sessions.IDLE)
            )
        return self.made.browser(secret=secret)

    @staticmethod
    def roles_without() -> dict[str, Role]:
        """For each scope that some role lacks, such a role."""
        found: dict[str, Role] = {}
        for role in Role:
            for scope in rules.allowed({Role.OWNER}, Kind.SOCIETY):
                if scope not in rules.allowed({role}, Kind.SOCIETY):
                    found.setdefault(scope, role)
        return found


def outcome(answer: Response) -> str | int:
    """The status, or that a browser was led to the door."""
    to_the_door = answer.headers.get("location", "").startswith("/sign-in")
    return DOOR if answer.status_code == 303 and to_the_door else answer.status_code


def refusals(
    scene: Scene, strangers: Strangers, pages: list[Guarded]
) -> Iterator[tuple[str, Guarded, Response, set[str | int]]]:
    """Each refusal: who, which page, the answer, and what it may be."""
    for page in pages:
        for who, browser in strangers.outside.items():
            yield who, page, page.send(browser, {}), {DOOR}
        nobody = strangers.outside["nobody"]
        yield "a program", page, page.send(nobody, PROGRAM), {401}
        yield "a token for the API", page, page.send(nobody, strangers.token), {DOOR}
        if page.method != "GET":
            for who, right in rightful(scene, page):
                yield f"a page elsewhere, {who}", page, page.send(right, CROSS_SITE), {403}
        if page.mark == "person":
            if any(part in page.path for part in OF_ANOTHERS):
                got: set[str | int] = {303, 403, 404, 409, 410}
                yield "another person", page, page.send(scene.eve, {}), got
            continue
        yield "another organisation's owner", page, page.send(scene.eve, {}), {404}
        scope = page.mark.removeprefix("member:")
        if scope in strangers.lacking:
            answer = page.send(strangers.lacking[scope], {})
            yield "a member without the role", page, answer, {403}
        elif scope == "admin:node":
            yield "the owner of a society", page, page.send(scene.ada, {}), {404}


def rightful(scene: Scene, page: Guarded) -> Iterator[tuple[str, TestClient]]:
    operators = page.mark == "member:admin:node"
    yield ("the operator", scene.runs_it) if operators else ("Ada", scene.ada)


@pytest.fixture
def made(tmp_path: Path, database_url: str) -> Iterator[House]:
    with house(tmp_path, database_url) as opened:
        yield opened


def test_every_guarded_page_keeps_out_whom_it_must_and_lets_in_whom_it_may(
    made: House,
) -> None:
    asked = [route for route in guarded_routes(made) if is_of_a_page(route[2])]
    scene = Scene(made)
    pages = prepared(scene, asked, PAGES)
    strangers = Strangers(scene)
    before, wrong, count = state(made), [], 0
    for who, page, answer, allowed in refusals(scene, strangers, pages):
        count += 1
        if outcome(answer) not in allowed:
            wrong.append((who, str(page), answer.status_code, answer.text[:200]))
    assert wrong == []
    assert state(made) == before

    for page in pages:
        for who, browser in rightful(scene, page):
            answer = page.send(browser, {})
            let_in = answer.status_code < 400 and outcome(answer) != DOOR
            if not let_in and answer.status_code not in page.ask.also:
                wrong.append((who, str(page), answer.status_code, answer.text[:300]))
    assert wrong == []
    print(f"\n{len(pages)} guarded pages and forms, {count} refusals")
