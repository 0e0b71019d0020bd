"""The programs of organisations: made, shown, given new secrets and keys, revoked.

A program is an API client. It either acts for its own organisation by itself, or for people who
allow it (``model.ClientKind``). How it proves who it is, and what it then gets, is
``identity.oauth``'s affair.
"""
