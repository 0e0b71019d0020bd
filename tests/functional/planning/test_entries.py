"""What engineers enter by hand, note and plan: one's own, as it was meant, gone when one goes."""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

import pytest
from sqlalchemy.orm import Session

from app.identity.people import account
from app.identity.people import service as people
from app.platform.db import Database
from app.platform.problems import Invalid, NotFound
from app.recognition.planning import choices, entries, evidence, notes
from app.recognition.planning.choices import Choice, NoCalendar
from app.recognition.planning.entry import Entry, NewEntry, check
from app.recognition.planning.evidence import TooMuchEvidence
from app.recognition.planning.notes import NewNote
from app.web.account.holdings import HOLDINGS
from tests.conftest import NOW, own_database

TODAY = NOW.date()
NEW = NewEntry(
    title="  Soil  mechanics, revisited ", completed="2026-10-03", kind="private_study",
    workload="2:30", tags=("technical",), competences=("EC2",), link="https://example.org/notes",
)  # fmt: skip
PDF = b"%PDF-1.7 a certificate"


@pytest.fixture(scope="module")
def empty(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with own_database(request, tmp_path_factory.mktemp("entries")) as url:
        opened = Database.open(url)
        yield opened
        opened.close()


@pytest.fixture
def session(empty: Database) -> Iterator[Session]:
    """What a test does is thrown away after it."""
    with empty.read() as session:
        yield session


def person(session: Session, email: str = "ada@example.org") -> str:
    return people.person_of_email(session, email, at=NOW).id


def added(session: Session, person_id: str, new: NewEntry = NEW) -> Entry:
    return entries.add(session, person_id, new, today=TODAY, at=NOW)


def codes(wrong: NewEntry) -> set[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        check(wrong, today=TODAY, at=NOW, person_id="p")
    return {(each.pointer, each.code) for each in caught.value.fields}


def test_an_entry_is_kept_as_it_was_meant(session: Session) -> None:
    ada = person(session)
    made = added(session, ada)
    kept = entries.get(session, ada, made.id)
    assert kept == made
    assert (kept.title, kept.completed) == ("Soil mechanics, revisited", date(2026, 10, 3))
    assert kept.measures == {"workload_minutes": Fraction(150), "work_hours": Fraction(5, 2)}


@pytest.mark.parametrize(
    ("written", "minutes"), [("2", 120), ("2:30", 150), ("2.5", 150), ("2,25", 135), ("0:45", 45)]
)
def test_times_are_read_as_people_write_them(written: str, minutes: int) -> None:
    made = check(
        NewEntry("A", "2026-10-03", "course", contact=written), today=TODAY, at=NOW, person_id="p"
    )
    assert made.contact_minutes == minutes


@pytest.mark.parametrize("written", ["2:75", "1.333", "-2", "0", "two", "99999", "2:", "٢"])
def test_no_time_is_guessed(written: str) -> None:
    assert ("/contact", "time-form") in codes(
        NewEntry("A", "2026-10-03", "course", contact=written)
    )


def test_every_fault_of_an_entry_is_named_at_once() -> None:
    tomorrow = str(TODAY + timedelta(days=1))
    wrong = NewEntry(
        title="", completed=tomorrow, kind="holiday", mode="x", role="y", tags=("z",),
        competences=("EC99",), language="not a tag", link="javascript:alert(1)",
        details="a" * 5000,
    )  # fmt: skip
    assert codes(wrong) == {
        ("/title", "required"), ("/completed", "time-order"), ("/kind", "unknown"),
        ("/mode", "unknown"), ("/role", "unknown"), ("/tags", "unknown"),
        ("/competences", "unknown"), ("/language", "language-form"), ("/link", "address-form"),
        ("/details", "text-form"), ("/contact", "required"),
    }  # fmt: skip


def test_nobody_sees_or_touches_the_entry_of_another(session: Session) -> None:
    ada, eve = person(session), person(session, "eve@example.org")
    made = added(session, ada)
    file = evidence.attach(session, ada, made.id, name="c.pdf", data=PDF, at=NOW)
    for attempt in (
        lambda: entries.get(session, eve, made.id),
        lambda: entries.remove(session, eve, made.id, at=NOW),
        lambda: entries.change(session, eve, made.id, NEW, today=TODAY, at=NOW),
        lambda: evidence.fetch(session, eve, file.id),
        lambda: evidence.remove(session, eve, file.id, at=NOW),
        lambda: evidence.attach(session, eve, made.id, name="c.pdf", data=PDF, at=NOW),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert entries.page(session, eve, cursor=None, limit=10).items == []


def test_entries_are_read_page_by_page(session: Session) -> None:
    ada = person(session)
    made = [added(session, ada).id for _ in range(5)]
    first = entries.page(session, ada, cursor=None, limit=3)
    then = entries.page(session, ada, cursor=first.next_cursor, limit=3)
    assert [one.id for one in (*first.items, *then.items)] == made[::-1]
    assert then.next_cursor is None


def test_a_file_is_what_its_bytes_say_and_is_kept_once(session: Session) -> None:
    ada = person(session)
    entry = added(session, ada)
    kept = evidence.attach(session, ada, entry.id, name="..\\a/my cert.exe", data=PDF, at=NOW)
    again = evidence.attach(session, ada, entry.id, name="other.pdf", data=PDF, at=NOW)
    assert again.id == kept.id
    assert (kept.name, kept.media_type) == ("my cert.exe.pdf", "application/pdf")
    assert kept.digest == hashlib.sha256(PDF).hexdigest()
    assert evidence.fetch(session, ada, kept.id).data == PDF


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file-missing"),
        (b"MZ\x90\x00", "file-kind"),
        (b"a text\x00with a zero", "file-kind"),
        (b"x" * (evidence.MOST_BYTES + 1), "file-too-large"),
    ],
)
def test_files_of_other_kinds_are_refused(session: Session, data: bytes, code: str) -> None:
    ada = person(session)
    entry = added(session, ada)
    with pytest.raises(Invalid) as caught:
        evidence.attach(session, ada, entry.id, name="f", data=data, at=NOW)
    assert [each.code for each in caught.value.fields] == [code]


def test_an_entry_keeps_only_so_many_files(session: Session) -> None:
    ada = person(session)
    entry = added(session, ada)
    for number in range(evidence.MOST_FILES):
        data = f"note {number}".encode()
        evidence.attach(session, ada, entry.id, name=f"{number}.txt", data=data, at=NOW)
    with pytest.raises(TooMuchEvidence):
        evidence.attach(session, ada, entry.id, name="one.txt", data=b"one more", at=NOW)


def test_notes_go_into_a_pack_only_where_that_was_chosen(session: Session) -> None:
    ada = person(session)

    def write(text: str, **more: object) -> str:
        new = NewNote("reflect", text, **more)  # type: ignore[arg-type] # fields by their names
        return notes.add(session, ada, new, registries=["pec", "ebk"], at=NOW).id

    write("private")
    chosen = [write("for all", in_pack=True), write("for pec", registry="pec", in_pack=True)]
    write("for ebk", registry="ebk", in_pack=True)
    write("long ago", day="2020-01-01", in_pack=True)
    found = notes.chosen(session, ada, "pec", first=date(2026, 1, 1), last=date(2026, 12, 31))
    assert [one.id for one in found] == chosen


def test_a_note_for_a_registry_one_is_not_in_is_refused(session: Session) -> None:
    with pytest.raises(Invalid) as caught:
        notes.add(
            session, person(session), NewNote("dream", "", "pec", "soon"), registries=[], at=NOW
        )
    assert {each.pointer for each in caught.value.fields} == {
        "/text", "/stage", "/registry", "/day",
    }  # fmt: skip


def test_a_calendar_has_one_address_which_can_be_ended(session: Session) -> None:
    ada = person(session)
    first = choices.new_calendar(session, ada, at=NOW)
    second = choices.new_calendar(session, ada, at=NOW)
    assert choices.whose_calendar(session, second) == ada
    for gone in (first, "", "x" * 43, second + "x"):
        with pytest.raises(NoCalendar):
            choices.whose_calendar(session, gone)
    choices.end_calendar(session, ada, at=NOW)
    with pytest.raises(NoCalendar):
        choices.whose_calendar(session, second)


def test_what_is_chosen_is_listed_by_its_day_and_can_be_taken_back(session: Session) -> None:
    ada = person(session)
    for name, day in (("late", date(2027, 5, 1)), ("any", None), ("soon", date(2026, 12, 1))):
        choices.choose(session, ada, Choice(name, name, "en", day, NOW), at=NOW)
    choices.choose(session, ada, Choice("late", "late", "en", date(2026, 11, 30), NOW), at=NOW)
    assert [one.course_id for one in choices.chosen(session, ada)] == ["late", "soon", "any"]
    choices.take_back(session, ada, "soon", at=NOW)
    with pytest.raises(NotFound):
        choices.take_back(session, ada, "soon", at=NOW)


def test_all_of_it_is_exported_and_goes_with_the_account(session: Session) -> None:
    ada, eve = person(session), person(session, "eve@example.org")
    entry = added(session, ada)
    evidence.attach(session, ada, entry.id, name="c.pdf", data=PDF, at=NOW)
    notes.add(session, ada, NewNote("plan", "More soil"), registries=[], at=NOW)
    choices.choose(session, ada, Choice("c", "Course", "en", None, NOW), at=NOW)
    choices.new_calendar(session, ada, at=NOW)
    choices.set_reminders(session, ada, wanted=True, at=NOW)
    others = added(session, eve)
    told = account.export(session, ada, HOLDINGS, node="https://cpd.example", at=NOW)
    assert [one["title"] for one in told["cpd_entries"]] == ["Soil mechanics, revisited"]
    assert [one["text"] for one in told["cpd_notes"]] == ["More soil"]
    assert "secret" not in str(told["cpd_calendar"])
    account.delete(session, ada, HOLDINGS, at=NOW)
    with pytest.raises(NotFound):
        entries.get(session, ada, entry.id)
    assert entries.get(session, eve, others.id) == others
