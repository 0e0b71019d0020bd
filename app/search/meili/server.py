"""One Meilisearch server: how it is spoken to, and what its troubles are called.

Indexes, settings, documents, tasks and swaps go through the official client, of which every thread
has its own: it writes each request's content type into headers that all its calls share. Searches
go through a pooled connection, since that client opens one for each call.

Every wait has an end. No key is ever part of an error: the server repeats none, and nothing here
puts a request's headers into words.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeVar

import meilisearch
from meilisearch.errors import (
    MeilisearchApiError,
    MeilisearchCommunicationError,
    MeilisearchError,
    MeilisearchTimeoutError,
)
from meilisearch.models.task import Task

from app.platform.fetch import (
    DROPPED,
    UNREACHED,
    ServiceAnswer,
    ServiceClient,
    ServiceError,
    service_client,
)
from app.search.index import SearchUnavailable

FLOOR = (1, 21)
"""The oldest server that is tested; older ones lack what the queries use.

Nothing that newer ones added is used, so there is no other version to look for.
"""

TIMEOUT = 5
"""Seconds for each phase of a search."""

WRITE_TIMEOUT = 4 * TIMEOUT
TASK_SECONDS = 300.0
FIRST_POLL, LONGEST_POLL = 0.005, 0.25
_UNREAD = frozenset(
    {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
)
"""Answers after which a server up to 1.21 lets the connection's next request hang: it has read the
body of the one it refuses only in part."""

_CLOSED = (*DROPPED, RuntimeError)
"""The connection was gone, or another thread has just thrown the whole pool away."""


T = TypeVar("T")


class Server:
    """A server and the keys it is asked with: ``key`` for all that writes, ``search_key`` else."""

    def __init__(
        self,
        url: str,
        key: str | None,
        *,
        search_key: str | None = None,
        pause: Callable[[float], None] = time.sleep,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url.rstrip("/")
        self._key = checked_key(key)
        self._search_key = checked_key(search_key) or self._key
        self._own = threading.local()
        self.pool = self._new_pool()
        self.pause, self.ticks = pause, ticks

    @property
    def client(self) -> meilisearch.Client:
        """The official client, this thread's own."""
        found: meilisearch.Client | None = getattr(self._own, "client", None)
        if found is None:
            found = self._own.client = meilisearch.Client(
                self._url,
                self._key,
                timeout=WRITE_TIMEOUT,
                custom_headers={"Accept-Encoding": "identity"},
            )
        return found

    @property
    def has_key(self) -> bool:
        """Whether it is asked with a key at all; a server in development mode needs none."""
        return self._key is not None

    def close(self) -> None:
        self.pool.close()

    def raw(self, method: str, path: str, body: Any = None) -> Any:
        """What the official client has no call for. Raises what that raises."""
        http = self.client.http
        if method in ("get", "delete"):
            return getattr(http, method)(path)
        return getattr(http, method)(path, body)

    def ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post a search; once more when the server had closed the pooled connection."""
        try:
            try:
                answer = self.pool.post(path, json=body)
            except _CLOSED:
                answer = self.pool.post(path, json=body)
            self._leave_a_stuck_connection(answer)
            if answer.is_success:
                found = answer.json()
                if isinstance(found, dict):
                    return found
                raise SearchUnavailable("What answers is no search server.")
        except UNREACHED as error:
            raise SearchUnavailable("The search server cannot be reached.") from error
        except (ServiceError, ValueError) as error:
            raise SearchUnavailable(f"The search server does not answer: {error}") from error
        raise Refused(*_reason(answer))

    def check_version(self) -> None:
        """Raises ``SearchUnavailable`` when the server is too old."""
        text = str(self.client.get_version()["pkgVersion"])
        numbers = tuple(int(number) for number in re.findall(r"\d+", text)[:2])
        if numbers < FLOOR:
            needed = ".".join(map(str, FLOOR))
            raise SearchUnavailable(f"Meilisearch {needed} or newer is needed; this is {text}.")

    def exists(self, uid: str) -> bool:
        return if_there(lambda: self.client.get_raw_index(uid)) is not None

    def create(self, uid: str) -> None:
        if not self.exists(uid):
            self.wait(self.client.create_index(uid, {"primaryKey": "id"}).task_uid)

    def delete(self, uid: str) -> int:
        """Have an index deleted; the task that does it."""
        return self.client.delete_index(uid).task_uid

    def finished(self, task_uid: int, *, patience: float = 0.0) -> Task:
        """The task when it is done, asked for ever more seldom.

        A server that does not answer is asked again for ``patience`` seconds: it keeps its tasks
        when it is started anew.
        """
        began, poll = self.ticks(), FIRST_POLL
        while self.ticks() - began < TASK_SECONDS:
            task = self.patient(lambda: self.client.get_task(task_uid), patience=patience)
            if task.status not in ("enqueued", "processing"):
                return task
            self.pause(poll)
            poll = min(1.5 * poll, LONGEST_POLL)
        raise SearchUnavailable(f"Meilisearch has not done task {task_uid} in {TASK_SECONDS:g} s.")

    def wait(self, task_uid: int, *, patience: float = 0.0) -> None:
        """Until the task has succeeded."""
        done = self.finished(task_uid, patience=patience)
        error = done.error or {}
        if done.status != "succeeded" and error.get("code") != "index_already_exists":
            raise SearchUnavailable(f"Meilisearch failed at {done.type}: {error.get('message')}")

    def patient(self, call: Callable[[], T], *, patience: float) -> T:
        """What ``call`` gives; while nobody answers, again and again for ``patience`` seconds."""
        began, pause = self.ticks(), FIRST_POLL
        while True:
            try:
                return call()
            except (MeilisearchCommunicationError, MeilisearchTimeoutError):
                if self.ticks() - began >= patience:
                    raise
            self.pause(pause)
            pause = min(2 * pause, 2.0)

    def _new_pool(self) -> ServiceClient:
        headers = {"Authorization": f"Bearer {self._search_key}"} if self._search_key else {}
        return service_client(self._url, headers=headers, timeout=TIMEOUT)

    def _leave_a_stuck_connection(self, answer: ServiceAnswer) -> None:
        if answer.status_code in _UNREAD:
            stuck, self.pool = self.pool, self._new_pool()
            stuck.close()


class Refused(SearchUnavailable):
    """The server refuses a search."""

    def __init__(self, reason: str, why: str | None) -> None:
        super().__init__(f"The search server refuses the search: {reason}")
        self.why = why
        """The server's own code for it."""


def checked_key(key: str | None) -> str | None:
    """A key that can stand in a header; a header that cannot be sent is told, whole, by clients."""
    key = key.strip() if key else None
    if key and not re.fullmatch(r"[!-~]+", key):
        raise SearchUnavailable("A key for the search server has characters that no key has.")
    return key or None


def if_there(ask: Callable[[], T]) -> T | None:
    """What ``ask`` gives, or ``None`` when the server says that there is no such thing."""
    try:
        return ask()
    except MeilisearchApiError as error:
        if error.status_code == HTTPStatus.NOT_FOUND:
            return None
        raise


def _reason(answer: ServiceAnswer) -> tuple[str, str | None]:
    try:
        told = answer.json()
        return str(told["message"]), told.get("code")
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"status {answer.status_code}", None


@contextmanager
def engine_trouble() -> Iterator[None]:
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
