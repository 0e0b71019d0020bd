"""The worker's round over the ledger in a process of its own, which may kill itself.

    python rerun_once.py DATABASE_URL MAIL_FOLDER [COMMITS]

With COMMITS the process sends itself SIGKILL when it is about to commit for that many-th time, so
that everything of that batch is lost, at the worst moment there is.
"""

import os
import signal
import sys
from pathlib import Path

from sqlalchemy import event

from app.platform.db import Database
from app.platform.mail import FolderMailer
from app.recognition.ledger import rerunning
from app.recognition.ledger.telling import Post
from app.recognition.ledger.work import WorkDesk, work
from app.trust.known import KnownBundle
from tests.conftest import NOW

rerunning.BATCH = 5


def main(url: str, folder: str, commits: int) -> None:
    database = Database.open(url)
    done = 0

    @event.listens_for(database.engine, "commit")
    def _count(connection: object) -> None:
        nonlocal done
        done += 1
        if done == commits:
            os.kill(os.getpid(), signal.SIGKILL)

    post = Post(FolderMailer(Path(folder), "node@node.example"), "https://node.example", "The node")
    desk = WorkDesk(database, KnownBundle(database).at, post, lambda: NOW)
    while work(desk):
        pass
    database.close()
    print(done)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int((sys.argv[3:] or ["0"])[0]))
