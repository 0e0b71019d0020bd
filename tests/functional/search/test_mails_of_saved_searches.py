"""Mails about what is new in saved searches: once, together, never past a course."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from app.identity.people import service as people
from app.platform.db import Database
from app.platform.mail import Mailer, Message
from app.search import Health, Query, Results, SearchIndex, SearchUnavailable
from app.search.saved import digest, news, rules, service
from app.search.saved.model import Digest, NewSearch, SavedSearch
from app.web.searches.letters import Letters
from tests.conftest import NOW
from tests.simulator.mail import Mailbox
from tests.simulator.newcomers import Newcomers

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = NOW.replace(hour=0)
ADA, EVE = "ada@example.org", "eve@example.org"
URL = "https://cpd.example"


class Dies(Exception):
    """The process ends here."""


class Last:
    """A mail server that takes a mail, after which the process ends before it can note that."""

    def __init__(self, box: Mailbox) -> None:
        self.box = box

    def send(self, message: Message) -> None:
        self.box.send(message)
        raise Dies


class Readers:
    """People with searches, a catalogue that grows, and a worker that looks every hour."""

    def __init__(self, database: Database, index: SearchIndex) -> None:
        self.database, self.index = database, index
        self.box = Mailbox()
        self.courses = Newcomers(database, index, MONDAY)
        self.ids = {email: self._person(email) for email in (ADA, EVE)}

    def _person(self, email: str) -> str:
        with self.database.write() as session:
            return people.person_of_email(session, email, at=MONDAY).id

    def save(
        self, email: str, how: Digest = Digest.DAILY, *, at: datetime = MONDAY, **params: str
    ) -> SavedSearch:
        new = NewSearch(params.get("q", "Everything"), params, how.value)
        with self.database.write() as session:
            return service.save(session, self.ids[email], new, at=at)

    def held(self, email: str) -> list[SavedSearch]:
        with self.database.read() as session:
            return list(service.of_person(session, self.ids[email]))

    def work(self, at: datetime, mailer: Mailer | None = None) -> int:
        post = digest.Post(mailer or self.box, Letters(URL, "A node").write)
        return digest.send_due(self.database, self.index, post, at=at)

    def until(self, last: datetime, since: datetime = MONDAY) -> list[datetime]:
        """Look every hour; when mail came."""
        came, at = [], since
        while at <= last:
            before = len(self.box.sent)
            self.work(at)
            came += [at] * (len(self.box.sent) - before)
            at += HOUR
        return came

    def told(self) -> list[str]:
        """The titles in all mails, in their order."""
        return [title for one in self.box.sent for title in titles(one)]


def titles(message: Message) -> list[str]:
    return re.findall(r"^- (.+)$", message.text, re.MULTILINE)


@pytest.fixture
def readers(database: Database, empty_index: SearchIndex) -> Readers:
    return Readers(database, empty_index)


def test_what_joined_since_is_told_once_a_day_and_nothing_else(readers: Readers) -> None:
    readers.courses.add("old", "Bridge bearings", at=MONDAY - DAY)
    readers.save(ADA, q="bridge")
    readers.courses.add("new", "Bridge decks", at=MONDAY + 9 * HOUR)
    readers.courses.add("other", "Water mains", at=MONDAY + 9 * HOUR)
    assert readers.until(MONDAY + 4 * DAY) == [MONDAY + DAY + 6 * HOUR]
    assert readers.told() == ["Bridge decks"]
    readers.courses.edit("new", "Bridge decks and joints", at=MONDAY + 5 * DAY)
    assert readers.until(MONDAY + 7 * DAY, MONDAY + 5 * DAY) == []


def test_a_mail_says_what_who_where_and_how_to_end_it(readers: Readers) -> None:
    readers.save(ADA, q="bridge")
    course = readers.courses.add("new", "Bridge decks", at=MONDAY + HOUR)
    readers.until(MONDAY + DAY)
    (mail,) = readers.box.sent
    assert (mail.to, mail.subject) == (ADA, "1 new course in your searches at A node")
    lines = mail.text.splitlines()
    assert lines[:2] == ["bridge", "1 new course"]
    at = lines.index("- Bridge decks")
    assert lines[at + 1 : at + 3] == [
        "  Lakeside Institution of Engineers", f"  {URL}/courses/{course}",
    ]  # fmt: skip
    assert f"  {URL}/?q=bridge&sort=newest" in lines
    assert f"{URL}/account/searches" in lines
    end = mail.headers["List-Unsubscribe"]
    assert end.strip("<>") in lines
    assert re.fullmatch(rf"<{URL}/unsubscribe/[\w-]{{43}}>", end)
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_one_click_is_offered_where_it_is_safe(readers: Readers) -> None:
    readers.save(ADA)
    readers.courses.add("new", "Bridge decks", at=MONDAY + HOUR)
    post = digest.Post(readers.box, Letters("http://localhost:8000", "A node").write)
    digest.send_due(readers.database, readers.index, post, at=MONDAY + DAY)
    assert list(readers.box.sent[0].headers) == ["List-Unsubscribe"]


def test_all_searches_of_a_person_come_in_one_mail(readers: Readers) -> None:
    readers.save(ADA, q="bridge")
    readers.save(ADA, q="water")
    readers.save(ADA, Digest.WEEKLY, q="mains")
    readers.save(ADA, Digest.NONE, q="decks")
    readers.save(EVE, q="water")
    readers.courses.add("a", "Bridge decks", at=MONDAY + HOUR)
    readers.courses.add("b", "Water mains", at=MONDAY + HOUR)
    assert readers.until(MONDAY + DAY) == [MONDAY + 6 * HOUR] * 2
    by = {one.to: one for one in readers.box.sent}
    assert by[ADA].subject.startswith("3 new courses")  # the weekly one is due on Mondays, too
    assert titles(by[ADA]) == ["Bridge decks", "Water mains", "Water mains"]
    assert titles(by[EVE]) == ["Water mains"]


def test_who_wants_it_weekly_is_told_on_mondays(readers: Readers) -> None:
    readers.save(ADA, Digest.WEEKLY, at=MONDAY + 7 * HOUR)
    for day in range(6):
        name = f"Course {day}"
        readers.courses.add(name, name, at=MONDAY + day * DAY + 9 * HOUR)
    assert readers.until(MONDAY + 8 * DAY, MONDAY + 8 * HOUR) == [MONDAY + 7 * DAY + 6 * HOUR]
    assert readers.told() == [f"Course {day}" for day in reversed(range(6))]


def test_nobody_gets_mail_when_nothing_is_new(readers: Readers) -> None:
    readers.courses.add("old", "Bridge decks", at=MONDAY - DAY)
    readers.save(ADA)
    assert readers.until(MONDAY + 9 * DAY) == []


def test_a_mail_names_a_few_and_counts_the_others(readers: Readers) -> None:
    readers.save(ADA)
    for number in range(news.MOST_TOLD + 3):
        at = MONDAY + timedelta(seconds=number + 1)
        readers.courses.take(f"c{number}", f"Course {number}", at=at)
    readers.courses.follow(at=MONDAY + HOUR)
    readers.until(MONDAY + DAY)
    (mail,) = readers.box.sent
    assert titles(mail)[0] == f"Course {news.MOST_TOLD + 2}"
    assert len(titles(mail)) == news.MOST_TOLD
    assert "13 new courses" in mail.text
    assert "All of them, the newest first:" in mail.text


def test_what_is_not_in_the_index_yet_is_told_next_time(readers: Readers) -> None:
    readers.save(ADA)
    readers.courses.take("late", "Bridge decks", at=MONDAY + 3 * HOUR)
    readers.courses.take("later", "Water mains", at=MONDAY + 5.5 * HOUR)
    assert readers.until(MONDAY + 7 * HOUR) == []
    readers.courses.follow(at=MONDAY + 8 * HOUR)
    assert readers.until(MONDAY + 3 * DAY, MONDAY + 8 * HOUR) == [MONDAY + DAY + 6 * HOUR]
    assert sorted(readers.told()) == ["Bridge decks", "Water mains"]


def test_a_search_engine_that_is_down_postpones_and_skips_nothing(readers: Readers) -> None:
    readers.save(ADA)
    readers.courses.add("new", "Bridge decks", at=MONDAY + HOUR)
    ours, readers.index = readers.index, Down(readers.index)
    for hour in range(6, 60):
        with pytest.raises(SearchUnavailable):
            readers.work(MONDAY + hour * HOUR)
    readers.index = Down(ours, healthy=True)  # it dies between the question and the answer
    assert readers.work(MONDAY + 60 * HOUR) == 1
    assert readers.work(MONDAY + 60 * HOUR) == 0
    assert readers.box.sent == []
    readers.index = ours
    assert readers.until(MONDAY + 4 * DAY, MONDAY + 61 * HOUR) == [MONDAY + 61 * HOUR]
    assert readers.told() == ["Bridge decks"]


def test_an_index_that_is_not_whole_postpones_too(readers: Readers) -> None:
    readers.save(ADA)
    readers.courses.add("new", "Bridge decks", at=MONDAY + HOUR)
    ours, readers.index = readers.index, Partial(readers.index)
    with pytest.raises(SearchUnavailable):
        readers.work(MONDAY + 6 * HOUR)
    readers.index = ours
    readers.work(MONDAY + 7 * HOUR)
    assert readers.told() == ["Bridge decks"]


class Partial:
    """An index that answers with what it has so far."""

    def __init__(self, index: SearchIndex) -> None:
        self._index = index

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def health(self) -> Health:
        return Health(ok=True, detail="It is being built.", documents=0, needs_rebuild=True)


class Down:
    """A search engine that does not answer."""

    def __init__(self, index: SearchIndex, *, healthy: bool = False) -> None:
        self._index, self._healthy = index, healthy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def health(self) -> Health:
        return Health(self._healthy, "It does not answer.", 0)

    def search(self, query: Query) -> Results:
        raise SearchUnavailable("It does not answer.")


@pytest.mark.slow
def test_a_mail_server_that_is_down_is_tried_again_after_growing_pauses(readers: Readers) -> None:
    readers.save(ADA)
    readers.courses.add("new", "Bridge decks", at=MONDAY + HOUR)
    readers.box.broken = True
    tried, at = [], MONDAY + 6 * HOUR
    for _ in range(3 * 24 * 60):
        if readers.work(at):
            tried.append(at)
        at += timedelta(minutes=1)
    pauses = [later - one for one, later in pairwise(tried)]
    assert pauses[:3] == [rules.FIRST_PAUSE * 2**n for n in range(3)]
    assert pauses == sorted(pauses)
    assert max(pauses) <= rules.LONGEST_PAUSE
    readers.courses.add("newer", "Water mains", at=at - 2 * HOUR)
    readers.box.broken = False
    readers.until(at + DAY, at)
    assert readers.told() == ["Water mains", "Bridge decks"]
    assert len(readers.box.sent) == 1


def test_who_dies_after_sending_repeats_it_once_and_never_again(readers: Readers) -> None:
    readers.save(ADA)
    readers.courses.add("new", "Bridge decks", at=MONDAY + HOUR)
    at = MONDAY + 6 * HOUR
    for _ in range(5):
        with suppress(Dies):
            readers.work(at, Last(readers.box))
        at += digest.IN_HAND
    assert len(readers.box.sent) == 2
    readers.courses.add("newer", "Water mains", at=at)
    readers.until(MONDAY + 2 * DAY, at)
    assert readers.told() == ["Bridge decks", "Bridge decks", "Water mains"]


def test_a_mail_in_hand_is_nobody_elses(readers: Readers) -> None:
    readers.save(ADA)
    readers.courses.add("new", "Bridge decks", at=MONDAY + HOUR)
    seen: list[int] = []

    class Meanwhile:
        def send(self, message: Message) -> None:
            one = readers.held(ADA)[0]
            with readers.database.write() as session:
                service.change(
                    session, readers.ids[ADA], one.id, name="Renamed", digest="daily", at=NOW
                )
            seen.append(readers.work(MONDAY + 6 * HOUR + timedelta(minutes=1)))
            readers.box.send(message)

    assert readers.work(MONDAY + 6 * HOUR, Meanwhile()) == 1
    assert seen == [0]
    assert readers.until(MONDAY + 3 * DAY, MONDAY + 7 * HOUR) == []
    assert len(readers.box.sent) == 1


def test_several_workers_send_it_once(readers: Readers) -> None:
    people_of = [ADA, EVE]
    for one in people_of:
        readers.save(one)
    readers.courses.add("new", "Bridge decks", at=MONDAY + HOUR)
    with ThreadPoolExecutor(4) as workers:
        for one in [workers.submit(readers.work, MONDAY + 6 * HOUR) for _ in range(4)]:
            one.result()
    assert sorted(one.to for one in readers.box.sent) == people_of


def test_some_of_the_words_are_not_all_of_them(readers: Readers) -> None:
    readers.save(ADA, q="bridge anemometer")
    readers.courses.add("new", "Bridge decks", at=MONDAY + HOUR)
    assert readers.until(MONDAY + DAY) == []


def test_it_is_written_in_the_readers_language_and_titles_come_in_it(readers: Readers) -> None:
    with readers.database.write() as session:
        people.set_profile(session, readers.ids[ADA], name="Ada", language="zh-Hans", at=MONDAY)
    readers.save(ADA)
    readers.courses.add("t", "", title={"en": "Tunnels", "zh": "隧道工程"}, at=MONDAY + HOUR)
    readers.until(MONDAY + DAY)
    (mail,) = readers.box.sent
    assert titles(mail) == ["隧道工程"]
    assert mail.subject == "您在 A node 的搜索中有 1 门新课程"
    assert "您要求获知新课程" in mail.text


def test_hostile_titles_and_names_stay_in_their_lines(readers: Readers) -> None:
    title = "Bridge\r\nBcc: eve@example.org\r\n\r\n- forged"
    readers.save(ADA)
    one = readers.held(ADA)[0]
    with readers.database.write() as session:
        service.change(
            session, readers.ids[ADA], one.id, name="x\r\n- forged too", digest="daily", at=MONDAY
        )
    readers.courses.add("new", title, at=MONDAY + HOUR)
    readers.until(MONDAY + DAY)
    (mail,) = readers.box.sent
    assert len(titles(mail)) == 1
    assert "\n" not in mail.subject
    assert mail.text.splitlines()[0] == "x - forged too"


def test_a_search_that_is_not_understood_any_more_holds_up_no_other(readers: Readers) -> None:
    gone = readers.save(ADA, q="bridge")
    readers.save(ADA, q="water")
    with readers.database.engine.begin() as connection:
        connection.exec_driver_sql(
            'UPDATE saved_search SET parameters = \'{"colour": ["red"]}\' WHERE id = '
            f"'{gone.id}'"
        )
    readers.courses.add("a", "Bridge decks", at=MONDAY + HOUR)
    readers.courses.add("b", "Water mains", at=MONDAY + HOUR)
    assert len(readers.until(MONDAY + 3 * DAY)) == 1
    assert readers.told() == ["Water mains"]
    assert [one.pointer for held in readers.held(ADA) for one in held.wrong] == ["colour"]


def test_who_ends_the_mails_gets_none_and_keeps_the_searches(readers: Readers) -> None:
    readers.save(ADA)
    readers.courses.add("a", "Bridge decks", at=MONDAY + HOUR)
    readers.until(MONDAY + DAY)
    token = readers.box.sent[0].headers["List-Unsubscribe"].rpartition("/")[2].strip(">")
    for _ in range(2):
        with readers.database.write() as session:
            service.end_mails(session, token, at=MONDAY + DAY)
    readers.courses.add("b", "Water mains", at=MONDAY + DAY)
    assert readers.until(MONDAY + 4 * DAY, MONDAY + DAY) == []
    (one,) = readers.held(ADA)
    assert one.digest is Digest.NONE
    with readers.database.write() as session:  # and from then on, when it is wanted again
        at = MONDAY + 4 * DAY
        service.change(session, readers.ids[ADA], one.id, name="a", digest="daily", at=at)
    readers.courses.add("c", "Tunnels", at=MONDAY + 4 * DAY + HOUR)
    readers.until(MONDAY + 6 * DAY, MONDAY + 4 * DAY)
    assert readers.told() == ["Bridge decks", "Tunnels"]
