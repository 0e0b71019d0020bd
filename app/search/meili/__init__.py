"""The Meilisearch engine: a server at work (``engine``), a query in its terms (``asking``).

``settings`` says how its indexes behave, ``keys`` what a node's keys may do.
"""

from app.search.meili.engine import MeilisearchIndex
from app.search.meili.keys import Made, make
from app.search.meili.settings import Difference

__all__ = ["Difference", "Made", "MeilisearchIndex", "make"]
