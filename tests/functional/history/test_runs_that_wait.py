"""Sources and runs from before there was a queue go on as they stood."""

from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import text

from app.harvest import RunState, service
from app.platform.db import Database
from migrations import config, upgrade

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 1, tzinfo=UTC)
SOURCE = """
INSERT INTO source (id, society_id, name, connector, config, every_hours, cursor, created_at)
VALUES ('{id}', 'cse', 'A feed', 'table', '{{}}', {hours}, NULL, '2026-10-01 00:00:00+00:00')
"""
RUN = """
INSERT INTO run (id, source_id, mode, state, config_digest, from_beginning, pass_no, seen, new,
  changed, unchanged, rejected, tombstone, withdrawn, warned, repeated, pages, complete, vanishing,
  host, pid, process, started_at, heartbeat_at)
VALUES ('{id}', '{source}', 'harvest', '{state}', '', {yes}, 1, 5, 5, 0, 0, 0, 0, 0, 0, 0, 1, {yes},
  0, 'h', 1, 'p', '{at}', '{at}')
"""


def test_sources_keep_their_rhythm_and_one_run_of_each_goes_on(database_url: str) -> None:
    database = Database.open(database_url)
    command.downgrade(config(database_url), "0018")
    yes = "1" if database.is_sqlite else "true"
    with database.write() as session:
        for source_id, hours in (("ran", 24), ("never", 12), ("by-hand", "NULL")):
            session.execute(text(SOURCE.format(id=source_id, hours=hours)))
        for run_id, day in (("r1", 1), ("r2", 2)):
            at = f"2026-11-0{day} 00:00:00+00:00"
            made = RUN.format(id=run_id, source="ran", state="running", yes=yes, at=at)
            session.execute(text(made))
    upgrade(database_url)
    with database.read() as session:
        due = {one.id: one.next_due_at for one in service.list_sources(session)}
        states = {one.id: one.state for one in service.list_runs(session, "ran")}
        newest = service.get_run(session, "r2")
    database.close()
    assert due == {
        "ran": AT + timedelta(days=2),
        "never": datetime(2026, 10, 1, tzinfo=UTC),
        "by-hand": None,
    }
    assert states == {"r1": RunState.CANCELLED, "r2": RunState.RUNNING}
    assert (newest.asked_by, newest.asked_at) == ("system:schedule", AT + timedelta(days=1))
