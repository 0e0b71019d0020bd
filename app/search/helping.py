"""Help for a search that found nothing, or that was spelled as nothing is.

The engines forgive typing errors by themselves; what was meant instead is read off their hits.
Which filter stands in the way is found by asking once without each.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from app.search.analyse import Kind, base, stem, tokens
from app.search.highlight import is_typo_of, typos_allowed
from app.search.index import Document, Hit, Query, Results, SearchIndex

_READ = 10
"""How many hits are read for what was meant."""

_DESCRIPTION = 2_000
_MOST_ASKED = 8
_Word: TypeAlias = tuple[str, str, str]
"""Folded, as it is written, and in which language."""


@dataclass(frozen=True, slots=True)
class Without:
    """How many courses there are without one condition, named by its parameter."""

    parameter: str
    total: int


@dataclass(frozen=True, slots=True)
class Help:
    """``spelled`` is the text as it was probably meant; ``without`` the most courses first."""

    spelled: str | None = None
    without: tuple[Without, ...] = ()


def help_with(index: SearchIndex, query: Query, results: Results) -> Help:
    """What helps somebody on whose ``query`` gave ``results``. Raises ``SearchUnavailable``."""
    if results.total:
        return Help(spelled=spelled(query.text, results.hits))
    fewer = [
        Without(name, total)
        for name, asked in _narrower(query)
        if (total := index.search(replace(asked, page=1, per_page=1, facets=())).total)
    ]
    return Help(without=tuple(sorted(fewer, key=lambda each: -each.total)))


def _narrower(query: Query) -> Iterator[tuple[str, Query]]:
    """The query without each of its conditions in turn, if it has others left."""
    ways: list[tuple[str, Query]] = []
    for name in (name for name, values in query.filters.items() if values):
        rest = {each: values for each, values in query.filters.items() if each != name}
        worth = None if name == "credit" else query.credits  # which compares that credit
        ways.append((name, replace(query, filters=rest, credits=worth)))
    ways += [("from", replace(query, dates=None))] if query.dates else []
    ways += [("near", replace(query, near=None))] if query.near else []
    worth = query.credits
    if worth and not (worth.least is None and worth.most is None):
        ways.append(("credit_min", replace(query, credits=None)))
    ways += [("q", replace(query, text=""))] if query.text and ways else []
    return iter(ways[:_MOST_ASKED])


def spelled(text: str, hits: Sequence[Hit]) -> str | None:
    """``text`` with each word that no hit has replaced by the one that hits have for it.

    ``None`` when every word is met as it stands, by its stem or as the beginning of another.
    """
    meant: list[tuple[int, int, str]] = []
    read: dict[str, list[_Word]] = {}
    for token in tokens(text):
        forgiven = token.kind is Kind.WORD and typos_allowed(token.terms[0])
        if forgiven and (counts := _near(token.terms[0], hits[:_READ], read)):
            meant.append((token.start, token.end, counts.most_common(1)[0][0]))
    for start, end, word in reversed(meant):
        text = text[:start] + word + text[end:]
    return text if meant else None


def _near(asked: str, hits: Sequence[Hit], read: dict[str, list[_Word]]) -> Counter[str]:
    """The words that may be meant by ``asked``; none when it is met as it stands.

    Hits are read one by one, into ``read``: the first one usually settles it.
    """
    counts: Counter[str] = Counter()
    for hit in hits:
        if hit.id not in read:
            read[hit.id] = list(_read(hit.document))
        for folded, written, language in read[hit.id]:
            if folded.startswith(asked) or stem(folded, language) == stem(asked, language):
                return Counter()
            if is_typo_of(folded, asked=asked):
                counts[written.lower()] += 1
    return counts


def _read(document: Document) -> Iterator[_Word]:
    """The words of a course: folded, as written, and in which language."""
    for part in ("title", "summary", "description"):
        for language, whole in document.get(part, {}).items():
            text = whole[:_DESCRIPTION]
            for token in tokens(text):
                if token.kind is Kind.WORD:
                    yield token.terms[0], text[token.start : token.end], base(language)
