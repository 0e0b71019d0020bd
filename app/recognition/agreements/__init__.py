"""Agreements between registries as signed data: who takes whose records, for what, and when.

``model`` and ``reading`` are pure: what an agreement says and its one canonical form. ``signing``
reads the signatures on it, ``rules`` says where it stands, ``service`` lets a registry draft, sign,
amend and end one, and take in what the other side signed elsewhere; ``applying`` keeps the lists of
issuers of this node's registries as the agreements in force say.
"""
