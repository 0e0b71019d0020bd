"""What is answered quickly of a completion record is what the profile says, whatever was seen."""

import copy
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.verification import profile
from app.verification.course import quick
from app.verification.memory import Memory
from tests.simulator.issuer import SimulatedIssuer

ISSUER = SimulatedIssuer()
RECORD = ISSUER.record()
SECURED = ISSUER.secure(RECORD)
WARM = Memory()
"""Has seen every record of this module, good and bad."""


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items: Any = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    return [path, *(found for key, inner in items for found in paths(inner, (*path, key)))]


def at(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def put(document: Any, path: tuple[Any, ...], value: Any) -> None:
    """Change a member; one that an earlier change took away is left alone."""
    try:
        at(document, path[:-1])[path[-1]] = value
    except (KeyError, IndexError, TypeError):
        return


PLACES = [path for path in paths(SECURED) if path]
FOUND = [at(SECURED, path) for path in PLACES]
"""Values from elsewhere in the record: right in kind, wrong in place, or there twice."""
NEAR: list[Any] = [
    *(True, False, 1, 1.0, 0, 12.5, 12.505, 12.51, 10_000, 10_000.5, 10_001, -1, 0.0, 1e-7, None),
    *(
        "2026-11-20T09:30:01Z",
        "2026-11-18T00:00:00Z",
        "2026-11-17T00:00:00Z",
        "2026-02-30T00:00:00Z",
    ),
    *(
        "9999-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "2026-11-20T24:00:00Z",
        "2026-11-20T09:30:60Z",
    ),
    *(
        "did:web:a",
        "did:web:a:..",
        "did:web:a%3A99999",
        "did:web:a%3A8",
        "did:web:",
        "did:web:a:%2e%2e",
    ),
    *(
        "urn:uuid:0b1d6a52-3a52-4d7e-9a57-62b9a8a1f0c3",
        "urn:uuid:x",
        "https://x.example/",
        "x",
        "",
        " ",
    ),
    *([], {}, [[]], [{}], ["x"], ["x", "x"], "x\n", "\u0000", "\u2028", "\u6f22", "x" * 301),
    *("Completed", "Percent", "ext:x", "ext:", "en", "en-GB", "zh-Hant-TW", "0", "00", "999999999"),
]
CHANGES = st.lists(
    st.tuples(st.sampled_from(PLACES), st.sampled_from(FOUND + NEAR)), min_size=1, max_size=3
)


def agree(document: dict[str, Any]) -> bool:
    problems = profile.check(document)
    cold = quick(document, memory=Memory())
    assert (cold is not None) == (not problems), problems
    for _ in range(2):
        assert quick(document, memory=WARM) == cold
    assert quick(RECORD, memory=WARM) is not None
    return cold is not None


def try_changes(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    document = copy.deepcopy(SECURED)
    for path, value in changes:
        put(document, path, copy.deepcopy(value))
    agree(document)


@settings(max_examples=150, deadline=None)
@given(CHANGES)
def test_the_quick_answer_is_that_of_the_profile(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    try_changes(changes)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(CHANGES)
def test_the_quick_answer_is_that_of_the_profile_for_thousands(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    try_changes(changes)


@pytest.mark.slow
def test_they_agree_on_every_value_in_every_place() -> None:
    held = 0
    for path in PLACES:
        for value in FOUND + NEAR:
            document = copy.deepcopy(SECURED)
            put(document, path, copy.deepcopy(value))
            held += agree(document)
    assert held > 100  # some changes leave a record of the profile, or the test would show nothing


def test_they_agree_with_any_member_missing_or_there_where_it_is_not_known() -> None:
    assert agree(RECORD)
    assert agree(SECURED)
    for path in PLACES:
        document = copy.deepcopy(SECURED)
        del at(document, path[:-1])[path[-1]]
        agree(document)
        if isinstance(at(SECURED, path), dict):
            document = copy.deepcopy(SECURED)
            at(document, path)["more"] = 1
            assert not agree(document)


@pytest.mark.parametrize("other", [True, 1, 12, "12.5"])
def test_what_compares_alike_is_not_taken_for_the_same(other: Any) -> None:
    """``1``, ``1.0`` and ``true`` are one key of a dictionary, and three values of JSON."""
    memory = Memory()
    for value in (1.0, other, 1, 1.0, True):
        document = copy.deepcopy(RECORD)
        document["credentialSubject"]["achievement"]["creditsAvailable"] = value
        expected = profile.check(document) == []
        assert (quick(document, memory=memory) is not None) == expected


def test_a_memory_is_bounded_and_forgets_without_a_wrong_answer() -> None:
    memory = Memory()
    for number in range(9000):
        memory.put(number, key=number)
    assert sum(memory.get(int, key=number) is not None for number in range(9000)) <= 4096
    assert memory.get(str, key=8999) is None
    assert quick(RECORD, memory=memory) is not None


def test_many_threads_may_ask_one_memory() -> None:
    memory, wrong = Memory(), []
    documents = []
    for number in range(40):
        document = copy.deepcopy(RECORD)
        course = document["credentialSubject"]["achievement"]
        course["name"] = f"Course {number}" if number % 2 else f"Course\n{number}"
        documents.append((document, number % 2 == 1))

    def ask() -> None:
        for _ in range(20):
            for document, good in documents:
                if (quick(document, memory=memory) is not None) != good:
                    wrong.append(document)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
