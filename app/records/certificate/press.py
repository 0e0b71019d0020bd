"""Sets pages in a process of its own, one after the other, within bounds of time and memory.

The process is started when the first page is wanted, ends when none was for a while, and is ended
when one takes too long. It gets neither the node's environment nor its secrets.
"""

import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from app.platform.problems import DomainError, Unavailable
from app.proof.parse import JSON

PATIENCE_SECONDS = 20.0
_ENVIRONMENT = ("PATH", "HOME", "LANG", "XDG_DATA_HOME", "XDG_DATA_DIRS", "FONTCONFIG_PATH")
_MOST_BYTES = 32 * 1024 * 1024


class ExtraMissing(Unavailable):
    """The program that sets pages is not installed."""

    code = "certificate-extra-missing"


class FontMissing(Unavailable):
    """No font of this node has letters for a text."""

    code = "certificate-font-missing"


class PressBusy(Unavailable):
    """Too many pages are wanted at once."""

    code = "certificate-busy"


class PageFailed(DomainError):
    """A page could not be set; that is our fault, not the caller's."""

    code = "certificate-failed"
    status = 500


class Press:
    """Sets pages; threads may share it. ``font_dirs`` are searched beside the system's fonts."""

    def __init__(
        self, *, font_dirs: Sequence[Path] = (), patience: float = PATIENCE_SECONDS
    ) -> None:
        self._font_dirs = [str(folder) for folder in font_dirs]
        self._patience = patience
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def ready(self) -> bool:
        """Whether the program that sets pages is installed."""
        return find_spec("typst") is not None

    def page(self, template: str, values: Mapping[str, JSON], *, form: str, at: datetime) -> bytes:
        """One page, or several. Raises one of the errors above.

        ``template`` is one of this folder, or the path of another without its ending.
        """
        if not self.ready:
            raise ExtraMissing(
                "This node cannot make certificates or badges; its operator has to install the "
                "extra `pdf` (pip install 'opencpd[pdf]'). The page of the record can be printed."
            )
        request = {"template": template, "values": dict(values), "form": form}
        body = json.dumps(request | {"at": int(at.timestamp())}).encode()
        if not self._lock.acquire(timeout=self._patience):
            raise PressBusy("Too many certificates are being made at once; try again.")
        try:
            return self._answer(body)
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _answer(self, body: bytes) -> bytes:
        try:
            kind, page = self._ask(body)
        except BrokenPipeError:  # it had ended meanwhile, being idle: start another
            self._end()
            try:
                kind, page = self._ask(body)
            except BrokenPipeError as error:
                self._end()
                raise PageFailed("The program that sets pages ended unexpectedly.") from error
        if kind == b"P":
            return page
        said = page.decode(errors="replace")
        if kind == b"F":
            raise FontMissing(
                f"This node has no font with letters for “{said[:40]}”. Its operator has to "
                "install one (Debian: fonts-noto-core, fonts-noto-cjk) or set OPENCPD_FONT_DIRS."
            )
        raise PageFailed(f"The page could not be set: {said[:300]}")

    def _ask(self, body: bytes) -> tuple[bytes, bytes]:
        process = self._running()
        _write(process, struct.pack(">I", len(body)) + body)
        until = time.monotonic() + self._patience
        head = self._read(process, 5, until=until)
        size = struct.unpack(">I", head[1:])[0]
        if size > _MOST_BYTES:
            self._end()
            raise PageFailed("The page is larger than a page can be.")
        return head[:1], self._read(process, size, until=until)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            setter = Path(__file__).with_name("setter.py")
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-I", str(setter), json.dumps(self._font_dirs)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            )
        return self._process

    def _read(self, process: subprocess.Popen[bytes], size: int, *, until: float) -> bytes:
        """Exactly ``size`` bytes; ends the process when they do not come in time."""
        stdout = _fileno(process.stdout)
        pieces: list[bytes] = []
        while size:
            left = until - time.monotonic()
            if left <= 0 or not select.select([stdout], [], [], left)[0]:
                self._end()
                raise PageFailed("The page took too long to set.")
            piece = os.read(stdout, size)
            if not piece:
                raise BrokenPipeError
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
        process.wait()


def _write(process: subprocess.Popen[bytes], data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(_fileno(process.stdin), left) :]


def _fileno(pipe: IO[bytes] | None) -> int:
    if pipe is None:
        raise BrokenPipeError
    return pipe.fileno()
