"""The two alphabets that multibase values and tokens are written in, read strictly.

Base58 (Bitcoin's alphabet) and base64url without padding, RFC 4648 section 5. A value that could be
written in two ways is refused, so that nobody can change a text and keep its meaning.
"""

import base64
import re

from app.proof.errors import ProofError

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_VALUE = {character: value for value, character in enumerate(_BASE58)}
_BASE58_LONGEST = 256  # its arithmetic is quadratic; keys and signatures need 90
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def base58_encode(data: bytes) -> str:
    """Write ``data`` in base58btc."""
    number = int.from_bytes(data, "big")
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def base58_decode(text: str) -> bytes:
    """Read base58btc; ``ProofError`` when it is not."""
    number = 0
    if len(text) > _BASE58_LONGEST:
        raise ProofError("base58", "A base58 value is too long to be a key or a signature.")
    for character in text:
        if character not in _BASE58_VALUE:
            raise ProofError("base58", "A value is not written in base58.")
        number = number * 58 + _BASE58_VALUE[character]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def base64url_encode(data: bytes) -> str:
    """Write ``data`` in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def base64url_decode(text: str) -> bytes:
    """Read base64url without padding, in its one canonical spelling."""
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise ProofError("base64url", "A value is not written in base64url without padding.")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url_encode(data) != text:
        raise ProofError("base64url", "A base64url value has stray bits at its end.")
    return data
