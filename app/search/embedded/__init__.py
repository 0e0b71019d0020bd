"""The embedded engine: what it holds (``engine``), and a query in its own terms (``asking``)."""

from app.search.embedded.engine import EmbeddedIndex

__all__ = ["EmbeddedIndex"]
