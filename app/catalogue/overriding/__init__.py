"""What editors write over the words of the sources, field by field, until it is lifted.

Stored as rows of their own and laid over the merged course (``catalogue.merging.overridden``), so
no harvest overwrites them and what the sources say stays known beside them.
"""
