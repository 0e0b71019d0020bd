from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.harvest import RUN_FINISHED, Mode, Run, RunState, service
from app.harvest.telling import Reports, Wanted, removing
from app.harvest.telling import service as telling
from app.harvest.telling.letters import MOST_ATTEMPTS
from app.harvest.telling.tables import RunReportRow
from app.identity import service as identity
from app.identity.model import Kind, Role
from app.identity.people import service as people
from app.platform import outbox
from app.platform.db import Base, Database
from app.platform.problems import Invalid
from connectors.contract import SourceUnavailable
from tests.conftest import NOW
from tests.simulator.harvests import course, courses
from tests.simulator.house import House
from tests.simulator.mail import Mailbox

OWNER, EDITOR, READER = "owner@cse.example", "editor@cse.example", "reader@cse.example"


@dataclass
class Office:
    """A source whose society has an owner, an editor and a reader."""

    house: House
    mailbox: Mailbox = field(default_factory=Mailbox)
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.house.database.write() as session:
            identity.add_organisation(session, id="cse", kind=Kind.SOCIETY, name="CSE", at=NOW)
            roles = {OWNER: Role.OWNER, EDITOR: Role.EDITOR, READER: Role.READER}
            for email, role in roles.items():
                person = people.person_of_email(session, email, at=NOW)
                self.ids[email] = person.id
                people.set_roles(session, "cse", person.id, {role}, at=NOW, who="system:test")

    def tell(self, *, after: timedelta = timedelta()) -> int:
        post = telling.Post(self.mailbox, "https://cpd.example", "A node")
        return telling.work(self.house.database, post, at=self.house.now() + after)

    def wants(self, wanted: Wanted, *chosen: str) -> None:
        with self.house.database.write() as session:
            source = service.get_source(session, "s")
            reports = Reports(wanted, tuple(sorted(self.ids[one] for one in chosen)))
            telling.set_reports(session, source, reports, who="person:p", at=NOW)

    def read(self, what: Callable[[Session], Any]) -> Any:
        return self.house.read(what)

    @property
    def to(self) -> list[str]:
        return sorted(message.to for message in self.mailbox.sent)

    def bad_run(self) -> Run:
        self.house.feed.items = [*courses(3), course(9, bad=True), course(8, bad=True)]
        return self.house.run()


@pytest.fixture
def office(database: Database) -> Office:
    return Office(House(database))


def test_a_run_is_summed_up_once_with_quality_and_codes(office: Office) -> None:
    run = office.bad_run()
    assert office.tell() >= 1
    (summary,) = office.read(lambda session: telling.summaries(session, "s"))
    assert (summary.run_id, summary.state) == (run.id, RunState.DONE_WITH_ERRORS)
    assert (summary.quality.courses, summary.quality.missing["credits"]) == (3, 3)
    assert summary.counters["rejected"] == 2
    assert [(one.severity, one.code, one.count) for one in summary.codes] == [("error", "E-BAD", 2)]
    assert office.read(lambda s: outbox.due(s, RUN_FINISHED, at=office.house.now(), limit=9)) == []
    office.house.feed.items = courses(3)
    office.house.run()
    office.tell()
    newest, oldest = office.read(lambda session: telling.summaries(session, "s"))
    assert (newest.state, oldest.run_id) == (RunState.DONE, run.id)
    assert office.read(lambda session: telling.latest(session, ["s", "x"]))["s"] == newest


def test_who_may_change_the_catalogue_is_told_of_trouble_and_nobody_of_a_good_run(
    office: Office,
) -> None:
    office.house.feed.items = courses(3)
    office.house.run()
    office.tell()
    assert office.to == []
    run = office.bad_run()
    office.tell()
    assert office.to == [EDITOR, OWNER]
    text = office.mailbox.sent[0].text
    assert "is done, with errors" in office.mailbox.sent[0].subject
    assert "error E-BAD: 2 times" in text
    assert "5 seen" in text
    assert "https://cpd.example/organisations/cse/sources/s\n" in text
    office.tell()
    office.tell(after=timedelta(days=2))
    assert len(office.to) == 2, "each is told once of a run"
    assert office.read(lambda s: telling.letters(s, run.id)) == {"sent": 2}


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Wanted.ALWAYS, [True, True, True, True]),
        (Wanted.TROUBLE, [False, True, True, False]),
        (Wanted.CHANGE, [False, True, False, True]),
        (Wanted.NEVER, [False, False, False, False]),
    ],
)
def test_a_source_says_after_which_runs_it_wants_letters(
    office: Office, wanted: Wanted, told: list[bool]
) -> None:
    office.wants(wanted, EDITOR)
    found = []
    for items in (courses(3), [*courses(3), course(9, bad=True)], None, courses(3)):
        office.house.feed.items = office.house.feed.items if items is None else items
        office.house.run()
        before = len(office.to)
        office.tell()
        found.append(len(office.to) > before)
    assert found == told
    assert set(office.to) <= {EDITOR}


def test_a_held_run_asks_for_an_answer_and_is_told_once_although_it_ends_twice(
    office: Office,
) -> None:
    office.wants(Wanted.ALWAYS, OWNER)
    office.house.feed.items = courses(40)
    office.house.run()
    office.tell()
    office.house.feed.items = courses(4)
    held = office.house.run()
    office.tell()
    assert f"/organisations/cse/sources/s/runs/{held.id}" in office.mailbox.sent[-1].text
    with office.house.database.write() as session:
        service.release(session, held.id, who="person:p", at=office.house.now())
    office.tell()
    assert len(office.to) == 2
    summary = office.read(lambda session: telling.latest(session, ["s"]))["s"]
    assert (summary.run_id, summary.state) == (held.id, RunState.DONE)
    assert summary.counters["withdrawn"] == 36


def test_a_run_that_keeps_nothing_leaves_no_summary_and_tells_nobody(office: Office) -> None:
    office.wants(Wanted.ALWAYS)
    office.house.feed.items = courses(3)
    office.house.run(mode=Mode.DRY_RUN)
    office.tell()
    assert office.read(lambda session: telling.summaries(session, "s")) == []
    assert office.to == []


def test_a_letter_waits_longer_after_each_failure_and_is_given_up_at_last(office: Office) -> None:
    office.wants(Wanted.TROUBLE, OWNER)
    office.mailbox.broken = True
    run = office.bad_run()
    assert office.tell() == 2, "a run summed up, a letter tried"
    assert office.tell() == 0, "it rests"
    tries = 1
    for hours in range(1, 60):
        tries += office.tell(after=timedelta(hours=hours))
    assert tries == MOST_ATTEMPTS
    assert office.read(lambda s: telling.letters(s, run.id)) == {"failed": 1}
    office.mailbox.broken = False
    office.tell(after=timedelta(days=30))
    assert office.to == []


def test_a_letter_whose_process_died_is_sent_by_another(office: Office) -> None:
    class Dies(Exception):
        pass

    class Dying(Mailbox):
        def send(self, message: Any) -> None:
            raise Dies

    office.wants(Wanted.TROUBLE, OWNER)
    office.bad_run()
    well, office.mailbox = office.mailbox, Dying()
    with pytest.raises(Dies):
        office.tell()
    office.mailbox = well
    assert office.tell() == 0, "it may still be in hand"
    office.tell(after=timedelta(minutes=6))
    assert office.to == [OWNER]


def test_who_left_the_society_is_told_nothing_and_strangers_cannot_be_chosen(
    office: Office,
) -> None:
    office.wants(Wanted.TROUBLE, READER)
    office.bad_run()
    with office.house.database.write() as session:
        people.end_membership(session, "cse", office.ids[READER], at=NOW, who="system:test")
    office.tell()
    assert office.to == [EDITOR, OWNER], "of the chosen nobody is left"
    office.ids["stranger"] = "x"
    with pytest.raises(Invalid):
        office.wants(Wanted.TROUBLE, "stranger")


def test_what_a_feed_says_cannot_break_out_of_its_line(office: Office) -> None:
    office.wants(Wanted.TROUBLE, OWNER)
    evil = "x\nBcc: all@example.org\n\nhttps://evil.example"
    office.house.feed.items = courses(1)
    office.house.feed.trouble = {0: SourceUnavailable(evil)}
    office.house.run()
    office.tell()
    (message,) = office.mailbox.sent
    assert "\n> x Bcc: all@example.org https://evil.example\n" in message.text


def test_a_removed_source_takes_its_courses_along_and_leaves_nothing_but_the_trail(
    office: Office,
) -> None:
    office.house.feed.items = [*courses(430), course(999, bad=True)]
    office.house.run()
    office.tell()
    with office.house.database.write() as session:
        removing.ask(session, "s", who="person:p", at=NOW)
        removing.ask(session, "s", who="person:p", at=NOW)
    assert office.read(removing.going) == ["s"]
    parts = []
    while done := removing.work(office.house.database, at=office.house.now()):
        parts.append(done)
    assert parts == [200, 200, 31, 1]
    assert office.read(service.list_sources) == []
    assert office.read(catalogue.count_courses) == 0

    def left(session: Session) -> dict[str, int]:
        names = ("source", "run", "raw_item", "issue", "run_summary", "run_report")
        tables = (Base.metadata.tables[name] for name in names)
        return {t.name: session.scalar(select(func.count()).select_from(t)) or 0 for t in tables}

    assert set(office.read(left).values()) == {0}
    assert office.read(lambda s: s.scalar(select(func.count()).select_from(RunReportRow))) == 0
