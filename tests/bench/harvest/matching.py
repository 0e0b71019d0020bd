"""How well courses of several sources are recognised as one: measured on labelled sets.

    python -m tests.bench.harvest.matching FEEDS [--wrong]

FEEDS is a folder with the shared real feeds. What says which course an item is (the gold: a course
code, an address) is hidden from the matcher; everything goes through the catalogue itself, on a
fresh SQLite database (or, with OPENCPD_TEST_STACK=large, on PostgreSQL). Four sets:

terms         three terms of a Chinese university, each a source of one society; gold: its code
open-lists    twenty hand-made lists in twenty languages, the provider of a course known by name;
              gold: the course's address
aggregator    a British university's own catalogue, and an aggregator's copy of it in which every
              third title has a slip, another order, a word more or less; gold: internal id
variants      the first 1,200 courses of one term, and of every second one an invented translation
              of the title with the same teachers and credits, half of these with addresses that
              differ by their language alone; gold: course code, links between languages only

Prints, of each, precision and recall of what merges by itself, of the queue's suggestions, and of
the language links; ends with status 1 when what merges by itself is right in less than 0.995.
``--wrong`` prints what was joined or suggested in error.
"""

import gzip
import hashlib
import json
import os
import random
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations, count
from pathlib import Path
from typing import Any

from lxml import etree
from sqlalchemy import select

from app.catalogue import service
from app.catalogue.document import digest
from app.catalogue.model import NewSociety
from app.catalogue.reviewing import finding, pairs
from app.catalogue.reviewing.model import Kind
from app.catalogue.tables import SourceRecordRow
from app.platform.db import Database
from migrations import upgrade
from tests.conftest import STACK, administer
from tests.servers import postgres

_SPORTS = re.compile(r"^PE00\dC")
"""Of PE003C20, C20 is the course, swimming; the 3 is the term in which somebody takes it."""
_GRADUATE = re.compile(r"^[A-Z]\d{6}$|^[A-Z]{2}26\d{3}$")
"""The level, which the file says by nothing else and which a feed would say."""
RENUMBERED = {
    "EV040": "EV904", "CA402": "CA344", "CA333": "CA378", "FI309": "FI413", "HR200": "HR401",
    "FI308": "FI423", "SO043": "HI949", "EE380": "IS413",
}  # fmt: skip
"""Looked at one by one: title, teachers and credits stay, the number was changed between terms."""
FLOOR = 0.995
_numbers = count(1)
AT = datetime(2026, 11, 1, tzinfo=UTC)
_XCRI = "{http://xcri.org/profiles/1.2/catalog}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_LINK = re.compile(r"^\s*[*-]\s+\[([^\]]+)\]\((https?://\S+?)\)\s*(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Item:
    """One item of a source, with what must not be seen of it."""

    source: str
    society: str
    draft: Mapping[str, Any]
    gold: str
    language: str = ""
    """Of the sets in which one course is given in several languages."""


@dataclass(frozen=True)
class LabelledSet:
    name: str
    societies: Mapping[str, str]
    items: Sequence[Item]


@dataclass
class Measured:
    """Pairs of records: those that are one, those that were joined or suggested."""

    name: str
    items: int
    true: set[tuple[str, str]] = field(default_factory=set)
    merged: set[tuple[str, str]] = field(default_factory=set)
    suggested: set[tuple[str, str]] = field(default_factory=set)
    linked: set[tuple[str, str]] = field(default_factory=set)
    variants: set[tuple[str, str]] = field(default_factory=set)
    """True pairs in two languages."""
    titles: dict[str, str] = field(default_factory=dict)

    def precision(self) -> float:
        return _share(self.merged & self.true, self.merged)

    def recall(self) -> float:
        return _share(self.merged & self.true, self.true)


def _share(part: set[tuple[str, str]], whole: set[tuple[str, str]]) -> float:
    return len(part) / len(whole) if whole else 1.0


def _read(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def terms(feeds: Path) -> LabelledSet:
    """Courses of three terms, one item each, with the teachers and credits of its sections."""
    items: list[Item] = []
    for term in ("2018_2019_3", "2019_2020_2", "2020_2021_1"):
        items += _of_term(feeds, term)
    return LabelledSet("terms", {"uni": "A university"}, items)


def _of_term(feeds: Path, term: str) -> list[Item]:
    sections = json.loads(_read(feeds / "sjtu-zh" / f"{term}.json.gz"))["data"]
    by_code: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for section in sections:
        by_code[section["code"]].append(section)
    made = []
    for code, found in by_code.items():
        names = Counter(one["name"] for one in found)
        teachers = list(dict.fromkeys(name for one in found for name in one["teacher"]))
        draft = {
            "title": {"zh": names.most_common(1)[0][0]},
            "metadata_language": "zh",
            "level": "graduate" if _GRADUATE.match(code) else "undergraduate",
            "credits": [{"value": found[0]["credit"], "unit": "hour"}],
            "runs": [{"id": term, "start": term[:4], "instructors": teachers[:20]}],
        }
        made.append(Item(term, "uni", draft, RENUMBERED.get(code, _SPORTS.sub("C", code))))
    return made


def open_lists(feeds: Path) -> LabelledSet:
    """Links of lists, whose provider is the words after the dash."""
    items, counts = [], Counter[str]()
    for path in sorted((feeds / "free-courses-md").iterdir()):
        data = _read(path)
        language = path.name.split(".")[0].removeprefix("free-courses-").replace("_", "-")
        for title, url, rest in _LINK.findall(data.decode()):
            provider = re.sub(r"\(.*?\)|[*_`]", "", rest).strip(" -:|")[:80]
            gold = re.sub(r"^https?://(www\.)?|/$|#.*$", "", url)
            counts[provider] += 1
            draft = {
                "title": {language: title},
                "provider": provider or None,
                "metadata_language": language,
            }
            items.append(Item(f"list-{language}".lower(), "lists", draft, gold))
    known = {name for name, count in counts.items() if name and count > 1}
    societies = {f"provider-{n}": name for n, name in enumerate(sorted(known))}
    return LabelledSet("open-lists", {"lists": "The lists", **societies}, items)


def aggregator(feeds: Path) -> LabelledSet:
    """A catalogue and a slightly spoilt copy of it."""
    path = feeds / "xcri-cap" / "ou-conversion.xml.gz"
    root = etree.fromstring(_read(path))
    chance = random.Random(4)
    items = []
    for course in root.iter(f"{_XCRI}course"):
        ids = {each.get(_TYPE): each.text for each in course.findall(f"{_DC}identifier")}
        title, gold = course.findtext(f"{_DC}title"), ids.get("xcri:internalID")
        if not title or not gold:
            continue
        draft = {"title": {"en": title}, "metadata_language": "en"}
        items.append(Item("own", "uni", draft, gold))
        copy = {
            "title": {"en": spoilt(title, chance)},
            "metadata_language": "en",
            "provider": "A University",
        }
        items.append(Item("copy", "aggregator", copy, gold))
    return LabelledSet("aggregator", {"uni": "A University", "aggregator": "All courses"}, items)


def spoilt(title: str, chance: random.Random) -> str:
    """Every third title as somebody else might write it."""
    if chance.random() > 1 / 3:
        return title
    words = title.split()
    way = chance.randrange(4)
    if way == 0:
        at = chance.randrange(len(title) - 1)
        return title[:at] + title[at + 1] + title[at] + title[at + 2 :]
    if way == 1:
        return " ".join([*words[1:], words[0]])
    if way == 2:
        return f"{title} course"
    return title.replace(" and ", " & ").upper()


def variants(feeds: Path) -> LabelledSet:
    """One term, half of it in a language of our making as well."""
    items = []
    for number, item in enumerate(_of_term(feeds, "2019_2020_2")[:1200]):
        address = f"https://uni.example/{{}}/courses/{item.gold}"
        by_url = number % 4 == 0
        chinese = {**item.draft, **({"url": address.format("zh")} if by_url else {})}
        items.append(Item("site", "uni", chinese, item.gold, "zh"))
        if number % 2 == 0:
            english = {
                **item.draft,
                "title": {"en": romanised(item.draft["title"]["zh"])},
                "metadata_language": "en",
                **({"url": address.format("en")} if by_url else {}),
            }
            items.append(Item("site", "uni", english, item.gold, "en"))
    return LabelledSet("variants", {"uni": "A university"}, items)


def romanised(title: str) -> str:
    """A title in Latin letters: one made-up syllable a sign, numbers as they are."""
    consonants, vowels = "bdfgklmnprst", ("a", "e", "ia", "o", "u")
    made = []
    for sign in title:
        if sign.isascii():
            made.append(sign)
        else:
            value = ord(sign)
            made.append(f"{consonants[value % 12]}{vowels[value // 12 % 5]}n ")
    return re.sub(r"\s+", " ", "".join(made)).strip().title()


def measure(database: Database, labelled: LabelledSet) -> Measured:
    """Put a set through the catalogue, look for likes, and hold both against the gold."""
    with database.write() as session:
        for society, name in labelled.societies.items():
            service.add_society(session, NewSociety({"en": name}, id=society), at=AT)
    gold: dict[tuple[str, str], Item] = {}
    for start in range(0, len(labelled.items), 500):
        with database.write() as session:
            for number, item in enumerate(labelled.items[start : start + 500], start):
                remote = hashlib.sha256(f"{number}".encode()).hexdigest()[:16]
                gold[item.source, remote] = item
                service.take(
                    session, item.draft, society_id=item.society, source_id=item.source,
                    remote_id=remote, digest=digest(item.draft), at=AT,
                )  # fmt: skip
    while finding.look(database, at=AT):
        pass
    return _held(database, labelled, gold)


def _held(
    database: Database, labelled: LabelledSet, gold: Mapping[tuple[str, str], Item]
) -> Measured:
    made = Measured(labelled.name, len(gold))
    by_course, by_gold = defaultdict(list), defaultdict(list)
    with database.read() as session:
        items: dict[str, Item] = {}
        for record in session.execute(
            select(
                SourceRecordRow.id,
                SourceRecordRow.source_id,
                SourceRecordRow.remote_id,
                SourceRecordRow.course_id,
            )
        ):
            items[record.id] = item = gold[record.source_id, record.remote_id]
            by_course[record.course_id].append(record.id)
            by_gold[item.gold].append(record.id)
            made.titles[record.id] = f"{item.source}: {item.draft['title']} [{item.gold}]"
        for listed in by_gold.values():
            for a, b in _pairs(listed):
                if items[a].language != items[b].language:
                    made.variants.add((a, b))
                elif items[a].source != items[b].source:
                    made.true.add((a, b))
        for listed in by_course.values():
            made.merged |= set(_pairs(listed))
        for one in pairs.queue(session, kind=None, society_id=None, after=None, limit=100_000):
            kept = made.suggested if one.kind is Kind.SAME else made.linked
            kept.add((one.record_a, one.record_b))
    return made


def _pairs(record_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield from combinations(sorted(record_ids), 2)


SETS = (terms, open_lists, aggregator, variants)


def say(one: Measured, *, wrong: bool) -> None:
    """One line a set; of the queue the share that a person would accept."""
    line = (
        f"{one.name:12} {one.items:6} items  merged by itself: {len(one.merged):5} pairs, "
        f"precision {one.precision():.4f}, recall {one.recall():.4f}"
    )
    if one.suggested:
        right = one.suggested & one.true
        both = _share((one.merged | one.suggested) & one.true, one.true)
        line += (
            f"  queue: {len(one.suggested)} pairs, right {_share(right, one.suggested):.3f}, "
            f"recall with it {both:.4f}"
        )
    if one.variants:
        line += (
            f"  languages: {len(one.linked)} pairs, "
            f"right {_share(one.linked & one.variants, one.linked):.3f}, "
            f"recall {_share(one.linked & one.variants, one.variants):.3f}"
        )
    print(line)
    if wrong:
        for kind, found in (
            ("MERGED", one.merged - one.true),
            ("SUGGESTED", one.suggested - one.true),
            ("LINKED", one.linked - one.variants),
        ):
            for a, b in sorted(found):
                print(f"  {kind} {one.titles[a]}  ~  {one.titles[b]}")


def fresh(stack: ExitStack) -> Database:
    """An empty database of the stack that tests run on."""
    if STACK == "large":
        server = stack.enter_context(postgres())
        name = f"matching_{os.getpid()}_{next(_numbers)}"
        administer(str(server), f"CREATE DATABASE {name}")
        url = f"{server}/{name}"
    else:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{folder}/node.db"
    upgrade(url)
    database = Database.open(url)
    stack.callback(database.close)
    return database


def main() -> int:
    feeds, wrong = Path(sys.argv[1]), "--wrong" in sys.argv
    worst = 1.0
    for make in SETS:
        with ExitStack() as stack:
            measured = measure(fresh(stack), make(feeds))
        say(measured, wrong=wrong)
        worst = min(worst, measured.precision())
    print(f"lowest precision of what merges by itself: {worst:.4f} (floor {FLOOR})")
    return 0 if worst >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
