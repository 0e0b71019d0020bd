"""The files that ``opencpd verify`` is given: whole ones, standard input, or a record a line.

Reading only; what is in a file is judged by ``verify``. One record is held at a time, however many
lines a file has, and of a line never more than a record can be.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.proof.parse import RECORD

STANDARD = "-"
"""The name of standard input, and of standard output."""
_LONGEST_LINE = 2 * RECORD.size + 1
"""One byte more than any record may have: what is longer is read no further."""


class NotUnderstood(Exception):
    """A file or an option that cannot be used; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Given:
    """One record as it was given, and where."""

    file: str
    data: bytes
    line: int | None = None

    @property
    def place(self) -> dict[str, str | int]:
        """Where it stands, for programs."""
        return {"file": self.file} if self.line is None else {"file": self.file, "line": self.line}


def records(files: Sequence[str], *, by_line: bool) -> Iterator[Given]:
    """Every record in its order. Raises ``NotUnderstood`` when a file cannot be read."""
    for file in files:
        if not by_line:
            yield Given(file, read(file))
        elif file == STANDARD:
            yield from _lines(file, sys.stdin.buffer)
        else:
            try:
                with Path(file).open("rb") as opened:
                    yield from _lines(file, opened)
            except OSError as error:
                raise _unusable(file, "read", error) from error


def read(file: str) -> bytes:
    """A file as a whole. Raises ``NotUnderstood``."""
    try:
        return sys.stdin.buffer.read() if file == STANDARD else Path(file).read_bytes()
    except OSError as error:
        raise _unusable(file, "read", error) from error


def write(file: str, text: str) -> None:
    """Write a line of text to a file. Raises ``NotUnderstood``."""
    try:
        Path(file).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise _unusable(file, "written", error) from error


def _lines(file: str, opened: BinaryIO) -> Iterator[Given]:
    number = 0
    while line := opened.readline(_LONGEST_LINE):
        number += 1
        rest = line
        while not rest.endswith(b"\n") and (rest := opened.readline(_LONGEST_LINE)):
            pass  # the rest of a line that is too long to be a record
        if line.strip():
            yield Given(file, line, number)


def _unusable(file: str, what: str, error: OSError) -> NotUnderstood:
    return NotUnderstood(f"{file} cannot be {what}: {error.strerror}")
