"""Over which indexes of a server the courses are spread, and how everybody comes to know.

By default they are all in one index, named like the catalogue, and a rebuild swaps its successor
with it. Spread over several, each course is in the one that its id says, so no course is in two and
sums over all are exact. The server opens the indexes of one search one after the other, so a search
during a swap of several would see some of before and some of after; therefore those have names that
only one rebuild ever uses.

Which are in use stands in an index beside them, with one document. Whoever searches looks there
every ``LOOK_SECONDS``, and at once when an index is gone.
"""

import re
import threading
from dataclasses import asdict, dataclass
from typing import Any

from app.search.meili.server import Refused, Server, engine_trouble
from app.search.searchable import walk

LOOK_SECONDS = 5.0
STATE = "state"
NOT_THERE = "index_not_found"


@dataclass(frozen=True, slots=True)
class State:
    """What the courses were last built with; as it is here, nothing has been built yet."""

    version: str | None = None
    parts: int = 1
    generation: str = ""
    """The rebuild that made it."""

    def document(self) -> dict[str, Any]:
        return {"id": STATE, **asdict(self)}


def part_of(course_id: str, *, parts: int) -> int:
    """Which of so many parts a course is in; the same on every machine."""
    return walk(course_id) % parts


class Parts:
    """The indexes of one catalogue on one server."""

    def __init__(self, server: Server, uid: str, *, look_seconds: float = LOOK_SECONDS) -> None:
        self.uid = uid
        self.look_seconds = look_seconds
        self._server = server
        self._looking = threading.Lock()
        self._seen: tuple[float, State] | None = None
        beside = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}(-\w+)?"
        self._beside = re.compile(rf"{re.escape(uid)}-{beside}")
        self._in_use = re.compile(rf"{re.escape(uid)}(-{STATE})?")

    @property
    def state_uid(self) -> str:
        return f"{self.uid}-{STATE}"

    def names(self, state: State) -> list[str]:
        """The indexes in use."""
        if state.parts == 1:
            return [self.uid]
        return self.beside(state)

    def beside(self, state: State) -> list[str]:
        """The indexes that the rebuild of ``state`` fills."""
        return [f"{self.uid}-{state.generation}-{n}" for n in range(state.parts)]

    def building(self, name: str) -> bool:
        """Whether an index of this name is one that a rebuild fills, or filled."""
        return bool(self._beside.fullmatch(name))

    def ours(self, name: str) -> bool:
        """Whether an index of this name is one of this catalogue."""
        return self.building(name) or bool(self._in_use.fullmatch(name))

    def state(self) -> State:
        """As it was at most ``look_seconds`` ago. Raises ``SearchUnavailable``."""
        seen = self._seen
        if seen is not None and self._server.ticks() - seen[0] < self.look_seconds:
            return seen[1]
        with self._looking:
            now = self._seen
            return self.look() if now is None or now is seen else now[1]

    def look(self) -> State:
        """As it is now. Raises ``SearchUnavailable``."""
        at = self._server.ticks()
        state = self._read()
        self._seen = (at, state)
        return state

    def write(self, state: State, *, uid: str | None = None) -> None:
        """Say what is so now, in ``uid`` instead of the index that is in use."""
        index = self._server.client.index(uid or self.state_uid)
        self._server.wait(index.add_documents([state.document()], "id").task_uid)

    def _read(self) -> State:
        try:
            answer = self._server.ask(f"/indexes/{self.state_uid}/search", {"limit": 1})
        except Refused as refused:
            if refused.why == NOT_THERE:
                return State()
            raise
        with engine_trouble():
            hits: list[dict[str, Any]] = answer["hits"]
            found = hits[0] if hits else {}
            return State(
                version=found.get("version"),
                parts=int(found.get("parts") or 1),
                generation=str(found.get("generation") or ""),
            )
