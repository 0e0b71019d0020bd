"""Every folder of real feeds, brought in by the node's own run loop; nothing is passed over.

    python -m tests.bench.harvest.feeds [FOLDER ...] [--samples N] [--from PATH]

Prints for each feed: what was seen, accepted, withdrawn, rejected and warned of, by code. A file
that is no course feed is named with its reason. ``--samples`` shows as many random courses of each
feed beside what the source gave. The recorded answers are served from disk (``recorded``); the
node's database is a new SQLite file.
"""

import argparse
import json
import logging
import random
import tempfile
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select

from app.catalogue import NewSociety
from app.catalogue import rules as catalogue_rules
from app.catalogue import service as catalogue
from app.harvest import NewSource, Run, service
from app.harvest.registry import GROUP, Registry, load
from app.harvest.tables import RawItemRow
from app.platform import clock
from app.platform.db import Database
from connectors.contract import Connector, Fetch, RejectRecord
from migrations import upgrade
from tests.bench.harvest.recorded import Disk, NotAFeed, Recording, recordings

ROOT = Path(__file__).parents[3]
FEEDS = ROOT.parent / "shared" / "data" / "feeds"
MOST_ISSUES = 1_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one feed."""

    folder: str
    name: str
    connector: str
    state: str
    seen: int = 0
    accepted: int = 0
    gone: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    warned: Mapping[str, int] = field(default_factory=dict)
    message: str = ""

    def figures(self) -> tuple[int, int, int, dict[str, int]]:
        """What a test keeps."""
        return self.seen, self.accepted, self.gone, dict(self.rejected)


class Harvest:
    """A node with an empty catalogue, and the recorded feeds as its sources."""

    def __init__(self, feeds: Path, database: Database) -> None:
        self.registry = installed()
        self._feeds = feeds
        self._database = database
        with self._database.write() as session:
            catalogue.add_society(session, NewSociety({"en": "Feeds"}, id="feeds"), at=clock.now())

    def bring(self, recording: Recording, number: int) -> Outcome:
        """Run one feed to its end."""
        if recording.connector not in self.registry.connectors:
            told = "no such connector here"
            return Outcome(recording.folder, recording.name, recording.connector, "", message=told)
        source = f"feed-{number}"
        with self._database.write() as session:
            new = NewSource("feeds", recording.connector, dict(recording.config), id=source)
            service.add_source(session, new, registry=self.registry, at=clock.now())

        @contextmanager
        def disk(hosts: frozenset[str]) -> Iterator[Fetch]:
            yield Disk(self._feeds, recording)

        run = service.run_source(
            self._database, source, registry=self.registry, make_fetch=disk, now=clock.now
        )
        return self._told(recording, run)

    def _told(self, recording: Recording, run: Run) -> Outcome:
        with self._database.read() as session:
            issues = service.list_issues(session, run.source_id, limit=MOST_ISSUES)
        counters = run.counters
        return Outcome(
            recording.folder, recording.name, recording.connector, run.state.value,
            seen=counters.seen,
            accepted=counters.new + counters.changed + counters.unchanged,
            gone=counters.tombstone,
            rejected=Counter(one.code for one in issues if one.severity == "error"),
            warned=Counter(one.code for one in issues if one.severity != "error"),
            message=run.message or "",
        )  # fmt: skip

    def samples(self, recording: Recording, number: int, count: int) -> Iterator[tuple[str, str]]:
        """Random courses as the source gave them, and as they were taken."""
        with self._database.read() as session:
            rows = session.execute(
                select(RawItemRow.remote_id, RawItemRow.raw).where(
                    RawItemRow.source_id == f"feed-{number}", RawItemRow.raw.is_not(None)
                )
            ).all()
        connector, _ = self.registry.build(recording.connector, recording.config)
        chosen = random.sample(rows, min(count, len(rows)))
        for remote_id, raw in chosen:
            if raw is None:
                continue
            yield f"{remote_id}\n  {raw[:3000]}", _normalised(connector, json.loads(raw))


def installed() -> Registry:
    """The connectors of this checkout, whatever of it is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named: Mapping[str, str] = project["entry-points"][GROUP]
    return load(list(named), installed=[EntryPoint(n, value, GROUP) for n, value in named.items()])


def _normalised(connector: Connector, raw: Mapping[str, Any]) -> str:
    """A course as the catalogue takes it, what is empty left out, and what is said of it."""
    try:
        checked = catalogue_rules.check(asdict(connector.normalise(raw)))
    except RejectRecord as error:
        return f"{error.code} {error}"
    data = asdict(checked.data) if checked.data else {}
    told = {name: value for name, value in data.items() if value}
    issues = " ".join(f"{one.code}({one.path}: {one.value})" for one in checked.issues)
    return f"{json.dumps(told, ensure_ascii=False, default=str)}\n  {issues}"


def _shown(codes: Mapping[str, int]) -> str:
    return " ".join(f"{code}:{count}" for code, count in sorted(codes.items())) or "-"


def _line(one: Outcome | NotAFeed) -> str:
    if isinstance(one, NotAFeed):
        return f"{one.folder:22} {one.name[:44]:44} no feed: {one.reason}"
    told = f" {one.message}" if one.message else ""
    return (
        f"{one.folder:22} {one.name[:44]:44} {one.connector:10} {one.state:16} {one.seen:5} "
        f"{one.accepted:5} {one.gone:4} rejected {_shown(one.rejected)}; warned "
        f"{_shown(one.warned)}{told}"
    )


def brought(
    harvest: Harvest, feeds: Path, folders: Collection[str]
) -> Iterator[tuple[int, Recording | None, Outcome | NotAFeed]]:
    """Every feed of these folders (of all when there are none), one after the other."""
    for number, one in enumerate(recordings(feeds)):
        if folders and one.folder not in folders:
            continue
        if isinstance(one, NotAFeed):
            yield number, None, one
        else:
            yield number, one, harvest.bring(one, number)


def main(folders: Collection[str], feeds: Path, samples: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    sums: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'node.sqlite3'}"
        upgrade(url)
        database = Database.open(url)
        harvest = Harvest(feeds, database)
        print(f"{'folder':22} {'feed':44} {'connector':10} {'state':16}  seen taken gone")
        for number, recording, one in brought(harvest, feeds, folders):
            print(_line(one), flush=True)
            if isinstance(one, Outcome):
                sums.update(seen=one.seen, taken=one.accepted, gone=one.gone)
                sums["rejected"] += sum(one.rejected.values())
            if recording is not None and samples and isinstance(one, Outcome) and one.seen:
                for given, taken in harvest.samples(recording, number, samples):
                    print(f"\n- {given}\n  => {taken}")
        print(", ".join(f"{name} {count}" for name, count in sums.items()))
        database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", help="folders of the feeds; all without any")
    parser.add_argument("--samples", type=int, default=0, help="random courses of each feed")
    parser.add_argument("--from", dest="feeds", type=Path, default=FEEDS, help="where they are")
    given = parser.parse_args()
    main(given.folders, given.feeds, given.samples)
