"""Whether two source records may be one course, or one course in two languages. Pure.

What this finds goes to a person (DESIGN §3); so it says why, in codes that pages put into words.
Guards come before likeness: numbers and levels in a title must agree (Part 1 is not Part 2, I is
not II), no word may stand in for another one ("with steel", "with timber"), and what both say of
duration, credit and teachers must fit.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from rapidfuzz import fuzz

from app.catalogue.reviewing import traits
from app.catalogue.reviewing.model import Found, Kind
from app.catalogue.reviewing.traits import Profile, close
from app.catalogue.reviewing.words import SMALL

LEAST_ALIKE = 88
"""Of ``token_sort_ratio``, measured on real catalogues."""
LEAST_OF_TRANSLATIONS = 55
BEST_TRANSLATIONS = 2
"""Of the pairs of one record: the others are courses by the same people on other things."""
_ALMOST_ONE_WORD = 80


def compare(left: Profile, right: Profile) -> Found | None:
    """What the two may be, the likelier first; ``None`` where nothing says that they are."""
    if not _fit(left, right):
        return None
    return _same(left, right) or _translation(left, right)


def _fit(left: Profile, right: Profile) -> bool:
    """Whether nothing that both say speaks against it."""
    for a, b in ((left.duration, right.duration), (left.effort, right.effort)):
        if a is not None and b is not None and not close(Decimal(a), Decimal(b)):
            return False
    return all(
        _close_credit(left.credits[unit], right.credits[unit])
        for unit in left.credits.keys() & right.credits.keys()
    )


def _close_credit(left: str, right: str) -> bool:
    try:
        return close(Decimal(left), Decimal(right))
    except InvalidOperation:
        return left == right


def _same(left: Profile, right: Profile) -> Found | None:
    """One course from two sources: who lists two items in one source means two courses."""
    if left.source_id == right.source_id:
        return None
    alike = max(
        (_titles(left.titles[a], right.titles[b]) for a in left.titles for b in right.titles
         if a == b or "und" in (a, b)),
        default=0,
    )  # fmt: skip
    if alike < LEAST_ALIKE:
        return None
    shared = len(set(left.people) & set(right.people))
    if left.people and right.people and not shared and alike < 100:
        return None
    evidence = [f"title:{alike}", *_more(left, right, shared)]
    if left.society_id != right.society_id and not _enough_across(left, right, evidence):
        return None
    score = alike - 4 * (left.society_id != right.society_id) + len(evidence) - 1
    score -= 6 * bool(left.people and right.people and not shared)
    return _found(left, right, Kind.SAME, min(score, 100), evidence)


def _titles(left: str, right: str) -> int:
    """How alike two titles are, of 100; 0 where a guard says that they are of two courses."""
    if traits.numbers(left) != traits.numbers(right):
        return 0
    if left == right:
        return 100
    if traits.levels(left) != traits.levels(right):
        return 0
    alike = int(fuzz.token_sort_ratio(left, right))
    if alike < LEAST_ALIKE or _another_word(left, right):
        return 0
    return min(alike, 99)


def _another_word(left: str, right: str) -> bool:
    """Whether each has a word that the other has nothing like."""
    if traits.is_han(left) or traits.is_han(right):
        short, long = sorted((left.replace(" ", ""), right.replace(" ", "")), key=len)
        rest = iter(long)
        return not all(sign in rest for sign in short)  # signs left out, none exchanged
    a, b = left.split(), right.split()
    only_a = [word for word in a if word not in b and word not in SMALL]
    only_b = [word for word in b if word not in a and word not in SMALL]
    odd_a = [word for word in only_a if not _has_like(word, only_b)]
    odd_b = [word for word in only_b if not _has_like(word, only_a)]
    return bool(odd_a and odd_b)


def _has_like(word: str, others: Sequence[str]) -> bool:
    """A slip of the pen or another ending; ``with`` and ``without`` are no such pair."""
    return any(
        fuzz.ratio(word, other) >= _ALMOST_ONE_WORD and word[:2] == other[:2] for other in others
    )


def _more(left: Profile, right: Profile, shared: int) -> list[str]:
    """What else speaks for it."""
    found = []
    if left.society_id == right.society_id:
        found.append("society")
    if shared:
        found.append(f"instructors:{shared}")
    if left.duration is not None and left.duration == right.duration:
        found.append("duration")
    if any(right.credits.get(unit) == value for unit, value in left.credits.items()):
        found.append("credits")
    if set(left.fields) & set(right.fields):
        found.append("field")
    if left.url and left.url == right.url:
        found.append("url")
    return found


def _enough_across(left: Profile, right: Profile, evidence: Sequence[str]) -> bool:
    """Two societies give many courses of one title; something else must speak for it, too."""
    told = {one.partition(":")[0] for one in evidence}
    return bool(told & {"instructors", "url"}) or {"duration", "field"} <= told


def _translation(left: Profile, right: Profile) -> Found | None:
    """One course of one society in two languages."""
    if left.society_id != right.society_id or not _in_two_languages(left, right):
        return None
    if _digits(left.titles) != _digits(right.titles) or _level(left) != _level(right):
        return None
    people = set(left.people) & set(right.people)
    evidence, score = [], 0
    if left.url_stem and left.url_stem == right.url_stem:
        evidence, score = ["url-stem"], 65
    if _ids_meet(left, right):
        evidence, score = [*evidence, "id-stem"], max(score, 65)
    if people:
        equal = left.people == right.people
        evidence, score = [*evidence, f"instructors:{len(people)}"], score + (45 if equal else 30)
    if not evidence:
        return None
    if any(_digits(left.titles)):
        evidence, score = [*evidence, "numbers"], score + 15
    more = [one for one in _more(left, right, 0) if one in {"duration", "credits", "field"}]
    score = min(score + 10 * len(more), 100)
    if score < LEAST_OF_TRANSLATIONS:
        return None
    return _found(left, right, Kind.TRANSLATION, score, [*evidence, *more])


def _in_two_languages(left: Profile, right: Profile) -> bool:
    if left.languages and right.languages:
        return not set(left.languages) & set(right.languages)
    return not traits.scripts(left.titles.values()) & traits.scripts(right.titles.values())


def _ids_meet(left: Profile, right: Profile) -> bool:
    if set(left.id_stems) & set(right.id_stems):
        return True
    return bool(set(left.identifiers) & set(right.identifiers))


def _digits(titles: Mapping[str, str]) -> frozenset[tuple[str, ...]]:
    """The numbers of each title; letters are left out, which are words in some languages."""
    return frozenset(
        tuple(one for one in traits.numbers(title) if one[0].isdigit()) for title in titles.values()
    )


def _level(one: Profile) -> frozenset[str]:
    return frozenset(level for title in one.titles.values() for level in traits.levels(title))


def _found(left: Profile, right: Profile, kind: Kind, score: int, evidence: Sequence[str]) -> Found:
    low, high = sorted((left.record_id, right.record_id))
    return Found(low, high, kind, score, tuple(evidence))


def best(found: Sequence[Found], record_id: str) -> list[Found]:
    """Of what was found for one record, what is worth a person's time.

    Where an address or an id says which course is the translation, the others that its teachers
    give are not asked about.
    """
    same = [one for one in found if one.kind is Kind.SAME]
    other = sorted(
        (one for one in found if one.kind is Kind.TRANSLATION),
        key=lambda one: (-one.score, one.record_a, one.record_b),
    )
    told = [one for one in other if one.evidence[0] in {"url-stem", "id-stem"}]
    return [*same, *(told or other)[:BEST_TRANSLATIONS]]
