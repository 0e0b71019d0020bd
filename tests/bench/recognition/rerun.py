"""A new version of a policy run over a million stored decisions, in batches, on PostgreSQL.

    python -m tests.bench.recognition.rerun [COUNT] [--sqlite]

COUNT submissions, fifty of each registrant, stand decided under version 1, each on the figures of
those before it. Version 2 raises a cap and what an hour counts, so that every decision changes; it
is adopted, and the worker does the rest: events, batches, changes, history, progress. A second run
of the same changes nothing, and shows what looking alone costs. Seconds are by the clock, with the
database's work in them; memory is the most that this process had.
"""

import gc
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert, text

from app.platform.db import Base, Database
from app.platform.ids import new_id
from app.recognition.deciding.evaluate import evaluate
from app.recognition.deciding.model import Binding, Facts, Signature, Standing
from app.recognition.deciding.stored import decision_as_json, facts_as_json
from app.recognition.ledger import service as ledger
from app.recognition.ledger.figures import Book, Entry
from app.recognition.ledger.model import Cause, RunScope, RunState
from app.recognition.ledger.tables import AccountRow, DecisionRow, SubmissionRow
from app.recognition.ledger.work import WORKER, work
from app.recognition.policies.model import Policy
from app.recognition.policies.reading import read_policy
from app.recognition.register.tables import RegistrantRow
from migrations import upgrade
from tests import servers
from tests.conftest import NOW
from tests.simulator.ledgers import POLICY, Ledgers, Registry

OF_ONE = 50
AT_ONCE = 2_000
KINDS = ("course", "conference")


def stored(count: int, registry: Registry, policy: Policy) -> Iterator[dict[str, dict[str, Any]]]:
    """Rows by table, submission by submission, each decided as it would have been."""
    for first in range(0, count, OF_ONE):
        registrant_id, book = new_id(), Book(registered_on=None)
        for number in range(1, min(OF_ONE, count - first) + 1):
            yield _rows(registry.id, registrant_id, number, policy, book)


def _rows(
    registry_id: str, registrant_id: str, number: int, policy: Policy, book: Book
) -> dict[str, dict[str, Any]]:
    submission_id, decision_id = new_id(), new_id()
    facts = Facts(
        record_id=f"urn:uuid:{submission_id}",
        completed=date(2024, 1, 1) + timedelta(days=number * 19 % 1000),
        kind=KINDS[number % 2],
        activity_key=f"did:web:society.example|https://society.example/{submission_id}|x|",
        role="participant",
        mode="in_person",
        measures={"contact_minutes": Fraction(30 + number * 7 % 120)},
        tags=("technical",),
        competences=("EC1", "EC4"),
        languages=("en",),
        signature=Signature.VALID,
        status=Standing.VALID,
        holder=Binding.BOUND,
    )
    made = evaluate(policy, facts, book.ledger(policy, facts), today=NOW.date())
    book.add(Entry.of(made, facts))
    body, told = decision_as_json(made), facts_as_json(facts)
    rows = {
        "submission": _submission(registry_id, registrant_id, number, submission_id, facts)
        | {"facts": told, "outcome": body["outcome"], "decision_id": decision_id},
        "decision": {
            "id": decision_id,
            "submission_id": submission_id,
            "registry_id": registry_id,
            "registrant_id": registrant_id,
            "sequence": 1,
            "cause": Cause.SUBMITTED.value,
            "made_at": NOW,
            "made_by": "client:bench",
            "today": NOW.date(),
            **{name: body[name] for name in ("outcome", "credited", "category")},
            **{name: body[name] for name in ("policy_id", "policy_version", "policy_hash")},
            "body": body,
            "facts": told,
        },
    }
    if number == 1:
        rows["registrant"] = {
            "id": registrant_id,
            "registry_id": registry_id,
            "number": registrant_id,
            "name": "Ada Obi",
            "folded": registrant_id,
            "created_at": NOW,
        }
        rows["ledger_account"] = {
            "registrant_id": registrant_id,
            "registry_id": registry_id,
            "last_number": OF_ONE,
        }
    return rows


def _submission(
    registry_id: str, registrant_id: str, number: int, submission_id: str, facts: Facts
) -> dict[str, Any]:
    return {
        "id": submission_id,
        "registry_id": registry_id,
        "registrant_id": registrant_id,
        "number": number,
        "origin": "api",
        "submitted_by": "client:bench",
        "submitted_at": NOW,
        "self_declared": False,
        "record_key": submission_id.replace("-", "").rjust(64, "0"),
        "claim": submission_id.replace("-", "").rjust(64, "0"),
        "record_id": facts.record_id,
        "title": "A course",
        "completed": facts.completed,
        "activity_key": facts.activity_key,
        "sequence": 1,
    }


def fill(database: Database, registry: Registry, count: int, policy: Policy) -> None:
    tables = {"registrant": RegistrantRow, "ledger_account": AccountRow,
              "submission": SubmissionRow, "decision": DecisionRow}  # fmt: skip
    coming = stored(count, registry, policy)
    while some := list(islice(coming, AT_ONCE)):
        with database.write() as session:
            for name, row in tables.items():
                values = [one[name] for one in some if name in one]
                if values:
                    session.execute(insert(row), values)


def rules(registry: Registry, **how: str) -> str:
    given = {"policy_id": "rules", "version": "1", "first": "null", "last": "null",
             "credit": "1", "cap": "10", "whole": "40", **how}  # fmt: skip
    return POLICY.format(registry=registry.id, **given)


def run_it(registry: Registry, what: str) -> None:
    """Work until nothing is left, telling how far the newest run has come."""
    began, busy, shown = time.monotonic(), time.process_time(), 0
    desk = registry.node.work_desk(now=lambda: NOW)
    while work(desk, batches=20):
        with registry.database.read() as session:
            run = ledger.run_page(session, registry.id).items[0]
        if run.looked - shown >= run.total // 10 or run.state is RunState.DONE:
            shown, took = run.looked, time.monotonic() - began
            print(
                f"  {run.looked:>11,} of {run.total:,}  {run.changed:>11,} changed"
                f"  {run.looked / took:10,.0f} decisions/s  {_memory():5.0f} MiB", flush=True
            )  # fmt: skip
    took, used = time.monotonic() - began, time.process_time() - busy
    print(
        f"{what}: {run.looked:,} in {took:.0f} s, {run.looked / took:,.0f} decisions/s "
        f"({run.looked / used:,.0f} in a CPU second of this process), "
        f"{run.changed:,} changed, most memory {_memory():.0f} MiB",
        flush=True,
    )


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(url: str, count: int) -> None:
    upgrade(url)
    database = Database.open(url)
    registry = Ledgers(database).registry()
    registry.adopt(text=rules(registry))
    began = time.monotonic()
    fill(database, registry, count, read_policy(rules(registry)))
    print(f"{count:,} decisions of {count // OF_ONE:,} registrants stored in "
          f"{time.monotonic() - began:.0f} s, {_memory():.0f} MiB", flush=True)  # fmt: skip
    with database.write() as session:  # else the first event and the daily look come in between
        session.execute(Base.metadata.tables["outbox"].delete())
        ledger.rerun(
            session,
            registry.id,
            RunScope(since=date(2100, 1, 1)),
            cause=Cause.CORRECTED,
            why="Done today.",
            who=WORKER,
            at=NOW,
        )
        session.execute(text("UPDATE rerun SET state = 'done'"))
    gc.collect()  # what the tests bring along is no worker's, nor is going through it again
    gc.freeze()
    registry.adopt(text=rules(registry, version="2", credit="6/5", cap="12"))
    run_it(registry, "a new version")
    registry.write(ledger.rerun, RunScope(), cause=Cause.POLICY, why="Once more.", who="person:x")
    run_it(registry, "the same again")
    database.close()


def main(count: int, *, sqlite: bool) -> None:
    if sqlite:
        with tempfile.TemporaryDirectory() as folder:
            measure(f"sqlite:///{Path(folder) / 'bench.sqlite3'}", count)
        return
    with servers.postgres() as server:
        if server is None:
            sys.exit("no PostgreSQL: install Debian's postgresql or set OPENCPD_TEST_PG")
        engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS bench_rerun"))
            connection.execute(text("CREATE DATABASE bench_rerun"))
        engine.dispose()
        measure(f"{server}/bench_rerun", count)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main((numbers or [1_000_000])[0], sqlite="--sqlite" in sys.argv)
