"""Organisations, their API clients, and what each may do.

Owns the tables of organisations, clients, grants and the audit trail, the token endpoint, and the
one answer to "may this actor do that?". Every route of every domain carries a dependency of
``access.Guard``; people's sign-in is not here yet.
"""
