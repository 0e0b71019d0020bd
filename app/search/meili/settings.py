"""How a Meilisearch index behaves, as code: what the server is told before any document is sent."""

from collections.abc import Mapping
from typing import Any

from app.search import conditions
from app.search.index import FACETS, MAX_FACET_VALUES
from app.search.meili.asking import synonyms

SETTINGS: Mapping[str, Any] = {
    "searchableAttributes": ["title_terms", "title_han", "body_terms", "body_han"],
    "displayedAttributes": ["id", "document"],
    "filterableAttributes": [
        {
            "attributePatterns": ["codes", *FACETS, conditions.SQUARES],
            "features": {
                "facetSearch": False,
                "filter": {"equality": True, "comparison": False},
            },
        },
        {
            "attributePatterns": list(conditions.SPANS),
            "features": {
                "facetSearch": False,
                "filter": {"equality": False, "comparison": True},
            },
        },
    ],
    "sortableAttributes": [
        "added",
        "id",
        "modified",
        "most",
        "next_run",
        "quality",
        "title_key",
        "walk",
    ],
    "rankingRules": [
        "sort",
        "words",
        "typo",
        "proximity",
        "attribute",
        "exactness",
        "quality:desc",
    ],
    "typoTolerance": {
        "enabled": True,
        "minWordSizeForTypos": {"oneTypo": 5, "twoTypos": 9},
        "disableOnAttributes": ["title_han", "body_han"],
        "disableOnNumbers": True,
    },
    "proximityPrecision": "byAttribute",
    "faceting": {"maxValuesPerFacet": MAX_FACET_VALUES, "sortFacetValuesBy": {"*": "count"}},
    "pagination": {"maxTotalHits": 1_000_000},
    "facetSearch": False,
    "stopWords": [],
    "synonyms": synonyms(),
    "searchCutoffMs": 1500,
}
"""The whole behaviour of the index as code."""
