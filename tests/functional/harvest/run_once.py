"""One run of one source in a process of its own, which may kill itself.

    python run_once.py DATABASE_URL SOURCE_ID [COMMITS]

With COMMITS the process sends itself SIGKILL when it is about to commit for that many-th time, so
that everything of that page is lost, at the worst moment there is.
"""

import os
import signal
import sys
from ipaddress import ip_network

from sqlalchemy import event

from app.harvest import service
from app.harvest.registry import load
from app.platform import clock
from app.platform.db import Database
from connectors.http import HttpFetch


def main(url: str, source_id: str, commits: int) -> None:
    database = Database.open(url)
    done = 0

    @event.listens_for(database.engine, "commit")
    def _count(connection: object) -> None:
        nonlocal done
        done += 1
        if done == commits:
            os.kill(os.getpid(), signal.SIGKILL)

    run = service.run_source(
        database,
        source_id,
        registry=load(["oai_pmh"]),
        make_fetch=lambda hosts: HttpFetch(
            hosts=hosts, allow=[ip_network("127.0.0.0/8")], interval=0
        ),
        now=clock.now,
    )
    database.close()
    print(run.state, run.counters.seen)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int((sys.argv[3:] or ["0"])[0]))
