"""The connector contract as tests, for everybody who writes a connector.

    class TestGeoSoc(ConnectorContract):
        def connector(self):
            return GeoSoc(GeoSoc.Config(feed_url="https://feed.example/courses"))

        def source(self, url, params):
            return ANSWERS[params.get("after", "0")]  # bytes, or a Fetched

pytest finds the inherited tests. Let ``source`` stand for a whole source of two pages or more, with
an item that is good; of a POST, ``params`` holds the form's fields too. Nothing here needs more
than the contract; no test opens a connection.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import islice
from typing import Any

from pydantic import BaseModel

from connectors.contract import (
    CONTRACT,
    MAX_CURSOR_BYTES,
    Connector,
    ConnectorError,
    CourseDraft,
    CursorExpired,
    Deletions,
    Fetched,
    Page,
    Rejected,
    RejectRecord,
    SourceMisconfigured,
    SourceUnavailable,
    Upsert,
)

MAX_PAGES = 10_000

_DAMAGE: tuple[Any, ...] = (None, "", 7, -1.5, True, [], [None], [[]], {}, {"x": 1}, [{"x": {}}])


class ConnectorContract:
    """Inherit, and say which connector and what its source answers.

    A connector that walks over a site and reads on past a page that cannot be had sets ``crawls``;
    it must then tell what it missed, and let nothing be withdrawn for it.
    """

    crawls = False

    def connector(self) -> Connector:
        """A new connector, with a configuration that fits ``source``."""
        raise NotImplementedError  # the package under test says which

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        """What the source answers; the same answer to the same question."""
        raise NotImplementedError  # the package under test says what

    def test_it_states_its_contract_and_its_configuration(self) -> None:
        connector = self.connector()
        _hold(connector.contract == CONTRACT, f"contract must be {CONTRACT}")
        _hold(isinstance(connector.deletions, Deletions), "deletions must be one of Deletions")
        _hold(issubclass(connector.Config, BaseModel), "Config must be a pydantic model")
        json.dumps(connector.Config.model_json_schema())

    def test_a_run_repeated_gives_the_same_pages(self) -> None:
        _hold(self._run() == self._run(), "two runs over the same source differ")

    def test_items_are_json_and_have_an_id(self) -> None:
        for page in self._run():
            for item in page.items:
                _hold(isinstance(item.source_id, str), f"the id {item.source_id!r} is not text")
                _hold(item.source_id != "", "an item has an empty id")
                if isinstance(item, Upsert):
                    told = json.loads(json.dumps(item.raw, allow_nan=False))
                    _hold(told == item.raw, f"the raw item {item.source_id} is not plain JSON")

    def test_cursors_are_short_texts(self) -> None:
        for page in self._run():
            if page.cursor is not None:
                size = len(page.cursor.encode())
                _hold(size <= MAX_CURSOR_BYTES, f"a cursor of {size} bytes is too long to keep")

    def test_only_the_last_page_is_complete(self) -> None:
        pages = self._run()
        _hold(bool(pages), "a run gives one page at least, be it empty")
        early = [number for number, page in enumerate(pages[:-1]) if page.complete]
        _hold(not early, f"pages {early} say they are the last, and others follow")

    def test_a_snapshot_says_that_it_is_complete(self) -> None:
        source = _Source(self)
        connector = self.connector()
        pages = _read(connector, source, None)
        if connector.deletions is Deletions.SNAPSHOT:
            _hold(pages[-1].complete, "a snapshot that never says so withdraws nothing")

    def test_it_resumes_after_every_page(self) -> None:
        pages = self._run()
        for number, page in enumerate(pages[:-1]):
            if page.cursor is None:
                continue
            resumed = _read(self.connector(), _Source(self), page.cursor)
            missing = [item for item in _items(pages[number + 1 :]) if item not in _items(resumed)]
            _hold(not missing, f"resumed after page {number}, {len(missing)} items are missing")
            _hold(resumed[-1].complete == pages[-1].complete, "resumed, it ends otherwise")
        if pages[-1].cursor is not None:
            _read(self.connector(), _Source(self), pages[-1].cursor)

    def test_trouble_is_raised_and_never_looks_complete(self) -> None:
        for trouble in (SourceUnavailable, SourceMisconfigured, CursorExpired):
            for call in range(self._calls()):
                source = _Source(self, trouble=trouble("planted"), at=call)
                self._must_raise(source, trouble, f"{trouble.__name__} at request {call}")

    def test_an_empty_answer_is_raised_and_never_looks_complete(self) -> None:
        for call in range(self._calls()):
            source = _Source(self, body=b"", at=call)
            self._must_raise(source, Exception, f"an empty answer to request {call}")

    def test_normalise_is_repeatable_and_leaves_the_raw_item_alone(self) -> None:
        connector, mapped = self.connector(), 0
        for raw in self._raws():
            before = deepcopy(raw)
            first, second = _normalised(connector, raw), _normalised(self.connector(), raw)
            _hold(first == second, "the same raw item is mapped in two ways")
            _hold(raw == before, "normalise changes the raw item")
            mapped += first is not None
        _hold(mapped > 0, "no item of the source could be mapped")

    def test_normalise_raises_nothing_but_reject_record(self) -> None:
        connector = self.connector()
        for raw in islice(self._raws(), 5):
            for damaged in ({}, *_damaged(raw)):
                try:
                    _normalised(connector, damaged)
                except Exception as error:  # whatever it is, it is the fault looked for
                    shown = json.dumps(damaged)[:300]
                    raise AssertionError(f"normalise raised {error!r} on {shown}") from error

    def _run(self) -> list[Page]:
        return _read(self.connector(), _Source(self), None)

    def _raws(self) -> Iterator[Mapping[str, Any]]:
        for item in _items(self._run()):
            if isinstance(item, Upsert):
                yield item.raw

    def _calls(self) -> int:
        source = _Source(self)
        _read(self.connector(), source, None)
        return source.calls

    def _must_raise(self, source: "_Source", kind: type[Exception], what: str) -> None:
        pages: list[Page] = []
        connector = self.connector()
        try:
            for page in islice(connector.pages(source, None), MAX_PAGES):
                pages.append(page)  # noqa: PERF402  what came before the error is looked at
        except kind:
            _hold(not any(page.complete for page in pages), f"{what}: a page was complete")
            return
        if self.crawls and pages == self._run():
            return  # it was nothing that is needed
        told = any(page.warnings or _refused(page) for page in pages)
        if self.crawls and told and connector.deletions is not Deletions.SNAPSHOT:
            return
        raise AssertionError(f"{what} was not raised; {len(pages)} pages came")


class _Source:
    """``Fetch`` over a test's ``source``, with one fault at one request."""

    def __init__(
        self,
        contract: ConnectorContract,
        *,
        trouble: ConnectorError | None = None,
        body: bytes | None = None,
        at: int = -1,
    ) -> None:
        self.calls = 0
        self._contract = contract
        self._trouble = trouble
        self._body = body
        self._at = at

    def __call__(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        accept: Sequence[int] = (),
    ) -> Fetched:
        call, self.calls = self.calls, self.calls + 1
        if call == self._at and self._trouble is not None:
            raise self._trouble
        if call == self._at and self._body is not None:
            return Fetched(url, 200, {}, self._body)
        answer = self._contract.source(url, {**(params or {}), **(data or {})})
        if isinstance(answer, bytes):
            return Fetched(url, 200, {}, answer)
        if answer.status >= 400 and answer.status not in accept:
            kind = SourceUnavailable if answer.status >= 500 else SourceMisconfigured
            raise kind(f"{url} answered {answer.status}")
        return answer


def _hold(condition: bool, otherwise: str) -> None:  # noqa: FBT001  an assertion's own shape
    if not condition:
        raise AssertionError(otherwise)


def _read(connector: Connector, source: _Source, since: str | None) -> list[Page]:
    pages = list(islice(connector.pages(source, since), MAX_PAGES + 1))
    _hold(len(pages) <= MAX_PAGES, f"more than {MAX_PAGES} pages: the run does not end")
    return pages


def _refused(page: Page) -> bool:
    return any(isinstance(item, Rejected) for item in page.items)


def _items(pages: Sequence[Page]) -> list[Any]:
    return [item for page in pages for item in page.items]


def _normalised(connector: Connector, raw: Mapping[str, Any]) -> CourseDraft | None:
    try:
        draft = connector.normalise(raw)
    except RejectRecord:
        return None
    _hold(isinstance(draft, CourseDraft), f"normalise gave {type(draft).__name__}")
    return draft


def _damaged(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """``raw`` with each member in turn left out or made something else, down to three levels."""
    for path in _paths(raw, 3):
        for damage in ("left out", *_DAMAGE):
            copy = deepcopy(dict(raw))
            holder: Any = copy
            for step in path[:-1]:
                holder = holder[step]
            if damage == "left out":
                del holder[path[-1]]
            else:
                holder[path[-1]] = deepcopy(damage)
            yield copy


def _paths(value: Any, depth: int) -> Iterator[tuple[Any, ...]]:
    if depth == 0 or not isinstance(value, (dict, list)):
        return
    steps = list(value) if isinstance(value, dict) else range(min(len(value), 2))
    for step in steps:
        yield (step,)
        for rest in _paths(value[step], depth - 1):
            yield (step, *rest)
