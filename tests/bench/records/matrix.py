"""The verdicts on records before and after their keys are rotated, retired and compromised.

python -m tests.bench.records.matrix
"""

import tempfile
from pathlib import Path

from app.platform.db import Database
from migrations import upgrade
from tests.simulator.issuer import NOW
from tests.simulator.key_history import walk
from tests.simulator.node import Node


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'node.sqlite3'}"
        upgrade(url)
        database = Database.open(url)
        try:
            found = walk(Node(database, NOW)).verdicts
        finally:
            database.close()
    for step, verdicts in found.items():
        print(f"\n{step}")
        for asked, verdict in verdicts.items():
            print(f"  {asked:<62} {verdict}")


if __name__ == "__main__":
    main()
