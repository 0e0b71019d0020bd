"""Many records at once get the reports that each would get alone, in their order, as they come."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from app.proof.errors import ProofError
from app.verification import Outcome, verify, verify_many
from tests.simulator.issuer import NOW, SimulatedIssuer

ISSUER, STRANGER = SimulatedIssuer(revoked={5, 40}), SimulatedIssuer(society="strangers")
BUNDLE = ISSUER.bundle()


def record(number: int) -> bytes:
    """Good ones for the most part, in both forms; the rest wrong in one way or another."""
    document = ISSUER.record(index=number, id=f"urn:uuid:6f5b2c1e-9a0d-4c57-8d3e-{number:012x}")
    kinds = {
        3: b"",
        11: b"{",
        17: ISSUER.secure_jwt(document).encode()[:-8] + b"AAAAAAAA",
        23: ISSUER.secure_json(document).replace(b"12.5", b"99.5"),
        29: STRANGER.secure_jwt(STRANGER.record()).encode(),
        31: ISSUER.secure_json(document),
    }
    return kinds.get(number) or (b"" if number == 3 else ISSUER.secure_jwt(document).encode())


RECORDS = [record(number) for number in range(70)]


def test_each_gets_the_report_that_it_would_get_alone() -> None:
    bundle = replace(BUNDLE)
    alone = [verify(one, bundle=replace(BUNDLE), at=NOW) for one in RECORDS]
    for _ in range(2):
        assert list(verify_many(RECORDS, bundle=bundle, at=NOW)) == alone
    bad = [number for number, one in enumerate(alone) if one.outcome is not Outcome.PASS]
    assert bad == [3, 5, 11, 17, 23, 29, 40]


def test_none_at_all_gives_no_report() -> None:
    assert list(verify_many([], bundle=BUNDLE, at=NOW)) == []


def test_few_are_taken_ahead_of_those_that_are_answered() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield RECORDS[taken % 3]

    reports = verify_many(endless(), bundle=BUNDLE, at=NOW)
    assert taken == 0
    for answered in range(1, 100):
        next(reports)
        assert taken - answered <= 16


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ProofError, match="zone"):
        list(verify_many(RECORDS, bundle=BUNDLE, at=datetime(2026, 11, 23)))  # noqa: DTZ001


def test_a_source_that_breaks_breaks_the_answer_and_is_not_taken_for_its_end() -> None:
    def broken() -> Iterator[bytes]:
        yield RECORDS[0]
        raise OSError("the file ends in the middle")

    with pytest.raises(OSError, match="middle"):
        list(verify_many(broken(), bundle=BUNDLE, at=NOW))
