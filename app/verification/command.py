"""``opencpd verify``: are these records acceptable? The whole command, with the standard library.

It is the same command in an installation that only verifies and on a node. A node adds what it
knows itself, so that a bundle need not be named; that comes in as a ``Knowledge``. The time comes
in too: nothing here reads the clock or the network.

Exit code 0: every record is accepted; 1: one is not; 2: one, or an option, is not readable.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.proof.errors import ProofError
from app.proof.keys import PublicKey, from_multibase
from app.proof.times import read_time
from app.verification import files, saying
from app.verification.bundle import Bundle
from app.verification.files import Given, NotUnderstood
from app.verification.forms import find_record
from app.verification.model import Report
from app.verification.options import Options
from app.verification.signed_bundle import ANY_ID, open_bundle
from app.verification.verify import verify

SUMMARY = "Verify records, offline. Exit code 0 accepted, 1 not accepted, 2 not readable."
SERVER = 'pip install "opencpd[server]"'
_EPILOG = (
    "A record is a JSON or JWT file, an image or a PDF with the record inside, or the text of a "
    f"printed code. Without --bundle, what this node knows decides; that needs the server: {SERVER}"
)


class Knowledge(Protocol):
    """What a node adds to the command."""

    def bundle(self, *, at: datetime) -> Bundle:
        """What the node knows of issuers and their lists."""

    def receipt(self, report: Report, *, bundle: Bundle, options: Options) -> str:
        """The node's signed statement of what it found."""


OpenNode = Callable[[], AbstractContextManager[Knowledge]]


@dataclass(frozen=True, slots=True)
class Asked:
    """The command line, read."""

    files: tuple[str, ...]
    bundle: str | None
    publisher_keys: tuple[PublicKey, ...]
    least_version: int | None
    at: datetime | None
    resources: Mapping[str, str] = field(default_factory=dict)
    json: bool = False
    lines: bool = False
    receipt: str | None = None

    @property
    def needs_node(self) -> bool:
        """Whether there is no bundle to answer from."""
        return self.bundle is None

    @property
    def many(self) -> bool:
        """Whether there may be several records, each of which is answered in a line."""
        return self.lines or len(self.files) > 1


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
        resources=dict(given.resource),
        json=given.json,
        lines=given.lines,
        receipt=given.receipt,
    )
    if asked.receipt is not None and (asked.many or asked.bundle is not None):
        parser.error("--receipt is a node's, about one record and by what it knows: no --bundle")
    if asked.many and asked.resources:
        parser.error("--resource is about one record: name one FILE")
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
    option("--publisher-key", metavar="KEY", type=_key, action="append", default=[],
           help="believe the bundle only if this key (z...) signed it; may be repeated")
    option("--least-version", metavar="N", type=int, help="refuse a bundle older than this")
    option("--at", metavar="TIME", type=_time,
           help="verify as of this time, such as 2026-11-23T12:00:00Z; by default now")
    option("--resource", metavar="ID=FILE", type=_pair, action="append", default=[],
           help="a file that the record names under ID, to compare; may be repeated")
    option("--receipt", metavar="FILE",
           help="write a receipt signed by this node: what was checked, when, with what result")
    option("--json", action="store_true", help="answer in JSON; a line for each record if several")
    option("--lines", action="store_true", help="every line of a FILE is a record of its own")
    # fmt: on
    return parser


def _time(text: str) -> datetime:
    try:
        return read_time(text)
    except ProofError as error:
        raise argparse.ArgumentTypeError(error.message) from error


def _key(text: str) -> PublicKey:
    try:
        return from_multibase(text, key_id=ANY_ID, controller=ANY_ID)
    except ProofError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no public key: {error.message}") from error


def _pair(text: str) -> tuple[str, str]:
    # The file comes last, and an id may well have an equals sign in it.
    name, equals, file = text.rpartition("=")
    if not equals or not name or not file:
        raise argparse.ArgumentTypeError(f"{text!r} is not ID=FILE")
    return name, file


def run(asked: Asked, *, now: datetime, node: OpenNode | None) -> int:
    """Answer what was asked, on standard output; gives the exit code."""
    at = asked.at or now
    try:
        if asked.bundle is not None:
            return _answer(asked, bundle=open_named(asked.bundle, asked), at=at)
        if node is None:
            raise NotUnderstood(f"without --bundle it needs the server: {SERVER}")
        with node() as knowledge:
            return _answer(asked, bundle=knowledge.bundle(at=at), at=at, node=knowledge)
    except NotUnderstood as error:
        _complain(str(error))
        return saying.UNREADABLE


def open_named(file: str, asked: Asked) -> Bundle:
    """The bundle in a file; when nobody said whose key to expect, that is said.

    Raises ``NotUnderstood``.
    """
    try:
        opened = open_bundle(
            files.read(file),
            publisher_keys=asked.publisher_keys or None,
            least_version=asked.least_version,
        )
    except ProofError as error:
        raise NotUnderstood(f"the bundle {file} is refused: {error.message}") from error
    if not opened.pinned:
        _complain(
            f"note: only the bundle itself says that it is by {opened.publisher}; "
            f"to be sure, compare the key: --publisher-key {opened.key.multibase}"
        )
    return opened.bundle


def _answer(asked: Asked, *, bundle: Bundle, at: datetime, node: Knowledge | None = None) -> int:
    given = {name: files.read(file) for name, file in asked.resources.items()}
    options, worst = Options(resources=given), saying.ACCEPTED
    for one in files.records(asked.files, by_line=asked.lines):
        try:
            record = find_record(one.data)
        except ProofError as error:
            worst = saying.UNREADABLE
            _say_unreadable(asked, one, error)
            continue
        report = verify(record, bundle=bundle, at=at, options=options)
        worst = max(worst, saying.verdict(report))
        _say(asked, one, report)
        if asked.receipt is not None and node is not None:
            files.write(asked.receipt, node.receipt(report, bundle=bundle, options=options))
    return worst


def _say(asked: Asked, one: Given, report: Report) -> None:
    if asked.json:
        _say_json(asked, {**one.place, **saying.as_json(report)})
    elif asked.many:
        _say_line(one, saying.in_a_line(report))
    else:
        sys.stdout.write(saying.in_full(report) + "\n")


def _say_unreadable(asked: Asked, one: Given, error: ProofError) -> None:
    """There is nothing to verify: the image, the PDF or the code is damaged, or holds no record."""
    if asked.json:
        said = {"outcome": "fail", "error": error.code, "detail": error.message}
        _say_json(asked, {**one.place, **said})
    elif asked.many:
        _say_line(one, f"not readable  {error.code}: {error.message}")
    else:
        _complain(f"{one.file}: {error.message}")


def _say_json(asked: Asked, answer: Mapping[str, object]) -> None:
    indent = None if asked.many else 2
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=indent) + "\n")


def _say_line(one: Given, text: str) -> None:
    sys.stdout.write(f"{':'.join(map(str, one.place.values()))}  {text}\n")


def _complain(text: str) -> None:
    sys.stderr.write(f"opencpd verify: {text}\n")
