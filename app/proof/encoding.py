"""The two alphabets that multibase values and tokens are written in, read strictly.

Base58 (Bitcoin's alphabet) and base64url without padding, RFC 4648 section 5. A value that could be
written in two ways is refused, so that nobody can change a text and keep its meaning.
"""

import binascii
import string

from app.proof.errors import ProofError

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_VALUE = {character: value for value, character in enumerate(_BASE58)}
_BASE58_LONGEST = 256  # its arithmetic is quadratic; keys and signatures need 90
_BASE64URL = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
_LAST = {0: frozenset(_BASE64URL), 2: frozenset(_BASE64URL[::16]), 3: frozenset(_BASE64URL[::4])}
"""What may stand at the end: the bits beyond the last whole byte are 0."""
_TO_URL = bytes.maketrans(b"+/", b"-_")


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
    text = binascii.b2a_base64(data, newline=False).translate(_TO_URL)
    return text.rstrip(b"=").decode("ascii")


def base64url_decode(text: str) -> bytes:
    """Read base64url without padding, in its one canonical spelling."""
    left = len(text) % 4
    if left == 1 or not text.isascii() or "+" in text or "/" in text:
        raise ProofError("base64url", "A value is not written in base64url without padding.")
    if text and text[-1] not in _LAST[left]:
        raise ProofError("base64url", "A base64url value has stray bits at its end.")
    try:
        # Replacing costs next to nothing where there is nothing to replace, as in most of JSON.
        plain = text.encode("ascii").replace(b"-", b"+").replace(b"_", b"/")
        data = binascii.a2b_base64(plain + b"=" * (-left % 4))
    except binascii.Error as error:
        raise ProofError("base64url", f"A value is not base64url: {error}.") from error
    if len(data) != len(text) * 3 // 4:  # strange characters are passed over, and then it is short
        raise ProofError("base64url", "A value is not written in base64url without padding.")
    return data
