"""One courier in a process of its own, for a test that kills it.

    python deliver.py DATABASE_URL KEY_FILE

Delivers what is due, with a deadline that outlasts the test, and says so when it is done.
"""

import sys
from pathlib import Path

from app.harvest.posting import PostMaker
from app.platform import clock
from app.platform.db import Database
from app.webhooks.courier import Courier, Outfit
from app.webhooks.signing import load_key
from tests.simulator.fetching import LOOPBACK
from tests.simulator.mail import Mailbox


def main(url: str, key_file: str) -> None:
    courier = Courier(
        Outfit(
            database=Database.open(url),
            key=load_key(Path(key_file)),
            make_post=PostMaker(allow=LOOPBACK, deadline=60),
            mailer=Mailbox(),
            public_url="https://cpd.example",
            now=clock.now,
        )
    )
    courier.finish()
    print("delivered")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
