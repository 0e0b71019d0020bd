"""Real feeds, kept beside the checkout: everything is read, nothing is dropped silently."""

import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.contract import (
    Connector,
    CursorExpired,
    Page,
    Rejected,
    RejectRecord,
    SourceMisconfigured,
    Tombstone,
)
from connectors.json_feed import JsonFeed
from connectors.moochub import Moochub
from connectors.oai_pmh import OaiPmh
from connectors.table import Table
from tests.conftest import skip_or_fail
from tests.simulator.feeds import Answer, Request
from tests.simulator.fetching import FunctionFetch
from tests.simulator.mappings import MAPPINGS

pytestmark = pytest.mark.feeds
FEEDS = Path(__file__).parents[3].parent / "shared" / "data" / "feeds"
URL = "http://feed.example/"
IDENTIFY = (
    b"<OAI-PMH><Identify><deletedRecord>persistent</deletedRecord>"
    b"<granularity>YYYY-MM-DDThh:mm:ssZ</granularity></Identify></OAI-PMH>"
)


@pytest.fixture
def feeds() -> Path:
    if not FEEDS.is_dir():
        skip_or_fail(f"the real feeds are not at {FEEDS}")
    return FEEDS


def _oai(path: Path, prefix: str) -> tuple[OaiPmh, Iterator[Page]]:
    status = 422 if "http422" in path.name else 200

    def answer(request: Request) -> Answer:
        identify = request.params["verb"] == "Identify"
        return IDENTIFY if identify else (status, {}, path.read_bytes())

    config = OaiPmh.Config.model_validate({"base_url": URL, "metadata_prefix": prefix})
    connector = OaiPmh(config)
    return connector, connector.pages(FunctionFetch(answer), None)


def _counts(connector: Connector, page: Page) -> Counter[str]:
    counts: Counter[str] = Counter()
    for item in page.items:
        if isinstance(item, Tombstone):
            counts["deleted"] += 1
        elif isinstance(item, Rejected):
            counts[item.code] += 1
        else:
            try:
                counts["courses" if connector.normalise(item.raw).title else "?"] += 1
            except RejectRecord as error:
                counts[error.code] += 1
    return counts


@pytest.mark.parametrize(
    ("name", "prefix", "expected"),
    [
        ("oaipmh-lom-surf/edurep-oaipmh.initial.0.xml", "lom", {"courses": 8, "deleted": 1}),
        ("oaipmh-lom-surf/edurep-oaipmh.initial.1.xml", "lom", {"courses": 3}),
        ("oaipmh-lom-surf/edurep-oaipmh.delta.0.xml", "lom", {"courses": 4, "deleted": 2}),
        ("oaipmh-lom-surf/anatomy-tool-oaipmh.initial.0.xml", "nl_lom", {"courses": 10}),
        ("oaipmh-dc-zenodo/list_records.00.http200.zenodo.xml", "oai_dc", {"courses": 50}),
        ("oaipmh-dc-zenodo/list_records.02.http422.zenodo.xml", "oai_dc", {}),
        ("oaipmh-dc-zenodo/list_records.04.http200.zenodo.xml", "datacite",
         {"E-FORMAT-UNKNOWN": 50}),
        ("oaipmh-dc-zenodo/list_records.05.http200.zenodo.xml", "oai_dc", {"courses": 3}),
        ("oaipmh-dc-zenodo/list_records.07.http200.zenodo.xml", "oai_dc", {"courses": 50}),
        ("oaipmh-dc-zenodo/list_records.09.http200.zenodo.xml", "oai_dc",
         {"courses": 2, "deleted": 1}),
        ("oaipmh-rdf-tess/tess_oai_pmh_listrecords.00.xml", "rdf", {"courses": 2}),
    ],
)  # fmt: skip
def test_every_record_of_a_real_repository_is_accounted_for(
    feeds: Path, name: str, prefix: str, expected: dict[str, int]
) -> None:
    connector, pages = _oai(feeds / name, prefix)
    page = next(pages)
    assert _counts(connector, page) == expected
    assert page.warnings == ()


@pytest.mark.parametrize(("number", "error"), [("03", SourceMisconfigured), ("10", CursorExpired)])
def test_real_errors_are_read_from_their_bodies(
    feeds: Path, number: str, error: type[Exception]
) -> None:
    _, pages = _oai(feeds / f"oaipmh-dc-zenodo/list_records.{number}.http422.zenodo.xml", "oai_dc")
    with pytest.raises(error):
        next(pages)


def test_a_real_moochub_feed_of_version_1_is_read(feeds: Path) -> None:
    body = (feeds / "mooc-apis-mammooc/mooin-moochub-v1.json").read_bytes()
    connector = Moochub(Moochub.Config.model_validate({"url": URL}))
    (page,) = connector.pages(FunctionFetch(lambda _: body), None)
    assert _counts(connector, page) == {"courses": 2}


@pytest.mark.parametrize(("name", "courses"), [("events.csv", 3), ("events_NCI.csv", 14)])
def test_a_real_table_is_read_with_guessed_columns(feeds: Path, name: str, courses: int) -> None:
    body = (feeds / "tess-ingestion" / name).read_bytes()
    connector = Table(Table.Config.model_validate({"url": URL}))
    (page,) = connector.pages(FunctionFetch(lambda _: body), None)
    assert _counts(connector, page) == {"courses": courses}
    assert page.complete


COURSES = {
    "jsonapi-sharekit-surf/sharekit-api.initial.0.json": {"courses": 8, "deleted": 1},
    "jsonapi-sharekit-surf/sharekit-api.initial.1.json": {"courses": 2},
    "jsonapi-sharekit-surf/sharekit-api.delta.0.json": {"courses": 4, "deleted": 1},
    "mit-learn-fixtures/test_sloan_courses.json": {"courses": 99},
    "mit-learn-fixtures/test_sloan_runs.json": {"courses": 92},
    "mit-learn-fixtures/mitxonline_courses.json": {"courses": 3},
    "mit-learn-fixtures/prolearn_mitpe_courses.json": {"courses": 4},
    "mooc-apis-mammooc/coursera-catalog.json": {"courses": 2},
    "sjtu-zh/2018_2019_3.json.gz": {"courses": 273},
    "sjtu-zh/2019_2020_2.json.gz": {"courses": 2746},
    "sjtu-zh/2020_2021_1.json.gz": {"courses": 1542},
}
"""What some of the lists hold; each of the others holds at least one course, and nothing else."""


@pytest.mark.slow
@pytest.mark.parametrize("name", MAPPINGS)
def test_a_real_list_is_read_through_its_mapping(feeds: Path, name: str) -> None:
    body = (feeds / name).read_bytes()
    body = gzip.decompress(body) if name.endswith(".gz") else body
    address = {"url": "https://upload.invalid/list.json"}
    connector = JsonFeed(JsonFeed.Config.model_validate({**address, **MAPPINGS[name]}))
    pages = list(connector.pages(FunctionFetch(lambda _: body), None))
    counts = sum((_counts(connector, page) for page in pages), Counter())
    assert counts == COURSES.get(name, {"courses": counts["courses"]})
    assert counts["courses"] > 0
    assert [page.warnings for page in pages if page.warnings] == []
