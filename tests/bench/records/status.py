"""Publishing status lists: what it costs and what bounds it.

    python -m tests.bench.records.status [--entries 1000000] [--set 0.01] [--rounds 20] [--postgres]

CPU time of this process, the median of the rounds; the bits are random, which compresses worst.
Stored: the whole revocation of one record, with history, audit and its list, on SQLite and, with
``--postgres``, on PostgreSQL.
"""

import argparse
import gzip
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from app.platform.db import Database
from app.proof import jose, status_list
from app.proof.data_integrity import prepare_proof, verify_proof
from app.proof.keys import Algorithm
from app.proof.parse import STATUS_LIST, dump, load_object
from app.records import status
from app.records.standing import service as standing
from app.records.standing.model import Reason
from app.records.status.credential import document, sign
from app.records.status.model import Purpose
from app.trust.model import Issuer, IssuerKey, Role
from migrations import upgrade
from tests import servers
from tests.simulator.node import Node
from tests.simulator.signing import MemorySigner
from tests.simulator.standing import stored

DID = "did:web:node.example:societies:cse"
URL = "https://node.example/societies/cse/status/1"
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LEVEL = 10.0
"""Milliseconds for a list of a million entries with one in a hundred set."""


def milliseconds(what: Callable[[], object], rounds: int) -> float:
    """The median CPU time of one call."""
    took = []
    for _ in range(rounds):
        began = time.process_time_ns()
        what()
        took.append((time.process_time_ns() - began) / 1e6)
    return statistics.median(took)


def society(signer: MemorySigner) -> Issuer:
    held = tuple(
        IssuerKey(signer.create(f"{DID}#{name}", algorithm=algorithm), AT)
        for name, algorithm in (("ed", Algorithm.ED25519), ("es", Algorithm.ES256))
    )
    return Issuer(DID, Role.SOCIETY, "cse", "CSE", None, held)


def steps(bits: bytes, signer: MemorySigner, issuer: Issuer) -> dict[str, Callable[[], Any]]:
    """Each step of publishing by itself, and all of it."""
    ed, es = (held.key for held in issuer.keys)

    def made() -> Any:
        return document(URL, issuer_id=DID, purpose=Purpose.REVOCATION, bits=bits, at=AT)

    unsecured = made()
    prepared = prepare_proof(unsecured, verification_method=ed.id, created=AT)
    json = dump(prepared.attach(signer.sign(ed.id, prepared.hash_data)))
    token = jose.signing_input(unsecured, kid=es.id)
    jwt = jose.assemble(token, signer.sign(es.id, token))
    flipped = bytearray(bits)

    def flip() -> bytes:
        flipped[7] ^= 1
        return bytes(flipped)

    def sign_json() -> None:
        proof = prepare_proof(unsecured, verification_method=ed.id, created=AT)
        dump(proof.attach(signer.sign(ed.id, proof.hash_data)))

    def sign_jwt() -> None:
        text = jose.signing_input(unsecured, kid=es.id)
        jose.assemble(text, signer.sign(es.id, text))

    return {
        "change one bit": flip,
        "gzip -6 and base64url": lambda: status_list.encode(bits),
        "sign JSON (eddsa-rdfc-2022)": sign_json,
        "sign JWT (ES256)": sign_jwt,
        "verify own JSON": lambda: verify_proof(load_object(json, limits=STATUS_LIST), key=ed),
        "verify own JWT": lambda: jose.verify_jwt(jwt, key=es, limits=STATUS_LIST),
        "all of it": lambda: (flip(), sign(made(), signer, issuer=issuer, at=AT)),
    }


def crypto(entries: int, share: float, rounds: int) -> float:
    size = entries + -entries % 8
    ones = random.Random(1).sample(range(size), int(size * share))
    bits = status_list.bits(size, ones=ones)
    signer = MemorySigner()
    issuer = society(signer)
    packed = len(gzip.compress(bits, 6))
    print(f"{size:,} entries, {len(ones):,} set: {size // 8:,} bytes, {packed:,} when packed")
    took = {name: milliseconds(what, rounds) for name, what in steps(bits, signer, issuer).items()}
    total = took.pop("all of it")
    for name, spent in took.items():
        print(f"  {name:<30} {spent:7.2f} ms  {spent / total:4.0%}")
    print(f"  {'all of it':<30} {total:7.2f} ms  bounded by {max(took, key=lambda n: took[n])}")
    again = milliseconds(lambda: status_list.bits(size, ones=ones), rounds)
    print(f"  (bits from a list of indexes   {again:7.2f} ms, beside reading them)")
    return total


def through_the_database(url: str, name: str, records: int) -> None:
    upgrade(url)
    database = Database.open(url)
    node = Node(database, AT)
    node.add_society("cse")
    began = time.perf_counter()
    ids = stored(node, records)
    reserved = time.perf_counter() - began
    began, cpu = time.perf_counter(), time.process_time()
    for record_id in ids:
        standing.revoke(database, node.signer, record_id, reason=Reason.ERROR, at=AT)
    wall, spent = time.perf_counter() - began, time.process_time() - cpu
    with database.read() as session:
        differing = status.differing(session)
    print(
        f"{name}: {records} revocations one by one, each with its list of {status.SIZE:,} signed: "
        f"{wall / records * 1e3:.1f} ms, {spent / records * 1e3:.1f} ms of it CPU here; "
        f"{records} places and rows in {reserved * 1e3:.0f} ms; lists differing: {len(differing)}"
    )
    database.close()


def fresh(server: str) -> str:
    name = f"bench_{os.getpid()}"
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--set", type=float, default=0.01, dest="share")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--records", type=int, default=200)
    parser.add_argument("--postgres", action="store_true", help="also on PostgreSQL")
    given = parser.parse_args()
    total = crypto(given.entries, given.share, given.rounds)
    crypto(status.SIZE, given.share, given.rounds)
    with tempfile.TemporaryDirectory() as folder:
        through_the_database(f"sqlite:///{Path(folder) / 'bench.sqlite3'}", "SQLite", given.records)
    if given.postgres:
        with servers.postgres() as server:
            if server is None:
                raise SystemExit(
                    "no PostgreSQL: install Debian's postgresql or set OPENCPD_TEST_PG"
                )
            through_the_database(f"{server}/{fresh(server)}", "PostgreSQL", given.records)
    print(f"level: {LEVEL:.0f} ms for the first list; {'held' if total <= LEVEL else 'NOT HELD'}")


if __name__ == "__main__":
    main()
