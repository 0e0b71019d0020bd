"""How fast records are issued, beside the raw signatures of ``cryptography`` in the same run.

    python -m tests.bench.records.issue [COUNT] [--profile]

Per record: two signatures (Ed25519 over the canonical form, ES256 over the token). ``crypto path``
is building, holding against the profile, canonicalising and signing; ``with own verification`` adds
both forms verified as a stranger would; ``stored`` is ``records.batch.complete_many``, 200 at once,
in PostgreSQL, with its audit trail. CPU seconds of this process; for ``stored`` the clock's, too.
"""

import cProfile
import pstats
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import create_engine, text

from app.platform import clock
from app.platform.db import Database
from app.platform.ids import new_id
from app.records.batch import Verdict, complete_many
from app.records.build import Draft
from app.records.issue import Decided, new_salts, prepare, sign, verify_output
from app.records.judge import Request
from app.records.model import CourseFacts, NewCompletion, Slot
from app.records.rosters.cells import completion_of
from app.trust import service as trust
from app.trust.signer import FileSigner
from migrations import upgrade
from tests import servers
from tests.simulator import rosters
from tests.simulator.node import NODE, Node

BATCH = 200


def completions(count: int) -> list[NewCompletion]:
    names = [header.lower().replace(" ", "_") for header in rosters.HEADERS]
    found = []
    for number in range(count):
        cells = dict(zip(names, rosters.row(number), strict=True))
        completion, problems = completion_of(cells, at=clock.now())
        assert completion is not None, problems
        found.append(completion)
    return found


def rate(what: str, count: int, work: Callable[[], object], *, raw: float | None = None) -> float:
    """Print and give how often a second the CPU does it."""
    began = time.process_time()
    work()
    found = count / (time.process_time() - began)
    beside = "" if raw is None else f"   {found / raw:6.1%} of both raw signatures"
    print(f"{what:<44}{found:10,.0f} /s{beside}")
    return found


def raw_signatures() -> float:
    edwards = ed25519.Ed25519PrivateKey.generate()
    curve, data = ec.generate_private_key(ec.SECP256R1()), secrets.token_bytes(64)
    token, count = secrets.token_bytes(3000), 3000
    one = rate("raw Ed25519 sign", count, lambda: [edwards.sign(data) for _ in range(count)])
    algorithm = ec.ECDSA(SHA256())
    two = rate(
        "raw ES256 sign", count, lambda: [curve.sign(token, algorithm) for _ in range(count)]
    )
    return 1 / (1 / one + 1 / two)


def crypto_path(node: Node, made: list[NewCompletion], *, raw: float) -> None:
    with node.database.read() as session:
        issuer = trust.issuer_of(session, "cse")
        bundle = trust.bundle(session, at=node.now)
    url = next(url for url in bundle.status_lists if url.endswith("/status/1"))
    drafts = [
        Draft(
            record_id=new_id(),
            holder_id=f"urn:uuid:{new_id()}",
            society_id="cse",
            issuer=issuer,
            completion=completion,
            course=completion.course or CourseFacts({"en": "x"}),
            achievement_id="https://society.example/courses/7",
            slot=Slot(1, number),
            list_url=url,
            public_url=NODE,
            salts=new_salts(1),
            at=node.now.replace(microsecond=0),
        )
        for number, completion in enumerate(made)
    ]
    decided = Decided("key", "facts", "activity")
    signed = []

    def issue() -> None:
        signed.extend((draft, sign(prepare(draft, decided), node.signer)) for draft in drafts)

    def check() -> None:
        for draft, both in signed:
            verify_output(both, record_id=draft.record_id, bundle=bundle, at=node.now)

    one = rate("crypto path (both proofs)", len(drafts), issue, raw=raw)
    two = rate("own verification of both forms", len(drafts), check)
    print(f"{'with own verification':<44}{1 / (1 / one + 1 / two):10,.0f} /s")


def stored(node: Node, made: list[NewCompletion]) -> None:
    requests = [Request(one, f"{one.completed_on}-{number}") for number, one in enumerate(made)]
    began, cpu = time.perf_counter(), time.process_time()
    outcomes = [
        outcome
        for start in range(0, len(requests), BATCH)
        for outcome in complete_many(
            node.database,
            node.signer,
            requests[start : start + BATCH],
            society_id="cse",
            public_url=NODE,
            at=node.now,
        )
    ]
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    assert all(one.verdict is Verdict.CREATED for one in outcomes)
    print(f"{'stored in PostgreSQL':<44}{len(made) / took:10,.0f} /s by the clock")
    print(f"{'':<44}{len(made) / cpu:10,.0f} /s of this process's CPU")


def main(count: int) -> None:
    made = completions(count)
    raw = raw_signatures()
    with servers.postgres() as server:
        if server is None:
            sys.exit("no PostgreSQL: install Debian's postgresql or set OPENCPD_TEST_PG")
        name = f"bench_{secrets.token_hex(4)}"
        admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        upgrade(f"{server}/{name}")
        database = Database.open(f"{server}/{name}")
        folder = Path(tempfile.mkdtemp())
        node = Node(database, clock.now(), signer=FileSigner(folder / "keys", "of the bench"))
        node.add_society("cse")
        stored(node, made[: BATCH * 2])  # begins the status list, warms up
        crypto_path(node, made, raw=raw)
        profile = cProfile.Profile() if "--profile" in sys.argv else None
        day = made[0].completed_on.replace(day=19)
        fresh = [replace(one, completed_on=day, course_run=None) for one in made]
        if profile:
            profile.enable()
        stored(node, fresh)
        if profile:
            profile.disable()
            pstats.Stats(profile).sort_stats("cumulative").print_stats(
                "app.records|audit|status|session.py.*execute", 45
            )
        database.close()
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


if __name__ == "__main__":
    main(int(next((word for word in sys.argv[1:] if word.isdigit()), "4000")))
