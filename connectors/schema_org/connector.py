"""Courses on web pages, described with schema.org: a site's pages one by one, out of its sitemap.

What is allowed is what ``robots.txt`` allows. A walk over all pages, each of which was read, is a
snapshot: what is not on it has been withdrawn. A walk that missed anything withdraws nothing by
absence, and says so. Where the sitemap says when pages changed, the runs between two whole walks
read only those that did; a page that is gone (404, 410) withdraws its course at any time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, StringConstraints

from connectors.contract import (
    CourseDraft,
    Deletions,
    Fetch,
    Fetched,
    Page,
    SourceMisconfigured,
    SourceUnavailable,
)
from connectors.schema_org import site_list
from connectors.schema_org.robots import AGENT, Robots
from connectors.schema_org.site_list import Listing
from connectors.schema_org.site_walk import ACCEPT, MAX_TOLD, Position, Walk
from connectors.schema_terms.course import course
from connectors.schema_terms.values import nodes

Pattern = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class SchemaOrg:
    """Reads the pages of one site."""

    contract: ClassVar[int] = 1
    file_field: ClassVar[str] = "url"
    deletions: Deletions = Deletions.NEVER

    class Config(BaseModel):
        """Which pages of which site."""

        model_config = ConfigDict(extra="forbid", frozen=True)

        url: HttpUrl = Field(
            description="A sitemap, a text file with an address on each line, or a single page"
        )
        pages: tuple[HttpUrl, ...] = Field(
            default=(), max_length=1000, description="Pages to read besides"
        )
        sites: tuple[HttpUrl, ...] = Field(
            default=(), max_length=20, description="Further sites that pages may be on"
        )
        include: tuple[Pattern, ...] = Field(
            default=(),
            max_length=50,
            description="Only paths that begin so; * stands for anything, $ for the end",
        )
        exclude: tuple[Pattern, ...] = Field(
            default=(), max_length=50, description="No paths that begin so, written alike"
        )
        whole_every: int = Field(
            default=10,
            ge=1,
            le=1000,
            description="Every so many runs read all pages; the others what the sitemap calls new",
        )

    def __init__(self, config: Config) -> None:
        self._config = config
        urls = (config.url, *config.pages, *config.sites)
        self._hosts = frozenset(one.host for one in urls)

    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        """Read page after page; the cursor names the last one that was read.

        Raises ``CursorExpired`` when the list of pages has changed within a walk.
        """
        position = Position() if since is None else Position.read(since)
        robots = Robots(fetch)
        listing, first = self._list(fetch, robots)
        if position.after is None:
            position = replace(position, begun=_begun(first))
        chosen = self._chosen(listing)
        walk = Walk(fetch, robots, first, listing, position)
        walk.choose(chosen)
        self._promise(walk)
        for page in walk.pages():
            self._promise(walk)
            yield page
        self._promise(walk)
        url = str(self._config.url)
        if walk.found_nothing and list(listing.pages) == [url]:
            raise SourceMisconfigured(
                f"{url} is no sitemap, and no page with a course that is described for machines"
            )
        yield walk.end(self._config.whole_every)

    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        """Map one course of a page."""
        return course(list(nodes(raw.get("items"))), next(nodes(raw.get("page")), {}))

    def _promise(self, walk: Walk) -> None:
        """Say what absence means now: nothing, once anything has been missed."""
        full = walk.whole and walk.position.since is None
        self.deletions = Deletions.SNAPSHOT if full else Deletions.NEVER

    def _list(self, fetch: Fetch, robots: Robots) -> tuple[Listing, Fetched]:
        """The site's pages, and the answer that listed them (or is the only page)."""
        url = str(self._config.url)
        if not robots.allows(url):
            raise SourceMisconfigured(f"robots.txt does not allow {AGENT} to read {url}")
        first = fetch(url, headers=ACCEPT)
        if site_list.is_sitemap(first):
            listing = site_list.sitemap(fetch, first)
        elif site_list.is_list(first):
            listing = site_list.lines(first)
        elif first.body.strip():
            listing = Listing({url: None})
        else:
            raise SourceUnavailable(f"{url}: the answer is empty")
        for more in self._config.pages:
            listing.pages.setdefault(str(more), None)
        return listing, first

    def _chosen(self, listing: Listing) -> list[str]:
        """The pages to read, by the configuration."""
        chosen: list[str] = []
        elsewhere: dict[str, int] = {}
        for url in listing.pages:
            parts = urlsplit(url)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            host = _ascii(parts.hostname or "")
            if host not in self._hosts:
                elsewhere[host] = elsewhere.get(host, 0) + 1
            elif (
                not self._config.include or any(matches(one, path) for one in self._config.include)
            ) and not any(matches(one, path) for one in self._config.exclude):
                chosen.append(url)
        for host, number in list(elsewhere.items())[:MAX_TOLD]:
            told = f"{number} pages on {host} were not read; if they belong here, name it in sites"
            listing.warnings.append(("W-PAGES-ELSEWHERE", told))
        return chosen


def matches(pattern: str, path: str) -> bool:
    """Whether a path begins as the pattern says; ``*`` is anything, ``$`` at its end the end."""
    anchored = pattern.endswith("$")
    first, *parts = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    if not parts:
        return not anchored or path == first
    at = len(first)
    for part in parts[:-1]:
        at = path.find(part, at)
        if at < 0:
            return False
        at += len(part)
    if anchored:
        return len(path) - len(parts[-1]) >= at and path.endswith(parts[-1])
    return path.find(parts[-1], at) >= 0


def _ascii(host: str) -> str:
    """A host in the form in which a configuration holds it (RFC 5891)."""
    try:
        return host.rstrip(".").encode("idna").decode()
    except UnicodeError:
        return host


def _begun(first: Fetched) -> str | None:
    """A day before the site's own time when it was listed: what changes later is news."""
    try:
        told = parsedate_to_datetime(first.headers.get("date", ""))
        return (told.astimezone(UTC) - timedelta(days=1)).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
