"""The words of one commit of the index.

Listing the words that share a letter is what forgiving a typing error costs, so the lists that
were used last are kept for as long as the commit stands.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping

import tantivy

MOST_KEPT = 200_000
"""How many words the kept lists have at most together: some 20 MB."""


class Vocabulary:
    """The words that ``searcher`` sees, field by field, each with how many documents have it."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        self._searcher = searcher
        self._kept: OrderedDict[tuple[str, str], Mapping[str, int]] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def some(self, name: str, prefix: str, *, most: int) -> list[str]:
        """Up to ``most`` words of the field ``name`` that begin so."""
        return [word for word, _ in self._searcher.terms_with_prefix(name, prefix, limit=most)]

    def all(self, name: str, prefix: str) -> Mapping[str, int]:
        """All of them."""
        key = (name, prefix)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = dict(self._searcher.terms_with_prefix(name, prefix))
        with self._lock:
            if key not in self._kept:
                self._kept[key] = found
                self._held += len(found)
            while self._held > MOST_KEPT:
                self._held -= len(self._kept.popitem(last=False)[1])
        return found
