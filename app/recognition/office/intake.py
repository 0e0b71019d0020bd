"""What somebody at a registry hands in, taken apart into single records. Pure.

A file may be one record in any form that people have (``verification.forms``), an array of records
in JSON, or lines: tokens (``vc+jwt``), records, or ``{"registrant": "4711", "record": ...}`` where
a file is of several registrants. The bytes of a record are cut out of the file, never written
anew, so that what is verified is what was received; only in the last form, where the record is a
value inside another document, is it written again, which no signature of JSON minds.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.platform.problems import DomainError, FieldProblem, Invalid
from app.proof.errors import ProofError
from app.verification.forms import find_record

MOST_BYTES = 32 * 1024 * 1024
MOST_RECORDS = 10_000
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """One record of a file, and whose it is where the file says so; or what is wrong with it."""

    record: bytes
    number: str | None = None
    error: DomainError | None = None


class PieceBroken(Invalid):
    """A part of the file is no record."""

    code = "record-unreadable"


def pieces(data: bytes) -> Iterator[Piece]:
    """Every record of a file. Raises ``Invalid`` for a file that holds none, or too many."""
    if len(data) > MOST_BYTES:
        mend = f"A file is at most {MOST_BYTES // 1024**2} MB; send it in parts."
        raise Invalid(mend, fields=[FieldProblem("/file", "too-large", mend)])
    found = list(_taken_apart(data))
    if not found:
        mend = "Choose a file with a record in it, or paste a link or a record."
        raise Invalid("Nothing was given.", fields=[FieldProblem("/file", "file-missing", mend)])
    if len(found) > MOST_RECORDS:
        mend = f"A file brings up to {MOST_RECORDS} records; send the rest in another."
        raise Invalid(mend, fields=[FieldProblem("/file", "too-many-records", mend)])
    yield from found


def _taken_apart(data: bytes) -> Iterator[Piece]:
    try:
        text = data.decode("utf-8-sig").strip(_SPACE)
    except UnicodeDecodeError:
        yield _single(data)
        return
    if not text:
        return
    if text.startswith("["):
        yield from _array(text)
    elif "\n" in text and (lines := _lines(text)):
        yield from lines
    else:
        yield _line(text) if text.startswith("{") else _single(data)


def _single(data: bytes) -> Piece:
    try:
        return Piece(find_record(data))
    except ProofError as error:
        return Piece(b"", error=PieceBroken(error.message))


def _array(text: str) -> Iterator[Piece]:
    """The elements of an array, each cut out as it stands."""
    decoder, place = json.JSONDecoder(), 1
    while True:
        while place < len(text) and text[place] in _SPACE + ",":
            place += 1
        if place >= len(text) or text[place] == "]":
            return
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            yield Piece(b"", error=PieceBroken(f"The array is broken off at character {place}."))
            return
        yield _of_value(value, text[place:end])
        place = end


def _lines(text: str) -> list[Piece]:
    """The lines, if each is a token or begins as JSON does; else it is one record of many lines."""
    lines = [line.strip(_SPACE) for line in text.split("\n")]
    filled = [line for line in lines if line]
    whole = all(
        _TOKEN.fullmatch(line) or (line.startswith("{") and line.endswith("}")) for line in filled
    )
    return [_line(line) for line in filled] if whole and len(filled) > 1 else []


def _line(line: str) -> Piece:
    if not line.startswith("{"):
        return Piece(line.encode())
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return Piece(line.encode())  # verification says in what way it is broken
    return _of_value(value, line)


def _of_value(value: object, text: str) -> Piece:
    if isinstance(value, str):
        return Piece(value.strip(_SPACE).encode("utf-8", "replace"))
    if isinstance(value, dict) and "record" in value and "@context" not in value:
        number, record = value.get("registrant"), value["record"]
        if not isinstance(number, str) or not isinstance(record, (str, dict)):
            said = 'A line that names a registrant is {"registrant": "4711", "record": ...}.'
            return Piece(b"", error=PieceBroken(said))
        whole = record if isinstance(record, str) else json.dumps(record, ensure_ascii=False)
        return Piece(whole.strip(_SPACE).encode("utf-8", "replace"), number=number)
    return Piece(text.encode("utf-8", "replace"))
