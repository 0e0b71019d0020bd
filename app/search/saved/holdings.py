"""What is held of a person's searches: all of it is the person's, and goes with the account."""

from app.identity.people.holdings import Holding
from app.search.saved.tables import SavedSearchRow, SearchMailRow

HOLDINGS = (
    Holding(
        "saved_searches",
        SavedSearchRow,
        (
            "id", "name", "parameters", "language", "digest", "created_at", "told_at",
            "told_until",
        ),
        ("person_id",),
    ),
    Holding(
        "search_mails",
        SearchMailRow,
        ("due_at",),
        ("person_id", "token", "attempts", "doubts", "telling", "telling_until"),
    ),
)  # fmt: skip
