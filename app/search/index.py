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
from enum import StrEnum
from typing import Any, Protocol

from app.platform.problems import Unavailable

Document = dict[str, Any]
"""What ``project.document`` makes of a course: JSON, whole enough to show a hit without a database.

Shown       ``id`` ``title`` ``summary`` ``description`` (language maps of plain text)
            ``society_names`` (language map) ``provider`` ``url`` ``image`` ``level`` ``duration``
            ``effort`` ``licence`` ``access`` ``standards`` (list of text) ``subjects``
            ``credits`` (list of ``{value, unit, framework, jurisdiction}``)
            ``runs`` (list of ``{start, country, delivery}``) ``next_run`` (date or null)
Filtered    ``society`` (text; the list ``societies`` has all that offer it) ``kind`` (text) and the
            lists ``language`` ``delivery`` ``field`` ``country`` ``price`` ``credit``; the names
            are those of the query's parameters
Ordered by  ``quality`` ``modified`` (date and time) ``next_run``
"""

FACETS = ("society", "language", "delivery", "field", "kind", "country", "price", "credit")
"""The filters a query may use; every answer counts each of them."""

MAX_FACET_VALUES = 200
"""How many values of one facet are counted out, the most frequent first."""

MAX_PER_PAGE = 100
MAX_DEPTH = 10_000
"""How many hits deep pages may go; totals and facet counts are exact beyond it."""


class Sort(StrEnum):
    RELEVANCE = "relevance"  # without a text: the best described courses first
    SOONEST = "soonest"  # by the next start; undated courses last
    NEWEST = "newest"  # by the latest change
    TITLE = "title"


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
    """One course. ``highlights`` has ``title``, and ``summary`` when there is any text."""

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

    ``facets`` has every name of ``FACETS``, most frequent value first. A filter in use does not
    narrow its own counts, so a reader sees what else could be chosen beside it.
    """

    hits: tuple[Hit, ...]
    total: int
    page: int
    per_page: int
    facets: Mapping[str, tuple[FacetCount, ...]]


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
