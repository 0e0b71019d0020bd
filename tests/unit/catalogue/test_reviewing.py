"""What people decide of courses that may be one: accepted, refused, parted, lifted, remembered."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED, service
from app.catalogue.document import digest
from app.catalogue.model import Course, NewSociety, Status, Taken
from app.catalogue.reviewing import service as reviewing
from app.catalogue.reviewing import store as reviews
from app.catalogue.reviewing.model import Found, Kind, Verdict
from app.catalogue.reviewing.service import Word
from app.identity import audit
from app.platform.db import Database
from app.platform.outbox import due
from app.platform.problems import Conflict, Invalid, NotFound
from tests.conftest import NOW

LATER = NOW + timedelta(hours=1)
BY = Word("person:anna", LATER, "The same course.")


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as session:
        for name in ("cse", "pec", "ebk"):
            service.add_society(session, NewSociety({"en": name.upper()}, id=name), at=NOW)
        yield session


def take(
    session: Session, title: str, *, society: str = "cse", source: str = "", remote: str = "1",
    pushed: bool = False, hours: int = 0, **more: Any,
) -> str:  # fmt: skip
    """One item into the catalogue; gives the course that it is of."""
    language = more.pop("language", "en")
    item = {"title": {language: title}, "metadata_language": language, **more}
    taken: Taken = service.take(
        session, item, society_id=society, source_id=source or f"feed-{society}", remote_id=remote,
        digest=digest(item), at=NOW + timedelta(hours=hours), pushed=pushed,
    )  # fmt: skip
    assert taken.course_id, taken.issues
    return taken.course_id


def pair(session: Session, left: str, right: str, kind: Kind = Kind.SAME) -> Found:
    (a, *_), (b, *_) = reviews.records_of(session, left), reviews.records_of(session, right)
    low, high = sorted((a, b))
    return Found(low, high, kind, 96, ("title:96",))


def course(session: Session, course_id: str) -> Course:
    return service.get_course(session, course_id)


def test_accepting_makes_one_course_and_leads_from_the_other_for_ever(session: Session) -> None:
    kept = take(session, "Bridge inspection", credits=[{"value": "8", "unit": "PDH"}])
    gone = take(
        session, "Inspection of bridges", society="pec", hours=1,
        credits=[{"value": "1", "unit": "CEU"}], url="https://pec.example/bridges",
    )  # fmt: skip
    third = take(session, "Inspecting bridges", society="ebk", hours=2)
    reviewing.accept(session, pair(session, kept, gone), BY)
    merged = course(session, kept)
    assert [one.unit for one in merged.data.credits] == ["PDH", "CEU"]
    assert {one.society_id for one in merged.sources} == {"cse", "pec"}
    assert merged.data.url == "https://pec.example/bridges"
    assert course(session, gone).id == kept
    assert service.get_courses(session, [gone]) == []
    assert {kept, gone} <= {one.key for one in due(session, COURSE_CHANGED, at=LATER, limit=99)}
    # what was merged before leads on, in one step
    reviewing.accept(session, pair(session, third, kept), BY, keep=third)
    assert course(session, gone).id == course(session, kept).id == third
    assert len(course(session, third).sources) == 3


def test_a_merge_is_noted_in_the_history_of_each_society(session: Session) -> None:
    left, right = take(session, "Steel"), take(session, "Steel design", society="pec")
    made = reviewing.accept(session, pair(session, left, right), BY)
    noted = audit.trail(session, f"match:{made.id}")
    assert {one.organisation_id for one in noted} == {"cse", "pec"}
    assert {one.action for one in noted} == {"match.accept"}
    assert (made.rule, made.score, made.by, made.note) == ("title", 96, BY.by, BY.note)


def test_a_lifted_merge_gives_back_both_courses_with_their_ids(session: Session) -> None:
    left, right = take(session, "Steel"), take(session, "Steel design", society="pec", hours=1)
    before = course(session, left).data, course(session, right).data
    made = reviewing.accept(session, pair(session, left, right), BY)
    reviewing.lift(session, made.id, BY)
    assert (course(session, left).data, course(session, right).data) == before
    assert course(session, right).id == right
    assert course(session, right).status is Status.ACTIVE
    with pytest.raises(Conflict):
        reviewing.lift(session, made.id, BY)


def test_what_merged_by_itself_is_split_and_stays_out_through_later_harvests(
    session: Session,
) -> None:
    url = "https://cse.example/steel"
    one = take(session, "Steel", url=url)
    assert take(session, "Steel", society="pec", url=url, hours=1) == one
    _, second = reviews.records_of(session, one)
    made = reviewing.split(session, second, BY)
    assert made != one
    assert len(course(session, one).sources) == len(course(session, made).sources) == 1
    assert course(session, made).society_id == "pec"
    again = take(session, "Steel", society="pec", url=url, hours=2, level="5")
    assert again == made, "a later harvest does not bring it back"
    with pytest.raises(Conflict, match="never"):
        reviewing.accept(session, pair(session, one, made), BY)
    assert course(session, one).data.level is None
    # nor does a third record with the same evidence join the two
    third = take(session, "Steel", society="ebk", url=url, hours=3)
    assert third not in {one, made}


def test_a_record_that_a_person_merged_goes_back_to_its_own_course(session: Session) -> None:
    left, right = take(session, "Steel"), take(session, "Steel design", society="pec", hours=1)
    (record,) = reviews.records_of(session, right)
    reviewing.accept(session, pair(session, left, right), BY)
    assert reviewing.split(session, record, BY) == right
    assert course(session, right).id == right
    with pytest.raises(Conflict, match="no other"):
        reviewing.split(session, record, BY)


def test_never_again_is_remembered_until_it_is_lifted(session: Session) -> None:
    left, right = take(session, "Steel I"), take(session, "Steel II", society="pec")
    made = reviewing.never(session, pair(session, left, right), BY)
    assert reviewing.never(session, pair(session, left, right), BY).id == made.id
    with pytest.raises(Conflict):
        reviewing.accept(session, pair(session, left, right), BY)
    # not by a detour either: a third that is one of them is not the other
    third = take(session, "Steel 1", society="ebk")
    detour = pair(session, third, right)
    reviewing.accept(session, pair(session, left, third), BY)
    with pytest.raises(Conflict):
        reviewing.accept(session, detour, BY)
    reviewing.lift(session, made.id, BY)
    reviewing.accept(session, pair(session, left, right), BY)


def test_language_variants_are_linked_and_stay_two_courses(session: Session) -> None:
    german = take(session, "Brücken", remote="1", language="de")
    english = take(session, "Bridges", remote="2", hours=1)
    chinese = take(session, "桥梁", remote="3", hours=2, language="zh")
    made = reviewing.accept(session, pair(session, german, english, Kind.TRANSLATION), BY)
    reviewing.accept(session, pair(session, english, chinese, Kind.TRANSLATION), BY)
    assert made.verdict is Verdict.TRANSLATION
    assert course(session, english).translations == tuple(sorted((german, chinese)))
    assert course(session, english).translation_of == german, "the one that was here first"
    assert course(session, german).translation_of is None
    assert len(course(session, german).sources) == 1
    with pytest.raises(Conflict, match="translations"):
        reviewing.accept(session, pair(session, german, english), BY)
    reviewing.lift(session, made.id, BY)
    assert course(session, german).translations == ()
    assert course(session, english).translations == (chinese,)


def test_a_translation_names_its_original_and_follows_a_merge(session: Session) -> None:
    german = take(session, "Brücken", remote="1", language="de")
    english = take(session, "Bridges", remote="2", hours=1)
    found = pair(session, german, english, Kind.TRANSLATION)
    (original,) = reviews.records_of(session, english)
    with pytest.raises(Invalid):
        reviewing.accept(session, found, BY, original="somebody")
    reviewing.accept(session, found, BY, original=original)
    assert course(session, german).translation_of == english
    other = take(session, "Bridges of PEC", society="pec", hours=3)
    reviewing.accept(session, pair(session, english, other), BY, keep=other)
    assert course(session, other).translations == (german,)
    assert course(session, german).translations == (other,)
    assert course(session, german).translation_of == other


def test_an_editor_decides_of_the_own_societys_pairs_alone(session: Session) -> None:
    own = Word("person:edi", LATER, within="cse")
    left, right = take(session, "Steel"), take(session, "Steel 2", source="other", hours=1)
    foreign = take(session, "Steel 3", society="pec")
    for decide in (reviewing.accept, reviewing.never):
        with pytest.raises(NotFound):
            decide(session, pair(session, left, foreign), own)
    reviewing.accept(session, pair(session, left, right), own)
    reviewing.accept(session, pair(session, left, foreign), BY)
    with pytest.raises(NotFound):
        reviewing.split(session, reviews.records_of(session, left)[0], own)
