"""Tables of courses: CSV, Excel, or a list of links in Markdown, one course in a row.

``connector`` reads a table at an address; ``spreadsheet`` takes files apart, ``workbook`` those of
Excel in a process of its own, ``link_lists`` lists of links. What a column means, other formats ask
too: ``connectors.columns`` and ``connectors.rows``.
"""

from connectors.table.connector import Table as Table

__all__ = ["Table"]
