"""A record on paper and in pictures: the PDF certificate, and the badge that carries the record.

What is shown is read from the record after it was verified; nothing is said that was not signed,
but for a name given for the occasion, which the page says is not. Pages are set by typst (the extra
``pdf``) in a process of its own.
"""
