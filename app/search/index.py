"""The port between the product and a search engine: what is asked, what comes back, what may fail.

Two engines stand behind it: the embedded one (no server, one folder) and Meilisearch. Both are
given the same documents, understand the same filters and pass the same contract tests; the order
of hits of equal worth may differ. No engine's own object ever crosses this line (DESIGN §5).

Errors::

    DomainError
    └── Unavailable
        └── SearchUnavailable       the engine does not answer, or its index cannot be used now
            └── DocumentsRefused    the engine refused these documents; the others are searchable
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from app.platform.problems import Unavailable

Document = dict[str, Any]
"""What ``project.document`` makes of a course: JSON, whole enough to show a hit without a database.

Found by    ``description`` ``outcomes`` ``prerequisites`` (language maps of plain text), beside
            what is shown; a hit has less of them (``Hit``)
Shown       ``id`` ``title`` ``summary`` (language maps of plain text)
            ``society_names`` (language map) ``provider`` ``url`` ``image`` ``duration``
            ``effort`` ``access`` ``subjects`` ``skills``
            ``credits`` (list of ``{value, unit, framework, jurisdiction}``)
            ``runs`` (list of ``{start, country, place, delivery}``) ``next_run`` (date or null)
            ``places`` (list of ``[latitude, longitude]``)
Filtered    ``society`` (text; the list ``societies`` has all that offer it), ``kind`` ``level``
            ``licence`` (text or null) and the lists ``language`` ``delivery`` ``field``
            ``country`` ``price`` ``credit`` ``competence`` ``standard`` ``pace``; the names are
            those of the query's parameters
Ordered by  ``quality`` ``added`` ``modified`` (date and time) ``next_run``
"""

FACETS = (
    "society", "language", "delivery", "field", "kind", "country", "price", "credit", "level",
    "pace", "competence", "standard", "licence",
)  # fmt: skip
"""The filters a query may use, and what an answer may count."""

MAX_FACET_VALUES = 200
"""How many values of one facet are counted out, the most frequent first."""

MOST_FACET_VALUES = 1_000
"""How many values of one facet can be had at all."""

MAX_VALUE = 100
"""How many characters of a value are filtered by and counted."""

MAX_PER_PAGE = 100
MAX_DEPTH = 10_000
"""How many hits deep pages may go; totals and facet counts are exact beyond it."""


MAX_NEAREST = 1_000
"""How many hits are put in order by their distance."""


class Sort(StrEnum):
    RELEVANCE = "relevance"  # without a text: the best described courses first
    SOONEST = "soonest"  # by the next start; undated courses last
    NEWEST = "newest"  # those that joined the catalogue last come first
    CHANGED = "changed"  # by the latest change
    CREDITS = "credits"  # most credit first, in the one framework that the query's filter names
    NEAREST = "nearest"  # by the distance from the query's place; ``nearest`` sees to it
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Dates:
    """Courses with a run that begins from ``first`` to ``last``, dates of ISO 8601; both count."""

    first: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class CreditRange:
    """Courses that give from ``least`` to ``most`` of ``framework``'s credit; both count."""

    framework: str
    least: Decimal | None = None
    most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """Courses with a run at a place within about ``km`` of here; ``nearby`` says how near about."""

    latitude: float
    longitude: float
    km: float


@dataclass(frozen=True, slots=True)
class Query:
    """One question. Values of one filter are alternatives; all filters must hold."""

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    page: int = 1
    per_page: int = 20
    sort: Sort = Sort.RELEVANCE
    locale: str = "en"
    """The reader's language: which of a course's texts is shown, and how titles are ordered."""
    dates: Dates | None = None
    credits: CreditRange | None = None
    near: Near | None = None
    facets: tuple[str, ...] = FACETS
    """Which facets to count: each one costs."""
    most_values: int = MAX_FACET_VALUES
    """How many values of each are wanted; an engine need not give more than it counts."""
    walk: int | None = None
    """Set for reading everything: the hits whose place in the walk is this or later, in its order
    instead of ``sort``. A course keeps its place, ``project.walk``, whatever changes about it."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """A plain text to show, and the half-open character ranges of it that match the query.

    ``text`` came from somebody else's feed and may look like HTML: escape it piece by piece.
    """

    text: str
    ranges: tuple[tuple[int, int], ...] = ()
    language: str = "und"


@dataclass(frozen=True, slots=True)
class Hit:
    """One course. ``highlights`` has ``title``, and ``summary`` when there is any text.

    ``document`` is the one that was put in, but for what no page of hits shows: it has neither
    ``outcomes`` nor ``prerequisites``, and of each ``description`` no more than highlights read,
    2,000 characters. All of it is indexed; engines need not keep, send and parse it for each hit.
    """

    id: str
    document: Document
    highlights: Mapping[str, Highlight]


@dataclass(frozen=True, slots=True)
class FacetCount:
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Results:
    """One page of hits.

    ``facets`` has every facet the query asked for, most frequent value first. A filter in use does
    not narrow its own counts, so a reader sees what else could be chosen beside it.
    """

    hits: tuple[Hit, ...]
    total: int
    page: int
    per_page: int
    facets: Mapping[str, tuple[FacetCount, ...]]
    loose: bool = False
    """Whether no course has all the words, so that these have only some of them."""


@dataclass(frozen=True, slots=True)
class Health:
    """``ok`` is false when searches fail or when the index must be rebuilt to be whole."""

    ok: bool
    detail: str
    documents: int
    needs_rebuild: bool = False


class SearchUnavailable(Unavailable):
    """Search does not answer now; everything else of the node goes on."""

    code = "search-unavailable"


class DocumentsRefused(SearchUnavailable):
    """The engine refused some documents. ``refused`` maps their ids to the engine's reason."""

    code = "documents-refused"

    def __init__(self, refused: Mapping[str, str]) -> None:
        ids = ", ".join(sorted(refused)[:5])
        super().__init__(f"The search engine refused {len(refused)} documents ({ids}).")
        self.refused = dict(refused)


class SearchIndex(Protocol):
    """A place to search. The last write of an id wins; every write may be repeated."""

    def ensure(self) -> None:
        """Make the index ready for use, settings and all; harmless when it is so already.

        An index of another version, or a broken one, is replaced by an empty one, and ``health``
        asks for a rebuild until there was one.
        """

    def apply(self, upserts: Sequence[Document], deletes: Sequence[str]) -> None:
        """Put whole documents in and take ids out; visible to searches on return.

        Raises ``DocumentsRefused`` when all but the documents it names are in.
        """

    def search(self, query: Query) -> Results:
        """Answer ``query``; an empty text browses."""

    def rebuild(self, documents: Iterable[Document]) -> int:
        """Build anew beside the index in use, then swap; gives the number of documents.

        Searches go on meanwhile and see the old index or the new one, never half of one.
        """

    def health(self) -> Health:
        """How it is; never raises."""

    def close(self) -> None:
        """Let go of files and connections."""
