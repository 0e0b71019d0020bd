"""The pages on which an organisation's members manage webhooks, without JavaScript."""

import re
from itertools import count

import pytest
from fastapi.testclient import TestClient

from app.identity import service as identity
from app.identity.model import Kind, Role
from app.platform import clock
from app.worker import Worker
from tests.simulator import receiver as does
from tests.simulator.members import House
from tests.simulator.receiver import Receiver
from tests.simulator.webhooks import is_signed_by

NUMBERS = count(1)


class Member:
    """An owner of a society of this test's own, in a browser."""

    def __init__(self, house: House) -> None:
        self.house, self.name = house, f"pages{next(NUMBERS)}"
        house.now = clock.now()
        with house.node.database.write() as session:
            identity.add_organisation(
                session, id=self.name, kind=Kind.SOCIETY, name="A <b>society</b>", at=house.now
            )
        self.owner = self.browser("owner", Role.OWNER)
        self.path = f"/organisations/{self.name}/webhooks"

    def browser(self, who: str, role: Role) -> TestClient:
        return self.house.sign_in(f"{who}@{self.name}.example", **{self.name: role})

    def add(self, url: str, **more: object) -> tuple[str, str]:
        """The path of a new webhook's page, and its secret."""
        form = {"url": url, "events": ["course.changed"], "description": "<i>ours</i>", **more}
        answer = self.owner.post(self.path, data=form)
        assert answer.status_code == 200, answer.text
        (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", answer.text)
        found = re.search(rf'action="({self.path}/[0-9a-f-]+)/change"', answer.text)
        assert found
        return found[1], secret

    def work(self) -> None:
        Worker(self.house.node, now=lambda: self.house.now).run(once=True)


@pytest.fixture
def member(webhooks_house: House) -> Member:
    return Member(webhooks_house)


def test_a_webhook_from_its_making_to_its_end(member: Member, receiver: Receiver) -> None:
    owner = member.owner
    page, secret = member.add(receiver.url("/hooks"))
    assert secret not in owner.get(page).text
    assert "whsec_" not in owner.get(member.path).text

    assert owner.post(f"{page}/test").headers["location"] == f"{page}?done=tested"
    receiver.behave = does.status(500, b"<script>alert(1)</script>\xff")
    member.work()
    assert is_signed_by(receiver.received[0], secret)
    shown = owner.get(page).text
    assert "Answer 500 after" in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert(1)" not in shown

    found = re.search(rf"{page}/deliveries/[0-9a-f-]+/replay", shown)
    assert found
    receiver.behave = does.status(200)
    assert owner.post(found[0]).status_code == 303
    member.work()
    first, second = receiver.received
    assert first.id == second.id
    assert "delivered (1)" in owner.get(f"{page}?state=delivered").text

    rotated = owner.post(f"{page}/rotate").text
    assert secret not in rotated
    assert "earlier secrets sign beside" in rotated

    assert owner.post(f"{page}/enabled", data={"wanted": "no"}).status_code == 303
    assert owner.post(f"{page}/test").status_code == 409
    assert "Somebody of this organisation disabled it." in owner.get(page).text
    assert owner.post(f"{page}/enabled", data={"wanted": "yes"}).status_code == 303
    again = owner.post(f"{page}/replay", data={"since": "2026-01-01T00:00"})
    assert again.headers["location"].endswith("?done=replayed")
    assert owner.post(f"{page}/delete").headers["location"] == f"{member.path}?done=deleted"
    assert owner.get(page).status_code == 404


def test_what_is_wrong_is_said_beside_the_field_and_nothing_written_is_lost(
    member: Member,
) -> None:
    wrong = {"url": 'ftp://x.example/"<b>', "description": "Ours & theirs"}
    answer = member.owner.post(member.path, data=wrong)
    assert answer.status_code == 422
    assert 'value="ftp://x.example/&#34;&lt;b&gt;"' in answer.text
    assert 'id="url-wrong"' in answer.text
    assert 'id="events-wrong"' in answer.text
    assert 'value="Ours &amp; theirs"' in answer.text

    page, _ = member.add("https://lms.example/hooks")
    seen = re.search(r'name="seen" value="([^"]+)"', member.owner.get(page).text)
    assert seen
    change = {"url": "https://lms.example/other", "events": ["run.finished"]}
    fresh = {**change, "seen": seen[1].replace("&#34;", '"')}
    assert member.owner.post(f"{page}/change", data=fresh).status_code == 303
    stale = member.owner.post(f"{page}/change", data={**fresh, "description": "Mine"})
    assert (stale.status_code, 'value="Mine"' in stale.text) == (412, True)
    bad = member.owner.post(f"{page}/replay", data={"since": "yesterday"})
    assert (bad.status_code, 'id="since-wrong"' in bad.text) == (422, True)


def test_only_who_may_manage_webhooks_sees_them(member: Member) -> None:
    page, _ = member.add("https://lms.example/hooks")
    strangers = member.house.sign_in(f"stranger@{member.name}.example")
    for browser, status in (
        (member.browser("editor", Role.EDITOR), 403),
        (strangers, 404),
        (member.house.browser(), 303),
    ):
        for path in (member.path, page):
            assert browser.get(path).status_code == status
        for ending in ("/change", "/enabled", "/delete", "/rotate", "/test", "/replay"):
            answer = browser.post(f"{page}{ending}", data={"since": "2026-01-01T00:00"})
            assert answer.status_code == status, ending
            assert "whsec_" not in answer.text
    other = Member(member.house)
    for ending in ("", "/rotate", "/test", "/delete", "/enabled"):
        foreign = page.replace(member.name, other.name) + ending
        answer = other.owner.post(foreign) if ending else other.owner.get(foreign)
        assert answer.status_code == 404, ending
    assert member.owner.get(page).status_code == 200
