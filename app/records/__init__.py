"""From the fact that somebody completed a course to a signed, published, revocable record.

Owns intents, records, status lists and the profile of what is signed (``build``). The order in
which a record comes into being, and what a crash leaves behind, is in ``issue``. What a record
counts for is never decided here.
"""
