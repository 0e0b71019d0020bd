"""Index and catalogue compared, course by course: what is missing, too much, or not the newest.

The index follows the catalogue through the outbox, so nothing of this should ever be found; it is
looked for because engines, disks and people are what they are. Both are read in pages while both
change: what differs at first is looked at once more, and what waits in the outbox does not count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.catalogue import COURSE_CHANGED, service
from app.platform import outbox
from app.platform.db import Database
from app.search import state
from app.search.index import Query, SearchIndex
from app.search.reading import all_versions
from app.search.searchable import walk

AT_ONCE = 1000
LOOKED_AT_AGAIN = 2000
"""How many differences are looked at once more; where there are more, that is no coincidence."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What index and catalogue do not agree about, as ids of courses."""

    courses: int
    documents: int
    missing: Sequence[str]
    """On offer and not in the index."""
    surplus: Sequence[str]
    """In the index and no longer on offer."""
    stale: Sequence[str]
    """In the index as they were before."""

    @property
    def ids(self) -> list[str]:
        """All of them."""
        return [*self.missing, *self.surplus, *self.stale]


def check(
    database: Database, index: SearchIndex, *, at: datetime, mend: bool = False
) -> Differences:
    """Compare the index with the catalogue; ``mend`` says what differs to the outbox.

    Raises ``SearchUnavailable``.
    """
    indexed = dict(walked(index))
    present: dict[str, int] = {}
    for page in all_versions(database):
        present |= page
    differing = [key for key in {**present, **indexed} if present.get(key) != indexed.get(key)]
    differing = _surely(database, index, differing)
    found = _sorted(differing, present, indexed)
    with database.write() as session:
        if mend and differing:
            outbox.say_again(session, COURSE_CHANGED, differing, at=at)
        state.checked(
            session,
            missing=len(found.missing),
            surplus=len(found.surplus),
            stale=len(found.stale),
            at=at,
        )
    return found


def walked(index: SearchIndex) -> Iterator[tuple[str, int | None]]:
    """Id and version of every document of the index."""
    place, known = 0, set[str]()
    while True:
        hits = index.search(Query(walk=place, per_page=AT_ONCE, facets=())).hits
        new = [hit for hit in hits if hit.id not in known]
        yield from ((hit.id, hit.document.get("version")) for hit in new)
        if not new:
            return
        place = walk(new[-1].id)
        known = {hit.id for hit in new if walk(hit.id) == place}


def _surely(database: Database, index: SearchIndex, differing: Sequence[str]) -> list[str]:
    """Those that still differ, wait for nothing, and did not change while they were looked at."""
    if len(differing) > LOOKED_AT_AGAIN:
        return [key for keys in _parts(differing) for key in _waiting_for_nothing(database, keys)]
    sure = []
    for keys in _parts(differing):
        before = _versions(database, keys)
        idle = _waiting_for_nothing(database, keys)
        indexed = {key: _indexed(index, key) for key in idle}
        after = _versions(database, keys)
        sure += [
            key
            for key in idle
            if before.get(key) == after.get(key) and indexed[key] != after.get(key)
        ]
    return sure


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


def _versions(database: Database, keys: Sequence[str]) -> dict[str, int]:
    with database.read() as session:
        return service.live_versions(session, keys)


def _waiting_for_nothing(database: Database, keys: Sequence[str]) -> list[str]:
    with database.read() as session:
        waiting = outbox.waiting_keys(session, COURSE_CHANGED, keys)
    return [key for key in keys if key not in waiting]


def _indexed(index: SearchIndex, key: str) -> int | None:
    """The version of one course in the index."""
    for hit in index.search(Query(walk=walk(key), per_page=10, facets=())).hits:
        if hit.id == key:
            return hit.document.get("version")
    return None


def _sorted(
    differing: Sequence[str], present: Mapping[str, int], indexed: Mapping[str, int | None]
) -> Differences:
    return Differences(
        courses=len(present),
        documents=len(indexed),
        missing=[key for key in differing if key not in indexed],
        surplus=[key for key in differing if key not in present],
        stale=[key for key in differing if key in present and key in indexed],
    )
