"""Find courses: one port (``index``), two engines behind it, one analyser and one query language.

Owns the documents that are searched and how they are found. Never the source of truth: the
catalogue is, and every index can be thrown away and rebuilt from it. Never decides what a course
counts for; that is put together with the hits above this package (DESIGN §5).
"""

from app.search.index import (
    FACETS,
    CreditRange,
    Dates,
    Document,
    DocumentsRefused,
    FacetCount,
    Health,
    Highlight,
    Hit,
    Near,
    Query,
    Results,
    SearchIndex,
    SearchUnavailable,
    Sort,
)

__all__ = [
    "FACETS",
    "CreditRange",
    "Dates",
    "Document",
    "DocumentsRefused",
    "FacetCount",
    "Health",
    "Highlight",
    "Hit",
    "Near",
    "Query",
    "Results",
    "SearchIndex",
    "SearchUnavailable",
    "Sort",
]
