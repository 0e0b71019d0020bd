"""One node with one source in memory, for tests of harvesting."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue import COURSE_CHANGED, NewSociety
from app.catalogue import service as catalogue
from app.harvest import NewSource, Run, service
from app.platform.db import Database
from app.platform.outbox import backlog
from tests.conftest import NOW
from tests.simulator.harvests import Feed, no_network, registry


class House:
    """One node with one source, and a clock that moves a minute at every look."""

    def __init__(self, database: Database) -> None:
        self.database, self.feed, self.at = database, Feed(), NOW
        with database.write() as session:
            catalogue.add_society(session, NewSociety({"en": "CSE"}, id="cse"), at=NOW)
            service.add_source(
                session,
                NewSource("cse", "memory", {}, id="s"),
                registry=registry(self.feed),
                at=NOW,
            )

    def now(self) -> Any:
        self.at += timedelta(minutes=1)
        return self.at

    def run(self, **options: Any) -> Run:
        run = service.run_source(
            self.database, "s", registry=registry(self.feed), make_fetch=no_network, now=self.now,
            **options,
        )  # fmt: skip
        c = run.counters
        assert c.seen == c.new + c.changed + c.unchanged + c.rejected + c.tombstone
        return run

    def read(self, what: Any) -> Any:
        with self.database.read() as session:
            return what(session)

    def titles(self) -> set[str]:
        def read(session: Session) -> set[str]:
            ids = catalogue.iter_course_ids(session)
            return {one.data.title["en"] for one in catalogue.get_courses(session, ids)}

        found: set[str] = self.read(read)
        return found

    def told(self) -> int:
        return int(self.read(lambda session: backlog(session, COURSE_CHANGED)).waiting)

    def codes(self) -> list[str]:
        return [one.code for one in self.read(lambda session: service.list_issues(session, "s"))]
