"""One walk over a site's pages: each read or told, and where to go on, today or another day.

The position is JSON. Within a walk it names the page that was read last; behind one, the day from
which on a change is news. A page that cannot be had is told and costs only itself, until so many
have failed one after another that it is the site which cannot be had.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime

from connectors.contract import (
    CursorExpired,
    Fetch,
    Fetched,
    Page,
    Rejected,
    SourceMisconfigured,
    SourceUnavailable,
    Tombstone,
)
from connectors.schema_org import page_courses
from connectors.schema_org.page_courses import Found
from connectors.schema_org.robots import Robots
from connectors.schema_org.site_list import Listing

MAX_FAILURES = 10
"""So many pages one after another that cannot be had mean that the site cannot."""
MAX_TOLD = 20
"""How many warnings of one code are told page by page; the others are counted."""
ACCEPT = {"Accept": "text/html, application/xhtml+xml, application/ld+json;q=0.9, */*;q=0.1"}

_GONE = (404, 410)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a walk stands, or where the next one begins. ``walk`` counts from a whole one."""

    after: str | None = None
    since: str | None = None
    begun: str | None = None
    walk: int = 1
    whole: bool = True
    counts: Mapping[str, int] = field(default_factory=dict)

    def cursor(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def read(cls, cursor: str) -> "Position":
        try:
            held = cls(**json.loads(cursor))
            Counter(held.counts)
            held.walk + 1
        except (ValueError, TypeError, AttributeError) as error:
            raise CursorExpired("the cursor is not one of this connector's") from error
        return held


class Walk:
    """One walk over a site's pages."""

    def __init__(
        self, fetch: Fetch, robots: Robots, first: Fetched, listing: Listing, position: Position
    ) -> None:
        self.counts = Counter(position.counts)
        self.whole = position.whole and listing.whole
        self.position = position
        self._fetch = fetch
        self._robots = robots
        self._first = first
        self._listing = listing
        self._todo: Sequence[str] = ()
        self._listed: frozenset[str] = frozenset()
        self._failures = 0
        self._told: Counter[str] = Counter()
        self._untold = list(listing.warnings) if position.after is None else []
        self._shown: dict[str, str] = {}

    def choose(self, todo: Sequence[str]) -> None:
        """Say which pages are to be read. Raises ``CursorExpired`` when the list has changed."""
        self._listed = frozenset(todo)
        if self.position.after is not None:
            places = {_mark(url): place for place, url in enumerate(todo)}
            if self.position.after not in places:
                raise CursorExpired("the list of pages has changed")
            todo = todo[places[self.position.after] + 1 :]
        self._todo = todo

    def pages(self) -> Iterator[Page]:
        """Every page that is to be read, with what it holds."""
        for url in self._todo:
            if self._old(url):
                self.counts["unchanged"] += 1
                continue
            if not self._robots.allows(url):
                self._count("disallowed", url)
                continue
            found = self._read(url)
            self.whole = self.whole and found.whole
            self.counts["read"] += 1
            self.counts["left"] += found.left
            if not found.items and not found.left:
                self._count("empty", url)
            self.position = replace(
                self.position, after=_mark(url), whole=self.whole, counts=dict(self.counts)
            )
            self._untold += self._few(found.warnings)
            told, self._untold = tuple(self._untold), []
            yield Page(tuple(found.items), self.position.cursor(), warnings=told)

    @property
    def found_nothing(self) -> bool:
        """Whether no page that was read holds a course."""
        return self.counts["read"] == self.counts["empty"] > 0

    def end(self, whole_every: int) -> Page:
        """The last page: what the walk amounts to, and where the next one may begin."""
        counts, warnings = self.counts, self._untold
        told = {
            "empty": ("W-PAGES-WITHOUT-COURSE", "hold no course that is described for machines"),
            "disallowed": ("W-ROBOTS", "were not read: robots.txt does not allow it"),
        }
        total = counts["read"] + counts["disallowed"]
        for name, (code, what) in told.items():
            if counts[name]:
                shown = f", such as {self._shown[name]}" if name in self._shown else ""
                warnings.append((code, f"{counts[name]} of {total} pages {what}{shown}"))
        for code, number in self._told.items():
            if number > MAX_TOLD:
                warnings.append((code, f"... and {number - MAX_TOLD} times more"))
        if not self.whole:
            reason = "not every page could be read, so nothing is withdrawn for being absent"
            warnings.append(("W-SITE-INCOMPLETE", reason))
        position = self.position
        following = None
        dated = position.begun and any(self._listing.pages.values())
        if self.whole and dated and position.walk < whole_every:
            following = Position(since=position.begun, walk=position.walk + 1).cursor()
        return Page((), following, complete=True, warnings=tuple(warnings), next_run=following)

    def _old(self, url: str) -> bool:
        """Whether the sitemap says that the page has not changed since the last run."""
        changed = self._listing.pages.get(url)
        if self.position.since is None or not changed:
            return False
        try:
            return _moment(changed) < _moment(self.position.since)
        except ValueError:
            return False

    def _read(self, url: str) -> Found:
        """One page. Raises when it is the site, not the page, that cannot be had."""
        try:
            fetched = self._first
            if url != self._first.url:
                fetched = self._fetch(url, headers=ACCEPT, accept=_GONE)
        except (SourceUnavailable, SourceMisconfigured) as error:
            self._failures += 1
            waits = isinstance(error, SourceUnavailable) and error.retry_after is not None
            if waits or self._failures >= MAX_FAILURES:
                raise
            away = isinstance(error, SourceUnavailable)
            code = "E-PAGE-UNAVAILABLE" if away else "E-PAGE-REFUSED"
            return Found([Rejected(url, {"url": url}, code, str(error)[:1000])], whole=False)
        self._failures = 0
        if fetched.status in _GONE:
            return Found([Tombstone(url)])
        return page_courses.courses(fetched, url, self._listed)

    def _count(self, name: str, url: str) -> None:
        self.counts[name] += 1
        self._shown.setdefault(name, url)

    def _few(self, warnings: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """The first warnings of each code; of the others there is only the number."""
        kept = []
        for code, message in warnings:
            self._told[code] += 1
            if self._told[code] <= MAX_TOLD:
                kept.append((code, message))
        return kept


def _mark(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
