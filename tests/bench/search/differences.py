"""The same questions to both engines over the same real courses: every difference, and its reason.

    python -m tests.bench.search.differences [--feeds FOLDER] [--tables FILE.csv ...] [--whole]

Asks for what the contract suite asks for: browsing, every facet, ranges, orders, and texts of all
kinds in seven languages. Of each question it compares the total, every facet count and the first
ten hits; of a differing total, every course that only one engine found, up to a bound. A reason is
never guessed: it is read off what the course has of the words asked for (``because``). A course
whose presence has no reason is printed as unexplained, and then the command fails.

``--tables`` adds real catalogues as CSV files with the columns id, title, description, url, level,
subject, language, provider and price; they are other people's and are only run against.
"""

import argparse
import csv
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.catalogue import NewSociety, service
from app.platform.db import Database
from app.search import CreditRange, Dates, Document, Query, Results, SearchIndex, Sort
from app.search.analyse import query_terms
from app.search.embedded import EmbeddedIndex
from app.search.project import document
from app.search.searchable import searchable
from migrations import upgrade
from tests import servers
from tests.bench.harvest.feeds import FEEDS
from tests.bench.relevance.catalogue import KEPT, courses
from tests.bench.search.because import Held, reason
from tests.bench.search.questions import TEXTS
from tests.simulator.search import on_server

AT = datetime(2026, 11, 1, tzinfo=UTC)
MOST_LOOKED_AT = 10_000
"""How many hits of one question are fetched to see which of them differ."""

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Question:
    """One question, and what kind it is."""

    kind: str
    query: Query

    def __str__(self) -> str:
        asked = self.query
        told = [f"“{asked.text}”"] if asked.text else []
        told += [f"{name}={'|'.join(values)}" for name, values in asked.filters.items()]
        told += [f"from {asked.dates.first} until {asked.dates.last}"] if asked.dates else []
        told += [f"{asked.credits.framework} >= {asked.credits.least}"] if asked.credits else []
        told += [f"by {asked.sort}"] if asked.sort is not Sort.RELEVANCE else []
        return " ".join(told) or "everything"


def tabled(tables: Sequence[Path]) -> Iterator[Document]:
    """The courses of CSV files, taken into a catalogue as a harvest's are."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'node.sqlite3'}"
        upgrade(url)
        database = Database.open(url)
        with database.write() as session:
            society = service.add_society(session, NewSociety({"en": "Tables"}, id="tables"), at=AT)
        for table in tables:
            with table.open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            for start in range(0, len(rows), 500):
                _take(database, table.stem, rows[start : start + 500])
        after: str | None = None
        while True:
            with database.read() as session:
                ids = service.iter_course_ids(session, after=after, limit=500)
                found = service.get_courses(session, ids)
            if not ids:
                break
            yield from (document(course, society=society, at=AT) for course in found)
            after = ids[-1]
        database.close()


def _take(database: Database, source: str, rows: Sequence[dict[str, str]]) -> None:
    with database.write() as session:
        for row in rows:
            service.take(
                session,
                _draft(row),
                society_id="tables",
                source_id=source,
                remote_id=row["id"],
                digest=row["id"],
                at=AT,
            )


def _draft(row: dict[str, str]) -> dict[str, Any]:
    tag = row["language"] or "und"
    price = {"amount": row["price"], "currency": "USD"} if row["price"].isdecimal() else None
    return {
        "title": {tag: row["title"]},
        "description": {tag: row["description"]} if row["description"] else {},
        "url": row["url"] or None,
        "level": row["level"] or None,
        "subjects": [part.strip() for part in row["subject"].split(",") if part.strip()][:20],
        "teaching_languages": [tag] if tag != "und" else [],
        "provider": row["provider"] or None,
        "offers": [price] if price else [],
    }


def questions(index: SearchIndex) -> Iterator[Question]:
    """What is asked; values to filter by are those that occur most."""
    whole = index.search(Query(per_page=1))
    yield Question("browse", Query(per_page=10))
    for facet, counts in whole.facets.items():
        for one in counts[:4]:
            yield Question("filter", Query(filters={facet: (one.value,)}))
        if len(counts) > 2:
            either = tuple(one.value for one in counts[1:3])
            yield Question("filter", Query(filters={facet: either, "price": ("free",)}))
            yield Question("filter", Query("design", {facet: either}))
    for sort in (Sort.SOONEST, Sort.NEWEST, Sort.CHANGED, Sort.TITLE):
        yield Question("order", Query(sort=sort))
        yield Question("order", Query("water", sort=sort))
    for unit in [one.value for one in whole.facets["credit"][:3]]:
        most = CreditRange(unit)
        yield Question("order", Query(filters={"credit": (unit,)}, credits=most, sort=Sort.CREDITS))
    for first, last in (("2026-11-01", None), ("2020-01-01", "2021-12-31")):
        yield Question("range", Query(dates=Dates(first, last)))
        yield Question("range", Query("management", dates=Dates(first, last)))
    for kind, texts in TEXTS.items():
        for text in texts:
            yield Question(kind, Query(text))


def _ids(index: SearchIndex, query: Query, results: Results) -> set[str] | None:
    """Every hit; ``None`` when there are too many to look at."""
    if results.total > MOST_LOOKED_AT:
        return None
    found: set[str] = set()
    for page in range(1, -(-results.total // 100) + 1):
        asked = replace(query, page=page, per_page=100, facets=())
        found.update(hit.id for hit in index.search(asked).hits)
    return found


@dataclass(slots=True)
class Table:
    """What was found, question by question."""

    held: dict[str, Held]
    questions: int = 0
    same: int = 0
    unexplained: int = 0

    def compare(self, one: Question, first: SearchIndex, second: SearchIndex) -> None:
        """Print the differences of one question, with their reasons."""
        query = replace(one.query, per_page=10)
        ours, theirs = first.search(query), second.search(query)
        told = [*self._counts(query, first, second, ours, theirs), *self._tens(query, ours, theirs)]
        self.questions += 1
        self.same += not told
        if told:
            print(f"\n[{one.kind}] {one}")
            for line in told:
                print(f"  {line}")

    def _counts(
        self, query: Query, first: SearchIndex, second: SearchIndex, ours: Results, theirs: Results
    ) -> Iterator[str]:
        facets = [name for name in query.facets if ours.facets[name] != theirs.facets[name]]
        if ours.total == theirs.total and not facets:
            return
        told = f"; facets that differ: {', '.join(facets)}" if facets else ""
        yield f"total: embedded {ours.total}, Meilisearch {theirs.total}{told}"
        mine, others = _ids(first, query, ours), _ids(second, query, theirs)
        if mine is None or others is None:
            yield from self._sampled(query, ours, theirs)
            return
        yield from self._reasons(query, mine - others, "only embedded", ours, theirs)
        yield from self._reasons(query, others - mine, "only Meilisearch", ours, theirs)
        if mine == others:
            yield from self._elsewhere(query, facets, first, second)

    def _elsewhere(
        self, query: Query, facets: Sequence[str], first: SearchIndex, second: SearchIndex
    ) -> Iterator[str]:
        """The same hits and other counts: of a filter in use, which are taken without it."""
        for name in facets:
            rest = {each: values for each, values in query.filters.items() if each != name}
            asked = replace(query, filters=rest)
            ours, theirs = first.search(asked), second.search(asked)
            mine, others = _ids(first, asked, ours), _ids(second, asked, theirs)
            if name not in query.filters or mine is None or others is None or mine == others:
                yield f"UNEXPLAINED: the same courses, other counts of {name}"
                self.unexplained += 1
                continue
            yield f"counts of {name}, taken without its filter:"
            yield from self._reasons(asked, mine - others, "only embedded", ours, theirs)
            yield from self._reasons(asked, others - mine, "only Meilisearch", ours, theirs)

    def _sampled(self, query: Query, ours: Results, theirs: Results) -> Iterator[str]:
        yield f"more than {MOST_LOOKED_AT} hits: the first ten alone are looked at"
        shown = {hit.id for hit in (*ours.hits, *theirs.hits)}
        yield from self._reasons(query, shown, "among the first tens", ours, theirs)

    def _reasons(
        self, query: Query, ids: set[str], where: str, ours: Results, theirs: Results
    ) -> Iterator[str]:
        terms = query_terms(query.text, locale=query.locale)
        loose = ours.loose or theirs.loose
        reasons: Counter[str] = Counter()
        strange = []
        for each in sorted(ids):
            found = reason(terms, self.held[each], loose=loose)
            reasons[found or "UNEXPLAINED"] += 1
            if found is None:
                strange.append(each)
        for text, count in reasons.most_common():
            yield f"{where}: {count} {text}"
        for each in strange[:SHOWN]:
            yield f"    unexplained: {each} {self.held[each].title[:80]}"
        self.unexplained += len(strange)

    def _tens(self, query: Query, ours: Results, theirs: Results) -> Iterator[str]:
        mine, others = [hit.id for hit in ours.hits], [hit.id for hit in theirs.hits]
        if mine == others:
            return
        shared = len({*mine} & {*others})
        if query.text and query.sort is Sort.RELEVANCE:
            yield (
                f"first ten: {shared} of {max(len(mine), len(others))} in both; the embedded index "
                "orders by BM25, Meilisearch by words, typing errors, nearness, field, exactness"
            )
            return
        keys = [[self.held[each].key(query.sort) for each in ten] for ten in (mine, others)]
        if keys[0] == keys[1] or ours.total != theirs.total:
            yield f"first ten: {shared} in both; equal in what is ordered by, then by id or as kept"
        else:
            yield "UNEXPLAINED: another order of what differs"
            self.unexplained += 1


def main(feeds: Path, tables: Sequence[Path]) -> int:
    documents = [one.document for one in courses(feeds, KEPT)] + list(tabled(tables))
    print(f"{len(documents)} real courses")
    held = {each["id"]: Held.of(each, searchable(each)) for each in documents}
    with ExitStack() as stack:
        server = stack.enter_context(servers.meilisearch())
        if server is None:
            sys.exit("There is no Meilisearch: install npm or set MEILI_URL.")
        theirs = stack.enter_context(on_server(server))
        ours = EmbeddedIndex(Path(stack.enter_context(tempfile.TemporaryDirectory())) / "index")
        ours.ensure()
        ours.rebuild(documents)
        theirs.rebuild(documents)
        table = Table(held)
        for one in questions(ours):
            table.compare(one, ours, theirs)
        ours.close()
    print(
        f"\n{table.questions} questions, {table.same} the same in totals, every facet count and "
        f"the first ten; {table.unexplained} differences unexplained"
    )
    return 1 if table.unexplained else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=Path, default=FEEDS, help="where the recorded feeds are")
    parser.add_argument("--tables", type=Path, nargs="*", default=[], help="CSV files to add")
    given = parser.parse_args()
    sys.exit(main(given.feeds, given.tables))
