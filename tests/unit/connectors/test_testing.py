"""The contract's tests pass an honest connector and catch each kind of dishonest one."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, HttpUrl

from connectors.contract import (
    Connector,
    ConnectorError,
    CourseDraft,
    Deletions,
    Fetch,
    Fetched,
    Page,
    RejectRecord,
    SourceUnavailable,
    Tombstone,
    Upsert,
)
from connectors.testing import ConnectorContract

COURSES: list[dict[str, Any]] = [
    {"id": "1", "title": "Soil mechanics", "url": "https://geosoc.example/1"},
    {"id": "2", "withdrawn": True},
    {"id": "3", "title": "Rock slopes", "url": "https://geosoc.example/3"},
    {"id": "4", "url": "https://geosoc.example/4"},
    {"id": "5", "title": "Tunnels", "url": "https://geosoc.example/5"},
]


class GeoSoc:
    contract = 1
    deletions = Deletions.TOMBSTONES

    class Config(BaseModel):
        feed_url: HttpUrl

    def __init__(self, config: Config) -> None:
        self.config = config

    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        more = True
        while more:
            body = fetch(str(self.config.feed_url), {"after": since or "0"}).json()
            more, since = body["more"], body["last"]
            items = tuple(
                Tombstone(c["id"]) if c.get("withdrawn") else Upsert(c["id"], c)
                for c in body["courses"]
            )
            yield Page(items, cursor=since, complete=not more)

    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        if not isinstance(raw.get("title"), str) or not raw["title"]:
            raise RejectRecord("no title", code="E-TITLE-MISSING")
        return CourseDraft(title={"und": raw["title"].strip()}, url=raw.get("url"))


class GeoSocContract(ConnectorContract):
    made: ClassVar[Callable[[Any], Connector]] = GeoSoc

    def connector(self) -> Connector:
        return type(self).made(GeoSoc.Config(feed_url="https://geosoc.example/feed"))

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        start = int(params["after"])
        end = min(start + 2, len(COURSES))
        body = {"courses": COURSES[start:end], "more": end < len(COURSES), "last": str(end)}
        return json.dumps(body).encode()


class TestAnHonestConnector(GeoSocContract):
    pass


class _SwallowsTrouble(GeoSoc):
    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        try:
            yield from super().pages(fetch, since)
        except SourceUnavailable:
            yield Page((), cursor=since, complete=True)


class _EndsEarlyOnTrouble(GeoSoc):
    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        try:
            yield from super().pages(fetch, since)
        except ConnectorError:
            return


class _SkipsOnResume(GeoSoc):
    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        yield from super().pages(fetch, since and str(int(since) + 1))


class _AlwaysComplete(GeoSoc):
    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        for page in super().pages(fetch, since):
            yield Page(page.items, page.cursor, complete=True)


class _NeverComplete(GeoSoc):
    deletions = Deletions.SNAPSHOT

    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        for page in super().pages(fetch, since):
            yield Page(page.items, page.cursor)


class _HugeCursor(GeoSoc):
    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        for page in super().pages(fetch, since):
            yield Page(page.items, "x" * 4097, page.complete)


class _Restless(GeoSoc):
    runs = 0

    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        _Restless.runs += 1
        for page in super().pages(fetch, since):
            raw = {"seen": _Restless.runs}
            yield Page((Upsert("1", raw), *page.items), page.cursor, page.complete)


class _NoId(GeoSoc):
    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        for page in super().pages(fetch, since):
            yield Page((Upsert("", {}),), page.cursor, page.complete)


class _NotJson(GeoSoc):
    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        for page in super().pages(fetch, since):
            yield Page((Upsert("1", {"when": (1, 2)}),), page.cursor, page.complete)


class _Endless(GeoSoc):
    def pages(self, fetch: Fetch, since: str | None) -> Iterator[Page]:
        while True:
            yield Page((), None)


class _FallsOnMissing(GeoSoc):
    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        return CourseDraft(title={"und": raw["title"].strip()})


class _Remembers(GeoSoc):
    count = 0

    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        _Remembers.count += 1
        return CourseDraft(title={"und": str(_Remembers.count)})


class _WritesInRaw(GeoSoc):
    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        draft = super().normalise(raw)
        raw["seen"] = True  # type: ignore[index]  # the fault in question
        return draft


class _MapsNothing(GeoSoc):
    def normalise(self, raw: Mapping[str, Any]) -> CourseDraft:
        raise RejectRecord("not today")


class _AnotherContract(GeoSoc):
    contract = 2


@pytest.mark.parametrize(
    ("dishonest", "test"),
    [
        (_SwallowsTrouble, "test_trouble_is_raised_and_never_looks_complete"),
        (_EndsEarlyOnTrouble, "test_trouble_is_raised_and_never_looks_complete"),
        (_SwallowsTrouble, "test_an_empty_answer_is_raised_and_never_looks_complete"),
        (_SkipsOnResume, "test_it_resumes_after_every_page"),
        (_AlwaysComplete, "test_only_the_last_page_is_complete"),
        (_AlwaysComplete, "test_trouble_is_raised_and_never_looks_complete"),
        (_NeverComplete, "test_a_snapshot_says_that_it_is_complete"),
        (_HugeCursor, "test_cursors_are_short_texts"),
        (_Restless, "test_a_run_repeated_gives_the_same_pages"),
        (_NoId, "test_items_are_json_and_have_an_id"),
        (_NotJson, "test_items_are_json_and_have_an_id"),
        (_Endless, "test_only_the_last_page_is_complete"),
        (_FallsOnMissing, "test_normalise_raises_nothing_but_reject_record"),
        (_Remembers, "test_normalise_is_repeatable_and_leaves_the_raw_item_alone"),
        (_WritesInRaw, "test_normalise_is_repeatable_and_leaves_the_raw_item_alone"),
        (_MapsNothing, "test_normalise_is_repeatable_and_leaves_the_raw_item_alone"),
        (_AnotherContract, "test_it_states_its_contract_and_its_configuration"),
    ],
)
def test_a_dishonest_connector_is_caught(dishonest: type[GeoSoc], test: str) -> None:
    checked = type("Checked", (GeoSocContract,), {"made": dishonest})()
    with pytest.raises(AssertionError):
        getattr(checked, test)()
