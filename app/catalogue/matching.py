"""Which source records speak of the same course: the automatic part, exact evidence only.

Three kinds of evidence, the strongest first: an identifier that is unique in the world, the address
of the course's own page, the exact title within one society. Nothing fuzzy is decided here.
A title counts only where nothing speaks against it (``doubts``). Measured on real catalogues
(``tests/bench/harvest/matching.py``).

Evidence that would make a mess proves nothing:

- an address or title that already belongs to several courses;
- the front page of a site, which is no course's own page (``addresses.match_key``);
- an address or title shared by two items of one source: who lists two items means two courses.

What a society pushes is compared with its own records alone. Anybody can write another society's
address or identifier into a request; if that were evidence, a society could add runs and prices to
another's course, or take its address first. Whether two societies' courses are one where either
was pushed is for a person to say.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.catalogue import addresses, texts
from app.catalogue.document import digest
from app.catalogue.model import CourseData

STRONG_SCHEMES = frozenset({"doi", "oai", "ctid", "edx"})
MAX_KEY = 200
_SHORTEST_TITLE = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A course that shares a key with a new source record."""

    key: str
    course_id: str
    same_source: bool
    """Whether the course already has a live record of the new record's own source."""


def keys(data: CourseData, *, society_id: str) -> tuple[str, ...]:
    """The evidence a source record carries, the strongest first."""
    strong = sorted(
        f"id:{scheme}:{value}" for scheme, value in data.identifiers if scheme in STRONG_SCHEMES
    )
    page = addresses.match_key(data.url) if data.url else None
    titles = sorted({texts.title_key(title) for title in data.title.values()})
    return (
        *(_short(one) for one in strong),
        *([_short(f"url:{page}")] if page else []),
        *(
            _short(f"title:{society_id}:{title}")
            for title in titles
            if len(title) >= _SHORTEST_TITLE or not title.isascii()
        ),
    )


def choose(
    own_keys: Sequence[str],
    candidates: Sequence[Candidate],
    *,
    in_doubt: Callable[[str], bool] = lambda _course_id: False,
) -> str | None:
    """The course that the strongest unambiguous key points to; ``None`` when none does.

    ``in_doubt`` is asked of a course that shares no more than a title.
    """
    by_key: Mapping[str, list[Candidate]] = {key: [] for key in own_keys}
    for candidate in candidates:
        by_key[candidate.key].append(candidate)
    for key in own_keys:
        kind = key.partition(":")[0]
        courses = {one.course_id for one in by_key[key]}
        if len(courses) != 1:
            continue
        if kind != "id" and any(one.same_source for one in by_key[key]):
            continue
        course_id = courses.pop()
        if kind != "title" or not in_doubt(course_id):
            return course_id
    return None


def _short(key: str) -> str:
    """Long keys are stored by their hash, so that an index can hold them."""
    if len(key) <= MAX_KEY:
        return key
    kind = key.split(":", 1)[0]
    return f"{kind}:sha256:{digest(key)}"
