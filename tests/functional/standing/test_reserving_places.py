"""Places in status lists: random, each given once, whoever asks at the same time."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from sqlalchemy import select, update

from app.platform.problems import NotFound
from app.records import status
from app.records.model import Slot
from app.records.status import slots
from app.records.status.tables import PublishedListRow, StatusListRow
from app.trust.signer import SignerError
from tests.simulator.node import NODE, Node

pytestmark = pytest.mark.slow

FIRST = f"{NODE}/societies/cse/status/1"
SECOND = f"{NODE}/societies/cse/status/2"


def reserve(node: Node, count: int) -> list[tuple[Slot, str]]:
    return status.reserve(
        node.database, node.signer, society_id="cse", count=count, public_url=NODE, at=node.now
    )


def leave_room(node: Node, room: int) -> None:
    """Give away places of the first list until only so many may still be given."""
    bitmap = bytearray(b"\xff" * (status.SIZE // 16) + bytes(status.SIZE // 16))
    for index in range(room):
        bitmap[index >> 3] ^= 0x80 >> (index & 7)
    with node.database.write() as session:
        session.execute(
            update(StatusListRow).values(taken=bytes(bitmap), allocated=status.SIZE // 2 - room)
        )


def test_threads_that_reserve_at_once_never_get_the_same_place(node: Node) -> None:
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda n: reserve(node, 1 + n % 5), range(48)))
    places = [place for one in given for place in one]
    assert [len(one) for one in given] == [1 + n % 5 for n in range(48)]
    assert len({slot for slot, _ in places}) == len(places)
    assert {url for _, url in places} == {FIRST}
    with node.database.read() as session:
        (row,) = session.execute(select(StatusListRow.taken, StatusListRow.allocated)).all()
    marked = {n for n in range(status.SIZE) if row.taken[n >> 3] & (0x80 >> (n & 7))}
    assert marked == {slot.index for slot, _ in places}
    assert row.allocated == len(places)


def test_threads_that_fill_a_list_at_once_go_on_in_one_new_list(node: Node) -> None:
    reserve(node, 1)
    leave_room(node, 10)
    with ThreadPoolExecutor(8) as pool:
        given = [place for one in pool.map(lambda _: reserve(node, 4), range(8)) for place in one]
    assert len({slot for slot, _ in given}) == len(given) == 32
    assert Counter(url for _, url in given) == {FIRST: 10, SECOND: 22}


def test_a_batch_larger_than_the_room_left_is_split_over_two_lists(node: Node) -> None:
    reserve(node, 1)
    leave_room(node, 3)
    assert Counter(url for _, url in reserve(node, 5)) == {FIRST: 3, SECOND: 2}


def test_a_batch_may_fill_a_list_and_begin_another(node: Node) -> None:
    half = status.SIZE // 2
    given = reserve(node, half + 1)
    assert Counter(slot.list_no for slot, _ in given) == {1: half, 2: 1}
    assert len({slot for slot, _ in given}) == len(given)


def test_nothing_is_reserved_when_nothing_is_asked_for(node: Node) -> None:
    assert reserve(node, 0) == []


def test_a_list_is_published_for_every_purpose_when_its_first_place_is_given(node: Node) -> None:
    ((_, url),) = reserve(node, 1)
    assert status.urls(url) == (FIRST, f"{FIRST}/suspension", f"{FIRST}/refresh")
    for address in status.urls(url):
        assert node.http.get(address.removeprefix(NODE)).status_code == 200


def test_a_list_that_cannot_be_signed_gives_no_place(node: Node) -> None:
    node.signer.break_at(6)
    with pytest.raises(SignerError):
        reserve(node, 1)
    with node.database.read() as session:
        assert session.execute(select(StatusListRow.number)).all() == []
        assert session.execute(select(PublishedListRow.number)).all() == []


def test_a_society_that_is_no_issuer_gets_no_place(node: Node) -> None:
    with pytest.raises(NotFound, match="not an issuer"):
        status.reserve(
            node.database, node.signer, society_id="none", count=1, public_url=NODE, at=node.now
        )


def test_every_free_place_is_as_likely_as_any_other() -> None:
    """Chi-squared over 64 equal parts of the list; 63 degrees of freedom, p about 1e-6 at 133."""
    taken = bytes(slots.SIZE // 8)
    chosen, _ = slots.draw(taken, count=slots.SIZE // 2)
    parts = Counter(index * 64 // slots.SIZE for index in chosen)
    expected = len(chosen) / 64
    assert sum((parts[part] - expected) ** 2 / expected for part in range(64)) < 133
    assert sum(one < other for one, other in pairwise(chosen)) == (
        pytest.approx(len(chosen) / 2, rel=0.03)
    )


def test_what_is_taken_is_never_drawn_again() -> None:
    every_other = b"\x55" * (slots.SIZE // 8)
    chosen, taken = slots.draw(every_other, count=slots.SIZE // 4)
    assert all(index % 2 == 0 for index in chosen)
    assert len(set(chosen)) == slots.SIZE // 4
    assert sum(byte.bit_count() for byte in taken) == slots.SIZE * 3 // 4
