"""JSON lists of every make, read through mappings; and what lists do to those who read them."""

import json
import tracemalloc
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from connectors.contract import (
    CreditDraft,
    CursorExpired,
    Deletions,
    Fetched,
    OfferDraft,
    Page,
    Rejected,
    RejectRecord,
    RunDraft,
    SourceMisconfigured,
    SourceUnavailable,
    Tombstone,
    Upsert,
)
from connectors.json_feed import JsonFeed
from connectors.json_feed import connector as json_feed
from connectors.testing import ConnectorContract
from tests.simulator.feeds import Answer, FeedServer, Request
from tests.simulator.fetching import FunctionFetch, loopback_fetch

URL = "https://feed.example/courses"
TITLE = {"fields": {"title": "name"}}


def _feed(**config: Any) -> JsonFeed:
    return JsonFeed(JsonFeed.Config.model_validate({"url": URL, **TITLE, **config}))


def _courses(first: int, end: int) -> list[dict[str, Any]]:
    return [{"id": n, "name": f"Course {n}", "changed": f"2026-01-{n % 28 + 1:02}T00:00:00Z"}
            for n in range(first, end)]  # fmt: skip


def _pages(answer: Any, feed: JsonFeed | None = None, since: str | None = None) -> list[Page]:
    def told(request: Request) -> Answer:
        body = answer(request) if callable(answer) else answer
        return body if isinstance(body, bytes | tuple) else json.dumps(body).encode()

    return list((feed or _feed()).pages(FunctionFetch(told), since))


def _ids(pages: list[Page]) -> list[str]:
    return [item.source_id for page in pages for item in page.items]


def _draft(item: Mapping[str, Any], **config: Any) -> Any:
    feed = _feed(**config)
    return feed.normalise({"id": 1, "name": "Bridges", **item})


class _PagedContract(ConnectorContract):
    """A list of seven courses, three on a page; one of them is gone, one broken."""

    paging: ClassVar[Mapping[str, Any]]

    def connector(self) -> JsonFeed:
        return _feed(
            items="results",
            total="count",
            deleted={"path": "gone"},
            paging=self.paging,
            fields={"title": "name", "subjects": "topics[].name"},
            runs=[{"each": "runs[]", "fields": {"start": "start", "instructors": "who[].name"}}],
        )

    def answer(self, start: int) -> dict[str, Any]:
        listed = _courses(0, 7)
        listed[2]["gone"] = True
        del listed[3]["id"]
        listed[4] |= {
            "topics": [{"name": "a"}],
            "runs": [{"start": "2026", "who": [{"name": "B"}]}],
        }
        return {"count": 7, "results": listed[start : start + 3]}

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        raise NotImplementedError  # each way of paging says it


class TestPagesByNumberKeepTheContract(_PagedContract):
    paging: ClassVar[Mapping[str, Any]] = {"style": "page", "parameter": "page"}

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        return json.dumps(self.answer((int(params["page"]) - 1) * 3)).encode()


class TestPagesByOffsetKeepTheContract(_PagedContract):
    paging: ClassVar[Mapping[str, Any]] = {
        "style": "offset",
        "parameter": "skip",
        "size": 3,
        "size_parameter": "top",
    }

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        assert params["top"] == "3"
        return json.dumps(self.answer(int(params["skip"]))).encode()


class TestPagesByTokenKeepTheContract(_PagedContract):
    paging: ClassVar[Mapping[str, Any]] = {
        "style": "cursor",
        "parameter": "after",
        "next": "meta.next",
    }

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        start = int(params.get("after", "0"))
        following = start + 3 if start < 6 else None
        return json.dumps({**self.answer(start), "meta": {"next": following}}).encode()


class TestItemsWithoutAMappingKeepTheContract(ConnectorContract):
    def connector(self) -> JsonFeed:
        return JsonFeed(JsonFeed.Config.model_validate({"url": URL}))

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        return json.dumps(
            [{**one, "tags": [{"name": "a"}, "b"]} for one in _courses(0, 7)]
        ).encode()


class TestPagesByLinkKeepTheContract(_PagedContract):
    paging: ClassVar[Mapping[str, Any]] = {"style": "link", "next": "links.next"}

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        start = int(url.partition("=")[2] or 0)
        following = {"href": f"/courses?start={start + 3}"} if start < 6 else ""
        return json.dumps({**self.answer(start), "links": {"next": following}}).encode()


class TestPagesByHeaderKeepTheContract(_PagedContract):
    paging: ClassVar[Mapping[str, Any]] = {"style": "header"}

    def source(self, url: str, params: Mapping[str, str]) -> Fetched | bytes:
        start = int(url.partition("=")[2] or 0)
        link = '<https://feed.example/courses?start=0>; rel="first"'
        if start < 6:
            link += f', <?start={start + 3}>; title="a, b"; rel="next last"'
        return Fetched(url, 200, {"link": link}, json.dumps(self.answer(start)).encode())


def test_an_item_becomes_a_course_with_all_that_it_holds() -> None:
    item = {
        "name": "Inspecting &uuml;ber  bridges", "lang": "de",
        "texts": [{"l": "en", "t": "About"}, {"l": "zh", "t": "关于"}, "no language"],
        "path": "/c/7", "hours": 12, "level": 2, "paid": False, "tags": "steel|concrete",
        "org": {"name": "Society"}, "isbn": {"doi": "10.1/x"}, "learn": ["a", "b"],
        "sessions": [
            {"key": "s1", "from": 1767225600, "to": 0, "room": {"city": "Xi'an", "no": 4},
             "lat": "34.2", "staff": [{"g": "A", "f": "Li"}, {"g": "B", "f": "Wang"}],
             "fees": [{"n": 300, "for": "member"}]},
            {"key": "s1", "from": 1},
            {"key": "s2"},
        ],
        "points": [{"n": "2.0 CEUs", "by": "IACET"}, {"n": None}],
    }  # fmt: skip
    draft = _draft(
        item,
        fields={
            "title": {"path": "name", "decode": "html", "language": "lang"},
            "description": {"path": "texts[]", "text": "t", "language": "l"},
            "outcomes": "learn[]",
            "url": "path",
            "image": {"template": "https://img.example/{level}/{org.name}.png"},
            "effort": {"template": "{hours} hours"},
            "level": {"path": "level", "map": {"2": "intermediate"}},
            "access": {"path": "paid", "map": {"false": "open", "*": ""}},
            "subjects": [{"path": "tags", "split": "|"}, {"const": "engineering"}],
            "provider": "organiser.name | org.name",
            "identifiers.doi": "isbn.doi",
            "delivery": {"const": "online"},
        },
        runs=[
            {
                "each": "sessions[]",
                "fields": {
                    "source_id": "key",
                    "start": {"path": "from", "decode": "epoch"},
                    "end": {"path": "to", "decode": "epoch"},
                    "place_name": {"template": "{room.city} {room.no}"},
                    "latitude": "lat",
                    "instructors": {"path": "staff[]", "template": "{g} {f}"},
                },
                "offers": [{"each": "fees[]", "fields": {"amount": "n", "audience": "for"}}],
            }
        ],
        credits=[{"each": "points[]", "fields": {"value": "n", "framework": "by"}}],
        offers=[{"fields": {"category": {"path": "paid", "map": {"false": "free"}}}}],
    )
    assert draft.title == {"de": "Inspecting über bridges"}
    assert draft.description == {"en": "About", "zh": "关于", "und": "no language"}
    assert draft.outcomes == {"und": "a\nb"}
    assert draft.url == "https://feed.example/c/7"
    assert draft.image == "https://img.example/2/Society.png"
    assert (draft.effort, draft.level, draft.access) == ("12 hours", "intermediate", "open")
    assert draft.subjects == ("steel", "concrete", "engineering")
    assert (draft.provider, draft.identifiers) == ("Society", (("doi", "10.1/x"),))
    assert draft.runs == (
        RunDraft(
            source_id="s1", start="2026-01-01T00:00:00Z", place_name="Xi'an 4", latitude=34.2,
            instructors=("A Li", "B Wang"), offers=(OfferDraft("300", audience="member"),),
        ),
    )  # fmt: skip
    assert draft.credits == (CreditDraft("2.0", unit="CEUs", framework="IACET"),)
    assert draft.offers == (OfferDraft(category="free"),)


def test_a_title_comes_in_several_languages_in_each_way_that_lists_write_it() -> None:
    by_path = {"fields": {"title@en": "name", "title@de": "titel"}}
    by_key = {"fields": {"title": {"path": "t", "by_language": True}}}
    assert _draft({"titel": "Brücken"}, **by_path).title == {"en": "Bridges", "de": "Brücken"}
    assert _draft({"t": {"en": "B", "zh": "桥", "fr": None}}, **by_key).title == {
        "en": "B", "zh": "桥",
    }  # fmt: skip
    assert _draft({"t": "B"}, **by_key).title == {"und": "B"}
    stated = {"fields": {"title": "name", "metadata_language": {"const": "fr"}}}
    assert _draft({}, **stated).title == {"fr": "Bridges"}


def test_starts_and_ends_that_stand_side_by_side_are_matched_by_their_place() -> None:
    fields = {
        name: {"path": path, "split": "|"} for name, path in (("start", "from"), ("end", "to"))
    }
    runs = [{"by_place": True, "fields": {**fields, "place_name": "at"}}]
    item = {"from": "2026-01-01|2026-05-01|2026-09-01", "to": "2026-01-03|2026-05-03", "at": "Hall"}
    draft = _draft(item, runs=runs)
    assert [(run.start, run.end, run.place_name) for run in draft.runs] == [
        ("2026-01-01", "2026-01-03", "Hall"),
        ("2026-05-01", "2026-05-03", "Hall"),
        ("2026-09-01", None, "Hall"),
    ]


def test_a_template_cannot_be_led_to_another_host() -> None:
    url = {"template": "https://x.example/{slug}"}
    draft = _draft({"slug": "../@evil.example/?a#b"}, fields={"title": "name", "url": url})
    assert draft.url == "https://x.example/..%2F@evil.example%2F%3Fa%23b"
    assert _draft({}, fields={"title": "name", "url": url}).url is None
    query = {"template": "https://x.example/{a}?course={b}"}
    draft = _draft({"a": "v1:x+y", "b": "1&admin=1"}, fields={"title": "name", "url": query})
    assert draft.url == "https://x.example/v1:x+y?course=1%26admin%3D1"


def test_sections_with_one_id_are_runs_of_one_course() -> None:
    sections = [
        {"id": "C-1", "name": "Bridges", "no": "b", "who": ["Wang"]},
        {"id": "C-2", "name": "Tunnels", "no": "a"},
        {"id": "C-1", "name": "Bridges", "no": "a", "who": ["Li"]},
    ]
    fields = {"source_id": "no", "instructors": "who[]"}
    feed = _feed(group=True, runs=[{"fields": fields}], deleted=None)
    (page,) = _pages(sections, feed)
    (turned,) = _pages(sections[::-1], feed)
    assert _ids([page]) == ["C-1", "C-2"]
    assert {one.source_id: one.raw for one in page.items if isinstance(one, Upsert)} == {
        one.source_id: one.raw for one in turned.items if isinstance(one, Upsert)
    }, "the order of a list is no change"
    first = page.items[0]
    assert isinstance(first, Upsert)
    draft = feed.normalise(first.raw)
    assert draft.title == {"und": "Bridges"}
    assert [(run.source_id, run.instructors) for run in draft.runs] == [
        ("a", ("Li",)), ("b", ("Wang",)),
    ]  # fmt: skip
    assert page.complete


def test_what_stands_beside_the_items_is_kept_with_them() -> None:
    linked = {"people": {"list": 'linked."staff.v1"', "by": "staff[]"}}
    who = {"path": '"@linked".people[]', "template": "{first} {last}"}
    feed = _feed(items="data", linked=linked, runs=[{"fields": {"instructors": who}}])
    document = {
        "data": [{"id": 1, "name": "B", "staff": [7, 8, 9]}, {"id": 2, "name": "T"}],
        "linked": {"staff.v1": [{"id": "7", "first": "A", "last": "Li"}, {"id": 9, "last": "Wu"}]},
    }
    (page,) = _pages(document, feed)
    first, second = page.items
    assert isinstance(first, Upsert)
    assert isinstance(second, Upsert)
    assert feed.normalise(first.raw).runs[0].instructors == ("A Li", "Wu")
    assert second.raw == {"id": 2, "name": "T"}


def test_json_api_is_a_preset_with_its_included_resources() -> None:
    feed = _feed(
        preset="jsonapi",
        fields={"title": "attributes.name", "provider": '"@linked".org[].attributes.name'},
        deleted={"path": "meta.status", "values": ["deleted"]},
    )
    org = {"type": "orgs", "id": "1"}
    document = {
        "data": [
            {"id": "1", "attributes": {"name": "B"}, "relationships": {"org": {"data": org}}},
            {"id": "2", "meta": {"status": "deleted"}},
        ],
        "included": [{**org, "attributes": {"name": "Society"}}],
        "links": {"next": None},
    }
    (page,) = _pages(document, feed)
    kept, gone = page.items
    assert isinstance(kept, Upsert)
    assert feed.normalise(kept.raw).provider == "Society"
    assert gone == Tombstone("2")
    assert page.complete


@pytest.mark.parametrize(
    ("items", "document"),
    [
        ("", [{"id": 1, "name": "B"}]),
        (".", {"id": 1, "name": "B"}),
        ("a.b", {"n": 1, "a": {"x": [1], "b": [{"id": 1, "name": "B"}], "y": {}}}),
        ("a[]", {"a": [{"id": 1, "name": "B"}]}),
        ("a[].b[]", {"a": [{"b": [{"id": 1, "name": "B"}]}, {"b": []}, {}]}),
        ("a.*", {"a": {"k": {"id": 1, "name": "B"}}}),
        ("a", {"a": {"0": {"id": 1, "name": "B"}}}),  # PHP, after an entry was taken away
        ('"a.b"', {"a.b": [{"id": 1, "name": "B"}]}),
    ],
)
def test_items_are_found_where_lists_have_them(items: str, document: Any) -> None:
    (page,) = _pages(document, _feed(items=items))
    assert _ids([page]) == ["1"]
    assert page.complete


@pytest.mark.parametrize(
    ("config", "document", "reason"),
    [
        ({"items": "data.courses"}, {"message": "ok", "data": {"items": [], "list": [1]}},
         "nothing is at `data.courses`.*lists: `items`, `list`"),
        ({}, {"total": 2, "results": [{}], "a": {"b": []}}, "lists: `results`, `a.b`"),
        ({"items": "data"}, {"data": "none"}, "`data` is no list of items, but a text"),
        ({"items": "data"}, {"data": {"a": 1}}, "`data` is no list of items, but an object of 'a'"),
        ({"items": "data.x"}, {"data": None}, "`data` is no list of items, but null"),
        ({"id": "key"}, _courses(0, 3), r"`id` \(key\) finds nothing.*they have 'id', 'name'"),
        ({"fields": {"title": "titel"}}, _courses(0, 3), r"`fields.title` \(`titel`\) finds"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_right_is_named(
    config: dict[str, Any], document: Any, reason: str
) -> None:
    with pytest.raises(SourceMisconfigured, match=reason):
        _pages(document, _feed(**config))


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"fields": {"tittle": "x"}}, "no such field"),
        ({"fields": {"url": "x"}}, "where the title is"),
        ({"fields": {"title": "a..b"}}, "cannot be read"),
        ({"fields": {"title": "a["}}, "cannot be read"),
        ({"fields": {"title": ""}}, "ends where a name"),
        ({"fields": {"title": {"template": "none"}}}, "needs a path in braces"),
        ({"fields": {"title": {"join": ","}}}, "say one of path"),
        ({"fields": {"title": {"path": "a", "eval": "x"}}}, "Extra inputs"),
        ({"items": "a|b"}, "not a way to a list"),
        ({"items": "a[0]"}, "not a way to a list"),
        ({"paging": {"style": "link"}}, "needs `next`"),
        ({"paging": {"style": "page"}}, "needs `parameter`"),
        ({"paging": {"style": "page", "parameter": "p", "size": 3}}, "go together"),
        ({"paging": {"style": "page", "parameter": "p", "end_statuses": [500]}}, "between 400"),
        ({"runs": [{"fields": {"begin": "x"}}]}, "no such field"),
        ({"group": True, "deleted": {"path": "x"}}, "needs the whole list"),
        ({"token": "a\nb"}, "one line of ASCII"),
    ],
)
def test_a_configuration_is_judged_before_anything_is_fetched(
    config: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        _feed(**config)


def test_an_item_that_lacks_something_is_rejected_alone_and_by_its_line() -> None:
    body = b'[{"id": 1, "name": "B"},\n{"name": "no id"},\n"text", null, {"id": 4},\n{"id": 0}]'
    (page,) = _pages(body)
    told = [(one.code, one.line) for one in page.items if isinstance(one, Rejected)]
    assert told == [("E-ID-MISSING", 2), ("E-ITEM-SHAPE", 3), ("E-ITEM-SHAPE", 3)]
    lines = {one.source_id: one.line for one in page.items if isinstance(one, Upsert)}
    assert lines == {"1": 1, "4": 3, "0": 4}
    with pytest.raises(RejectRecord) as caught:
        _feed().normalise({"id": 4})
    assert (caught.value.code, caught.value.path) == ("E-TITLE-MISSING", "name")


def test_a_field_of_which_nothing_comes_is_told_once() -> None:
    fields = {
        "title": "name",
        "duration": "durration",
        "url": {"template": "https://x.example/{id}"},
    }
    (page,) = _pages(_courses(0, 12), _feed(fields=fields))
    ((code, message),) = page.warnings
    assert code == "W-MAPPING-EMPTY"
    assert "`durration`" in message


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"id": 1, "name": "B"}\n\n{"id": 2, "name": "T"}\n', {}),
        (b'\x1e{"id": 1, "name": "B"}\n\x1e{"id": 2, "name": "T"}\n', {}),
        (b'{"id": 1, "name": "B"}\r\n  {"id": 2, "name": "T"}', {}),
        (b'\xef\xbb\xbf{"id": 1, "name": "B"}\r{"id": 2, "name": "T"}',
         {"content-type": "application/x-ndjson"}),
    ],
)  # fmt: skip
def test_json_lines_are_seen_as_such(body: bytes, headers: dict[str, str]) -> None:
    (page,) = _pages((200, headers, body))
    assert _ids([page]) == ["1", "2"]
    assert page.complete


def test_a_broken_line_of_json_lines_is_rejected_alone() -> None:
    body = b'{"id": 1, "name": "B"}\n{"id": 2, "na\n{"id": 3, "name": "T"}\n'
    (page,) = _pages(body, _feed(lines=True))
    broken = page.items[1]
    assert isinstance(broken, Rejected)
    assert (broken.code, broken.line, broken.raw) == ("E-JSON-LINE", 2, {"text": '{"id": 2, "na'})
    with pytest.raises(SourceUnavailable, match="cut in its last line"):
        _pages(body[:-5], _feed(lines=True))


@pytest.mark.parametrize(
    ("body", "error", "reason"),
    [
        (b"", SourceUnavailable, "empty"),
        (b" \n", SourceUnavailable, "empty"),
        (b'[{"id": 1, "name": "B"}, {"id": 2, "na', SourceUnavailable, "the JSON is cut"),
        (b'[{"id": 1, "name": "B"},', SourceUnavailable, "the JSON is cut"),
        (b'[{"id": 1, "name": "B"}', SourceUnavailable, "the JSON is cut"),
        ('[{"name": "桥'.encode()[:-1], SourceUnavailable, "cut within a character"),
        (b'[{"id": 1},\n {"id": 2,}\n]', SourceMisconfigured, "line 2, column"),
        (b'[{"id": 1} {"id": 2}]', SourceMisconfigured, "Expecting ','"),
        (b"<!DOCTYPE html><html>Sign in</html>", SourceMisconfigured, "web page"),
        (b"<?xml version='1.0'?><a/>", SourceMisconfigured, "web page or XML"),
        (b"[" * 100_000, SourceMisconfigured, "nested too deeply"),
        (b'[{"name": "Br\xfccke"}]', SourceMisconfigured, "not utf-8 at byte 13"),
    ],
)  # fmt: skip
def test_a_cut_or_broken_answer_is_trouble_and_never_a_short_list(
    body: bytes, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        _pages(body)


@pytest.mark.parametrize("items", ["", "a", "a.b[]"])
def test_an_answer_cut_anywhere_gives_nothing(items: str) -> None:
    whole: Any = [{"id": 1, "name": "B \\ü"}, {"id": 2, "name": "T", "x": [{}, 1.5, None]}]
    for name in reversed([one for one in items.replace("[]", "").split(".") if one]):
        whole = {"n": 1, name: whole, "z": {"y": []}}
    body = json.dumps(whole).encode()
    assert len(_ids(_pages(body, _feed(items=items)))) == 2
    for cut in range(len(body)):
        with pytest.raises((SourceUnavailable, SourceMisconfigured)):
            _pages(body[:cut], _feed(items=items))


def test_what_is_nearly_json_is_read_and_told() -> None:
    body = b'[{"id": 1, "name": "B", "hours": NaN}]\n<br />\n<b>Notice</b>: something'
    (page,) = _pages(body)
    assert [code for code, _ in page.warnings] == ["W-JSON-TRAILING", "W-JSON-NAN"]
    assert page.items == (Upsert("1", {"id": 1, "name": "B", "hours": None}, 1),)


@pytest.mark.parametrize(
    ("encoding", "headers", "config"),
    [
        ("utf-8-sig", {}, {}),
        ("utf-16", {}, {}),
        ("utf-32-be", {}, {}),
        ("cp1252", {"content-type": "application/json; charset=windows-1252"}, {}),
        ("utf-8", {"content-type": "application/json; charset=iso-8859-1"}, {}),
        ("gb18030", {}, {"encoding": "gb18030"}),
    ],
)
def test_any_encoding_is_read_that_is_told_or_can_be_seen(
    encoding: str, headers: dict[str, str], config: dict[str, Any]
) -> None:
    body = json.dumps([{"id": 1, "name": "Brüä"}], ensure_ascii=False).encode(encoding)
    (page,) = _pages((200, headers, body), _feed(**config))
    (item,) = page.items
    assert isinstance(item, Upsert)
    assert item.raw["name"] == "Brüä"
    with pytest.raises(SourceMisconfigured, match="no encoding is called"):
        _pages(body, _feed(encoding="nonsense"))


def test_what_a_database_cannot_hold_is_replaced() -> None:
    (page,) = _pages(b'[{"id": "1\\u0000", "name": "\\ud800B"}]')
    assert page.items[0] == Upsert("1\ufffd", {"id": "1\ufffd", "name": "\ufffdB"}, 1)


def test_a_page_holds_no_more_than_a_transaction_bears() -> None:
    pages = _pages({"n": 1201, "list": _courses(0, 1201)}, _feed(items="list", total="n"))
    assert [len(page.items) for page in pages] == [500, 500, 201]
    assert [page.complete for page in pages] == [False, False, True]
    assert [page.cursor for page in pages] == [None, None, None]
    assert {page.expected for page in pages} == {1201}


def test_a_large_list_is_read_in_little_more_memory_than_it_takes_itself() -> None:
    text = '{"a": [%s]}' % ", ".join(  # noqa: UP031  braces
        json.dumps({"id": n, "name": f"Course {n}", "about": "x" * 1000}) for n in range(8000)
    )
    body = text.encode()
    fetch, feed = FunctionFetch(lambda _: body), _feed(items="a")
    tracemalloc.start()
    try:
        seen = sum(len(page.items) for page in feed.pages(fetch, None))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen == 8000
    assert peak < 1.5 * len(body), "the text itself, and a page of items"


def test_without_a_mapping_items_are_read_like_rows() -> None:
    item = {
        "id": 7, "title": "Bridges", "url": "https://x.example/7", "hours": 12,
        "language": ["en", "zh"], "organizer": {"id": 1, "name": "Society"}, "start_date": None,
        "keywords": [{"name": "steel"}, {"label": "concrete"}, {"x": 1}],
    }  # fmt: skip
    feed = _feed(fields={})
    (page,) = _pages([item], feed)
    assert _ids([page]) == ["7"]
    draft = feed.normalise(item)
    assert draft.title == {"und": "Bridges"}
    assert (draft.url, draft.duration, draft.provider) == (
        "https://x.example/7", "12 hours", "Society",
    )  # fmt: skip
    assert (draft.teaching_languages, draft.subjects) == (("en", "zh"), ("steel", "concrete"))
    assert feed.place(item, "duration") == "hours"
    with pytest.raises(SourceMisconfigured, match=r"`fields.title` \(by common words\)"):
        _pages([{"id": n, "was": "x"} for n in range(3)], feed)


def test_a_finding_is_told_by_the_path_that_it_comes_from() -> None:
    feed = _feed(
        fields={"title": "name | titel", "url": {"template": "https://x.example/{slug}"},
                "kind": {"const": "course"}},
        runs=[{"each": "dates[]", "fields": {"start": "from"}}],
        credits=[{"fields": {"value": "points", "unit": {"const": "PDH"}}}],
    )  # fmt: skip
    told = {path: feed.place({}, path) for path in (
        "title.en", "url", "kind", "runs[3].start", "credits[0].value", "credits[0].unit", "", "?",
        "level",
    )}  # fmt: skip
    assert told == {
        "title.en": "`name | titel`", "url": "`https://x.example/{slug}`", "kind": None,
        "runs[3].start": "`dates[]` `from`", "credits[0].value": "`points`",
        "credits[0].unit": None, "": None, "?": None, "level": None,
    }  # fmt: skip


# -- pages --------------------------------------------------------------------------------------


def _numbered(request: Request) -> list[dict[str, Any]]:
    start = (int(request.params["page"]) - 1) * 2
    return _courses(start, min(start + 2, 5))


def test_a_list_without_a_total_ends_at_an_empty_page() -> None:
    pages = _pages(_numbered, _feed(paging={"style": "page", "parameter": "page"}))
    assert _ids(pages) == ["0", "1", "2", "3", "4"]
    assert [page.complete for page in pages] == [False, False, False, True]


def test_a_status_may_be_how_a_list_ends_but_not_how_it_begins() -> None:
    def answer(request: Request) -> Any:
        return _numbered(request) or (400, {}, b'{"code": "rest_post_invalid_page_number"}')

    paging = {"style": "page", "parameter": "page", "end_statuses": [400]}
    assert _pages(answer, _feed(paging=paging))[-1].complete
    with pytest.raises(SourceMisconfigured):
        _pages((400, {}, b"no"), _feed(paging=paging))
    with pytest.raises(SourceMisconfigured):
        _pages(answer, _feed(paging={**paging, "end_statuses": []}))


def test_an_offset_counts_what_came_when_no_size_is_told() -> None:
    def answer(request: Request) -> list[dict[str, Any]]:
        start = int(request.params["from"])
        return _courses(start, min(start + 2, 5))

    pages = _pages(answer, _feed(paging={"style": "offset", "parameter": "from"}))
    assert _ids(pages) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("paging", "answer", "reason"),
    [
        ({"style": "page", "parameter": "p"}, lambda _: _courses(0, 2), "the same items"),
        ({"style": "link", "next": "next"}, lambda r: {"next": r.path, "data": _courses(0, 1)},
         "leads back"),
        ({"style": "link", "next": "next"},
         lambda r: {"next": "?a" if r.path.endswith("?b") else "?b",
                    "data": [{"id": r.path, "name": "B"}]},
         "leads back"),
        ({"style": "cursor", "parameter": "c", "next": "next"},
         lambda r: {"next": "x", "data": [{"id": r.params.get("c", 0), "name": "B"}]},
         "leads back"),
        ({"style": "link", "next": "next"},
         lambda _: {"next": "https://evil.example/x", "data": []}, "another host"),
        ({"style": "link", "next": "next"},
         lambda _: {"next": "https://feed.example:8443/x", "data": []}, "another host"),
        ({"style": "link", "next": "next"}, lambda _: {"next": "//[", "data": []}, "no address"),
        ({"style": "link", "next": "next"}, lambda _: {"next": {"page": 2}, "data": []}, "neither"),
        ({"style": "cursor", "parameter": "c", "next": "next"},
         lambda _: {"next": True, "data": []}, "neither"),
    ],
)  # fmt: skip
def test_a_list_that_leads_in_circles_or_elsewhere_is_refused(
    paging: dict[str, Any], answer: Callable[[Request], Any], reason: str
) -> None:
    items = "data" if paging["style"] != "page" else ""
    with pytest.raises(SourceMisconfigured, match=reason):
        _pages(answer, _feed(items=items, paging=paging))


def test_a_link_written_for_http_behind_a_proxy_is_followed_by_https() -> None:
    def answer(request: Request) -> Any:
        if request.path == URL:
            return {"next": "http://feed.example/courses?p=2", "data": _courses(0, 1)}
        assert request.path == "https://feed.example/courses?p=2"
        return {"next": None, "data": _courses(1, 2)}

    feed = _feed(items="data", paging={"style": "link", "next": "next"})
    assert _ids(_pages(answer, feed)) == ["0", "1"]


def test_a_list_that_never_ends_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.json_feed.paging.MAX_PAGES", 30)

    def answer(request: Request) -> Any:
        page = int(request.params["page"])
        return [{"id": page, "name": "B"}]

    with pytest.raises(SourceMisconfigured, match="does not end after 30 pages"):
        _pages(answer, _feed(paging={"style": "page", "parameter": "page"}))
    monkeypatch.setattr(json_feed, "MAX_ITEMS", 10)
    with pytest.raises(SourceMisconfigured, match="over 10 items"):
        _pages(answer, _feed(paging={"style": "page", "parameter": "page"}))
    monkeypatch.setattr(json_feed, "MAX_GROUPED", 4)
    with pytest.raises(SourceMisconfigured, match="cannot be grouped"):
        _pages(_courses(0, 9), _feed(group=True))


def test_a_repeated_page_is_seen_over_an_interruption() -> None:
    def answer(request: Request) -> Any:
        return _courses(0, 2)

    feed = _feed(paging={"style": "page", "parameter": "page"})
    fetch = FunctionFetch(lambda request: json.dumps(answer(request)).encode())
    first = next(iter(feed.pages(fetch, None)))
    with pytest.raises(SourceMisconfigured, match="the same items"):
        list(feed.pages(fetch, first.cursor))


@pytest.mark.parametrize(
    "cursor", ["", "{}", "[]", "null", '{"v":2}', '{"v":1,"number":"x"}', '{"v":1,"what":1}']
)
def test_a_cursor_of_somebody_else_is_expired(cursor: str) -> None:
    with pytest.raises(CursorExpired):
        _pages([], since=cursor)


# -- changes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("iso", "2026-01-27T23:59:59Z"), ("date", "2026-01-27"),
        ("epoch", "1769558399"), ("epoch_ms", "1769558399000"),
    ],
)  # fmt: skip
def test_the_next_run_asks_for_what_changed_since(form: str, told: str) -> None:
    asked: list[Mapping[str, str]] = []

    def answer(request: Request) -> Any:
        asked.append(request.params)
        return _courses(0, 40) if "since" not in request.params else []

    feed = _feed(since={"parameter": "since", "modified": "changed", "format": form})
    assert feed.deletions is Deletions.NEVER
    pages = _pages(answer, feed)
    again = _pages(answer, feed, since=pages[-1].cursor)
    assert asked == [{}, {"since": told}]
    assert again[-1].complete
    assert again[-1].cursor == pages[-1].cursor, "nothing newer was seen"


def test_the_newest_change_is_kept_over_pages_and_interruptions() -> None:
    def answer(request: Request) -> Any:
        start = int(request.params["skip"])
        stamps = ["2026-02-01T10:00:00+02:00", 1767225600, "soon"]
        listed = [{"id": n, "name": "B", "changed": stamps[n]} for n in range(3)]
        return listed[start : start + 1]

    paging = {"style": "offset", "parameter": "skip"}
    feed = _feed(paging=paging, since={"parameter": "s", "modified": "changed"})
    pages = _pages(answer, feed)
    resumed = _pages(answer, feed, since=pages[0].cursor)
    assert pages[-1].cursor == resumed[-1].cursor
    assert json.loads(pages[-1].cursor or "") == {"v": 1, "since": "2026-02-01T08:00:00+00:00"}


def test_what_absence_means_follows_from_the_configuration() -> None:
    since = {"parameter": "s", "modified": "changed"}
    assert _feed().deletions is Deletions.SNAPSHOT
    assert _feed(absence="nothing").deletions is Deletions.NEVER
    assert _feed(absence="nothing", deleted={"path": "x"}).deletions is Deletions.TOMBSTONES
    assert _feed(since=since, deleted={"path": "x"}).deletions is Deletions.TOMBSTONES


@pytest.mark.parametrize(
    ("said", "values", "gone"),
    [
        (True, [], True), ("2026-01-01", [], True), ({"by": "x"}, [], True), (False, [], False),
        (None, [], False), ("no", [], False), (0, [], False), ("gone", ["gone"], True),
        ("there", ["gone"], False), (False, ["false"], True),
    ],
)  # fmt: skip
def test_an_item_says_that_it_is_gone_in_many_ways(
    said: Any, values: list[str], gone: bool
) -> None:
    feed = _feed(deleted={"path": "state", "values": values})
    (page,) = _pages([{"id": 1, "name": "B", "state": said}], feed)
    assert isinstance(page.items[0], Tombstone) is gone


# -- over HTTP ----------------------------------------------------------------------------------


def test_a_token_goes_with_each_request_and_nowhere_else() -> None:
    feed_config = {"token": "s3cret", "token_header": "X-Key", "token_prefix": ""}
    with (
        FeedServer({"/c": json.dumps(_courses(0, 1)).encode()}) as feeds,
        loopback_fetch() as fetch,
    ):
        feed = _feed(url=feeds.url("/c"), params={"active": "1"}, **feed_config)
        list(feed.pages(fetch, None))
        assert feeds.requests[0].headers["x-key"] == "s3cret"
        assert feeds.requests[0].params == {"active": "1"}
        missing = _feed(url=feeds.url("/none"), **feed_config)
        with pytest.raises(SourceMisconfigured) as caught:
            list(missing.pages(fetch, None))
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(feed._config)


def test_an_uploaded_list_is_one_document_and_is_not_followed() -> None:
    feed = _feed(
        url="https://upload.invalid/list.json",
        items="data",
        paging={"style": "link", "next": "next"},
    )
    (page,) = _pages({"data": _courses(0, 2), "next": None}, feed)
    assert page.complete
    (page,) = _pages({"data": _courses(0, 2), "next": "/more"}, feed)
    assert not page.complete


def test_a_link_too_long_for_a_cursor_is_followed_all_the_same() -> None:
    def answer(request: Request) -> Any:
        if request.path == URL:
            return {"next": "?p=" + "x" * 5000, "data": _courses(0, 1)}
        return {"data": _courses(1, 2)}

    pages = _pages(answer, _feed(items="data", paging={"style": "link", "next": "next"}))
    assert [page.cursor for page in pages] == [None, None]
    assert replace(pages[1], items=()) == Page((), None, complete=True)
