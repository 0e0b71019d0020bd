"""A source's raw items again, as they are kept: for a replay, which fetches nothing."""

import json
from collections.abc import Iterator

from app.harvest import store
from app.platform.db import Database
from connectors.contract import Page, Upsert

_AT_ONCE = 200


def kept_pages(database: Database, source_id: str, since: str | None) -> Iterator[Page]:
    """What stands for something or was rejected, page by page, after the cursor ``since``.

    Left out is what was withdrawn, and what the connector could not even read as an item.
    """
    after = since or ""
    while True:
        with database.read() as session:
            rows = store.kept_items(session, source_id, after=after, limit=_AT_ONCE)
        last = len(rows) < _AT_ONCE
        after = rows[-1].remote_hash if rows else after
        items = tuple(Upsert(row.remote_id, json.loads(row.raw or "{}")) for row in rows)
        yield Page(items, cursor=None if last else after, complete=last)
        if last:
            return
