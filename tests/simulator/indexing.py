"""Engines that fail or are interrupted on purpose, and workers that are not alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from app.platform.db import Database
from app.search import Document, Health, Query, Results, SearchIndex, SearchUnavailable


class LockLost(Database):
    """A database to a worker that believes to be alone and is not."""

    @contextmanager
    def alone(self, name: str) -> Iterator[bool]:
        yield True


class Killed(BaseException):
    """The process ends here, as far as whoever raises it can tell."""


def nothing() -> None:
    """Does nothing."""


class Interrupted:
    """A real index, and what happens before and after each write of documents to it."""

    def __init__(
        self,
        index: SearchIndex,
        *,
        before: Callable[[], None] = nothing,
        after: Callable[[], None] = nothing,
    ) -> None:
        self.real = index
        self.before = before
        self.after = after

    def ensure(self) -> None:
        self.real.ensure()

    def apply(self, upserts: Sequence[Document], deletes: Sequence[str]) -> None:
        before, self.before = self.before, nothing
        before()
        self.real.apply(upserts, deletes)
        after, self.after = self.after, nothing
        after()

    def search(self, query: Query) -> Results:
        return self.real.search(query)

    def rebuild(self, documents: Iterable[Document]) -> int:
        gathered = list(documents)
        before, self.before = self.before, nothing
        before()
        count = self.real.rebuild(gathered)
        after, self.after = self.after, nothing
        after()
        return count

    def health(self) -> Health:
        return self.real.health()

    def close(self) -> None:
        self.real.close()


class Stumbling(Interrupted):
    """A real index that cannot take some documents, and fails in a way of its own."""

    def __init__(self, index: SearchIndex, over: Iterable[str], fault: Exception) -> None:
        super().__init__(index)
        self.over = set(over)
        self.fault = fault
        self.asked = 0

    def apply(self, upserts: Sequence[Document], deletes: Sequence[str]) -> None:
        self.asked += 1
        if any(each["id"] in self.over for each in upserts):
            raise self.fault
        self.real.apply(upserts, deletes)

    def rebuild(self, documents: Iterable[Document]) -> int:
        def checked() -> Iterator[Document]:
            for each in documents:
                if each["id"] in self.over:
                    raise self.fault
                yield each

        return self.real.rebuild(checked())


class Away(Interrupted):
    """A real index behind a server that may be away; counts how often it is asked."""

    def __init__(self, index: SearchIndex) -> None:
        super().__init__(index)
        self.away = False
        self.asked = 0

    def _ask(self) -> None:
        self.asked += 1
        if self.away:
            raise SearchUnavailable("The search server does not answer: it cannot be reached.")

    def ensure(self) -> None:
        self._ask()
        self.real.ensure()

    def apply(self, upserts: Sequence[Document], deletes: Sequence[str]) -> None:
        self._ask()
        self.real.apply(upserts, deletes)

    def health(self) -> Health:
        try:
            self._ask()
        except SearchUnavailable as error:
            return Health(ok=False, detail=error.detail, documents=0)
        return self.real.health()
