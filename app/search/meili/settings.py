"""How a Meilisearch index behaves, as code: what a server is told, and how it differs from that.

A new index gets all of it before its first document. An index in use gets at once only what the
server answers by (``AT_ONCE``); for all else the server would take every document apart anew, for
minutes, while it answers by halves. That waits for a rebuild beside it, which ``health`` asks for.

Languages
    The fields hold our analyser's terms, of all languages together: words whose letters are folded,
    stems, and runs of Chinese as code points. There is nothing left in them for a server's own
    segmenters, so every field says ``eng``, which here means: leave the words alone, in any script,
    and guess no language. Measured on a 1.21.0 server with 6,457 real courses and the queries of
    ``tests/bench/relevance``, nDCG@10 (``eng`` for all; no locales; all seven; a field for each of
    the seven languages, with its own locale)::

        en  .850  .850  .850  .839        ar   .858  .839  .850  .858
        zh  .876  .876  .876  .876        es   .899  .889  .889  .899
        ru  .868  .858  .858  .868        fr   .752  .742  .742  .752

    Without locales, and with those of all seven, the server takes the article off Arabic words
    (``الجسور`` becomes ``ال`` and ``جسور``), which our stemmer has done already, as a word of its
    own; ``bim360``, ``h2so4``, mixed case and the code points stay whole either way. A field for
    each language is better in none and asks seven times as many fields.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.search import conditions
from app.search.index import FACETS, MOST_FACET_VALUES
from app.search.meili.asking import EXACT_FIELDS, synonyms

SEARCHED = [
    "title_terms", "title_stems", "title_han", "body_terms", "body_stems", "body_han",
]  # fmt: skip
"""The fields of terms, the weightiest first."""

SETTINGS: Mapping[str, Any] = {
    "searchableAttributes": SEARCHED,
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
        "rank",
        "title_key",
        "walk",
    ],
    "rankingRules": [
        "sort",
        "words",
        "attribute",
        "typo",
        "proximity",
        "exactness",
        "rank:desc",
    ],
    "typoTolerance": {
        "enabled": True,
        "minWordSizeForTypos": {"oneTypo": 5, "twoTypos": 9},
        "disableOnAttributes": list(EXACT_FIELDS),
        "disableOnWords": [],
        "disableOnNumbers": True,
    },
    "proximityPrecision": "byAttribute",
    "faceting": {"maxValuesPerFacet": MOST_FACET_VALUES, "sortFacetValuesBy": {"*": "count"}},
    "pagination": {"maxTotalHits": 1_000_000},
    "facetSearch": False,
    "prefixSearch": "indexingTime",
    "distinctAttribute": None,
    "localizedAttributes": [{"attributePatterns": SEARCHED, "locales": ["eng"]}],
    "stopWords": [],
    "separatorTokens": [],
    "nonSeparatorTokens": [],
    "dictionary": [],
    "synonyms": synonyms(),
    "searchCutoffMs": 1500,
}
"""The whole behaviour of an index as code."""

SPREAD_VALUES = 3 * MOST_FACET_VALUES
"""How many values of a facet each of several parts counts: one that is frequent in all of them may
stand a little lower in one."""


def settings(*, parts: int) -> Mapping[str, Any]:
    """The settings of each index that the courses are spread over."""
    if parts == 1:
        return SETTINGS
    return {**SETTINGS, "faceting": {**SETTINGS["faceting"], "maxValuesPerFacet": SPREAD_VALUES}}


AT_ONCE = frozenset({"displayedAttributes", "faceting", "pagination", "searchCutoffMs", "synonyms"})
"""Settings that say how to answer. All others say what documents are taken apart into."""

_SETS = frozenset(
    {
        "dictionary",
        "disableOnAttributes",
        "disableOnWords",
        "nonSeparatorTokens",
        "separatorTokens",
        "sortableAttributes",
        "stopWords",
    }
)
"""Lists that the server gives back in an order of its own."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting of an index that is not what the code says."""

    index: str
    name: str
    present: Any
    wanted: Any

    @property
    def at_once(self) -> bool:
        """Whether an index in use may be told."""
        return self.name in AT_ONCE


def differences(
    index: str, present: Mapping[str, Any], *, wanted: Mapping[str, Any] = SETTINGS
) -> tuple[Difference, ...]:
    """What ``index`` has otherwise than ``wanted``; settings that the code does not name are none.

    Compared by what they mean: a server gives some lists back in its own order, and newer servers
    add to what a setting says.
    """
    return tuple(
        Difference(index, name, present.get(name), value)
        for name, value in wanted.items()
        if not _same(name, value, present.get(name))
    )


def _same(name: str, wanted: Any, present: Any) -> bool:
    if name in {"filterableAttributes", "localizedAttributes"}:
        return _by_attribute(wanted) == _by_attribute(present)
    if isinstance(wanted, Mapping) and isinstance(present, Mapping) and name != "synonyms":
        return all(_same(inner, value, present.get(inner)) for inner, value in wanted.items())
    if name in _SETS and isinstance(present, list):
        return sorted(wanted) == sorted(present)
    return bool(wanted == present)


def _by_attribute(patterns: Any) -> dict[str, Any]:
    """What each attribute is told; a name alone tells it the server's defaults."""
    found: dict[str, Any] = {}
    for one in patterns if isinstance(patterns, Sequence) else ():
        if not isinstance(one, Mapping):
            found[str(one)] = None
            continue
        said = {name: value for name, value in one.items() if name != "attributePatterns"}
        said = {n: sorted(v) if isinstance(v, list) else v for n, v in said.items()}
        found |= dict.fromkeys(one.get("attributePatterns") or (), said)
    return found
