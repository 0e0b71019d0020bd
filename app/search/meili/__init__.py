"""The Meilisearch engine: a server at work (``engine``), a query in its terms (``asking``).

``settings`` says how its indexes behave.
"""

from app.search.meili.engine import MeilisearchIndex

__all__ = ["MeilisearchIndex"]
