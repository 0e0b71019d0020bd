"""Documents on their way into indexes: batches of a bounded size, several of them under way.

A server works at one batch while the next is made, which costs as much again; but no more than
``IN_FLIGHT`` batches are under way, so a slow server slows down whoever reads the catalogue instead
of growing its queue. A batch is kept until the server has done it: one bad document fails all of
its batch, which is then halved until that document stands alone.
"""

import json
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from meilisearch.errors import MeilisearchApiError

from app.search.index import SearchUnavailable
from app.search.meili.server import Server

MOST_DOCUMENTS = 1000
MOST_BYTES = 8_000_000
"""Of one batch. A server takes 100 MB at once unless its operator has said otherwise."""

IN_FLIGHT = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One document as it is sent."""

    id: str
    text: bytes


@dataclass(slots=True)
class _Making:
    """The batch of one index that is being made."""

    lines: list[Line] = field(default_factory=list)
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Sent:
    uid: str
    lines: Sequence[Line]
    task: int
    number: int


def line(stored: dict[str, Any]) -> Line:
    return Line(stored["id"], json.dumps(stored, ensure_ascii=False).encode())


class Feeder:
    """Sends documents to indexes. The last document of an id wins, bad batches or not.

    ``refused`` has, once ``finish`` has returned, the ids of those that the server did not take and
    its reasons. A server that goes away is waited for, ``patience`` seconds at a time.
    """

    def __init__(self, server: Server, *, patience: float = 0.0) -> None:
        self._server = server
        self._patience = patience
        self._making: dict[str, _Making] = {}
        self._under_way: deque[_Sent] = deque()
        self._numbers: dict[str, int] = {}
        self._count = 0
        self.refused: dict[str, str] = {}

    def put(self, uid: str, new: Line) -> None:
        """Send ``new`` to the index with its next batch."""
        making = self._making.setdefault(uid, _Making())
        if making.lines and making.size + len(new.text) > MOST_BYTES:
            making = self._send_made(uid)
        making.lines.append(new)
        making.size += len(new.text) + 1
        if len(making.lines) >= MOST_DOCUMENTS:
            self._send_made(uid)

    def delete(self, uid: str, ids: Sequence[str]) -> None:
        """Delete documents, after those that were put before."""
        self._send_made(uid)
        for start in range(0, len(ids), MOST_DOCUMENTS):
            part = list(ids[start : start + MOST_DOCUMENTS])
            self._under_way.append(_Sent(uid, (), self._deleted(uid, part), 0))
            self._make_room(IN_FLIGHT - 1)

    def finish(self) -> None:
        """Until all that was put and deleted has its effect."""
        for uid in list(self._making):
            self._send_made(uid)
        self._make_room(0)

    def _send_made(self, uid: str) -> _Making:
        made, self._making[uid] = self._making.get(uid, _Making()), _Making()
        if made.lines:
            self._send(uid, made.lines)
            self._make_room(IN_FLIGHT - 1)
        return self._making[uid]

    def _send(self, uid: str, lines: Sequence[Line]) -> None:
        self._count += 1
        self._numbers.update((each.id, self._count) for each in lines)
        payload = b"\n".join(each.text for each in lines)
        index = self._server.client.index(uid)
        try:
            task = self._server.patient(
                lambda: index.add_documents_ndjson(payload, "id"), patience=self._patience
            )
        except MeilisearchApiError as error:
            if error.status_code != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                raise
            self._halve(uid, lines, self._count, "it is larger than the server takes")
            return
        self._under_way.append(_Sent(uid, lines, task.task_uid, self._count))

    def _deleted(self, uid: str, ids: Sequence[str]) -> int:
        """By ids in one task, by way of a filter-free route that the official client deprecates."""
        answer = self._server.patient(
            lambda: self._server.raw("post", f"indexes/{uid}/documents/delete-batch", list(ids)),
            patience=self._patience,
        )
        return int(answer["taskUid"])

    def _make_room(self, most: int) -> None:
        """Wait for the oldest batches until at most ``most`` are under way."""
        while len(self._under_way) > most:
            self._settle(self._under_way.popleft())

    def _settle(self, sent: _Sent) -> None:
        done = self._server.finished(sent.task, patience=self._patience)
        if done.status == "succeeded":
            return
        error = done.error or {}
        reason = str(error.get("message"))
        if error.get("type") != "invalid_request" or not sent.lines:
            raise SearchUnavailable(f"Meilisearch could not index: {reason}")
        self._halve(sent.uid, sent.lines, sent.number, reason)

    def _halve(self, uid: str, lines: Sequence[Line], number: int, reason: str) -> None:
        """Send a refused batch again in halves, but for what a later batch has anew."""
        kept = [each for each in lines if self._numbers.get(each.id) == number]
        if len(lines) == 1:
            self.refused |= {each.id: reason for each in kept}
            return
        middle = -(-len(kept) // 2)
        for half in (kept[:middle], kept[middle:]):
            if half:
                self._send(uid, half)


def latest(lines: Iterable[Line]) -> list[Line]:
    """Of lines with the same id the last."""
    return list({each.id: each for each in lines}.values())
