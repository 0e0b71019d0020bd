"""Courses that societies push themselves: one by one, in batches, from a spreadsheet.

What is pushed passes the same checks as what is harvested (``catalogue.rules``), comes into the
catalogue the same way (``catalogue.service.take``) and goes before what the society's own feeds say
(``catalogue.merging``). This domain keeps what was pushed, so that it can be read back, patched and
repeated; conditions, quotas, batches and the sandbox are decided here. It knows nothing of
connectors, pages or the search index.
"""
