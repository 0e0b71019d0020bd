"""Whatever the engine raises, as an error of ours.

Errors::

    SearchUnavailable
    └── Busy        another writer, of this process or another, has the index
"""

from collections.abc import Iterator
from contextlib import contextmanager

from app.search.index import SearchUnavailable

MEND = "rebuild it with `opencpd reindex`"


class Busy(SearchUnavailable):
    """Another writer, of this process or another, has the index."""


@contextmanager
def engine_trouble() -> Iterator[None]:
    """Turn whatever the engine raises into ``SearchUnavailable``."""
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        if "LockBusy" in str(error):
            busy = "Another process is writing the search index; try again when it is done."
            raise Busy(busy) from error
        raise SearchUnavailable(f"The search index cannot be used: {error}; {MEND}.") from error
    except BaseException as error:
        # A fault inside the engine, on damaged files for one, arrives as a panic, which pyo3
        # derives from BaseException and does not export.
        if type(error).__name__ != "PanicException":
            raise
        raise SearchUnavailable(f"The search index is damaged; {MEND}.") from error
