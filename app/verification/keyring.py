"""Which key of an issuer may have signed, and whether it was fit to sign then.

Retired and compromised are different states. A retired key vouches for what it signed before it was
retired. A compromised key vouches for nothing by itself, whatever time the record names: whoever
holds the key can write any time into a record.
"""

from datetime import datetime, timedelta

from app.proof.did import without_fragment
from app.proof.errors import ProofError
from app.verification.bundle import IssuerEntry, KeyEntry
from app.verification.securing import Signature


def key_for(
    signature: Signature, *, issuer: IssuerEntry, at: datetime, leeway: timedelta
) -> KeyEntry:
    """Give the issuer's key that a signature names, fit at its time, or raise ``ProofError``."""
    entry = find_key(signature, issuer=issuer)
    check_time(entry, signed_at=signature.signed_at, at=at, leeway=leeway)
    return entry


def find_key(signature: Signature, *, issuer: IssuerEntry) -> KeyEntry:
    """Give the issuer's key that a signature names.

    Nobody else's signature is judged, not even beside the issuer's own: what it adds cannot be
    told from the record, and a verifier who passed over it would call unsigned what was signed.
    """
    if without_fragment(signature.key_id) != issuer.id:
        raise ProofError("key-foreign", f"The key {signature.key_id} is not one of the issuer.")
    for entry in issuer.keys:
        if entry.key.id == signature.key_id:
            return entry
    raise ProofError("key-unknown", f"The bundle does not know the key {signature.key_id}.")


def check_time(
    entry: KeyEntry, *, signed_at: datetime | None, at: datetime, leeway: timedelta
) -> None:
    """Raise ``ProofError`` unless the key was fit to sign at the time of signing."""
    if entry.compromised_since is not None:
        since = entry.compromised_since.isoformat()
        raise ProofError(
            "key-compromised",
            f"The key has been compromised since {since}, and nothing but the record itself says "
            "when it was signed. The issuer can issue it again with a new key.",
        )
    if signed_at is None:
        if entry.retired_at is not None:
            raise ProofError(
                "key-time", "Nothing says that it was signed before its key was retired."
            )
        return  # a key that is still good is good for whatever it ever signed
    # Differences, not sums: any time at all can be written, and a sum may have none to be.
    if signed_at - at > leeway:
        raise ProofError("key-time", "The record was signed in the future.")
    if entry.valid_from - signed_at > leeway:
        raise ProofError("key-early", "The record was signed before its key was valid.")
    if entry.retired_at is not None and signed_at > entry.retired_at:
        raise ProofError("key-retired", "The record was signed after its key was retired.")
