"""The Meilisearch engine: a server at work (``engine``), a query in its terms (``asking``)."""

from app.search.meili.engine import MeilisearchIndex

__all__ = ["MeilisearchIndex"]
