"""oaipmh-scythe reads a list to its end and keeps nothing of it: what our harvest is held against.

    python -m tests.bench.harvest.scythe ADDRESS

Prints the records it saw and the seconds, by the clock and of this process's CPU, as JSON.
"""

import json
import sys
import time

from oaipmh_scythe import Scythe


def main(address: str) -> None:
    began, cpu = time.perf_counter(), time.process_time()
    with Scythe(address) as scythe:
        seen = sum(1 for _ in scythe.list_records(metadata_prefix="oai_dc"))
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(json.dumps({"seen": seen, "wall": took, "cpu": cpu}))


if __name__ == "__main__":
    main(sys.argv[1])
