"""Is this record acceptable? Answered offline, from the record, a trust bundle and a time.

Pure: no network, no clock, no database. ``verify`` gives a report of numbered checks; a report is
not a verdict, ``Report.accept`` is.
"""

from app.verification.bundle import (
    Bundle,
    IssuerEntry,
    KeyEntry,
    StatusListEntry,
    dump_bundle,
    load_bundle,
)
from app.verification.model import (
    Check,
    NotAccepted,
    Outcome,
    PresentationReport,
    Record,
    Report,
    Result,
)
from app.verification.options import Options
from app.verification.presentation import verify_presentation
from app.verification.verify import verify, verify_many

__all__ = [
    "Bundle",
    "Check",
    "IssuerEntry",
    "KeyEntry",
    "NotAccepted",
    "Options",
    "Outcome",
    "PresentationReport",
    "Record",
    "Report",
    "Result",
    "StatusListEntry",
    "dump_bundle",
    "load_bundle",
    "verify",
    "verify_many",
    "verify_presentation",
]
