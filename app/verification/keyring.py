"""Which key of an issuer may have signed, and whether it was fit to sign then.

Retired and compromised are different states. A retired key vouches for what it signed before it was
retired. A compromised key vouches for nothing by itself, whatever time the record names: whoever
holds the key can write any time into a record.
"""

from datetime import datetime, timedelta

from app.proof.did import without_fragment
from app.proof.errors import ProofError
from app.verification.bundle import IssuerEntry, KeyEntry
from app.verification.securing import Secured


def key_for(secured: Secured, *, issuer: IssuerEntry, at: datetime, leeway: timedelta) -> KeyEntry:
    """Give the issuer's key that a credential names, or raise ``ProofError``."""
    if without_fragment(secured.key_id) != issuer.id:
        raise ProofError("key-foreign", f"The key {secured.key_id} is not one of the issuer.")
    entry = next((entry for entry in issuer.keys if entry.key.id == secured.key_id), None)
    if entry is None:
        raise ProofError("key-unknown", f"The bundle does not know the key {secured.key_id}.")
    signed_at = secured.signed_at
    if signed_at is None:
        raise ProofError("key-time", "The record does not say when it was signed.")
    if entry.compromised_since is not None:
        since = entry.compromised_since.isoformat()
        raise ProofError(
            "key-compromised",
            f"The key has been compromised since {since}, and nothing but the record itself says "
            "when it was signed. The issuer can issue it again with a new key.",
        )
    # Differences, not sums: any time at all can be written, and a sum may have none to be.
    if signed_at - at > leeway:
        raise ProofError("key-time", "The record was signed in the future.")
    if entry.valid_from - signed_at > leeway:
        raise ProofError("key-early", "The record was signed before its key was valid.")
    if entry.retired_at is not None and signed_at > entry.retired_at:
        raise ProofError("key-retired", "The record was signed after its key was retired.")
    return entry
