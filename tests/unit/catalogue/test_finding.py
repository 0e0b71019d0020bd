"""The search for like courses: in the background, bounded, resumable, and it asks nobody twice."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalogue import service
from app.catalogue.document import digest
from app.catalogue.model import NewSociety
from app.catalogue.naming import service as naming
from app.catalogue.reviewing import finding, pairs
from app.catalogue.reviewing import service as reviewing
from app.catalogue.reviewing import store as reviews
from app.catalogue.reviewing.model import Kind, Suggestion
from app.catalogue.reviewing.service import Word
from app.catalogue.tables import SourceRecordRow
from app.platform.db import Database
from app.platform.problems import Conflict, Invalid, NotFound
from tests.conftest import NOW

BY = Word("person:anna", NOW)


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as session:
        for name in ("cse", "pec"):
            names = {"en": name.upper(), "zh": f"{name}学会"}
            service.add_society(session, NewSociety(names, id=name), at=NOW)
    return database


def take(
    database: Database, title: str, *, source: str = "a", remote: str = "1", society: str = "cse",
    pushed: bool = False, language: str = "en", **item: Any,
) -> str:  # fmt: skip
    given = {"title": {language: title}, "metadata_language": language, **item}
    with database.write() as session:
        taken = service.take(
            session, given, society_id=society, source_id=source, remote_id=remote,
            digest=digest(given), at=NOW, pushed=pushed,
        )  # fmt: skip
    assert taken.course_id
    return taken.course_id


def queue(database: Database, **more: Any) -> list[Suggestion]:
    given = {"kind": None, "society_id": None, "after": None, "limit": 50, **more}
    with database.read() as session:
        return pairs.queue(session, **given)


def search(database: Database) -> int:
    return finding.look_at_all(database, at=NOW)


def test_a_like_course_is_put_into_the_queue_and_merged_by_nobody(filled: Database) -> None:
    left = take(filled, "Inspection of bridges", source="a")
    right = take(filled, "Inspection of bridge", source="b")
    assert queue(filled) == [], "a harvest looks for nothing"
    assert search(filled) == 2
    (asked,) = queue(filled)
    assert {asked.course_a, asked.course_b} == {left, right}
    assert asked.kind is Kind.SAME
    assert search(filled) == 0, "nothing is due any more"
    assert queue(filled) == [asked]


def test_it_goes_on_where_it_was_and_twice_does_no_harm(filled: Database) -> None:
    for number in range(5):
        take(filled, f"Course of kind {'abcde'[number] * 6}", remote=str(number))
    take(filled, "Course of kind aaaaaaa", source="b")
    assert finding.look(filled, at=NOW, batch=2) == 2
    with filled.read() as session:
        due = select(func.count()).where(SourceRecordRow.search_due)
        assert session.scalar(due) == 4
        changed = pairs.due(session, limit=2)
    assert search(filled) == 4
    before = queue(filled)
    with filled.write() as session:
        reviews.look_again(session, [one.id for one in changed])
    search(filled)
    assert queue(filled) == before
    assert len(before) == 1


def test_a_pair_goes_when_a_record_says_something_else(filled: Database) -> None:
    take(filled, "Inspection of bridges", source="a")
    take(filled, "Inspection of bridge", source="b")
    search(filled)
    assert queue(filled)
    take(filled, "Inspection of tunnels", source="b")
    search(filled)
    assert queue(filled) == []


def test_nobody_is_asked_what_somebody_decided(filled: Database) -> None:
    take(filled, "Inspection of bridges", source="a")
    take(filled, "Inspection of bridge", source="b")
    search(filled)
    (asked,) = queue(filled)
    with filled.write() as session:
        made = reviewing.never(session, reviewing.found_of(asked), BY)
        reviews.look_again(session, [asked.record_a, asked.record_b])
    search(filled)
    assert queue(filled) == []
    with filled.write() as session:
        reviewing.lift(session, made.id, BY)
    search(filled)
    assert [(one.record_a, one.record_b) for one in queue(filled)] == [
        (asked.record_a, asked.record_b)
    ]


def test_nobody_is_asked_about_a_course_that_has_that_source_already(filled: Database) -> None:
    take(filled, "Inspection of bridges", source="a", remote="1")
    take(filled, "Inspection of bridges", source="b")
    take(filled, "Inspection of bridge", source="a", remote="2")
    search(filled)
    assert queue(filled) == []


def test_a_variant_in_another_language_is_of_a_kind_of_its_own(filled: Database) -> None:
    who = {"runs": [{"id": "1", "start": "2027-01-01", "instructors": ["Ada Obi"]}]}
    take(filled, "Bridges", remote="1", duration="PT8H", **who)
    take(filled, "桥梁", remote="2", language="zh", duration="PT8H", **who)
    search(filled)
    (asked,) = queue(filled, kind=Kind.TRANSLATION)
    assert queue(filled, kind=Kind.SAME) == []
    with filled.write() as session:
        reviewing.accept(session, reviewing.found_of(asked), BY)
    search(filled)
    assert queue(filled) == []


def test_the_work_for_one_record_has_a_bound(filled: Database) -> None:
    for number in range(finding.FULL + 20):
        take(
            filled,
            "The very same title",
            source=f"s{number}",
            level=str(number),
            duration=f"PT{number + 1}H",
        )
    assert search(filled) == finding.FULL + 20
    with filled.read() as session:
        listed = pairs.members(session, [1, 2, 3], most=finding.FULL + 1)
    assert all(len(one) <= finding.FULL + 1 for one in listed)


def test_a_society_sees_the_pairs_that_are_wholly_its_own(filled: Database) -> None:
    take(filled, "Inspection of bridges", source="a")
    take(filled, "Inspection of bridge", source="b")
    told: dict[str, Any] = {"duration": "PT8H", "fields": ["0732"]}
    take(filled, "Design of shallow tunnels", source="a", remote="2", **told)
    take(filled, "Design of shallow tunnel", source="p", society="pec", **told)
    search(filled)
    assert len(queue(filled)) == 2
    assert len(queue(filled, society_id="cse")) == 1
    assert queue(filled, society_id="pec") == []


def test_pages_of_the_queue_follow_one_another(filled: Database) -> None:
    for word in ("bridges", "tunnels", "harbours"):
        take(filled, f"Inspection of {word}", source="a", remote=word)
        take(filled, f"Inspection of {word[:-1]}", source="b", remote=word)
    search(filled)
    whole = queue(filled)
    first = queue(filled, limit=2)
    rest = queue(filled, after=(first[-1].score, first[-1].id))
    assert [*first, *rest] == whole
    assert len(whole) == 3


def test_a_provider_that_is_known_here_is_that_society(filled: Database) -> None:
    own = take(filled, "Bridges of Kenya", source="a")
    assert take(filled, "Bridges of Kenya", source="p", society="pec", provider="CSE学会") == own
    assert take(filled, "Bridges of Kenya", source="q", society="pec", provider="Nobody") != own
    with filled.write() as session:
        naming.add(session, "cse", "name", "Engineers of the Lake", by=BY.by, at=NOW)
        naming.add(session, "cse", "ror", "https://ror.org/05dxps055", by=BY.by, at=NOW)
        naming.add(session, "cse", "domain", "https://www.cse.example/", by=BY.by, at=NOW)
        book = naming.book(session)
    assert {book.society(one) for one in ("engineers of the LAKE", "05dxps055", "cse.example")} == {
        "cse"
    }
    other = take(filled, "Tunnels of Kenya", source="a", remote="2")
    lake = {"society": "pec", "provider": "Engineers of the lake"}
    assert take(filled, "Tunnels of Kenya", source="r", remote="2", **lake) == other
    pushed = take(filled, "Tunnels of Kenya", source="push:pec", remote="2", pushed=True, **lake)
    assert pushed != other, "what a society pushes is its own, whomever it names"


def test_an_alias_is_checked_and_stands_for_one_society(filled: Database) -> None:
    with filled.write() as session:
        made = naming.add(session, "cse", "name", "Lakeside", by=BY.by, at=NOW)
        for society, kind, value, error in (
            ("pec", "name", "LAKESIDE", Conflict),
            ("pec", "name", "CSE", Conflict),
            ("pec", "ror", "https://ror.org/nothing", Invalid),
            ("pec", "domain", "no domain", Invalid),
            ("pec", "name", "...", Invalid),
            ("pec", "colour", "red", Invalid),
            ("nobody", "name", "Nobody", NotFound),
        ):
            with pytest.raises(error):
                naming.add(session, society, kind, value, by=BY.by, at=NOW)
        assert [one.value for one in naming.listing(session)] == ["Lakeside"]
        naming.remove(session, made.id, by=BY.by, at=NOW)
        assert naming.listing(session) == []
        with pytest.raises(NotFound):
            naming.remove(session, made.id, by=BY.by, at=NOW)


def _courses(session: Session) -> int:
    return service.count_courses(session)


@pytest.mark.parametrize("order", [("a1", "b1", "a2"), ("a1", "a2", "b1"), ("b1", "a1", "a2")])
def test_two_items_of_one_title_are_two_courses_in_whatever_order_they_come(
    filled: Database, order: tuple[str, ...]
) -> None:
    for one in order:
        take(filled, "Writing reports", source=one[0], remote=one[1])
    with filled.read() as session:
        assert _courses(session) == 3
