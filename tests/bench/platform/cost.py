"""What limits cost a request: ``python -m tests.bench.platform.cost [--postgres]``.

Quotas, which every request pays, in memory; the limit of one thing in memory and, with
``--postgres``, in a real PostgreSQL, by one caller and by sixteen at once with keys of their own.
Microseconds of the clock for one; the best of three runs.
"""

import argparse
import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from starlette.types import Message, Receive, Scope, Send

from app.platform.limits import RateLimits
from app.platform.quotas import LimitRate, Quota, Quotas
from app.platform.shared_limits import SharedStorage
from migrations import upgrade
from tests import servers

MANY = "1000000/minute"


def microseconds(work: Callable[[int], object], times: int) -> float:
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        for number in range(times):
            work(number)
        best = min(best, time.perf_counter() - started)
    return best / times * 1e6


def say(what: str, cost: float) -> None:
    print(f"{what:<68}{cost:>10.1f} µs")


async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def receive() -> Message:
    return {"type": "http.request", "body": b""}


async def send(_message: Message) -> None:
    """Nobody reads it."""


def passing(app: Callable[..., object], *, callers: int) -> float:
    scopes = [
        {"type": "http", "path": "/", "client": (f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", 1)}
        for n in range(callers)
    ]

    async def run() -> float:
        best = float("inf")
        for _ in range(3):
            started = time.perf_counter()
            for number in range(50_000):
                await app(scopes[number % callers], receive, send)  # type: ignore[misc]
            best = min(best, time.perf_counter() - started)
        return best / 50_000 * 1e6

    return asyncio.run(run())


def in_postgres() -> None:
    with servers.postgres() as url:
        if url is None:
            print("no PostgreSQL here")
            return
        upgrade(f"{url}/postgres")
        limits = RateLimits.over(SharedStorage(f"{url}/postgres"))
        one = microseconds(lambda _: limits.take("bench", "one", rate="900/minute"), 300)
        say("a limit of one thing, in PostgreSQL, one caller, one key", one)

        def calls(caller: int) -> None:
            for _ in range(100):
                limits.take("bench", f"caller {caller}", rate="300/minute")

        started = time.perf_counter()
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(calls, range(16)))
        say(
            "the same, sixteen at once with keys of their own",
            (time.perf_counter() - started) / 1600 * 1e6,
        )
        limits.close()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--postgres", action="store_true")
    asked = options.parse_args()
    bare = passing(answer, callers=1)
    for callers in (1, 100_000):
        whole = passing(
            LimitRate(answer, quotas=Quotas(address=Quota("address", MANY))), callers=callers
        )
        say(f"the quota of an address, with its headers, {callers:,} addresses", whole - bare)
    quota = Quota("client", MANY)
    say("the quota of a client", microseconds(lambda _: quota.take("client"), 100_000))
    limits = RateLimits()
    one = microseconds(lambda _: limits.take("bench", "one", rate="3000/minute"), 1000)
    say("a limit of one thing, in memory", one)
    if asked.postgres:
        in_postgres()


if __name__ == "__main__":
    main()
