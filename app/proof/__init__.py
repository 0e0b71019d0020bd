"""What two strangers must compute identically: parsing, canonical form, signatures, status bits.

Pure: no network, no clock, no database, no private key. Whatever comes in was written by somebody
else, and bad input of any kind raises ``ProofError`` and nothing else.
"""

from app.proof.errors import ProofError

__all__ = ["ProofError"]
