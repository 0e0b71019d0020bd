"""The tabs of a person's account."""

TABS = (
    "",
    "cpd",
    "security",
    "identities",
    "registrations",
    "searches",
    "records",
    "programs",
    "data",
)
"""Each the last part of a path below ``/account``; the first is the overview."""
