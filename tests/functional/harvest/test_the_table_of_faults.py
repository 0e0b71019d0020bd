"""Every fault of ``tests.simulator.faults`` against every connector: nothing lost, nothing endless.

A source is harvested whole, then once with the fault, then once more when it is mended. Whatever
the fault was, the courses that were there stay, a run that did not bring everything says so, the
server is not asked for ever, and the mended source ends where an undisturbed one does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from app.harvest import Failure, RunState
from app.platform.db import Database
from tests.conftest import own_database
from tests.simulator import faults
from tests.simulator.feeds import FeedServer
from tests.simulator.struck import COURSES, KINDS, PAGE, Place, title


@pytest.fixture(scope="module")
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    with own_database(request, tmp_path_factory.mktemp("faults")) as url:
        database = Database.open(url)
        yield database
        database.close()


@pytest.fixture(scope="module")
def feeds() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


@pytest.fixture
def place(house: Database, feeds: FeedServer) -> Place:
    return Place(house, feeds)


WHOLE = {title(number) for number in range(COURSES)}
UNSEEN = {("table", fault) for fault in ("cut_unsaid", "cut_in_the_last_tag", "longer_than_said")}
"""Nobody can see these: a CSV file has no end that it could lack. What such a cut leaves out is
withdrawn as far as the brake lets it, and comes back with the whole file."""
ROWS = [(kind, fault) for kind in KINDS for fault in faults.ALL if (kind, fault) not in UNSEEN]


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize(("kind", "fault"), ROWS)
def test_nothing_is_lost_and_nothing_is_endless(place: Place, kind: str, fault: str) -> None:
    served = place.serve(kind)
    assert place.run().state is RunState.DONE
    assert place.titles() == WHOLE

    served.fault = faults.ALL[fault]
    struck = place.run()
    assert place.titles() == WHOLE
    assert struck.counters.withdrawn == 0
    if struck.counters.seen < COURSES:
        assert struck.state in {RunState.FAILED, RunState.HELD, RunState.DONE_WITH_ERRORS}
        assert struck.message or place.codes()

    served.fault = None
    mended = place.run()
    assert (mended.state, mended.counters.seen) == (RunState.DONE, COURSES)
    assert place.titles() == WHOLE


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize(("kind", "fault"), ROWS)
def test_a_first_harvest_that_is_disturbed_ends_like_one_that_is_not(
    place: Place, kind: str, fault: str
) -> None:
    served = place.serve(kind)
    served.fault = faults.ALL[fault]
    struck = place.run()
    if place.titles() != WHOLE:
        assert struck.state is not RunState.DONE
    served.fault = None
    assert place.run().state is RunState.DONE
    assert place.titles() == WHOLE


EXPECTED: Mapping[str, Failure | None] = {
    "cut": Failure.UNAVAILABLE,
    "cut_unsaid": Failure.UNAVAILABLE,
    "cut_in_the_last_tag": Failure.UNAVAILABLE,
    "longer_than_said": Failure.UNAVAILABLE,
    "length_of_no_number": Failure.UNAVAILABLE,
    "slow_drip": Failure.UNAVAILABLE,
    "empty": Failure.UNAVAILABLE,
    "another_page": Failure.MISCONFIGURED,
    "bomb": Failure.MISCONFIGURED,
    "broken_gzip": Failure.UNAVAILABLE,
    "inside": Failure.MISCONFIGURED,
    "elsewhere": Failure.MISCONFIGURED,
    "in_circles": Failure.MISCONFIGURED,
    "busy": Failure.UNAVAILABLE,
    "forbidden": Failure.MISCONFIGURED,
    "fallen_over": Failure.UNAVAILABLE,
    "other_charset": Failure.UNAVAILABLE,
    "said_to_be_of_another_charset": None,
}


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("fault", [one for one in faults.ALL if one != "another_page"])
def test_a_page_of_a_site_that_fails_costs_no_course(place: Place, fault: str) -> None:
    """But one that is another page now, whole and without a course, is as good as gone."""
    place.struck = "/7"
    served = place.serve("schema_org")
    assert place.run().state is RunState.DONE
    served.fault = faults.ALL[fault]
    struck = place.run()
    assert place.titles() == WHOLE
    assert struck.counters.withdrawn == 0
    served.fault = None
    assert place.run().state is RunState.DONE
    assert place.titles() == WHOLE


@pytest.mark.parametrize(("kind", "fault"), sorted(UNSEEN))
def test_what_nobody_can_see_is_mended_by_the_whole_file(
    place: Place, kind: str, fault: str
) -> None:
    served = place.serve(kind)
    assert place.run().state is RunState.DONE
    served.fault = faults.ALL[fault]
    place.run()
    served.fault = None
    assert place.run().state is RunState.DONE
    assert place.titles() == WHOLE


@pytest.mark.parametrize("fault", faults.ALL)
def test_a_repository_in_trouble_is_told_by_what_helps(place: Place, fault: str) -> None:
    served = place.serve("oai_pmh")
    served.fault = faults.ALL[fault]
    assert place.run().failure is EXPECTED[fault]


@dataclass(frozen=True, slots=True)
class Row:
    """A habit of a repository, and how the run ends that meets it."""

    habits: Mapping[str, Any]
    state: RunState = RunState.DONE
    failure: Failure | None = None
    codes: frozenset[str] = frozenset()
    seen: int = COURSES


REPOSITORIES = {
    "clean": Row({}),
    "busy, and says when to come back": Row({"unavailable": {0: 1, 1: 2}}),
    "busy for good": Row({"unavailable": {1: 99}}, RunState.FAILED, Failure.UNAVAILABLE, seen=PAGE),
    "errors with the status 422": Row({"error_status": 422}),
    "a token forgotten on the way": Row({"forgets": 1}, codes=frozenset({"W-CURSOR-EXPIRED"})),
    "no token known for long": Row(
        {"expired": True},
        RunState.FAILED,
        Failure.CURSOR_EXPIRED,
        frozenset({"W-CURSOR-EXPIRED"}),
        PAGE,
    ),
    "the same token again": Row(
        {"repeat_token_on": 1}, RunState.FAILED, Failure.MISCONFIGURED, seen=PAGE
    ),
    "a page cut in half": Row({"cut_page": 1}, RunState.FAILED, Failure.UNAVAILABLE, seen=PAGE),
    "a notice after the root": Row(
        {"after_root": "<br />Notice: Undefined index in /srv/oai.php"},
        codes=frozenset({"W-XML-TRAILING"}),
    ),
    "a control character": Row({"control_character_on": 1}, codes=frozenset({"W-XML-CONTROL"})),
    "tokens that need the prefix": Row({"tokens_need_prefix": True}),
    "dates under another name": Row({"stamp_tag": "dateStamp"}),
    "days where seconds were promised": Row({"day_stamps": True}),
    "a wrong size of the list": Row(
        {"wrong_size": 99}, RunState.DONE_WITH_ERRORS, codes=frozenset({"W-COUNT-MISMATCH"})
    ),
    "no size of the list": Row({"tell_size": False}),
}


@pytest.mark.parametrize("name", REPOSITORIES)
def test_a_repository_with_a_habit_is_read_whole_or_told(place: Place, name: str) -> None:
    """The trial in which two well-known readers lost 175 of 250 records and asked for ever."""
    row = REPOSITORIES[name]
    served = place.serve("oai_pmh", habits=row.habits)
    ended = place.run()
    assert (ended.state, ended.failure, ended.counters.seen) == (row.state, row.failure, row.seen)
    assert place.codes(of_the_run=True) == row.codes
    assert len(place.titles()) == row.seen

    served.mend()
    assert place.run().state is RunState.DONE
    assert place.titles() == WHOLE


def test_a_wrong_size_withdraws_nothing_and_a_right_one_does(place: Place) -> None:
    served = place.serve("oai_pmh")
    assert place.run().state is RunState.DONE
    repository = served.repository
    assert repository is not None
    gone = repository.records.pop()
    repository.wrong_size = COURSES
    assert place.run().state is RunState.HELD
    assert place.titles() == WHOLE

    repository.wrong_size = None
    assert place.run().counters.withdrawn == 1
    repository.records.append(gone)
    assert place.run().state is RunState.DONE
    assert place.titles() == WHOLE


def test_nothing_new_is_a_success_whatever_its_status(place: Place) -> None:
    served = place.serve("oai_pmh", habits={"deleted_record": "persistent", "error_status": 422})
    assert place.run().counters.new == COURSES
    assert served.repository is not None
    served.repository.response_date = "2026-07-01T12:00:00Z"
    place.run()
    again = place.run()
    assert (again.state, again.counters.seen) == (RunState.DONE, 0)
    assert place.titles() == WHOLE
