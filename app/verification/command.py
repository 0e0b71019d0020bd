"""``opencpd verify``: are these records acceptable? The whole command, with the standard library.

It is the same command in an installation that only verifies and on a node. A node adds what it
knows itself, so that a bundle need not be named; that comes in as a ``Knowledge``. The time comes
in too: nothing here reads the clock or the network.

Exit code 0: every record is accepted; 1: one is not; 2: one, or an option, is not readable.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from app.proof.errors import ProofError
from app.proof.parse import RECORD
from app.proof.times import read_time
from app.verification import saying
from app.verification.bundle import Bundle, load_bundle
from app.verification.model import Report
from app.verification.verify import verify

SUMMARY = "Verify records, offline. Exit code 0 accepted, 1 not accepted, 2 not readable."
SERVER = 'pip install "opencpd[server]"'
_EPILOG = (
    "A record is a JSON or JWT file. Without --bundle, what this node knows decides; that needs "
    f"the server: {SERVER}"
)
_LONGEST_LINE = 2 * RECORD.size + 1
"""One byte more than any record may have: what is longer is read no further."""


class Knowledge(Protocol):
    """What a node adds to the command."""

    def bundle(self, *, at: datetime) -> Bundle:
        """What the node knows of issuers and their lists."""


OpenNode = Callable[[], AbstractContextManager[Knowledge]]


class NotUnderstood(Exception):
    """A file or an option that cannot be used; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line, read."""

    files: tuple[str, ...]
    bundle: str | None
    publisher_keys: tuple[str, ...]
    least_version: int | None
    at: datetime | None
    json: bool = False
    lines: bool = False

    @property
    def needs_node(self) -> bool:
        """Whether a bundle does not suffice for the answer."""
        return self.bundle is None


def ask(arguments: Sequence[str]) -> Asked:
    """Read the command line; ends the program, with help or a complaint, as ``argparse`` does."""
    parser = _parser()
    given = parser.parse_args(arguments)
    asked = Asked(
        files=tuple(given.files),
        bundle=given.bundle,
        publisher_keys=tuple(given.publisher_key),
        least_version=given.least_version,
        at=given.at,
        json=given.json,
        lines=given.lines,
    )
    if asked.bundle is None and (asked.publisher_keys or asked.least_version is not None):
        parser.error("--publisher-key and --least-version are about a file: name a --bundle")
    return asked


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="opencpd verify", description=SUMMARY, epilog=_EPILOG, allow_abbrev=False
    )
    option = parser.add_argument
    # fmt: off
    option("files", metavar="FILE", nargs="+", help="a record; - for standard input")
    option("--bundle", metavar="FILE", help="a trust bundle; by default what this node knows")
    option("--publisher-key", metavar="KEY", action="append", default=[],
           help="believe the bundle only if this key (z...) signed it; may be repeated")
    option("--least-version", metavar="N", type=int, help="refuse a bundle older than this")
    option("--at", metavar="TIME", type=_time,
           help="verify as of this time, such as 2026-11-23T12:00:00Z; by default now")
    option("--json", action="store_true", help="answer in JSON; one line per record if several")
    option("--lines", action="store_true", help="every line of a FILE is a record of its own")
    # fmt: on
    return parser


def _time(text: str) -> datetime:
    try:
        return read_time(text)
    except ProofError as error:
        raise argparse.ArgumentTypeError(error.message) from error


def run(asked: Asked, *, now: datetime, node: OpenNode | None) -> int:
    """Answer what was asked, on standard output; gives the exit code."""
    try:
        if asked.bundle is not None:
            return _answer(asked, bundle=_bundle(asked.bundle), now=now)
        if node is None:
            raise NotUnderstood(
                'without --bundle this needs the server: pip install "opencpd[server]"'
            )
        with node() as knowledge:
            return _answer(asked, bundle=knowledge.bundle(at=asked.at or now), now=now)
    except NotUnderstood as error:
        sys.stderr.write(f"opencpd verify: {error}\n")
        return saying.UNREADABLE


def _bundle(file: str) -> Bundle:
    try:
        return load_bundle(_read(file))
    except ProofError as error:
        raise NotUnderstood(f"{file} is not a trust bundle: {error.message}") from error


def _answer(asked: Asked, *, bundle: Bundle, now: datetime) -> int:
    at, worst = asked.at or now, saying.ACCEPTED
    for place, record in _records(asked):
        report = verify(record, bundle=bundle, at=at)
        worst = max(worst, saying.verdict(report))
        sys.stdout.write(_said(asked, report, place=place) + "\n")
    return worst


def _said(asked: Asked, report: Report, *, place: Mapping[str, str | int]) -> str:
    many = len(asked.files) > 1 or asked.lines
    if asked.json:
        answer = {**place, **saying.as_json(report)}
        return json.dumps(answer, ensure_ascii=False, indent=None if many else 2)
    if many:
        return f"{':'.join(map(str, place.values()))}  {saying.in_a_line(report)}"
    return saying.in_full(report)


def _records(asked: Asked) -> Iterator[tuple[dict[str, str | int], bytes]]:
    """Every record and where it stands; one at a time, however many they are."""
    for file in asked.files:
        if not asked.lines:
            yield {"file": file}, _read(file)
        elif file == "-":
            yield from _lines(file, sys.stdin.buffer)
        else:
            try:
                with Path(file).open("rb") as opened:
                    yield from _lines(file, opened)
            except OSError as error:
                raise _unusable(file, "read", error) from error


def _lines(file: str, opened: BinaryIO) -> Iterator[tuple[dict[str, str | int], bytes]]:
    number = 0
    while line := opened.readline(_LONGEST_LINE):
        number += 1
        rest = line
        while not rest.endswith(b"\n") and (rest := opened.readline(_LONGEST_LINE)):
            pass  # the rest of a line that is too long to be a record
        if line.strip():
            yield {"file": file, "line": number}, line


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise _unusable(file, "read", error) from error


def _unusable(file: str, what: str, error: OSError) -> NotUnderstood:
    return NotUnderstood(f"{file} cannot be {what}: {error.strerror}")
