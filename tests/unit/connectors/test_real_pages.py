"""Real pages, sitemaps, calendars and feeds, kept beside the checkout: everything is read."""

import gzip
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from app.catalogue import rules
from connectors.contract import CourseDraft, Page, Upsert
from connectors.ical import ICal
from connectors.rss import Rss
from connectors.schema_org import SchemaOrg
from tests.conftest import skip_or_fail
from tests.simulator.feeds import Answer
from tests.simulator.websites import SITE, Website

pytestmark = pytest.mark.feeds
FEEDS = Path(__file__).parents[3].parent / "shared" / "data" / "feeds"


@pytest.fixture
def feeds() -> Path:
    if not FEEDS.is_dir():
        skip_or_fail(f"the real feeds are not at {FEEDS}")
    return FEEDS


def pages_of(connector: Any, answers: dict[str, Answer]) -> list[Page]:
    return list(connector.pages(Website(answers), None))


def drafts(connector: Any, pages: list[Page]) -> list[CourseDraft]:
    """Every item, mapped; one that is rejected fails here."""
    items = [item for page in pages for item in page.items]
    assert all(isinstance(item, Upsert) for item in items)
    return [connector.normalise(item.raw) for item in items if isinstance(item, Upsert)]


def issues(mapped: list[CourseDraft]) -> Counter[str]:
    checked = [rules.check(asdict(draft)) for draft in mapped]
    assert all(one.data for one in checked)
    return Counter(issue.code for one in checked for issue in one.issues)


def schema_org(url: str, **config: Any) -> SchemaOrg:
    return SchemaOrg(SchemaOrg.Config.model_validate({"url": url, **config}))


def test_pages_of_eight_real_sites_give_their_courses_and_events(feeds: Path) -> None:
    files = sorted((feeds / "schemaorg-html").glob("*.html.gz"))
    answers: dict[str, Answer] = {
        f"/{one.name}": gzip.decompress(one.read_bytes()) for one in files
    }
    answers["/list.txt"] = "\n".join(SITE + path for path in answers).encode()
    connector = schema_org(f"{SITE}/list.txt")
    pages = pages_of(connector, answers)
    mapped = drafts(connector, pages)
    assert (len(files), len(mapped)) == (18, 19)
    assert len([page for page in pages if not page.items]) == 3, "two lists, and the end"
    assert [code for page in pages for code, _ in page.warnings] == ["W-PAGES-WITHOUT-COURSE"]
    assert "2 of 18 pages" in pages[-1].warnings[0][1]
    assert issues(mapped) == {}
    assert sum(bool(one.runs) for one in mapped) == 16, "the others are learning resources"


@pytest.mark.parametrize(
    ("name", "count", "dated"),
    [("hoou-sitemap.xml", 10, 10), ("oerbw-sitemap.xml", 10, 0), ("oncampus-sitemap.xml", 11, 0)],
)
def test_real_sitemaps_name_their_pages(feeds: Path, name: str, count: int, dated: int) -> None:
    body = (feeds / "sitemaps" / name).read_bytes()
    sites = ["https://www.hoou.de", "https://uni-tuebingen.oerbw.de", "https://www.oncampus.de"]
    connector = schema_org(f"{SITE}/s.xml", sites=sites)
    site = Website({"/s.xml": body}, date="Sat, 28 Nov 2026 12:00:00 GMT")
    pages = list(connector.pages(site, None))
    gone = [item for page in pages for item in page.items]
    assert len(gone) == len({item.source_id for item in gone}) == count
    assert bool(pages[-1].next_run) is bool(dated)


def test_real_calendars_give_an_event_each(feeds: Path) -> None:
    counts: Counter[str] = Counter()
    files = sorted((feeds / "ical").glob("*.ics"))
    for one in files:
        connector = ICal(ICal.Config.model_validate({"url": f"{SITE}/{one.name}"}))
        pages = pages_of(connector, {f"/{one.name}": one.read_bytes()})
        (found,) = drafts(connector, pages)
        assert found.runs[0].start
        assert found.runs[0].end
        assert [page.warnings for page in pages] == [()]
        counts += issues([found])
    assert len(files) == 7
    assert counts.pop("W-URL-MISSING") == 3
    assert counts.total() == counts["W-LANG-MISSING"] + counts["W-LANG-GUESSED"] == 7


@pytest.mark.parametrize(
    ("name", "count"),
    [("mooc-apis-mammooc/edx-course-feed.rss.xml", 1), ("mit-learn-fixtures/test_podcast.rss", 2)],
)
def test_real_feeds_give_their_entries(feeds: Path, name: str, count: int) -> None:
    connector = Rss(Rss.Config.model_validate({"url": f"{SITE}/f"}))
    page = next(iter(connector.pages(Website({"/f": (feeds / name).read_bytes()}), None)))
    mapped = drafts(connector, [page])
    assert len(mapped) == count
    assert page.cursor, "both have further pages"
    assert not [code for code in issues(mapped) if not code.startswith("W-DURATION")]
