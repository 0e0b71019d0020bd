"""A node in a process of its own that is asked to publish a batch, and may kill itself.

    python publish_batch.py DATABASE_URL FOLDER TOKEN ITEMS [COMMITS]

With COMMITS the process sends itself SIGKILL when it is about to commit for that many-th time, so
that everything of that step is lost, at the worst moment there is. Else the answer is printed.
"""

import os
import signal
import sys
from pathlib import Path

from fastapi.testclient import TestClient
from sqlalchemy import event

from app.main import create_app
from app.platform.settings import Settings
from app.wiring import open_node
from tests.simulator.members import PUBLIC_URL
from tests.simulator.publishing import NDJSON, as_lines, item

KEY = "one key for every try"
HEADERS = {"Content-Type": NDJSON, "Accept": NDJSON, "Idempotency-Key": KEY}


def main(url: str, folder: str, token: str, items: int, commits: int) -> None:
    settings = Settings(
        data_dir=Path(folder), database_url=url, public_url=PUBLIC_URL, _env_file=None
    )
    node = open_node(settings)
    done = 0

    @event.listens_for(node.database._writing, "commit")
    def _count(connection: object) -> None:
        nonlocal done
        done += 1
        if done == commits:
            os.kill(os.getpid(), signal.SIGKILL)

    http = TestClient(create_app(node), base_url=PUBLIC_URL)
    answer = http.post(
        "/api/v1/societies/cse/courses:batch",
        content=as_lines([item(number) for number in range(items)]),
        headers={**HEADERS, "Authorization": f"Bearer {token}"},
    )
    print(answer.status_code, answer.headers.get("idempotent-replayed", "first"), done)
    sys.stdout.flush()
    node.close()


if __name__ == "__main__":
    _, url, folder, token, items, *rest = sys.argv
    main(url, folder, token, int(items), int((rest or ["0"])[0]))
