"""What planning holds of a person: all of it is the person's, and goes with the account.

What a registry was given it keeps by its own duty, apart from the account: the submission in the
ledger, and its own copy of the files.
"""

from app.identity.people.holdings import Holding
from app.recognition.planning.tables import (
    CalendarRow,
    ChoiceRow,
    EntryGivenRow,
    EntryRow,
    EvidenceRow,
    NoteRow,
    RemindedRow,
    ReminderRow,
)

HOLDINGS = (
    Holding(
        "cpd_entries",
        EntryRow,
        (
            "id", "title", "provider", "completed", "kind", "mode", "role", "contact_minutes",
            "workload_minutes", "assessed", "tags", "competences", "language", "link", "details",
            "created_at", "changed_at",
        ),
        ("person_id",),
    ),
    Holding(
        "cpd_evidence",
        EvidenceRow,
        ("id", "entry_id", "name", "media_type", "size", "digest", "data", "created_at"),
        ("person_id",),
    ),
    Holding(
        "cpd_entries_given",
        EntryGivenRow,
        ("entry_id", "registry_id", "submission_id", "given_at"),
        ("person_id",),
    ),
    Holding(
        "cpd_notes",
        NoteRow,
        ("id", "registry_id", "stage", "day", "text", "in_pack", "created_at", "changed_at"),
        ("person_id",),
    ),
    Holding(
        "cpd_choices",
        ChoiceRow,
        ("course_id", "title", "language", "day", "created_at"),
        ("person_id",),
    ),
    Holding("cpd_calendar", CalendarRow, ("created_at",), ("person_id", "secret_hash")),
    Holding("cpd_reminders", ReminderRow, ("since",), ("person_id",)),
    Holding(
        "cpd_reminded",
        RemindedRow,
        ("registry_id", "cycle_ends", "days", "written_at"),
        ("person_id",),
    ),
)  # fmt: skip
