"""Reminders before a cycle ends: to who wants them, once, about what is missing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.recognition.planning import choices, reminders
from app.recognition.planning.outlook import outlook
from app.recognition.planning.reminders import Post
from app.recognition.register import service as register
from app.worker import Worker
from tests.simulator.mail import Mailbox
from tests.simulator.studying import ADA, BOARD, Studying

pytestmark = pytest.mark.slow


@pytest.fixture
def left(study: Studying) -> int:
    """How many days of the cycle are left."""
    with study.house.node.database.read() as session:
        one = register.get(session, BOARD, study.registrants[BOARD])
        found = outlook(session, one, at=study.house.now).view.days_left
    assert found is not None
    return found


def remind(study: Studying, *, days_left: int, of: int, mailer: Mailbox) -> int:
    post = Post(mailer, "https://cpd.example", "A node")
    at = study.house.now + timedelta(of - days_left)
    return reminders.remind_all(study.house.node.database, post, at=at)


def want(study: Studying, wanted: bool) -> None:
    with study.house.node.database.write() as session:
        choices.set_reminders(session, study.person(ADA), wanted=wanted, at=study.house.now)


def test_nobody_is_told_who_did_not_ask(study: Studying, left: int) -> None:
    box = Mailbox()
    assert remind(study, days_left=5, of=left, mailer=box) == 0
    assert box.sent == []


def test_each_reminder_is_written_once_and_says_what_is_missing(study: Studying, left: int) -> None:
    want(study, True)
    box = Mailbox()
    told = [
        remind(study, days_left=days, of=left, mailer=box)
        for days in (91, 90, 89, 40, 30, 12, 7, 6, 0)
    ]
    assert told == [0, 1, 0, 0, 1, 0, 1, 0, 0]
    assert {message.to for message in box.sent} == {ADA}
    text = box.sent[0].text
    assert "The registry board" in text
    assert "(90 days)" in text
    assert "missing" in text
    assert f"/account/cpd/cycles/{study.registrants[BOARD]}" in text
    want(study, False)


def test_a_mail_that_failed_is_tried_again(study: Studying, left: int) -> None:
    study.eve.post("/account/cpd/reminders", data={"before": "yes"})
    person = study.person("eve@example.org")
    study.register(BOARD, person, "board-eve")
    assert remind(study, days_left=20, of=left, mailer=Mailbox(broken=True)) == 0
    box = Mailbox()
    assert remind(study, days_left=19, of=left, mailer=box) == 1
    assert remind(study, days_left=18, of=left, mailer=box) == 0


def test_the_worker_reminds_once_a_day(study: Studying) -> None:
    worker = Worker(replace(study.house.node, mailer=Mailbox()), now=lambda: study.house.now)
    assert worker.remind() == 0
    assert worker.remind() == 0
