"""A run that keeps nothing: every page is taken as a harvest would, and thrown away.

What it found is remembered here and stored as the run's report. Since nothing stays from page to
page, this also remembers which items have been seen.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import service as catalogue
from app.harvest import store
from app.harvest.items import Task, take_page
from app.harvest.model import ItemIssue, Mode, Report
from app.harvest.reading import identity
from connectors.contract import Page, Rejected, Tombstone, Upsert

MOST_ISSUES = 1_000
"""Issues that a report holds in full; of the others it holds the numbers."""
MOST_ITEMS = 1_000_000
"""Where looking at a list ends that has no end."""
MOST_TITLES = 10
DRY_RUN = 100
"""How many items a dry run looks at unless it is told."""


Item = Upsert | Tombstone | Rejected


class Trial:
    """One such run, in one process, from its beginning."""

    def __init__(self, mode: Mode, most: int | None) -> None:
        self.most = min(most or DRY_RUN, MOST_ITEMS) if mode is Mode.DRY_RUN else MOST_ITEMS
        self.seen: set[str] = set()
        """By the hashes of their ids, as raw items are kept."""
        self._issues: list[ItemIssue] = []
        self._codes: Counter[str] = Counter()
        self._titles: list[str] = []

        self.was_cut = False
        """Whether there were more items than were to be looked at."""

    def take(self, session: Session, page: Page, task: Task, *, at: datetime) -> dict[str, int]:
        """Take a page and throw away what came of it; gives what is to be counted."""
        items, hashes, repeated = self._new(page.items)
        nested = session.begin_nested()
        tally = take_page(session, items, task=task, at=at)
        session.flush()
        self._remember(session, task.source.id, hashes)
        nested.rollback()
        tally["repeated"] = tally.get("repeated", 0) + repeated
        return tally

    def note(self, issues: Iterable[ItemIssue]) -> None:
        """Keep an issue for the report, as long as there is room for it."""
        for one in issues:
            self._codes[one.code] += 1
            if len(self._issues) < MOST_ISSUES:
                self._issues.append(one)

    def note_once(self, issues: Iterable[ItemIssue]) -> None:
        """Keep what is said of the run itself, which each page may say again."""
        self.note(one for one in issues if one not in self._issues)

    def report(self) -> dict[str, Any]:
        """What is to be stored; see ``read_report``."""
        return {
            "issues": [asdict(one) for one in self._issues],
            "codes": dict(self._codes),
            "titles": self._titles,
        }

    def _new(self, items: Sequence[Item]) -> tuple[list[Item], list[str], int]:
        """Those that no earlier page held, with their hashes; and how many one did.

        One that comes twice on a page is the page's affair.
        """
        found: list[Item] = []
        here: dict[str, None] = {}
        repeated = 0
        for item in items:
            key = store.remote_hash(identity(item))
            if key in self.seen:
                repeated += 1
            elif key in here or len(self.seen) + len(here) < self.most:
                here[key] = None
                found.append(item)
            else:
                self.was_cut = True
        self.seen.update(here)
        return found, list(here), repeated

    def _remember(self, session: Session, source_id: str, hashes: list[str]) -> None:
        for start in range(0, len(hashes), 500):
            some = hashes[start : start + 500]
            found = store.open_issues(session, source_id, some)
            self.note(one for key in some for one in found.get(key, ()))
            wanted = MOST_TITLES - len(self._titles)
            if wanted > 0:
                ids = store.courses_of(session, source_id, some, limit=wanted)
                courses = catalogue.get_courses(session, ids)
                self._titles += [next(iter(one.data.title.values()), "") for one in courses]


def read_report(stored: Mapping[str, Any]) -> Report:
    """A report as it was stored."""
    return Report(
        issues=tuple(ItemIssue(**one) for one in stored["issues"]),
        codes=dict(stored["codes"]),
        titles=tuple(stored["titles"]),
    )
