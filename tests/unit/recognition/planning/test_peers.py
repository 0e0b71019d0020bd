"""What is told of others: an average that tells nobody's own figure."""

from fractions import Fraction

from app.recognition.planning.peers import Peers, average


def sums(count: int, each: str = "10") -> dict[str, Fraction]:
    return {f"r{number}": Fraction(each) for number in range(count)}


def test_nothing_is_told_of_fewer_than_ten_others() -> None:
    assert average(sums(9), but="me") is None
    assert average(sums(10), but="r0") is None
    assert average(sums(10), but="me") == Peers(10, 10)


def test_one_person_more_is_not_to_be_reckoned_back() -> None:
    others = sums(14, "41/4")
    told = average(others, but="me")
    assert told == average({**others, "new": Fraction(12)}, but="me")
    assert told == Peers(10, 10)
