"""How long the verifier takes to refuse each record that is made to be costly.

python -m tests.bench.records.hostile

Level: under 50 ms each, in the process itself, on one core.
"""

import time

from app.verification import verify
from tests.simulator import hostile
from tests.simulator.issuer import NOW, SimulatedIssuer

LEVEL = 0.050


def main() -> None:
    issuer = SimulatedIssuer()
    bundle = issuer.bundle()
    records = hostile.records(
        issuer=issuer.id, proof_key=issuer.proof_key.id, created="2026-11-20T09:30:00Z"
    )
    worst = 0.0
    for name, record in records.items():
        took = []
        for _ in range(5):
            begun = time.process_time()
            report = verify(record, bundle=bundle, at=NOW)
            took.append(time.process_time() - begun)
        failed = next(check for check in report.checks if check.outcome.value == "fail")
        worst = max(worst, min(took))
        said = failed.evidence.get("error", "")
        print(f"{name:<38} {min(took) * 1000:7.2f} ms  {failed.code} {said}")
    print(f"worst {worst * 1000:.2f} ms, level {LEVEL * 1000:.0f} ms")


if __name__ == "__main__":
    main()
