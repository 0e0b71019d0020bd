"""What this node knows that bears on one record of its own, and no more of it."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.proof.parse import load_object
from app.trust import service as trust
from app.verification import Bundle, reading

_BESIDE = ("", "/suspension", "/refresh")
"""The status lists that are published beside the one a record names."""


def bundle_for(session: Session, record_json: bytes, *, at: datetime) -> Bundle:
    """The issuer of a record of ours, and its status lists."""
    document = load_object(record_json)
    issuer = reading.identifier(document.get("issuer")) or ""
    listed = reading.text(reading.nested(document, "credentialStatus"), "statusListCredential")
    return trust.bundle(
        session,
        at=at,
        issuer_ids=[issuer],
        status_urls=[f"{listed}{ending}" for ending in _BESIDE],
    )
