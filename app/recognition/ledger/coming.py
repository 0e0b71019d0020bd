"""Records as they come over HTTP: one, some in an array, or many on lines of their own.

Each says for which registrant it is, by id or by number, and brings a record (a JSON object, or a
token as a text) or a link of this node. What is wrong with one is that one's answer.
"""

import json
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, cast

from fastapi import Request
from sqlalchemy.orm import Session

from app.platform.db import Database
from app.platform.problems import DomainError, Invalid
from app.proof.errors import ProofError
from app.proof.parse import JSON, Limits, load
from app.recognition.ledger.links import record_by_link
from app.recognition.ledger.model import MOST_RECORDS, RECORD_LIMIT
from app.recognition.ledger.submitting import Incoming, TooManyRecords
from app.recognition.register import service as register

MOST_BYTES = 256 * 1024 * 1024
_IN_MEMORY = 1024 * 1024
_LIMITS = Limits(size=RECORD_LIMIT + 4096, depth=44)
_WHOLE = Limits(size=8 * 1024 * 1024, depth=46)
_ID = r"[A-Za-z0-9-]{1,64}"
_MEMBERS = frozenset({"registrant", "number", "record", "link"})


class ItemMalformed(Invalid):
    """What was sent says not, or not clearly, what is to be submitted for whom."""

    code = "item-malformed"


async def taken_in(request: Request) -> AsyncIterator[BinaryIO]:
    """The whole body, on disk when it is large: who does not read while he sends is not kept."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spooled:
        async for piece in request.stream():
            spooled.write(piece)
        spooled.seek(0)
        yield cast(BinaryIO, spooled)


@dataclass
class Reader:
    """Turns what came for one registry into records for registrants."""

    database: Database
    registry_id: str
    public_url: str
    at: datetime
    _numbers: dict[str, str | None] = field(default_factory=dict)

    def lines(self, body: BinaryIO) -> Iterator[Incoming]:
        """One for each line that is not empty, and one more than are taken."""
        longest, given = _LIMITS.size + 2, 0
        while given <= MOST_RECORDS and (line := body.readline(longest)):
            rest = line
            while not rest.endswith(b"\n") and (rest := body.readline(longest)):
                line += rest[:1]  # longer than any record: seen to be so, and not kept
                line = line[:longest]
            if line.strip():
                given += 1
                yield self._line(line) if given <= MOST_RECORDS else self._too_many()

    def whole(self, body: BinaryIO) -> list[Incoming]:
        """What one JSON document brings. Raises ``Invalid`` for one that is none."""
        try:
            value = load(body.read(_WHOLE.size + 1), limits=_WHOLE)
        except ProofError as error:
            raise ItemMalformed(f"The body cannot be read: {error.message}") from error
        items = value if isinstance(value, list) else [value]
        if not items:
            raise ItemMalformed("Send at least one record.")
        return [self._attempt(one) for one in items]

    def _line(self, line: bytes) -> Incoming:
        try:
            return self._attempt(load(line.strip(), limits=_LIMITS))
        except ProofError as error:
            return Incoming("", b"", ItemMalformed(f"The line cannot be read: {error.message}"))

    def _attempt(self, value: JSON) -> Incoming:
        try:
            return self._item(value)
        except DomainError as error:
            return Incoming("", b"", error)

    def _item(self, value: JSON) -> Incoming:
        if not isinstance(value, dict) or not value.keys() <= _MEMBERS:
            known = ", ".join(sorted(_MEMBERS))
            raise ItemMalformed(f"Send an object with {known}, and nothing else.")
        with self.database.read() as session:
            registrant_id = self._registrant(session, value.get("registrant"), value.get("number"))
            return Incoming(registrant_id, self._record(session, value))

    def _registrant(self, session: Session, given: JSON, number: JSON) -> str:
        if isinstance(given, str) and number is None and re.fullmatch(_ID, given):
            return given
        if not isinstance(number, str) or not number.isprintable() or given is not None:
            raise ItemMalformed("Say for whom it is: `registrant` (an id) or `number`.")
        if number not in self._numbers:
            found = register.find(session, self.registry_id, number)
            self._numbers[number] = found.id if found else None
        known = self._numbers[number]
        if known is None:
            raise ItemMalformed("No registrant has this number; mend it, or enter him first.")
        return known

    def _record(self, session: Session, value: dict[str, JSON]) -> bytes:
        record, link = value.get("record"), value.get("link")
        if isinstance(link, str) and record is None:
            return record_by_link(session, link, public_url=self.public_url, at=self.at)
        if link is not None:
            raise ItemMalformed("Send a `record` or a `link`, one of the two.")
        if isinstance(record, str) and record:
            return record.encode("utf-8", "surrogatepass")
        if isinstance(record, dict) and record:
            return json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass")
        raise ItemMalformed("Send a `record`: a JSON object, or a token as a text.")

    @staticmethod
    def _too_many() -> Incoming:
        said = f"A request brings up to {MOST_RECORDS} records; send the rest in another."
        return Incoming("", b"", TooManyRecords(said))
