"""A search index in memory, for tests of pages: finds by substring, and can be switched off."""

from collections import Counter
from collections.abc import Iterable, Sequence

from app.search import (
    FACETS,
    Document,
    FacetCount,
    Health,
    Highlight,
    Hit,
    Query,
    Results,
    SearchUnavailable,
    Sort,
)


def _values(document: Document, facet: str) -> list[str]:
    value = document[facet]
    return [value] if isinstance(value, str) else list(value or [])


class PlainIndex:
    """Satisfies ``SearchIndex``."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.down = False

    def ensure(self) -> None:
        pass

    def apply(self, upserts: Sequence[Document], deletes: Sequence[str]) -> None:
        self.documents |= {document["id"]: document for document in upserts}
        for each in deletes:
            self.documents.pop(each, None)

    def rebuild(self, documents: Iterable[Document]) -> int:
        self.documents = {document["id"]: document for document in documents}
        return len(self.documents)

    def search(self, query: Query) -> Results:
        if self.down:
            raise SearchUnavailable("The index does not answer.")
        found = [each for each in self.documents.values() if self._matches(each, query)]
        if query.sort is Sort.NEWEST:
            found.sort(key=lambda each: each["added"], reverse=True)
        first = (query.page - 1) * query.per_page
        facets = {
            facet: tuple(
                FacetCount(value, count)
                for value, count in Counter(
                    value for each in found for value in _values(each, facet)
                ).most_common()
            )
            for facet in FACETS
        }
        hits = tuple(self._hit(each, query) for each in found[first : first + query.per_page])
        return Results(hits, len(found), query.page, query.per_page, facets)

    @staticmethod
    def _matches(document: Document, query: Query) -> bool:
        text = " ".join([*document["title"].values(), *document["summary"].values()])
        return query.text.lower() in text.lower() and all(
            set(values) & set(_values(document, facet)) for facet, values in query.filters.items()
        )

    def _hit(self, document: Document, query: Query) -> Hit:
        marks = {
            name: self._highlight(values, query)
            for name, values in (
                ("title", document["title"]),
                ("summary", document["summary"] or document["description"]),
            )
            if values
        }
        return Hit(document["id"], document, marks)

    @staticmethod
    def _highlight(values: dict[str, str], query: Query) -> Highlight:
        language, text = next(
            (pair for pair in values.items() if query.text.lower() in pair[1].lower()),
            next(iter(values.items())),
        )
        start = text.lower().find(query.text.lower()) if query.text else -1
        ranges = ((start, start + len(query.text)),) if start >= 0 else ()
        return Highlight(text, ranges, language)

    def health(self) -> Health:
        return Health(not self.down, "in memory", len(self.documents))

    def close(self) -> None:
        pass
