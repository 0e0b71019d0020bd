"""A society that pushes through the API while its feed is harvested: its own word goes first."""

from typing import Any

import pytest

from app.harvest import NewSource, service
from app.harvest.model import Run
from tests.simulator.harvests import Feed, course, no_network, registry
from tests.simulator.members import House
from tests.simulator.publishing import Publisher, counted


class Fed:
    """A society with a feed and a client."""

    def __init__(self, made: House, cse: Publisher) -> None:
        self.made, self.cse, self.feed = made, cse, Feed()
        with made.node.database.write() as session:
            service.add_source(
                session, NewSource(cse.society, "memory", {}, id=f"feed-{cse.society}"),
                registry=registry(self.feed), at=made.now,
            )  # fmt: skip

    def harvest(self, *items: Any) -> Run:
        self.feed.items = items
        return service.run_source(
            self.made.node.database, f"feed-{self.cse.society}", registry=registry(self.feed),
            make_fetch=no_network, now=lambda: self.made.now,
        )  # fmt: skip

    def state(self) -> dict[str, int]:
        with self.made.node.database.read() as session:
            return counted(session)


@pytest.fixture
def fed(made: House, cse: Publisher) -> Fed:
    return Fed(made, cse)


def pushed(number: int, **more: Any) -> dict[str, Any]:
    """The same course as the feed's of this number, as the society itself tells it."""
    site = {"title": {"en": f"Course number {number}"}, "url": f"https://c.example/{number}"}
    return {**site, **more}


def test_what_is_pushed_stays_whatever_the_feed_says(fed: Fed) -> None:
    fed.harvest(course(11), course(12))
    new = fed.cse.put("C-11", pushed(11, level="from the push"))
    course_id = new.json()["course_id"]
    before = fed.state()
    for turn in range(3):
        fed.harvest(course(11, level=f"from the feed {turn}", title="Another title"), course(12))
        assert fed.cse.course(course_id).data.level == "from the push"
        assert fed.cse.course(course_id).data.title == {"en": "Course number 11"}
    assert len(fed.cse.course(course_id).sources) == 2
    assert fed.state() == before


def test_what_was_taken_back_stays_away_until_it_is_pushed_again(fed: Fed) -> None:
    fed.harvest(course(21), course(22))
    course_id = fed.cse.put("C-21", pushed(21)).json()["course_id"]
    assert fed.cse.delete("C-21").status_code == 204
    before = fed.state()
    for turn in range(3):
        run = fed.harvest(course(21, level=str(turn)), course(22))
        assert run.state == "done"
        assert fed.cse.course(course_id).status == "withdrawn"
    assert fed.state() == before
    fed.cse.put("C-21", pushed(21))
    assert fed.cse.course(course_id).status == "active"


def test_a_feed_that_ends_takes_nothing_pushed_with_it(fed: Fed) -> None:
    fed.harvest(course(31), course(32))
    course_id = fed.cse.put("C-31", pushed(31)).json()["course_id"]
    fed.harvest(course(32))
    assert fed.cse.course(course_id).status == "active"
    assert [one.source_id for one in fed.cse.course(course_id).sources] == [
        f"push:{fed.cse.society}"
    ]
