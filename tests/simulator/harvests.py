"""A source in memory, and a harvest of it without any network.

    feed = Feed([course(1), course(2)])
    with harvesting(feed):  # or give ``registry(feed)`` to the service
        ...

A fault is an attribute of the feed and may be set or mended between two runs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel

from app.harvest.registry import Registry
from connectors.contract import (
    CourseDraft,
    Deletions,
    Fetch,
    Fetched,
    Page,
    Rejected,
    RejectRecord,
    Tombstone,
    Upsert,
)

Item = Upsert | Tombstone | Rejected


def course(number: int, /, **changes: Any) -> Upsert:
    raw = {"title": f"Course number {number}", "url": f"https://c.example/{number}", **changes}
    return Upsert(str(number), raw)


def courses(count: int) -> list[Item]:
    return [course(number) for number in range(1, count + 1)]


@dataclass
class Feed:
    """What the source lists, in what pages, and what goes wrong."""

    items: Sequence[Item] = ()
    page_size: int = 10
    deletions: Deletions = Deletions.SNAPSHOT
    complete: bool = True
    expected: int | None = None
    last_cursor: str | None = None
    warnings: tuple[tuple[str, str], ...] = ()
    trouble: dict[int, Exception] = field(default_factory=dict)
    """Raised instead of the page of that number, from 0."""
    before_page: Callable[[int], None] = lambda _: None
    version: str = "1"
    """Of the package that brings the connector."""
    mapped: list[str] = field(default_factory=list)
    """The titles of the items that the connector was given to map."""
    asked: list[str | None] = field(default_factory=list)
    """The cursors of all runs, as the connector was given them."""

    def pages(self, since: str | None) -> Iterator[Page]:
        self.asked.append(since)
        start = int(since) if since and since.isdecimal() else 0
        count = max(1, -(-len(self.items) // self.page_size))
        for number in range(start, count):
            self.before_page(number)
            if number in self.trouble:
                raise self.trouble[number]
            first, last = number * self.page_size, number + 1 == count
            yield Page(
                tuple(self.items[first : first + self.page_size]),
                cursor=self.last_cursor if last else str(number + 1),
                complete=self.complete and last,
                expected=self.expected,
                warnings=self.warnings,
            )


def registry(feed: Feed) -> Registry:
    """A registry with the connector ``memory``, which reads ``feed``."""

    class Memory:
        contract: ClassVar[int] = 1

        class Config(BaseModel):
            url: str = "https://c.example/feed"

        def __init__(self, config: Any) -> None:
            self.deletions = feed.deletions

        def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
            return feed.pages(since)

        def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
            feed.mapped.append(str(raw.get("title")))
            if raw.get("bad"):
                raise RejectRecord("it says so itself", code="E-BAD", path="bad")
            if raw.get("fault"):
                raise KeyError("fault")
            return CourseDraft(
                title={"en": raw["title"]}, url=raw["url"], level=raw.get("level"),
                metadata_language="en",
            )  # fmt: skip

    return Registry({"memory": Memory}, versions={"memory": feed.version})


def no_network(hosts: frozenset[str]) -> nullcontext[Fetch]:
    """A way out that leads nowhere."""

    def fetch(
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        accept: Sequence[int] = (),
    ) -> Fetched:
        raise AssertionError(f"nothing is fetched here, but {url} was asked for")

    return nullcontext(fetch)
