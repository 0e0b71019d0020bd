"""The JSON Canonicalization Scheme (RFC 8785): one spelling for each JSON value.

What the scheme cannot take (integers beyond 2^53 - 1, half a surrogate pair, a number that is none)
is refused and not rounded.
"""

import rfc8785

from app.proof.errors import ProofError
from app.proof.parse import JSON


def canonical_json(value: JSON) -> bytes:
    """Write a value in its one canonical spelling."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise ProofError("jcs", f"The value has no canonical JSON: {error}.") from error
