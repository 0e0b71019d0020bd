"""Every folder of real feeds through the run loop: the figures of the table that the bench prints.

``python -m tests.bench.harvest.feeds`` shows them feed by feed, with the codes and with samples.
"""

from collections import defaultdict

import pytest

from app.platform.db import Database
from tests.bench.harvest.feeds import FEEDS, Harvest, Outcome, brought
from tests.bench.harvest.recorded import NotAFeed
from tests.conftest import skip_or_fail

pytestmark = [pytest.mark.feeds, pytest.mark.slow]

FIGURES = {
    "elm": (0, 0, 0, 1, {}),
    "free-courses-md": (3929, 3874, 0, 0, {"W-DUP-ID": 55}),
    "ical": (7, 7, 0, 0, {}),
    "jsonapi-sharekit-surf": (16, 14, 2, 0, {}),
    "mit-learn-fixtures": (225, 225, 0, 0, {}),
    "mooc-apis-mammooc": (8, 8, 0, 0, {}),
    "moochub": (0, 0, 0, 3, {}),
    "moodle-live-4.4": (601, 601, 0, 1, {}),
    "oaipmh-dc-zenodo": (259, 208, 1, 25, {"E-FORMAT-UNKNOWN": 50}),
    "oaipmh-lom-surf": (28, 25, 3, 0, {}),
    "oaipmh-rdf-tess": (2, 2, 0, 1, {}),
    "schemaorg-html": (19, 19, 0, 0, {}),
    "sitemaps": (31, 0, 31, 0, {}),
    "sjtu-zh": (4561, 4561, 0, 0, {}),
    "tess-ingestion": (17, 17, 0, 0, {}),
    "vocabularies": (0, 0, 0, 43, {}),
    "xcri-cap": (967, 967, 0, 0, {}),
}
"""By folder: seen, accepted, gone, rejected by code, files that are no feeds."""
FAILED = {
    "elm/loq.xml.gz": "not XCRI-CAP: the root is 'courses', not 'catalog'",
    "mit-learn-fixtures/test_ol_events_index_page.html": "no page with a course",
    # The first of ten pages was recorded: its five courses are taken, and it does not come twice.
    "moodle-live-4.4/core_course_search_courses.json": "gives the same page again and again",
    "moodle-live-4.4/err_invalidtoken.json": "the site answered invalidtoken",
    "moodle-live-4.4/err_nofunction.json": "the site answered accessexception",
    "moodle-live-4.4/err_xml.xml": "a web page came where JSON was expected",
    "oaipmh-dc-zenodo/list_records.03.http422.zenodo.xml": "metadataPrefix does not exist",
    "oaipmh-dc-zenodo/list_records.10.http422.zenodo.xml": "resumptionToken argument is invalid",
    "schemaorg-html/dcc.00.html.gz": "no page with a course",
    "schemaorg-html/rdnl.00.html.gz": "no page with a course",
}
"""Feeds that are refused as a whole, and a part of the reason."""


@pytest.fixture
def outcomes(database: Database) -> list[Outcome | NotAFeed]:
    """Slow: ten thousand items; the database takes a minute for them."""
    if not FEEDS.is_dir():
        skip_or_fail(f"the real feeds are not at {FEEDS}")
    return [one for _, _, one in brought(Harvest(FEEDS, database), FEEDS, ())]


def test_nothing_of_any_real_feed_is_passed_over(outcomes: list[Outcome | NotAFeed]) -> None:
    figures: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    rejected: dict[str, dict[str, int]] = defaultdict(dict)
    failed: dict[str, str] = {}
    for one in outcomes:
        sums = figures[one.folder]
        if isinstance(one, NotAFeed):
            assert one.reason
            sums[3] += 1
            continue
        assert one.seen == one.accepted + one.gone + sum(one.rejected.values()), one.name
        for place, count in enumerate((one.seen, one.accepted, one.gone)):
            sums[place] += count
        for code, count in one.rejected.items():
            rejected[one.folder][code] = rejected[one.folder].get(code, 0) + count
        if one.state not in {"done", "done_with_errors"}:
            failed[f"{one.folder}/{one.name}"] = one.message
    told = {folder: (*sums, rejected[folder]) for folder, sums in figures.items()}
    assert told == FIGURES
    assert set(failed) == set(FAILED)
    for name, reason in FAILED.items():
        assert reason in failed[name]
