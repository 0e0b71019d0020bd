"""RSS and Atom feeds of courses.

``connector`` follows a feed's pages, ``feed_items`` reads the entries of one.
"""

from connectors.rss.connector import Rss as Rss

__all__ = ["Rss"]
