"""Read a feed through its connector, judge each item as a run would, and keep only what is told.

1. Pages come until the source ends, a bound is reached or something stops the reading.
2. Each item is mapped and checked; its findings are counted by code, the first of each are kept.
3. At the end the feed as a whole is judged: whether it adds up, whether it said that it ended.

Nothing is written, so an item that is fine here may still be matched or merged in a run.
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import structlog

from app.catalogue import quality, rules
from app.catalogue.document import to_json
from app.catalogue.model import CourseData, Issue, Severity
from app.harvest import rules as harvest_rules
from app.harvest.inspecting.bounds import Bounds, Enough, Meter
from app.harvest.inspecting.model import (
    Cut,
    Finding,
    Group,
    Inspection,
    PreviewedCourse,
    Stop,
    Tally,
)
from app.harvest.quality import Summing
from app.harvest.reading import Reading, read
from connectors.contract import (
    Connector,
    ConnectorError,
    Fetch,
    Page,
    Rejected,
    SourceMisconfigured,
    Tombstone,
    Upsert,
)

logger = structlog.get_logger(__name__)

_LONGEST_RAW = 20_000
_LONGEST_ID = 300
_MOST_CODES = 200
_MEND_CONFIGURED = "Mend the address, the settings or the feed, and look again."


def inspect(
    connector: Connector,
    fetch: Fetch,
    *,
    most: int | None = None,
    bounds: Bounds | None = None,
    ticks: Callable[[], float] = time.monotonic,
) -> Inspection:
    """Look at a feed. Raises nothing of the feed's making: whatever stops it is told.

    ``most`` items at most are read; the other bounds are those of ``bounds``.
    """
    chosen = bounds or Bounds()
    chosen = chosen if most is None else replace(chosen, items=most)
    return _Look(connector, Meter(fetch, chosen, ticks), chosen).whole()


class _Look:
    """What is known so far in the middle of one inspection."""

    def __init__(self, connector: Connector, meter: Meter, bounds: Bounds) -> None:
        self._connector = connector
        self._meter = meter
        self._bounds = bounds
        self._tally = Tally()
        self._findings = _Grouped(bounds.shown)
        self._quality = Summing()
        self._preview: list[PreviewedCourse] = []
        self._ids: set[str] = set()
        self._expected: int | None = None
        self._complete = False

    def whole(self) -> Inspection:
        """Read and judge."""
        cut, stop = self._read()
        if cut is None and stop is None:
            self._judge_list()
        counters = replace(self._tally, bytes=self._meter.bytes, requests=self._meter.requests)
        return Inspection(
            groups=self._findings.groups(),
            preview=tuple(self._preview),
            counters=counters,
            quality=self._quality.total(),
            deletions=str(self._connector.deletions),
            expected=self._expected,
            complete=self._complete,
            cut=cut,
            stop=stop,
        )

    def _read(self) -> tuple[Cut | None, Stop | None]:
        try:
            for page in self._connector.pages(self._meter, None):
                self._take_page(page)
                if page.complete:
                    break
        except Enough as error:
            return error.cut, None
        except ConnectorError as error:
            return None, _stopped(error)
        except Exception as error:  # as the run loop: a plugin may raise anything on a feed
            logger.exception("connector failed on a feed that was looked at")
            told = f"The feed has not the shape that its format has: {type(error).__name__}"
            return None, Stop("E-FEED-SHAPE", _plain(f"{told}: {error}"), _MEND_CONFIGURED)
        return None, None

    def _take_page(self, page: Page) -> None:
        self._tally = replace(self._tally, pages=self._tally.pages + 1)
        if page.expected is not None:
            self._expected = page.expected
        self._complete = page.complete
        for code, message in page.warnings:
            self._findings.add([_of_feed(Severity.WARNING, code, message)])
        for item in page.items:
            self._meter.check_time()
            if self._tally.seen >= self._bounds.items:
                raise Enough(Cut.ITEMS)
            self._take(item)

    def _take(self, item: Upsert | Tombstone | Rejected) -> None:
        reading = read(item, self._connector)
        line = None if isinstance(item, Tombstone) else item.line
        if reading.remote_id in self._ids:
            self._count(repeated=1)
            self._findings.add([_repeated(reading.remote_id, line)])
            return
        self._ids.add(reading.remote_id)
        if reading.gone:
            self._count(seen=1, gone=1)
            return
        issues, data = _judged(reading)
        raw = None if isinstance(item, Tombstone) else item.raw
        self._findings.add([self._told(one, reading, line, raw) for one in issues])
        if data is None:
            self._count(seen=1, rejected=1)
            return
        self._count(seen=1, taken=1, warned=int(bool(issues)))
        points, missing = quality.score(data)
        self._quality.add(points, missing)
        if len(self._preview) < self._bounds.preview:
            shown = _shown(reading, line, raw, data)
            self._preview.append(replace(shown, quality=points, missing=missing))

    def _told(self, issue: Issue, reading: Reading, line: int | None, raw: Any) -> Finding:
        return Finding(
            severity=issue.severity,
            code=issue.code,
            record=reading.remote_id[:_LONGEST_ID],
            path=issue.path,
            line=line,
            value=issue.value,
            message=issue.message,
            mend=issue.hint,
            place=_place(self._connector, raw, issue.path),
        )

    def _count(self, **more: int) -> None:
        self._tally = replace(
            self._tally, **{name: getattr(self._tally, name) + one for name, one in more.items()}
        )

    def _judge_list(self) -> None:
        """What a run that had read to the end would say of the list."""
        tally = self._tally
        listing = harvest_rules.Listing(
            deletions=self._connector.deletions, from_beginning=True, complete=self._complete,
            expected=self._expected, seen=tally.seen, repeated=tally.repeated,
            rejected=tally.rejected, known_before=0, vanishing=0,
        )  # fmt: skip
        if not harvest_rules.adds_up(listing):
            told = f"The source speaks of {self._expected} items and listed {tally.seen}."
            mend = "Let the number that the feed gives be that of the items in it."
            self._findings.add([_of_feed(Severity.WARNING, "W-COUNT-MISMATCH", told, mend)])
        if not self._complete:
            told = "The source did not say that its list had ended."
            mend = "Until it does, courses that are gone from it are not withdrawn here."
            self._findings.add([_of_feed(Severity.WARNING, "W-LIST-OPEN", told, mend)])
        if not tally.seen:
            told = "There is not a single course in the feed."
            mend = "Look whether this is the right address, and whether the list needs a setting."
            self._findings.add([_of_feed(Severity.ERROR, "E-FEED-EMPTY", told, mend)])


class _Grouped:
    """Findings by code: the first ones of each, and how many there were."""

    def __init__(self, shown: int) -> None:
        self._shown = shown
        self._kept: dict[tuple[Severity, str], list[Finding]] = {}
        self._counts: dict[tuple[Severity, str], int] = {}
        self._records: dict[tuple[Severity, str], int] = {}

    def add(self, findings: Iterable[Finding]) -> None:
        """The findings of one item, or of the feed."""
        of_this_item = set()
        for one in findings:
            key = (one.severity, one.code)
            if key not in self._kept and len(self._kept) >= _MOST_CODES:
                key = (one.severity, f"{one.code[0]}-OTHER")  # a plugin may make up codes
            kept = self._kept.setdefault(key, [])
            self._counts[key] = self._counts.get(key, 0) + 1
            of_this_item.add(key)
            if len(kept) < self._shown:
                kept.append(one)
        for key in of_this_item:
            self._records[key] = self._records.get(key, 0) + 1

    def groups(self) -> tuple[Group, ...]:
        """Errors first, then the codes that occur most often."""
        ranked = sorted(
            self._kept, key=lambda key: (key[0] is not Severity.ERROR, -self._counts[key], key[1])
        )
        return tuple(
            Group(severity, code, self._counts[severity, code], self._records[severity, code],
                  tuple(self._kept[severity, code]))
            for severity, code in ranked
        )  # fmt: skip


def _judged(reading: Reading) -> tuple[tuple[Issue, ...], CourseData | None]:
    if reading.draft is None:
        return ((reading.problem,) if reading.problem else ()), None
    checked = rules.check(reading.draft)
    return checked.issues, checked.data


def _shown(reading: Reading, line: int | None, raw: Any, data: CourseData) -> PreviewedCourse:
    text = _plain(json.dumps(raw, ensure_ascii=False, indent=1), _LONGEST_RAW + 1)
    if len(text) > _LONGEST_RAW:
        text = text[:_LONGEST_RAW] + "\n…"
    return PreviewedCourse(
        record=reading.remote_id[:_LONGEST_ID],
        line=line,
        title=next(iter(data.title.values())),
        raw=text,
        course=to_json(data),
    )


def _place(connector: Connector, raw: Any, path: str) -> str | None:
    """What the source calls a field, if its connector can say; a plugin may be wrong about it."""
    tell = getattr(connector, "place", None)
    if not path or not callable(tell):
        return None
    found = tell(raw, path)
    return _plain(found, _LONGEST_ID) if isinstance(found, str) else None


def _plain(text: str, most: int = 500) -> str:
    """Short enough to show, and without halves of characters, which no page can be made of."""
    return text[:most].encode("utf-8", "replace").decode()


def _of_feed(severity: Severity, code: str, message: str, mend: str | None = None) -> Finding:
    return Finding(severity, _plain(code, 64), None, "", None, None, _plain(message), mend)


def _repeated(record: str, line: int | None) -> Finding:
    return Finding(
        Severity.WARNING, "W-DUP-ID", record[:_LONGEST_ID], "", line, None,
        "The source lists several items under this id; the first one counts.",
        "Give every item an id of its own.",
    )  # fmt: skip


def _stopped(error: ConnectorError) -> Stop:
    if isinstance(error, SourceMisconfigured):
        return Stop("E-FEED-UNREADABLE", _plain(str(error)), _MEND_CONFIGURED)
    mend = "Try again later; if it comes back, look at the server that gives the feed."
    return Stop("E-FEED-UNAVAILABLE", _plain(str(error)), mend)
