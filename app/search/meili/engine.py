"""The Meilisearch engine: the same documents, filters and answers on a server of its own.

Indexes, settings, documents, tasks and swaps go through the official client; searches go through a
pooled connection, since that client opens one for each call. A second, tiny index remembers which
version the documents were made with.

Meilisearch is trusted to find, never to decide: what it hands back is shown, escaped, and nothing
else. Its key must not be the master key where others share the server.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from itertools import islice
from typing import Any

import meilisearch
from meilisearch.errors import (
    MeilisearchApiError,
    MeilisearchCommunicationError,
    MeilisearchError,
)

from app.platform.fetch import DROPPED, ServiceAnswer, ServiceError, service_client
from app.platform.ids import new_id
from app.search.analyse import QueryTerms, query_terms
from app.search.highlight import Highlighter
from app.search.index import (
    Document,
    DocumentsRefused,
    FacetCount,
    Health,
    Hit,
    Query,
    Results,
    SearchUnavailable,
)
from app.search.meili import asking
from app.search.meili.settings import SETTINGS
from app.search.searchable import VERSION

FLOOR = (1, 21)
"""The oldest server that is tested; older ones lack what the queries use."""

TIMEOUT = 5
TASK_TIMEOUT_MS = 300_000
BATCH = 1000
ABANDONED_MS = 24 * 3600 * 1000
_ANSWER = ("hits", "estimatedTotalHits", "facetsByIndex")
MEND = "rebuild it with `opencpd reindex`"


class MeilisearchIndex:
    """A ``SearchIndex`` on a Meilisearch server."""

    def __init__(self, url: str, key: str | None, uid: str = "courses") -> None:
        self._uid = uid
        self._state = f"{uid}-state"
        self._client = meilisearch.Client(
            url.rstrip("/"),
            key,
            timeout=4 * TIMEOUT,
            custom_headers={"Accept-Encoding": "identity"},
        )
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = service_client(url, headers=headers, timeout=TIMEOUT)
        self._writing = threading.RLock()

    def ensure(self) -> None:
        with self._writing, _engine_trouble():
            self._check_version()
            if self._exists(self._uid) and self._version() != VERSION:
                return  # it answers as it is until the rebuild that ``health`` asks for
            self._create(self._uid)

    def apply(self, upserts: Sequence[Document], deletes: Sequence[str]) -> None:
        latest = {document["id"]: asking.stored(document) for document in upserts}
        gone = [key for key in dict.fromkeys(deletes) if key not in latest]
        with self._writing, _engine_trouble():
            if gone:
                self._delete(gone)
            refused = self._put(self._uid, list(latest.values()))
        if refused:
            raise DocumentsRefused(refused)

    def rebuild(self, documents: Iterable[Document]) -> int:
        building = f"{self._uid}-{new_id()}"
        refused: dict[str, str] = {}
        with _engine_trouble():
            self._check_version()
            self._drop_abandoned(building)
            self._create(building)
        try:
            waiting = iter(documents)
            seen: set[str] = set()
            while batch := [asking.stored(each) for each in islice(waiting, BATCH)]:
                with _engine_trouble():
                    refused |= self._put(building, batch)
                seen.update(each["id"] for each in batch)
            with self._writing, _engine_trouble():
                self._swap(building)
        finally:
            with self._writing, _engine_trouble():
                self._client.delete_index(building)
        if refused:
            raise DocumentsRefused(refused)
        return len(seen)

    def search(self, query: Query) -> Results:
        terms = query_terms(query.text, locale=query.locale)
        used = [name for name in query.facets if query.filters.get(name)]
        chosen = asking.filters(query, terms)
        queries: list[dict[str, Any]] = []
        answer: dict[str, Any] = {}
        stage = 0
        stages = asking.stages(terms)
        for stage, queries in enumerate(stages):  # noqa: B007 - read below
            more = queries is not stages[-1]
            if query.walk and more and not self._finds(queries, replace(query, walk=None), terms):
                continue  # the walk is over what an earlier page's stage found, to its end
            answer = self._ask(
                asking.body(
                    self._uid,
                    queries,
                    chosen=chosen,
                    facets=[name for name in query.facets if name not in used],
                    limit=query.per_page,
                    offset=(query.page - 1) * query.per_page,
                    sort=asking.order(query, terms),
                )
            )
            if answer["estimatedTotalHits"] or query.walk:
                break
        counts = self._counts(answer)
        for name in used:
            counts |= self._counts(self._ask(self._without(name, queries, query, terms)))
        facets = {name: counts.get(name, ()) for name in query.facets}
        highlighter = Highlighter(terms, locale=query.locale)
        hits = tuple(
            Hit(hit["id"], hit["document"], highlighter.all(hit["document"]))
            for hit in answer["hits"]
        )
        total = answer["estimatedTotalHits"]
        return Results(hits, total, query.page, query.per_page, facets, stage > 0 and total > 0)

    def health(self) -> Health:
        try:
            with _engine_trouble():
                self._check_version()
                if not self._exists(self._uid):
                    return Health(
                        ok=False,
                        detail=f"There is no search index yet; {MEND}.",
                        documents=0,
                        needs_rebuild=True,
                    )
                count = self._client.index(self._uid).get_stats().number_of_documents
                whole = self._version() == VERSION
        except SearchUnavailable as error:
            return Health(ok=False, detail=error.detail, documents=0)
        detail = (
            "Meilisearch answers."
            if whole
            else f"The search index is new or of another version; {MEND}."
        )
        return Health(ok=whole, detail=detail, documents=count, needs_rebuild=not whole)

    def close(self) -> None:
        self._http.close()

    def _finds(self, queries: Sequence[dict[str, Any]], query: Query, terms: QueryTerms) -> bool:
        chosen = asking.filters(query, terms)
        answer = self._ask(asking.body(self._uid, queries, chosen=chosen, facets=[], limit=1))
        return bool(answer["estimatedTotalHits"])

    def _without(
        self, name: str, queries: Sequence[dict[str, Any]], query: Query, terms: QueryTerms
    ) -> dict[str, Any]:
        """The question for the counts of a filter in use, as if it were not."""
        chosen = asking.filters(query, terms, without=name)
        return asking.body(self._uid, queries, chosen=chosen, facets=[name], limit=0)

    def _ask(self, body: dict[str, Any]) -> dict[str, Any]:
        """One multi-search; once more when the server had closed the pooled connection."""
        try:
            try:
                answer = self._http.post("/multi-search", json=body)
            except DROPPED:
                answer = self._http.post("/multi-search", json=body)
            if answer.is_success:
                found: dict[str, Any] = answer.json()
                return {name: found[name] for name in _ANSWER}
        except (ServiceError, ValueError, KeyError, TypeError) as error:
            raise SearchUnavailable(f"The search server does not answer: {error}") from error
        raise SearchUnavailable(f"The search server refuses the search: {_reason(answer)}")

    def _counts(self, answer: dict[str, Any]) -> dict[str, tuple[FacetCount, ...]]:
        found = answer["facetsByIndex"].get(self._uid, {}).get("distribution", {})
        return {
            name: tuple(
                FacetCount(value, count)
                for value, count in sorted(values.items(), key=lambda item: (-item[1], item[0]))
            )
            for name, values in found.items()
        }

    def _check_version(self) -> None:
        text = str(self._client.get_version()["pkgVersion"])
        numbers = tuple(int(number) for number in re.findall(r"\d+", text)[:2])
        if numbers < FLOOR:
            needed = ".".join(map(str, FLOOR))
            raise SearchUnavailable(f"Meilisearch {needed} or newer is needed; this is {text}.")

    def _exists(self, uid: str) -> bool:
        return _found(lambda: self._client.get_raw_index(uid)) is not None

    def _version(self) -> str | None:
        """Which version a rebuild last filled the index with."""
        state = _found(lambda: self._client.index(self._state).get_document("state"))
        return str(state.version) if state else None

    def _create(self, uid: str) -> None:
        """An index with its settings, before any document is sent: later they cost a reindexing."""
        if not self._exists(uid):
            self._wait(self._client.create_index(uid, {"primaryKey": "id"}).task_uid)
        present = self._client.index(uid).get_settings()
        if any(present.get(name) != value for name, value in SETTINGS.items()):
            settings = dict(SETTINGS)
            self._wait(self._client.index(uid).update_settings(settings).task_uid)

    def _swap(self, building: str) -> None:
        if not self._exists(self._uid):
            self._wait(self._client.create_index(self._uid, {"primaryKey": "id"}).task_uid)
        self._wait(self._client.swap_indexes([{"indexes": [self._uid, building]}]).task_uid)
        state = {"id": "state", "version": VERSION}
        self._wait(self._client.index(self._state).add_documents([state], "id").task_uid)

    def _drop_abandoned(self, building: str) -> None:
        """Delete what a rebuild that was killed a day ago or more has left behind."""
        for index in self._client.get_indexes({"limit": 1000})["results"]:
            name = str(index.uid).removeprefix(f"{self._uid}-")
            made = re.fullmatch(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f-]{22}", name)
            if made and _milliseconds(building.removeprefix(f"{self._uid}-")) - _milliseconds(
                name
            ) > (ABANDONED_MS):
                self._client.delete_index(index.uid)

    def _put(self, uid: str, documents: Sequence[dict[str, Any]]) -> dict[str, str]:
        """Send documents in batches; what was refused, by id, and why."""
        refused: dict[str, str] = {}
        for start in range(0, len(documents), BATCH):
            refused |= self._put_batch(uid, documents[start : start + BATCH])
        return refused

    def _delete(self, ids: Sequence[str]) -> None:
        """By ids in one task; the official client has deprecated its call for that."""
        answer = self._http.post(f"/indexes/{self._uid}/documents/delete-batch", json=list(ids))
        if not answer.is_success:
            raise SearchUnavailable(f"The search server refuses a deletion: {_reason(answer)}")
        self._wait(int(answer.json()["taskUid"]))

    def _put_batch(self, uid: str, batch: Sequence[dict[str, Any]]) -> dict[str, str]:
        """One bad document fails its whole batch: halve the batch until it stands alone."""
        task = self._client.index(uid).add_documents(list(batch), "id")
        done = self._client.wait_for_task(task.task_uid, TASK_TIMEOUT_MS, 10)
        if done.status == "succeeded":
            return {}
        error = done.error or {}
        if error.get("type") != "invalid_request":
            raise SearchUnavailable(f"Meilisearch could not index: {error.get('message')}")
        if len(batch) == 1:
            return {batch[0]["id"]: str(error.get("message"))}
        middle = len(batch) // 2
        return self._put_batch(uid, batch[:middle]) | self._put_batch(uid, batch[middle:])

    def _wait(self, task_uid: int) -> None:
        done = self._client.wait_for_task(task_uid, TASK_TIMEOUT_MS, 10)
        error = done.error or {}
        if done.status != "succeeded" and error.get("code") != "index_already_exists":
            raise SearchUnavailable(f"Meilisearch failed at {done.type}: {error.get('message')}")


def _milliseconds(identifier: str) -> int:
    """When an id of ours was made (RFC 9562 §5.7)."""
    return int(identifier.replace("-", "")[:12], 16)


def _found(ask: Callable[[], Any]) -> Any:
    """What ``ask`` gives, or ``None`` when the server says that there is no such thing."""
    try:
        return ask()
    except MeilisearchApiError as error:
        if error.status_code == HTTPStatus.NOT_FOUND:
            return None
        raise


def _reason(answer: ServiceAnswer) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"status {answer.status_code}"


@contextmanager
def _engine_trouble() -> Iterator[None]:
    """Turn whatever the clients raise into ``SearchUnavailable``.

    The lookup and type errors are those of an answer that is not Meilisearch's at all.
    """
    try:
        yield
    except (
        MeilisearchError,
        ServiceError,
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:
        reason = getattr(error, "message", error)
        if isinstance(error, MeilisearchCommunicationError):
            reason = "it cannot be reached"  # the client's own words are its whole stack
        raise SearchUnavailable(f"The search server does not answer: {reason}") from error
