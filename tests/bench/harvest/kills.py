"""A run whose worker is killed again and again, against the same run undisturbed.

    python -m tests.bench.harvest.kills [--records 20000] [--kills 20] [--seed N]

Two workers share one PostgreSQL database (``OPENCPD_TEST_PG``, or one started here). Whoever is at
the run is killed with SIGKILL at moments made by chance, and another worker started in its place.
In the end every row of every table must be the undisturbed run's, save ids and times.
"""

import argparse
import json
import random
import statistics
import sys

from sqlalchemy import create_engine, text

from migrations import upgrade
from tests import servers
from tests.functional.harvest.killing import killed, record, undisturbed
from tests.simulator.feeds import FeedServer, OaiRepository

NAME = "opencpd_kills"


def main(records: int, kills: int, seed: int) -> int:
    repository = OaiRepository([record(number) for number in range(1, records + 1)], page_size=100)
    with servers.postgres() as server, FeedServer({"/oai": repository}) as feeds:
        if server is None:
            print("no PostgreSQL: install it or set OPENCPD_TEST_PG", file=sys.stderr)
            return 2
        _administer(server, f"DROP DATABASE IF EXISTS {NAME}")
        _administer(server, f"CREATE DATABASE {NAME}")
        url = f"{server}/{NAME}"
        upgrade(url)
        calm = undisturbed(url, feeds.url("/oai"))
        asked = len(feeds.requests)
        wild = killed(url, feeds.url("/oai"), times=kills, over=0.7 * calm.seconds, seed=seed)
        asked_again = len(feeds.requests) - asked
    differing = [name for name, kept in calm.rows.items() if wild.rows[name] != kept]
    told = {
        "records": records,
        "kills": len(wild.kills),
        "killed_at_items": wild.kills,
        "seed": seed,
        "undisturbed_seconds": round(calm.seconds, 1),
        "disturbed_seconds": round(wild.seconds, 1),
        "takeover_seconds_median": round(statistics.median(wild.takeovers or [0]), 3),
        "takeover_seconds_most": round(max(wild.takeovers or [0]), 3),
        "requests_undisturbed": asked,
        "requests_disturbed": asked_again,
        "rows_compared": sum(map(len, calm.rows.values())),
        "tables_with_rows": sum(map(bool, calm.rows.values())),
        "tables_differing": differing,
    }
    print(json.dumps(told, indent=2))
    return 1 if differing or len(wild.kills) < kills else 0


def _administer(server: str, statement: str) -> None:
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    given = parser.parse_args()
    sys.exit(main(given.records, given.kills, given.seed))
