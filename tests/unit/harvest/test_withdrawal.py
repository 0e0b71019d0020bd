"""What a source no longer lists: withdrawn, held, or left alone."""

import pytest

from app.harvest import Counters, Mode, RunState, service
from app.platform.problems import Conflict
from connectors.contract import (
    Deletions,
    Tombstone,
)
from tests.simulator.harvests import course, courses
from tests.simulator.house import House


def test_a_tombstone_withdraws_and_the_item_can_come_back(house: House) -> None:
    house.feed.deletions = Deletions.TOMBSTONES
    house.feed.items = courses(3)
    house.run()
    house.feed.items = [Tombstone("2"), Tombstone("never seen")]
    run = house.run()
    assert run.counters == Counters(seen=2, tombstone=2, withdrawn=1, pages=1)
    assert house.titles() == {"Course number 1", "Course number 3"}
    assert house.run().counters == Counters(seen=2, tombstone=2, pages=1)
    house.feed.items = [course(2)]
    assert house.run().counters == Counters(seen=1, changed=1, pages=1)
    assert len(house.titles()) == 3


def test_what_is_absent_from_a_whole_snapshot_is_withdrawn(house: House) -> None:
    house.feed.items = courses(20)
    house.run()
    house.feed.items = courses(16)
    run = house.run()
    assert (run.state, run.counters.withdrawn) == (RunState.DONE, 4)
    assert len(house.titles()) == 16
    assert house.run().counters == Counters(seen=16, unchanged=16, pages=2)


@pytest.mark.parametrize("deletions", [Deletions.NEVER, Deletions.TOMBSTONES])
def test_absence_means_nothing_where_the_source_promises_nothing(
    house: House, deletions: Deletions
) -> None:
    house.feed.deletions = deletions
    house.feed.items = courses(20)
    house.run()
    house.feed.items = courses(1)
    assert house.run(mode=Mode.FULL).state is RunState.DONE
    assert len(house.titles()) == 20


def test_a_list_that_did_not_say_it_ended_withdraws_nothing(house: House) -> None:
    house.feed.items = courses(20)
    house.run()
    house.feed.items, house.feed.complete = courses(19), False
    run = house.run()
    assert (run.state, run.counters.withdrawn) == (RunState.DONE_WITH_ERRORS, 0)
    assert house.codes() == ["W-LIST-OPEN"]


def test_a_feed_that_shrinks_is_held_until_a_person_releases_it(house: House) -> None:
    house.feed.items = courses(50)
    house.run()
    house.feed.items = courses(5)
    run = house.run()
    assert (run.state, run.vanishing) == (RunState.HELD, 45)
    assert "45 of 50" in str(run.message)
    assert len(house.titles()) == 50
    with house.database.write() as session:
        released = service.release(session, run.id, who="person:p", at=house.now())
    assert (released.state, released.counters.withdrawn) == (RunState.DONE, 45)
    assert len(house.titles()) == 5
    with house.database.write() as session, pytest.raises(Conflict, match="held"):
        service.release(session, run.id, who="person:p", at=house.now())


def test_a_held_run_can_be_refused_and_a_later_whole_list_settles_it(house: House) -> None:
    house.feed.items = courses(50)
    house.run()
    house.feed.items = courses(5)
    held = house.run()
    again = house.run()
    assert (again.state, again.id != held.id) == (RunState.HELD, True)
    assert house.read(lambda s: service.get_run(s, held.id)).state is RunState.CANCELLED
    with house.database.write() as session:
        refused = service.refuse(session, again.id, who="person:p", at=house.now())
    assert refused.state is RunState.CANCELLED
    house.feed.items = courses(50)
    assert house.run().counters == Counters(seen=50, unchanged=50, pages=5)
    assert len(house.titles()) == 50


@pytest.mark.parametrize("fault", ["invalid", "mismatch"])
def test_a_list_that_is_broken_or_does_not_add_up_is_held(house: House, fault: str) -> None:
    house.feed.items = courses(30)
    house.run()
    items = courses(28)
    if fault == "invalid":
        items[:5] = [course(number, bad=True) for number in range(1, 6)]
    else:
        house.feed.expected = 30
    house.feed.items = items
    assert house.run().state is RunState.HELD
    assert len(house.titles()) == 30


def test_a_wrong_count_alone_is_noted(house: House) -> None:
    house.feed.items, house.feed.expected = courses(3), 300
    assert house.run().state is RunState.DONE_WITH_ERRORS
    assert house.codes() == ["W-COUNT-MISMATCH"]
