"""Writing documents to an engine so that one bad document fails no other.

An engine that names what it refuses is believed. One that merely fails, or that stumbles, is given
ever smaller parts until the document stands alone that it cannot take. Before a document is blamed,
the engine is given nothing at all to do: when it fails at that too, it is the engine that is away.
"""

from collections.abc import Sequence

from app.search.index import Document, DocumentsRefused, SearchIndex, SearchUnavailable
from app.search.reading import FAULTS, reason

NOBODY = "00000000-0000-7000-8000-000000000000"
"""An id that no course has: to take it out is nothing to do."""

MOST_BAD = 5
"""That more documents at once are bad, and no good one among them, is not likely: a full disk is.

Those that failed before come together when they are tried again, so a few may well be.
"""

_TROUBLE = (SearchUnavailable, *FAULTS)


def apply(
    index: SearchIndex, upserts: Sequence[Document], deletes: Sequence[str]
) -> dict[str, str]:
    """Put documents in and take ids out; gives why documents were refused, by id.

    Raises ``SearchUnavailable`` when the engine is not to be written to.
    """
    try:
        index.apply(upserts, deletes)
    except DocumentsRefused as error:
        return dict(error.refused)
    except _TROUBLE as error:
        if not _takes_writes(index):
            raise _unavailable(error) from error
        if deletes:
            index.apply([], deletes)
        refused = _in_parts(index, list(upserts), error)
        if len(refused) == len(upserts) > MOST_BAD:
            raise _unavailable(error) from error
        return refused
    return {}


def _in_parts(index: SearchIndex, upserts: list[Document], trouble: Exception) -> dict[str, str]:
    """``upserts`` failed with ``trouble``: which of them are to blame."""
    if len(upserts) == 1:
        if not _takes_writes(index):
            raise _unavailable(trouble) from trouble
        return {upserts[0]["id"]: _words(trouble)}
    refused: dict[str, str] = {}
    middle = len(upserts) // 2
    for part in (upserts[:middle], upserts[middle:]):
        try:
            index.apply(part, [])
        except DocumentsRefused as error:
            refused |= error.refused
        except _TROUBLE as error:
            refused |= _in_parts(index, part, error)
    return refused


def _takes_writes(index: SearchIndex) -> bool:
    try:
        index.apply([], [NOBODY])
    except SearchUnavailable:
        return False
    return True


def _unavailable(trouble: Exception) -> SearchUnavailable:
    if isinstance(trouble, SearchUnavailable):
        return trouble
    return SearchUnavailable(f"The search engine cannot be written to: {_words(trouble)}")


def _words(trouble: Exception) -> str:
    return trouble.detail if isinstance(trouble, SearchUnavailable) else reason(trouble)
