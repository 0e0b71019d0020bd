"""A page of items taken at once leaves every table as if they had come one after another."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue import addresses, service, texts
from app.catalogue.document import digest
from app.catalogue.findings import Findings
from app.catalogue.merging import Part, merge
from app.catalogue.model import CourseData, NewItem, NewSociety, Origin, Outcome, Taken
from app.catalogue.quality import score
from app.catalogue.rules import check
from app.platform.db import Base, Database
from tests.conftest import NOW

_RUNS = st.lists(
    st.fixed_dictionaries({"start": st.sampled_from(["2026-03-01", "2026-04-01", "bad"])}),
    max_size=2,
)
_ITEMS = st.fixed_dictionaries(
    {
        "title": st.sampled_from(
            [{"en": "Bridges"}, {"en": "Dams", "zh": "大坝"}, {}, {"en": "Roads"}]
        ),
        "url": st.sampled_from([None, *(f"https://c.example/{n}" for n in range(4))]),
        "identifiers": st.sampled_from(
            [[], [["doi", "10.5/a"]], [["doi", "10.5/b"], ["url", "x"]]]
        ),
        "runs": _RUNS,
        "offers": st.sampled_from([[], [{"amount": "5", "currency": "KES"}]]),
        "credits": st.sampled_from([[], [{"value": "2", "unit": "PDH"}]]),
        "description": st.sampled_from(
            [{}, {"en": "About <b>bridges</b> &amp; \N{BRIDGE AT NIGHT}"}]
        ),
    }
)
_PAGE = st.dictionaries(st.sampled_from("abcdef"), _ITEMS, max_size=6)
_ORIGINS = st.sampled_from(
    [Origin("cse", "s1"), Origin("cse", "s2"), Origin("pec", "s3"), Origin("cse", "p", pushed=True)]
)


def _everything(session: Session) -> dict[str, list[str]]:
    """Every row, with ids in place of which stands how many-th they were made."""
    names: dict[str, str] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, str) and len(value) == 36 and value.count("-") == 4:
            return names.setdefault(value, f"id{len(names)}")
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    found = {}
    for table in ("source_record", "course", "course_run", "offer", "match_key", "field_provenance",
                  "outbox"):  # fmt: skip
        columns = Base.metadata.tables[table].columns
        left_out = {"digest", "id"} if table in {"offer", "outbox"} else {"digest"}
        rows = session.execute(select(columns).order_by(*_order(table))).mappings()
        found[table] = [
            repr({name: plain(value) for name, value in row.items() if name not in left_out})
            for row in rows
        ]  # fmt: skip
    return found


def _order(table: str) -> Any:
    columns = Base.metadata.tables[table].columns
    order = {
        "source_record": ("id",), "course": ("id",), "course_run": ("course_id", "position"),
        "offer": ("course_id", "course_run_id", "position"), "outbox": ("id",),
        "match_key": ("source_record_id", "key"), "field_provenance": ("course_id", "field"),
    }  # fmt: skip
    return [columns[name] for name in order[table]]


def _run(
    database: Database, pages: list[tuple[Origin, dict[str, dict[str, Any]]]], *, at_once: bool
) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
    taken: list[Taken] = []
    with database.read() as session:  # whose changes are thrown away
        for name in ("cse", "pec"):
            service.add_society(session, NewSociety({"en": name.upper()}, id=name), at=NOW)
        for number, (origin, page) in enumerate(pages):
            at = NOW + timedelta(minutes=number)
            items = [NewItem(one, item, digest(item)) for one, item in page.items()]
            for some in [items] if at_once else [[item] for item in items]:
                taken += service.take_many(session, some, origin=origin, at=at)
        found = _everything(session)
    courses = list(dict.fromkeys(one.course_id for one in taken))
    return [(one.outcome, courses.index(one.course_id), one.issues) for one in taken], found


@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # smaller ones take minutes to find
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(pages=st.lists(st.tuples(_ORIGINS, _PAGE), max_size=4))
def test_a_page_taken_at_once_is_as_its_items_taken_one_by_one(
    database: Database, pages: list[tuple[Origin, dict[str, dict[str, Any]]]]
) -> None:
    assert _run(database, pages, at_once=True) == _run(database, pages, at_once=False)


def test_two_items_of_one_id_are_not_taken_together(database: Database) -> None:
    twice = [NewItem("1", {"title": {"en": "Bridges"}}, digest) for digest in ("a", "b")]
    with database.write() as session, pytest.raises(ValueError, match="one id"):
        service.take_many(session, twice, origin=Origin("cse", "s"), at=NOW)


def test_new_items_of_a_page_find_each_other_by_a_strong_identifier(database: Database) -> None:
    item = {"title": {"en": "Bridges"}, "identifiers": [["doi", "10.5/a"]]}
    with database.write() as session:
        service.add_society(session, NewSociety({"en": "CSE"}, id="cse"), at=NOW)
        page = [NewItem(str(n), item, "d") for n in range(3)]
        taken = service.take_many(session, page, origin=Origin("cse", "s"), at=NOW)
    assert [one.outcome for one in taken] == [Outcome.NEW] * 3
    assert len({one.course_id for one in taken}) == 1


_LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
_PATH = st.text("/.~_-Aa0Ii%?#&=+ é\\", max_size=12)


_LABELS = st.lists(_LABEL | st.just("www") | st.just("xn--bcher-kva"), min_size=1, max_size=4)
_PAGES = st.sampled_from(["", "/", "/index.html", "//a//index.php", "/a/index.htm"])


@given(labels=_LABELS, path=_PATH | _PAGES)
def test_a_plain_address_is_read_as_every_other(labels: list[str], path: str) -> None:
    url = f"https://{'.'.join(labels)}{path}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(addresses, "_MAX_PLAIN", 0)
        shown = addresses.shown(url)
        key = addresses.match_key(shown) if shown else None
    assert addresses.shown(url) == shown
    assert not shown or addresses.match_key(shown) == key


@given(untrusted=_ITEMS)
def test_one_record_alone_is_merged_as_beside_one_that_says_nothing(
    untrusted: dict[str, Any],
) -> None:
    data = check(untrusted).data
    if data is None:
        return
    alone = Part("r1", "cse", data, (NOW, "s", "1"))
    silent = Part("r2", "cse", CourseData(title={}), (NOW, "s", "2"))
    both = merge([alone, silent], course_id="c", society_id="cse")
    assert merge([alone], course_id="c", society_id="cse") == both


_PIECES = st.sampled_from(
    ["<p>", "</p>", "<br>", "<li>x</li>", "<blockquote>", "</blockquote>", '<a href="https://c.example">',
     "</a>", " ", "  ", "\n", "\N{IDEOGRAPHIC SPACE}", "&amp;", "&lt;", "word " * 9, "桥梁" * 9]
)  # fmt: skip


@given(pieces=st.lists(_PIECES, max_size=40))
def test_a_description_is_long_when_its_words_are(pieces: list[str]) -> None:
    cleaned = texts.rich("".join(pieces), limit=10_000, path="d", found=Findings())
    described = CourseData(title={}, description={"en": cleaned} if cleaned else {})
    is_long = cleaned is not None and len(texts.plain(cleaned)) >= 200
    assert ("description" not in score(described)[1]) == is_long
