"""Our issuing and verifying of an embedded proof beside Digital Bazaar's reference libraries.

    python -m tests.bench.records.peer

Both in the same run, one record without a status list (the peer's would be read from memory, ours
too), CPU time, the best of three. Ours makes the full numbered report.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from app.verification import verify
from tests.foreign import run
from tests.simulator.issuer import ISSUED, NOW, SimulatedIssuer

ROUNDS = 100


def rate(work: Callable[[], object], *, rounds: int) -> float:
    best = 0.0
    for _ in range(3):
        began = time.process_time()
        for _ in range(rounds):
            work()
        best = max(best, rounds / (time.process_time() - began))
    return best


def peer(issuer: SimulatedIssuer, record: dict[str, object]) -> dict[str, float]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(record, file)
        file.flush()
        command = ["node", "bench_digitalbazaar.mjs", issuer.id, file.name, str(ROUNDS)]
        answer = subprocess.run(command, cwd=run.HOME, capture_output=True, text=True, timeout=300)
    if answer.returncode:
        sys.exit(answer.stderr[-2000:])
    found: dict[str, float] = json.loads(answer.stdout)
    return found


def main() -> None:
    if reason := run.install():
        sys.exit(reason)
    issuer = SimulatedIssuer()
    record = issuer.record()
    del record["credentialStatus"]
    bundle, signed = issuer.bundle(), issuer.secure_json(record)
    # Without its status list it is no completion record: the generic profile reads it.
    report = verify(signed, bundle=bundle, at=NOW)
    assert report.accept(tolerate=frozenset({"status.revocation"})).issuer_id == issuer.id
    theirs = peer(issuer, record)
    ours = {
        "issue": rate(lambda: issuer.secure_json(record, created=ISSUED), rounds=1000),
        "verify": rate(lambda: verify(signed, bundle=bundle, at=NOW), rounds=1000),
    }
    for what, mine in ours.items():
        print(f"{what:<8} ours {mine:8,.0f} /s   @digitalbazaar/vc {theirs[what]:8,.0f} /s   "
              f"{mine / theirs[what]:6.1f} times")  # fmt: skip


if __name__ == "__main__":
    main()
