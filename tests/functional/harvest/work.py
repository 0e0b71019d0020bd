"""A worker's harvesters in a process of their own, until they are told to end.

    python work.py DATABASE_URL [impatient]

SIGTERM ends it as an operator would; a test may also kill it, or stop it and let it go on. An
impatient one takes others for dead after two seconds instead of two minutes.
"""

import signal
import sys
from datetime import timedelta
from ipaddress import ip_network
from threading import Event

from app.harvest.registry import load
from app.harvest.runs import begin, heart, store
from app.harvest.runs.crew import Bounds, Crew
from app.harvest.runs.work import Tools
from app.platform import clock
from app.platform.db import Database
from connectors.http import HttpFetch

REST_SECONDS = 0.05


def be_impatient() -> None:
    begin.SILENCE = timedelta(seconds=2)
    heart.BEAT_SECONDS = 0.25
    store.STAND_STILL_SECONDS = 1


def main(url: str) -> None:
    database, told = Database.open(url), Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    tools = Tools(
        database,
        load(["oai_pmh"]),
        lambda hosts: HttpFetch(hosts=hosts, allow=[ip_network("127.0.0.0/8")], interval=0),
        clock.now,
        told,
    )
    crew = Crew(tools, Bounds(at_once=2, per_host=2))
    print("working", flush=True)
    while not told.is_set():
        if not crew.turn():
            crew.rest(REST_SECONDS)
    crew.close()
    database.close()


if __name__ == "__main__":
    if sys.argv[2:]:
        be_impatient()
    main(sys.argv[1])
