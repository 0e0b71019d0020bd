"""A rebuild: all documents into new indexes beside those in use, then one swap of them all.

1. What rebuilds left behind that were killed is deleted.
2. New indexes are made, with their settings before any document, and filled.
3. They are put in use in one step. A single one changes places with the one in use, and so does,
   by the same task of the server, the one that says what is so. Several have names of their own,
   which one document then says.
4. What was in use before is deleted. Who searches it finds that out, and looks again.

Killed anywhere, the indexes in use are whole. Two rebuilds at once fill indexes of their own, and
the one that swaps last is in use. A server that is started anew meanwhile is waited for.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import structlog

from app.platform.ids import new_id
from app.search.index import Document, SearchUnavailable
from app.search.meili import asking
from app.search.meili.feeding import Feeder, line
from app.search.meili.parts import STATE, Parts, State, part_of
from app.search.meili.server import Server, engine_trouble
from app.search.meili.settings import SEARCHED, settings
from app.search.searchable import VERSION

logger = structlog.get_logger()

PATIENCE = 60.0
"""Seconds for which a server that went away is waited for, each time."""

ABANDONED = timedelta(hours=1)
"""Nobody works at a new index that has changed for as long by nothing."""


def rebuild(
    server: Server,
    parts: Parts,
    documents: Iterable[Document],
    *,
    count: int,
    alone: AbstractContextManager[object],
) -> tuple[int, dict[str, str]]:
    """Build anew over ``count`` parts; how many documents, and which were refused and why.

    Holds ``alone`` for the swap. Raises ``SearchUnavailable``.
    """
    state = State(VERSION, count, new_id())
    made = parts.beside(state)
    feeder = Feeder(server, patience=PATIENCE)
    seen: set[str] = set()
    left = made
    try:
        with engine_trouble():
            server.check_version()
            for uid in made:
                create(server, uid, parts=count)
            drop_abandoned(server, parts, beside=made)
        for document in documents:
            to = made[part_of(document["id"], parts=count)]
            new = line(asking.stored(document))
            with engine_trouble():
                feeder.put(to, new)
            seen.add(new.id)
        with engine_trouble():
            feeder.finish()
            with alone:
                left = _put_in_use(server, parts, state)
    finally:
        _delete(server, left)
    return len(seen) - len(feeder.refused), feeder.refused


def _delete(server: Server, uids: Sequence[str]) -> None:
    """Until they are gone: whoever still searches one of them then looks again."""
    try:
        with engine_trouble():
            for task in [server.delete(uid) for uid in uids]:
                server.finished(task)
    except SearchUnavailable as error:  # the next rebuild does it, see 1
        logger.warning("indexes of a rebuild stay for now", indexes=uids, reason=error.detail)


def create(server: Server, uid: str, *, parts: int) -> None:
    """A new index with its settings, before any document: later they cost taking all apart anew."""
    server.create(uid)
    index = server.client.index(uid)
    # A query may name only fields that some document has had, also while there is none.
    first = {"id": "first", **dict.fromkeys(SEARCHED, "")}
    for task in [
        index.update_settings(dict(settings(parts=parts))).task_uid,
        index.add_documents([first], "id").task_uid,
        index.delete_document("first").task_uid,
    ]:
        server.wait(task)


def _put_in_use(server: Server, parts: Parts, state: State) -> list[str]:
    """Have everybody search the new indexes; the names of those that nobody needs any more."""
    before = parts.look()
    server.create(parts.state_uid)
    if state.parts > 1:
        parts.write(state)
        parts.look()
        return parts.names(before)
    [beside] = parts.beside(state)
    beside_state = f"{beside}-{STATE}"
    for uid in (parts.uid, beside_state):
        server.create(uid)
    parts.write(state, uid=beside_state)
    server.client.swap_indexes(
        [{"indexes": [parts.uid, beside]}, {"indexes": [parts.state_uid, beside_state]}]
    )
    # A key for these indexes alone cannot see a swap, which belongs to none of them. Tasks are done
    # in the order they came in, so this one is done after it.
    after = server.raw("post", f"indexes/{parts.state_uid}/documents/delete-batch", ["nothing"])
    server.wait(int(after["taskUid"]), patience=PATIENCE)
    if parts.look().generation == before.generation:  # else this one is in use, or one after it
        raise SearchUnavailable("The search server did not put the new index in use.")
    return [beside, beside_state, *(uid for uid in parts.names(before) if uid != parts.uid)]


def drop_abandoned(server: Server, parts: Parts, *, beside: Sequence[str]) -> None:
    """Delete what killed rebuilds left; the time is the server's own, when it made ``beside``."""
    found = {each.uid: each for each in server.client.get_indexes({"limit": 10_000})["results"]}
    now = found[beside[0]].created_at
    kept = {*beside, *parts.names(parts.look())}
    for name, index in found.items():
        left = parts.building(name) and name not in kept
        if left and _since(index.updated_at, now) > ABANDONED:
            server.delete(name)


def _since(then: datetime | None, now: datetime | None) -> timedelta:
    return now - then if now and then else timedelta()
