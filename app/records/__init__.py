"""From the fact that somebody completed a course to a signed, published, revocable record.

Owns intents, records, status lists and the profile of what is signed (``build``). The order in
which a record comes into being, and what a crash leaves behind, is in ``issue``. What a record
counts for is never decided here.
"""

RECORD_ISSUED = "record.issued"
RECORD_SUSPENDED = "record.suspended"
RECORD_REINSTATED = "record.reinstated"
RECORD_REVOKED = "record.revoked"
RECORD_SUPERSEDED = "record.superseded"
"""Topics of the outbox for whoever follows them; the key is the record's id."""
