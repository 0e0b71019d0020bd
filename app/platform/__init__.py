"""Plumbing without domain words: settings, database, outbox, clock, problems, logging, HTTP.

Nothing here knows what a course or a record is, and nothing here imports a domain.
"""
