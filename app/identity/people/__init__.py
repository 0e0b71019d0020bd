"""People: who they are, how to reach them, what they are to organisations, where they signed in.

Owns the tables of persons, addresses, memberships and sessions. How a person proves to be the one
is ``identity.signin``'s affair; what a membership allows is decided in ``identity.rules``.
"""
