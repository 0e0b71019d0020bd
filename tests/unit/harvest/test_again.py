"""What is read again as it was is not mapped and checked again, save where it may differ."""

import pytest

from app.catalogue import rules
from app.harvest import Counters, Mode
from tests.simulator.harvests import course, courses
from tests.simulator.house import House


def _mapped(house: House, **options: object) -> list[str]:
    house.feed.mapped.clear()
    house.run(**options)
    return house.feed.mapped


def test_items_that_are_as_they_were_are_not_mapped_again(house: House) -> None:
    house.feed.items = [*courses(3), course(4, bad=True)]
    assert len(_mapped(house)) == 4
    house.feed.items = [*courses(2), course(3, level="b"), course(4, bad=True), course(5)]
    run = house.run()
    assert run.counters == Counters(seen=5, new=1, changed=1, unchanged=2, rejected=1, pages=1)
    assert house.feed.mapped[4:] == ["Course number 3", "Course number 4", "Course number 5"]


def test_a_full_run_and_a_replay_map_everything_again(house: House) -> None:
    house.feed.items = courses(3)
    house.run()
    assert len(_mapped(house, mode=Mode.FULL)) == 3
    assert len(_mapped(house, mode=Mode.REPLAY)) == 3
    assert _mapped(house) == []


def test_another_version_of_the_connector_maps_everything_again(house: House) -> None:
    house.feed.items = courses(3)
    house.run()
    house.feed.version = "2"
    assert len(_mapped(house)) == 3
    assert _mapped(house) == []


def test_another_normaliser_checks_everything_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.feed.items = courses(3)
    house.run()
    monkeypatch.setattr(rules, "NORMALISER", rules.NORMALISER + 1)
    assert len(_mapped(house)) == 3


def test_what_was_withdrawn_and_is_back_is_taken_again(house: House) -> None:
    house.feed.items = courses(12)
    house.run()
    house.feed.items = courses(11)
    assert house.run().counters.withdrawn == 1
    house.feed.items = courses(12)
    assert _mapped(house) == ["Course number 12"]
    assert len(house.titles()) == 12


def test_warnings_stand_while_an_item_comes_to_the_same(house: House) -> None:
    house.feed.items = [course(1, url="no address"), course(2)]
    house.run()
    before = house.codes()
    assert before
    house.feed.version = "2"
    assert house.run().counters.unchanged == 2
    assert house.codes() == before


def test_an_item_that_is_good_again_has_no_open_error(house: House) -> None:
    house.feed.items = courses(1)
    house.run()
    house.feed.items = [course(1, bad=True)]
    house.run()
    assert house.codes() == ["E-BAD"]
    house.feed.items = courses(1)
    house.run()
    assert house.codes() == []
