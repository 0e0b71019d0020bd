"""Any list of courses in JSON, JSON:API or JSON Lines, read through a declared mapping.

``config``, ``parts``, ``values`` and ``paths`` are what may be declared; ``connector`` follows it:
``paging`` and ``linking`` find the items, ``text`` cuts them out, ``mapping`` makes courses of them
(``rows`` where nothing was declared).
"""

from connectors.json_feed.connector import JsonFeed as JsonFeed

__all__ = ["JsonFeed"]
