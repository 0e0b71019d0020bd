"""The words of one commit of the index: which begin like a word, and which a typing error makes it.

Listing the words that share a letter is what forgiving costs, so the lists used last are kept for
as long as the commit stands.
"""

import threading
from collections import OrderedDict

import tantivy
from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.search.highlight import is_typo_of, typos_allowed

MOST_KEPT = 200_000
"""How many words the kept lists have at most together: some 20 MB."""


class Vocabulary:
    """The words that ``searcher`` sees, field by field."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        self._searcher = searcher
        self._kept: OrderedDict[tuple[str, str], dict[str, int]] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def terms_with_prefix(
        self, name: str, prefix: str, *, limit: int | None = None
    ) -> list[tuple[str, int]]:
        """Words of the field ``name`` that begin so, each with how many documents have it."""
        return self._searcher.terms_with_prefix(name, prefix, limit=limit)

    def like(self, name: str, asked: str) -> dict[str, int]:
        """The same of words that may be what somebody who typed ``asked`` meant."""
        allowed = typos_allowed(asked)
        if not allowed:
            return {}
        counts = self._beginning(name, asked[0])
        near = process.extract(
            asked, counts.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=None
        )
        return {word: counts[word] for word, *_ in near if is_typo_of(word, asked=asked)}

    def _beginning(self, name: str, letter: str) -> dict[str, int]:
        key = (name, letter)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = dict(self._searcher.terms_with_prefix(name, letter))
        with self._lock:
            if key not in self._kept:
                self._kept[key] = found
                self._held += len(found)
            while self._held > MOST_KEPT and len(self._kept) > 1:
                self._held -= len(self._kept.popitem(last=False)[1])
        return found
