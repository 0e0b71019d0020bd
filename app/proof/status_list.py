"""The bits of a status list: W3C Bitstring Status List 1.0, sections 3.3 and 3.4.

Bit 0 is the leftmost bit of the first byte. A list is gzip, then base64url, then the multibase
letter ``u``. A list has at least 131,072 entries, so that an index says nothing about a person, and
what it inflates to is capped, so that a small text cannot fill a machine.
"""

import gzip
import zlib
from collections.abc import Iterable

from app.proof.encoding import base64url_decode, base64url_encode
from app.proof.errors import ProofError

SMALLEST = 131_072
"""The fewest entries a list may have."""
LARGEST_BYTES = 16 * 1024 * 1024
"""The most that a list may inflate to."""
_LEVEL = 6  # 9 takes ten times as long for a few percent


def bits(length: int, *, ones: Iterable[int]) -> bytes:
    """Make a list of ``length`` entries in which those of ``ones`` are set."""
    if length < SMALLEST or length % 8:
        raise ProofError("status-length", f"A list has a multiple of 8, at least {SMALLEST}.")
    chosen = list(ones)
    if chosen:
        _check_index(min(chosen), length)
        _check_index(max(chosen), length)
    data = bytearray(length // 8)
    for index in chosen:
        data[index >> 3] |= 0x80 >> (index & 7)
    return bytes(data)


def get(data: bytes, *, index: int) -> bool:
    """Whether the entry ``index`` of the list is set."""
    _check_index(index, len(data) * 8)
    return bool(data[index >> 3] & (0x80 >> (index & 7)))


def encode(data: bytes) -> str:
    """Write a list as ``encodedList``; the same list gives the same text."""
    return "u" + base64url_encode(gzip.compress(data, compresslevel=_LEVEL, mtime=0))


def decode(encoded: str) -> bytes:
    """Read an ``encodedList``; ``ProofError`` when it is damaged, too short or too large."""
    if not encoded.startswith("u"):
        raise ProofError("status-encoding", "A list begins with u (multibase base64url).")
    inflater = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        data = inflater.decompress(base64url_decode(encoded[1:]), LARGEST_BYTES + 1)
    except zlib.error as error:
        raise ProofError("status-encoding", f"The list does not inflate: {error}.") from error
    if len(data) > LARGEST_BYTES:
        raise ProofError("status-too-large", f"The list inflates beyond {LARGEST_BYTES} bytes.")
    if not inflater.eof or inflater.unused_data:
        raise ProofError("status-encoding", "The list is cut off, or something follows it.")
    if len(data) * 8 < SMALLEST:
        raise ProofError("status-length", f"The list has fewer than {SMALLEST} entries.")
    return data


def _check_index(index: int, length: int) -> None:
    if not 0 <= index < length:
        raise ProofError("status-index", f"The index {index} is outside the list's {length}.")
