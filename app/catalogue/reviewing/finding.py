"""Looking for courses that may be one, in the background: what changed, a batch at a time.

A source record that is new or differs is marked (``search_due``) in the harvest's own transaction;
that is all a harvest does for it. The mark is the place where the search goes on after a stop, and
goes only once the record's pairs are stored, so a batch that is done twice does no harm.

The work for one record has a bound of its own, however large the catalogue: it is compared only
with those that share a block, and a block that is full says nothing.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.catalogue.naming import service as naming
from app.catalogue.naming.book import Book
from app.catalogue.reviewing import likeness, pairs, traits
from app.catalogue.reviewing.model import Found, Kind
from app.catalogue.reviewing.pairs import Changed, Where
from app.catalogue.reviewing.traits import Profile
from app.platform.db import Database

BATCH = 200
FULL = 50
"""Records in a block; one that holds more is a common phrase, and nobody compares by it."""
MOST = 60
"""Records that one is compared with, those that share most blocks first."""


def look(database: Database, *, at: datetime, batch: int = BATCH) -> int:
    """Look for likes of the next records that changed; gives how many those were.

    1. Read them, and keep what is compared of each.
    2. Compare each with those that share a block.
    3. Keep the pairs that nobody has decided on; take the marks away.
    """
    with database.alone("matching") as mine:
        if not mine:
            return 0
        # 1
        with database.read() as session:
            changed = pairs.due(session, limit=batch)
            book = naming.book(session)
        if not changed:
            return 0
        live = [one for one in changed if one.live]
        profiles = {one.id: profile_of(one, book) for one in live}
        with database.write() as session:
            pairs.keep(session, [one.id for one in changed], profiles.values())
        # 2
        with database.read() as session:
            found = _found(session, profiles)
            asked = _worth_asking(session, found)
            before = pairs.open_of(session, [one.id for one in changed])
        # 3
        again = {(one.record_a, one.record_b, one.kind) for one in found}
        gone = [one.id for one in before if (one.record_a, one.record_b, one.kind) not in again]
        with database.write() as session:
            pairs.drop(session, gone)
            pairs.suggest(session, asked, at=at)
            pairs.done(session, changed)
    return len(changed)


def profile_of(one: Changed, book: Book) -> Profile:
    """What is compared of a record. What was pushed is its society's own, whatever it says."""
    return traits.profile(
        one.data,
        record_id=one.id,
        source_id=one.source_id,
        of_source=one.society_id,
        remote_id=one.remote_id,
        pushed=one.pushed,
        society_id=None if one.pushed else book.society(one.data.provider),
    )


def _found(session: Session, profiles: Mapping[str, Profile]) -> list[Found]:
    """Every pair that one of these records is in, each once."""
    near = {one.record_id: _near(session, one) for one in profiles.values()}
    for one in pairs.open_of(session, profiles):  # so that it is judged anew, however full a block
        for here, there in ((one.record_a, one.record_b), (one.record_b, one.record_a)):
            if here in near:
                near[here] = {*near[here], there}
    others = {each for listed in near.values() for each in listed} - profiles.keys()
    known = {**pairs.profiles(session, others), **profiles}
    made: dict[tuple[str, str, Kind], Found] = {}
    for record_id, listed in near.items():
        compared = [
            pair
            for other in sorted(listed)
            if other in known and (pair := likeness.compare(known[record_id], known[other]))
        ]
        for pair in likeness.best(compared, record_id):
            made[pair.record_a, pair.record_b, pair.kind] = pair
    return list(made.values())


def _near(session: Session, one: Profile) -> set[str]:
    """The records that share most with one."""
    shared = Counter(
        record_id
        for members in pairs.members(session, traits.blocks(one), most=FULL + 1)
        if len(members) <= FULL
        for record_id in members
    )
    del shared[one.record_id]
    return {record_id for record_id, _ in shared.most_common(MOST)}


def _worth_asking(session: Session, found: Sequence[Found]) -> list[Found]:
    """Those that nobody decided on, one for each two courses, the likeliest."""
    where = pairs.where(session, {one for pair in found for one in (pair.record_a, pair.record_b)})
    decided = pairs.decided(session, where.courses())
    asked: dict[tuple[str, str], Found] = {}
    for pair in sorted(found, key=lambda one: (-one.score, one.record_a, one.record_b)):
        if not _open(pair, where, decided):
            continue
        both = where.pair(pair)
        asked.setdefault(both, pair)
    return _not_asked_already(session, asked, where)


def _open(pair: Found, where: Where, decided: Collection[tuple[str, str]]) -> bool:
    """Whether the records are of two courses on offer that nobody decided on.

    Nor is a course asked about that has a record of the other one's source already: who lists two
    items in one source means two courses. In two languages they may well come from one source.
    """
    if pair.record_a not in where.course or pair.record_b not in where.course:
        return False
    left, right = where.course[pair.record_a], where.course[pair.record_b]
    if left == right or tuple(sorted((left, right))) in decided:
        return False
    return pair.kind is Kind.TRANSLATION or not where.sources[left] & where.sources[right]


def _not_asked_already(
    session: Session, asked: Mapping[tuple[str, str], Found], where: Where
) -> list[Found]:
    waiting: set[tuple[str, str]] = set()
    kept: set[tuple[str, str, Kind]] = set()
    for one in pairs.open_of(session, where.records):
        kept.add((one.record_a, one.record_b, one.kind))
        if one.record_a in where.course and one.record_b in where.course:
            waiting.add(where.pair(one))
    return [
        pair
        for both, pair in asked.items()
        if both not in waiting or (pair.record_a, pair.record_b, pair.kind) in kept
    ]


def look_at_all(database: Database, *, at: datetime) -> int:
    """Look until nothing is due, as the command does; gives how many records that were."""
    done = 0
    while count := look(database, at=at):
        done += count
    return done
