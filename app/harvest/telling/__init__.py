"""Tell the owner of a feed what became of it: a summary of each run, and a letter where one helps.

1. A run that ends is announced by the outbox, in its own transaction.
2. ``summing`` writes the run's summary (quality, codes) and, in the same transaction, which of the
   source's contacts are to get a letter; once for each run and person, whatever happens then.
3. ``letters`` sends what waits, with growing pauses, until it is taken or given up.

A crash loses nothing: between two transactions the row that says what is to be done is there. The
mail of a process that dies after the server took it and before that is noted is sent once more.
"""

from app.harvest.telling.model import Contact, Reports, Summary, Wanted

__all__ = ["Contact", "Reports", "Summary", "Wanted"]
