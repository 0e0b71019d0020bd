"""The demonstration as somebody at a terminal has it: a process that serves until it is stopped."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tests.servers import free_port

OPENCPD = Path(sys.executable).parent / "opencpd"


@dataclass(frozen=True)
class RunningDemo:
    """A demonstration that serves.

    ``url`` has the address and not the name: a bare system may not know what localhost is.
    """

    folder: Path
    url: str
    said: str
    output: TextIO

    @property
    def named_url(self) -> str:
        """The address that the records themselves speak of."""
        return self.url.replace("127.0.0.1", "localhost")

    def file(self, name: str) -> Path:
        return self.folder / "records" / name

    def says(self, pattern: str) -> str:
        """Wait for the next line in the terminal that fits; gives what the pattern's group holds.

        A line that never comes ends in the test's own time limit.
        """
        for line in self.output:
            if found := re.search(pattern, line):
                return found[1]
        raise AssertionError(pattern)

    @property
    def bundle(self) -> Path:
        return self.folder / "trust-bundle.json"


@contextmanager
def running_demo(folder: Path) -> Iterator[RunningDemo]:
    """The demonstration in ``folder / "node"``, as long as the block runs."""
    port = free_port()
    command = [OPENCPD, "demo", "--folder", folder / "node", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as process:
        assert process.stdout
        said = []
        for line in process.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                break
        try:
            yield RunningDemo(
                folder / "node", f"http://127.0.0.1:{port}", "".join(said), process.stdout
            )
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
    assert process.returncode == 0
