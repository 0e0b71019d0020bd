"""Real answers of course platforms, kept beside the checkout: everything is read, nothing lost."""

import gzip
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import pytest

from app.catalogue.model import CourseData
from app.catalogue.rules import check
from connectors.contract import Connector, Page, Rejected, RejectRecord, Tombstone
from connectors.moodle import Moodle
from connectors.openedx import OpenEdx
from connectors.xcri import Xcri
from tests.conftest import skip_or_fail
from tests.simulator.feeds import Answer, Request
from tests.simulator.fetching import FunctionFetch

pytestmark = pytest.mark.feeds
FEEDS = Path(__file__).parents[3].parent / "shared" / "data" / "feeds"
URL = "http://feed.example"
TOKEN = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"


@pytest.fixture
def feeds() -> Path:
    if not FEEDS.is_dir():
        skip_or_fail(f"the real feeds are not at {FEEDS}")
    return FEEDS


def body(path: Path) -> bytes:
    read = path.read_bytes()
    return gzip.decompress(read) if path.suffix == ".gz" else read


def courses(
    connector: Connector, pages: Iterable[Page]
) -> tuple[dict[str, CourseData], Counter[str]]:
    """What becomes of each item: checked courses by id, and how many of each code there were."""
    made: dict[str, CourseData] = {}
    codes: Counter[str] = Counter()
    for page in pages:
        codes.update(code for code, _ in page.warnings)
        for item in page.items:
            if isinstance(item, Tombstone | Rejected):
                codes[getattr(item, "code", "tombstone")] += 1
                continue
            try:
                checked = check(asdict(connector.normalise(item.raw)))
            except RejectRecord as error:
                codes[error.code] += 1
                continue
            codes.update({issue.code for issue in checked.issues})
            if checked.data:
                assert item.source_id not in made
                made[item.source_id] = checked.data
    return made, codes


@pytest.mark.slow
@pytest.mark.parametrize(
    "function", ["core_course_get_courses", "core_course_get_courses_by_field"]
)
def test_a_real_moodle_is_read(feeds: Path, function: str) -> None:
    folder = feeds / "moodle-live-4.4"

    def answer(request: Request) -> Answer:
        asked = (request.data or {})["wsfunction"]
        plain = folder / f"{asked}.json"
        return body(plain if plain.exists() else folder / f"{asked}.json.gz")

    connector = Moodle(
        Moodle.Config.model_validate({"url": URL, "token": TOKEN, "function": function})
    )
    made, codes = courses(connector, connector.pages(FunctionFetch(answer), None))
    # 300 are listed: one is the site's front page, one is hidden.
    assert len(made) == 298
    assert {code for code in codes if code.startswith("E-")} == set()
    assert codes["W-MOODLE-HIDDEN"] == 1
    power = made["5"]
    assert power.title == {"en": "Fluid power", "zh-Hans": "流体动力"}
    assert [(one.value, one.unit) for one in power.credits] == [("6", "hour")]
    assert (power.fields, power.delivery) == (("0715",), ("blended",))
    assert sum(bool(one.credits) for one in made.values()) == 11
    assert not any("&amp;" in title for one in made.values() for title in one.title.values())


@pytest.mark.parametrize("name", ["err_invalidtoken.json", "err_nofunction.json", "err_xml.xml"])
def test_real_moodle_errors_are_no_empty_lists(feeds: Path, name: str) -> None:
    answer = body(feeds / "moodle-live-4.4" / name)
    connector = Moodle(Moodle.Config.model_validate({"url": URL, "token": TOKEN}))
    with pytest.raises(Exception, match=r"make a new one|add core_webservice|web page"):
        list(connector.pages(FunctionFetch(lambda _: answer), None))


@pytest.mark.parametrize(
    ("name", "found", "absent"),
    [
        ("test_mitx_course", 1, 1),  # the other course is unpublished
        ("test_non_mitx_course", 1, 0),
        ("test_oll_courses", 0, 1),  # hidden from the catalogue that lists it
        ("mitxonline_courses", 3, 0),
        ("xpro_courses", 2, 0),
    ],
)
def test_real_open_edx_lists_are_read(feeds: Path, name: str, found: int, absent: int) -> None:
    answer = body(feeds / f"mit-learn-fixtures/{name}.json")
    url = "https://discovery.example/api/v1/courses/"
    for hidden in (False, True):
        config = OpenEdx.Config.model_validate({"url": url, "include_hidden": hidden})
        connector = OpenEdx(config)
        made, codes = courses(connector, connector.pages(FunctionFetch(lambda _: answer), None))
        assert len(made) == found + absent * hidden
        assert {code for code in codes if code.startswith("E-")} == set()
        assert all(one.runs and one.identifiers[0][0] == "edx" for one in made.values())
        assert codes["W-OPENEDX-HIDDEN"] == (absent if not hidden else 0)


def test_real_programmes_are_rejected_one_by_one(feeds: Path) -> None:
    answer = body(feeds / "mit-learn-fixtures/test_mitx_programs.json")
    connector = OpenEdx(OpenEdx.Config.model_validate({"url": URL}))
    made, codes = courses(connector, connector.pages(FunctionFetch(lambda _: answer), None))
    assert (made, codes) == ({}, {"E-ID-MISSING": 3})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "found", "runs"), [("ou-conversion.xml.gz", 965, 1034), ("ou-example.xml", 2, 4)]
)
def test_real_xcri_feeds_are_read(feeds: Path, name: str, found: int, runs: int) -> None:
    answer = body(feeds / "xcri-cap" / name)
    connector = Xcri(Xcri.Config.model_validate({"url": URL}))
    made, codes = courses(connector, connector.pages(FunctionFetch(lambda _: answer), None))
    assert len(made) == found
    assert {code for code in codes if code.startswith(("E-", "W-XML", "W-DUP"))} == set()
    assert sum(len(one.runs) for one in made.values()) == runs
    assert {one.provider for one in made.values()} == {"The Open University"}
    assert all(one.description and one.subjects for one in made.values())


@pytest.mark.slow
def test_a_real_course_of_xcri_is_mapped_whole(feeds: Path) -> None:
    answer = body(feeds / "xcri-cap/ou-conversion.xml.gz")
    connector = Xcri(Xcri.Config.model_validate({"url": URL}))
    made, _ = courses(connector, connector.pages(FunctionFetch(lambda _: answer), None))
    texts = made["http://www3.open.ac.uk/study/undergraduate/course/a150.htm"]
    assert list(texts.title.values()) == ["Voices and texts"]
    assert ("code", "A150") in texts.identifiers
    assert "English studies (JACS3 Q300)" in texts.subjects
    assert [(one.value, one.framework) for one in texts.credits] == [
        ("30", "The Open University"), ("30", "SCQF"),
    ]  # fmt: skip
    assert [(one.start, one.end, one.enrol_end) for one in texts.runs] == [
        ("2012-11-03", "2013-04-30", "2012-10-11"),
        ("2013-10-05", "2014-03-31", "2013-02-14"),
    ]
    assert texts.level == "Undergraduate"
