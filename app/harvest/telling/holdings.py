"""What telling holds of people: that they look after a feed, and which letters they got."""

from app.harvest.telling.tables import RunReportRow, SourceContactRow
from app.identity.people.holdings import Holding

HOLDINGS = (
    Holding("feeds_looked_after", SourceContactRow, ("source_id",), ("person_id",)),
    Holding(
        "feed_reports",
        RunReportRow,
        ("run_id", "state", "created_at", "sent_at"),
        ("id", "person_id", "attempts", "due_at", "reason"),
    ),
)
