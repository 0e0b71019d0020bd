"""A worker in a process of its own that goes on with rosters, and may kill itself.

    python issue_roster.py DATABASE_URL KEY_FOLDER [COMMITS]

With COMMITS the process sends itself SIGKILL when it is about to commit for that many-th time, so
that everything of that step is lost, at the worst moment there is.
"""

import os
import signal
import sys
from pathlib import Path

from sqlalchemy import event

from app.platform import clock
from app.platform.db import Database
from app.records import service
from app.records.rosters import work
from app.trust.signer import FileSigner

PASSPHRASE = "a passphrase of the tests"
PUBLIC_URL = "https://node.example"


def main(url: str, keys: str, commits: int) -> None:
    database = Database.open(url)
    signer = FileSigner(Path(keys), PASSPHRASE)
    done = 0

    @event.listens_for(database._writing, "commit")
    def _count(connection: object) -> None:
        nonlocal done
        done += 1
        if done == commits:
            os.kill(os.getpid(), signal.SIGKILL)

    desk = work.Desk(database, signer, PUBLIC_URL, clock.now)
    while work.work(desk):
        pass
    service.recover(database, signer, at=clock.now(), older_than=service.IN_FLIGHT * 0)
    database.close()
    print(most_memory())


def most_memory() -> int:
    """The most that this process held at once, in MiB (Linux)."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int((sys.argv[3:] or ["0"])[0]))
