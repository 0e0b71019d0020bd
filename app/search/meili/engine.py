"""The Meilisearch engine: the same documents, filters and answers on a server of its own.

``server`` speaks to it, ``parts`` knows its indexes, ``feeding`` fills them, ``rebuilding`` makes
them anew, ``settings`` says how they behave, ``keys`` what its keys may do, ``asking`` puts a query
in its terms, ``searching`` puts it to the server, ``federating`` sums up what comes back.

Meilisearch is trusted to find, never to decide: what it hands back is shown, escaped, and nothing
else.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog

from app.platform.ids import new_id
from app.search.index import (
    Document,
    DocumentsRefused,
    Health,
    Query,
    Results,
    SearchUnavailable,
)
from app.search.meili import asking, keys, rebuilding, sweeping
from app.search.meili.feeding import Feeder, latest, line
from app.search.meili.parts import LOOK_SECONDS, NOT_THERE, Parts, State, part_of
from app.search.meili.searching import Searcher
from app.search.meili.server import Refused, Server, engine_trouble
from app.search.meili.settings import Difference, differences, settings
from app.search.searchable import VERSION

logger = structlog.get_logger()

MEND = "rebuild it with `opencpd reindex`"
SWEEP_SECONDS = 6 * 3600.0


class MeilisearchIndex:
    """A ``SearchIndex`` on a Meilisearch server.

    With ``search_key`` searches are asked with that key alone; without ``key`` beside it nothing
    can be written. The courses are spread over ``indexes`` indexes, from the next rebuild on.
    """

    def __init__(
        self,
        url: str,
        key: str | None,
        uid: str = "courses",
        *,
        search_key: str | None = None,
        indexes: int = 1,
        look_seconds: float = LOOK_SECONDS,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = Server(url, key, search_key=search_key, ticks=ticks)
        self._parts = Parts(self._server, uid, look_seconds=look_seconds)
        self._count = indexes
        self._searches_only = bool(search_key and not key)
        self._writing = threading.RLock()
        self._searcher = Searcher(self._server)
        self._warnings: tuple[str, ...] | None = None
        self._swept: float | None = None

    def ensure(self) -> None:
        if self._searches_only:
            return
        with self._writing, engine_trouble():
            self._server.check_version()
            state = self._parts.look()
            if not self._there(state):
                state = State(parts=self._count, generation=new_id())
                for uid in self._parts.names(state):
                    rebuilding.create(self._server, uid, parts=self._count)
                self._server.create(self._parts.state_uid)
                self._parts.write(state)
                self._parts.look()
            if state.version in (VERSION, None):  # else it answers as it is until it is rebuilt
                self._settle(self.differences())

    def differences(self) -> tuple[Difference, ...]:
        """Where the indexes in use are otherwise than the code; raises ``SearchUnavailable``."""
        with engine_trouble():
            found: list[Difference] = []
            state = self._parts.look()
            wanted = settings(parts=state.parts)
            for uid in self._parts.names(state):
                present = self._server.client.index(uid).get_settings()
                found += differences(uid, present, wanted=wanted)
            return tuple(found)

    def apply(self, upserts: Sequence[Document], deletes: Sequence[str]) -> None:
        self._must_write()
        lines = latest(line(asking.stored(document)) for document in upserts)
        there = {each.id for each in lines}
        gone = [key for key in dict.fromkeys(deletes) if key not in there]
        if not lines and not gone:
            return
        with self._writing, engine_trouble():
            while True:
                state = self._parts.look()
                feeder = Feeder(self._server)
                for uid, ids in self._by_part(gone, state).items():
                    feeder.delete(uid, ids)
                names = self._parts.names(state)
                for each in lines:
                    feeder.put(names[part_of(each.id, parts=state.parts)], each)
                feeder.finish()
                if self._parts.look().generation == state.generation:
                    break  # else a rebuild has put others in use, and these are as good as gone
            self._sweep()
        if feeder.refused:
            raise DocumentsRefused(feeder.refused)

    def rebuild(self, documents: Iterable[Document]) -> int:
        self._must_write()
        count, refused = rebuilding.rebuild(
            self._server, self._parts, documents, count=self._count, alone=self._writing
        )
        if refused:
            raise DocumentsRefused(refused)
        return count

    def search(self, query: Query) -> Results:
        state = self._parts.state()
        while True:
            try:
                return self._searcher.search(query, uids=self._parts.names(state))
            except Refused as refused:
                if refused.why != NOT_THERE:
                    raise
                before, state = state, self._parts.look()
                if state.generation == before.generation:
                    raise SearchUnavailable(f"There is no search index yet; {MEND}.") from refused

    def health(self) -> Health:
        try:
            with engine_trouble():
                return self._health()
        except SearchUnavailable as error:
            return Health(ok=False, detail=error.detail, documents=0)

    def close(self) -> None:
        self._searcher.close()
        self._server.close()

    def _there(self, state: State) -> bool:
        return all(self._server.exists(uid) for uid in self._parts.names(state))

    def _health(self) -> Health:
        if self._searches_only:
            return self._health_of_searches()
        self._server.check_version()
        state = self._parts.look()
        if not self._there(state):
            return Health(
                ok=False,
                detail=f"There is no search index yet; {MEND}.",
                documents=0,
                needs_rebuild=True,
            )
        documents = sum(
            self._server.client.index(uid).get_stats().number_of_documents
            for uid in self._parts.names(state)
        )
        why = self._why_to_rebuild(state)
        detail = f"{why}; {MEND}." if why else "Meilisearch answers."
        detail = " ".join((detail, *self._key_warnings()))
        return Health(ok=not why, detail=detail, documents=documents, needs_rebuild=bool(why))

    def _health_of_searches(self) -> Health:
        state = self._parts.look()
        everything = Query(per_page=1, facets=())
        total = self._searcher.search(everything, uids=self._parts.names(state)).total
        if state.version == VERSION:
            return Health(ok=True, detail="Meilisearch answers searches.", documents=total)
        detail = "The search index is new or of another version; a worker rebuilds it."
        return Health(ok=False, detail=detail, documents=total, needs_rebuild=False)

    def _why_to_rebuild(self, state: State) -> str:
        if state.version != VERSION:
            return "The search index is new or of another version"
        if state.parts != self._count:
            return f"The courses are spread over {state.parts} instead of {self._count} indexes"
        stale = sorted({each.name for each in self.differences() if not each.at_once})
        if stale:
            return f"The search index has other settings ({', '.join(stale)})"
        return ""

    def _settle(self, found: Sequence[Difference]) -> None:
        """Bring to the indexes in use what may change in use; to empty ones everything."""
        by_index: dict[str, list[Difference]] = {}
        for each in found:
            by_index.setdefault(each.index, []).append(each)
        for uid, those in by_index.items():
            index = self._server.client.index(uid)
            empty = index.get_stats().number_of_documents == 0
            now = {each.name: each.wanted for each in those if empty or each.at_once}
            later = [each.name for each in those if each.name not in now]
            logger.info("search settings differ", index=uid, changed=sorted(now), rebuild=later)
            if now:
                self._server.wait(index.update_settings(now).task_uid)

    def _must_write(self) -> None:
        if self._searches_only:
            raise SearchUnavailable(
                "This process has only a key for searches (OPENCPD_MEILI_SEARCH_KEY); "
                "set OPENCPD_MEILI_KEY where the index is written."
            )

    def _by_part(self, ids: Sequence[str], state: State) -> Mapping[str, list[str]]:
        names = self._parts.names(state)
        found: dict[str, list[str]] = {}
        for each in ids:
            found.setdefault(names[part_of(each, parts=state.parts)], []).append(each)
        return found

    def _sweep(self) -> None:
        """Now and then: have the server forget tasks of ours that it finished days ago."""
        now = self._server.ticks()
        if self._swept is None or now - self._swept >= SWEEP_SECONDS:
            self._swept = now
            sweeping.forget_old_tasks(self._server, self._parts)

    def _key_warnings(self) -> tuple[str, ...]:
        """What is wrong with the keys; asked once, and told to the log."""
        if self._warnings is None:
            self._warnings = keys.warnings(self._server, self._parts.uid)
            for each in self._warnings:
                logger.warning("search key", detail=each)
        return self._warnings
