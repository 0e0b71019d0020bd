"""A society pushes its courses and is harvested as well: its own word goes before its feeds."""

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given
from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED, service
from app.catalogue.document import digest
from app.catalogue.merging import Part, heard, merge
from app.catalogue.model import CourseData, CourseRun, Credit, NewSociety, Outcome, Status, Taken
from app.platform.db import Database
from app.platform.outbox import backlog
from tests.conftest import NOW

LATER = NOW + timedelta(hours=1)


def part(
    name: str, *, society: str = "cse", pushed: bool = False, live: bool = True, **data: Any
) -> Part:
    known = {"title": {"en": f"Title of {name}"}, **data}
    return Part(name, society, CourseData(**known), (NOW, name, name), pushed, live)


def merged(*parts: Part, society: str = "cse") -> CourseData:
    return merge(heard(parts), course_id="c", society_id=society).data


def test_what_is_pushed_goes_before_what_is_harvested_field_by_field() -> None:
    feed = part(
        "feed", level="basic", duration="PT2H", url="https://cse.example/old", licence="CC-BY-4.0",
        credits=(Credit("1", "hour"),), runs=(CourseRun(start="2026-01-01"),),
    )  # fmt: skip
    own = part("own", pushed=True, duration="PT3H", credits=(Credit("2", "PDH"),))
    found = merged(feed, own)
    assert found.title == {"en": "Title of own"}
    assert (found.duration, found.credits) == ("PT3H", (Credit("2", "PDH"),))
    assert (found.level, found.licence) == ("basic", "CC-BY-4.0")
    assert found.runs[0].start == "2026-01-01"


def test_a_language_that_was_not_pushed_is_not_brought_back_by_the_feed() -> None:
    feed = part("feed", title={"en": "Old", "zh": "旧"})
    assert merged(feed, part("own", pushed=True, title={"en": "New"})).title == {"en": "New"}


def test_identifiers_add_up() -> None:
    feed = part("feed", identifiers=(("oai", "oai:x:1"),))
    own = part("own", pushed=True, identifiers=(("code", "C-1"),))
    assert set(merged(feed, own).identifiers) == {("oai", "oai:x:1"), ("code", "C-1")}


def test_what_others_say_of_the_course_is_added_as_before() -> None:
    own = part("own", pushed=True, credits=(Credit("2", "PDH"),))
    other = part("other", society="pec", credits=(Credit("8", "CPD-point"),))
    assert merged(own, other).credits == (Credit("2", "PDH"), Credit("8", "CPD-point"))


def test_a_pushed_course_of_another_society_does_not_go_before_the_own_feed() -> None:
    feed, other = part("feed", level="own"), part("other", society="pec", pushed=True, level="x")
    assert merged(feed, other).level == "own"


def test_a_course_taken_back_by_push_is_gone_whatever_the_own_feeds_say() -> None:
    assert heard([part("feed"), part("own", pushed=True, live=False)]) == []


def test_it_stays_where_another_society_tells_of_it() -> None:
    other = part("other", society="pec")
    gone = part("own", pushed=True, live=False)
    assert heard([part("feed"), gone, other]) == [other]


def test_of_two_pushed_items_of_one_course_a_live_one_keeps_it() -> None:
    live, gone = part("live", pushed=True), part("gone", pushed=True, live=False)
    feed = part("feed", level="basic")
    assert {one.source_record_id for one in heard([feed, gone, live])} == {"live", "feed"}


_PARTS = st.lists(
    st.builds(
        lambda number, society, pushed, live, level, duration, titles: part(
            f"r{number}", society=society, pushed=pushed, live=live or not pushed, level=level,
            duration=duration, title=titles,
        ),
        st.integers(0, 99),
        st.sampled_from(["cse", "pec", "ebk"]),
        st.booleans(),
        st.booleans(),
        st.sampled_from([None, "basic", "deep"]),
        st.sampled_from([None, "PT1H"]),
        st.dictionaries(st.sampled_from(["en", "zh", "ar"]), st.sampled_from("abc"), min_size=1),
    ),
    max_size=5,
    unique_by=lambda one: one.source_record_id,
)  # fmt: skip


@given(parts=_PARTS)
def test_the_order_of_arrival_does_not_matter(parts: list[Part]) -> None:
    def answer(order: tuple[Part, ...]) -> Any:
        counting = heard(order)
        return counting and merge(counting, course_id="c", society_id="cse")

    orders = list(permutations(parts))[:24]
    assert all(answer(order) == answer(tuple(parts)) for order in orders)


@given(parts=_PARTS)
def test_no_feed_says_anything_beside_its_societys_own_word(parts: list[Part]) -> None:
    counting = heard(parts)
    own = {one.society_id: one for one in parts if one.pushed and one.live}
    for one in counting:
        if not one.pushed and one.society_id in own:
            assert one.data.title == {}
            assert one.data.level is None or own[one.society_id].data.level is None


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as session:
        for name in ("cse", "pec"):
            service.add_society(session, NewSociety({"en": name.upper()}, id=name), at=NOW)
    return database


def take(
    session: Session, *, push: bool = False, society: str = "cse", at: datetime = NOW, **more: Any
) -> Taken:
    untrusted = {"title": {"en": "Bridges"}, "url": "https://cse.example/bridges", **more}
    return service.take(
        session, untrusted, society_id=society, remote_id="1", digest=digest(untrusted), at=at,
        source_id=service.pushed_source(society) if push else f"feed-of-{society}", pushed=push,
    )  # fmt: skip


def take_back(session: Session, *, at: datetime = LATER) -> bool:
    return service.withdraw(session, source_id=service.pushed_source("cse"), remote_id="1", at=at)


def standing(database: Database, course_id: str | None) -> tuple[Status, int, str | None, int]:
    with database.read() as session:
        course = service.get_course(session, str(course_id))
        told = backlog(session, COURSE_CHANGED).waiting
    return course.status, course.version, course.data.level, told


def test_repeated_harvests_beside_pushes_leave_the_course_still(filled: Database) -> None:
    with filled.write() as session:
        harvested = take(session, level="feed")
        pushed = take(session, push=True, level="pushed")
    assert (pushed.course_id, pushed.outcome) == (harvested.course_id, Outcome.NEW)
    before = standing(filled, pushed.course_id)
    assert before == (Status.ACTIVE, 2, "pushed", 2)
    for number in range(4):
        with filled.write() as session:
            take(session, level=f"feed {number}", at=LATER)
            take(session, push=True, level="pushed", at=LATER)
    assert standing(filled, pushed.course_id) == before


def test_what_was_taken_back_does_not_come_back_by_a_harvest(filled: Database) -> None:
    with filled.write() as session:
        course_id = take(session, level="feed").course_id
        take(session, push=True, level="pushed")
        assert take_back(session)
    gone = standing(filled, course_id)
    assert gone == (Status.WITHDRAWN, 3, "pushed", 3)
    for number in range(3):
        with filled.write() as session:
            take(session, level=f"feed {number}", at=LATER)
    with filled.write() as session:
        service.withdraw(session, source_id="feed-of-cse", remote_id="1", at=LATER)
        take(session, level="feed again", at=LATER)
        assert not take_back(session)
    assert standing(filled, course_id) == gone


def test_a_feed_that_comes_later_does_not_bring_it_back_either(filled: Database) -> None:
    with filled.write() as session:
        course_id = take(session, push=True).course_id
        take_back(session)
    gone = standing(filled, course_id)
    with filled.write() as session:
        assert take(session, at=LATER).course_id == course_id
    assert standing(filled, course_id) == gone


def test_pushed_again_it_is_back(filled: Database) -> None:
    with filled.write() as session:
        course_id = take(session, level="feed").course_id
        take(session, push=True, level="pushed")
        take_back(session)
        again = take(session, push=True, level="pushed", at=LATER)
    assert again == Taken(Outcome.CHANGED, course_id, again.issues)
    assert standing(filled, course_id)[:3] == (Status.ACTIVE, 4, "pushed")


def test_another_societys_feed_keeps_a_course_that_one_took_back(filled: Database) -> None:
    with filled.write() as session:
        course_id = take(session, level="feed").course_id
        assert take(session, society="pec", level="pec").course_id == course_id
        take(session, push=True, level="pushed")
        take_back(session)
    assert standing(filled, course_id)[::2] == (Status.ACTIVE, "pec")


@pytest.mark.parametrize("first", ["cse", "pec"])
def test_nobody_reaches_another_societys_course_by_pushing_its_address(
    filled: Database, first: str
) -> None:
    """Whoever comes first: the address and the identifier may be anybody's."""
    strong = [("doi", "10.5555/7")]
    fake = [{"start": "2027-01-01", "url": "https://elsewhere.example/"}]
    made = {}
    with filled.write() as session:
        for society in (first, *({"cse", "pec"} - {first})):
            more = {"push": True, "runs": fake} if society == "pec" else {}
            made[society] = take(session, society=society, identifiers=strong, **more).course_id
        assert made["cse"] != made["pec"]
        own = service.get_course(session, str(made["cse"]))
    assert own.data.runs == ()
    assert {ref.society_id for ref in own.sources} == {"cse"}
