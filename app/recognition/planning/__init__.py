"""An engineer's own view of a cycle: the shortest path, manual entries, notes, the audit pack.

What is kept here is the engineer's and private. A registry sees of it what was handed over, and
keeps that itself.
"""
